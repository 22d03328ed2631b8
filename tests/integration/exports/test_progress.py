"""A person who reads the log knows what the run does, and a machine gets the same figures."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from key_scenes import KEYS, KeyScene
from scenes import MEMBERS, Scene

from tap_marketo_programs.schemas.figures import size_text

if TYPE_CHECKING:
    from harness import Tap

SIZE = r"[\d,.]+ (?:MB|KB|bytes)"

LEDGER = re.compile(
    r"program_members: (?P<brought>(not complete, \d+ jobs? to do: )?"
    r"(?P<export_rows>[\d,]+) rows?.*); "
    r"(?P<export_jobs_done>\d+) jobs? done, (?P<export_jobs_created>\d+) created"
    r"(, (?P<export_jobs_given_up>\d+) failed)?; "
    r"(?P<api_calls>\d+) API calls?, (?P<api_retries>\d+) retr(y|ies); "
    rf"(?P<size>{SIZE}), (?P<today>{SIZE}) exported "
    rf"today(, (?P<left>{SIZE}) of daily_export_quota_mb left)?"
    r"(; (?P<nulled_cells>\d+) cells? made null)?; .*\d s"
)
PLAN = "program_members: exports "
STANDING = re.compile(r"program_members: \d+ of \d+ jobs? done")


@pytest.fixture
def scene(tap: Tap, caplog: pytest.LogCaptureFixture) -> Scene:
    """Sixty programs: six jobs."""
    caplog.set_level(logging.INFO)
    scene = Scene(tap)
    scene.begin(programs=60, members=20)
    return scene


def lines(caplog: pytest.LogCaptureFixture, start: str) -> list[str]:
    """The log lines that begin like this."""
    told = [record.getMessage() for record in caplog.records]
    return [line for line in told if line.startswith(start)]


def ledgers(caplog: pytest.LogCaptureFixture) -> list[re.Match[str]]:
    """The lines that say what runs amounted to."""
    told = [LEDGER.fullmatch(record.getMessage()) for record in caplog.records]
    return [match for match in told if match]


def standings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines that say how a run stands."""
    told = [record.getMessage() for record in caplog.records]
    return [line for line in told if STANDING.match(line)]


