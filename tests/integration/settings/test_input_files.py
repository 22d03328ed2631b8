"""A config, a state and a catalog are what they should be, or the run says what they are."""

from __future__ import annotations

import json
import os
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from harness import only
from singer_sdk.singerlib import Catalog

from tap_marketo_programs.config.state import CLOCK_TOLERANCE
from tap_marketo_programs.errors import MarketoConfigError, StateRefused
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness import Output, Tap

State = dict[str, Any]
STREAMS = ("channels", "program_members", "programs", "programs_by_tag", "tag_types")
STATE: State = {
    "bookmarks": {
        "programs": {
            "replication_key": "updatedAt",
            "replication_key_value": "2026-01-01T00:00:00Z",
        }
    }
}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


@pytest.fixture
def refusal(
    tmp_path: Path, tap: Tap, caplog: pytest.LogCaptureFixture
) -> Callable[[str, object], str]:
    """The one line by which the command refuses a file."""

    def run(option: str, content: object) -> str:
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        (tmp_path / option).write_bytes(text if isinstance(text, bytes) else text.encode())
        arguments = [f"--{option}", str(tmp_path / option)]
        if option != "config":
            (tmp_path / "config").write_text(json.dumps(tap.config()))
            arguments += ["--config", str(tmp_path / "config")]
        with pytest.raises(SystemExit) as ended:
            TapMarketoPrograms.cli(arguments)
        assert ended.value.code == 1
        (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
        assert not [record for record in caplog.records if record.exc_info]
        assert not tap.sandbox.control.requests()
        return line.getMessage()

    return run


# JSON


@pytest.mark.parametrize("option", ["config", "state", "catalog"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"lookback_seconds": NaN}', "is not JSON (it holds NaN, which is no number)"),
        ('{"lookback_seconds": [Infinity]}', "is not JSON (it holds Infinity, which is no number)"),
        ('{"lookback_seconds": -Infinity}', "is not JSON (it holds -Infinity"),
        ('{"hush": {"a": 1, "a": 2}}', "holds 'a' twice in one object"),
        ('{"program_ids": [1], "program_ids": [2]}', "holds 'program_ids' twice in one object"),
        ("[" * 100_000, "is not JSON that can be read"),
        ('{"a": ' + "9" * 5_000 + "}", "is not JSON that can be read"),
    ],
)
def test_what_is_not_quite_json_is_refused_in_a_line(
    refusal: Callable[[str, object], str], option: str, text: str, words: str
) -> None:
    line = refusal(option, text)

    assert line.startswith(f"--{option}: ")
    assert words in line


@pytest.mark.parametrize("option", ["config", "state", "catalog"])
@pytest.mark.parametrize("text", ["", " \n\t", "\ufeff", "\ufeff\n"])
def test_a_file_that_holds_nothing_is_said_to_be_empty(
    refusal: Callable[[str, object], str], option: str, text: str
) -> None:
    assert f"{option} is empty" in refusal(option, text)


@pytest.mark.parametrize("option", ["config", "state", "catalog"])
def test_text_that_is_not_utf_8_is_refused_with_the_encoding_that_is(
    refusal: Callable[[str, object], str], option: str
) -> None:
    assert "it is not text in UTF-8" in refusal(option, '{"bookmarks": {}}'.encode("utf-16"))


def test_a_mark_in_front_of_a_file_of_windows_does_not_matter(
    command: Callable[..., Output], tap: Tap, tmp_path: Path
) -> None:
    catalog = only(tap.catalog(), "programs")
    files = {"config": tap.config(), "state": {"bookmarks": {}}, "catalog": catalog}
    arguments = []
    for name, content in files.items():
        path = tmp_path / f"windows-{name}.json"
        path.write_text(json.dumps(content), "utf-8-sig")
        arguments += [f"--{name}", str(path)]

    output = command(*arguments, config={})

    assert output.code == 0
    assert output.records("programs")


