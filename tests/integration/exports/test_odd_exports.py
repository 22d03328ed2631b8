"""Whole runs whose export file is odd: one paid job, every row that can be read, a WARNING."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import zlib
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from arrow_rows import in_text
from harness import by_key
from http_servers import respond, serving
from readers import count_lines
from scenes import MEMBERS
from states import ledger

from tap_marketo_programs.errors import FileCorrupt
from tap_marketo_programs.export.api import ExportApi
from tap_marketo_programs.export.download import Downloader
from tap_marketo_programs.export.verify import Verifier
from tap_marketo_programs.marketo.client import Connection, MarketoClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clocks import FastClock
    from harness import Output, Tap
    from marketo_sandbox import Sandbox

PROGRAM = 1001
CELL = "a-cell-of-somebody"

Table = list[list[str]]


def text(table: Table, end: str = "\n") -> bytes:
    written = io.StringIO(newline="")
    # Left to itself it quotes no LF where rows end otherwise.
    if end == "\n":
        csv.writer(written, lineterminator=end).writerows(table)
    else:
        csv.writer(written, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    return written.getvalue().encode()


def with_row(table: Table, **cells: str) -> Table:
    """One row more in the middle, with other cells in some columns."""
    row = [cells.get(name, cell) for name, cell in zip(*table[:2], strict=True)]
    return [*table[:2], row, *table[2:]]


def without(table: Table, name: str) -> Table:
    place = table[0].index(name)
    return [row[:place] + row[place + 1 :] for row in table]


def upper(table: Table) -> Table:
    return [[f" {name.upper()} " for name in table[0]], *table[1:]]


# What becomes of the file, and how the one WARNING says so.
ODD: dict[str, tuple[Callable[[Table], bytes], str]] = {
    "a row without a lead": (
        lambda table: text(with_row(table, leadId="null", statusReason=CELL)),
        "no readable leadId: 1",
    ),
    "a row whose lead is no number": (
        lambda table: text(with_row(table, leadId=CELL)),
        "no readable leadId: 1",
    ),
    "a row without a program": (
        lambda table: text(with_row(table, programId="", statusReason=CELL)),
        "no readable programId: 1",
    ),
    "a row of another program": (
        lambda table: text(with_row(table, programId="4711", statusReason=CELL)),
        "a programId that was not asked for: 1",
    ),
    "a second header": (
        lambda table: text([*table[:2], table[0], *table[2:]]),
        "the header once more: 1",
    ),
    "a blank last line": (lambda table: text(table) + b"\n", "with blank lines: 1"),
    "a blank first line": (
        lambda table: text(table[:1]) + b"\n" + text(table[1:]),
        "with blank lines: 1",
    ),
    "names in other letters": (
        lambda table: text(upper(table)),
        "with column names in other letters: 1",
    ),
    "no column updatedAt": (
        lambda table: text(without(table, "updatedAt")),
        "without the column updatedAt, which became null: 1",
    ),
    "no column of a field": (
        lambda table: text(without(table, "statusReason")),
        "without the column statusReason, which became null: 1",
    ),
    "rows that end in CR": (lambda table: text(table, "\r"), "with rows that end in CR: 1"),
    "a comma behind each row": (
        lambda table: text([table[0], *([*row, ""] for row in table[1:])]),
        "with a comma behind each row: 1",
    ),
    "UTF-16": (
        lambda table: text(table).decode().encode("utf-16"),
        "in UTF-16 instead of UTF-8: 1",
    ),
}


@pytest.fixture
def table(tap: Tap, clock: FastClock, tmp_path: Path) -> Table:
    """The file of one program, as the sandbox makes it for the tap."""
    return file_of(tap, clock, tmp_path, {"world": "tiny"}, program_ids=[PROGRAM])


def file_of(
    tap: Tap,
    clock: FastClock,
    folder: Path,
    world: dict[str, Any],
    **settings: Any,  # noqa: ANN401 - any setting
) -> Table:
    """The file of the only job of a run in a world, which then begins again."""
    control = tap.sandbox.control
    control.reset(**world, knobs={"rate_limit": None})
    tap.sync(MEMBERS, **settings)
    (made,) = control.jobs()
    with client_of(tap.sandbox, tap.sandbox.url, clock) as client:
        api = ExportApi(client)
        file = verifier(api, folder, clock).fetch(api.status(made["exportId"]))
    assert file.path is not None
    with file.path.open(encoding="utf-8", newline="") as opened:
        table = list(csv.reader(opened))
    file.remove()
    control.reset(**world, knobs={"rate_limit": None})
    return table


def client_of(sandbox: Sandbox, url: str, clock: FastClock) -> MarketoClient:
    connection = Connection(url, sandbox.client_id, sandbox.client_secret, 30, 100_000)
    return MarketoClient(connection, clock)


def verifier(api: ExportApi, folder: Path, clock: FastClock) -> Verifier:
    return Verifier(Downloader(api, folder, clock), count_lines)


def truth(tap: Tap) -> dict[tuple[int, int], dict[str, Any]]:
    return by_key([row for row in tap.sandbox.control.truth() if row["programId"] == PROGRAM])


def give(tap: Tap, content: bytes, **figures: Any) -> None:  # noqa: ANN401 - any figure of a job
    """Let the next job's file be this."""
    tap.sandbox.control.fault("file_bytes", base64=base64.b64encode(content).decode(), **figures)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


