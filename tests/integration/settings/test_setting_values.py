"""A setting means the same, however its value arrives; a name that means nothing is not ignored."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from harness import only
from scenes import MEMBERS
from singer_sdk.exceptions import ConfigValidationError

from tap_marketo_programs.config.state import CLOCK_TOLERANCE
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness import Output, Tap

PREFIX = "TAP_MARKETO_PROGRAMS_"
NUMBERS = {
    "poll_interval_seconds",
    "export_timeout_seconds",
    "request_timeout_seconds",
    "lookback_seconds",
    "daily_export_quota_mb",
}
INTEGERS = {"max_queued_exports", "max_calls_per_20_seconds"}
BATCHES = {"encoding": {"format": "jsonl"}, "storage": {"root": "file:///tmp"}}
BOOLEANS = {"program_details", "emit_activate_version_messages", "flattening_enabled"}


def make(tap: Tap, **settings: Any) -> TapMarketoPrograms:  # noqa: ANN401 - any value of any setting
    return tap.make(**settings)


def complaints(tap: Tap, **settings: Any) -> list[str]:  # noqa: ANN401 - any value of any setting
    with pytest.raises(ConfigValidationError) as caught:
        tap.make(**settings)
    return caught.value.errors


@pytest.fixture
def from_environment(tap: Tap, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make a tap whose settings all come from the environment; its config, or its complaints."""

    def make(**variables: str) -> Any:  # noqa: ANN401 - either of the two
        settings = {
            "BASE_URL": tap.sandbox.url,
            "CLIENT_ID": "id",
            "CLIENT_SECRET": "hush",
            **variables,
        }
        for name, value in settings.items():
            monkeypatch.setenv(PREFIX + name, value)
        try:
            made = TapMarketoPrograms(parse_env_config=True, setup_mapper=False)
        except ConfigValidationError as error:
            return error.errors
        return made.config

    return make


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


# Numbers


@pytest.mark.parametrize("name", sorted(NUMBERS))
@pytest.mark.parametrize(
    "value", [400.5, Decimal("400.5"), "400.5", " 400.5\n", "4.005e2", Decimal("4.005E+2")]
)
def test_a_fraction_is_a_float_however_it_arrives(tap: Tap, name: str, value: object) -> None:
    taken = make(tap, **{name: value}).config[name]

    assert isinstance(taken, float)
    assert taken == 400.5


@pytest.mark.parametrize("name", sorted(INTEGERS))
@pytest.mark.parametrize("value", [10, 10.0, Decimal("10.0"), Decimal("1E+1"), "10", "10.0", "1e1"])
def test_a_whole_number_is_an_int_however_it_arrives(tap: Tap, name: str, value: object) -> None:
    taken = make(tap, **{name: value}).config[name]

    assert isinstance(taken, int)
    assert taken == 10


@pytest.mark.parametrize("name", sorted(NUMBERS | INTEGERS))
@pytest.mark.parametrize(
    "value", [True, "1_000", "0x10", "", "1e400", Decimal("1e400"), float("nan"), Decimal("NaN")]
)
def test_what_is_no_number_to_count_with_is_refused(tap: Tap, name: str, value: object) -> None:
    (line,) = complaints(tap, **{name: value})

    assert line.startswith(f"{name}: expected ")


# All but the interval between polls, which one would have to wait for.
@pytest.mark.parametrize(
    "name", sorted(NUMBERS - {"poll_interval_seconds"} | {"max_calls_per_20_seconds"})
)
@pytest.mark.parametrize("value", [1e308, 10**30])
def test_a_number_beyond_all_measure_is_as_good_as_a_large_one(
    tap: Tap, name: str, value: float
) -> None:
    settings: dict[str, Any] = {name: value}

    output = tap.sync("programs", MEMBERS, **settings)

    assert output.records("programs")
    assert output.records()


@pytest.mark.parametrize("ids", [[1001.0], [Decimal("1001.0")], ["1001"], "[1001]", "[1001.0]"])
def test_ids_in_a_list_are_numbers_too(tap: Tap, ids: object) -> None:
    (taken,) = tap.make(program_ids=ids).config["program_ids"]

    assert isinstance(taken, int)
    assert taken == 1001


def test_a_fraction_in_a_file_counts_as_a_quota(tap: Tap, command: Callable[..., Output]) -> None:
    catalog = only(tap.catalog(), MEMBERS)

    output = command(catalog=catalog, daily_export_quota_mb=400.5, lookback_seconds=0.5)

    assert output.code == 0, output.logs
    assert output.records()


