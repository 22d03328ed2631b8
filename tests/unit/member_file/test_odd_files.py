"""Export files that are not as they should be: what can be read with certainty is read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from arrow_rows import in_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.member_file.arrow import read_tables
from tap_marketo_programs.member_file.bounds import BOUNDS, Bounds
from tap_marketo_programs.member_file.file import MemberFile
from tap_marketo_programs.member_file.layout import lay_out
from tap_marketo_programs.member_file.oddities import FileOddities

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY = {"type": ["integer"]}
STRING = {"type": ["string", "null"]}
PROPERTIES: dict[str, dict[str, Any]] = {
    "programId": KEY,
    "leadId": KEY,
    "name": STRING,
    "updatedAt": {"type": ["string", "null"], "format": "date-time"},
}
WHEN = "2026-01-01T00:00:00Z"
HEADER = "programId,leadId,name,updatedAt"
GOOD = f"1001,1,a,{WHEN}"
MORE = f"1002,2,b,{WHEN}"
ROWS = [
    {"programId": 1001, "leadId": 1, "name": "a", "updatedAt": WHEN},
    {"programId": 1002, "leadId": 2, "name": "b", "updatedAt": WHEN},
]


def lines(*texts: str, end: str = "\n") -> bytes:
    return "".join(text + end for text in texts).encode()


def opened(  # noqa: PLR0913 - what may differ from file to file
    tmp_path: Path,
    data: bytes,
    oddities: FileOddities | None = None,
    *,
    programs: tuple[int, ...] = (1001, 1002),
    properties: Mapping[str, Mapping[str, Any]] = PROPERTIES,
    bounds: Bounds = BOUNDS,
) -> MemberFile:
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    oddities = oddities or FileOddities()
    return MemberFile(
        path,
        properties,
        oddities.nulled,
        keys={"leadId": (), "programId": programs},
        oddities=oddities,
        bounds=bounds,
    )


def read(tmp_path: Path, data: bytes, **options: Any) -> tuple[list[dict[str, Any]], FileOddities]:  # noqa: ANN401 - those of `opened`
    """The records, which Arrow's columns hold too, and what was counted on both ways."""
    counted, counted_too = FileOddities(), FileOddities()
    file = opened(tmp_path, data, counted, **options)
    count = file.check()
    assert counted == FileOddities(), "a first pass counts nothing"
    found = list(file)
    assert len(found) == count
    file = opened(tmp_path, data, counted_too, **options)
    assert [in_text(row) for table in read_tables(file) for row in table.to_pylist()] == found
    assert counted_too == counted
    return found, counted


def refused(tmp_path: Path, data: bytes, **options: Any) -> str:  # noqa: ANN401 - those of `opened`
    with pytest.raises(FileCorrupt) as caught:
        opened(tmp_path, data, **options).check()
    return str(caught.value)


# Rows that no target could load


@pytest.mark.parametrize("stray", ["plain", '"a"b"'])
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"1001,null,secret,{WHEN}", "no readable leadId"),
        (f"1001,,secret,{WHEN}", "no readable leadId"),
        (f"1001,secret,secret,{WHEN}", "no readable leadId"),
        (f"1001,4.5,secret,{WHEN}", "no readable leadId"),
        (f"1001,{'9' * 30},secret,{WHEN}", "no readable leadId"),
        (f'1001,"",secret,{WHEN}', "no readable leadId"),
        (f"null,1,secret,{WHEN}", "no readable programId"),
        (f"x,1,secret,{WHEN}", "no readable programId"),
        (f"10010,1,secret,{WHEN}", "a programId that was not asked for"),
        (f"100,1,secret,{WHEN}", "a programId that was not asked for"),
        ("null,null,null,null", "no readable programId"),
        (",,,", "no readable programId"),
        (HEADER, "the header once more"),
    ],
)
def test_a_row_whose_keys_cannot_be_read_is_skipped_and_counted(
    tmp_path: Path, row: str, reason: str, stray: str
) -> None:
    odd = f"1001,3,{stray},{WHEN}"

    found, counted = read(tmp_path, lines(HEADER, GOOD, row, odd, row, MORE))

    assert [record["leadId"] for record in found] == [1, 3, 2]
    assert counted.skipped == {reason: 2}
    assert not counted.nulled, "a cell of a row that is skipped is not counted twice"
    (told,) = counted.warnings()
    assert told.startswith("2 rows ")
    assert reason in told
    assert "secret" not in told


def test_keys_in_other_spellings_are_keys(tmp_path: Path) -> None:
    data = lines(HEADER, f'"1001",1.0,a,{WHEN}', f" 1002 ,2e0,b,{WHEN}")

    assert read(tmp_path, data) == (ROWS, FileOddities())


