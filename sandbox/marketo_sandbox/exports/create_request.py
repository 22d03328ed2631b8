"""What a create call asks for, checked the way Marketo is thought to check it.

Adobe: Bulk Program Member Extract. Most refusals' texts are not public; the
knobs U1 to U5 choose among the candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from marketo_sandbox.clock import iso, parse_instant
from marketo_sandbox.errors import MESSAGES, refuse, refuse_missing, refuse_wrong_type
from marketo_sandbox.exports.csv_text import CsvText
from marketo_sandbox.exports.member_filters import is_exhausted, nurture_cadence, status_names
from marketo_sandbox.exports.rendering import ExportColumn, FilePlan
from marketo_sandbox.exports.selection import Selection, Window

if TYPE_CHECKING:
    from marketo_sandbox.data.world import World
    from marketo_sandbox.knobs import Knobs

FORMATS = ("CSV", "TSV", "SSV")
_MAX_PROGRAMS = 10
_MAX_WINDOW_SECONDS = 31 * 86400
_FILTERS = frozenset(
    {"programId", "programIds", "statusNames", "isExhausted", "nurtureCadence", "updatedAt"}
)


@dataclass(frozen=True)
class CreateRequest:
    """A valid create call."""

    body: dict[str, object]
    file_format: str
    columns: tuple[ExportColumn, ...]
    program_ids: tuple[int, ...]
    selection: Selection
    certain_failure: str | None = None

    def plan(self, world: World, knobs: Knobs, now: float) -> FilePlan:
        """What to render, with the members as they are at this moment."""
        found = [world.programs[p] for p in self.program_ids if p in world.programs]
        return FilePlan(
            views=tuple(world.snapshot(program) for program in found),
            columns=self.columns,
            selection=self.selection.as_of(knobs, now),
            fields=dict(world.member_fields),
            text=CsvText(knobs, self.file_format),
            deleted_stay=knobs.choice("deleted_lead_memberships") == "stay",
            reverse=knobs.choice("row_order") == "reverse",
            empty_has_header=knobs.choice("empty_export_file") == "header",
        )


def parse_create_request(body: object, world: World, knobs: Knobs) -> CreateRequest:
    """Check a create call's body, or refuse it."""
    if not isinstance(body, dict):
        refuse("609")
    file_format = str(body.get("format") or "CSV").upper()
    if file_format not in FORMATS:
        refuse("1003", "Invalid value for 'format'")
    chosen = body.get("filter")
    if not isinstance(chosen, dict) or not chosen:
        refuse("609", "Invalid value specified for attribute 'filter'")
    unknown = sorted(set(chosen) - _FILTERS)
    if unknown:
        refuse("1003", f"Invalid filter type '{unknown[0]}'")
    for name in chosen:
        if name in knobs.names("refused_filters"):
            refuse("1035", f"{MESSAGES['1035']}: {name}")
    if "programIds" in chosen and knobs.choice("program_ids_filter") != "accepted":
        named = knobs.choice("program_ids_filter") == "1035"
        refuse("1035", MESSAGES["1035"] + (": programIds" if named else ""))
    columns = _columns(body, world, knobs, prepend="programIds" in chosen)
    program_ids = _program_ids(chosen, knobs)
    certain_failure = _check_programs(program_ids, world, knobs)
    selection = Selection(
        _window(chosen, knobs),
        status_names(chosen, [world.programs.get(p) for p in program_ids], world, knobs),
        is_exhausted(chosen),
        nurture_cadence(chosen, knobs),
    )
    return CreateRequest(body, file_format, columns, program_ids, selection, certain_failure)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        refuse_wrong_type(value, "Integer")
    return value


