"""Which programs of a listing the user's filters let pass.

Pure: rows of the listing and ids of tagged programs go in, ids and lines for the user come
out. Between different filters AND, within one OR. It must not know how programs are listed,
nor what a stream does with those that pass.

Sources: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs
(`type`, `channel`, `status`, `workspace`, `folder`). `status` is `""` for types without one;
the folder of a program inside a program is `{"type": "Program", ...}` (recorded).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.marketo import unknown_values
from tap_marketo_programs.marketo.globs import folded, glob_matcher, trimmed
from tap_marketo_programs.marketo.records import usable_id
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.values import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Row = Mapping[str, Any]
    Rows = Mapping[int, Row]

# A program has one parent; more than this many above each other is a circle.
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter that the user set.

    Args:
        setting: Its name.
        passes: Whether a program does, by id, out of all that are listed.
        unknown: A line on values that no listed program has; None if each has one.
    """

    setting: str
    passes: Callable[[int, Rows], bool]
    unknown: Callable[[Rows], str | None]


class ProgramFilters:
    """The filters of a run, but for `program_ids` and `program_tags`, which ask Marketo.

    Args:
        filters: Those that are set.
    """

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = filters

    @classmethod
    def of(cls, wanted: Mapping[str, Sequence[Any] | None]) -> ProgramFilters:
        """The filters that settings hold.

        Args:
            wanted: What is wanted by each of `SETTINGS`; None where that is not set.
        """
        found = [_values(*field, wanted[field[0]]) for field in _FIELDS]
        found += [_names(wanted["program_names"]), _folders(wanted["program_folder_ids"])]
        return cls([chosen for chosen in found if chosen is not None])

    def __bool__(self) -> bool:
        """Whether any is set."""
        return bool(self._filters)

    @property
    def settings(self) -> list[str]:
        """The names of those that are set."""
        return [one.setting for one in self._filters]

    def matches(self, program_id: int, rows: Rows) -> bool:
        """Whether a program passes all of them.

        Args:
            program_id: The program's.
            rows: The listing by id, with this program; the others may be its parents.
        """
        return all(chosen.passes(program_id, rows) for chosen in self._filters)

    def counts(self, rows: Rows) -> dict[str, int]:
        """How many programs pass each filter by itself, by setting."""
        return {
            one.setting: sum(one.passes(program_id, rows) for program_id in rows)
            for one in self._filters
        }

    def unknown(self, rows: Rows) -> list[str]:
        """Lines on values that no listed program has, one for each setting."""
        return [line for one in self._filters if (line := one.unknown(rows))]


# The setting, the field of a program, and how both are called in a sentence.
_FIELDS = (
    ("program_types", "type", "type", "types"),
    ("program_channels", "channel", "channel", "channels"),
    ("program_workspaces", "workspace", "workspace", "workspaces"),
    ("program_statuses", "status", "status", "statuses"),
)
SETTINGS = ("program_names", *(field[0] for field in _FIELDS), "program_folder_ids")
"""The settings that are filters of this kind."""


def _values(
    setting: str, field: str, noun: str, nouns: str, wanted: Sequence[str] | None
) -> Filter | None:
    """A filter by the value of a field; an empty one stands for programs without."""
    if wanted is None:
        return None
    accepted = {folded(value) for value in wanted}

    def unknown(rows: Rows) -> str | None:
        existing = _spellings(_text(row, field) for row in rows.values())
        missing = [value for value in wanted if folded(value) not in existing]
        there = list(filter(None, existing.values()))
        line = _line(f"{setting}: no program has the {noun}", missing, there, there, nouns)
        return line if missing else None

    return Filter(setting, lambda one, rows: folded(_text(rows[one], field)) in accepted, unknown)


def _names(globs: Sequence[str] | None) -> Filter | None:
    """A filter by globs on the name."""
    if globs is None:
        return None
    matchers = {glob: glob_matcher(glob) for glob in globs}

    def unknown(rows: Rows) -> str | None:
        names = sorted({_text(row, "name") for row in rows.values()})
        missing = [glob for glob, fits in matchers.items() if not any(map(fits, names))]
        line = _line("program_names: no program has a name like", missing, names, names, "names")
        return f"{line}{_glob_hint(missing, names)}" if missing else None

    def passes(program_id: int, rows: Rows) -> bool:
        name = _text(rows[program_id], "name")
        return any(fits(name) for fits in matchers.values())

    return Filter("program_names", passes, unknown)


def _glob_hint(missing: Sequence[str], names: Sequence[str]) -> str:
    """What a glob that fits no name was probably meant to do."""
    if "[" in "".join(missing):
        return " In a glob, brackets stand for themselves."
    parts = (
        f"*{trimmed(glob).strip('*')}*" for glob in missing[: unknown_values.MAX_UNKNOWN_SHOWN]
    )
    found = [part for part in parts if any(map(glob_matcher(part), names))]
    return (
        f" A glob fits whole names: write '{quoted(found[0])}' for a part of one." if found else ""
    )


def _folders(wanted: Sequence[int] | None) -> Filter | None:
    """A filter by the folder, at whatever depth of programs inside programs."""
    if wanted is None:
        return None
    accepted = frozenset(wanted)

    def unknown(rows: Rows) -> str | None:
        folders = {
            folder: _text(row["folder"], "folderName")
            for row in rows.values()
            if (folder := _parent(row, "folder")) is not None
        }
        missing = [str(folder) for folder in wanted if folder not in folders]
        shown = [f"{folder} {name}".strip() for folder, name in sorted(folders.items())]
        lacks = "program_folder_ids: no program is directly in the folder"
        return _line(lacks, missing, (), shown, "folders") if missing else None

    return Filter("program_folder_ids", lambda one, rows: _folder(one, rows) in accepted, unknown)


def _folder(program_id: int, rows: Rows) -> int | None:
    """The folder that a program, or the program around it, is in."""
    for _ in range(MAX_DEPTH):
        row = rows.get(program_id, {})
        if (folder := _parent(row, "folder")) is not None:
            return folder
        if (outer := _parent(row, "program")) is None:
            return None
        program_id = outer
    return None


def _parent(row: Row, kind: str) -> int | None:
    """The id of what a program is in, if that is of a kind: a folder and a program may share one.

    Adobe's OpenAPI document has `id` in the place of `value`.
    """
    folder = row.get("folder")
    if not isinstance(folder, dict) or folded(_text(folder, "type")) != kind:
        return None
    return usable_id(folder.get("value", folder.get("id")))


def _text(row: Row, field: str) -> str:
    """A field as a text; empty if there is none."""
    value = row.get(field)
    try:
        return "" if value is None else text_of(value)
    except ValueError:
        return ""


def _spellings(values: Iterable[str]) -> dict[str, str]:
    """Values in their order, each once, by what they are folded to."""
    found: dict[str, str] = {}
    for value in sorted(values):
        found.setdefault(folded(value), value)
    return found


def _line(
    lacks: str, missing: Sequence[str], known: Sequence[str], there: Sequence[str], nouns: str
) -> str:
    """What no program has, what was probably meant, and what there is.

    Args:
        lacks: The setting, and what no program has.
        missing: The values that the user named.
        known: Values that may have been meant.
        there: All that exists, as it is shown.
        nouns: What those are called.
    """
    return (
        f"{lacks} {unknown_values.shown(missing)}.{unknown_values.question(missing, known)} "
        f"There are the {nouns}: {unknown_values.existing(there)}."
    )
