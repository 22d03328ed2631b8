"""The control API: its verbs, reset, the log, jobs, and what is refused."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from marketo_sandbox import ControlError, Sandbox
from marketo_sandbox.control.start import Start
from marketo_sandbox.control.verbs import Verbs
from marketo_sandbox.data.presets import WORLDS
from marketo_sandbox.endpoints.routes import ENDPOINTS
from marketo_sandbox.faults import KINDS
from marketo_sandbox.knob_table import CATALOGUE
from marketo_sandbox.raw_client import RawClient
from marketo_sandbox.subscription import Current

ONE = {"programId": 1001}


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
    assert client.send("POST", "/__sandbox/advance", b'{"weeks": 1}').status == 400
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


def test_reset_begins_again(client: RawClient) -> None:
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


def test_the_readme_names_the_keys_of_every_verb(client: RawClient) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    rows = [line.split(" | ", 1) for line in readme.split("\n") if line.startswith("| `")]
    missing = []
    for verb in client.send("GET", "/__sandbox/").json["endpoints"]:
        word = verb["path"].removeprefix("/__sandbox/")
        # What follows the first cell: the keys, and what the verb does with them.
        told = " ".join(more for cell, more in rows if re.search(rf"\b{word}`", cell))
        named = [key for key in verb["keys"] if key not in {"values", "fields", "options"}]
        missing += [(word, key) for key in named if word and f"`{key}`" not in told]
    assert missing == []