def points(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The last value of each metric of the members."""
    found = {}
    for record in caplog.records:
        if record.name == "singer_sdk.metrics":
            point = json.loads(record.getMessage().partition(": ")[2])
            assert point["tags"]["stream"] == "program_members"
            found[point["metric"]] = point["value"]
    return found


def test_the_plan_is_one_line(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.sync()

    (line,) = lines(caplog, PLAN)
    assert line == (
        "program_members: exports the whole history of 60 programs in 6 jobs; about 30 API calls"
    )
    assert points(caplog)["export_jobs_planned"] == 6


def test_lines_follow_jobs_that_moved_and_promise_nothing_before_one_is_done(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sync(max_queued_exports=1)

    told = standings(caplog)
    assert 3 <= len(told) <= 20
    assert len(set(told)) == len(told)
    done = [int(line.split()[1]) for line in told]
    assert done == sorted(done)
    assert all(" of 6 jobs done" in line for line in told)
    for line, number in zip(told, done, strict=True):
        assert ("no estimate yet" in line) == (number == 0)
        assert ("left at this pace" in line) == (number > 0)


def test_the_ledger_line_and_the_metrics_have_the_same_true_figures(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.control.fault("job_failed")
    scene.control.fault("http", "export_status", status=502, after=3)

    scene.sync(daily_export_quota_mb=100)

    (match,) = ledgers(caplog)
    figures, metrics = match.groupdict(), points(caplog)
    for name in (
        "export_jobs_done",
        "export_jobs_created",
        "export_jobs_given_up",
        "export_rows",
        "api_calls",
        "api_retries",
        "nulled_cells",
    ):
        assert int((figures[name] or "0").replace(",", "")) == metrics[name]
    completed = [job for job in scene.control.jobs() if job["status"] == "Completed"]
    size = sum(job["fileSize"] for job in completed)
    assert metrics["export_bytes"] == size
    assert figures["size"] == figures["today"] == size_text(size / 1e6)
    assert figures["left"] == size_text(100 - size / 1e6)
    assert metrics["export_quota_used_mb"] == round(size / 1e6, 3)
    assert figures["export_jobs_done"] == "6"
    assert figures["export_jobs_created"] == "7"
    assert figures["export_jobs_given_up"] == "1"
    assert figures["export_rows"] == "1,200"
    assert figures["api_retries"] == "1"
    calls = scene.control.stats()["calls"]
    # Those of the first, discarded tap that made the catalog, and none for tokens.
    discovered = calls["members_describe"] - 1
    assert int(figures["api_calls"]) == scene.control.stats()["total"] - calls["identity"] - (
        discovered
    )


def test_each_stream_counts_its_own_calls(
    tap: Tap, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    both = KeyScene(tap, streams=(MEMBERS, KEYS))

    both.sync()

    told = [re.findall(r"; (\d+) API calls", line) for line in lines(caplog, "program_member")]
    counts = [int(count) for found in told for count in found]
    calls = scene.control.stats()["calls"]
    assert len(counts) == 2
    assert sum(counts) <= scene.control.stats()["total"] - calls["identity"]


def test_the_ledger_line_counts_what_an_earlier_run_had_begun(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    left = iter(range(250, -1, -1))
    scene.cut(lambda message: message["type"] == "RECORD" and next(left) == 0)
    scene.control.advance(10)
    caplog.clear()

    output = scene.sync()

    (match,) = ledgers(caplog)
    assert int(match["export_rows"].replace(",", "")) == len(output.records())
    assert int(match["export_jobs_done"]) > int(match["export_jobs_created"])
    assert points(caplog)["export_bytes"] > 0


def test_a_failed_run_has_its_ledger_line_too(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.control.fault("job_failed", count=1000)

    assert scene.run().error

    (match,) = ledgers(caplog)
    assert match["export_jobs_done"] == "0"
    assert re.fullmatch(r"not complete, \d+ jobs to do: 0 rows", match["brought"])
    assert all(" failed" in line for line in standings(caplog))


def test_cells_made_null_are_counted_and_never_shown(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    (row, *_) = scene.control.truth(["leadId"], [1001])
    scene.control.edit_member(1001, row["leadId"], membershipDate="next week, perhaps")

    scene.sync()

    (line,) = lines(caplog, "program_members: Cells that did not fit")
    assert "membershipDate: 1" in line
    assert "perhaps" not in caplog.text
    assert points(caplog)["nulled_cells"] == 1


# On which day a backfill ends

NOON = "2026-03-10T18:00:00+00:00"

END = re.compile(
    r"; the backfill ends (?P<day>today|on the day from (\d{4}-\d\d-\d\d \d\d:\d\d \w+ \()?"
    r"(?P<utc>\d{4}-\d\d-\d\d) 0[56]:00 UTC(, | \()midnight in Chicago\) on), "
    r"by (?P<size>[\d,.]+ (?:MB|KB|bytes)) a day \((?P<whose>[^)]*)\)$"
)


def ends(caplog: pytest.LogCaptureFixture) -> list[re.Match[str]]:
    """What the lines of a backfill say of its end."""
    found = [END.search(line) for line in standings(caplog) if "backfill" in line]
    assert all(found), caplog.text
    return [match for match in found if match]


def test_a_backfill_says_on_which_day_the_quota_lets_it_end(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sync()
    sizes = [job["fileSize"] for job in scene.control.jobs()]
    scene.begin(programs=60, members=20, now=NOON)
    caplog.clear()
    limit = sum(sizes) / 1e6 / 2.5  # two days and a half

    scene.run(daily_export_quota_mb=limit, max_queued_exports=1)

    told = ends(caplog)
    assert told
    assert {match["whose"] for match in told} == {"daily_export_quota_mb"}
    assert {match["size"] for match in told} == {size_text(limit)}
    assert {match["utc"] for match in told} == {"2026-03-12"}


def test_a_backfill_that_fits_ends_today(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.begin(programs=60, members=20, now=NOON)

    scene.sync(max_queued_exports=1)

    told = ends(caplog)
    assert told
    assert {match["day"] for match in told} == {"today"}
    assert {match["size"] for match in told} == {"500 MB"}
    assert all("guess" in match["whose"] for match in told)


def test_an_increment_is_no_backfill(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.sync()
    scene.control.advance(86_400)
    caplog.clear()

    scene.sync(change_detection="none")

    assert standings(caplog)
    assert not ends(caplog)


# What takes long without a job that moves


def test_asking_many_programs_for_changes_says_now_and_then_how_far_it_is(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.begin(programs=400, members=1)
    scene.sync()
    scene.control.advance(86_400)
    scene.control.edit_many(programs=7)
    caplog.clear()

    scene.sync(change_detection="members", max_calls_per_20_seconds=50)

    told = [
        re.fullmatch(
            r"program_members: (\d+) of 400 programs asked for changes, \d+ changed; "
            r"about \d+ .*left at this pace",
            record.getMessage(),
        )
        for record in caplog.records
        if "asked for changes, " in record.getMessage()
    ]
    asked = [int(match[1]) for match in told if match]
    assert 1 <= len(asked) == len(told) <= 5
    assert asked == sorted(asked)
    (ended,) = ledgers(caplog)
    assert re.search(r"; 7 of 400 programs asked had changed$", ended["brought"])


def test_while_no_job_moves_a_line_says_so_every_ten_minutes(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.control.fault("job_stuck", state="Processing")

    scene.run(export_timeout_seconds=7_200, max_queued_exports=1)

    told = [line for line in standings(caplog) if "0 rows" in line]
    assert 3 <= len(told) <= 24
    assert "no estimate yet" in told[0]
