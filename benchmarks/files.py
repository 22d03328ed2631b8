"""Export files to measure with: the shape of real ones, as large as wanted.

The same arguments make the same bytes, and a shorter file is the beginning of
a longer one. Written by its own code, so that neither the tap nor the sandbox
measures itself. It must not know who reads them.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STATUSES = ("01 Sent", "02 Opened", "03 Clicked", "Registered", "Attended", "No Show", "Invited")
COMPANIES = ("Acme", "Globex GmbH", "Initech", "Umbrella Corporation", "Stark Industries")
FOREIGN_COMPANIES = (
    "Société d\u2019Électricité de l\u2019Île",
    "株式会社日本橋出版",
    "Crédit Agricole \u201cRégion Ouest\u201d",
    "東京\u2028大阪物流",
    "Brasserie des Frères Lefèvre",
)
GIVEN = ("Zoë", "François", "さくら", "Hélène", "健太郎", "Jean-Noël", "美咲")
SURNAMES = ("D\u2019Artagnan", "山田", "Lefèvre", "佐藤", "Müller-L\u2019Été", "長谷川")

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
KEYS = 3  # as many columns at the start are selected always


class Shape(NamedTuple):
    """What a file is like.

    Attributes:
        label: In words.
        columns: How many: the known ones, then custom texts.
        step: One column in this many is selected, besides the keys.
        awkward: The share of rows with a cell that holds commas, quotes and a line break.
        foreign: Whether names are French and Japanese.
        quoted: Whether each text that is not null stands in quotes.
        undoubled: The share of cells with quotes whose quotes are not doubled,
            as RFC 4180 demands.
        line_end: After each row.
    """

    label: str
    columns: int = 25
    step: int = 1
    awkward: float = 0.02
    foreign: bool = False
    quoted: bool = False
    undoubled: float = 0
    line_end: str = "\n"

    @property
    def all_columns(self) -> list[tuple[str, str, str | None]]:
        """Each column of the file."""
        custom = range(self.columns - len(COLUMNS))
        more = [(f"custom{number}__c", "string", None) for number in custom]
        return [*COLUMNS[: self.columns], *more]

    @property
    def selected(self) -> list[str]:
        """The names of the columns that are wanted."""
        names = [name for name, _, _ in self.all_columns]
        # From the end, so that the last column counts and no reader can stop early.
        return [*names[:KEYS], *names[: KEYS - 1 : -self.step][::-1]]

    def properties(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The JSON Schema properties of these columns."""
        found: dict[str, dict[str, Any]] = {}
        for name, kind, form in self.all_columns:
            if name not in names:
                continue
            key = name in {"leadId", "programId"}
            found[name] = {"type": [kind] if key else [kind, "null"]}
            if form:
                found[name]["format"] = form
        return found


USUAL = "usual"
SHAPES = {
    USUAL: Shape("25 columns, 2 % of the rows with quotes and a line break"),
    "unquoted": Shape("no quotes at all", awkward=0),
    "quoted": Shape("every text quoted", quoted=True),
    "breaks": Shape("quotes and a line break in 20 % of the rows", awkward=0.2),
    "wide": Shape("100 columns, 20 of them selected", columns=100, step=6),
    "foreign": Shape("names French and Japanese, now and then with a U+2028", foreign=True),
    "crlf": Shape("rows end in CRLF", line_end="\r\n"),
    "stray": Shape("not RFC 4180: bare quotes in one row of 10,000", undoubled=0.005),
    "bare": Shape("not RFC 4180: bare quotes inside cells, in 2 % of the rows", undoubled=1),
}


class File(NamedTuple):
    """A file that was written."""

    path: Path
    shape: str
    rows: int

    @property
    def megabytes(self) -> float:
        """Its size."""
        return self.path.stat().st_size / 1e6


def write(folder: Path, rows: int, shape: str = USUAL) -> File:
    """Write a file of that many rows."""
    made = File(folder / f"{shape}-{rows}.csv", shape, rows)
    form = SHAPES[shape]
    cells = _Cells(form)
    draw = random.Random(form.columns)  # noqa: S311 - the same file every time
    names = [name for name, _, _ in form.all_columns]
    texts = [kind == "string" and not format_ for _, kind, format_ in form.all_columns]
    with made.path.open("w", newline="", encoding="utf-8") as file:
        file.write(",".join(names) + form.line_end)
        for number in range(rows):
            row = _row(number, draw, form)
            file.write(",".join(map(cells.text, row, texts)) + form.line_end)
    return made


_SPECIAL = re.compile(r'[",\r\n]')


class _Cells:
    """Writes cells as a shape has them."""

    def __init__(self, shape: Shape) -> None:
        self._quoted = shape.quoted
        self._undoubled = shape.undoubled
        # Its own: the rows must not depend on how they are written.
        self._draw = random.Random(shape.columns)  # noqa: S311 - the same file every time

    def text(self, cell: str, is_text: bool) -> str:  # noqa: FBT001 - for `map`
        """A cell between two commas."""
        if _SPECIAL.search(cell) or (self._quoted and is_text and cell != "null"):
            inner = '"' if '"' in cell and self._draw.random() < self._undoubled else '""'
            return '"' + cell.replace('"', inner) + '"'
        return cell


def _row(number: int, draw: random.Random, shape: Shape) -> list[str]:
    awkward = draw.random() < shape.awkward
    joined = _moment(draw)
    given, last, company = _names(number, draw) if shape.foreign else _ascii_names(number, draw)
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
        f"2026-{number % 10:02} " + ("Séminaire : l\u2019été" if shape.foreign else "Webinar: New"),
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
        given,
        'O\'Neil, Jr.\nc/o "Reception" 😀' if awkward else last,
        company,
        f"{draw.randrange(1000) / 10}",
    ]
    custom = "null" if number % 3 else f"text {number}"
    return row + [custom] * (shape.columns - len(row))


def _ascii_names(number: int, draw: random.Random) -> tuple[str, str, str]:
    return f"Given{number % 997}", f"Surname{number % 9973}", draw.choice(COMPANIES)


def _names(number: int, draw: random.Random) -> tuple[str, str, str]:
    """Names with letters of two and three bytes, and some with a U+2028."""
    company = draw.choice(FOREIGN_COMPANIES)
    if number % 50:
        company = company.replace("\u2028", "・")
    return draw.choice(GIVEN), f"{draw.choice(SURNAMES)}{number % 9973}", company


def _moment(draw: random.Random) -> str:
    return (
        f"{draw.randrange(2020, 2027)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}T"
        f"{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}Z"
    )
