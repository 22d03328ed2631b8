"""All cases, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrix.choices import choices
from matrix.codes import everywhere
from matrix.data import data
from matrix.dates import dates
from matrix.export_queue import queue
from matrix.files import files
from matrix.jobs import jobs
from matrix.listings import listings
from matrix.logging_in import identity
from matrix.references import CODES, ELSEWHERE, MENU, MET_BY, SETTINGS, TRAPS
from matrix.unknown_points import UNKNOWNS
from matrix.unknowns import unknowns

if TYPE_CHECKING:
    from matrix.case import Case

GROUPS: dict[str, tuple[Case, ...]] = {
    "Codes and answers": tuple(everywhere()),
    "Logging in": tuple(identity()),
    "The export queue and the day's quota": tuple(queue()),
    "Export jobs": tuple(jobs()),
    "Export files": tuple(files()),
    "Data": tuple(data()),
    "Listings, limits and permissions": tuple(listings()),
    "Marketo's clock": tuple(dates()),
    "Choices that make no difference": tuple(choices()),
    "Unknowns": tuple(unknowns()),
}


CASES: tuple[Case, ...] = tuple(case for cases in GROUPS.values() for case in cases)


def missing() -> list[str]:
    """What no case stands for and nothing explains."""
    met = {reference for case in CASES for reference in case.references}
    met |= {name for name, by in MET_BY.items() if by in met}
    wanted = {*CODES, *MENU, *TRAPS, *SETTINGS}
    unknowns = {number for number in UNKNOWNS if not any(r.startswith(f"{number} ") for r in met)}
    return sorted((wanted | unknowns) - met - ELSEWHERE.keys())
