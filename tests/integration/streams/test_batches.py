"""Batch files hold what RECORD messages would, and others than us can read them."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import duckdb
import polars as pl
import pyarrow as pa
import pytest
from arrow_rows import in_text
from harness import Output, only
from moto.server import ThreadedMotoServer
from pyarrow import parquet
from writers import Killed, WatchedWriter

from tap_marketo_programs.errors import BatchFailed, MarketoConfigError
from tap_marketo_programs.output.batch_config import BATCH_SIZE, read_config
from tap_marketo_programs.output.batches import BatchFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness import Tap

Row = dict[str, Any]

STREAMS = ("channels", "program_members", "programs", "programs_by_tag", "tag_types")
ENCODINGS = [
    pytest.param({"format": "jsonl", "compression": "gzip"}, id="jsonl-gzip"),
    pytest.param({"format": "jsonl", "compression": "none"}, id="jsonl"),
    pytest.param({"format": "jsonl"}, id="jsonl-unsaid"),
    pytest.param({"format": "parquet"}, id="parquet"),
    pytest.param({"format": "parquet", "compression": "gzip"}, id="parquet-gzip"),
    pytest.param({"format": "parquet", "compression": "none"}, id="parquet-none"),
]
PARQUET = {"format": "parquet"}
JSONL = {"format": "jsonl", "compression": "gzip"}


def config(root: Path, encoding: Row, **more: Any) -> Row:  # noqa: ANN401 - any option
    return {"encoding": encoding, "storage": {"root": root.as_uri()}, **more}


def path_of(url: str) -> Path:
    return Path(urlsplit(url).path)


def files(output: Output, stream: str | None = None) -> list[Path]:
    return [path_of(url) for message in output.of("BATCH", stream) for url in message["manifest"]]


def read(path: Path, encoding: Row) -> list[Row]:
    """A file's rows, read by what its message says of it and nothing else."""
    if encoding["format"] == "parquet":
        return [in_text(row) for row in parquet.read_table(path).to_pylist()]
    data = path.read_bytes()
    if encoding.get("compression") == "gzip":
        data = gzip.decompress(data)
    return [json.loads(line) for line in data.split(b"\n") if line]


def rows(output: Output, stream: str) -> list[Row]:
    return [
        row
        for message in output.of("BATCH", stream)
        for url in message["manifest"]
        for row in read(path_of(url), message["encoding"])
    ]


def in_order(found: list[Row]) -> list[Row]:
    """Rows in one order, since exports may finish in another one in another run."""
    return sorted(found, key=lambda row: json.dumps(in_floats(row), sort_keys=True))


