"""Files arrive whole or not at all, over connections that break wherever they can."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from readers import count_rows, found

from tap_marketo_programs.config.base_url import host_url
from tap_marketo_programs.errors import (
    CallQuotaExceeded,
    ConnectionFailed,
    FileCorrupt,
    FileForeign,
    FileUnavailable,
    PermissionDenied,
)
from tap_marketo_programs.export.api import ExportApi
from tap_marketo_programs.export.download import (
    MAX_STALLS,
    Downloader,
    least_progress,
)
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.slices import ExportSlice
from tap_marketo_programs.export.verify import VerifiedFile, Verifier
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.process.private_folder import PrivateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clocks import FastClock
    from marketo_sandbox import Sandbox
    from marketo_sandbox.control import SandboxControl
    from readers import OpenFile

    from tap_marketo_programs.member_file.file import MemberFile

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

ROCKET = "\U0001f680".encode()
CONTENT = b"programId,leadId,program\n1001,1," + ROCKET + b" Launch\n1001,2,Alpha\n"
IN_ROCKET = CONTENT.index(ROCKET)
LARGE = CONTENT + b"".join(b"1001,%d,row\n" % lead for lead in range(3, 30_000))


@dataclass
class Exports:
    """Completed jobs, and a downloader for their files."""

    sandbox: Sandbox
    control: SandboxControl
    client: MarketoClient
    clock: FastClock
    folder: Path

    def completed(self, content: bytes | None = CONTENT, program_id: int = 1001) -> ExportJob:
        """A completed job whose file holds `content`, or what the sandbox makes of it."""
        if content is not None:
            self.control.fault("file_bytes", base64=base64.b64encode(content).decode())
        api = ExportApi(self.client)
        job = api.create(ExportSlice((program_id,), None, None, NOW), ["leadId", "program"])
        api.enqueue(job.export_id)
        while job.status is not ExportStatus.COMPLETED:
            job = api.status(job.export_id)
        return job

    def verifier(
        self,
        client: MarketoClient | None = None,
        rows: OpenFile = count_rows,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Verifier:
        """Fetches files into the folder."""
        api = ExportApi(client or self.client)
        return Verifier(Downloader(api, self.folder, self.clock, stopping), rows)

    def fetch(self, job: ExportJob) -> VerifiedFile:
        """The job's file."""
        return self.verifier().fetch(job)

    def fails(self, job: ExportJob, error: type[Exception]) -> str:
        """What is said when the job's file cannot be had; nothing of it is left."""
        with pytest.raises(error) as caught:
            self.fetch(job)
        assert list(self.folder.iterdir()) == []
        return str(caught.value)

    def cut(self, *places: int) -> None:
        """Break one answer after another once it has sent that many bytes of its own."""
        for turn, place in enumerate(places):
            self.control.fault("cut", "export_file", after=turn, bytes=place)

    def ranges(self) -> list[str | None]:
        """The Range of every request for a file."""
        return [entry["headers"].get("Range") for entry in self.control.requests("export_file")]


@pytest.fixture
def connection(sandbox: Sandbox) -> Connection:
    return Connection(
        host_url(sandbox.url),
        sandbox.client_id,
        sandbox.client_secret,
        timeout=30,
        calls_per_window=100_000,
    )


@pytest.fixture
def exports(
    sandbox: Sandbox, clock: FastClock, connection: Connection, tmp_path: Path
) -> Iterator[Exports]:
    control = sandbox.control
    control.knob(job_seconds_queued=0, job_seconds_processing=0, status_refresh_seconds=0)
    with MarketoClient(connection, clock) as client:
        yield Exports(sandbox, control, client, clock, tmp_path)


def content_of(file: VerifiedFile) -> bytes:
    assert file.path is not None
    return file.path.read_bytes()


# A whole file


@pytest.mark.parametrize("content", [CONTENT, LARGE], ids=["small", "large"])
def test_a_file_arrives_as_it_is(exports: Exports, content: bytes) -> None:
    job = exports.completed(content)

    file = exports.fetch(job)

    assert content_of(file) == content
    assert file.size == len(content) == job.file_size
    assert file.rows == content.count(b"\n") - 1 == job.number_of_records
    assert exports.ranges() == [None]


