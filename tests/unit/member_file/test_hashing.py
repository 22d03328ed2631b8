"""Hashed columns hold the HMAC-SHA256 of what the record would have held, or null."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from arrow_rows import in_text
from hypothesis import example, given
from hypothesis import strategies as st
from member_files import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    KEY,
    NUMBER,
    STRING,
    one_directory,
    rfc_4180,
    write,
)

from tap_marketo_programs.member_file.arrow import read_tables
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.member_file.hashing import (
    MAX_KNOWN,
    NO_HASHING,
    ColumnHashes,
    Hashing,
    hashed_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SALT = "pepper"

# RFC 4231, section 4: key, data, HMAC-SHA-256; those whose key and data are text in UTF-8.
VECTORS = [
    pytest.param(
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        id="1",
    ),
    pytest.param(
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        id="2",
    ),
]


def of(value: str, salt: str = SALT) -> str:
    """The hash of a text, by the standard library's own word for it."""
    return hmac.digest(salt.encode(), value.encode(), "sha256").hex()


def both(
    tmp_path: Path, cells: list[str], spec: Mapping[str, Any], salt: str = SALT
) -> tuple[list[Any], Counter[str]]:
    """One hashed column's values, the same as records and as Arrow has them; what became null."""
    table = [[str(number), cell] for number, cell in enumerate(cells)]
    path = write(tmp_path, rfc_4180(["leadId", "x"], table, "\n"))
    found, nulled = [], []
    for of_arrow in (False, True):
        counted: Counter[str] = Counter()
        file = MemberFile(
            path, {"leadId": KEY, "x": STRING}, counted, hashing=Hashing(salt, {"x": spec})
        )
        file.check()
        rows: list[dict[str, Any]] = (
            [in_text(row) for block in read_tables(file) for row in block.to_pylist()]
            if of_arrow
            else list(file)
        )
        assert [row["leadId"] for row in rows] == list(range(len(cells)))
        found.append([row["x"] for row in rows])
        nulled.append(counted)
    assert found[0] == found[1]
    assert nulled[0] == nulled[1]
    return found[0], nulled[0]


@pytest.mark.parametrize(("key", "data", "expected"), VECTORS)
def test_a_hash_is_the_one_of_the_standard(
    tmp_path: Path, key: bytes, data: bytes, expected: str
) -> None:
    assert both(tmp_path, [data.decode()], STRING, key.decode())[0] == [expected]


