"""Planned faults: "after K more matching calls, the next N do X". Counted, never random.

A list and its counters. Who applies a fault asks for it by phase and endpoint.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a fault of each kind waits for, and the endpoint it means by default:
# request = any call; token = a token being given; job = a job being created;
# verdict = a status that tells a file's checksum; file = file bytes being
# served; range = the same, to a request with a Range; listing = a job in the list of jobs.
KINDS: dict[str, tuple[str, str]] = {
    "error": ("request", "any"),
    "http": ("request", "any"),
    "empty_body": ("request", "any"),
    "broken_json": ("request", "any"),
    "no_result": ("request", "any"),
    "reset": ("request", "any"),
    "cut": ("request", "any"),
    "stall": ("request", "any"),
    "slow": ("request", "any"),
    "redirect": ("request", "any"),
    "shift_page": ("request", "programs"),
    "edit": ("request", "any"),
    "revoke_token": ("request", "any"),
    "token_life": ("token", "identity"),
    "job_failed": ("job", "export_create"),
    "job_cancelled": ("job", "export_create"),
    "job_stuck": ("job", "export_create"),
    "job_sick": ("job", "export_create"),
    "file_bytes": ("job", "export_create"),
    "corrupt_job": ("job", "export_create"),
    "wrong_checksum": ("verdict", "export_status"),
    "wrong_size": ("verdict", "export_status"),
    "wrong_records": ("verdict", "export_status"),
    "missing_verdict": ("verdict", "export_status"),
    "unlisted": ("listing", "export_list"),
    "file_missing": ("request", "export_file"),
    "corrupt": ("file", "export_file"),
    "whole_file_on_range": ("range", "export_file"),
    "wrong_content_range": ("range", "export_file"),
    "short_range": ("range", "export_file"),
}

_WITHOUT_END = 1_000_000_000
# What an HTTP status line can carry, also numbers that no standard has.
_STATUSES = range(100, 1000)
# The minimum of each: a token may be said to have expired long ago.
_MIN_VALUES = {"seconds": 0, "bytes": 0, "expires_in": -86_400, "fileSize": 0, "numberOfRecords": 0}
_VERBS_OF_JOBS = ("status", "enqueue", "file", "cancel", "list")

_numbers = count(1)


@dataclass
class Fault:
    """One fault; `where` must stand in the request's path, query or body."""

    kind: str
    endpoint: str
    remaining: int
    after: int = 0
    where: str = ""
    args: dict[str, object] = field(default_factory=dict)
    id: int = field(default_factory=lambda: next(_numbers))

    @property
    def phase(self) -> str:
        """What the fault waits for."""
        return KINDS[self.kind][0]

    def text(self, name: str, default: str) -> str:
        """A text argument."""
        value = self.args.get(name, default)
        return value if isinstance(value, str) else str(value)

    def number(self, name: str, default: float) -> float:
        """A numeric argument."""
        value = self.args.get(name, default)
        if isinstance(value, int | float):
            return value
        message = f"{name} is a number"
        raise ValueError(message)

    def flag(self, name: str) -> bool:
        """A boolean argument, false unless given."""
        return bool(self.args.get(name, False))

    def matches(self, text: str, program_ids: Sequence[int]) -> bool:
        """Whether it is meant for this text; faults of jobs may name a program instead."""
        program_id = self.args.get("program_id") if self.phase == "job" else None
        return self.where in text and (program_id is None or program_id in program_ids)

    def bytes_of(self, name: str) -> bytes:
        """An argument of base64 bytes."""
        return base64.b64decode(self.text(name, ""))

    def shown(self) -> dict[str, object]:
        """The fault as the control API lists it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "endpoint": self.endpoint,
            "remaining": self.remaining,
            "after": self.after,
            "where": self.where,
            "args": self.args,
        }


class Faults:
    """All faults still pending, oldest first."""

    def __init__(self, endpoints: frozenset[str]) -> None:
        self._endpoints = endpoints
        self._pending: list[Fault] = []

    def add(  # noqa: PLR0913  # keys of a JSON body, all by name
        self,
        *,
        kind: str,
        endpoint: str | None = None,
        times: int = 1,
        after: int = 0,
        where: str = "",
        args: dict[str, object] | None = None,
    ) -> Fault:
        """Plan a fault."""
        if kind not in KINDS:
            message = f"no fault {kind!r}; there are {sorted(KINDS)}"
            raise ValueError(message)
        args = args or {}
        if kind != "edit":
            _check_numbers(args)
        if kind == "corrupt" and args.get("consistent"):
            kind = "corrupt_job"
        named = endpoint if endpoint is not None else KINDS[kind][1]
        if named not in self._endpoints and named != "any":
            message = f"no endpoint {named!r}; there are {sorted(self._endpoints)} and any"
            raise ValueError(message)
        if KINDS[kind][0] != "request":
            # These wait for an event of one endpoint only, however they were asked for.
            named = "any"
        fault = Fault(kind, named, times, after, where, args)
        if kind == "job_sick":
            _faults_of_sick_job(fault, "")  # so that a wrong argument is refused now
        self._pending.append(fault)
        return fault

    def add_for_job(self, sick: Fault, export_id: str) -> None:
        """From now on, apply a `job_sick` to every call about one job."""
        self._pending += _faults_of_sick_job(sick, export_id)

    def take(
        self, endpoint: str, text: str, phase: str, program_ids: Sequence[int] = ()
    ) -> list[Fault]:
        """The faults that apply now; each is counted down."""
        applying = []
        for fault in list(self._pending):
            if fault.phase != phase or fault.endpoint not in {endpoint, "any"}:
                continue
            if not fault.matches(text, program_ids):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.remaining -= 1
            applying.append(fault)
            if fault.remaining <= 0:
                self._pending.remove(fault)
        return applying

    def listed(self) -> list[dict[str, object]]:
        """What is still pending."""
        return [fault.shown() for fault in self._pending]

    def clear(self) -> None:
        """Forget all faults."""
        self._pending.clear()


def _check_numbers(args: dict[str, object]) -> None:
    """Refuse now what could not be done when the fault applies."""
    status = args.get("status", 200)
    if isinstance(status, bool) or not isinstance(status, int) or status not in _STATUSES:
        message = f"status is a whole number from 100 to 999, not {status!r}"
        raise ValueError(message)
    for name, minimum in _MIN_VALUES.items():
        value = args.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < minimum:
            message = f"{name} is a number from {minimum} on, not {value!r}"
            raise ValueError(message)


def _faults_of_sick_job(sick: Fault, export_id: str) -> list[Fault]:
    """The faults that make up a sick job: one for each verb."""
    args = dict(sick.args)
    args.pop("program_id", None)
    does, verbs = args.pop("does", "error"), args.pop("verbs", ["status"])
    times = args.pop("times", None)
    if not isinstance(does, str) or KINDS.get(does, ("", ""))[0] != "request":
        kinds = sorted(name for name, (phase, _) in KINDS.items() if phase == "request")
        message = f"does is one of {kinds}, not {does!r}"
        raise ValueError(message)
    if not isinstance(verbs, list) or not verbs or not set(verbs) <= set(_VERBS_OF_JOBS):
        message = f"verbs is a list of {list(_VERBS_OF_JOBS)}, not {verbs!r}"
        raise ValueError(message)
    if times is not None and not isinstance(times, int):
        message = f"times is a whole number, or null for ever, not {times!r}"
        raise ValueError(message)
    count = _WITHOUT_END if times is None else times
    return [
        Fault("unlisted", "any", count, where=export_id)
        if verb == "list"
        else Fault(does, f"export_{verb}", count, where=export_id, args=args)
        for verb in verbs
    ]