def _program_ids(chosen: dict[str, object], knobs: Knobs) -> tuple[int, ...]:
    if "programId" in chosen and "programIds" in chosen:
        refuse(knobs.choice("create_out_of_bounds"), "programId and programIds cannot be combined")
    if "programId" in chosen:
        return (_whole(chosen["programId"]),)
    several = chosen.get("programIds")
    if several is not None and not isinstance(several, list):
        refuse_wrong_type(several, "Array")
    if not several:
        code = knobs.choice("create_without_programs")
        if code == "1002":
            refuse_missing("programId")
        if code == "609":
            refuse("609", "Invalid value specified for attribute 'filter'")
        refuse("1003", "Invalid data")
    if len(several) > _MAX_PROGRAMS:
        refuse(knobs.choice("create_out_of_bounds"), "programIds takes up to 10 ids")
    return tuple(dict.fromkeys(_whole(value) for value in several))


def _check_programs(program_ids: tuple[int, ...], world: World, knobs: Knobs) -> str | None:
    """What an unknown program does (knob U3); a text is the message that the job fails with."""
    missing = [program_id for program_id in program_ids if program_id not in world.programs]
    outcome = knobs.choice("unknown_program")
    if not missing or outcome == "empty":
        return None
    if outcome == "failed":
        return f"Program {missing[0]} not found"
    if outcome == "1013":
        refuse("1013")
    return refuse("1003", f"Invalid data: program {missing[0]} not found")


def _columns(
    body: dict[str, object], world: World, knobs: Knobs, *, prepend: bool
) -> tuple[ExportColumn, ...]:
    """The file's columns; with programIds a first column programId is prepended."""
    names = body.get("fields")
    if names is None or names == []:
        refuse_missing("fields")
    if not isinstance(names, list):
        refuse_wrong_type(names, "Array")
    headers = body.get("columnHeaderNames") or {}
    if not isinstance(headers, dict):
        refuse_wrong_type(headers, "Object")
    found = {str(name): _column(name, headers, world) for name in names}
    refused = [n for n, column in found.items() if not column or n in knobs.names("refused_fields")]
    if refused and knobs.choice("unknown_field") == "1003":
        # All bad names at once, in brackets, unquoted: airbytehq/airbyte #25064 and PR 74136.
        refuse("1003", f"Invalid fields [{', '.join(refused)}]")
    if refused:
        refuse("1006", MESSAGES["1006"] % refused[0])
    columns = [column for name in names if (column := found[str(name)])]
    if not prepend:
        return tuple(columns)
    if knobs.choice("repeated_program_id") == "first_only":
        columns = [c for c in columns if c.described.name != "programId" or c.of_lead]
    key = world.member_fields["programId"]
    return (ExportColumn(key, str(headers.get(key.name, key.name)), of_lead=False), *columns)


def _column(name: object, headers: dict[str, object], world: World) -> ExportColumn | None:
    """A field by name; members' fields win over leads' of the same name, as extracts show."""
    if not isinstance(name, str):
        refuse_wrong_type(name, "String")
    header = str(headers.get(name, name))
    if name in world.member_fields:
        return ExportColumn(world.member_fields[name], header, of_lead=False)
    described = world.lead_fields.get(name)
    if described is not None and described.exportable:
        return ExportColumn(described, header, of_lead=True)
    return None


def _instant(window: dict[str, object], name: str, knobs: Knobs) -> float:
    text = window.get(name)
    if not text:
        refuse_missing(name)
    if not isinstance(text, str):
        refuse_wrong_type(text, "Date")
    if "." in text and knobs.choice("filter_milliseconds") == "1003":
        refuse("1003", f"Invalid value for '{name}'")
    try:
        return parse_instant(text)
    except ValueError:
        refuse_wrong_type(text, "Date")


def _window(chosen: dict[str, object], knobs: Knobs) -> Window | None:
    """At most 31 days, whole seconds (Adobe: Bulk Program Member Extract)."""
    window = chosen.get("updatedAt")
    if window is None:
        return None
    if not knobs.on("updated_at_filter"):
        refuse("1035")
    if not isinstance(window, dict):
        refuse_wrong_type(window, "DateRange")
    start, end = (_instant(window, name, knobs) for name in ("startAt", "endAt"))
    if start >= end:
        refuse(knobs.choice("create_out_of_bounds"), "startAt must be before endAt")
    if end - start > _MAX_WINDOW_SECONDS:
        refuse(knobs.choice("create_out_of_bounds"), "Date range must be 31 days or less")
    return Window(iso(start), iso(end))