def test_a_config_out_of_a_pipe_is_judged_as_one_out_of_a_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_text, args=('{"lookback_seconds": NaN}',))
    writing.start()

    with pytest.raises(SystemExit):
        TapMarketoPrograms.cli(["--config", str(pipe)])

    writing.join()
    (line,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert "it holds NaN" in line


# States


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"singer_state": "none"}, 'pass what stands under "singer_state"'),
        ({"singer_state": STATE, "bookmarks": {}}, 'pass what stands under "singer_state"'),
        ({"completed": {"singer_state": STATE}}, 'pass what stands under "singer_state"'),
        (
            {"completed": {}, "partial": {"singer_state": STATE}},
            "it is wrapped",
        ),
        (
            {"completed_state": {"singer_state": STATE}, "partial_state": {}},
            'pass what stands under "singer_state"',
        ),
        ({"partial_state": {"singer_state": STATE}}, 'pass what stands under "singer_state"'),
        ({"type": "STATE", "value": STATE}, "it is a whole STATE message"),
        ({"value": STATE}, 'pass what stands under "value"'),
        (STATE["bookmarks"], 'it holds no "bookmarks"'),
        ({"Bookmarks": STATE["bookmarks"]}, 'it holds no "bookmarks"'),
        ({"bookmarks": None}, "expected the value of a STATE message"),
        ({"bookmarks": {"programs": "2026-01-01"}}, "expected the value of a STATE message"),
    ],
)
def test_a_state_that_is_wrapped_or_none_is_refused_with_what_to_pass(
    refusal: Callable[[str, object], str], tap: Tap, state: State, words: str
) -> None:
    line = refusal("state", state)

    assert line.startswith("--state: ")
    assert words in line
    with pytest.raises(StateRefused, match="The state cannot be read"):
        tap.make(state=state)


def test_what_meltano_state_get_prints_is_taken_as_the_state_inside(
    command: Callable[..., Output], tap: Tap
) -> None:
    first = tap.sync("programs")

    output = command(state={"singer_state": first.state}, catalog=only(tap.catalog(), "programs"))

    assert output.code == 0
    assert first.records("programs")
    assert not output.records("programs")
    assert tap.make(state={"singer_state": STATE}).state["bookmarks"] == STATE["bookmarks"]


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (
            {"bookmarks": {"leads": {"since": 1}, "lists": {}}},
            (
                "The state is another tap's: it has bookmarks of leads, lists only. Everything is "
                "extracted from the start"
            ),
        ),
        (
            {"bookmarks": {**STATE["bookmarks"], "program_member": {}}},
            (
                "The state has a bookmark of program_member, which is no stream. Did you mean "
                "program_members?"
            ),
        ),
        ({**STATE, "version": 2}, "The state holds version, which is not read"),
    ],
)
def test_what_of_a_state_nobody_reads_is_mentioned(
    tap: Tap, caplog: pytest.LogCaptureFixture, state: State, line: str
) -> None:
    tap.sync("channels", state=state)

    assert warnings(caplog) == [line]


@pytest.mark.parametrize(
    ("bookmark", "words"),
    [
        ({"replication_key_vale": "2026-01-01T00:00:00Z"}, "Did you mean replication_key_value"),
        ({"partitions": []}, "it holds partitions, which is not read"),
        (
            {"replication_key": "createdAt", "replication_key_value": "2026-01-01T00:00:00Z"},
            "its replication_key is createdAt, not updatedAt",
        ),
        ({"replication_key_value": "yesterday"}, "its replication_key_value is no date and time"),
    ],
)
def test_a_bookmark_of_programs_that_would_be_passed_over_is_refused(
    tap: Tap, bookmark: State, words: str
) -> None:
    output = tap.run(*STREAMS, state={"bookmarks": {"programs": bookmark}})

    assert isinstance(output.error, StateRefused)
    assert words in str(output.error)
    assert not output.lines


# Bookmarks of the future


def later(tap: Tap, by: timedelta) -> str:
    return (tap.clock.now() + by).strftime("%Y-%m-%dT%H:%M:%SZ")


def ahead(stream: str, moment: str) -> dict[str, State]:
    """Every bookmark of a stream that says so much."""
    if stream == "programs":
        return {"watermark": {"replication_key": "updatedAt", "replication_key_value": moment}}
    job = {"id": "a" * 8, "programs": "1001", "until": moment, "fields": "f", "client": "c"}
    known = {"2026-01-01T00:00:00Z": "1001"}
    return {
        "watermark": {"version": 1, "watermarks": {**known, moment: "1002"}, "exports": []},
        "job": {"version": 1, "watermarks": known, "exports": [job]},
        "plan": {"version": 1, "watermarks": known, "exports": [], "unfinished": moment},
    }


@pytest.mark.parametrize(
    ("stream", "what"),
    [
        ("programs", "watermark"),
        *(("program_members", what) for what in ("watermark", "job", "plan")),
    ],
)
@pytest.mark.parametrize("by", [2 * CLOCK_TOLERANCE, timedelta(days=1), timedelta(days=360_000)])
def test_a_bookmark_of_the_future_is_refused_before_anything_is_extracted(
    tap: Tap, stream: str, what: str, by: timedelta
) -> None:
    state = {"bookmarks": {stream: ahead(stream, later(tap, by))[what]}}

    output = tap.run(*STREAMS, state=state)

    assert isinstance(output.error, StateRefused)
    assert f"The state of {stream} lies in the future" in str(output.error)
    assert f"remove bookmarks.{stream}" in str(output.error)
    assert not output.lines
    assert not tap.sandbox.control.jobs()


