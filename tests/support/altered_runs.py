"""What the tests of answers that are a little off share.

Each oddity of `odd_values.ODD_VALUES` is served at each place of a good answer of
the sandbox. Whatever it is, a run ends with records that fit their SCHEMA or with
one clear line; what is not altered is all there; what is lost is named.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from record_schemas import assert_valid

from tap_marketo_programs.errors import MarketoError

if TYPE_CHECKING:
    from altering_proxy import Alteration, Proxy, Request
    from harness import Output, Tap
    from marketo_sandbox import Sandbox

Row = dict[str, Any]

KEYS = {
    "channels": ("id",),
    "tag_types": ("tagType",),
    "programs": ("id",),
    "programs_by_tag": ("id", "tagType", "tagValue"),
}
# Each stream with the answers it is made of, and the key of their rows.
DETAIL = r".*/program/\d+\.json"
BY_NAME = r".*/tagType/byName\.json"
ANSWERS = [
    pytest.param("channels", r".*/channels\.json", "id", id="channels"),
    pytest.param("tag_types", r".*/tagTypes\.json", "tagType", id="tag_types"),
    pytest.param("tag_types", BY_NAME, "tagType", id="tag_type"),
    pytest.param("programs", r".*/programs\.json", "id", id="programs"),
    pytest.param("programs", DETAIL, "id", id="program"),
    pytest.param("programs_by_tag", r".*/program/byTag\.json", "id", id="programs_by_tag"),
    pytest.param("programs_by_tag", BY_NAME, "tagType", id="tag_values"),
]
ALWAYS = 1_000_000
# What only some programs have.
EVERY_FIELD = {
    "sfdcId": "7011G000000QXWvQAO",
    "sfdcName": "Spring",
    "headStart": True,
    "startDate": "2025-03-01T10:00:00Z",
    "endDate": "2025-03-02T10:00:00Z",
    "costs": [{"startDate": "2025-01-01", "cost": 2000, "note": "stand"}],
}


class AlteredRuns:
    """One stream, read again and again with one kind of its answers altered."""

    def __init__(self, tap: Tap, between: Proxy, caplog: pytest.LogCaptureFixture) -> None:
        self._tap = tap
        self._between = between
        self._caplog = caplog
        self._catalog = tap.catalog()
        self.settings: dict[str, Any] = {"base_url": between.url}
        self.failures: list[str] = []
        # What is altered, for whoever reads of a failure.
        self.now: object = "nothing"
        self.runs = 0

    def begin(self, stream: str, pattern: str, key: str) -> None:
        """Read it once as it is."""
        self.stream, self.key, self.pattern = stream, key, pattern
        self.settings["program_details"] = pattern == DETAIL
        output = self.run()
        assert output.error is None, output.error
        assert not output.logs
        self.good = self.by_key(output)
        contents = [
            json.loads(body) for request, body in self._between.answers if self.meant(request)
        ]
        assert contents
        self.first: dict[str, Any] = contents[0]
        self.raw = {row[key]: row for content in contents for row in content.get("result", ())}
        self.names = list(
            dict.fromkeys(one.name for one, _ in self._between.answers if self.meant(one))
        )

    def meant(self, request: Request) -> bool:
        """Whether a request is for what is altered."""
        return bool(re.fullmatch(self.pattern, request.path))

    def run(self, *alterations: Alteration) -> Output:
        """One run, with its WARNINGs as its logs."""
        self._caplog.clear()
        self._between.answers.clear()
        self._between.alterations[:] = alterations
        output = self._tap.run(self.stream, catalog=self._catalog, **self.settings)
        output.logs = "\n".join(record.getMessage() for record in self._caplog.records)
        self.runs += 1
        self.note(self.now, problem_with(output))
        return output

    def by_key(self, output: Output) -> dict[Any, Row]:
        """The records of a run."""
        names = KEYS[self.stream]
        return {tuple(row[name] for name in names): row for row in output.records(self.stream)}

    def of(self, name: object, rows: dict[Any, Row]) -> dict[Any, Row]:
        """The records that come of one row of an answer."""
        return {one: row for one, row in rows.items() if row[self.key] == name}

    def note(self, what: object, problem: str | None) -> None:
        """Keep what is wrong with a run, if anything is."""
        if problem:
            self.failures.append(f"{what}: {problem}")

    def verdict(self) -> None:
        """Fail if anything was wrong."""
        told = "\n".join(dict.fromkeys(self.failures[:40]))
        assert not self.failures, f"{len(self.failures)} in {self.runs} runs:\n{told}"


def problem_with(output: Output) -> str | None:
    """What no run may do, whatever was answered."""
    error = output.error
    if error is not None:
        if not isinstance(error, MarketoError):
            return f"a traceback: {type(error).__name__}: {error}"
        return None if len(str(error).splitlines()) == 1 else f"several lines: {error}"
    try:
        assert_valid(output)
    except Exception as invalid:  # noqa: BLE001 - whatever the validator raises
        return f"an invalid record: {str(invalid)[:200]}"
    return None


def fill_every_field(sandbox: Sandbox) -> None:
    """Programs of every kind, each with every field."""
    sandbox.control.reset(world="demo", programs=45)
    sandbox.control.knob(rate_limit=None)
    for program in sandbox.control.programs():
        sandbox.control.edit_program(program["id"], **EVERY_FIELD)
