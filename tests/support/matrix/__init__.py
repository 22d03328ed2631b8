"""What Marketo is known, or feared, to do, and what the tap must do about each of it.

Data only: `test_matrix` runs every case against the sandbox, `matrix_docs` makes
the pages for users out of the same rows. Expectations are written down here once
more on purpose, and never taken from the tap's own tables: a matrix that asked
the tap what is right would agree with every mistake.

Each group of cases has a module; `groups` puts them together. References are the
names in `CODES`, `MENU`, `TRAPS` and `UNKNOWNS`; each must be met by a case, or
stand in `ELSEWHERE` with the reason why it is not, and the tests that hold it.
"""

from __future__ import annotations

from matrix.case import CELL, FOR_EVER, Case, Edit, Fault, Must
from matrix.endpoints import (
    BY_TAG,
    CHANNELS,
    DISCOVERY,
    ENDPOINTS,
    MEMBERS,
    PROGRAMS,
    TAG_TYPES,
    Before,
)
from matrix.groups import CASES, GROUPS, missing
from matrix.references import ELSEWHERE, MENU, TRAPS
from matrix.troubles import MEANINGS, OTHER, TELLING, TROUBLES, Trouble
from matrix.unknown_points import UNKNOWNS

__all__ = [
    "BY_TAG",
    "CASES",
    "CELL",
    "CHANNELS",
    "DISCOVERY",
    "ELSEWHERE",
    "ENDPOINTS",
    "FOR_EVER",
    "GROUPS",
    "MEANINGS",
    "MEMBERS",
    "MENU",
    "OTHER",
    "PROGRAMS",
    "TAG_TYPES",
    "TELLING",
    "TRAPS",
    "TROUBLES",
    "UNKNOWNS",
    "Before",
    "Case",
    "Edit",
    "Fault",
    "Must",
    "Trouble",
    "missing",
]