def test_what_the_sandbox_itself_exports_arrives_too(exports: Exports) -> None:
    job = exports.completed(None)

    file = exports.fetch(job)

    assert job.checksum == "sha256:" + hashlib.sha256(content_of(file)).hexdigest()
    assert file.rows == job.number_of_records
    assert file.rows > 0


@pytest.mark.parametrize("variant", ["lf", "no_final", "crlf"])
def test_the_last_line_may_end_as_it_likes(exports: Exports, variant: str) -> None:
    exports.control.knob(U13=variant)

    file = exports.fetch(exports.completed(None))

    assert content_of(file).endswith(b"\n") == (variant != "no_final")


def test_a_file_that_was_handed_over_can_be_removed_twice(exports: Exports) -> None:
    file = exports.fetch(exports.completed())

    file.remove()
    file.remove()

    assert list(exports.folder.iterdir()) == []


def test_only_the_owner_can_read_a_file(exports: Exports) -> None:
    job = exports.completed()
    private = PrivateFolder()
    umask = os.umask(0)
    try:
        downloader = Downloader(ExportApi(exports.client), private.path, exports.clock)
        file = Verifier(downloader, count_rows).fetch(job)
        assert file.path is not None
        assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(private.path.stat().st_mode) == 0o700
    finally:
        os.umask(umask)
        private.remove()
    assert not private.path.exists()


def test_a_file_is_asked_for_uncompressed_and_without_a_token_in_the_url(exports: Exports) -> None:
    exports.fetch(exports.completed())

    (entry,) = exports.control.requests("export_file")
    assert entry["headers"]["Accept-Encoding"] == "identity"
    assert entry["authorized"]
    assert not entry["token_in_url"]


# Connections that break


@pytest.mark.parametrize(
    "place",
    [0, 1, 25, IN_ROCKET + 1, IN_ROCKET + 2, IN_ROCKET + 3, len(CONTENT) - 1],
)
def test_a_cut_file_goes_on_from_the_very_byte(exports: Exports, place: int) -> None:
    job = exports.completed()
    exports.cut(place)

    file = exports.fetch(job)

    assert content_of(file) == CONTENT
    assert exports.ranges() == [None, f"bytes={place}-" if place else None]


def test_a_large_file_loses_nothing_that_arrived_before_a_cut(exports: Exports) -> None:
    job = exports.completed(LARGE)
    exports.cut(150_001, 70_003, 1)

    file = exports.fetch(job)

    assert content_of(file) == LARGE
    assert exports.ranges() == [None, "bytes=150001-", "bytes=220004-", "bytes=220005-"]


