"""What `--about` and `--help` say is what the tap is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from waiting import PATIENCE

from tap_marketo_programs.config.settings import SETTINGS
from tap_marketo_programs.output.batch_config import BATCH_SIZE
from tap_marketo_programs.streams.about import ABOUT_STREAMS
from tap_marketo_programs.streams.classes import stream_classes

if TYPE_CHECKING:
    from harness import Tap


def said(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tap_marketo_programs", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert not done.stderr
    return done.stdout


def test_every_stream_is_told_of_with_the_key_and_bookmark_that_discovery_shows(tap: Tap) -> None:
    catalog = {entry["tap_stream_id"]: entry for entry in tap.catalog()["streams"]}

    assert {one.name for one in ABOUT_STREAMS} == set(stream_classes())
    for about in ABOUT_STREAMS:
        # A stream that a setting switches on is not in this catalog.
        found: dict[str, Any] = catalog.get(about.name, {})
        if found:
            assert set(found["key_properties"]) == set(about.key_properties)
            assert found.get("replication_key") == about.replication_key
    assert {one.name for one in ABOUT_STREAMS} >= set(catalog)


@pytest.mark.parametrize("form", [[], ["--format=text"], ["--format=markdown"]], ids=str)
def test_a_person_reads_of_every_setting_and_stream(form: list[str]) -> None:
    told = " ".join(said("--about", *form).split()).replace(r"\|", "|")

    for name, one in SETTINGS.items():
        assert f"TAP_MARKETO_PROGRAMS_{name.upper()}" in told
        assert " ".join(one.description.split()) in told
    for stream in ABOUT_STREAMS:
        assert stream.description in told
    for words in ("at least 1 and at most 10", "number, above 0", "one of auto, members, none"):
        assert words in told


def test_a_program_reads_the_same_of_the_json() -> None:
    told = json.loads(said("--about", "--format=json"))

    for name, one in SETTINGS.items():
        schema = told["settings"]["properties"][name]
        assert schema["description"] == one.description
        assert schema.get("default") == one.default
        assert schema.get("secret", False) == one.secret
        assert told["environment_variables"][name] == f"TAP_MARKETO_PROGRAMS_{name.upper()}"
    assert told["settings"]["properties"]["max_queued_exports"]["maximum"] == 10
    assert [one["name"] for one in told["streams"]] == [one.name for one in ABOUT_STREAMS]


def test_help_tells_of_every_setting_and_stream_with_bounds_and_defaults() -> None:
    told = " ".join(said("--help").split())

    for name, one in SETTINGS.items():
        assert f" {name}: " in told
        assert " ".join(one.description.split()) in told
    for words in (
        "max_queued_exports: integer, at least 1 and at most 10; default 4",
        "base_url: string, not empty; required",
        "program_ids: array of integer, at least 1 ",
        "batch_config: object ",
    ):
        assert words in told
    for stream in ABOUT_STREAMS:
        assert f" {stream.name}: key {', '.join(stream.key_properties)}; {stream.replication}" in (
            told
        )
        assert stream.description in told


def test_the_keys_of_batches_that_the_sdk_does_not_tell_of_are_told() -> None:
    text, table = said("--about"), said("--about", "--format=markdown")
    schema = json.loads(said("--about", "--format=json"))["settings"]["properties"]["batch_config"]

    for key in ("batch_config.batch_size", "batch_config.storage.params"):
        assert f"  - Name: {key}\n" in text
        assert f"| `{key}` | " in table
    assert schema["properties"]["batch_size"]["default"] == BATCH_SIZE
    assert "params" in schema["properties"]["storage"]["properties"]


def test_what_is_inside_a_setting_is_described_too() -> None:
    told = said("--about").partition("Streams:")[0]

    blocks = [block for block in told.split("  - Name: ") if "." in block.splitlines()[0]]
    assert len(blocks) > 10
    assert not [block.splitlines()[0] for block in blocks if "Description:\n" in f"{block}\n"]


def test_help_tells_of_the_plan_the_test_and_the_exit_codes() -> None:
    told = " ".join(said("--help").split())

    for words in (
        "Creates no export job",
        "--test=schema",
        "--plan=json for programs",
        "its settings with types, bounds, defaults",
        "Exit codes: 0 everything asked for was done 1 it was not",
        "3 --plan: it does not fit",
        "130 ended by SIGINT, and 143 by SIGTERM",
    ):
        assert words in told, words
