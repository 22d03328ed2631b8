"""Export files to measure with: the shape of real ones, as large as wanted.

The same arguments make the same bytes. Written by its own code, so that
neither the tap nor the sandbox measures itself.
"""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

STATUSES = ("01 Sent", "02 Opened", "03 Clicked", "Registered", "Attended", "No Show", "Invited")
COMPANIES = ("Acme", "Globex GmbH", "Initech", "Umbrella Corporation", "Stark Industries")

# name, JSON Schema type, format; the standard fields, custom ones and lead fields
COLUMNS: tuple[tuple[str, str, str | None], ...] = (
    ("programId", "integer", None),
    ("leadId", "integer", None),
    ("updatedAt", "string", "date-time"),
    ("acquiredBy", "boolean", None),
    ("attendanceLikelihood", "integer", None),
    ("createdAt", "string", "date-time"),
    ("isExhausted", "boolean", None),
    ("membershipDate", "string", "date-time"),
    ("nurtureCadence", "string", None),
    ("program", "string", None),
    ("reachedSuccess", "boolean", None),
    ("reachedSuccessDate", "string", "date-time"),
    ("registrationLikelihood", "integer", None),
    ("statusName", "string", None),
    ("statusReason", "string", None),
    ("trackName", "string", None),
    ("waitlistPriority", "integer", None),
    ("registrationCode", "string", None),
    ("webinarUrl", "string", None),
    ("seats", "number", None),
    ("email", "string", None),
    ("firstName", "string", None),
    ("lastName", "string", None),
    ("company", "string", None),
    ("score", "number", None),
)


def columns(count: int = 25) -> list[tuple[str, str, str | None]]:
    """So many columns: the known ones, then custom texts."""
    more = [(f"custom{number}__c", "string", None) for number in range(count - len(COLUMNS))]
    return [*COLUMNS[:count], *more]


def properties(count: int = 25) -> dict[str, dict[str, Any]]:
    """The JSON Schema properties of so many columns."""
    found: dict[str, dict[str, Any]] = {}
    for name, kind, form in columns(count):
        key = name in {"leadId", "programId"}
        found[name] = {"type": [kind] if key else [kind, "null"]}
        if form:
            found[name]["format"] = form
    return found


def write(path: Path, rows: int, *, count: int = 25, quoted: float = 0.02) -> Path:
    """Write a file of so many rows, of which a share holds quoted cells and line breaks."""
    draw = random.Random(rows * count)  # noqa: S311 - the same file every time
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(name for name, _, _ in columns(count))
        for number in range(rows):
            writer.writerow(_row(number, count, draw, awkward=draw.random() < quoted))
    return path


def _row(number: int, count: int, draw: random.Random, *, awkward: bool) -> list[str]:
    joined = _moment(draw)
    last = 'O\'Neil, Jr.\nc/o "Reception" 😀' if awkward else f"Surname{number % 9973}"
    row = [
        str(1001 + number % 10),
        str(1_000_000 + number),
        _moment(draw),
        str(draw.randrange(2)),
        "null",
        joined,
        "0",
        joined,
        "null",
        f"2026-{number % 10:02} Webinar: What is new",
        str(draw.randrange(2)),
        _moment(draw) if number % 3 == 0 else "null",
        "null",
        draw.choice(STATUSES),
        "null",
        "null",
        "null",
        f"{draw.getrandbits(64):016x}",
        f"https://example.com/webinar/{number:08}?token={draw.getrandbits(128):032x}",
        draw.choice(("1", "2", "null")),
        f"person{number}@example.com",
        f"Given{number % 997}",
        last,
        draw.choice(COMPANIES),
        f"{draw.randrange(1000) / 10}",
    ]
    return (row + ["null" if number % 3 else f"text {number}"] * (count - len(row)))[:count]


def _moment(draw: random.Random) -> str:
    return (
        f"{draw.randrange(2020, 2027)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}T"
        f"{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}Z"
    )