def assert_read(tap: Tap, output: Output, null: str | None = None) -> None:
    """One job, one download, every row of the program; its watermark moved."""
    assert output.error is None, output.error
    calls = tap.sandbox.control.stats()["calls"]
    assert (calls["export_create"], calls["export_file"]) == (1, 1)
    wanted = truth(tap)
    for row in wanted.values():
        row.update(dict.fromkeys([null], None) if null else {})
    assert by_key(output.records()) == wanted
    assert len(output.records()) == len(wanted)
    assert set(ledger(output.state).watermarks) == {PROGRAM}


@pytest.mark.parametrize("odd", ODD)
def test_one_program_with_an_odd_file_is_read_at_the_price_of_one_job(
    tap: Tap, table: Table, caplog: pytest.LogCaptureFixture, odd: str
) -> None:
    change, told = ODD[odd]
    give(tap, change(table), numberOfRecords=len(table) - 1 + odd.startswith("a row "))

    output = tap.sync(MEMBERS, program_ids=[PROGRAM])

    missing = odd.startswith("no column") and ODD[odd][1].split()[3].rstrip(",")
    assert_read(tap, output, missing or None)
    (warning,) = warnings(caplog)
    assert told in warning
    assert CELL not in caplog.text


@pytest.mark.parametrize("lost", ["leadId", "programId"])
def test_one_bad_row_of_a_job_of_ten_programs_costs_none_of_the_others(
    tap: Tap, clock: FastClock, tmp_path: Path, lost: str, caplog: pytest.LogCaptureFixture
) -> None:
    table = file_of(tap, clock, tmp_path, {"world": "sized", "programs": 10})
    give(tap, text(with_row(table, **{lost: "null"})) + b"\n", numberOfRecords=len(table))

    output = tap.sync(MEMBERS)

    assert by_key(output.records()) == by_key(tap.sandbox.control.truth())
    assert tap.sandbox.control.stats()["creates"] == 1
    assert len(ledger(output.state).watermarks) == 10
    assert "1 rows of export files were skipped" in caplog.text


@pytest.mark.parametrize("missing", ["statusReason", "updatedAt"])
def test_the_rows_are_the_same_by_way_of_the_sdk(tap: Tap, table: Table, missing: str) -> None:
    give(tap, text(upper(without(with_row(table, leadId="null"), missing))) + b"\n")

    output = tap.sync(MEMBERS, program_ids=[PROGRAM], stream_maps={MEMBERS: {"one": "1"}})

    rows = [{name: row[name] for name in row if name != "one"} for row in output.records()]
    assert by_key(rows) == {key: {**row, missing: None} for key, row in truth(tap).items()}
    assert len(rows) == len(table) - 1


@pytest.mark.parametrize("encoding", ["jsonl", "parquet"])
def test_batches_hold_the_same_rows(
    tap: Tap, table: Table, tmp_path: Path, caplog: pytest.LogCaptureFixture, encoding: str
) -> None:
    odd = upper(without(with_row(table, leadId="null"), "statusReason"))
    give(tap, text(odd) + b"\n", numberOfRecords=len(table))
    config = {"encoding": {"format": encoding}, "storage": {"root": tmp_path.as_uri()}}

    output = tap.sync(MEMBERS, program_ids=[PROGRAM], batch_config=config)

    (batch,) = output.of("BATCH")
    (url,) = batch["manifest"]
    path = urlsplit(url).path
    found = pl.read_parquet(path) if encoding == "parquet" else pl.read_ndjson(path)
    assert by_key([in_text(row) for row in found.to_dicts()]) == {
        key: {**row, "statusReason": None} for key, row in truth(tap).items()
    }
    assert len(warnings(caplog)) == 2


