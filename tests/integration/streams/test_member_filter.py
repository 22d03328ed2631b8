"""`member_filter`: exactly the members that it selects, and no program fails for its statuses.

What should come is the sandbox's own truth, restricted by the same filter.
"""

from __future__ import annotations

import logging
from collections import Counter
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, Tap, by_key, only
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import HOUR, MEMBERS, Scene
from states import ledger

from tap_marketo_programs.errors import DailyQuotaExceeded, MarketoConfigError

if TYPE_CHECKING:
    from marketo_sandbox.control import SandboxControl

Filter = dict[str, Any]

# Of some channels, of every channel, of none, and one that members keep from earlier days.
STATUSES = ["Viewed", "Downloaded", "Member", "Engaged", "01 Sent", "Attended", "Not in Program"]
OLD = "99 Old Status"
KEYS: dict[str, Any] = {
    "statusNames": ["Viewed", "Member", "01 Sent"],
    "isExhausted": False,
    "nurtureCadence": "norm",
}


@pytest.fixture
def control(tap: Tap) -> SandboxControl:
    """Forty programs of several channels, with thirty members each."""
    control = tap.sandbox.control
    control.reset(world="sized", programs=40, members_per_program=30)
    control.knob(rate_limit=None, job_seconds_queued=0, job_seconds_processing=0)
    return control


def full_table(tap: Tap, *others: str, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - any
    """The catalog as Meltano's `metadata` makes it: the method among the stream's metadata."""
    catalog = only(tap.catalog(**settings), MEMBERS, *others)
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == MEMBERS:
            root = next(item for item in stream["metadata"] if not item["breadcrumb"])
            root["metadata"]["replication-method"] = "FULL_TABLE"
    return catalog


def run(tap: Tap, member_filter: object, **options: Any) -> Output:  # noqa: ANN401 - of a run
    options.setdefault("catalog", full_table(tap))
    return tap.run(member_filter=member_filter, **options)


def sync(tap: Tap, member_filter: object, **options: Any) -> Output:  # noqa: ANN401 - of a run
    output = run(tap, member_filter, **options)
    assert output.error is None, output.error
    return output


def creates(control: SandboxControl) -> list[dict[str, Any]]:
    return [call for call in control.requests() if call["endpoint"] == "export_create"]


def refused(control: SandboxControl) -> int:
    """Create calls that made no job."""
    return len(creates(control)) - len(control.jobs())


# What comes


@pytest.mark.parametrize(
    "keys",
    [
        ("statusNames",),
        ("isExhausted",),
        ("nurtureCadence",),
        ("statusNames", "isExhausted"),
        ("statusNames", "nurtureCadence"),
        ("isExhausted", "nurtureCadence"),
        ("statusNames", "isExhausted", "nurtureCadence"),
    ],
)
@pytest.mark.parametrize("known_to", ["any", "every"])
def test_exactly_the_members_that_pass_come_and_nothing_is_refused(
    tap: Tap, control: SandboxControl, keys: tuple[str, ...], known_to: str
) -> None:
    control.knob(status_names_known_to=known_to)
    chosen = {key: KEYS[key] for key in keys}

    output = sync(tap, chosen)

    truth = control.truth(member_filter=chosen)
    assert 0 < len(truth) < len(control.truth())
    assert by_key(output.records()) == by_key(truth)
    assert len(output.records()) == len(truth)
    names = chosen.get("statusNames", ())
    channels = {row["channel"] for row in control.programs()}
    # Each name that a channel does not list is asked for, since members may keep it.
    assert refused(control) == (len(channels) - 1) * len(names)


MEMBER_FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "statusNames": st.lists(
            st.sampled_from([*STATUSES, OLD, "none such"]), min_size=1, max_size=4, unique=True
        ),
        "isExhausted": st.booleans(),
        "nurtureCadence": st.sampled_from(["norm", "pause", "normal", "paused", " Paused", "NORM"]),
    },
).filter(bool)
PROGRAM_FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "program_ids": st.lists(st.integers(1001, 1040), min_size=1, max_size=20, unique=True),
        "program_names": st.sampled_from([["*1*"], ["*2"], ["*"]]),
        "program_channels": st.sampled_from([["content", "Nurture"], ["Email Send"], ["gone"]]),
        "program_types": st.sampled_from([["Email", "Engagement"], ["Default"]]),
    },
)