@pytest.mark.parametrize("stream", ["programs", "program_members"])
def test_a_bookmark_slightly_ahead_is_a_clock_that_is(tap: Tap, stream: str) -> None:
    moment = later(tap, CLOCK_TOLERANCE / 2)

    output = tap.sync(stream, state={"bookmarks": {stream: ahead(stream, moment)["watermark"]}})

    assert output.state["bookmarks"][stream]["replication_key_value"] <= moment


def test_a_bookmark_of_the_future_ends_no_run_without_its_stream(tap: Tap) -> None:
    moment = later(tap, timedelta(days=1))

    output = tap.sync(
        "channels", state={"bookmarks": {"programs": ahead("programs", moment)["watermark"]}}
    )

    assert output.records("channels")


# Catalogs


def changed(catalog: Mapping[str, Any], stream: str, **changes: object) -> dict[str, Any]:
    """A catalog whose stream is otherwise; `root_` marks what goes into its metadata."""
    copy = json.loads(json.dumps(catalog))
    (entry,) = [known for known in copy["streams"] if known["tap_stream_id"] == stream]
    (root,) = [item["metadata"] for item in entry["metadata"] if not item["breadcrumb"]]
    for name, value in changes.items():
        if name.startswith("root_"):
            root[name.removeprefix("root_").replace("_", "-")] = value
        elif value is None:
            entry.pop(name, None)
        else:
            entry[name] = value
    return dict(copy)


@pytest.mark.parametrize(
    ("stream", "changes", "words"),
    [
        ("programs", {"replication_key": "createdAt"}, "by replication key createdAt"),
        ("programs", {"root_replication_key": "createdAt"}, "by replication key createdAt"),
        ("channels", {"replication_key": "updatedAt"}, "it has none"),
        ("program_members", {"root_replication_key": "createdAt"}, "it can only be updatedAt"),
        ("programs", {"replication_method": "LOG_BASED"}, "can be FULL_TABLE or INCREMENTAL"),
        ("program_members", {"root_replication_method": "LOG_BASED"}, "method LOG_BASED"),
        ("programs", {"replication_method": "INCREMENTL"}, "Did you mean INCREMENTAL?"),
        ("tag_types", {"replication_method": "LOG_BASED"}, "it can be FULL_TABLE."),
        ("programs", {"key_properties": ["name"]}, "by the key name"),
        ("programs_by_tag", {"key_properties": ["id"]}, "only be id, tagType, tagValue"),
        ("program_members", {"key_properties": ["leadId"]}, "only be leadId, programId"),
        ("channels", {"root_table_key_properties": ["name"]}, "by the key name"),
        ("programs", {"schema": {"properties": {"id": {}}}}, "lacks updatedAt"),
        (
            "programs",
            {"root_selected": "false"},
            'The catalog\'s "selected" of programs is neither',
        ),
        ("programs", {"tap_stream_id": "program"}, "Did you mean programs?"),
        ("channels", {"tap_stream_id": "leads"}, "names leads, which is no stream"),
    ],
)
def test_a_catalog_that_asks_for_what_cannot_be_is_refused(
    tap: Tap, stream: str, changes: dict[str, object], words: str
) -> None:
    catalog = changed(only(tap.catalog(), stream), stream, **changes)

    with pytest.raises(MarketoConfigError) as caught:
        tap.make(catalog=catalog).sync_all()

    assert words in str(caught.value)
    assert "Nothing was extracted" in str(caught.value)
    assert not tap.sandbox.control.jobs()


def test_everything_wrong_with_a_catalog_is_said_at_once(tap: Tap) -> None:
    catalog = changed(tap.catalog(), "programs", replication_key="name", key_properties=["name"])
    catalog = changed(catalog, "channels", replication_method="LOG_BASED")

    with pytest.raises(MarketoConfigError) as caught:
        tap.make(catalog=catalog)

    assert len(str(caught.value).splitlines()) == 3


def test_a_stream_that_is_not_selected_may_be_whatever_it_is(tap: Tap) -> None:
    catalog = only(tap.catalog(), "channels")
    catalog = changed(catalog, "programs", replication_key="name", replication_method="LOG_BASED")

    assert tap.sync("channels", catalog=catalog).records("channels")


