"""The stream of export jobs shows what was exported, this very run's jobs included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from altering_proxy import Alteration, ends_with
from harness import UpsertingTarget, only
from scenes import DAY, HOUR, Scene

from tap_marketo_programs.errors import PermissionDenied

if TYPE_CHECKING:
    from altering_proxy import Answer, Proxy
    from harness import Output, Tap

Row = dict[str, Any]

JOBS = "export_jobs"
MEMBERS = "program_members"
FIELDS = {
    "exportId",
    "status",
    "createdAt",
    "queuedAt",
    "startedAt",
    "finishedAt",
    "numberOfRecords",
    "fileSize",
    "fileChecksum",
    "errorMsg",
}


@pytest.fixture
def scene(tap: Tap) -> Scene:
    found = Scene(tap)
    found.begin(programs=25, members=4)
    return found


def jobs_by_id(output: Output) -> dict[str, Row]:
    rows = output.records(JOBS)
    found = {row["exportId"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def test_the_jobs_of_a_run_are_in_its_own_output_with_what_they_cost(scene: Scene) -> None:
    output = scene.tap.sync()

    jobs = jobs_by_id(output)
    assert len(jobs) == len(scene.control.jobs()) == 3
    assert {job["status"] for job in jobs.values()} == {"Completed"}
    assert (
        sum(job["fileSize"] for job in jobs.values()) == scene.control.stats()["quota_bytes_used"]
    )
    assert sum(job["numberOfRecords"] for job in jobs.values()) == len(output.records())
    for job in jobs.values():
        assert set(job) <= FIELDS
        assert job["createdAt"] <= job["queuedAt"] <= job["startedAt"] <= job["finishedAt"]
        assert job["finishedAt"].endswith("Z")
        assert job["fileChecksum"].startswith("sha256:")


def test_sums_over_several_runs_are_those_of_the_quota(scene: Scene) -> None:
    target = UpsertingTarget()
    state: dict[str, Any] = {}
    for number in range(3):
        output = scene.tap.sync(MEMBERS, JOBS, state=state, change_detection="none")
        target.load(output)
        state = output.state
        scene.control.advance(HOUR)
        scene.control.add_member(1001 + number, 5000)
        scene.control.advance(60)

    sizes = [job["fileSize"] for (_,), job in target.tables[JOBS].items()]
    assert len(sizes) == len(scene.control.jobs()) > 3
    assert sum(sizes) == scene.control.stats()["quota_bytes_used"]


def test_it_is_the_last_stream_of_all_and_in_the_catalog(scene: Scene) -> None:
    catalog = scene.tap.catalog()

    assert [one["tap_stream_id"] for one in catalog["streams"]][-1] == JOBS
    output = scene.tap.sync(catalog=catalog)
    assert output.of("SCHEMA")[-1]["stream"] == JOBS


def test_a_row_fits_its_schema_and_says_only_what_marketo_says(scene: Scene) -> None:
    output = scene.tap.sync(MEMBERS, JOBS)
    (schema,) = output.of("SCHEMA", JOBS)

    assert schema["key_properties"] == ["exportId"]
    assert set(schema["schema"]["properties"]) == FIELDS
    for row in output.records(JOBS):
        jsonschema.validate(row, schema["schema"])


def test_jobs_that_ended_otherwise_are_there_with_their_reasons(scene: Scene) -> None:
    scene.control.fault("job_failed", "any", errorMsg="Timeout exceeded")

    output = scene.tap.sync(MEMBERS, JOBS)

    (failed,) = [row for row in output.records(JOBS) if row["status"] == "Failed"]
    assert failed["errorMsg"] == "Timeout exceeded"
    assert failed.get("fileSize") is None
    assert len(jobs_by_id(output)) == len(scene.control.jobs()) == 4


def test_a_job_that_nobody_enqueued_is_there_without_what_is_not_known(scene: Scene) -> None:
    scene.run(before=_stop_at_state)

    rows = list(jobs_by_id(scene.tap.sync(JOBS)).values())

    created = [row for row in rows if row["status"] == "Created"]
    assert created
    assert all(row.get("finishedAt") is None for row in created)


def _stop_at_state(message: dict[str, Any]) -> None:
    bookmarks = message.get("value", {}).get("bookmarks", {})
    if bookmarks.get(MEMBERS, {}).get("exports"):
        raise RuntimeError


def test_only_the_past_seven_days_are_shown(scene: Scene) -> None:
    scene.tap.sync(MEMBERS)
    scene.control.advance(8 * DAY)

    assert not scene.tap.sync(JOBS).records(JOBS)


def test_no_jobs_are_no_rows_whatever_the_body(scene: Scene) -> None:
    for body in ("no_body", "no_result"):
        scene.control.knob(empty_job_list=body)

        assert not scene.tap.sync(JOBS).records(JOBS)


def test_more_jobs_than_an_answer_holds_all_arrive_once(scene: Scene) -> None:
    scene.begin(programs=320, members=0)
    for _ in range(11):
        scene.tap.sync(MEMBERS, max_queued_exports=10)

    jobs = jobs_by_id(scene.tap.sync(JOBS))

    assert len(jobs) == len(scene.control.jobs()) > 300
    assert len(scene.control.requests("export_list")) >= 2


# Oddities


GOOD = {"exportId": "a-1", "status": "Completed", "createdAt": "2026-01-31T00:00:00Z"}


def answered(scene: Scene, between: Proxy, *rows: object) -> Output:
    """What the stream makes of a listing with these entries."""

    def change(answer: Answer) -> bool:
        envelope = {"requestId": "1#2", "success": True, "result": list(rows)}
        answer.body = json.dumps(envelope).encode()
        return True

    between.alterations = [Alteration(ends_with("/members/export.json"), change)]
    return scene.tap.sync(JOBS, base_url=between.url)


@pytest.mark.parametrize(
    ("row", "record"),
    [
        ({"fileSize": "1752.0", "numberOfRecords": "3"}, {"fileSize": 1752, "numberOfRecords": 3}),
        ({"finishedAt": "2026-01-31T00:00:00Z+0000"}, {"finishedAt": "2026-01-31T00:00:00Z"}),
        ({"startedAt": "2026-01-31T02:00:00+0200"}, {"startedAt": "2026-01-31T00:00:00Z"}),
        ({"fileSize": "much", "queuedAt": "soon"}, {"fileSize": None, "queuedAt": None}),
        ({"status": "Archived", "errorMsg": None}, {"status": "Archived", "errorMsg": None}),
        ({"format": "CSV", "invented": {"in": 2031}}, {}),
    ],
)
def test_what_is_meant_beyond_doubt_is_read_and_the_rest_is_null(
    scene: Scene, between: Proxy, row: Row, record: Row
) -> None:
    output = answered(scene, between, GOOD | row)

    assert output.records(JOBS) == [dict.fromkeys(FIELDS) | GOOD | record]


def test_values_and_entries_that_do_not_fit_are_counted_in_a_warning(
    scene: Scene, between: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    skipped = {"status": "skipped", "reasons": [{"code": "1003", "message": "x"}]}

    output = answered(scene, between, GOOD | {"fileSize": "hush"}, {}, 5, skipped, GOOD)

    assert [row["exportId"] for row in output.records(JOBS)] == ["a-1"]
    said = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert any("became null (fileSize: 1)" in line for line in said)
    assert any("error 1003: 1, no object: 1, no usable exportId: 1" in line for line in said)
    assert "hush" not in caplog.text


# Catalogs and permissions


def test_an_older_catalog_does_not_bring_it(scene: Scene) -> None:
    catalog = scene.tap.catalog()
    catalog["streams"] = [entry for entry in catalog["streams"] if entry["tap_stream_id"] != JOBS]

    output = scene.tap.sync(catalog=catalog)

    assert output.records()
    assert not output.of("SCHEMA", JOBS)
    assert not output.of("RECORD", JOBS)


def test_it_is_always_extracted_whole_and_leaves_no_bookmark(scene: Scene) -> None:
    output = scene.tap.sync(JOBS, MEMBERS)
    (entry,) = [found for found in scene.tap.catalog()["streams"] if found["tap_stream_id"] == JOBS]

    assert entry["replication_method"] == "FULL_TABLE"
    assert not output.state["bookmarks"].get(JOBS)


def test_without_the_permission_it_fails_with_its_name(scene: Scene) -> None:
    catalog = only(scene.tap.catalog(), JOBS)
    scene.control.knob(denied="export_list")

    output = scene.tap.run(catalog=catalog)

    assert isinstance(output.error, PermissionDenied)
    assert "Read-Only Lead" in str(output.error)


def test_program_filters_do_not_hide_jobs_nor_cost_a_call(scene: Scene) -> None:
    scene.tap.sync(MEMBERS)
    scene.control.clear_requests()

    output = scene.tap.sync(JOBS, program_types=["none such"])

    assert len(output.records(JOBS)) == 3
    assert not scene.control.requests("programs")
