"""Writes down the tap's settings wherever users read of them, from the settings themselves.

They stand on the site's page of settings, in meltano.yml and, made from that, in
tap-marketo-programs.yml, and as variables in .env.example. Run it as a program to write
all; tests compare. What stands around the marked parts is written by hand.
"""

from __future__ import annotations

import json
from shlex import quote
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

import definition
import yaml

from tap_marketo_programs.config.setting import json_schema
from tap_marketo_programs.config.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tap_marketo_programs.config.setting import Setting

COMMAND = "uv run python tests/support/reference.py"

# What Meltano calls a setting of a JSON type. Its `integer` refuses 0.5, and a `decimal`
# from the environment crashes Meltano 4.4, which cannot write a Decimal to the tap's
# config file. The tap reads numbers out of texts itself.
KINDS = {
    "array": "array",
    "boolean": "boolean",
    "integer": "integer",
    "number": "string",
    "object": "object",
    "string": "string",
}


def kind_of(schema: Mapping[str, Any]) -> str:
    """Meltano's kind of a setting, by its JSON Schema."""
    if "enum" in schema:
        return "options"
    if schema.get("format") in {"date", "date-time"}:
        return "date_iso8601"
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    (only,) = set(types) - {"null"}
    return KINDS[only]


def as_written(value: object) -> str:
    """A value as a user writes it: JSON, without the quotes of a text."""
    return value if isinstance(value, str) else json.dumps(value)


# As users write values


def _default_cell(one: Setting) -> str:
    if one.required:
        return "required"
    if one.default is None:
        return one.without
    shown = as_written(one.default)
    return shown if shown.isdecimal() else f"`{shown}`"


# The site's page


def page_table() -> str:
    """The settings as a table in Markdown, with types, bounds and environment variables."""
    properties = json_schema(SETTINGS)["properties"]
    rows = [
        f"| `{name}` | {_default_cell(one)} | {values_of(properties[name])} "
        f"| `{VARIABLE_PREFIX}{name.upper()}` | {one.page or one.description} |"
        for name, one in SETTINGS.items()
    ]
    head = ["| name | default | values | environment variable | meaning |", "|---|---|---|---|---|"]
    return "\n".join(["", *head, *rows, "", ""])


# What a bound of JSON Schema is called.
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
}


def values_of(schema: Mapping[str, Any]) -> str:
    """What a setting takes, by its JSON Schema: its type, its bounds, and of a list an example."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value is not None)
    if schema.get("format") in {"date", "date-time"}:
        return "date, or date and time"
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    (only,) = set(types) - {"null"}
    if only not in {"array", "object"}:
        return ", ".join([only, *_bounds(schema)])
    of = schema.get("items", {})
    words = ["list", *(f"each {bound}" for bound in _bounds(of))] if of else [only]
    example = f": `{as_written(schema['examples'][0])}`" if "examples" in schema else ""
    return ", ".join(words) + example


def _bounds(schema: Mapping[str, Any]) -> list[str]:
    return [
        words.format(as_written(schema[bound]))
        for bound, words in _BOUNDS.items()
        if bound in schema
    ]


# meltano.yml


def meltano_settings() -> str:
    """The required group and the settings, as meltano.yml has them of an extractor."""
    properties = json_schema(SETTINGS)["properties"]
    required = [name for name, one in SETTINGS.items() if one.required]
    written = {
        "settings_group_validation": [required],
        "settings": [
            _meltano_setting(name, one, properties[name]) for name, one in SETTINGS.items()
        ],
    }
    text = yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=94)
    return indent(text, " " * 4)


def _meltano_setting(name: str, one: Setting, schema: Mapping[str, Any]) -> dict[str, Any]:
    """One setting; without a `value`, which would hide the tap's own default when that changes."""
    default = "" if one.default is None else f" Default: {as_written(one.default)}."
    found: dict[str, Any] = {"name": name, "kind": kind_of(schema), "label": one.title}
    if one.secret:
        found["sensitive"] = True
    found["description"] = one.description + default
    if one.examples:
        found["placeholder"] = as_written(one.examples[0])
    if one.options:
        found["options"] = [
            {"label": label, "value": value} for value, label in one.options.items()
        ]
    return found


# .env.example

VARIABLE_PREFIX = "TAP_MARKETO_PROGRAMS_"
ENVIRONMENT = ".env.example"

ENVIRONMENT_HEAD = f"""\
# Settings of tap-marketo-programs as variables of the environment.
# Made by `{COMMAND}`; do not change it, copy it:
#
#   cp .env.example .env && chmod 600 .env
#
# `.env` is read by Meltano, and by the tap itself with `--config=ENV` in the folder where it
# runs. It holds secrets: keep it out of version control. (Docker's `--env-file` hands quotes on,
# so that lists must stand there without them.) A variable that is left out or empty is not set;
# those behind a `#` show the default, or an example where nothing is the default. Lists and
# objects are JSON.
"""


def environment_example() -> str:
    """Every setting as a variable: those that no run goes without, the others as comments."""
    return "\n".join([ENVIRONMENT_HEAD, *(_variable(name, one) for name, one in SETTINGS.items())])


def _variable(name: str, one: Setting) -> str:
    words = fill(one.description, 96, initial_indent="# ", subsequent_indent="# ")
    mark = "" if one.required else "# "
    return f"{words}\n{mark}{VARIABLE_PREFIX}{name.upper()}={_as_variable(_shown(name, one))}\n"


def _shown(name: str, one: Setting) -> str:
    """A placeholder for a secret, otherwise the default, or an example, or nothing."""
    if one.secret:
        return f"your-{name.replace('_', '-')}"
    if one.default not in (None, []):
        return as_written(one.default)
    return as_written(one.examples[0]) if one.examples else ""


def _as_variable(text: str) -> str:
    """A text as a line of `.env` has it, and a shell that reads the file, too."""
    return quote(text) if text else ""


# The files


def _with_part(path: Path, part: str) -> str:
    """The text of a file whose part between two marked lines is made."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    marked = [number for number, line in enumerate(lines) if FIRST in line or LAST in line]
    if len(marked) != 2:
        message = f"{path.name} does not hold the lines with {FIRST!r} and {LAST!r} once each"
        raise LookupError(message)
    begin, end = marked
    return "".join([*lines[: begin + 1], part, *lines[end:]])


FIRST, LAST = f"Settings: made by `{COMMAND}`", "Settings: end of what is made"

PARTS: Mapping[str, Callable[[], str]] = {
    "docs/settings.md": page_table,
    "meltano.yml": meltano_settings,
}


def made(root: Path) -> dict[Path, str]:
    """Each file of a checkout as it should be."""
    files = {root / name: _with_part(root / name, part()) for name, part in PARTS.items()}
    return {
        **files,
        root / definition.FILE.name: definition.text(files[root / "meltano.yml"]),
        root / ENVIRONMENT: environment_example(),
    }


def stale(root: Path) -> list[str]:
    """The files of a checkout that are not as they should be."""
    return [
        path.relative_to(root).as_posix()
        for path, text in made(root).items()
        if path.read_text("utf-8") != text
    ]


if __name__ == "__main__":
    for path, text in made(definition.ROOT).items():
        path.write_text(text, encoding="utf-8")