@settings(max_examples=25)
@given(
    chosen=MEMBER_FILTERS,
    programs=PROGRAM_FILTERS,
    knobs=st.fixed_dictionaries(
        {
            "status_names_known_to": st.sampled_from(["any", "every"]),
            "cadence_words": st.sampled_from(["both", "page", "openapi"]),
        }
    ),
)
def test_any_filter_of_members_of_any_programs_brings_the_truth(
    tap: Tap,
    control: SandboxControl,
    chosen: Filter,
    programs: dict[str, Any],
    knobs: dict[str, str],
) -> None:
    control.knob(**knobs)
    for program_id in (1007, 1008):
        control.edit_program(program_id, channel="gone")
    rows = [row for row in control.programs() if passes(row, programs)]
    ids = [row["id"] for row in rows]
    truth = control.truth(program_ids=ids, member_filter=plain(chosen)) if ids else []

    output = run(tap, chosen, **programs)

    if output.error is not None:
        assert isinstance(output.error, MarketoConfigError)
        assert "Nothing w" in str(output.error) or "nothing would be" in str(output.error)
        assert not rows or not of_statuses(control, ids, chosen["statusNames"])
        assert not truth
    assert by_key(output.records()) == by_key(truth)


def passes(row: dict[str, Any], programs: dict[str, Any]) -> bool:
    """Whether a program passes filters of programs, by hand."""
    globs = programs.get("program_names", ["*"])
    channels = [channel.casefold() for channel in programs.get("program_channels", [])]
    return (
        row["id"] in programs.get("program_ids", [row["id"]])
        and any(fnmatchcase(row["name"].casefold(), glob) for glob in globs)
        and (not channels or row["channel"].casefold() in channels)
        and row["type"] in programs.get("program_types", [row["type"]])
    )


def of_statuses(
    control: SandboxControl, program_ids: list[int], names: list[str]
) -> list[dict[str, Any]]:
    """The members that have one of the statuses, whatever else is filtered by."""
    return control.truth(program_ids=program_ids, member_filter={"statusNames": names})


def plain(chosen: Filter) -> Filter:
    """The same as the truth takes it."""
    found = dict(chosen)
    if "nurtureCadence" in found:
        found["nurtureCadence"] = found["nurtureCadence"].strip().lower()
    return found


def test_status_names_are_found_in_any_case(tap: Tap, control: SandboxControl) -> None:
    output = sync(tap, {"statusNames": ["viewed", " ENGAGED "]})

    truth = control.truth(member_filter={"statusNames": ["Viewed", "Engaged"]})
    assert by_key(output.records()) == by_key(truth)