def test_any_number_of_cuts_is_survived_while_bytes_arrive(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(*[3] * (3 * MAX_STALLS))

    assert content_of(exports.fetch(job)) == CONTENT
    assert max(exports.clock.slept) <= 1, "what gets on need not wait longer and longer"


def test_cuts_without_a_new_byte_between_them_end_the_download(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20, *[0] * 100)

    assert "connection failed" in exports.fails(job, ConnectionFailed)
    assert len(exports.ranges()) == 1 + MAX_STALLS
    assert exports.clock.slept == [1, 2, 4, 8, 16][:MAX_STALLS]


def test_some_bytes_at_the_last_moment_keep_a_download_alive(exports: Exports) -> None:
    job = exports.completed()
    least = least_progress(len(CONTENT))
    exports.cut(20, *[0] * (MAX_STALLS - 1), least, *[0] * (MAX_STALLS - 1))

    assert content_of(exports.fetch(job)) == CONTENT


@pytest.mark.parametrize("unsaid", [[], ["missing_verdict"]], ids=["figures", "no figures"])
def test_a_connection_that_is_cut_after_every_byte_does_not_cost_a_call_a_byte(
    exports: Exports, unsaid: list[str]
) -> None:
    for kind in unsaid:
        exports.control.fault(kind, count=100)
    job = exports.completed(LARGE)
    exports.cut(*[1] * 100)

    exports.fails(job, ConnectionFailed)
    assert len(exports.ranges()) == MAX_STALLS


@pytest.mark.parametrize("unsaid", [[], ["missing_verdict"]], ids=["figures", "no figures"])
@pytest.mark.parametrize("bytes_a_call", [40_000, 6_000])
def test_a_slow_but_steady_download_arrives(
    exports: Exports, bytes_a_call: int, unsaid: list[str]
) -> None:
    for kind in unsaid:
        exports.control.fault(kind, count=100)
    job = exports.completed(LARGE)
    exports.cut(*[bytes_a_call] * 100)

    assert content_of(exports.fetch(job)) == LARGE
    assert len(exports.ranges()) == len(LARGE) // bytes_a_call + 1


def test_a_file_of_a_few_bytes_may_come_byte_by_byte(exports: Exports) -> None:
    content = b"leadId\n1\n"
    job = exports.completed(content)
    exports.cut(*[1] * (len(content) - 1))

    assert content_of(exports.fetch(job)) == content


@pytest.mark.parametrize(
    ("total", "least"),
    [(None, 1 << 17), (0, 1), (9, 1), (100, 5), (1 << 20, 52428), (1 << 40, 1 << 17)],
)
def test_the_least_progress_is_a_share_of_the_file_or_some_kilobytes(
    total: int | None, least: int
) -> None:
    assert least_progress(total) == least


def test_a_lost_answer_to_a_resumption_is_asked_for_again(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("reset", "export_file", after=1, count=2)

    assert content_of(exports.fetch(job)) == CONTENT


def test_silence_is_bounded_by_the_request_timeout(
    exports: Exports, connection: Connection, clock: FastClock
) -> None:
    job = exports.completed()
    exports.control.fault("stall", "export_file", bytes=20, seconds=3600)
    impatient = Connection(
        connection.host_url,
        connection.client_id,
        connection.client_secret,
        timeout=0.2,
        calls_per_window=100_000,
    )

    with MarketoClient(impatient, clock) as client:
        file = exports.verifier(client).fetch(job)

    assert content_of(file) == CONTENT


def test_endless_silence_ends_the_download(
    exports: Exports, connection: Connection, clock: FastClock
) -> None:
    job = exports.completed()
    exports.control.fault("stall", "export_file", count=100, bytes=0, seconds=0.5)
    impatient = Connection(
        connection.host_url,
        connection.client_id,
        connection.client_secret,
        timeout=0.1,
        calls_per_window=100_000,
    )

    with (
        MarketoClient(impatient, clock) as client,
        pytest.raises(ConnectionFailed, match="no answer in time"),
    ):
        exports.verifier(client).fetch(job)

    assert list(exports.folder.iterdir()) == []


# Servers that answer a Range in their own way


def test_a_server_that_ignores_the_range_is_read_from_the_start(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("whole_file_on_range")

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None, "bytes=20-"]


@pytest.mark.parametrize(
    "content_range",
    [
        f"bytes 0-0/{len(CONTENT)}",
        f"bytes 19-{len(CONTENT) - 1}/{len(CONTENT)}",
        f"bytes 20-{len(CONTENT) - 1}/{len(CONTENT) + 1}",
        f"bytes */{len(CONTENT)}",
        f"items 20-{len(CONTENT) - 1}/{len(CONTENT)}",
        "bytes " + "9" * 5_000 + "-1/2",
        "",
    ],
    ids=["default", "one byte early", "other size", "none", "other unit", "huge", "missing"],
)
def test_a_part_that_does_not_fit_is_thrown_away(exports: Exports, content_range: str) -> None:
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("wrong_content_range", content_range=content_range)

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None, "bytes=20-", None]


def test_a_part_that_does_not_tell_the_size_fits(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    last = len(CONTENT) - 1
    exports.control.fault("wrong_content_range", content_range=f"bytes 20-{last}/*")

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None, "bytes=20-"]


def test_starting_over_again_and_again_is_no_progress(exports: Exports) -> None:
    """Were less than ever before taken for progress, this would not end."""
    job = exports.completed()
    exports.cut(40, *[20, 30] * 50)
    exports.control.fault("whole_file_on_range", count=100)

    exports.fails(job, ConnectionFailed)
    assert len(exports.ranges()) == 1 + MAX_STALLS


def test_parts_that_never_fit_are_no_progress(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(*[40] * 50)
    exports.control.fault("wrong_content_range", count=100)

    exports.fails(job, FileCorrupt)
    assert len(exports.ranges()) == 1 + MAX_STALLS


def test_a_part_without_its_last_byte_is_completed(exports: Exports) -> None:
    """Marketo's own bug until August 2021."""
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("short_range")

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None, "bytes=20-", f"bytes={len(CONTENT) - 1}-"]


def test_a_last_byte_that_never_comes_is_a_corrupt_file(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("short_range", count=100)

    size = len(CONTENT)
    assert f"{size - 1} bytes instead of {size}" in exports.fails(job, FileCorrupt)


def test_a_416_before_the_promised_size_is_a_corrupt_file(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("http", "export_file", after=1, status=416, body="")

    assert f"20 bytes instead of {len(CONTENT)}" in exports.fails(job, FileCorrupt)


def test_a_416_proves_nothing_where_no_size_is_known(exports: Exports) -> None:
    exports.control.fault("missing_verdict", count=100)
    job = exports.completed()
    assert job.file_size is None
    exports.cut(20)
    exports.control.fault("http", "export_file", after=1, status=416, body="")

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None, "bytes=20-", None]


@pytest.mark.parametrize("variant", ["200", "206"])
def test_a_range_beyond_the_end_may_be_answered_in_any_way(exports: Exports, variant: str) -> None:
    """The file is shorter in the second answer only."""
    job = exports.completed()
    exports.control.knob(U14=variant)
    exports.cut(40)
    exports.control.fault("corrupt", after=1, mode="truncate", at=30)

    assert content_of(exports.fetch(job)) == CONTENT


def test_a_file_that_became_shorter_is_a_corrupt_file(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(40)
    exports.control.fault("corrupt", after=1, count=100, mode="truncate", at=30)

    exports.fails(job, FileCorrupt)


# Errors where a file is expected


@pytest.mark.parametrize("turn", [0, 1], ids=["at once", "in the middle"])
def test_an_expired_token_is_renewed(exports: Exports, turn: int) -> None:
    job = exports.completed()
    exports.cut(*[20] * turn)
    exports.control.fault("error", "export_file", after=turn, code="602")

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.control.stats()["calls"]["identity"] == 2


def test_a_revoked_token_is_renewed(exports: Exports) -> None:
    job = exports.completed()
    exports.control.revoke_tokens()

    assert content_of(exports.fetch(job)) == CONTENT


def test_a_rate_limit_is_waited_out(exports: Exports) -> None:
    job = exports.completed()
    exports.control.fault("error", "export_file", code="606", count=2)

    assert content_of(exports.fetch(job)) == CONTENT
    assert sum(wait >= 20 for wait in exports.clock.slept) >= 2


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("http", {"status": 502}),
        ("http", {"status": 503}),
        ("empty_body", {}),
        ("broken_json", {}),
        ("error", {"code": "611"}),
        ("error", {"code": "615"}),
        ("reset", {}),
    ],
)
def test_a_passing_trouble_is_sat_out(exports: Exports, kind: str, args: dict[str, Any]) -> None:
    job = exports.completed()
    exports.control.fault(kind, "export_file", count=2, **args)

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None] * 3


