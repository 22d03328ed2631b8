"""What is wrong with a config beyond its schema, in words that name the setting, never its value.

It must not know where a config comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo_programs.config.base_url import host_url
from tap_marketo_programs.config.state import CLOCK_TOLERANCE
from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.schemas.timestamps import instant
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime


# A name that begins so is a remark: JSON has no other place for one.
_REMARKS = ("_", "$", "#", "//")
# What Adobe's page and Adobe's OpenAPI document call the two cadences; case does not matter.
CADENCE_WORDS = ("norm", "normal", "pause", "paused")
# Their keys are looked at elsewhere: streams and fields stand there, or whatever a user defines.
_FREE = frozenset({"stream_maps", "stream_map_config"})
# What the SDK's classes read besides what its schema names.
_BESIDE = {"batch_config.": ("batch_size",), "batch_config.storage.": ("params",)}


def unknown(
    config: Mapping[str, Any], properties: Mapping[str, Any]
) -> tuple[dict[str, str], list[str]]:
    """What no setting is called, at the top and inside settings.

    A setting that narrows or protects, misspelt, would leave the run without
    limits, so a name nobody knows is refused and not just mentioned.

    Returns:
        Lines to refuse by place, and names that are remarks.
    """
    refused: dict[str, str] = {}
    remarks: list[str] = []
    for path, name, known in _unknown(config, {"properties": properties}, ""):
        if name.startswith(_REMARKS):
            remarks.append(path)
        else:
            hint = did_you_mean(name, known)
            if not hint and "." in path:
                hint = f" There are {', '.join(known)}."
            refused[path] = f"{path}: is not a setting.{hint}"
    return refused, remarks


def _unknown(
    value: object, schema: Mapping[str, Any], where: str
) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Path, name, and the names that may stand there, of each unknown key."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _unknown(one, schema.get("items", {}), f"{where}{number}.")
    known, beside = schema.get("properties", {}), _BESIDE.get(where, ())
    if not isinstance(value, dict) or not known:
        return
    for name, one in value.items():
        if name in beside:
            continue
        if name not in known:
            yield f"{where}{name}", str(name), (*known, *beside)
        elif where or name not in _FREE:
            yield from _unknown(one, known[name], f"{where}{name}.")


def useless(config: Mapping[str, Any]) -> list[str]:
    """Lines on settings that set nothing without another one."""
    return [
        f"{name}: sets nothing without {other}"
        for name, other in _NEEDS.items()
        if config.get(name) is not None and not config.get(other)
    ]


_NEEDS = {
    "flattening_max_depth": "flattening_enabled",
    "flattening_max_key_length": "flattening_enabled",
    "flattening_separator": "flattening_enabled",
    "stream_map_config": "stream_maps",
    "faker_config": "stream_maps",
    "hash_salt": "hash_fields",
}


def check(config: Mapping[str, Any], now: datetime, faulty: Iterable[str] = ()) -> list[str]:
    """What the JSON Schema cannot see.

    Args:
        config: The settings.
        now: The time.
        faulty: Settings of which the schema has said something already.
    """
    wrong = set(faulty)
    return [
        line
        for name, find in _CHECKS.items()
        if name not in wrong and config.get(name) is not None
        for line in find(name, config[name], now)
    ]


def _check_base_url(_: str, value: str, __: datetime) -> Iterator[str]:
    try:
        host_url(value)
    except MarketoConfigError as error:
        yield str(error)


def _check_start_date(name: str, value: str, now: datetime) -> Iterator[str]:
    try:
        start = instant(value)
    except ValueError:
        yield f"{name}: expected a date and time such as 2026-01-31T00:00:00Z"
        return
    if start > now + CLOCK_TOLERANCE:
        yield f"{name}: lies in the future; nothing would be extracted"


def _check_list(name: str, value: Sequence[object], _: datetime) -> Iterator[str]:
    # An empty list is more likely a template that found nothing than a wish for nothing.
    if not value:
        yield f"{name}: is empty. Leave the setting out for all of them, or name at least one"


def _check_texts(name: str, value: list[str], now: datetime) -> Iterator[str]:
    yield from _check_list(name, value, now)
    for number, text in enumerate(value):
        yield from _check_text(f"{name}.{number}", text)


def _check_statuses(name: str, value: list[str], now: datetime) -> Iterator[str]:
    # An empty text is meant: the status of programs that have none.
    yield from _check_list(name, value, now)
    for number, text in enumerate(value):
        if text:
            yield from _check_text(f"{name}.{number}", text)


def _check_text(name: str, text: str) -> Iterator[str]:
    if not text.strip():
        yield f"{name}: is blank, and no program has such a value"


def _check_tags(name: str, value: list[Any], now: datetime) -> Iterator[str]:
    yield from _check_list(name, value, now)
    for number, tag in enumerate(value):
        yield from _check_text(f"{name}.{number}.tag_type", tag["tag_type"])
        if tag.get("tag_values") is not None:
            yield from _check_texts(f"{name}.{number}.tag_values", tag["tag_values"], now)


def _check_member_filter(name: str, value: Mapping[str, Any], now: datetime) -> Iterator[str]:
    given = {key: one for key, one in value.items() if one is not None}
    if not given:
        keys = "statusNames, isExhausted and nurtureCadence"
        yield f"{name}: is empty. Leave it out for all members, or set some of {keys}"
    if (names := given.get("statusNames")) is not None:
        yield from _check_texts(f"{name}.statusNames", names, now)
    word = given.get("nurtureCadence")
    if word is not None and word.strip().casefold() not in CADENCE_WORDS:
        yield f"{name}.nurtureCadence: expected one of {', '.join(CADENCE_WORDS)}"


_CHECKS: Mapping[str, Callable[[str, Any, datetime], Iterator[str]]] = {
    "base_url": _check_base_url,
    "start_date": _check_start_date,
    "program_ids": _check_list,
    "program_names": _check_texts,
    "program_types": _check_texts,
    "program_channels": _check_texts,
    "program_workspaces": _check_texts,
    "program_statuses": _check_statuses,
    "program_folder_ids": _check_list,
    "program_tags": _check_tags,
    "member_filter": _check_member_filter,
}
