"""The control API, the clock, the worlds and their edits."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import ControlError, Sandbox
from marketo_sandbox.clock import Clock, day_start, iso, parse_instant
from marketo_sandbox.control.start import Start
from marketo_sandbox.control.verbs import Verbs
from marketo_sandbox.data.presets import WORLDS, make_world
from marketo_sandbox.endpoints.routes import ENDPOINTS
from marketo_sandbox.faults import KINDS
from marketo_sandbox.knob_table import CATALOGUE
from marketo_sandbox.raw_client import RawClient
from marketo_sandbox.subscription import Current

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = {"programId": 1001}


@pytest.fixture
def client() -> Iterator[RawClient]:
    with Sandbox(
        "tiny", now="2026-03-01T12:00:00Z", frozen=True, speed=1, knobs={"rate_limit": None}
    ) as sandbox:
        yield RawClient(sandbox.url)


def test_the_first_screen_lists_every_control_endpoint(client: RawClient) -> None:
    answer = client.send("GET", "/__sandbox/")
    listed = {
        (e["method"], e["path"].removeprefix("/__sandbox/")) for e in answer.json["endpoints"]
    }
    assert {("POST", "advance"), ("GET", "truth"), ("DELETE", "faults"), ("POST", "reset")} < listed
    assert all(entry["does"] for entry in answer.json["endpoints"])
    formed = {e["path"].rpartition("/")[2] for e in answer.json["endpoints"] if "form" in e["keys"]}
    assert formed == {"truth", "programs", "programs_by_tag", "tag_types", "channels"}


def test_wrong_control_requests_say_what_is_wrong(client: RawClient) -> None:
    assert client.send("GET", "/__sandbox/nothing").status == 404
    assert client.send("POST", "/__sandbox/advance", b"{").status == 400
    assert client.send("POST", "/__sandbox/advance", b'{"days": 1}').status == 400
    with pytest.raises(ControlError, match="forward"):
        client.control.advance(-1)
    with pytest.raises(ControlError, match="no program 9"):
        client.control.delete_program(9)
    with pytest.raises(ControlError, match="no member of program"):
        client.control.edit_member(1001, 999)
    with pytest.raises(ControlError, match="no member field 'nope'"):
        client.control.edit_member(1001, 1, nope=1)
    with pytest.raises(ControlError, match="no field 'nope'"):
        client.control.edit_program(1001, nope=1)
    with pytest.raises(ControlError, match="no job x"):
        client.control.cancel("x")
    with pytest.raises(ControlError, match="no field 'nope'"):
        client.control.truth(["nope"])
    with pytest.raises(ControlError, match="no world 'mars'"):
        client.control.reset("mars")
    with pytest.raises(ControlError, match="does not take these options"):
        client.control.reset("tiny", programs=3)
    with pytest.raises(ControlError, match="no lead field 'nope'"):
        client.control.edit_lead(1, nope=1)
    with pytest.raises(ControlError, match="exists"):
        client.control.add_member_field("leadId")
    with pytest.raises(ControlError, match="no member field 'nope'"):
        client.control.remove_member_field("nope")


def test_a_frozen_calendar_moves_by_advance_only(client: RawClient) -> None:
    assert client.control.now() == "2026-03-01T12:00:00Z"
    assert client.control.advance(90)["now"] == "2026-03-01T12:01:30Z"
    assert client.control.now() == "2026-03-01T12:01:30Z"


def test_a_calendar_that_is_not_frozen_goes_on_by_itself() -> None:
    clock = Clock(now=1000.0)
    first = clock.now()
    assert 1000 <= first <= clock.now() < 1001
    clock.advance(3600)
    assert 4600 <= clock.now() < 4601
    assert Clock(speed=60).wait(60) == 1
    with pytest.raises(ValueError, match="above 0"):
        Clock(speed=0)


def test_a_quota_day_begins_at_central_midnight() -> None:
    noon = parse_instant("2026-07-01T12:00:00Z")
    assert iso(day_start(noon)) == "2026-07-01T05:00:00Z"
    assert iso(day_start(noon, observe_dst=False)) == "2026-07-01T06:00:00Z"
    assert iso(day_start(parse_instant("2026-03-08T12:00:00Z"))) == "2026-03-08T06:00:00Z"
    assert iso(day_start(parse_instant("2026-03-09T12:00:00Z"))) == "2026-03-09T05:00:00Z"
    assert parse_instant("2026-07-01") == datetime.fromisoformat("2026-07-01T00:00Z").timestamp()


def test_reset_begins_anew(client: RawClient) -> None:
    client.control.fault("reset", count=5, endpoint="channels")
    client.control.knob(U1="1002", rate_limit=5)
    client.queued(ONE)
    client.control.advance(5000)
    told = client.control.reset("sized", programs=5, members_per_program=2, seed=3)
    assert told["programs"] == 5
    assert client.control.jobs() == []
    assert client.control.faults() == []
    assert client.control.requests() == []
    knobs = {knob["name"]: knob["value"] for knob in client.control.knobs()}
    assert (knobs["U1"], knobs["rate_limit"]) == ("1003", None)
    assert client.control.now() == "2026-03-01T12:00:00Z"
    assert client.get("/rest/v1/stats/usage.json").code == "601"
    later = {"now": "2026-04-01T00:00:00Z", "speed": 5, "frozen": False, "knobs": {"U1": "609"}}
    client.control.reset("empty", **later)
    assert client.control.now().startswith("2026-04-01T00:00:0")
    assert client.control.programs() == []


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_world_is_the_same_each_time_and_older_than_its_anchor(name: str) -> None:
    first, second = make_world(name), make_world(name)
    assert first == second
    for program in first.programs.values():
        assert program.updated_at < "2026-02-01"
        assert program.created_at < "2026-02-01"


def test_another_seed_is_another_world() -> None:
    assert make_world("demo", seed=2) != make_world("demo", seed=1)


def test_log_and_stats_tell_what_was_asked(client: RawClient) -> None:
    client.exported(ONE, ["leadId"])
    client.get("/nowhere")
    log = client.control.requests()
    names = [entry["endpoint"] for entry in log]
    assert names[:3] == ["identity", "export_create", "export_enqueue"]
    assert names[-1] == "unknown"
    create = log[1]
    assert create["body"]["filter"] == ONE
    assert create["method"] == "POST"
    assert create["at"] == "2026-03-01T12:00:00Z"
    assert create["export_id"] == log[2]["export_id"]
    assert (log[-1]["code"], log[-1]["status"]) == ("610", 200)
    assert log[-2]["bytes"] == len("leadId\n1\n2\n3\n4\n5\n")
    assert all(entry["duration"] >= 0 and entry["concurrent"] == 1 for entry in log)
    stats = client.control.stats()
    assert stats["creates"] == stats["max_jobs_at_once"] == 1
    assert stats["max_concurrent"] == 1
    assert stats["calls"]["export_file"] == 1
    assert stats["quota_bytes_used"] == log[-2]["bytes"]
    client.control.clear_requests()
    assert client.control.requests() == []


def test_jobs_tell_true_state_and_what_a_client_sees(client: RawClient) -> None:
    export_id = client.queued({**ONE, "isExhausted": False})
    client.control.advance(50)
    job = client.control.jobs()[0]
    assert (job["exportId"], job["status"], job["seenStatus"]) == (
        export_id,
        "Processing",
        "Queued",
    )
    assert job["request"]["filter"] == {**ONE, "isExhausted": False}
    assert job["request"]["fields"] == ["leadId"]
    assert job["client_id"] == "sandbox-client-id"


def test_programs_are_added_edited_and_deleted(client: RawClient) -> None:
    folder = {"type": "Program", "value": 1001, "folderName": "Alpha"}
    made = client.control.add_program(
        name="Delta",
        type="Email",
        startDate="2026-03-05T00:00:00Z",
        headStart=True,
        folder=folder,
        tags=[{"tagType": "Region", "tagValue": "APJ"}],
        costs=[{"startDate": "2026-01-01", "cost": 5}],
        member_count=4,
        first_lead=50,
    )
    assert made["id"] == 1004
    assert made["createdAt"] == made["updatedAt"] == "2026-03-01T12:00:00Z"
    row = client.get("/rest/asset/v1/program/1004.json").result[0]
    assert row["folder"] == folder
    assert row["costs"] == [{"startDate": "2026-01-01", "cost": 5}]
    assert row["headStart"] is True
    assert len(client.control.truth(program_ids=[1004])) == 4
    client.control.advance(60)
    edited = client.control.edit_program(1004, name="Epsilon")
    assert (edited["name"], edited["updatedAt"]) == ("Epsilon", "2026-03-01T12:01:00Z")
    assert client.control.edit_program(1004, updatedAt="2020-01-01T00:00:00Z")["updatedAt"] < "2021"
    with pytest.raises(ControlError, match="no tag 'Region' of value 'EMEA'"):
        client.control.untag(1004, "Region", "EMEA")
    assert client.control.untag_program(1004, "Region", "APJ")["tags"] == []
    client.control.tag_program(1004, "Region", "EMEA")
    assert client.control.untag(1004, "Region")["tags"] == []
    client.control.delete_program(1004)
    assert client.get("/rest/asset/v1/program/1004.json").result == []


def test_members_are_added_edited_and_removed(client: RawClient) -> None:
    control = client.control
    control.add_member(1001, 77, statusName="Downloaded", reachedSuccess=True)
    control.add_member(1001, 3)
    control.edit_member(1001, 1, customInteger=5)
    control.edit_member(1001, 2, touch=False, customInteger=6)
    control.edit_member(1001, 4, updatedAt="2026-02-28T00:00:00Z")
    control.remove_member(1001, 5)
    rows = {row["leadId"]: row for row in control.truth(program_ids=[1001])}
    assert set(rows) == {1, 2, 3, 4, 77}
    now = "2026-03-01T12:00:00Z"
    assert rows[77]["createdAt"] == rows[77]["updatedAt"] == rows[77]["membershipDate"] == now
    assert rows[77]["reachedSuccess"] is True
    assert (rows[1]["customInteger"], rows[1]["updatedAt"]) == (5, now)
    assert rows[2]["customInteger"] == 6
    assert rows[2]["updatedAt"] < "2026-02-01"
    assert rows[3]["createdAt"] == now
    assert rows[4]["updatedAt"] == "2026-02-28T00:00:00Z"
    control.remove_member(1001, 77)
    control.add_member(1001, 5)
    assert {row["leadId"] for row in control.truth(["leadId"], [1001])} == {1, 2, 3, 4, 5}
    assert len(client.exported(ONE)[1].split()) == 6


def test_truth_is_typed_and_a_misfit_is_null(client: RawClient) -> None:
    values: dict[str, Any] = {
        "customBoolean": "yes",
        "customInteger": "12.0",
        "customFloat": "1.0E7",
        "customScore": "many",
        "customText": "a\0b",
        "statusReason": "",
        "webinarUrl": "null",
        "customPlace": True,
    }
    client.control.edit_member(1001, 1, **values)
    row = client.control.truth([*values, "isExhausted"], [1001])[0]
    assert row == {
        "customBoolean": True,
        "customInteger": 12,
        "customFloat": 10_000_000,
        "customScore": None,
        "customText": "ab",
        "statusReason": None,
        "webinarUrl": None,
        "customPlace": "true",
        "isExhausted": row["isExhausted"],
    }
    assert isinstance(row["isExhausted"], bool)
    client.control.edit_member(1001, 1, customInteger="42.7", customBoolean="maybe")
    row = client.control.truth(["customInteger", "customBoolean"], [1001])[0]
    assert row == {"customInteger": None, "customBoolean": None}


def test_truth_of_assets(client: RawClient) -> None:
    by_tag = client.control.programs_by_tag()
    assert [(row["id"], row["tagType"], row["tagValue"]) for row in by_tag] == [
        (1001, "Region", "EMEA"),
        (1002, "Region", "APJ"),
    ]
    assert client.control.tag_types()[0]["allowableValues"][2] == "North America, Canada"
    assert client.control.channels()[0]["createdAt"] == "2014-10-06T18:19:03Z"
    assert client.control.programs()[0]["createdAt"].endswith("Z")


@pytest.mark.parametrize("path", ["truth", "programs", "programs_by_tag", "tag_types", "channels"])
def test_all_that_is_true_comes_as_lines_or_as_an_array(client: RawClient, path: str) -> None:
    listed = getattr(client.control, path)()
    assert listed
    usual = client.send("GET", f"/__sandbox/{path}")
    lines = client.send("GET", f"/__sandbox/{path}?form=lines")
    assert lines.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.body.decode().split("\n")[:-1]] == listed
    array = client.send("GET", f"/__sandbox/{path}?form=array")
    assert array.headers["content-type"].startswith("application/json")
    assert json.loads(array.body) == listed
    assert usual.body == (lines.body if path == "truth" else array.body)
    assert client.send("GET", f"/__sandbox/{path}?form=table").status == 400


def test_half_a_surrogate_pair_is_served_and_truth_has_a_replacement(client: RawClient) -> None:
    client.control.edit_program(1001, name="\ud83d cut")
    client.control.edit_member(1001, 1, customText="cut \ud83d")
    body = client.get("/rest/asset/v1/program/1001.json").body
    assert b'"name":"\\ud83d cut"' in body
    asked = {"filterType": "leadId", "filterValues": "1", "fields": "customText"}
    assert b'"cut \\ud83d"' in client.get("/rest/v1/programs/1001/members.json", **asked).body
    assert client.control.programs()[0]["name"] == "\ufffd cut"
    assert client.control.programs_by_tag()[0]["name"] == "\ufffd cut"
    assert client.control.truth(["customText"], [1001])[0] == {"customText": "cut ?"}
    assert client.exported(ONE, ["customText"])[1].startswith(b"customText\ncut ?\n")


def test_an_empty_array_of_members_is_one(client: RawClient) -> None:
    assert client.send("GET", "/__sandbox/truth?program_ids=9&form=array").body == b"[]\n"


@pytest.mark.parametrize("verb", ["bulk_edit", "life"])
def test_edits_by_seed_are_the_same_each_time(client: RawClient, verb: str) -> None:
    outcomes = []
    for _ in range(2):
        client.control.reset("demo")
        done = getattr(client.control, verb)(seed=4, count=60)
        outcomes.append((done, client.control.truth(), client.control.programs()))
    assert outcomes[0] == outcomes[1]
    did = {entry["did"] for entry in outcomes[0][0]}
    assert {"edit_member", "add_member", "remove_member"} <= did
    assert ("add_program" in did) is (verb == "life")
    client.control.reset("empty")
    assert getattr(client.control, verb)(seed=4, count=3) is not None


def test_truth_of_many_members_streams() -> None:
    with Sandbox("sized", programs=1, members_per_program=100_000) as sandbox:
        sandbox.control.edit_member(1001, 99_999, customText="late edit")
        rows = sandbox.control.iter_truth(["leadId", "customText"])
        last = None
        for count, row in enumerate(rows, start=1):
            last = (count, row["leadId"], row["customText"]) if row["leadId"] == 99_999 else last
        assert last == (99_999, 99_999, "late edit")


def test_an_error_at_the_start_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="no world 'mars'"), Sandbox("mars"):
        pass
    with pytest.raises(ValueError, match="takes one of"), Sandbox("tiny", knobs={"U1": "x"}):
        pass


def test_client_ids_can_be_given() -> None:
    with Sandbox("tiny", client_ids={"a": "b"}) as sandbox:
        assert RawClient(sandbox.url, "a", "b").get("/rest/v1/stats/usage.json").code == ""
        assert RawClient(sandbox.url).identity().status == 401


def test_the_readme_names_every_knob_fault_world_and_verb() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    names = {*CATALOGUE, *KINDS, *WORLDS} - {"corrupt_job"}
    start = Start("empty")
    with contextlib.closing(start.subscription()) as subscription:
        words = Verbs(Current(subscription), start).names()
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []
    assert words
    assert [word for word in words if word not in readme] == []
    assert [name for name in sorted(ENDPOINTS) if name not in readme] == []
