"""`member_filter` as a setting: its shape, its words, and where it may come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from harness import by_key, only
from scenes import MEMBERS
from singer_sdk.exceptions import ConfigValidationError

from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import Output, Tap

WORDS = "norm, normal, pause, paused"
EXAMPLE = '{"statusNames": ["Attended"], "isExhausted": false, "nurtureCadence": "norm"}'


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("Attended", f"member_filter: expected object, such as {EXAMPLE}"),
        (["Attended"], f"member_filter: expected object, such as {EXAMPLE}"),
        (
            {},
            (
                "member_filter: is empty. Leave it out for all members, or set some of "
                "statusNames, isExhausted and nurtureCadence"
            ),
        ),
        (
            {"isExhausted": None},
            (
                "member_filter: is empty. Leave it out for all members, or set some of "
                "statusNames, isExhausted and nurtureCadence"
            ),
        ),
        (
            {"statusNames": []},
            (
                "member_filter.statusNames: is empty. Leave the setting out for all of them, or "
                "name at least one"
            ),
        ),
        (
            {"statusNames": "Attended"},
            f"member_filter.statusNames: expected array, such as {EXAMPLE}",
        ),
        (
            {"statusNames": ["Attended", 7]},
            f"member_filter.statusNames.1: expected string, such as {EXAMPLE}",
        ),
        (
            {"statusNames": ["Attended", " "]},
            "member_filter.statusNames.1: is blank, and no program has such a value",
        ),
        (
            {"isExhausted": "maybe"},
            f"member_filter.isExhausted: expected boolean, such as {EXAMPLE}",
        ),
        ({"isExhausted": 2}, f"member_filter.isExhausted: expected boolean, such as {EXAMPLE}"),
        ({"nurtureCadence": "fast"}, f"member_filter.nurtureCadence: expected one of {WORDS}"),
        ({"nurtureCadence": ""}, f"member_filter.nurtureCadence: expected one of {WORDS}"),
        (
            {"nurtureCadence": True},
            f"member_filter.nurtureCadence: expected string, such as {EXAMPLE}",
        ),
        (
            {"statusName": ["Attended"]},
            "member_filter.statusName: is not a setting. Did you mean statusNames?",
        ),
        (
            {"exhausted": True},
            "member_filter.exhausted: is not a setting. Did you mean isExhausted?",
        ),
        (
            {"isExhausted": True, "reachedSuccess": True},
            (
                "member_filter.reachedSuccess: is not a setting. There are statusNames, "
                "isExhausted, nurtureCadence."
            ),
        ),
    ],
)
def test_a_wrong_shape_is_one_line_that_says_what_is_allowed(
    tap: Tap, given: object, line: str
) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        tap.make(member_filter=given)

    assert caught.value.errors == [line]
    assert tap.sandbox.control.requests() == []


@pytest.mark.parametrize(
    "given",
    [
        {"statusNames": ["Viewed"], "isExhausted": False, "nurtureCadence": "norm"},
        '{"statusNames": ["Viewed"], "isExhausted": "false", "nurtureCadence": "norm"}',
        {"statusNames": '["Viewed"]', "isExhausted": "no", "nurtureCadence": "norm"},
    ],
)
def test_a_filter_is_the_same_however_it_arrives(tap: Tap, given: object) -> None:
    assert tap.make(member_filter=given).settings.member_filter == {
        "statusNames": ["Viewed"],
        "isExhausted": False,
        "nurtureCadence": "norm",
    }


def test_a_filter_that_is_null_is_none(tap: Tap) -> None:
    assert tap.make(member_filter=None).settings.member_filter is None
    assert tap.make().settings.member_filter is None


@pytest.mark.parametrize("word", ["pause", "norm", "paused", "normal", "PAUSE", "Normal"])
def test_every_spelling_of_a_cadence_is_taken(tap: Tap, word: str) -> None:
    assert tap.make(member_filter={"nurtureCadence": word}).settings.member_filter


def test_a_filter_can_come_from_the_environment_as_json(
    tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"statusNames": ["Attended", "No Show"], "isExhausted": True}
    for name, value in tap.config(member_filter=json.dumps(chosen)).items():
        monkeypatch.setenv(f"TAP_MARKETO_PROGRAMS_{name.upper()}", str(value))

    made = TapMarketoPrograms(parse_env_config=True, setup_mapper=False)

    assert made.settings.member_filter == chosen


def catalog(tap: Tap, method: str) -> dict[str, Any]:
    chosen = only(tap.catalog(), MEMBERS)
    for stream in chosen["streams"]:
        root = next(item for item in stream["metadata"] if not item["breadcrumb"])
        root["metadata"]["replication-method"] = method
    return chosen


def test_the_command_exports_by_the_filter(tap: Tap, command: Callable[..., Output]) -> None:
    chosen = {"statusNames": ["Member"], "nurtureCadence": "normal"}

    output = command(catalog=catalog(tap, "FULL_TABLE"), member_filter=chosen)

    assert output.code == 0, output.logs
    truth = tap.sandbox.control.truth(member_filter=chosen)
    assert truth
    assert by_key(output.records()) == by_key(truth)


@pytest.mark.parametrize("plan", [(), ("--plan",)])
def test_the_command_refuses_increments_in_one_line(
    tap: Tap, command: Callable[..., Output], plan: tuple[str, ...]
) -> None:
    output = command(
        *plan, catalog=catalog(tap, "INCREMENTAL"), member_filter={"isExhausted": True}
    )

    assert output.code != 0
    assert not output.lines
    assert output.logs.count("member_filter: program_members is INCREMENTAL") == 1
    assert "Traceback" not in output.logs
    assert not tap.sandbox.control.jobs()
