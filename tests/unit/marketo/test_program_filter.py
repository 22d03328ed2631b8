"""Programs pass the filters that the user set, and what no program has is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_marketo_programs.marketo.globs import glob_matcher
from tap_marketo_programs.marketo.program_filter import SETTINGS, ProgramFilters

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[str, Any]


def filters(**given: Any) -> ProgramFilters:  # noqa: ANN401 - a list of texts or ids
    return ProgramFilters.of({**dict.fromkeys(SETTINGS), **given})


def program(number: int, folder: object = None, **fields: object) -> Row:
    inside = {"type": "Folder", "value": 28, "folderName": "Marketing"}
    defaults = {
        "name": f"Program {number}",
        "type": "Default",
        "channel": "Content",
        "workspace": "Default",
        "status": "",
    }
    return {"id": number, "folder": folder or inside, **defaults, **fields}


def inside(program_id: int) -> Row:
    return {"type": "Program", "value": program_id, "folderName": "whatever"}


def passing(rows: Iterable[Row], **given: object) -> set[int]:
    listed = {row["id"]: row for row in rows}
    wanted = filters(**given)
    return {program_id for program_id in listed if wanted.matches(program_id, listed)}


def unknown(rows: Iterable[Row], **given: object) -> list[str]:
    return filters(**given).unknown({row["id"]: row for row in rows})


# Values


FIELDS = [
    ("program_types", "type"),
    ("program_channels", "channel"),
    ("program_workspaces", "workspace"),
    ("program_statuses", "status"),
]


@pytest.mark.parametrize(("setting", "field"), FIELDS)
@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ("Webinar", "Webinar"),
        ("webinar", "WEBINAR"),
        (" Webinar ", "Webinar"),
        ("RÉSEAU & partner", "Réseau & Partner"),
        # One accent of its own, the other put together.
        ("Cafe\u0301", "Caf\u00e9"),
        ("STRASSE", "Straße"),
        ("5", 5),
    ],
)
def test_a_value_counts_whatever_its_case_and_spelling(
    setting: str, field: str, wanted: str, value: object
) -> None:
    rows = [program(1, **{field: value}), program(2, **{field: "something else"}), program(3)]

    assert passing(rows, **{setting: [wanted]}) == {1}
    assert unknown(rows, **{setting: [wanted]}) == []


@pytest.mark.parametrize(("setting", "field"), FIELDS)
@pytest.mark.parametrize("value", [None, {}, [], ["Webinar"], ""])
def test_a_program_without_a_readable_value_passes_no_value(
    setting: str, field: str, value: object
) -> None:
    assert passing([program(1, **{field: value})], **{setting: ["Webinar"]}) == set()


def test_a_program_without_a_status_passes_only_the_empty_one() -> None:
    rows = [program(1, status=""), program(2, status=None), program(3, status="on"), program(4)]
    del rows[3]["status"]

    assert passing(rows, program_statuses=["on"]) == {3}
    assert passing(rows, program_statuses=[""]) == {1, 2, 4}
    assert passing(rows, program_statuses=["ON", ""]) == {1, 2, 3, 4}


def test_values_of_one_filter_are_alternatives_and_filters_are_all_asked() -> None:
    rows = [
        program(1, type="Email", channel="Content"),
        program(2, type="Event", channel="Content"),
        program(3, type="Email", channel="Webinar"),
        program(4, type="Default", channel="Content"),
    ]

    assert passing(rows, program_types=["Email", "Event"], program_channels=["content"]) == {1, 2}


def test_without_filters_every_program_passes() -> None:
    assert not filters()
    assert passing([program(1), program(2)]) == {1, 2}


# Names


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("2026-* webinar*", "2026-05 Webinar Security"),
        ("*WEBINAR*", "a webinar"),
        ("Q? 2026", "q3 2026"),
        ("[2026] Webinar", "[2026] Webinar"),
        ("[2026]*", "[2026] Webinar"),
        ("a.b+(c)", "a.b+(c)"),
        ("50% | 1\\2", "50% | 1\\2"),
        ("*", ""),
        ("line*end", "line\nend"),
        ("stra?e", "STRAßE"),
        ("strasse", "Straße"),
        ("?stanbul", "İstanbul"),
        (" Beta ", "Beta"),
        ("**Beta**", "Beta"),
        ("新年*", "新年会"),
        ("What?", "What?"),
        ("5 * 5", "5 * 5"),
    ],
)
def test_a_glob_fits(glob: str, name: str) -> None:
    assert glob_matcher(glob)(name)
    assert passing([program(1, name=name)], program_names=[glob]) == {1}


@pytest.mark.parametrize(
    ("glob", "name"),
    [
        ("Beta", "Beta 2"),
        ("Beta", "Alpha Beta"),
        ("Bet?", "Bet"),
        ("[ab]eta", "beta"),
        ("a.b", "axb"),
        ("2026-*", "x 2026-1"),
    ],
)
def test_a_glob_does_not_fit(glob: str, name: str) -> None:
    assert not glob_matcher(glob)(name)


@given(st.text())
def test_every_name_finds_its_own_program_in_any_case(name: str) -> None:
    assert glob_matcher(name)(name)
    assert glob_matcher(name)(name.casefold())
    assert glob_matcher(name.casefold())(name)


@given(st.text(), st.text(), st.text())
def test_a_star_stands_for_anything_and_a_question_mark_for_one_character(
    start: str, middle: str, end: str
) -> None:
    # What stands at an end may be trimmed, or join the next character as its accent.
    start, end = f"<{start}|", f"|{end}>"

    assert glob_matcher(f"{start}*{end}")(start + middle + end)
    assert glob_matcher(f"{start}?{end}")(f"{start}x{end}")
    assert not glob_matcher("<?>")("<>")


# Folders


def test_programs_inside_programs_of_a_folder_are_in_it_too() -> None:
    rows = [
        program(1),
        program(2, inside(1)),
        program(3, inside(2)),
        program(4, {"type": "Folder", "value": 29}),
        program(5, inside(4)),
    ]

    assert passing(rows, program_folder_ids=[28]) == {1, 2, 3}
    assert passing(rows, program_folder_ids=[29]) == {4, 5}
    assert passing(rows, program_folder_ids=[28, 29]) == {1, 2, 3, 4, 5}


def test_the_id_of_a_program_is_not_that_of_a_folder() -> None:
    rows = [program(28, {"type": "Folder", "value": 7}), program(2, inside(28))]

    assert passing(rows, program_folder_ids=[28]) == set()
    assert passing(rows, program_folder_ids=[7]) == {28, 2}


@pytest.mark.parametrize(
    "folder",
    [
        None,
        {},
        "Folder 28",
        [],
        {"type": "Folder"},
        {"value": 28},
        {"type": "Folder", "value": "none"},
        {"type": "Zone", "value": 28},
    ],
)
def test_a_program_of_which_nobody_knows_the_folder_is_in_none(folder: object) -> None:
    row = {**program(1), "folder": folder}

    assert passing([row], program_folder_ids=[28]) == set()


@pytest.mark.parametrize(
    "folder",
    [
        {"type": "Folder", "id": 28},
        {"type": "folder", "value": "28"},
        {"type": "Folder", "value": 28.0},
    ],
)
def test_the_spellings_of_a_folder_mean_the_same(folder: Row) -> None:
    assert passing([program(1, folder)], program_folder_ids=[28]) == {1}


def test_programs_inside_each_other_and_inside_unknown_ones_are_in_no_folder() -> None:
    rows = [program(1, inside(2)), program(2, inside(1)), program(3, inside(3)), program(4)]
    rows.append(program(5, inside(4711)))

    assert passing(rows, program_folder_ids=[28]) == {4}


# What no program has


ROWS = [
    program(1, name="2026-05 Webinar", type="Email", status="completed"),
    program(2, name="[2026] Onboarding", type="EventWithWebinar", channel="Webinar"),
    program(3, name="新年会", workspace="EMEA Workspace"),
]


@pytest.mark.parametrize(
    ("setting", "wanted", "line"),
    [
        (
            "program_types",
            ["Emial", "Email"],
            (
                "program_types: no program has the type 'Emial'. Did you mean Email? There are the "
                "types: Default, Email, EventWithWebinar."
            ),
        ),
        (
            "program_types",
            ["Event with Webinar"],
            (
                "program_types: no program has the type 'Event with Webinar'. Did you mean "
                "EventWithWebinar? There are the types: Default, Email, EventWithWebinar."
            ),
        ),
        (
            "program_workspaces",
            ["EMEA"],
            (
                "program_workspaces: no program has the workspace 'EMEA'. Did you mean EMEA "
                "Workspace? There are the workspaces: Default, EMEA Workspace."
            ),
        ),
        (
            "program_channels",
            ["Tradeshow", "Webinra"],
            (
                "program_channels: no program has the channel 'Tradeshow', 'Webinra'. Did you mean "
                "Webinar? There are the channels: Content, Webinar."
            ),
        ),
        (
            "program_statuses",
            ["off"],
            "program_statuses: no program has the status 'off'. There are the statuses: completed.",
        ),
        (
            "program_names",
            ["[2025] Onboarding*"],
            (
                "program_names: no program has a name like '[2025] Onboarding*'. Did you mean "
                "[2026] Onboarding? There are the names: 2026-05 Webinar, [2026] "
                "Onboarding, 新年会. In a glob, brackets stand for themselves."
            ),
        ),
        (
            "program_folder_ids",
            [28, 4711],
            (
                "program_folder_ids: no program is directly in the folder '4711'. There are the "
                "folders: 28 Marketing."
            ),
        ),
    ],
)
def test_a_value_that_no_program_has_is_named_with_what_there_is(
    setting: str, wanted: list[object], line: str
) -> None:
    assert unknown(ROWS, **{setting: wanted}) == [line]


def test_a_status_that_is_none_is_unknown_only_where_every_program_has_one() -> None:
    assert unknown([program(1, status="on")], program_statuses=[""])
    assert not unknown(ROWS, program_statuses=[""])


def test_values_that_exist_are_not_named_even_where_no_program_passes_all_filters() -> None:
    given = {"program_types": ["email"], "program_workspaces": ["emea workspace"]}

    assert passing(ROWS, **given) == set()
    assert unknown(ROWS, **given) == []


@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("webinar", " A glob fits whole names: write '*webinar*' for a part of one."),
        (" WEBINAR ", " A glob fits whole names: write '*WEBINAR*' for a part of one."),
        ("web?nar", " A glob fits whole names: write '*web?nar*' for a part of one."),
        ("*web", " A glob fits whole names: write '*web*' for a part of one."),
        ("none such", ""),
        ("[2026", " In a glob, brackets stand for themselves."),
    ],
)
def test_a_part_of_a_name_is_answered_with_how_a_glob_finds_it(glob: str, hint: str) -> None:
    (line,) = unknown([program(1, name="2026-05 Webinar A")], program_names=[glob])

    assert line.endswith(f"There are the names: 2026-05 Webinar A.{hint}")


def test_a_line_is_bounded_however_much_there_is() -> None:
    rows = [program(number, name=f"{number} " + "x" * 255) for number in range(3_000)]

    (line,) = unknown(rows, program_names=[f"{number} y" * 99 for number in range(500)])

    assert "490 more" in line
    assert len(line) < 10_000


def test_a_text_of_the_server_cannot_forge_a_log_line() -> None:
    (line,) = unknown([program(1, channel="a\nERROR\x1b[31m")], program_channels=["b\n\x1b"])

    assert line.isprintable()