def test_a_fraction_among_values_for_stream_maps_can_be_counted_with(
    tap: Tap, command: Callable[..., Output]
) -> None:
    output = command(
        catalog=only(tap.catalog(), "programs"),
        stream_map_config={"share": 0.5},
        stream_maps={"programs": {"half": "float(id * config['share'])"}},
    )

    assert output.code == 0, output.logs
    assert {row["half"] for row in output.records("programs")} == {500.5, 501.0, 501.5}


# Booleans


@pytest.mark.parametrize("name", sorted(BOOLEANS - {"flattening_enabled"}))
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("true", "True", "TRUE", "1", "yes", "on", " true ")),
        *((text, False) for text in ("false", "False", "FALSE", "0", "no", "off", "false\n")),
    ],
)
def test_a_boolean_of_the_environment_is_read_in_every_usual_spelling(
    from_environment: Callable[..., Any], name: str, text: str, value: object
) -> None:
    assert from_environment(**{name.upper(): text})[name] is value


@pytest.mark.parametrize("name", sorted(BOOLEANS))
@pytest.mark.parametrize("text", ["maybe", "2", "truee", "null"])
def test_a_boolean_that_is_none_is_refused_and_not_false(
    from_environment: Callable[..., Any], name: str, text: str
) -> None:
    assert from_environment(**{name.upper(): text}) == [f"{name}: expected boolean"]


@pytest.mark.parametrize(("given", "sent"), [("false", 0), (False, 0), ("true", 1), (True, 1)])
def test_activate_version_goes_out_as_its_setting_says(tap: Tap, given: object, sent: int) -> None:
    settings: dict[str, Any] = {"emit_activate_version_messages": given}

    output = tap.sync("channels", **settings)

    assert len(output.of("ACTIVATE_VERSION")) == sent


# The environment


@pytest.mark.parametrize("name", sorted(TapMarketoPrograms.config_jsonschema["properties"]))
def test_an_empty_variable_is_one_that_is_not_set(
    from_environment: Callable[..., Any], name: str
) -> None:
    required = TapMarketoPrograms.config_jsonschema["required"]
    default = TapMarketoPrograms.config_jsonschema["properties"][name].get("default")

    taken = from_environment(**{name.upper(): " " if name == "start_date" else ""})

    if name in required:
        (line,) = taken
        assert line.startswith(f"{name}: missing.")
    else:
        assert taken.get(name) == default


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("program_ids", "[1001, 1002]", [1001, 1002]),
        ("lead_fields", '["email"]', ["email"]),
        ("lead_fields", "email, company", ["email", "company"]),
        ("program_names", '["2026, *", "a"]', ["2026, *", "a"]),
        ("program_types", "Email,Event", ["Email", "Event"]),
        ("program_statuses", '["", "on"]', ["", "on"]),
        ("program_folder_ids", "[28, 41]", [28, 41]),
        ("program_tags", '[{"tag_type": "Region"}]', [{"tag_type": "Region"}]),
        ("stream_maps", '{"programs": null}', {"programs": None}),
        ("max_queued_exports", "7", 7),
        ("lookback_seconds", "0.5", 0.5),
    ],
)
def test_a_variable_is_read_as_its_setting_wants_it(
    from_environment: Callable[..., Any], name: str, text: str, value: object
) -> None:
    assert from_environment(**{name.upper(): text})[name] == value


@pytest.mark.parametrize(
    ("name", "text", "example"),
    [
        ("program_ids", "1001,1002", "[1001, 1002]"),
        ("program_ids", '{"hush": 1}', "[1001, 1002]"),
        ("program_names", "[hush] *", '["2026-* webinar*"]'),
        ("program_folder_ids", "28,41", "[28]"),
        ("program_tags", "Region=hush", '[{"tag_type": "Region", "tag_values": ["EMEA"]}]'),
        ("lead_fields", '["hush', '["email", "company"]'),
        ("lead_fields", '{"hush": 1}', '["email", "company"]'),
        ("stream_maps", "hush", '{"programs": {"url": "__NULL__"}}'),
        ("stream_map_config", "[]", '{"salt": "..."}'),
        ("batch_config", "jsonl", '"storage": {"root": "file:///batches"}}'),
    ],
)
def test_a_list_or_an_object_that_is_none_is_refused_with_how_it_is_written(
    from_environment: Callable[..., Any], name: str, text: str, example: str
) -> None:
    lines = from_environment(**{name.upper(): text})

    assert any(line.startswith(f"{name}: expected ") for line in lines)
    assert any(example in line for line in lines)
    assert "hush" not in "".join(lines)


