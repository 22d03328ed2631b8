"""A client of the control API: what tests in any process use to steer a sandbox.

It needs nothing but the sandbox's URL.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from marketo_sandbox.control.client_edits import WorldEdits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class SandboxControl(WorldEdits):
    """Steers the sandbox at `url`."""

    def reset(self, world: str = "demo", **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Begin again; options of the world, and `now`, `speed`, `frozen`, `knobs`."""
        return dict(self._do("reset", world=world, **options))

    def advance(self, seconds: float = 0, *, days: float = 0) -> dict[str, Any]:
        """Move the calendar forward; a day is 24 hours."""
        return dict(self._do("advance", seconds=seconds, days=days))

    def pass_midnights(self, count: int = 1, *, seconds: float = 0) -> dict[str, Any]:
        """Move the calendar to `seconds` after the `count`th Central midnight from now."""
        return dict(self._do("pass_midnights", count=count, seconds=seconds))

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

    def iter_truth(
        self,
        fields: Sequence[str] | None = None,
        program_ids: Sequence[int] | None = None,
        member_filter: Mapping[str, Any] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The members as they are now, one at a time; a filter is that of a create call."""
        query = {}
        if fields is not None:
            query["fields"] = ",".join(fields)
        if program_ids is not None:
            query["program_ids"] = ",".join(map(str, program_ids))
        if member_filter is not None:
            query["member_filter"] = json.dumps(dict(member_filter))
        yield from self._lines("truth?" + urlencode(query))

    def truth(
        self,
        fields: Sequence[str] | None = None,
        program_ids: Sequence[int] | None = None,
        member_filter: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """The members as they are now, typed as they should leave an extractor."""
        return list(self.iter_truth(fields, program_ids, member_filter))

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
