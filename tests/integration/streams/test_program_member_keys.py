"""Snapshots of members' keys: who is a member, in whatever form rows leave, and who has left."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema
import polars as pl
import pytest
from harness import UpsertingTarget, only
from key_scenes import KEYS, KeyScene
from scenes import DAY, wait_for_next_version
from states import moment

from tap_marketo_programs.errors import MarketoConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness import Output, Tap

MEMBERS = "program_members"


@pytest.fixture
def scene(tap: Tap) -> KeyScene:
    found = KeyScene(tap)
    found.begin(programs=25, members=4)
    return found


def activated(output: Output) -> int:
    return len(output.of("ACTIVATE_VERSION", KEYS))


# What there is


def test_the_stream_exists_only_where_its_setting_is_set(scene: KeyScene) -> None:
    without = [one["tap_stream_id"] for one in scene.tap.catalog()["streams"]]
    catalog = scene.tap.catalog(member_keys_days=0)

    assert KEYS not in without
    (entry,) = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == KEYS]
    assert entry["replication_method"] == "FULL_TABLE"
    assert entry["key_properties"] == ["leadId", "programId"]
    assert all(one["description"] for one in entry["schema"]["properties"].values())


def test_keys_are_exported_after_the_members_and_before_the_jobs_are_listed(
    scene: KeyScene,
) -> None:
    output = scene.tap.sync(member_keys_days=7)

    order = [message["stream"] for message in output.of("SCHEMA")]
    assert order[-2:] == [KEYS, "export_jobs"]
    assert order.index(MEMBERS) < order.index(KEYS)
    assert len(output.records("export_jobs")) == 6


def test_every_member_is_there_with_the_time_at_which_the_snapshot_began(scene: KeyScene) -> None:
    began = scene.control.now()
    output = scene.sync()

    (snapshot_at,) = {row["snapshotAt"] for row in output.records(KEYS)}
    assert set(scene.snapshots()) == scene.members()
    assert len(output.records(KEYS)) == len(scene.members())
    assert moment(began[:19] + "Z") <= moment(snapshot_at) <= moment(scene.control.now()[:19] + "Z")
    assert [request["fields"] for request in scene.asked()] == [["leadId"]] * 3
    assert all(set(chosen) == {"programIds"} for chosen in scene.filters())
    (schema,) = output.of("SCHEMA", KEYS)
    for row in output.records(KEYS):
        jsonschema.validate(row, schema["schema"])
        assert list(row) == ["leadId", "programId", "snapshotAt"]


def test_a_member_who_left_keeps_the_time_of_the_snapshot_before(scene: KeyScene) -> None:
    scene.sync()
    before = scene.members()
    left = next(key for key in before if key[1] == 1003)
    scene.control.remove_member(1003, left[0])
    scene.control.advance(8 * DAY)
    scene.sync()

    (old, gone), (new, there) = sorted(scene.newest().items())
    assert old < new
    assert gone == {left} == before - scene.members()
    assert there == scene.members()


def test_an_emptied_and_a_deleted_program_keep_it_as_a_whole(scene: KeyScene) -> None:
    scene.sync()
    gone = {key for key in scene.members() if key[1] in {1002, 1007}}
    for lead_id, program_id in gone:
        if program_id == 1002:
            scene.control.remove_member(program_id, lead_id)
    scene.control.delete_program(1007)
    scene.control.advance(8 * DAY)
    scene.sync()

    assert min(scene.newest().items())[1] == gone
    assert max(scene.newest().items())[1] == scene.members()


def test_the_keys_of_a_wide_table_cost_a_twelfth_of_it_at_most(scene: KeyScene) -> None:
    control = scene.control
    scene.begin(programs=10, members=200)
    names = [f"custom{number}" for number in range(20)]
    for name in names:
        control.add_member_field(name, "string", name)
    for row in control.truth()[::2]:
        control.edit_member(row["programId"], row["leadId"], custom0="as people write")
    catalog = only(scene.tap.catalog(member_keys_days=0), MEMBERS)
    (entry,) = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == MEMBERS]
    fields = [item for item in entry["metadata"] if item["breadcrumb"]]
    for one in fields[25:]:
        one["metadata"]["selected"] = False
    scene.tap.sync(catalog=catalog)
    whole = control.stats()["quota_bytes_used"]
    assert len(control.jobs()[0]["request"]["fields"]) >= 24
    scene.sync()

    keys = control.stats()["quota_bytes_used"] - whole
    assert 0 < keys < 0.08 * whole


# The forms in which rows leave


def test_a_stream_map_sees_the_time_of_the_snapshot(scene: KeyScene) -> None:
    maps = {KEYS: {"member": "str(programId) + '-' + str(leadId)", "seen": "snapshotAt"}}
    output = scene.sync(stream_maps=maps)

    rows = output.records(KEYS)
    assert {(row["leadId"], row["programId"]) for row in rows} == scene.members()
    assert all(row["seen"] == row["snapshotAt"] for row in rows)
    assert {row["member"] for row in rows} == {f"{key[1]}-{key[0]}" for key in scene.members()}


@pytest.mark.parametrize("encoding", ["jsonl", "parquet"])
@pytest.mark.parametrize("maps", [{}, {KEYS: {"program": "programId"}}])
def test_batches_hold_the_same_rows_and_a_moment_is_one(
    scene: KeyScene, tmp_path: Path, encoding: str, maps: dict[str, Any]
) -> None:
    config = {"encoding": {"format": encoding}, "storage": {"root": tmp_path.as_uri()}}
    output = scene.sync(batch_config=config, stream_maps=maps)

    read = pl.read_parquet if encoding == "parquet" else pl.read_ndjson
    found = [
        row
        for batch in output.of("BATCH", KEYS)
        for url in batch["manifest"]
        for row in read(urlsplit(url).path).to_dicts()
    ]
    assert {(row["leadId"], row["programId"]) for row in found} == scene.members()
    (snapshot_at,) = {row["snapshotAt"] for row in found}
    (said,) = set(scene.ledger.watermarks.values())
    assert snapshot_at == (said if encoding == "parquet" else f"{said:%Y-%m-%dT%H:%M:%SZ}")


def test_a_field_that_is_not_selected_is_not_written(scene: KeyScene) -> None:
    catalog = scene.tap.catalog(member_keys_days=7)
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            if entry["tap_stream_id"] == KEYS and one["breadcrumb"][1:] == ["snapshotAt"]:
                one["metadata"]["selected"] = False
    scene.catalog = catalog

    assert all(set(row) == {"leadId", "programId"} for row in scene.sync().records(KEYS))


# Versions


def test_a_whole_snapshot_activates_its_version(scene: KeyScene) -> None:
    output = scene.sync(emit_activate_version_messages=True)

    assert activated(output) == 1
    (version,) = {message["version"] for message in output.of("RECORD", KEYS)}
    assert output.of("ACTIVATE_VERSION", KEYS)[0]["version"] == version


def test_a_run_that_wrote_nothing_or_the_rest_of_a_snapshot_activates_none(
    scene: KeyScene,
) -> None:
    scene.settings["emit_activate_version_messages"] = True
    scene.cut(lambda message: message["type"] == "STATE" and bool(scene_watermarks(message)))
    wait_for_next_version()
    rest = scene.sync()
    wait_for_next_version()
    nothing = scene.sync()

    assert rest.records(KEYS)
    assert activated(rest) == 0
    assert not nothing.records(KEYS)
    assert activated(nothing) == 0


def scene_watermarks(message: dict[str, Any]) -> dict[str, str]:
    return dict(message["value"]["bookmarks"].get(KEYS, {}).get("watermarks", {}))


def test_batches_and_versions_cannot_be_had_together(scene: KeyScene, tmp_path: Path) -> None:
    config = {"encoding": {"format": "jsonl"}, "storage": {"root": tmp_path.as_uri()}}
    output = scene.run(batch_config=config, emit_activate_version_messages=True)

    assert isinstance(output.error, MarketoConfigError)
    assert KEYS in str(output.error)
    assert not scene.control.jobs()


# What is asked for and does not fit


def test_a_catalog_that_selects_the_stream_without_the_setting_is_told_so(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = scene.tap.catalog(member_keys_days=7)
    caplog.clear()
    output = scene.tap.sync(catalog=catalog)

    (line,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert "program_member_keys" in line
    assert "member_keys_days" in line
    assert output.records(MEMBERS)
    assert not output.of("SCHEMA", KEYS)

    caplog.clear()
    scene.tap.sync(catalog=only(catalog, "channels"))
    assert not [line for line in caplog.records if line.levelname == "WARNING"]


def test_a_catalog_of_before_the_setting_is_told_so(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = scene.tap.catalog()
    caplog.clear()
    scene.tap.sync(catalog=catalog, member_keys_days=7)

    (line,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert "run discovery again" in line


def test_a_map_of_the_stream_without_the_setting_is_told_so(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.tap.sync("channels", stream_maps={KEYS: {"programId": None}})

    assert f"stream_maps.{KEYS}: does nothing without member_keys_days" in caplog.text


def test_a_bookmark_outlives_the_setting_in_silence(
    scene: KeyScene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.sync()
    caplog.clear()
    output = scene.tap.sync(MEMBERS, state=scene.state)

    assert output.state["bookmarks"][KEYS] == scene.state["bookmarks"][KEYS]
    assert not [line for line in caplog.records if line.levelname == "WARNING"]


def test_a_user_who_may_not_read_members_is_offered_no_keys(
    scene: KeyScene, command: Callable[..., Output]
) -> None:
    scene.control.knob(denied="members_describe")

    output = command("--discover", member_keys_days=7)

    assert output.code == 0
    names = {one["tap_stream_id"] for one in json.loads("\n".join(output.lines))["streams"]}
    assert KEYS not in names
    assert "programs" in names
    assert f"{KEYS} is left out of the catalog" in output.logs


def test_a_bookmark_that_cannot_be_read_is_refused_by_its_own_name(scene: KeyScene) -> None:
    scene.state = {"bookmarks": {KEYS: {"version": 99}}}
    output = scene.run()

    assert f"bookmarks.{KEYS}" in str(output.error)
    assert not scene.control.jobs()


def test_a_target_that_upserts_holds_members_and_keys_alike(scene: KeyScene) -> None:
    target = UpsertingTarget()
    target.load(scene.tap.sync(MEMBERS, KEYS, member_keys_days=0))

    assert set(target.tables[KEYS]) == set(target.tables[MEMBERS]) == scene.members()