def test_a_program_whose_channel_has_none_of_the_statuses_needs_no_job(
    tap: Tap, control: SandboxControl
) -> None:
    sync(tap, {"statusNames": ["Member"]})

    nurtured = {row["id"] for row in control.programs() if row["channel"] == "Nurture"}
    asked = {
        program_id
        for job in control.jobs()
        for program_id in job["request"]["filter"]["programIds"]
    }
    assert asked == nurtured
    assert len(control.jobs()) == -(-len(nurtured) // 10)


def test_a_status_that_no_channel_lists_any_more_is_exported_all_the_same(
    tap: Tap, control: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    output = sync(tap, {"statusNames": [OLD]})

    truth = control.truth(member_filter={"statusNames": [OLD]})
    assert truth
    assert by_key(output.records()) == by_key(truth)
    assert "no channel" not in caplog.text


# What no program has


def test_a_status_that_no_channel_has_is_one_warning_with_what_was_meant(
    tap: Tap, control: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    output = sync(tap, {"statusNames": ["Member", "Viewd"]})

    (line,) = warnings(caplog)
    assert "member_filter.statusNames: no channel of the programs has the status 'Viewd'." in line
    assert "Did you mean Viewed?" in line
    truth = control.truth(member_filter={"statusNames": ["Member"]})
    assert by_key(output.records()) == by_key(truth)


def test_statuses_that_exist_nowhere_are_refused_in_one_line(
    tap: Tap, control: SandboxControl
) -> None:
    output = run(tap, {"statusNames": ["Atended", "Viewd"]})

    assert isinstance(output.error, MarketoConfigError)
    message = str(output.error)
    assert "\n" not in message
    assert message.startswith("member_filter.statusNames: ")
    assert "Did you mean Attended or Viewed?" in message
    assert message.endswith("Nothing would be extracted.")
    assert not output.records()
    assert not control.jobs()


@pytest.mark.parametrize("known_to", ["any", "every"])
def test_statuses_that_exist_nowhere_are_refused_without_channels_too(
    tap: Tap, control: SandboxControl, known_to: str
) -> None:
    control.knob(status_names_known_to=known_to)
    control.fault("error", "channels", code="1003", message="not today", count=100)

    output = run(tap, {"statusNames": ["Atended"]})

    assert isinstance(output.error, MarketoConfigError)
    assert "no program has any of the statuses Atended" in str(output.error)
    assert not output.records()
    assert {job["status"] for job in control.jobs()} == {"Cancelled"}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


# What Marketo refuses


@pytest.mark.parametrize("known_to", ["any", "every"])
def test_channels_that_cannot_be_read_cost_calls_and_no_member(
    tap: Tap, control: SandboxControl, known_to: str, caplog: pytest.LogCaptureFixture
) -> None:
    control.knob(status_names_known_to=known_to)
    control.fault("error", "channels", code="1003", message="not today", count=100)
    chosen = {"statusNames": ["Viewed", "Member"]}

    output = sync(tap, chosen)

    assert by_key(output.records()) == by_key(control.truth(member_filter=chosen))
    lines = warnings(caplog)
    assert sum("the channels cannot be read" in line for line in lines) == 1
    # A batch, its programs one by one, and of each the names and none.
    assert len(creates(control)) <= 4 + 40 * (1 + 3 + 1)


@pytest.mark.parametrize("known_to", ["any", "every"])
def test_programs_of_channels_that_are_not_listed_cost_a_create_for_each_channel_and_status(
    tap: Tap, control: SandboxControl, known_to: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    control.reset(world="sized", programs=120, members_per_program=5)
    control.knob(
        rate_limit=None,
        job_seconds_queued=0,
        job_seconds_processing=0,
        status_names_known_to=known_to,
    )
    for program_id in range(1001, 1121):
        control.edit_program(program_id, channel=f"Archived {program_id % 12}")
    chosen = {"statusNames": ["Member", "Engaged", "Attended", "No Show"]}

    output = sync(tap, chosen)

    truth = control.truth(member_filter=chosen)
    assert truth
    assert by_key(output.records()) == by_key(truth)
    jobs = [job for job in control.jobs() if job["status"] != "Cancelled"]
    assert len(jobs) == 12
    assert len(creates(control)) == 12 * len(chosen["statusNames"]) + len(jobs)
    assert not control.requests("program")
    assert control.stats()["quota_bytes_used"] == sum(job["fileSize"] for job in jobs)
    lines = [record.getMessage() for record in caplog.records]
    (line,) = [line for line in lines if "jobs that are cancelled at once" in line]
    assert f"{12 * len(chosen['statusNames'])} statuses" in line


def test_a_status_that_no_channel_lists_is_asked_for_once_for_members_and_keys(
    tap: Tap, control: SandboxControl
) -> None:
    control.reset(world="demo")
    control.knob(rate_limit=None)
    chosen = {"statusNames": ["99 Old Status"]}
    sync(tap, chosen)
    asked = len([job for job in control.jobs() if job["status"] == "Cancelled"])
    catalog = full_table(tap, "program_member_keys", member_keys_days=0)

    output = sync(tap, chosen, catalog=catalog, member_keys_days=0)

    assert asked
    assert len([job for job in control.jobs() if job["status"] == "Cancelled"]) == 2 * asked
    keys = {(row["leadId"], row["programId"]) for row in output.records("program_member_keys")}
    assert keys == by_key(output.records()).keys()


def test_programs_without_the_statuses_are_said_once_with_their_count(
    tap: Tap, control: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    control.knob(status_names_known_to="every")
    control.fault("error", "channels", code="1003", message="not today", count=100)
    without = [row["id"] for row in control.programs() if row["channel"] != "Nurture"]

    output = sync(tap, {"statusNames": ["Engaged"]})

    truth = control.truth(member_filter={"statusNames": ["Engaged"]})
    assert by_key(output.records()) == by_key(truth)
    (line,) = [line for line in warnings(caplog) if "which have no such members" in line]
    assert f"in {len(without)} programs" in line


def test_a_deleted_program_is_told_from_one_without_the_statuses(
    tap: Tap, control: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    control.knob(unknown_program="1003")
    control.fault("edit", "programs", do="delete_program", program_id=1003, after=1)
    chosen = {"statusNames": ["Member"], "nurtureCadence": "norm"}

    output = sync(tap, chosen)

    assert by_key(output.records()) == by_key(control.truth(member_filter=chosen))
    assert "which have no such members" not in caplog.text


def test_a_field_that_is_refused_is_told_from_a_status_that_is(
    tap: Tap, control: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = full_table(tap)
    control.knob(refused_fields="statusReason", unknown_field="1003")

    output = sync(tap, KEYS, catalog=catalog)

    truth = control.truth(member_filter=KEYS)
    assert {(row["leadId"], row["programId"]) for row in truth} == by_key(output.records()).keys()
    assert "Marketo no longer knows statusReason" in caplog.text
    assert "which have no such members" not in caplog.text


def test_a_program_that_is_refused_whatever_is_asked_fails_for_itself_only(
    tap: Tap, control: SandboxControl
) -> None:
    control.fault("error", "export_create", where="1003", code="1003", message="no", count=1000)
    chosen = {"statusNames": ["Member"]}

    output = run(tap, chosen)

    assert "program 1003 cannot be exported" in str(output.error)
    others = [row["id"] for row in control.programs() if row["id"] != 1003]
    truth = control.truth(program_ids=others, member_filter=chosen)
    assert by_key(output.records()) == by_key(truth)


@pytest.mark.parametrize("name", ["statusNames", "isExhausted", "nurtureCadence"])
def test_a_filter_that_the_subscription_lacks_ends_the_run_with_its_name(
    tap: Tap, control: SandboxControl, name: str
) -> None:
    control.knob(refused_filters=name)

    output = run(tap, KEYS)

    assert isinstance(output.error, MarketoConfigError)
    assert str(output.error).startswith("member_filter: ")
    assert name in str(output.error)
    assert not output.records()


@pytest.mark.parametrize("written", ["norm", "NORMAL", "pause", "Paused"])
@pytest.mark.parametrize("words", ["both", "page", "openapi"])
def test_a_cadence_comes_in_either_spelling_for_one_refused_create_at_most(
    tap: Tap, control: SandboxControl, written: str, words: str
) -> None:
    control.knob(cadence_words=words)

    output = sync(tap, {"nurtureCadence": written})

    truth = control.truth(member_filter={"nurtureCadence": written.lower()})
    assert by_key(output.records()) == by_key(truth)
    assert refused(control) <= 1
    if words == "both":
        (used,) = {job["request"]["filter"]["nurtureCadence"] for job in control.jobs()}
        assert used == written.lower()


@pytest.mark.parametrize("written", ["norm", "normal"])
@pytest.mark.parametrize("words", ["page", "openapi"])
def test_a_cadence_and_a_status_that_are_both_refused_are_both_mended(
    tap: Tap, control: SandboxControl, written: str, words: str
) -> None:
    control.knob(cadence_words=words)
    control.edit_program(1008, channel="gone")
    chosen = {"statusNames": ["Viewed", "Member"], "nurtureCadence": written}

    output = sync(tap, chosen, program_ids=[1008])

    truth = control.truth(program_ids=[1008], member_filter=chosen)
    assert truth
    assert by_key(output.records()) == by_key(truth)


def test_a_cadence_that_no_member_has_is_said_with_the_other_spelling(
    tap: Tap, control: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    control.reset(world="sized", programs=2, members_per_program=0)

    sync(tap, {"nurtureCadence": "pause"})

    (line,) = warnings(caplog)
    assert "no member passes it, with nurtureCadence pause" in line


def test_one_program_a_job_works_with_a_filter_too(tap: Tap, control: SandboxControl) -> None:
    control.knob(program_ids_filter="1035")

    output = sync(tap, KEYS, program_ids=[1001, 1002, 1003, 1004, 1005])

    truth = control.truth(program_ids=[1001, 1002, 1003, 1004, 1005], member_filter=KEYS)
    assert by_key(output.records()) == by_key(truth)


@pytest.mark.parametrize("code", ["611", "1029"])
def test_creates_that_are_not_answered_for_a_while_lose_no_member(
    tap: Tap, control: SandboxControl, code: str
) -> None:
    message = "Too many jobs (10) in queue" if code == "1029" else "not now"
    control.fault("error", "export_create", code=code, message=message, count=9)
    chosen = {"statusNames": ["Viewed", OLD]}

    output = sync(tap, chosen)

    assert by_key(output.records()) == by_key(control.truth(member_filter=chosen))


@pytest.mark.parametrize("after", range(0, 30, 3))
def test_a_quota_that_ends_anywhere_ends_the_run_as_ever(
    tap: Tap, control: SandboxControl, after: int
) -> None:
    control.fault("error", "channels", code="1003", message="not today", count=100)
    control.knob(status_names_known_to="every")
    words = "Export daily quota 500MB exceeded."
    control.fault("error", "export_create", code="1029", message=words, count=1000, after=after)
    chosen = {"statusNames": ["Viewed"]}

    output = run(tap, chosen)

    assert isinstance(output.error, DailyQuotaExceeded)
    truth = by_key(control.truth(member_filter=chosen))
    assert by_key(output.records()).items() <= truth.items()


# Over several runs


def test_a_killed_run_is_resumed_without_paying_twice(tap: Tap, control: SandboxControl) -> None:
    chosen = {"statusNames": ["Viewed", "Member", "01 Sent"], "isExhausted": False}
    scene = Scene(tap, settings={"member_filter": chosen}, catalog=full_table(tap))
    cut = scene.cut(lambda message: message["type"] == "RECORD")
    left = set(ledger(cut.state).in_flight)

    output = scene.sync()

    assert left
    truth = control.truth(member_filter=chosen)
    assert by_key(output.records()) == by_key(truth)
    exported = [job for job in control.jobs() if job["status"] == "Completed"]
    asked = Counter(
        program_id for job in exported for program_id in job["request"]["filter"]["programIds"]
    )
    assert left <= {job["exportId"] for job in exported}
    assert set(asked.values()) == {1}


@pytest.mark.parametrize(
    "later",
    [
        None,
        {**KEYS, "statusNames": ["Downloaded", "Engaged"]},
        {**KEYS, "isExhausted": True},
        {**KEYS, "nurtureCadence": "pause"},
    ],
)
def test_jobs_of_another_filter_are_dropped(
    tap: Tap, control: SandboxControl, later: Filter | None
) -> None:
    scene = Scene(tap, catalog=full_table(tap))
    control.knob(processing_slots=0)
    scene.cut(are_named, out=True, member_filter=KEYS)
    left = set(ledger(scene.state).in_flight)
    control.knob(processing_slots=2)

    output = scene.sync(member_filter=later)

    assert left
    assert by_key(output.records()) == by_key(control.truth(member_filter=later))
    assert {job["status"] for job in control.jobs() if job["exportId"] in left} == {"Cancelled"}


def are_named(message: dict[str, Any]) -> bool:
    """Whether a STATE names a job."""
    return message["type"] == "STATE" and bool(ledger(message["value"]).in_flight)


def test_a_job_of_programs_that_are_asked_for_the_same_fits_on(
    tap: Tap, control: SandboxControl
) -> None:
    scene = Scene(tap, catalog=full_table(tap))
    scene.cut(are_named, out=True, member_filter={"statusNames": ["Viewed", "Member"]})
    left = set(ledger(scene.state).in_flight)
    later = {"statusNames": ["01 Sent", "Viewed"]}

    output = scene.sync(member_filter=later)

    assert by_key(output.records()) == by_key(control.truth(member_filter=later))
    assert {job["status"] for job in control.jobs() if job["exportId"] in left} == {"Completed"}


def test_the_other_spelling_of_a_cadence_is_the_same_question(
    tap: Tap, control: SandboxControl
) -> None:
    scene = Scene(tap, catalog=full_table(tap))
    scene.cut(are_named, out=True, member_filter={"nurtureCadence": "norm"})
    left = set(ledger(scene.state).in_flight)

    scene.sync(member_filter={"nurtureCadence": "normal"})

    exported = {job["exportId"] for job in control.jobs() if job["status"] == "Completed"}
    assert left <= exported


def test_increments_without_the_filter_bring_those_that_it_left_out(
    tap: Tap, control: SandboxControl
) -> None:
    before = tap.sync(MEMBERS)
    control.advance(3 * HOUR)
    for row in control.truth(["leadId", "programId"], [1001]):
        control.edit_member(row["programId"], row["leadId"], statusReason="edited")
    control.advance(3 * HOUR)
    filtered = sync(tap, {"isExhausted": True}, state=before.state)
    control.advance(3 * HOUR)

    after = tap.sync(MEMBERS, state=filtered.state)

    assert ledger(filtered.state).watermarks == ledger(before.state).watermarks
    held = {**by_key(before.records()), **by_key(after.records())}
    assert held == by_key(control.truth())


def test_the_version_is_activated_after_what_the_filter_selects(
    tap: Tap, control: SandboxControl
) -> None:
    output = sync(tap, KEYS, emit_activate_version_messages=True)

    assert output.records()
    assert [message["type"] for message in output.messages if message["type"] != "STATE"][-1] == (
        "ACTIVATE_VERSION"
    )
    assert control.jobs()


# With INCREMENTAL


def assert_refused(output: Output, control: SandboxControl) -> None:
    assert isinstance(output.error, MarketoConfigError)
    message = str(output.error)
    assert "\n" not in message
    assert message.startswith("member_filter: program_members is INCREMENTAL")
    assert "go stale" in message
    assert "replication-method FULL_TABLE" in message
    assert not output.lines
    assert not creates(control)


@pytest.mark.parametrize("streams", [(), (MEMBERS,), ("channels", MEMBERS, "programs")])
def test_incremental_is_refused_before_anything_is_extracted(
    tap: Tap, control: SandboxControl, streams: tuple[str, ...]
) -> None:
    catalog = only(tap.catalog(), *streams) if streams else None

    assert_refused(tap.run(catalog=catalog, member_filter=KEYS), control)


def test_nothing_is_refused_where_members_are_not_selected(
    tap: Tap, control: SandboxControl
) -> None:
    output = tap.sync("programs", "channels", member_filter=KEYS)

    assert len(output.records("programs")) == len(control.programs())


def test_a_catalog_can_be_made_whatever_the_filter(tap: Tap, control: SandboxControl) -> None:
    assert tap.catalog(member_filter=KEYS) == tap.catalog()
    assert not creates(control)


@pytest.mark.parametrize("place", ["replication_method", "metadata", "forced"])
def test_full_table_counts_wherever_a_catalog_says_it(
    tap: Tap, control: SandboxControl, place: str
) -> None:
    catalog = only(tap.catalog(), MEMBERS)
    for stream in catalog["streams"]:
        root = next(item for item in stream["metadata"] if not item["breadcrumb"])["metadata"]
        if place == "replication_method":
            stream["replication_method"] = "FULL_TABLE"
        elif place == "metadata":
            root["replication-method"] = "FULL_TABLE"
        else:
            stream.pop("replication_method", None)
            root["forced-replication-method"] = "FULL_TABLE"

    output = sync(tap, {"isExhausted": True}, catalog=catalog)

    truth = control.truth(member_filter={"isExhausted": True})
    assert by_key(output.records()) == by_key(truth)
