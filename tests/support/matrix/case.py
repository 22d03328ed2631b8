"""What a row of the matrix consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from matrix.endpoints import ENDPOINTS, MEMBERS, Before

if TYPE_CHECKING:
    from collections.abc import Mapping


FOR_EVER = 100_000


DAY = 24 * 3600


# What stands in a row of every world, and may stand in no log.
CELL = "a cell that nobody may log"


class Must(StrEnum):
    """How a run must end."""

    SUCCEED = "succeeds"
    STOP = "stops, and the next run brings the rest"
    CONFIG = "asks the user to change something"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, as the sandbox's control API takes it."""

    kind: str
    endpoint: str | None = None
    count: int = 1
    after: int = 0
    where: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """Something that somebody does to the sandbox between two runs."""

    verb: str
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the matrix.

    Args:
        what: What Marketo does, as a user would say it.
        must: How the run must end.
        stream: What is run; the cheapest stream that calls the endpoint.
        references: Which items of the lists below it stands for.
        endpoint: Where it happens; empty where that makes no difference.
        times: "once" or "for ever", of cases that come in both kinds.
        faults: Counted faults.
        knobs: The sandbox's choices.
        edits: What people do before the run.
        settings: Settings of the tap.
        words: What the error must say; of a success, what a WARNING must say.
        before: What happened before.
        world: Options of the sandbox's world, tiny unless given.
        lacking: Columns that a run may leave wrong; `*` for whole rows.
        jobs: How many export jobs there must be afterwards; any number if 0.
        real_time: Whether the sandbox's own clock has to move on while the tap waits.
        brings: Programs whose members must be out even if the run stops.
        then: What people do after a run that succeeds, so that the one after it must bring
            all; None where there is no such run.
        text: For users, where `must` and `words` do not say enough.
    """

    what: str
    must: Must
    stream: str
    references: tuple[str, ...]
    endpoint: str = ""
    times: str = ""
    faults: tuple[Fault, ...] = ()
    knobs: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    before: Before = Before.NOTHING
    world: Mapping[str, Any] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    jobs: int = 0
    real_time: bool = False
    brings: tuple[int, ...] = ()
    then: tuple[Edit, ...] | None = None
    text: str = ""

    @property
    def name(self) -> str:
        """A sentence."""
        where = f" at {ENDPOINTS[self.endpoint].title}" if self.endpoint else ""
        return f"{self.what}{where}{' ' * bool(self.times)}{self.times}: the tap {self.must}"


def members_case(
    what: str,
    *references: str,
    must: Must = Must.SUCCEED,
    faults: tuple[Fault, ...] = (),
    words: tuple[str, ...] = (),
    text: str = "",
    **more: Any,  # noqa: ANN401 - any other column
) -> Case:
    return Case(what, must, MEMBERS, references, faults=faults, words=words, text=text, **more)


# Three jobs: two of ten programs, one of five.
MANY = {"world": "sized", "programs": 25, "members_per_program": 4}
