"""What one cell of an export file becomes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from member_files import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    NUMBER,
    STRING,
    read,
    write,
)

from tap_marketo_programs.member_file.file import MemberFile

if TYPE_CHECKING:
    from pathlib import Path


MISFIT = object()


@pytest.mark.parametrize(
    ("schema", "cell", "expected"),
    [
        pytest.param(STRING, "null", None, id="the bare word null is null"),
        pytest.param(STRING, "", None, id="the empty cell is null"),
        pytest.param(STRING, '"null"', None, id="quotes cannot save a surname null"),
        pytest.param(STRING, "Null", "Null", id="Null is a surname"),
        pytest.param(STRING, "NULL", "NULL", id="NULL is a text"),
        pytest.param(STRING, " null", " null", id="null with a blank is a text"),
        pytest.param(STRING, " a ", " a ", id="blanks of a text stay"),
        pytest.param(STRING, "a\0b", "ab", id="NUL is stripped"),
        pytest.param(STRING, "0012.0", "0012.0", id="digits in a text stay"),
        *(
            pytest.param(BOOLEAN, cell, expected, id=f"boolean {cell!r}")
            for cell, expected in [
                ("0", False),
                ("1", True),
                ("true", True),
                ("False", False),
                ("YES", True),
                ("nO", False),
                (" true ", True),
                ("null", None),
                ("", None),
                ("2", MISFIT),
                ("t", MISFIT),
                ("NULL", MISFIT),
                (" ", MISFIT),
            ]
        ),
        *(
            pytest.param(INTEGER, cell, expected, id=f"integer {cell[:20]!r}")
            for cell, expected in [
                ("12", 12),
                ("007", 7),
                ("-12", -12),
                ("+12", 12),
                (" 12 ", 12),
                ("12.0", 12),
                ("1E3", 1000),
                ("1e0003", 1000),
                ("1.0E7", 10_000_000),
                ("1200e-2", 12),
                ("0e-5", 0),
                ("9223372036854775807", 2**63 - 1),
                ("-9223372036854775808", -(2**63)),
                ("null", None),
                ("9223372036854775808", MISFIT),
                ("42.7", MISFIT),
                ("1e-999", MISFIT),
                ("1e999", MISFIT),
                ("1e999999999", MISFIT),
                ("1e-999999999999999999999", MISFIT),
                ("1" * 5000, MISFIT),
                ("1_000", MISFIT),
                ("0x10", MISFIT),
                ("\u0661\u0662", MISFIT),
                ("\u00b2", MISFIT),
                ("nan", MISFIT),
                ("12 000", MISFIT),
                ("true", MISFIT),
                (".", MISFIT),
                ("-", MISFIT),
            ]
        ),
        *(
            pytest.param(NUMBER, cell, expected, id=f"number {cell[:20]!r}")
            for cell, expected in [
                ("12", 12),
                ("12.0", 12.0),
                ("42.7", 42.7),
                ("-0.5", -0.5),
                (".5", 0.5),
                ("5.", 5.0),
                ("1.0E7", 1.0e7),
                ("1e100", 1e100),
                ("-12", -12),
                (" 12 ", 12),
                ("-.5", -0.5),
                ("9" * 20, 1e20),
                ("9223372036854775807", 2**63 - 1),
                ("-9223372036854775808", -(2**63)),
                ("9223372036854775808", 2.0**63),
                ("null", None),
                ("nan", MISFIT),
                ("Infinity", MISFIT),
                ("-inf", MISFIT),
                ("1e999", MISFIT),
                ("1e999999999", MISFIT),
                ("9" * 5000, MISFIT),
                ("$5", MISFIT),
                ("1_0.5", MISFIT),
                ("1.2.3", MISFIT),
                ("\u0661\u0662", MISFIT),
                ("\u0661.\u0662", MISFIT),
            ]
        ),
        *(
            pytest.param(DATE, cell, expected, id=f"date {cell!r}")
            for cell, expected in [
                ("2024-02-29", "2024-02-29"),
                ("2024-02-29T10:00:00Z", "2024-02-29"),
                ("null", None),
                ("2024-02-31", MISFIT),
            ]
        ),
        *(
            pytest.param(DATETIME, cell, expected, id=f"datetime {cell!r}")
            for cell, expected in [
                ("2019-04-12T05:58:10Z", "2019-04-12T05:58:10Z"),
                ("2019-04-12T05:58:10-0700", "2019-04-12T12:58:10Z"),
                ("2019-04-12", "2019-04-12T00:00:00Z"),
                ("null", None),
                ("yesterday", MISFIT),
            ]
        ),
    ],
)
def test_a_cell_becomes_what_its_schema_allows(
    tmp_path: Path,
    schema: dict[str, Any],
    cell: str,
    expected: object,
) -> None:
    nulled: Counter[str] = Counter()

    [record] = read(tmp_path, f"x,y\n{cell},\n".encode(), {"x": schema}, nulled)

    fits = expected is not MISFIT
    assert record == {"x": expected if fits else None}
    assert type(record["x"]) is (type(expected) if fits else type(None))
    assert nulled == ({} if fits else {"x": 1})


@pytest.mark.parametrize(
    ("schema", "cell", "expected"),
    [
        ({"type": "integer"}, "12.0", 12),
        ({"type": "string"}, "12.0", "12.0"),
        ({"type": "string"}, "null", ""),
        ({"type": "string"}, "", ""),
        ({"type": ["null", "integer"]}, "12.0", 12),
        ({"type": ["string", "integer", "null"]}, "12", "12"),
        ({"type": ["integer", "number", "null"]}, "12.5", 12.5),
        ({"type": ["boolean", "integer"]}, "12", 12),
        ({"type": ["object", "null"]}, "{}", "{}"),
        ({"type": ["array", "null"]}, "null", None),
        ({"type": ["string", "null"], "format": "uri"}, "no uri", "no uri"),
        ({"type": ["string", "null"], "format": "integer"}, "x", "x"),
        ({"type": ["integer", "null"], "format": "date"}, "12", 12),
        ({}, "12", "12"),
        ({}, "null", None),
        (
            {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "2019-04-12T05:58:10+0000",
            "2019-04-12T05:58:10Z",
        ),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, "x", None),
        ({"type": "null"}, "null", None),
    ],
)
def test_the_catalog_decides_and_not_marketo(
    tmp_path: Path,
    schema: dict[str, Any],
    cell: str,
    expected: object,
) -> None:
    assert read(tmp_path, f"x,y\n{cell},\n".encode(), {"x": schema}) == [{"x": expected}]


def test_misfits_are_counted_by_field_while_iterating(tmp_path: Path) -> None:
    data = b"a,b,c\nx,1,1\nx,2.5,2\ny,x,null\n"
    nulled: Counter[str] = Counter()
    file = MemberFile(write(tmp_path, data), {"a": INTEGER, "b": INTEGER, "c": INTEGER}, nulled)

    file.check()
    assert not nulled
    list(file)

    assert nulled == {"a": 3, "b": 2}
