"""A client of the control API: what tests in any process use to steer a sandbox.

Plain HTTP by the standard library; it needs nothing but the sandbox's URL.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ControlError(RuntimeError):
    """The sandbox refuses a control request; the message says why."""


class SandboxControl:
    """Steers the sandbox at `url`."""

    def __init__(self, url: str, timeout: float = 300) -> None:
        parts = urlsplit(url)
        self.url = url.rstrip("/")
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port
        self._timeout = timeout

    def _open(
        self, method: str, path: str, keys: dict[str, Any] | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        body = None if keys is None else json.dumps(keys).encode()
        connection.request(method, "/__sandbox/" + path, body, {"Connection": "close"})
        return connection, connection.getresponse()

    def _call(self, method: str, path: str, keys: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # JSON of many shapes
        connection, response = self._open(method, path, keys)
        try:
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:  # noqa: PLR2004  # HTTP's errors
            raise ControlError(answer.get("error", response.reason))
        return answer

    def _do(self, verb: str, **keys: Any) -> Any:  # noqa: ANN401  # likewise
        return self._call("POST", verb, keys)

    def reset(self, world: str = "demo", **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Begin anew; options of the world, and `now`, `speed`, `frozen`, `knobs`."""
        return dict(self._do("reset", world=world, **options))

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the calendar forward."""
        return dict(self._do("advance", seconds=seconds))

    def now(self) -> str:
        """The calendar, as `YYYY-MM-DDThh:mm:ssZ`."""
        return str(self._call("GET", "now")["now"])

    def knob(self, **values: str | float | bool | None) -> dict[str, Any]:
        """Turn knobs."""
        return dict(self._do("knobs", **values))

    def knobs(self) -> list[dict[str, Any]]:
        """All knobs with meaning, value, default, variants."""
        return list(self._call("GET", "knobs"))

    def fault(
        self,
        kind: str,
        endpoint: str | None = None,
        count: int = 1,
        after: int = 0,
        where: str = "",
        **args: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """After `after` more matching calls, the next `count` do this."""
        return dict(
            self._do(
                "faults",
                kind=kind,
                endpoint=endpoint,
                count=count,
                after=after,
                where=where,
                args=args,
            )
        )

    def faults(self) -> list[dict[str, Any]]:
        """Faults still pending."""
        return list(self._call("GET", "faults"))

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._call("DELETE", "faults")

    def revoke_tokens(self) -> None:
        """Make every token invalid (601)."""
        self._do("revoke_tokens")

    def requests(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """The request log, all of it or one endpoint's."""
        log = list(self._call("GET", "requests"))
        return [entry for entry in log if endpoint in {None, entry["endpoint"]}]

    def clear_requests(self) -> None:
        """Forget the request log."""
        self._call("DELETE", "requests")

    def stats(self) -> dict[str, Any]:
        """Counts and peaks."""
        return dict(self._call("GET", "stats"))

    def jobs(self) -> list[dict[str, Any]]:
        """All export jobs."""
        return list(self._call("GET", "jobs"))

    def cancel(self, export_id: str) -> dict[str, Any]:
        """Somebody else cancels a job."""
        return dict(self._do("cancel", export_id=export_id))

    def fail(self, export_id: str, errorMsg: str = "Internal error") -> dict[str, Any]:  # noqa: N803  # Marketo's own spelling
        """Let a job fail."""
        return dict(self._do("fail", export_id=export_id, errorMsg=errorMsg))

    def expire(self, export_id: str) -> dict[str, Any]:
        """Drop a job's file."""
        return dict(self._do("expire", export_id=export_id))

    def forget(self, export_id: str) -> None:
        """Forget a job."""
        self._do("forget", export_id=export_id)

    def add_program(self, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
        """A new program."""
        return dict(self._do("add_program", **fields))

    def edit_program(self, program_id: int, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
        """Change a program."""
        return dict(self._do("edit_program", program_id=program_id, **fields))

    def delete_program(self, program_id: int) -> None:
        """Delete a program."""
        self._do("delete_program", program_id=program_id)

    def tag_program(self, program_id: int, tag_type: str, tag_value: str) -> dict[str, Any]:
        """Tag a program."""
        keys = {"program_id": program_id, "tag_type": tag_type, "tag_value": tag_value}
        return dict(self._do("tag_program", **keys))

    def untag(self, program_id: int, tag_type: str, tag_value: str | None = None) -> dict[str, Any]:
        """Take a tag off a program; with `tag_value`, only if that is its value."""
        keys = {"program_id": program_id, "tag_type": tag_type, "tag_value": tag_value}
        return dict(self._do("untag_program", **keys))

    untag_program = untag

    def add_tag_type(
        self, name: str, values: Sequence[str] | None = None, *, required: bool = False
    ) -> dict[str, Any]:
        """A new tag type."""
        listed = None if values is None else list(values)
        return dict(self._do("add_tag_type", name=name, values=listed, required=required))

    def add_member(self, program_id: int, lead_id: int, **fields: Any) -> None:  # noqa: ANN401
        """Make a lead a member."""
        self._do("add_member", program_id=program_id, lead_id=lead_id, **fields)

    def edit_member(
        self,
        program_id: int,
        lead_id: int,
        *,
        touch: bool = True,
        **fields: Any,  # noqa: ANN401
    ) -> None:
        """Change a member; `touch` moves updatedAt to now unless it is given."""
        self._do("edit_member", program_id=program_id, lead_id=lead_id, touch=touch, **fields)

    def remove_member(self, program_id: int, lead_id: int) -> None:
        """End a membership."""
        self._do("remove_member", program_id=program_id, lead_id=lead_id)

    def edit_lead(self, lead_id: int, **fields: Any) -> None:  # noqa: ANN401
        """Change a lead's own fields."""
        self._do("edit_lead", lead_id=lead_id, **fields)

    def delete_lead(self, lead_id: int) -> None:
        """Delete a lead."""
        self._do("delete_lead", lead_id=lead_id)

    def add_member_field(
        self,
        name: str,
        dataType: str = "string",  # noqa: N803  # Marketo's own spelling
        values: Sequence[Any] | None = None,
        length: int | None = None,
    ) -> dict[str, Any]:
        """A new custom member field; members take their values from `values`."""
        listed = None if values is None else list(values)
        keys = {"name": name, "dataType": dataType, "values": listed, "length": length}
        return dict(self._do("add_member_field", **keys))

    def remove_member_field(self, name: str) -> None:
        """Hide or delete a member field."""
        self._do("remove_member_field", name=name)

    def bulk_edit(self, seed: int = 1, count: int = 10) -> list[dict[str, Any]]:
        """Deterministic changes of members."""
        return list(self._do("bulk_edit", seed=seed, count=count))

    def life(self, seed: int = 1, count: int = 10) -> list[dict[str, Any]]:
        """Deterministic changes of everything."""
        return list(self._do("life", seed=seed, count=count))

    def iter_truth(
        self, fields: Sequence[str] | None = None, program_ids: Sequence[int] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The members as they are now, one at a time."""
        query = {}
        if fields is not None:
            query["fields"] = ",".join(fields)
        if program_ids is not None:
            query["program_ids"] = ",".join(map(str, program_ids))
        yield from self._lines("truth?" + urlencode(query))

    def _lines(self, path: str) -> Iterator[dict[str, Any]]:
        connection, response = self._open("GET", path, None)
        try:
            if response.status != http.client.OK:
                raise ControlError(json.loads(response.read())["error"])
            for line in response:
                yield json.loads(line)
        finally:
            connection.close()

    def truth(
        self, fields: Sequence[str] | None = None, program_ids: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """The members as they are now, typed as they should leave an extractor."""
        return list(self.iter_truth(fields, program_ids))

    def programs(self) -> list[dict[str, Any]]:
        """All programs as they are now."""
        return list(self._call("GET", "programs"))

    def programs_by_tag(self) -> list[dict[str, Any]]:
        """Every program and tag."""
        return list(self._call("GET", "programs_by_tag"))

    def tag_types(self) -> list[dict[str, Any]]:
        """All tag types, values as lists."""
        return list(self._call("GET", "tag_types"))

    def channels(self) -> list[dict[str, Any]]:
        """All channels."""
        return list(self._call("GET", "channels"))