def in_floats(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same with one spelling for a number, be it `2` or `2.0`."""
    if isinstance(value, dict):
        return {name: in_floats(one) for name, one in value.items()}
    if isinstance(value, list):
        return [in_floats(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.fixture
def demo(tap: Tap) -> Tap:
    tap.sandbox.control.reset(world="demo")
    tap.sandbox.control.knob(rate_limit=None)
    return tap


# What they hold


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_members_are_those_of_record_messages_whatever_the_file(
    demo: Tap, tmp_path: Path, encoding: Row
) -> None:
    lead_fields = ["email", "lastName"]
    records = demo.sync("program_members", lead_fields=lead_fields).records()

    output = demo.sync(
        "program_members",
        lead_fields=lead_fields,
        batch_config=config(tmp_path, encoding, batch_size=70),
    )

    assert not output.of("RECORD")
    assert in_order(rows(output, "program_members")) == in_order(records)
    assert any(
        "\u2028" in text
        for row in records
        for text in row.values()
        if text and "\u2028" in str(text)
    )


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_hin_floats_files_of_its_schemas_types(
    demo: Tap, tmp_path: Path, stream: str
) -> None:
    records = demo.sync(stream).records(stream)

    output = demo.sync(stream, batch_config=config(tmp_path, PARQUET))

    schema = parquet.read_schema(files(output, stream)[0])
    assert in_order(rows(output, stream)) == in_order([completed(row, schema) for row in records])
    assert {str(parquet.read_schema(path)) for path in files(output, stream)} == {str(schema)}


def completed(record: Row, fields: Any) -> Row:  # noqa: ANN401 - a schema or a struct
    """A record with null for what it leaves out, as a table has it."""
    found: Row = {}
    for field in fields:
        value = record.get(field.name)
        if isinstance(value, list) and pa.types.is_struct(field.type.value_type):
            value = [completed(one, field.type.value_type) for one in value]
        found[field.name] = value
    return found


@pytest.mark.parametrize("encoding", [JSONL, PARQUET], ids=["jsonl", "parquet"])
def test_rows_before_a_start_date_stay_out_of_batches(
    demo: Tap, tmp_path: Path, encoding: Row
) -> None:
    demo.sandbox.control.knob(updated_at_filter=False)
    start_date = "2025-06-01T00:00:00Z"
    records = demo.sync("program_members", start_date=start_date).records()

    output = demo.sync(
        "program_members", start_date=start_date, batch_config=config(tmp_path, encoding)
    )

    assert in_order(rows(output, "program_members")) == in_order(records)
    assert all(row["updatedAt"] >= start_date for row in records)


def test_a_catalog_that_calls_updated_at_a_text_is_compared_as_text(
    demo: Tap, tmp_path: Path
) -> None:
    demo.sandbox.control.knob(updated_at_filter=False)
    start_date = "2025-06-01T00:00:00Z"
    catalog = only(demo.catalog(), "program_members")
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == "program_members":
            del entry["schema"]["properties"]["updatedAt"]["format"]
    records = demo.run(catalog=catalog, start_date=start_date).records()

    output = demo.run(
        catalog=catalog, start_date=start_date, batch_config=config(tmp_path, PARQUET)
    )

    assert output.error is None, output.error
    assert in_order(rows(output, "program_members")) == in_order(records)
    assert records


@pytest.mark.parametrize("encoding", [JSONL, PARQUET], ids=["jsonl", "parquet"])
def test_a_stream_map_is_heeded_in_any_format(demo: Tap, tmp_path: Path, encoding: Row) -> None:
    maps = {
        "program_members": {"__filter__": "statusName != 'x'", "year": "updatedAt[:4]"},
    }
    records = demo.sync("program_members", stream_maps=maps).records()

    output = demo.sync("program_members", stream_maps=maps, batch_config=config(tmp_path, encoding))

    assert in_order(rows(output, "program_members")) == in_order(records)
    assert all(row["year"] == row["updatedAt"][:4] for row in records)


# Batches and ACTIVATE_VERSION


VERSIONED: Row = {"emit_activate_version_messages": True}


@pytest.mark.parametrize("encoding", [JSONL, PARQUET], ids=["jsonl", "parquet"])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_full_table_in_batches_is_not_also_given_a_version(
    demo: Tap, tmp_path: Path, encoding: Row, stream: str
) -> None:
    catalog = full_table(demo.catalog(), stream)

    output = demo.run(catalog=catalog, batch_config=config(tmp_path, encoding), **VERSIONED)

    assert isinstance(output.error, MarketoConfigError)
    assert f"cannot go together for {stream} (FULL_TABLE)" in str(output.error)
    assert "\n" not in str(output.error)
    assert {message["type"] for message in output.messages} <= {"SCHEMA", "STATE"}
    assert not list(tmp_path.iterdir())


def test_all_full_tables_are_named_before_any_other_stream_costs_anything(
    demo: Tap, tmp_path: Path
) -> None:
    catalog = only(demo.catalog(), "program_members", "programs", "programs_by_tag", "tag_types")

    output = demo.run(catalog=catalog, batch_config=config(tmp_path, JSONL), **VERSIONED)

    assert "for programs_by_tag, tag_types (FULL_TABLE)" in str(output.error)
    assert not output.of("BATCH")
    assert not demo.sandbox.control.jobs()


def test_a_refused_pair_of_batches_and_versions_leaves_the_state_as_it_was(
    demo: Tap, tmp_path: Path
) -> None:
    state = demo.sync("programs", "program_members").state
    batches = config(tmp_path, JSONL)

    refused = demo.run(state=state, batch_config=batches, **VERSIONED)

    assert isinstance(refused.error, MarketoConfigError)
    # Nothing is said, so whoever keeps the state has the one before.
    assert not refused.lines


def test_increments_go_out_in_batches_though_versions_are_wanted(demo: Tap, tmp_path: Path) -> None:
    catalog = only(demo.catalog(), "programs", "program_members")

    output = demo.sync(catalog=catalog, batch_config=config(tmp_path, JSONL), **VERSIONED)

    truth = demo.sandbox.control.truth()
    assert len(rows(output, "program_members")) == len(truth)
    assert len(rows(output, "programs")) == len(demo.sandbox.control.programs())
    assert not output.of("ACTIVATE_VERSION")


@pytest.mark.parametrize("settings", [{}, {"emit_activate_version_messages": False}])
def test_full_tables_go_out_in_batches_where_no_versions_are_wanted(
    demo: Tap, tmp_path: Path, settings: Row
) -> None:
    catalog = full_table(demo.catalog(), "program_members")

    output = demo.sync(catalog=catalog, batch_config=config(tmp_path, JSONL), **settings)

    assert len(rows(output, "program_members")) == len(demo.sandbox.control.truth())
    assert not output.of("ACTIVATE_VERSION")


def full_table(catalog: Row, stream: str) -> Row:
    """The catalog with one stream selected, as a full table."""
    chosen = only(catalog, stream)
    for entry in chosen["streams"]:
        entry["replication_method"] = "FULL_TABLE"
    return chosen


# Files


@pytest.mark.parametrize("encoding", [JSONL, PARQUET], ids=["jsonl", "parquet"])
def test_a_file_holds_as_many_rows_as_asked_and_of_one_export_only(
    demo: Tap, tmp_path: Path, encoding: Row
) -> None:
    output = demo.sync("program_members", batch_config=config(tmp_path, encoding, batch_size=50))

    counts = {one["exportId"]: one["numberOfRecords"] for one in demo.sandbox.control.jobs()}
    jobs = {export_id: count for export_id, count in counts.items() if count}
    sizes: dict[str, list[int]] = {}
    for message in output.of("BATCH"):
        (url,) = message["manifest"]
        (export_id,) = [job for job in jobs if job in url]
        sizes.setdefault(export_id, []).append(len(read(path_of(url), encoding)))
    assert {export_id: sum(of_one) for export_id, of_one in sizes.items()} == jobs
    for of_one in sizes.values():
        assert all(size == 50 for size in of_one[:-1])
        assert 0 < of_one[-1] <= 50


def test_files_hold_many_rows_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    assert read_config(config(tmp_path, PARQUET)).batch_size == BATCH_SIZE == 100_000
    assert read_config(config(tmp_path, PARQUET, batch_size="7")).batch_size == 7


def test_a_folder_that_is_not_there_is_made(demo: Tap, tmp_path: Path) -> None:
    root = tmp_path / "new" / "folder"

    output = demo.sync("program_members", batch_config=config(root, JSONL))

    assert {path.parent for path in files(output)} == {root}


def test_a_root_may_be_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = read_config({"encoding": JSONL, "storage": {"root": "here"}})

    with BatchFiles(wanted, "x", {"id": {}}) as made:
        list(made.add_records([{"id": "1"}]))
        (url,) = made.finish()

    assert url.startswith((tmp_path / "here").as_uri())
    assert read(path_of(url), JSONL) == [{"id": "1"}]


def test_a_prefix_may_name_a_folder(demo: Tap, tmp_path: Path) -> None:
    wanted = config(tmp_path, JSONL)
    wanted["storage"]["prefix"] = "marketo/members-"

    output = demo.sync("program_members", batch_config=wanted)

    assert all(path.is_file() for path in files(output))
    assert {path.parent for path in files(output)} == {tmp_path / "marketo"}


def test_columns_that_repeat_are_stored_once_a_value(tmp_path: Path) -> None:
    properties = {"id": {"type": "integer"}, "status": {"type": "string"}}
    with BatchFiles(read_config(config(tmp_path, PARQUET)), "x", properties) as made:
        list(made.add_records([{"id": at, "status": "Attended"} for at in range(3_000)]))
        (url,) = made.finish()

    group = parquet.read_metadata(path_of(url)).row_group(0)
    kinds = {group.column(at).path_in_schema: group.column(at).encodings for at in range(2)}
    assert "RLE_DICTIONARY" in kinds["status"]
    assert "RLE_DICTIONARY" not in kinds["id"]


def test_a_footer_names_times_and_ids_but_nobody(tmp_path: Path) -> None:
    properties: dict[str, Row] = {
        "leadId": {"type": "integer"},
        "updatedAt": {"type": "string", "format": "date-time"},
        "email": {"type": ["string", "null"]},
    }
    row = {"leadId": 1, "updatedAt": "2026-01-02T03:04:05Z", "email": "someone@example.com"}
    with BatchFiles(read_config(config(tmp_path, PARQUET)), "x", properties) as made:
        list(made.add_records([row]))
        (url,) = made.finish()

    group = parquet.read_metadata(path_of(url)).row_group(0)
    told = {
        group.column(at).path_in_schema: group.column(at).statistics.max
        for at in range(3)
        if group.column(at).statistics
    }
    assert told == {"leadId": 1, "updatedAt": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}


# Other readers


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_duckdb_reads_the_files(demo: Tap, tmp_path: Path, encoding: Row) -> None:
    output = demo.sync("program_members", batch_config=config(tmp_path, encoding, batch_size=100))

    read_files = {"parquet": "read_parquet", "jsonl": "read_json_auto"}[encoding["format"]]
    query = f"select count(*), count(distinct (leadId, programId)) from {read_files}(?)"  # noqa: S608 - a name of two
    count = duckdb.execute(query, [[str(path) for path in files(output)]]).fetchone()

    truth = len(demo.sandbox.control.truth())
    assert count == (truth, truth)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_polars_reads_the_files(demo: Tap, tmp_path: Path, encoding: Row) -> None:
    output = demo.sync("program_members", batch_config=config(tmp_path, encoding, batch_size=100))

    if encoding["format"] == "parquet":
        frame = pl.read_parquet([str(path) for path in files(output)])
    else:
        frame = pl.concat(
            [pl.read_ndjson(path, infer_schema_length=None) for path in files(output)],
            how="diagonal_relaxed",
        )

    truth = demo.sandbox.control.truth()
    assert set(zip(frame["leadId"], frame["programId"], strict=True)) == {
        (row["leadId"], row["programId"]) for row in truth
    }


# Object storage


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Row]]:
    """A bucket of a local S3, and what a client needs to reach it."""
    for name in [item for item in os.environ if item.startswith("AWS_")]:
        monkeypatch.delenv(name)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        params = {"endpoint_url": f"http://{host}:{port}", "key": "k", "secret": "s"}
        client_of(params).create_bucket(Bucket="members")
        yield "s3://members/marketo", params
    finally:
        server.stop()


@pytest.mark.parametrize("encoding", [JSONL, PARQUET], ids=["jsonl", "parquet"])
def test_files_go_to_s3(demo: Tap, bucket: tuple[str, Row], tmp_path: Path, encoding: Row) -> None:
    root, params = bucket
    storage = {"root": root, "params": params}
    stored = {"encoding": encoding, "storage": storage, "batch_size": 100}

    output = demo.sync("program_members", batch_config=stored)

    urls = [url for message in output.of("BATCH") for url in message["manifest"]]
    found = []
    for number, url in enumerate(urls):
        copy = tmp_path / str(number)
        copy.write_bytes(s3_bytes(url, params))
        found += read(copy, encoding)
    assert all(url.startswith(f"{root}/") for url in urls)
    assert {(row["leadId"], row["programId"]) for row in found} == {
        (row["leadId"], row["programId"]) for row in demo.sandbox.control.truth()
    }


def client_of(params: Row) -> Any:  # noqa: ANN401 - boto3 tells no types
    """Another client than the tap's."""
    return boto3.client(
        "s3",
        endpoint_url=params["endpoint_url"],
        aws_access_key_id=params["key"],
        aws_secret_access_key=params["secret"],
        region_name="us-east-1",
    )


def s3_bytes(url: str, params: Row) -> bytes:
    parts = urlsplit(url)
    found = client_of(params).get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
    return bytes(found["Body"].read())


def test_a_bucket_that_is_not_there_is_not_made_but_told_of(
    demo: Tap, bucket: tuple[str, Row]
) -> None:
    _, params = bucket
    stored = {"encoding": JSONL, "storage": {"root": "s3://mumbers/x", "params": params}}

    output = demo.run("program_members", batch_config=stored)

    assert isinstance(output.error, BatchFailed)
    assert "s3://mumbers/x/" in str(output.error)
    assert not output.of("BATCH")
    assert not output.state["bookmarks"]["program_members"].get("watermarks")


# When it does not work


def test_a_file_that_cannot_be_stored_ends_the_run_and_is_in_no_state(
    demo: Tap, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")

    output = demo.run("program_members", batch_config=config(in_the_way, JSONL))

    assert isinstance(output.error, BatchFailed)
    assert not output.of("BATCH")
    assert not output.state["bookmarks"]["program_members"].get("watermarks")
    assert output.state["bookmarks"]["program_members"]["exports"]


def test_the_run_after_a_failed_one_pays_for_no_export_twice(demo: Tap, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    first = demo.run("program_members", batch_config=config(in_the_way, JSONL))
    created = len(demo.sandbox.control.jobs())
    in_the_way.unlink()

    second = demo.sync("program_members", batch_config=config(in_the_way, JSONL), state=first.state)

    assert {(row["leadId"], row["programId"]) for row in rows(second, "program_members")} == {
        (row["leadId"], row["programId"]) for row in demo.sandbox.control.truth()
    }
    programs = len(demo.sandbox.control.programs())
    assert created <= len(demo.sandbox.control.jobs()) == -(-programs // 10)


@pytest.mark.parametrize("encoding", [JSONL, PARQUET], ids=["jsonl", "parquet"])
@pytest.mark.parametrize("kept", [2, 5, 8, 13, 21, 34])
def test_a_run_cut_off_anywhere_is_taken_up_without_loss(
    demo: Tap, tmp_path: Path, encoding: Row, kept: int
) -> None:
    wanted = config(tmp_path, encoding, batch_size=100)
    catalog = only(demo.catalog(), "program_members")
    first = Output()

    def cut(_: Row) -> None:
        if len(first.lines) >= kept:
            raise Killed

    with suppress(Killed):
        demo.make(
            catalog=catalog, writer=WatchedWriter(first, after=cut), batch_config=wanted
        ).sync_all()
    demo.sandbox.control.advance(1)

    second = demo.sync(catalog=catalog, state=first.state, batch_config=wanted)

    found = rows(first, "program_members") + rows(second, "program_members")
    assert {(row["leadId"], row["programId"]) for row in found} == {
        (row["leadId"], row["programId"]) for row in demo.sandbox.control.truth()
    }
    programs = len(demo.sandbox.control.programs())
    asked = [job["request"]["filter"] for job in demo.sandbox.control.jobs()]
    assert sum("updatedAt" not in wanted for wanted in asked) <= -(-programs // 10) + 1


def test_a_half_written_file_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    properties = {"id": {"type": "integer"}}

    class Broken:
        suffix = ".jsonl"

        def finish(self) -> memoryview:
            return memoryview(bytearray(8))[::2]  # no file takes it

        def add_records(self, records: list[Row]) -> None:
            del records

    with BatchFiles(read_config(config(tmp_path / "out", JSONL)), "x", properties) as made:
        monkeypatch.setattr(made, "_file", Broken())
        list(made.add_records([{"id": 1}]))
        with pytest.raises(BatchFailed, match="could not be stored"):
            list(made.finish())

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_no_thread_outlives_the_files(tmp_path: Path) -> None:
    with BatchFiles(read_config(config(tmp_path, JSONL, batch_size=1)), "x", {"id": {}}) as made:
        urls = [*made.add_records([{"id": "1"}, {"id": "2"}]), *made.finish()]

    assert len(urls) == 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


def test_a_value_that_does_not_fit_its_column_is_not_repeated(tmp_path: Path) -> None:
    properties = {"id": {"type": "integer"}}
    secret = "a.person@example.com"
    with (
        BatchFiles(read_config(config(tmp_path, PARQUET)), "x", properties) as made,
        pytest.raises(BatchFailed, match="A value of id") as failure,
    ):
        list(made.add_records([{"id": secret}]))

    assert secret not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": {"format": "csv"}, "storage": {"root": "file:///tmp"}},
        {"encoding": {"format": "jsonl", "compression": "zip"}, "storage": {"root": "x"}},
        {"encoding": {"format": "jsonl"}},
        {"storage": {"root": "file:///tmp"}},
        {"encoding": {"format": "jsonl"}, "storage": {"root": ""}},
        {"encoding": {"format": "jsonl"}, "storage": {"root": "x"}, "batch_size": 0},
        {"encoding": {"format": "jsonl"}, "storage": {"root": "x"}, "batch_size": "many"},
        {"encoding": "jsonl", "storage": {"root": "x"}},
        {"encoding": {"format": "jsonl"}, "storage": {"root": "x"}, "size": 3},
    ],
)
def test_a_wrong_batch_config_is_refused_in_one_line(wrong: Row) -> None:
    with pytest.raises(MarketoConfigError, match=r"^batch_config: expected .*$"):
        read_config(wrong)


def test_a_storage_nobody_knows_is_refused() -> None:
    with pytest.raises(MarketoConfigError, match="batch_config: nowhere://x cannot be used"):
        read_config({"encoding": JSONL, "storage": {"root": "nowhere://x"}})


def test_a_login_in_a_url_is_not_told(tmp_path: Path) -> None:
    wanted = read_config(config(tmp_path, JSONL))
    wanted.storage.root = "ftp://someone:s3cret@127.0.0.1:1/x"
    with BatchFiles(wanted, "x", {"id": {}}) as made:
        list(made.add_records([{"id": "1"}]))
        with pytest.raises(BatchFailed, match=r"ftp://\*\*\*@127.0.0.1:1/x/") as failure:
            list(made.finish())
    with pytest.raises(MarketoConfigError) as refusal:
        read_config({"encoding": JSONL, "storage": {"root": "nowhere://someone:s3cret@x"}})

    assert "s3cret" not in str(failure.value) + str(refusal.value)


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How Python itself writes down that a module cannot be imported.
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MarketoConfigError, match=r"install tap-marketo-programs\[parquet\]"):
        read_config(config(tmp_path, PARQUET))


def test_a_wrong_batch_config_is_found_before_any_export_is_paid_for(demo: Tap) -> None:
    wrong = {"encoding": PARQUET, "storage": {"root": "x"}, "batch_size": 0}

    output = demo.run("program_members", batch_config=wrong)

    assert isinstance(output.error, MarketoConfigError)
    assert not demo.sandbox.control.jobs()


def test_a_run_with_batches_never_needs_more_than_two_files_in_memory(tmp_path: Path) -> None:
    held: list[int] = []
    wanted = read_config(config(tmp_path, PARQUET, batch_size=1_000))
    with BatchFiles(wanted, "x", {"id": {"type": "integer"}}) as made:
        for _ in range(20):
            list(made.add_records([{"id": at} for at in range(1_000)]))
            held.append(pa.total_allocated_bytes())
        list(made.finish())

    assert max(held[10:]) < 2 * max(held[2:10])


# What a killed run leaves


def test_a_batch_file_waits_where_the_next_run_would_remove_it(tmp_path: Path) -> None:
    """A process that is killed while it stores a file leaves it in a folder of the tap's."""
    (tmp_path / "tmp").mkdir()
    program = (
        "import os, shutil, signal\n"
        "from singer_sdk.helpers._batch import BatchConfig\n"
        "from tap_marketo_programs.output import batch_config, batches\n"
        "shutil.move = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"config = batch_config.read_config({config(tmp_path / 'out', JSONL)!r})\n"
        "with batches.BatchFiles(config, 'members', {'id': {}}) as files:\n"
        "    list(files.add_records([{'id': 1}]))\n"
        "    list(files.finish())\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}

    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)  # noqa: S603 - our own

    assert done.returncode == -signal.SIGKILL
    left = [path for path in (tmp_path / "tmp").rglob("*") if path.is_file()]
    assert {path.suffix for path in left} == {".gz", ".lock"}
    assert all(path.relative_to(tmp_path / "tmp").parts[0].startswith("tap-") for path in left)


def test_a_batch_file_can_be_read_by_whom_any_other_file_can(demo: Tap, tmp_path: Path) -> None:
    output = demo.sync("channels", batch_config=config(tmp_path / "out", JSONL))

    (batch,) = output.of("BATCH", "channels")
    (tmp_path / "usual").touch()
    stored = path_of(batch["manifest"][0])
    assert stored.stat().st_mode == (tmp_path / "usual").stat().st_mode