def test_every_list_and_object_has_an_example(tap: Tap) -> None:
    properties = TapMarketoPrograms.config_jsonschema["properties"]
    names = [one for one, spec in properties.items() if {"array", "object"} & set(spec["type"])]
    assert len(names) >= 7

    for name in names:
        line = complaints(tap, **{name: 5})[0]
        assert ", such as " in line, line
        example = json.loads(line.partition(", such as ")[2])
        assert isinstance(example, dict if "object" in properties[name]["type"] else list)


def test_a_variable_like_a_setting_is_refused_where_settings_come_from_the_environment(
    from_environment: Callable[..., Any],
) -> None:
    assert from_environment(PROGRAMIDS="[1001]") == [
        f"{PREFIX}PROGRAMIDS: is not a setting. Did you mean {PREFIX}PROGRAM_IDS?"
    ]


def test_a_variable_in_small_letters_is_refused_since_it_is_not_read(
    from_environment: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}program_ids", "[1001]")

    assert from_environment() == [
        f"{PREFIX}program_ids: is not a setting. Did you mean {PREFIX}PROGRAM_IDS?"
    ]


def test_a_variable_like_no_setting_is_mentioned_and_those_of_others_are_not(
    from_environment: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    taken = from_environment(
        VENV="/opt/tap", LOGLEVEL="INFO", _SELECT='["*.*"]', _CATALOG="x", START_DATE=""
    )

    assert taken["client_id"] == "id"
    assert warnings(caplog) == [f"{PREFIX}VENV: is not a setting."]


def test_a_variable_that_is_not_read_is_mentioned(
    tap: Tap, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"{PREFIX}PROGRAM_IDS", "[1001]")
    monkeypatch.setenv(f"{PREFIX}CLIENT_ID", "from Meltano, as in its file")

    tap.make()

    assert warnings(caplog) == [
        f"{PREFIX}PROGRAM_IDS: is set and not read. Add --config=ENV to have it read"
    ]


# Names that mean nothing


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("programids", "program_ids"),
        ("programIds", "program_ids"),
        ("program_id", "program_ids"),
        ("startDate", "start_date"),
        ("daily_quota_mb", "daily_export_quota_mb"),
        ("program_tag", "program_tags"),
        ("program_name", "program_names"),
        ("programType", "program_types"),
        ("program_folders", "program_folder_ids"),
        ("workspaces", "program_workspaces"),
        ("leadfields", "lead_fields"),
        ("clientsecret", "client_secret"),
        ("stream_map", "stream_maps"),
        ("emit_activate_version", "emit_activate_version_messages"),
        ("max_queued_export", "max_queued_exports"),
        ("on_quota_exausted", "on_quota_exhausted"),
    ],
)
def test_an_unknown_setting_is_refused_with_what_was_probably_meant(
    tap: Tap, name: str, meant: str
) -> None:
    assert complaints(tap, **{name: "hush"}) == [f"{name}: is not a setting. Did you mean {meant}?"]
    assert tap.sandbox.control.requests() == []


def test_a_setting_unlike_any_is_refused_too(tap: Tap) -> None:
    assert complaints(tap, banana="hush") == ["banana: is not a setting."]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"program_tags": [{"tag_type": "Region", "tag_value": ["EMEA"]}]},
            "program_tags.0.tag_value: is not a setting. Did you mean tag_values?",
        ),
        (
            {"faker_config": {"local": "en_US"}},
            "faker_config.local: is not a setting. Did you mean locale?",
        ),
        (
            {"batch_config": {**BATCHES, "batchsize": 5}},
            "batch_config.batchsize: is not a setting. Did you mean batch_size?",
        ),
        (
            {"batch_config": {"encodng": {}, "storage": BATCHES["storage"]}},
            "batch_config.encodng: is not a setting. Did you mean encoding?",
        ),
        (
            {"batch_config": {**BATCHES, "encoding": {"format": "jsonl", "compresion": "gzip"}}},
            "batch_config.encoding.compresion: is not a setting. Did you mean compression?",
        ),
        (
            {"batch_config": {**BATCHES, "storage": {"root": "file:///tmp", "parameters": {}}}},
            "batch_config.storage.parameters: is not a setting. Did you mean params?",
        ),
        (
            {"program_tags": [{"tag_type": "Region", "tag_values": []}]},
            (
                "program_tags.0.tag_values: is empty. Leave the setting out for all of them, "
                "or name at least one"
            ),
        ),
    ],
)
def test_what_is_inside_a_setting_widens_nothing_by_mistake(
    tap: Tap, settings: Mapping[str, Any], line: str
) -> None:
    assert complaints(tap, **settings) == [line]