@pytest.mark.parametrize("programs", [(), (1001, 1002), (1003,)])
def test_a_catalog_that_types_a_key_as_a_text_changes_no_verdict(
    tmp_path: Path, programs: tuple[int, ...]
) -> None:
    properties = {**PROPERTIES, "programId": {"type": "string"}, "leadId": {"type": ["number"]}}
    data = lines(HEADER, GOOD, f"null,5,x,{WHEN}", MORE)

    if programs == (1003,):
        assert "not asked for: 2" in refused(
            tmp_path, data, programs=programs, properties=properties
        )
        return
    found, counted = read(tmp_path, data, programs=programs, properties=properties)
    assert [record["programId"] for record in found] == ["1001", "1002"]
    assert counted.skipped == {"no readable programId": 1}


@pytest.mark.parametrize("row", [f"1001,null,a,{WHEN}", f"999,1,a,{WHEN}"])
def test_a_file_without_any_row_that_can_be_loaded_is_refused(tmp_path: Path, row: str) -> None:
    """To take it for an empty one would move watermarks past its rows."""
    assert "no row that can be loaded" in refused(tmp_path, lines(HEADER, row, row))


def test_a_file_of_headers_is_empty(tmp_path: Path) -> None:
    found, counted = read(tmp_path, lines(HEADER, HEADER))

    assert found == []
    assert counted.files == {}


def test_rows_that_are_skipped_count_as_rows_of_the_file_but_repeated_headers_do_not(
    tmp_path: Path,
) -> None:
    file = opened(tmp_path, lines(HEADER, GOOD, f"1001,null,a,{WHEN}", HEADER, "", MORE))

    assert (file.check(), file.held) == (2, 3)


def test_rows_are_skipped_in_blocks_of_any_size(tmp_path: Path) -> None:
    data = lines(HEADER, *[GOOD, f"1001,null,a,{WHEN}", "", MORE] * 20)
    for size in (1, 7, 64, 333):
        found, counted = read(tmp_path, data, bounds=Bounds(block=size))
        assert found == ROWS * 20
        assert counted.skipped == {"no readable leadId": 20}


# Columns


@pytest.mark.parametrize(
    "header",
    [
        "PROGRAMID,LEADID,NAME,UPDATEDAT",
        "programid,leadId,Name,updatedat",
        " programId,leadId ,\tname, updatedAt",
        '"ProgramId","LeadId","NAME"," updatedAt"',
        "\ufeff\ufeffprogramId,LeadId,name,updatedAt",
    ],
)
def test_a_column_name_in_other_letters_is_that_name(tmp_path: Path, header: str) -> None:
    found, counted = read(tmp_path, lines(header, GOOD, MORE))

    assert found == ROWS
    assert counted.files == {"with column names in other letters": 1}
    assert len(counted.warnings()) == 1


def test_names_in_quotes_and_a_mark_before_them_are_nothing_odd(tmp_path: Path) -> None:
    data = lines('\ufeff"programId","leadId","name","updatedAt"', GOOD, MORE)

    assert read(tmp_path, data) == (ROWS, FileOddities())


@pytest.mark.parametrize(
    ("header", "wanted", "places"),
    [
        (["A", "a"], ["a"], (1,)),
        (["A", "a"], ["A", "a"], (0, 1)),
        (["A"], ["A", "a"], (0, None)),
        (["A"], ["a", "A"], (None, 0)),
        (["Ab", "AB"], ["ab"], (None,)),
        (["AB"], ["ab", "aB"], (None, None)),
        (["b", "AB", "AB"], ["ab"], (1,)),
        (["Lead Id"], ["leadId"], (None,)),
        ([], ["a"], (None,)),
        ([""], [], ()),
    ],
)
def test_a_column_is_found_only_where_nothing_else_can_be_meant(
    header: list[str], wanted: list[str], places: tuple[int | None, ...]
) -> None:
    assert lay_out(header, wanted).places == places


def test_the_only_program_of_a_job_fills_the_column_that_is_missing(tmp_path: Path) -> None:
    data = lines("leadId,name,updatedAt", f"1,a,{WHEN}", f"null,a,{WHEN}")

    found, counted = read(tmp_path, data, programs=(1001,))

    assert found == ROWS[:1]
    assert list(found[0]) == list(PROPERTIES)
    assert counted.files == {}, "Marketo adds no such column to a job of one program"


@pytest.mark.parametrize("kind", [{"type": ["string"]}, {"type": ["number"]}])
def test_the_programs_column_has_the_catalogs_type_where_it_is_filled(
    tmp_path: Path, kind: dict[str, Any]
) -> None:
    properties = {**PROPERTIES, "programId": kind}

    found, _ = read(tmp_path, lines("leadId", "1"), programs=(1001,), properties=properties)

    assert found[0]["programId"] == ("1001" if kind == {"type": ["string"]} else 1001)


