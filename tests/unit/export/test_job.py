"""An export job as Marketo describes it, in every spelling and with any gap."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_marketo_programs.errors import BrokenAnswer
from tap_marketo_programs.export.job import ExportJob, ExportStatus, valid_export_id

ID = "b5ca52a9-5ecb-4966-b5a9-11659a8b4c2b"

# In the form of Adobe's example of a finished job.
COMPLETED = {
    "exportId": ID,
    "format": "CSV",
    "status": "Completed",
    "createdAt": "2020-01-11T02:33:48Z",
    "queuedAt": "2020-01-11T02:34:13Z",
    "startedAt": "2020-01-11T02:35:19Z",
    "finishedAt": "2020-01-11T02:36:12Z",
    "numberOfRecords": 13,
    "fileSize": 1752,
    "fileChecksum": "sha256:" + "b3c8e70e" * 8,
}


def read(**parts: object) -> ExportJob:
    return ExportJob.from_wire({"exportId": ID, **parts})


# Status


@pytest.mark.parametrize("status", ExportStatus)
def test_a_status_is_read_in_any_case(status: ExportStatus) -> None:
    for word in (status.value, status.lower(), status.upper(), f" {status} "):
        assert ExportStatus.from_wire(word) is status


@pytest.mark.parametrize("word", ["Canceled", "canceled", "CANCELED", "Cancelled", "cancelled"])
def test_cancelled_is_read_with_one_l_and_with_two(word: str) -> None:
    assert ExportStatus.from_wire(word) is ExportStatus.CANCELLED


@pytest.mark.parametrize("word", ["Paused", "Complete", "Cancelling", "", None, 7, [], "\u0130"])
def test_a_status_that_nobody_has_described_counts_as_running(word: object) -> None:
    status = ExportStatus.from_wire(word)

    assert status is ExportStatus.PROCESSING
    assert status.is_running


@pytest.mark.parametrize(
    ("status", "running", "dead"),
    [
        (ExportStatus.CREATED, False, False),
        (ExportStatus.QUEUED, True, False),
        (ExportStatus.PROCESSING, True, False),
        (ExportStatus.COMPLETED, False, False),
        (ExportStatus.FAILED, False, True),
        (ExportStatus.CANCELLED, False, True),
    ],
)
def test_a_status_says_whether_a_job_holds_a_place_or_is_dead(
    status: ExportStatus,
    running: bool,  # noqa: FBT001 - a column of the table
    dead: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert (status.is_running, status.is_dead) == (running, dead)


# Figures


def test_a_finished_job_is_read() -> None:
    assert ExportJob.from_wire(COMPLETED) == ExportJob(
        export_id=ID,
        status=ExportStatus.COMPLETED,
        created_at=datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC),
        queued_at=datetime(2020, 1, 11, 2, 34, 13, tzinfo=UTC),
        started_at=datetime(2020, 1, 11, 2, 35, 19, tzinfo=UTC),
        finished_at=datetime(2020, 1, 11, 2, 36, 12, tzinfo=UTC),
        number_of_records=13,
        file_size=1752,
        checksum=COMPLETED["fileChecksum"],  # type: ignore[arg-type] # the text above
    )


def test_what_is_not_known_yet_is_absent() -> None:
    assert read(status="Created") == ExportJob(ID, ExportStatus.CREATED)


def test_null_is_as_good_as_absent() -> None:
    nothing = dict.fromkeys(COMPLETED, None)

    assert ExportJob.from_wire({**nothing, "exportId": ID, "status": "Queued"}) == ExportJob(
        ID, ExportStatus.QUEUED
    )


def test_an_empty_export_has_zero_records_which_is_not_unknown() -> None:
    assert read(numberOfRecords=0).number_of_records == 0


def test_a_failed_job_keeps_marketos_words() -> None:
    assert read(status="Failed", errorMsg="Internal error").error == "Internal error"


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (0, 0),
        (1752, 1752),
        ("1752", 1752),
        (1752.0, 1752),
        ("1752.0", 1752),
        (" 1752 ", 1752),
        (1752.5, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (-1, None),
        ("-1", None),
        ("", None),
        ("1,752", None),
        ("\u00b2", None),
        ("9" * 5_000, None),
        (True, None),
        ([], None),
        ({}, None),
    ],
)
def test_a_figure_is_a_whole_number_or_unknown(value: object, count: int | None) -> None:
    job = read(fileSize=value, numberOfRecords=value)

    assert (job.file_size, job.number_of_records) == (count, count)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-11T02:33:48Z", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        ("2020-01-10T18:33:48-08:00", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        ("2020-01-11T02:33:48.000Z", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        ("2020-01-11T02:33:48", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        ("2020-01-11T02:33:48Z+0000", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        ("2020-01-10T18:33:48-0800", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        (" 2020-01-11 02:33:48 ", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        ("20200111T023348Z", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        (1_578_710_028_000, datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        (1_578_710_028, datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        ("1578710028000", datetime(2020, 1, 11, 2, 33, 48, tzinfo=UTC)),
        (7, None),
        (-1_578_710_028, None),
        (True, None),
        (1e300, None),
        (float("nan"), None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_time_is_utc_or_unknown(text: object, moment: datetime | None) -> None:
    job = read(createdAt=text, finishedAt=text)

    assert (job.created_at, job.finished_at) == (moment, moment)


@pytest.mark.parametrize("value", [7, None, [], {"sha256": "x"}])
def test_a_checksum_or_an_error_that_is_no_text_is_unknown(value: object) -> None:
    job = read(fileChecksum=value, errorMsg=value)

    assert (job.checksum, job.error) == (None, None)


anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(COMPLETED, anything)))
def test_any_answer_is_a_job_or_broken(answer: dict[str, Any]) -> None:
    try:
        job = ExportJob.from_wire(answer)
    except BrokenAnswer:
        return
    assert job.export_id == answer["exportId"]


# Ids


@pytest.mark.parametrize("text", [ID, "a", "5eac8123a7cbd41508c79937", "A-1"])
def test_an_id_of_letters_digits_and_dashes_is_good(text: str) -> None:
    assert valid_export_id(text) == text
    assert ExportJob.from_wire({"exportId": text}).export_id == text


@pytest.mark.parametrize(
    "text",
    [
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "..",
        "a.csv",
        "",
        "-x",
        "a b",
        "a\n",
        "a\0",
        "a%2fb",
        "a?b",
        "\u0661",
        "a" * 65,
        None,
        7,
        [],
    ],
)
def test_an_id_that_could_lead_elsewhere_is_not_followed(text: object) -> None:
    with pytest.raises(ValueError, match="not an export id"):
        valid_export_id(text)
    with pytest.raises(BrokenAnswer, match="without a usable exportId") as caught:
        ExportJob.from_wire({"exportId": text, "status": "Created"})
    assert caught.value.in_doubt


def test_an_answer_without_an_id_names_no_job() -> None:
    with pytest.raises(BrokenAnswer):
        ExportJob.from_wire({"status": "Created"})
