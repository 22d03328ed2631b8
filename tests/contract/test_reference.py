"""What users read of the settings is what the settings say, and so is what the sandbox sets."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import definition
import pytest
import reference
from marketo_sandbox.cli import environment

from tap_marketo_programs.config.settings import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

FILES = [
    "docs/settings.md",
    "meltano.yml",
    "tap-marketo-programs.yml",
    ".env.example",
]
PREFIX = "TAP_MARKETO_PROGRAMS_"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the files that are made, wholly or in part."""
    (tmp_path / "docs").mkdir()
    for name in FILES:
        shutil.copy(definition.ROOT / name, tmp_path / name)
    return tmp_path


def altered(path: Path, was: str, now: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now, 1), encoding="utf-8")


def test_what_users_read_of_the_settings_is_up_to_date() -> None:
    assert reference.stale(definition.ROOT) == [], f"run `{reference.COMMAND}`"


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        ("docs/settings.md", "| `program_ids` |", "| `programs` |"),
        ("docs/settings.md", "| `lookback_seconds` | 3600 |", "| `lookback_seconds` | 60 |"),
        ("docs/settings.md", "at least 1, at most 10", "at least 1, at most 20"),
        ("docs/settings.md", "`TAP_MARKETO_PROGRAMS_START_DATE`", "`TAP_MARKETO_START_DATE`"),
        ("meltano.yml", "again. Default: 3600.", "again. Default: 60."),
        ("meltano.yml", "name: program_ids", "name: programs"),
        ("meltano.yml", "      sensitive: true\n", ""),
        ("tap-marketo-programs.yml", "again. Default: 3600.", "again. Default: 60."),
        (".env.example", "LOOKBACK_SECONDS=3600", "LOOKBACK_SECONDS=60"),
        (".env.example", "_PROGRAM_IDS=", "_PROGRAMS="),
    ],
)
def test_a_file_that_says_something_else_is_stale(
    checkout: Path, name: str, was: str, now: str
) -> None:
    altered(checkout / name, was, now)

    assert reference.stale(checkout) == [name]


def test_what_meltano_yml_says_by_hand_is_what_the_definition_says(checkout: Path) -> None:
    altered(checkout / "meltano.yml", "label: Marketo Programs", "label: Programs of Marketo")

    assert reference.stale(checkout) == ["tap-marketo-programs.yml"]


def test_making_the_files_leaves_alone_what_is_written_by_hand(checkout: Path) -> None:
    altered(checkout / "docs/settings.md", "# Settings", "# All settings")
    altered(checkout / "meltano.yml", "# A Meltano project", "# The Meltano project")
    altered(checkout / "meltano.yml", "again. Default: 3600.", "again. Default: 60.")

    for path, text in reference.made(checkout).items():
        path.write_text(text, encoding="utf-8")

    assert reference.stale(checkout) == []
    assert "# All settings" in (checkout / "docs/settings.md").read_text(encoding="utf-8")
    meltano = (checkout / "meltano.yml").read_text(encoding="utf-8")
    assert "# The Meltano project" in meltano
    assert "again. Default: 3600." in meltano


def test_a_file_without_its_marks_is_an_error_and_not_up_to_date(checkout: Path) -> None:
    altered(checkout / "docs/settings.md", reference.LAST, "the end")

    with pytest.raises(LookupError, match=r"settings\.md"):
        reference.stale(checkout)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_has_one_row_in_the_table(name: str) -> None:
    rows = [
        line
        for line in (definition.ROOT / "docs" / "settings.md")
        .read_text(encoding="utf-8")
        .splitlines()
        if line.startswith(f"| `{name}` |")
    ]

    assert len(rows) == 1
    assert rows[0].count(" | ") == 4


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"type": ["string"], "minLength": 1}, "string"),
        ({"type": ["string", "null"], "format": "date-time"}, "date, or date and time"),
        ({"type": ["string", "null"], "enum": ["fail", "stop", None]}, "`fail`, `stop`"),
        ({"type": ["number", "null"], "exclusiveMinimum": 0}, "number, above 0"),
        (
            {"type": ["integer", "null"], "minimum": 1, "maximum": 10},
            "integer, at least 1, at most 10",
        ),
        (
            {"type": ["array", "null"], "items": {"type": ["integer"], "minimum": 1}},
            "list, each at least 1",
        ),
        (
            {"type": ["array"], "items": {"type": ["string"]}, "examples": [["Email"]]},
            'list: `["Email"]`',
        ),
        ({"type": ["object", "null"], "examples": [{"a": 1}]}, 'object: `{"a": 1}`'),
    ],
)
def test_a_table_says_what_a_setting_takes(schema: dict[str, Any], values: str) -> None:
    assert reference.values_of(schema) == values


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": ["string"]}, "string"),
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"], "format": "date-time"}, "date_iso8601"),
        ({"type": ["string", "null"], "enum": ["fail", "stop"]}, "options"),
        ({"type": ["number", "null"]}, "string"),
        ({"type": ["integer", "null"]}, "integer"),
        ({"type": ["boolean", "null"]}, "boolean"),
        ({"type": ["array", "null"]}, "array"),
        ({"type": ["object", "null"]}, "object"),
    ],
)
def test_meltanos_kind_follows_from_the_type(schema: dict[str, Any], kind: str) -> None:
    assert reference.kind_of(schema) == kind


# The sandbox must not import the tap, so what it says of the tap's settings is compared here.


def test_the_sandbox_sets_settings_that_there_are_and_the_defaults_at_marketos_own_pace() -> None:
    made = environment("http://127.0.0.1:1", 1, {})
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in made.items()
        if name.startswith(PREFIX)
    }

    assert given.keys() <= SETTINGS.keys()
    assert {name for name, one in SETTINGS.items() if one.required} <= given.keys()
    for name, value in given.items():
        if not SETTINGS[name].required:
            assert value == str(SETTINGS[name].default)


def test_the_sandboxs_readme_names_settings_that_there_are() -> None:
    text = (definition.ROOT / "sandbox" / "README.md").read_text(encoding="utf-8")
    named = {one.lower() for one in re.findall(rf"{PREFIX}([A-Z0-9_]+)", text)}
    paces = re.findall(rf"`{PREFIX}([A-Z0-9_]+)` \| (\d+) \W speed", text)

    assert named
    assert named <= SETTINGS.keys()
    assert paces
    for name, figure in paces:
        assert SETTINGS[name.lower()].default == int(figure)