@pytest.mark.parametrize("programs", [(), (1001, 1002)])
def test_a_row_of_one_of_several_programs_must_say_of_which(
    tmp_path: Path, programs: tuple[int, ...]
) -> None:
    data = lines("leadId,name,updatedAt", f"1,a,{WHEN}")

    assert "no column programId" in refused(tmp_path, data, programs=programs)


def test_a_file_without_leads_is_refused(tmp_path: Path) -> None:
    data = lines("programId,name,updatedAt", f"1001,a,{WHEN}")

    assert "no column leadId" in refused(tmp_path, data, programs=(1001,))


@pytest.mark.parametrize("name", ["updatedAt", "name"])
def test_a_missing_column_that_may_be_null_is_null_and_named(tmp_path: Path, name: str) -> None:
    kept = [item for item in HEADER.split(",") if item != name]
    row = ",".join(str(ROWS[0][one]) for one in kept)

    found, counted = read(tmp_path, lines(",".join(kept), row))

    assert found == [{**ROWS[0], name: None}]
    assert counted.files == {f"without the column {name}, which became null": 1}


def test_a_missing_column_that_the_catalog_wants_is_named(tmp_path: Path) -> None:
    properties = {**PROPERTIES, "name": {"type": "string"}}

    data = lines("programId,leadId,updatedAt", f"1001,1,{WHEN}")

    assert refused(tmp_path, data, properties=properties).endswith("no column name.")


# Lines


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("blank", ["", " ", "\t ", "\r"])
@pytest.mark.parametrize(
    "places", [(0, 0, 1), (0, 0, 3), (0, 1, 0), (0, 2, 1), (1, 0, 0), (2, 2, 2)]
)
def test_blank_lines_are_no_rows(
    tmp_path: Path, end: str, blank: str, places: tuple[int, int, int]
) -> None:
    before, between, after = ([blank] * count for count in places)
    quoted = f'1001,3,"x\n\n\n y",{WHEN}'
    table = [HEADER, *before, GOOD, *between, quoted, *between, MORE, *after]

    found, counted = read(tmp_path, lines(*table, end=end))

    assert [found[0], found[2]] == ROWS
    assert found[1]["name"] == "x\n\n\n y"
    assert counted.files == {"with blank lines": 1}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 65_536])
def test_blank_lines_before_the_header_are_none(
    tmp_path: Path, mark: str, end: str, size: int
) -> None:
    bounds = BOUNDS if mark else Bounds(block=size)
    data = mark.encode() + lines("", "", HEADER, "", GOOD, MORE, end=end)

    found, counted = read(tmp_path, data, bounds=bounds)

    assert found == ROWS
    assert counted.files["with blank lines"] == 1


def test_a_file_of_blank_lines_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path, b"\r\n\n\n")[0] == []


def test_blank_lines_are_no_rows_of_a_file_with_stray_quotes_either(tmp_path: Path) -> None:
    data = lines(HEADER, "", f'1001,1,"say "hi" to\n\nher",{WHEN}', "", MORE, "")

    found, counted = read(tmp_path, data)

    assert [found[0]["name"], found[1]] == ['say "hi" to\n\nher', ROWS[1]]
    assert counted.files == {"with blank lines": 1}


def test_blank_lines_leave_a_file_certain_and_stray_quotes_do_not(tmp_path: Path) -> None:
    assert opened(tmp_path, lines(HEADER, "", GOOD, "")).is_certain
    assert not opened(tmp_path, lines(HEADER, f'1001,1,"a "b" c",{WHEN}')).is_certain


def test_a_last_line_may_lack_its_end(tmp_path: Path) -> None:
    assert read(tmp_path, lines(HEADER, GOOD, MORE)[:-1]) == (ROWS, FileOddities())


@pytest.mark.parametrize("final", ["", "\r"])
def test_rows_may_end_in_cr_alone(tmp_path: Path, final: str) -> None:
    quoted = f'1001,3,"x\ry\n""z""\r",{WHEN}'
    data = f"{HEADER}\r{GOOD}\r{quoted}\r\r{MORE}{final}"

    found, counted = read(tmp_path, data.encode())

    assert [found[0], found[2]] == ROWS
    assert found[1]["name"] == 'x\ry\n"z"\r'
    assert counted.files == {"with rows that end in CR": 1, "with blank lines": 1}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_blocks_do_not_show_where_rows_end_in_cr(tmp_path: Path, size: int) -> None:
    data = "\r".join([HEADER, GOOD, f'1001,3,"x\r""\r""y",{WHEN}', MORE, ""])

    found, _ = read(tmp_path, data.encode(), bounds=Bounds(block=size))

    assert [found[0], found[1]["name"], found[2]] == [ROWS[0], 'x\r"\r"y', ROWS[1]]


