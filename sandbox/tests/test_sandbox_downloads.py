"""The file of an export job: where it is had, for how long, whole or by range."""

from __future__ import annotations

import pytest
from marketo_sandbox.raw_client import EXPORT, RawClient

ONE = {"programId": 1001}


@pytest.mark.parametrize(
    ("variant", "body", "content_type"),
    [
        ("plain", b"Not Found", "text/plain;charset=UTF-8"),
        ("html", b"<html>", "text/html;charset=UTF-8"),
        ("empty", b"", "text/plain"),
    ],
)
def test_a_file_that_is_not_there_is_a_404_without_json(
    client: RawClient, variant: str, body: bytes, content_type: str
) -> None:
    client.control.knob(U7=variant)
    answer = client.file(client.queued(ONE))
    assert answer.status == 404
    assert answer.body.startswith(body)
    assert bool(answer.body) is bool(body)
    assert answer.headers["content-type"] == content_type


@pytest.mark.parametrize(("variant", "status"), [("404", 404), ("json", 200)])
def test_files_live_seven_days_and_statuses_thirty(
    client: RawClient, variant: str, status: int
) -> None:
    client.control.knob(U16=variant)
    export_id = client.exported(ONE)[0]["exportId"]
    client.control.advance(7 * 86400 - 200)
    client.forget_token()
    assert client.file(export_id).body
    client.control.advance(300)
    client.forget_token()
    gone = client.file(export_id)
    assert gone.status == status
    assert client.status(export_id)["status"] == "Completed"
    client.control.advance(24 * 86400)
    client.forget_token()
    assert client.get(f"{EXPORT}/{export_id}/status.json").code == "1013"


def test_files_and_jobs_can_be_dropped_by_hand(client: RawClient) -> None:
    export_id = client.exported(ONE)[0]["exportId"]
    client.control.expire(export_id)
    assert client.file(export_id).status == 404
    client.control.forget(export_id)
    assert client.control.jobs() == []


def test_a_file_comes_whole_or_by_range_and_never_compressed(client: RawClient) -> None:
    export_id = client.exported(ONE, ["leadId", "updatedAt"])[0]["exportId"]
    whole = client.get(f"{EXPORT}/{export_id}/file.json", {"Accept-Encoding": "gzip"})
    size = len(whole.body)
    assert whole.status == 200
    assert whole.headers["content-type"] == "text/csv;charset=UTF-8"
    assert whole.headers["content-disposition"] == "attachment; filename=file"
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-length"] == str(size)
    for asked, start, end in (
        ("0-0", 0, 0),
        ("5-9", 5, 9),
        ("7-", 7, size - 1),
        ("3-9999", 3, size - 1),
    ):
        part = client.file(export_id, f"bytes={asked}")
        assert part.status == 206
        assert part.body == whole.body[start : end + 1]
        assert part.headers["content-range"] == f"bytes {start}-{end}/{size}"
    assert client.file(export_id, "lines=1-2").status == 200


@pytest.mark.parametrize(
    ("variant", "beyond", "suffix"), [("416", 416, 416), ("200", 200, 200), ("206", 206, 206)]
)
def test_ranges_beyond_the_end_and_suffixes(
    client: RawClient, variant: str, beyond: int, suffix: int
) -> None:
    client.control.knob(U14=variant)
    export_id = client.exported(ONE)[0]["exportId"]
    whole = client.file(export_id).body
    far, tail = client.file(export_id, "bytes=9999-"), client.file(export_id, "bytes=-3")
    assert (far.status, tail.status) == (beyond, suffix)
    if variant == "416":
        assert far.body == b""
        assert far.headers["content-range"] == f"bytes */{len(whole)}"
    if variant == "200":
        assert far.body == whole
    if variant == "206":
        assert tail.body == whole[-3:]
        assert far.body == whole[-1:]
