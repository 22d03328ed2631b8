"""Whether stream maps say what they are meant to, before a row is paid for.

The SDK passes over a map of a stream that does not exist, takes a misspelt
option for a new field, and finds out at the first row that an expression uses a
name that no row has. Here that is found at the start. It must not see a row:
what goes wrong with one is told by `failed_expression`, which takes the place
in the config and no value.
"""

from __future__ import annotations

import ast
import traceback
from fnmatch import fnmatch
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import simpleeval  # type: ignore[import-untyped] # it tells no types
from singer_sdk.mapper import CustomStreamMap

from tap_marketo_programs.suggestions import did_you_mean, meant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

OPTIONS = ("__alias__", "__else__", "__filter__", "__key_properties__", "__source__")
_REMOVED = (None, "__NULL__")
# What an expression can name beside the fields of a row.
_NAMES = frozenset(
    {"_", "record", "config", "self", "__stream_name__", "__original_stream_name__"}
    # Only where it is installed.
    | ({"fake"} if find_spec("faker") else set())
)
_FUNCTIONS = frozenset({*simpleeval.DEFAULT_FUNCTIONS, "md5", "sha256", "datetime", "bool", "json"})
_CONSTANTS = frozenset({"True", "False", "None"})


def misdirected(maps: Mapping[str, Any], streams: Collection[str]) -> list[str]:
    """Lines on maps that are of no stream, and on options and expressions that are none.

    Args:
        maps: The setting `stream_maps`.
        streams: The streams there are, selected or not.
    """
    lines = []
    for key, definition in maps.items():
        if key == "__else__":
            if definition not in _REMOVED:
                lines.append('stream_maps.__else__: expected "__NULL__"')
            continue
        source, place = source_of(key, definition), f"stream_maps.{key}"
        if key.startswith("__"):
            lines.append(f"{place}: is no option.{did_you_mean(key, ['__else__'])}")
        elif not isinstance(source, str) or not any(fnmatch(one, source) for one in streams):
            lines.append(
                f"{place}: there is no stream {source}.{did_you_mean(str(source), streams)}"
            )
        elif isinstance(definition, dict):
            lines += _wrong_parts(place, definition)
        elif definition not in _REMOVED:
            lines.append(f'{place}: expected "__NULL__", which removes the stream, or an object')
    return lines


# Streams that there are only where a setting is set.
OPTIONAL = {"program_member_keys": "member_keys_days"}


def of_no_stream(maps: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Lines on maps that do nothing, since the setting that brings their stream is not set."""
    return [
        f"stream_maps.{key}: does nothing without {OPTIONAL[source]}, which brings {source}"
        for key, definition in maps.items()
        if isinstance(source := source_of(key, definition), str)
        and source in OPTIONAL
        and config.get(OPTIONAL[source]) is None
    ]


def source_of(key: str, definition: object) -> object:
    """The stream, or pattern of streams, that a map is made of."""
    return definition.get("__source__", key) if isinstance(definition, dict) else key


def _wrong_parts(place: str, definition: Mapping[str, Any]) -> Iterator[str]:
    for name, value in definition.items():
        if name.startswith("__") and name != "__filter__":
            yield from _wrong_option(place, name, value)
        elif isinstance(value, str) and value not in _REMOVED:
            yield from _wrong_expression(f"{place}.{name}", value)
        elif value not in _REMOVED:
            yield f"{place}.{name}: expected an expression as text, or null to remove the field"


def _wrong_option(place: str, name: str, value: object) -> Iterator[str]:
    if name not in OPTIONS:
        yield f"{place}.{name}: is no option.{did_you_mean(name, OPTIONS)}"
    elif name == "__else__" and value not in _REMOVED:
        yield f'{place}.__else__: expected "__NULL__"'
    elif name == "__key_properties__" and not (value is None or isinstance(value, list)):
        yield f'{place}.__key_properties__: expected array, such as ["id"]'
    elif name == "__alias__" and not (isinstance(value, str) and value.strip()):
        yield f"{place}.__alias__: expected the name of a stream"


def _wrong_expression(place: str, expression: str) -> Iterator[str]:
    try:
        body = ast.parse(expression.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        body = []
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        yield f"{place}: {expression!r} is no expression"
        return
    called = {
        node.func.id
        for node in ast.walk(body[0])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    for name in sorted(called - _FUNCTIONS - _NAMES):
        yield (
            f"{place}: {expression!r} calls {name}, which is no function here."
            f"{did_you_mean(name, _FUNCTIONS)}"
        )


def unknown_fields(
    maps: Mapping[str, Any], stream: str, fields: Collection[str], selected: Collection[str]
) -> tuple[list[str], list[str]]:
    """Lines on fields that a stream's maps name and its rows do not have.

    A field to be removed that does not exist is more than a slip where its name
    is like another's: that one would leave.

    Args:
        maps: The setting `stream_maps`, not misdirected.
        stream: A selected stream.
        fields: All of its fields.
        selected: Those that its rows will have.

    Returns:
        Lines to refuse, and lines to warn with.
    """
    refused: list[str] = []
    warned: list[str] = []
    for key, definition in maps.items():
        source = source_of(key, definition)
        if not isinstance(definition, dict) or not fnmatch(stream, str(source)):
            continue
        for name, value in definition.items():
            place = f"stream_maps.{key}.{name}"
            if value in _REMOVED if not isinstance(value, list) else False:
                # A pattern may be of streams of which only some have the field.
                if name not in OPTIONS and name not in fields and stream == source:
                    line = f"{place}: {stream} has no such field to remove."
                    like = meant(name, fields)
                    (refused if like else warned).append(line + did_you_mean(name, fields))
            elif name == "__filter__" or name not in OPTIONS:
                refused += _unknown_names(place, value, stream, {*selected, *_NAMES})
    return refused, warned


def _unknown_names(place: str, value: str, stream: str, known: Collection[str]) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(value.strip())))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    used = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    for name in dict.fromkeys(used):
        if name not in {*bound, *known, *_FUNCTIONS, *_CONSTANTS}:
            yield (
                f"{place}: {value!r} uses {name}, which rows of {stream} do not have."
                f"{did_you_mean(name, known)}"
            )


def failed_expression(error: BaseException) -> str | None:
    """Which expression of a stream map an error came out of, in words; None if out of none.

    The SDK's error has no field's name, and those of Python repeat values. Both
    stand in the frame of the SDK's private `CustomStreamMap._eval`: should it
    be called otherwise one day, the line says less, and still no value.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code is CustomStreamMap._eval.__code__:  # noqa: SLF001 - see above
            field = frame.f_locals.get("property_name") or "__filter__"
            return f"{field}: {frame.f_locals.get('expr')!r}"
    return None