@pytest.mark.parametrize(
    "changes",
    [
        {"replication_method": "FULL_TABLE"},
        {"root_replication_method": "FULL_TABLE"},
        {"root_forced_replication_method": "FULL_TABLE", "replication_method": None},
        {"replication_method": "full_table"},
    ],
)
def test_full_table_is_full_table_wherever_a_catalog_says_so(
    tap: Tap, changes: dict[str, object]
) -> None:
    catalog = changed(only(tap.catalog(), "programs"), "programs", **changes)

    output = tap.sync("programs", catalog=catalog, state=STATE)

    assert len(output.records("programs")) == 3
    (request,) = tap.sandbox.control.requests("programs")
    assert "earliestUpdatedAt" not in request["query"]


def test_a_stream_that_can_only_be_had_whole_is_had_whole_with_a_warning(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    """A pattern of Meltano's metadata asks the same of all streams."""
    catalog = only(tap.catalog(), "channels", "programs")
    for stream in ("channels", "programs"):
        catalog = changed(catalog, stream, root_replication_method="INCREMENTAL")

    output = tap.sync(catalog=catalog)

    assert output.records("channels")
    assert output.records("programs")
    lines = [line for line in caplog.messages if "extracted whole" in line]
    assert len(lines) == 1
    assert "channels" in lines[0]


def test_what_a_catalog_leaves_out_is_as_discovery_has_it(tap: Tap) -> None:
    catalog = tap.catalog()
    for stream in STREAMS:
        catalog = changed(
            catalog, stream, replication_method=None, replication_key=None, key_properties=None
        )
    for entry in catalog["streams"]:
        entry["metadata"] = [{"breadcrumb": [], "metadata": {"selected": True}}]

    output = tap.sync(catalog=catalog)

    said = {message["stream"]: message["key_properties"] for message in output.of("SCHEMA")}
    assert {name: sorted(keys) for name, keys in said.items()} == {
        "channels": ["id"],
        "export_jobs": ["exportId"],
        "program_members": ["leadId", "programId"],
        "programs": ["id"],
        "programs_by_tag": ["id", "tagType", "tagValue"],
        "tag_types": ["tagType"],
    }
    assert output.state["bookmarks"]["programs"]["replication_key_value"]
    assert output.state["bookmarks"]["program_members"]["replication_key_value"]


def test_a_catalog_that_selects_nothing_is_mentioned(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tap.sync(catalog=only(tap.catalog()))

    assert warnings(caplog) == ["The catalog selects no stream, so nothing is extracted"]


def test_another_taps_catalog_is_refused(refusal: Callable[[str, object], str]) -> None:
    entry = {"tap_stream_id": "leads", "stream": "leads", "schema": {}, "metadata": []}

    assert refusal("catalog", {"streams": [entry]}) == (
        "The catalog names leads, which is no stream. Nothing was extracted."
    )


def test_a_selected_field_that_the_schema_does_not_have_is_mentioned(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = only(tap.catalog(), "channels")
    catalog["streams"][0]["metadata"].append(
        {"breadcrumb": ["properties", "nmae"], "metadata": {"selected": True}}
    )

    tap.sync(catalog=catalog)

    assert warnings(caplog) == [
        (
            "The catalog selects or deselects nmae of channels, which its schema does not have. "
            "Did you mean name?"
        )
    ]


def test_a_catalog_that_is_not_of_json_is_taken_as_it_is(tap: Tap) -> None:
    catalog = Catalog.from_dict(only(tap.catalog(), "channels"))

    made = TapMarketoPrograms(config=tap.config(), catalog=catalog)

    assert [name for name, stream in made.streams.items() if stream.selected] == ["channels"]


def test_a_wrapped_state_in_a_file_exports_nothing(
    command: Callable[..., Output], tap: Tap
) -> None:
    output = command(state={"completed": {"singer_state": STATE}})

    assert output.code == 1
    assert not output.lines
    assert not tap.sandbox.control.jobs()


@pytest.mark.parametrize(
    "changes",
    [{"encoding": {}}, {"storage": {}}, {"batch_size": 0}],
)
def test_a_batch_config_that_lacks_something_is_refused_before_anything_is_extracted(
    tap: Tap, changes: dict[str, Any]
) -> None:
    catalog = only(tap.catalog(), "channels", "program_members")
    config = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": "file:///tmp"},
        **changes,
    }

    output = tap.run(catalog=catalog, batch_config=config)

    assert isinstance(output.error, MarketoConfigError)
    assert str(output.error).startswith("batch_config: expected")
    assert not output.lines