@pytest.mark.parametrize("last", ["", '""'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_comma_too_many_behind_every_row_means_nothing(
    tmp_path: Path, last: str, end: str
) -> None:
    data = lines(HEADER, f"{GOOD},{last}", "", f"{MORE},", end=end)

    found, counted = read(tmp_path, data)

    assert found == ROWS
    assert counted.files == {"with a comma behind each row": 1, "with blank lines": 1}


def test_a_comma_too_many_behind_the_header_means_nothing(tmp_path: Path) -> None:
    found, counted = read(tmp_path, lines(HEADER + ",", GOOD, MORE))

    assert found == ROWS
    assert counted.files == {"with a comma behind the header": 1}


def test_a_comma_too_many_in_all_lines_is_a_column_without_a_name(tmp_path: Path) -> None:
    assert read(tmp_path, lines(HEADER + ",", GOOD + ",", MORE + ",")) == (ROWS, FileOddities())


@pytest.mark.parametrize(
    "odd", [f"{GOOD},x", f"{GOOD},", "1001,1,a", "1001", f"1001,1,a,b,{WHEN}", f"{GOOD},,"]
)
def test_one_row_of_another_width_cannot_be_read_with_certainty(tmp_path: Path, odd: str) -> None:
    assert "row 2 " in refused(tmp_path, lines(HEADER, GOOD, odd, MORE))


def test_rows_with_one_cell_more_may_have_a_program_in_front(tmp_path: Path) -> None:
    data = lines("leadId,name,updatedAt", f"1001,1,{WHEN},", f"1001,2,{WHEN},")

    assert "row 1 " in refused(tmp_path, data, programs=(1001,))


# Encodings


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 65_536])
def test_a_file_in_another_encoding_that_shows_is_read(
    tmp_path: Path, encoding: str, name: str, size: int
) -> None:
    for end in ("\n", "\r\n", "\r"):
        text = lines(HEADER, f'1001,1,"é, 日本 \U0001f680",{WHEN}', MORE, end=end).decode()

        found, counted = read(tmp_path, text.encode(encoding), bounds=Bounds(block=size))

        assert found[0]["name"] == "é, 日本 \U0001f680"
        assert found[1] == ROWS[1]
        assert counted.files[f"in {name} instead of UTF-8"] == 1


def test_nuls_in_a_header_do_not_make_another_encoding_of_it(tmp_path: Path) -> None:
    data = lines(HEADER, GOOD, MORE).replace(b"programId", b"p\0rogramId\0")

    assert read(tmp_path, data) == (ROWS, FileOddities())


# What is no table


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>Sorry</body></html>",
        b"<!DOCTYPE html>\n<html>\n<p>1, 2</p>\n</html>\n",
        b'{"requestId":"1#2","success":false,"errors":[{"code":"602","message":"x"}]}',
        b'{\n "success": false\n}\n',
        b"Lead Id,Program Id,Name\n1,1001,a\n",
        b"1001,1,a\n1002,2,b\n",
        b"\x1f\x8b\x08\0\0\0\0\0\0\3",
        b"PK\3\4....",
    ],
)
def test_what_is_no_table_of_members_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data, programs=(1001,))


# Any file

odd_cells = st.sampled_from(["1001", "1002", "999", "1", "null", "", "x", '"a"', "leadId"])
odd_lines = st.one_of(
    st.lists(odd_cells, min_size=4, max_size=4).map(",".join),
    st.sampled_from([HEADER, "", " ", GOOD, MORE, f'1001,1,"a\n\nb",{WHEN}', '1001,1,"a"b",']),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    st.sampled_from([HEADER, HEADER.upper(), "leadId,programId,x,y", HEADER + ","]),
    st.lists(odd_lines, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([3, 65_536]),
)
def test_any_odd_file_is_read_alike_in_both_ways_or_refused(
    tmp_path: Path, header: str, table: list[str], end: str, size: int
) -> None:
    try:
        found, counted = read(tmp_path, lines(header, *table, end=end), bounds=Bounds(block=size))
    except FileCorrupt:
        return
    for record in found:
        assert list(record) == list(PROPERTIES)
        assert record["programId"] in {1001, 1002}
        assert isinstance(record["leadId"], int)
    assert all(isinstance(count, int) for count in counted.skipped.values())


def test_nothing_odd_is_nothing_to_tell() -> None:
    assert FileOddities().warnings() == []
    told = FileOddities(Counter(a=2), Counter(b=1), Counter(c=1))
    assert len(told.warnings()) == 3
    told.clear()
    assert told.warnings() == []