@given(salt=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
@example(salt="k" * 64)
@example(salt="k" * 65)
@example(salt="\x00")
@example(salt="\u00e9" * 33)
def test_a_salt_of_any_length_is_a_key_as_the_standard_has_it(salt: str) -> None:
    assert Hashing(salt, {"x": STRING}).hashes(["a", None, "b"]) == [
        of("a", salt),
        None,
        of("b", salt),
    ]


@pytest.mark.parametrize(
    ("spec", "cells", "texts"),
    [
        pytest.param(
            STRING,
            ["Ann@Example.com", "ann@example.com", " ann@example.com ", "Null", "null", ""],
            ["Ann@Example.com", "ann@example.com", " ann@example.com ", "Null", None, None],
            id="texts-as-they-are",
        ),
        pytest.param(STRING, ["\u00e9", "e\u0301", "\u2028", 'a"b,\nc'], None, id="letters"),
        pytest.param(
            BOOLEAN,
            ["1", "true", "YES", "0", "false", "No", "null"],
            ["true"] * 3 + ["false"] * 3 + [None],
            id="booleans",
        ),
        pytest.param(
            INTEGER,
            ["12", "12.0", "1.2E1", "+12", "012", "-4", ""],
            ["12"] * 5 + ["-4", None],
            id="integers",
        ),
        pytest.param(
            NUMBER,
            ["1", "1.0", "01.00", "1e0", "2.50", "2.5", ".5", "-0.0", "0", "1e22", "null"],
            ["1"] * 4 + ["2.5"] * 2 + ["0.5", "0", "0", "1" + "0" * 22, None],
            id="numbers",
        ),
        pytest.param(NUMBER, ["1", "2", "3"], None, id="whole-numbers"),
        pytest.param(NUMBER, ["1.5", "2.5", "3.0"], ["1.5", "2.5", "3"], id="numbers-with-points"),
        pytest.param(
            DATE,
            ["2024-02-29", "2024-02-29T23:00:00-05:00", "null"],
            ["2024-02-29", "2024-02-29", None],
            id="dates",
        ),
        pytest.param(
            DATETIME,
            ["2015-05-21T22:45:13Z+0000", "2015-05-21T22:45:13Z", "2015-05-22T00:45:13+02:00"],
            ["2015-05-21T22:45:13Z"] * 3,
            id="moments",
        ),
    ],
)
def test_what_is_hashed_is_the_text_that_the_record_would_have(
    tmp_path: Path, spec: Mapping[str, Any], cells: list[str], texts: list[str | None] | None
) -> None:
    found, nulled = both(tmp_path, cells, spec)

    expected = cells if texts is None else texts
    assert found == [None if text is None else of(text) for text in expected]
    assert not nulled


@pytest.mark.parametrize(
    ("spec", "cells", "texts"),
    [
        (INTEGER, ["1", "one", "2.5", "one"], ["1", None, None, None]),
        (NUMBER, ["nan", "1.2.3", "4"], [None, None, "4"]),
        (BOOLEAN, ["maybe", "1", "null"], [None, "true", None]),
        (DATE, ["2023-02-29", "2024-02-29"], [None, "2024-02-29"]),
        (DATETIME, ["soon", "2024-02-29T01:02:03Z"], [None, "2024-02-29T01:02:03Z"]),
    ],
)
def test_a_cell_that_does_not_fit_its_type_is_null_and_counted_once(
    tmp_path: Path, spec: Mapping[str, Any], cells: list[str], texts: list[str | None]
) -> None:
    found, nulled = both(tmp_path, cells, spec)

    assert found == [None if text is None else of(text) for text in texts]
    assert nulled["x"] == texts.count(None) - cells.count("null")


@pytest.mark.parametrize("cells", [["null"] * 50, [""], ["a"] * 50, ["a", "b"] * 50])
def test_nulls_and_texts_that_repeat_are_hashed_as_any_other(
    tmp_path: Path, cells: list[str]
) -> None:
    assert both(tmp_path, cells, STRING)[0] == [
        None if cell in {"", "null"} else of(cell) for cell in cells
    ]


@pytest.mark.parametrize("times", [1, 2])
def test_a_column_of_more_values_than_are_remembered_is_hashed_as_any_other(times: int) -> None:
    hashes = ColumnHashes(Hashing(SALT, {"x": STRING}))
    values = [str(number // times) for number in range(MAX_KNOWN * times + 1000)]

    for start in range(0, len(values), 1000):
        block = values[start : start + 1000]
        assert hashes.of([*block, None]) == [*map(of, block), None]


SPECS: dict[str, dict[str, Any]] = {
    "t": STRING,
    "b": BOOLEAN,
    "i": INTEGER,
    "n": NUMBER,
    "d": DATE,
    "m": DATETIME,
}
CELLS = st.one_of(
    st.sampled_from(
        ["", "null", "1", "0", "1.0", "true", "2.5", "2024-02-29", "2024-02-29T01:02:03Z", "x"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.integers().map(str),
    st.floats().map(repr),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
)


@one_directory
@given(
    rows=st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=40),
    hashed=st.sets(st.sampled_from(sorted(SPECS))),
    arrow=st.booleans(),
)
def test_any_choice_of_fields_is_hashed_and_all_others_stay_as_they_are(
    tmp_path: Path, rows: list[list[str]], hashed: set[str], *, arrow: bool
) -> None:
    table = [[str(number), *row] for number, row in enumerate(rows)]
    path = write(tmp_path, rfc_4180(["leadId", *SPECS], table, "\n"))
    properties = {"leadId": KEY, **SPECS}
    plain_nulled: Counter[str] = Counter()
    plain = list(MemberFile(path, properties, plain_nulled))
    nulled: Counter[str] = Counter()
    file = MemberFile(
        path,
        {name: STRING if name in hashed else spec for name, spec in properties.items()},
        nulled,
        hashing=Hashing(SALT, {name: SPECS[name] for name in hashed}),
    )
    file.check()

    rows_of_arrow = (in_text(row) for block in read_tables(file) for row in block.to_pylist())
    found = list(rows_of_arrow) if arrow else list(file)

    assert len(found) == len(plain)
    assert nulled == plain_nulled
    for one, other in zip(found, plain, strict=True):
        for name in SPECS:
            if name not in hashed and not (arrow and isinstance(other[name], int)):
                assert one[name] == other[name]
            elif name in hashed:
                value = other[name]
                assert one[name] == (None if value is None else of(hashed_text(value)))


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_is_hashed_by_its_digits(number: int) -> None:
    assert hashed_text(number) == str(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_hashed_by_its_text_in_json_unless_it_is_whole(number: float) -> None:
    expected = str(int(number)) if number == int(number) else json.dumps(number)

    assert hashed_text(number) == expected
    assert float(hashed_text(number)) == number


def test_nothing_is_hashed_unless_somebody_wants_it() -> None:
    assert "x" not in NO_HASHING
    assert NO_HASHING.column("x", INTEGER, Counter()).convert(["1"]) == [1]


def test_neither_the_salt_nor_its_key_stands_in_what_is_shown_of_it() -> None:
    hashing = Hashing("hush", {"x": STRING})

    assert "hush" not in repr(hashing) + str(vars(hashing))