@pytest.mark.parametrize(("code", "error"), [("603", PermissionDenied), ("607", CallQuotaExceeded)])
def test_an_error_that_is_not_the_files_is_named(
    exports: Exports, code: str, error: type[Exception]
) -> None:
    job = exports.completed()
    exports.control.fault("error", "export_file", code=code)

    assert code in exports.fails(job, error)


PAGES = [
    "<html>Sorry</html>",
    "\ufeff\r\n <!DOCTYPE html>",
    '{"requestId":"1#2","success":false,"errors":[{"code":"606","message":"secret"}]}',
]


@pytest.mark.parametrize("body", PAGES)
@pytest.mark.parametrize("content_type", ["text/html", "text/csv;charset=UTF-8"])
def test_a_page_in_place_of_the_file_is_not_taken_for_it(
    exports: Exports, body: str, content_type: str
) -> None:
    job = exports.completed()
    page: dict[str, Any] = {"status": 200, "body": body, "content_type": content_type}
    exports.control.fault("http", "export_file", count=MAX_STALLS - 1, **page)

    assert content_of(exports.fetch(job)) == CONTENT


@pytest.mark.parametrize("body", PAGES)
@pytest.mark.parametrize("unsaid", [[], ["missing_verdict"]], ids=["figures", "no figures"])
def test_a_page_that_stays_in_the_files_place_is_a_corrupt_file(
    exports: Exports, body: str, unsaid: list[str]
) -> None:
    for kind in unsaid:
        exports.control.fault(kind, count=100)
    job = exports.completed()
    page: dict[str, Any] = {"status": 200, "body": body, "content_type": "text/csv"}
    exports.control.fault("http", "export_file", count=100, **page)

    told = exports.fails(job, FileCorrupt)

    assert "in place of a table" in told
    assert "secret" not in told
    assert len(exports.ranges()) == MAX_STALLS