def test_a_file_without_the_programs_column_of_a_job_of_one_program_is_read(
    tap: Tap, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    give(tap, text(without(table, "programId")), numberOfRecords=len(table) - 1)

    assert_read(tap, tap.sync(MEMBERS, program_ids=[PROGRAM]))
    assert warnings(caplog) == []


@pytest.mark.parametrize("records", [0, 1, 4, 6, 999])
def test_a_number_of_records_that_is_off_costs_no_row(
    tap: Tap, table: Table, caplog: pytest.LogCaptureFixture, records: int
) -> None:
    give(tap, text(table), numberOfRecords=records)

    assert_read(tap, tap.sync(MEMBERS, program_ids=[PROGRAM]))
    (warning,) = warnings(caplog)
    assert "with another number of rows than numberOfRecords: 1" in warning


def test_a_file_without_rows_of_a_job_with_records_is_corrupt(tap: Tap, table: Table) -> None:
    """Its watermark would move past rows of which none came."""
    give(tap, text(table[:1]), count=2, numberOfRecords=5)

    output = tap.run(MEMBERS, program_ids=[PROGRAM])

    assert isinstance(output.error, FileCorrupt)
    assert ledger(output.state).watermarks == {}


@pytest.mark.parametrize("content", ["header", "nothing"])
def test_an_empty_export_costs_no_download(tap: Tap, table: Table, content: str) -> None:
    give(tap, text(table[:1]) if content == "header" else b"", numberOfRecords=0)

    output = tap.sync(MEMBERS, program_ids=[PROGRAM])

    assert output.records() == []
    assert "export_file" not in tap.sandbox.control.stats()["calls"]


def test_a_file_that_had_to_be_guessed_at_needs_its_number_of_records(
    tap: Tap, table: Table
) -> None:
    stray = with_row(table, statusReason="QUOTE")
    content = text(stray).replace(b"QUOTE", b'"a "b" c"')
    give(tap, content, count=2, numberOfRecords=len(stray))

    output = tap.run(MEMBERS, program_ids=[PROGRAM])

    assert isinstance(output.error, FileCorrupt)
    assert output.records() == []


def test_what_cannot_be_read_gets_out_by_no_row(tap: Tap, table: Table) -> None:
    give(tap, text([*table, table[1][:-1]]), count=2)

    output = tap.run(MEMBERS, program_ids=[PROGRAM])

    assert isinstance(output.error, FileCorrupt)
    assert output.records() == []
    assert ledger(output.state).watermarks == {}


# Compressed answers, which Adobe rules out, and which proxies give all the same


@pytest.mark.parametrize("of_what", ["the table", "the bytes"])
def test_a_body_that_is_compressed_without_a_word_is_read_whatever_its_figures_speak_of(
    tap: Tap, table: Table, caplog: pytest.LogCaptureFixture, of_what: str
) -> None:
    content = text(table)
    figures: dict[str, Any] = {"numberOfRecords": len(table) - 1}
    if of_what == "the table":
        figures["fileSize"] = len(content)
        figures["fileChecksum"] = "sha256:" + hashlib.sha256(content).hexdigest()
    give(tap, gzip.compress(content), **figures)

    assert_read(tap, tap.sync(MEMBERS, program_ids=[PROGRAM]))
    (warning,) = warnings(caplog)
    assert "compressed, though nobody asked for it: 1" in warning


@pytest.mark.parametrize("of_what", ["the table", "the bytes"])
@pytest.mark.parametrize("cuts", [(0,), (1,), (2, 100), (400,)], ids=str)
def test_a_compressed_body_that_breaks_off_goes_on_from_the_very_byte(
    tap: Tap, table: Table, of_what: str, cuts: tuple[int, ...]
) -> None:
    content, body = text(table), gzip.compress(text(table))
    measured = content if of_what == "the table" else body
    checksum = "sha256:" + hashlib.sha256(measured).hexdigest()
    give(tap, body, fileSize=len(measured), fileChecksum=checksum, numberOfRecords=len(table) - 1)
    for turn, place in enumerate(cuts):
        tap.sandbox.control.fault("cut", "export_file", after=turn, bytes=place)

    output = tap.sync(MEMBERS, program_ids=[PROGRAM])

    assert by_key(output.records()) == truth(tap)
    asked = [one["headers"].get("Range") for one in tap.sandbox.control.requests("export_file")]
    places = [sum(cuts[: turn + 1]) for turn in range(len(cuts))]
    assert asked == [None, *(f"bytes={place}-" if place else None for place in places)]


class Front(ThreadingHTTPServer):
    """Hands requests on to a sandbox, and compresses the files that come back.

    Args:
        behind: The sandbox's URL.
        coding: What it says in Content-Encoding.
        compress: What it does.
        cuts: After that many bytes the first answers break off.
    """

    def __init__(
        self,
        behind: str,
        coding: str,
        compress: Callable[[bytes], bytes],
        cuts: list[int],
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind).netloc
        self.coding, self.compress, self.cuts = coding, compress, cuts

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Front

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        behind = HTTPConnection(self.server.behind)
        behind.request(self.command, self.path, body, dict(self.headers))
        answer = behind.getresponse()
        content = answer.read()
        behind.close()
        left_out = {"Content-Length", "Transfer-Encoding", "Connection"}
        headers = [item for item in answer.getheaders() if item[0] not in left_out]
        if not self.path.endswith("file.json"):
            respond(self, answer.status, headers, content)
            return
        content = self.server.compress(content)
        headers.append(("Content-Encoding", self.server.coding))
        if self.server.cuts:
            self.send_response_only(answer.status)
            for name, value in [*headers, ("Content-Length", str(len(content)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: self.server.cuts.pop(0)])
            return
        respond(self, answer.status, headers, content)

    do_GET = do_POST = _hand_on  # noqa: N815 - the base class looks for these names


def raw_deflate(content: bytes) -> bytes:
    made = zlib.compressobj(wbits=-15)
    return made.compress(content) + made.flush()


def two_members(content: bytes) -> bytes:
    return gzip.compress(content[:100]) + gzip.compress(content[100:])


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZIP", gzip.compress),
    "two members": ("gzip", two_members),
    "gzip, padded": ("gzip", lambda content: gzip.compress(content) + b"\0" * 100),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "said and not done": ("gzip", bytes),
    "no coding at all": ("UTF-8", bytes),
}


@pytest.fixture
def front(tap: Tap) -> Iterator[Callable[..., str]]:
    """Starts a front of the sandbox; its URL."""
    running = []

    def start(coding: str, compress: Callable[[bytes], bytes], *cuts: int) -> str:
        running.append(serving(Front(tap.sandbox.url, coding, compress, list(cuts))))
        return running[-1].__enter__().url

    yield start
    for one in running:
        one.__exit__(None, None, None)


@pytest.mark.parametrize("cuts", [(), (0,), (1,), (300, 30)], ids=str)
@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_arrives_through_a_proxy_that_compresses_it(
    tap: Tap, front: Callable[..., str], coding: str, cuts: tuple[int, ...]
) -> None:
    output = tap.sync(MEMBERS, program_ids=[PROGRAM], base_url=front(*CODINGS[coding], *cuts))

    assert by_key(output.records()) == truth(tap)
    assert tap.sandbox.control.stats()["creates"] == 1


def bomb(_: bytes) -> bytes:
    return gzip.compress(b"programId,leadId\n" + b"1" * (1 << 26), 1)


DAMAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a bomb": (bomb, "more than"),
    "cut short": (lambda content: gzip.compress(content)[:-9], "end too early"),
    "damaged": (lambda content: gzip.compress(content)[:40] + b"\xff" * 400, "make no sense"),
    "of something else": (lambda _: gzip.compress(b"leadId\n1\n"), "bytes instead of"),
}


def test_a_compression_that_cannot_be_undone_is_named(tap: Tap, front: Callable[..., str]) -> None:
    output = tap.run(MEMBERS, program_ids=[PROGRAM], base_url=front("br", raw_deflate))

    assert isinstance(output.error, FileCorrupt)
    assert "sent it as br, which was not asked for" in str(output.error)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_compressed_file_that_is_not_the_jobs_is_corrupt(
    tap: Tap, clock: FastClock, front: Callable[..., str], tmp_path: Path, damage: str
) -> None:
    compress, told = DAMAGES[damage]
    tap.sync(MEMBERS, program_ids=[PROGRAM])
    (made,) = tap.sandbox.control.jobs()

    with client_of(tap.sandbox, front("gzip", compress), clock) as client:
        api = ExportApi(client)
        job = api.status(made["exportId"])
        with pytest.raises(FileCorrupt, match=told):
            verifier(api, tmp_path, clock).fetch(job)

    assert list(tmp_path.iterdir()) == []