def test_what_of_batches_the_sdk_reads_beside_its_schema_is_no_stranger(tap: Tap) -> None:
    storage = {"root": "file:///tmp", "prefix": "x-", "params": {"auto_mkdir": True}}

    made = make(tap, batch_config={**BATCHES, "storage": storage, "batch_size": 5})

    assert made.config["batch_config"]["storage"] == storage


def test_a_remark_in_a_config_is_mentioned_and_let_be(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tags = [{"tag_type": "Region", "_why": "ours"}]

    make(tap, program_tags=tags, **{"_comment": "ours", "//": "theirs"})

    assert warnings(caplog) == [
        "program_tags.0._why: is taken for a remark and sets nothing",
        "_comment: is taken for a remark and sets nothing",
        "//: is taken for a remark and sets nothing",
    ]


def test_every_kind_of_error_is_shown_at_once(tap: Tap) -> None:
    lines = complaints(
        tap,
        base_url="http://example.com",
        start_date="last Tuesday",
        max_queued_exports=0,
        program_ids=[],
        programids=[1001],
        client_secret=5,
    )

    assert sorted(line.partition(":")[0] for line in lines) == [
        "base_url",
        "client_secret",
        "max_queued_exports",
        "program_ids",
        "programids",
        "start_date",
    ]


# Blanks


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
@pytest.mark.parametrize("around", ["{}\n", " {}", "\t{}\r\n", "\u00a0{}", "\ufeff{}\u200b"])
def test_blanks_around_pasted_credentials_are_removed_with_a_hint(
    tap: Tap, caplog: pytest.LogCaptureFixture, name: str, around: str
) -> None:
    pasted = around.format(tap.config()[name])

    output = tap.sync("channels", **{name: pasted})

    assert output.records("channels")
    assert set(warnings(caplog)) == {f"{name}: blanks or line ends around it were removed"}
    assert tap.sandbox.client_secret not in caplog.text


@pytest.mark.parametrize(
    ("name", "pasted", "value"),
    [
        ("start_date", " 2026-01-31\n", "2026-01-31"),
        ("on_quota_exhausted", "stop ", "stop"),
        ("lead_fields", [" email", "company\n"], ["email", "company"]),
    ],
)
def test_blanks_around_other_texts_that_have_none_are_removed_too(
    tap: Tap, name: str, pasted: object, value: object
) -> None:
    assert make(tap, catalog=only(tap.catalog()), **{name: pasted}).config[name] == value


def test_blanks_that_may_be_meant_stay(tap: Tap) -> None:
    tags = [{"tag_type": "Region ", "tag_values": [" EMEA"]}]

    taken = tap.make(program_tags=tags, flattening_separator=" ").config

    assert taken["program_tags"] == tags
    assert taken["flattening_separator"] == " "


def test_blanks_alone_are_no_secret(tap: Tap) -> None:
    assert complaints(tap, client_secret=" \n") == ["client_secret: expected string, not empty"]


# Null


@pytest.mark.parametrize("name", sorted(TapMarketoPrograms.config_jsonschema["properties"]))
def test_null_is_a_setting_that_is_not_set(tap: Tap, name: str) -> None:
    if name in TapMarketoPrograms.config_jsonschema["required"]:
        assert complaints(tap, **{name: None}) == [f"{name}: expected string, not empty"]
    else:
        default = TapMarketoPrograms.config_jsonschema["properties"][name].get("default")
        assert make(tap, **{name: None}).config.get(name) == default


# Times


@pytest.mark.parametrize("start", ["2999-01-01", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_start_in_the_future_is_refused(tap: Tap, start: str) -> None:
    assert complaints(tap, start_date=start) == [
        "start_date: lies in the future; nothing would be extracted"
    ]


def test_a_start_that_is_now_by_a_clock_slightly_ahead_is_taken(tap: Tap) -> None:
    start = (tap.clock.now() + CLOCK_TOLERANCE / 2).isoformat().replace("+00:00", "Z")

    assert tap.make(start_date=start).config["start_date"] == start