def test_a_page_in_place_of_the_rest_of_a_file_is_not_part_of_it(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    page: dict[str, Any] = {"status": 200, "body": PAGES[0], "content_type": "text/csv"}
    exports.control.fault("http", "export_file", after=1, **page)

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None, "bytes=20-", "bytes=20-"]


@pytest.mark.parametrize("unsaid", [[], ["missing_verdict"]], ids=["figures", "no figures"])
def test_nothing_in_place_of_the_rest_of_a_file_is_not_its_end(
    exports: Exports, unsaid: list[str]
) -> None:
    for kind in unsaid:
        exports.control.fault(kind, count=100)
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("http", "export_file", after=1, status=200, body="")

    assert content_of(exports.fetch(job)) == CONTENT
    assert exports.ranges() == [None, "bytes=20-", "bytes=20-"]


@pytest.mark.parametrize(
    "content_type",
    ["text/csv", "TEXT/CSV; charset=utf-8", "text/plain", "application/octet-stream"],
)
def test_the_content_type_of_a_file_does_not_matter(exports: Exports, content_type: str) -> None:
    job = exports.completed()
    exports.control.fault(
        "http", "export_file", status=200, body=CONTENT.decode(), content_type=content_type
    )

    assert content_of(exports.fetch(job)) == CONTENT


# No file


@pytest.mark.parametrize("variant", ["plain", "html", "empty"])
def test_a_404_means_that_there_is_no_file(exports: Exports, variant: str) -> None:
    exports.control.knob(U7=variant)
    job = exports.completed()
    exports.control.expire(job.export_id)

    exports.fails(job, FileUnavailable)


@pytest.mark.parametrize("variant", ["404", "json"])
def test_a_file_that_expires_in_the_middle_is_unavailable(exports: Exports, variant: str) -> None:
    exports.control.knob(U16=variant)
    job = exports.completed()
    exports.cut(20)

    def expires() -> bool:
        exports.control.expire(job.export_id)
        return False

    with pytest.raises(FileUnavailable):
        exports.verifier(stopping=expires).fetch(job)

    assert exports.ranges() == [None, "bytes=20-"]
    assert list(exports.folder.iterdir()) == []


@pytest.mark.parametrize("variant", ["404", "json"])
def test_the_file_of_an_expired_job_is_unavailable(exports: Exports, variant: str) -> None:
    exports.control.knob(U16=variant)
    job = exports.completed()
    exports.control.expire(job.export_id)

    exports.fails(job, FileUnavailable)


@pytest.mark.parametrize("code", ["610", "702", "1003", "1013"])
def test_a_file_that_is_refused_is_unavailable(exports: Exports, code: str) -> None:
    job = exports.completed()
    exports.control.fault("error", "export_file", code=code)

    assert code in exports.fails(job, FileUnavailable)


def test_a_job_that_is_not_completed_has_no_file(exports: Exports) -> None:
    api = ExportApi(exports.client)
    job = api.create(ExportSlice((1001,), None, None, NOW), ["leadId"])

    exports.fails(job, FileUnavailable)


def test_a_completed_job_whose_file_is_gone_says_so(exports: Exports) -> None:
    job = exports.completed()
    exports.control.fault("file_missing")

    assert job.export_id in exports.fails(job, FileUnavailable)


# Files that are not what their status says


def test_a_wrong_checksum_is_a_corrupt_file(exports: Exports) -> None:
    exports.control.fault("wrong_checksum", count=100)

    assert "fileChecksum" in exports.fails(exports.completed(), FileCorrupt)


@pytest.mark.parametrize("place", [0, IN_ROCKET, len(CONTENT) - 1])
def test_one_wrong_bit_is_a_corrupt_file(exports: Exports, place: int) -> None:
    job = exports.completed()
    exports.control.fault("corrupt", mode="flip", at=place)

    assert "fileChecksum" in exports.fails(job, FileCorrupt)


def test_a_wrong_bit_before_a_cut_is_noticed_after_it(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("corrupt", mode="flip", at=10)

    assert "fileChecksum" in exports.fails(job, FileCorrupt)


def test_more_bytes_than_promised_are_a_corrupt_file(exports: Exports) -> None:
    exports.control.fault("wrong_size", count=100, value=len(CONTENT) - 1)

    assert "more than" in exports.fails(exports.completed(), FileCorrupt)
    assert exports.ranges() == [None]


def test_fewer_bytes_than_promised_are_a_corrupt_file(exports: Exports) -> None:
    exports.control.fault("wrong_size", count=100, value=len(CONTENT) + 1)

    assert "bytes instead of" in exports.fails(exports.completed(), FileCorrupt)


def test_a_truncated_file_is_a_corrupt_file(exports: Exports) -> None:
    job = exports.completed()
    exports.control.fault("corrupt", mode="truncate", count=100)

    exports.fails(job, FileCorrupt)


@pytest.mark.parametrize("told", [1, 3, 999_999])
def test_a_file_whose_size_and_checksum_are_right_is_read_whatever_the_number_of_records(
    exports: Exports, told: int
) -> None:
    exports.control.fault("wrong_records", count=100, value=told)

    file = exports.fetch(exports.completed())

    assert (content_of(file), file.rows) == (CONTENT, 2)
    assert file.oddities == ("with another number of rows than numberOfRecords",)


@pytest.mark.parametrize(("kind", "value"), [("wrong_checksum", ""), ("wrong_checksum", "md5:0")])
def test_the_number_of_records_binds_where_no_checksum_proves_the_file(
    exports: Exports, kind: str, value: str
) -> None:
    exports.control.fault("wrong_records", count=100, value=3)
    exports.control.fault(kind, count=100, value=value)

    assert "2 rows instead of 3" in exports.fails(exports.completed(), FileCorrupt)


def test_the_number_of_records_binds_where_a_file_had_to_be_guessed_at(exports: Exports) -> None:
    exports.control.fault("wrong_records", count=100, value=3)
    job = exports.completed()

    with pytest.raises(FileCorrupt, match="2 rows instead of 3"):
        exports.verifier(rows=found(2, 2, is_certain=False)).fetch(job)


def test_rows_that_are_skipped_count_among_the_records(exports: Exports) -> None:
    file = exports.verifier(rows=found(1, 2, is_certain=True)).fetch(exports.completed())

    assert (file.rows, file.oddities) == (1, ())


@pytest.mark.parametrize("planted", ["file", "link"])
def test_what_lies_in_a_files_place_is_neither_read_nor_followed(
    exports: Exports, tmp_path_factory: pytest.TempPathFactory, planted: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "mine"
    elsewhere.write_text("mine")
    job = exports.completed()
    place = exports.folder / f"{job.export_id}.csv"
    if planted == "link":
        place.symlink_to(elsewhere)
    else:
        place.hardlink_to(elsewhere)

    assert content_of(exports.fetch(job)) == CONTENT
    assert elsewhere.read_text() == "mine"
    assert not place.is_symlink()


def test_a_file_that_is_no_table_is_not_kept(exports: Exports) -> None:
    def refuse(*_: object) -> MemberFile:
        message = "not a table"
        raise FileCorrupt(message)

    job = exports.completed()
    with pytest.raises(FileCorrupt, match="not a table"):
        exports.verifier(rows=refuse).fetch(job)
    assert list(exports.folder.iterdir()) == []


def test_a_corrupt_file_can_be_had_again(exports: Exports) -> None:
    job = exports.completed()
    exports.control.fault("corrupt", mode="flip")

    exports.fails(job, FileCorrupt)
    assert content_of(exports.fetch(job)) == CONTENT


# What a status does not say


def test_without_size_checksum_and_count_a_file_is_taken_as_it_is(exports: Exports) -> None:
    exports.control.fault("missing_verdict", count=100)

    file = exports.fetch(exports.completed())

    assert content_of(file) == CONTENT
    assert (file.rows, file.size) == (2, len(CONTENT))


@pytest.mark.parametrize(
    "checksum",
    [
        "SHA256:" + hashlib.sha256(CONTENT).hexdigest().upper(),
        f" sha256:{hashlib.sha256(CONTENT).hexdigest()} ",
        "md5:0123456789abcdef",
        "",
    ],
    ids=["capitals", "blanks", "another kind", "empty"],
)
def test_a_checksum_counts_in_the_form_in_which_marketo_gives_it(
    exports: Exports, checksum: str
) -> None:
    exports.control.fault("wrong_checksum", count=100, value=checksum)

    assert content_of(exports.fetch(exports.completed())) == CONTENT


# Empty exports


@pytest.mark.parametrize("variant", ["header", "zero_bytes", "404"])
def test_an_export_without_rows_is_not_downloaded(exports: Exports, variant: str) -> None:
    exports.control.knob(U8=variant)
    program_id = exports.control.add_program(name="nobody in it")["id"]
    job = exports.completed(None, program_id)
    assert job.number_of_records == 0

    file = exports.fetch(job)

    assert (file.path, file.rows) == (None, 0)
    file.remove()
    assert exports.ranges() == []


@pytest.mark.parametrize("variant", ["header", "zero_bytes"])
def test_an_export_that_does_not_say_that_it_is_empty_is(exports: Exports, variant: str) -> None:
    exports.control.knob(U8=variant)
    exports.control.fault("missing_verdict", count=100)
    program_id = exports.control.add_program(name="nobody in it")["id"]

    file = exports.fetch(exports.completed(None, program_id))

    assert file.rows == 0
    assert len(exports.ranges()) == 1


def test_an_export_that_neither_says_that_it_is_empty_nor_has_a_file_is_unavailable(
    exports: Exports,
) -> None:
    """To take it for empty could lose rows."""
    exports.control.knob(U8="404")
    exports.control.fault("missing_verdict", count=100)
    program_id = exports.control.add_program(name="nobody in it")["id"]

    exports.fails(exports.completed(None, program_id), FileUnavailable)


# A run that ends


def test_a_stop_ends_a_download_in_its_middle(exports: Exports) -> None:
    job = exports.completed(LARGE)
    asked: list[int] = []

    def stopping() -> bool:
        asked.append(1)
        return True

    with pytest.raises(ConnectionFailed, match="the run is ending"):
        exports.verifier(stopping=stopping).fetch(job)

    assert len(asked) <= 2
    assert list(exports.folder.iterdir()) == []
    assert exports.clock.slept == []
    assert exports.ranges() == [None]


def test_a_stop_ends_a_download_whose_connection_just_broke(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(0)

    with pytest.raises(ConnectionFailed):
        exports.verifier(stopping=lambda: True).fetch(job)

    assert exports.clock.slept == []
    assert exports.ranges() == [None]


def test_a_stop_ends_a_download_that_would_start_over(exports: Exports) -> None:
    job = exports.completed()
    exports.cut(20)
    exports.control.fault("wrong_content_range", count=100)

    with pytest.raises(ConnectionFailed, match="the run is ending"):
        exports.verifier(stopping=lambda: len(exports.ranges()) > 1).fetch(job)

    assert list(exports.folder.iterdir()) == []


# A job that was taken for a lost one


@pytest.mark.parametrize(
    ("content", "fields", "snapshot_at"),
    [
        # Members without a column would lose its values, and of a window some keys are missing.
        (b"programId,leadId\n1001,1\n", ["leadId", "statusName"], None),
        (b"programId,leadId,statusName\n1001,1,On\n", ["leadId"], NOW),
    ],
)
def test_a_file_of_other_columns_is_of_another_job(
    exports: Exports, content: bytes, fields: list[str], snapshot_at: datetime | None
) -> None:
    job = replace(exports.completed(content), number_of_records=1)

    with pytest.raises(FileForeign, match="other columns"):
        exports.verifier().fetch(job, [1001], fields, is_adopted=True, snapshot_at=snapshot_at)

    assert list(exports.folder.iterdir()) == []


def test_the_columns_of_an_adopted_job_may_be_more_and_in_other_letters(exports: Exports) -> None:
    job = exports.completed(b"PROGRAMID,LEADID,statusName\n1001,1,On\n")

    exports.verifier().fetch(replace(job, number_of_records=1), [1001], ["leadId"], is_adopted=True)
