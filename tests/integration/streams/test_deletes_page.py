"""The DuckDB statement of docs/deletes.md finds who left, and nobody else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pytest
from key_scenes import KEYS, KeyScene
from scenes import DAY, HOUR

from demo.pages import statements

if TYPE_CHECKING:
    from harness import Tap

Left = dict[tuple[int, int], str]

PAGE = "deletes.md"


@pytest.fixture
def scene(tap: Tap) -> KeyScene:
    found = KeyScene(tap)
    found.begin(programs=12, members=5)
    return found


def who_left(scene: KeyScene, sql: str, *, appends: bool) -> Left:
    """What the statement finds in a table of all rows, or of the last one of each member."""
    rows = [(row["leadId"], row["programId"], row["snapshotAt"]) for row in scene.records]
    if not appends:
        rows = list({row[:2]: row for row in rows}.values())
    with duckdb.connect() as connection:
        connection.execute(
            f'CREATE TABLE {KEYS} ("leadId" BIGINT, "programId" BIGINT, "snapshotAt" TIMESTAMP)'
        )
        connection.executemany(f"INSERT INTO {KEYS} VALUES (?, ?, ?)", rows)  # noqa: S608 - a name of our own
        # As Arrow has them: DuckDB itself makes no moments of Python's without pytz.
        found = connection.sql(sql).to_arrow_table().to_pylist()
    for row in found:
        assert isinstance(row["missing_since"], datetime)
        assert row["last_seen"] < row["missing_since"]
    return {(row["leadId"], row["programId"]): row["what_left"] for row in found}


@pytest.mark.parametrize("appends", [True, False])
def test_the_statement_finds_exactly_who_left(scene: KeyScene, *, appends: bool) -> None:
    sql = statements(PAGE)["DuckDB"]
    scene.sync()
    assert who_left(scene, sql, appends=appends) == {}
    before = sorted(scene.members())
    removed = {before[0], before[17]}
    gone = {key for key in before if key[1] in {1003, 1004}} - removed
    for lead_id, program_id in [*removed, *(key for key in gone if key[1] == 1003)]:
        scene.control.remove_member(program_id, lead_id)
    scene.control.delete_program(1004)
    scene.control.add_member(1001, 5000)
    scene.control.advance(8 * DAY)
    scene.sync()

    # Of a program that is gone as a whole, whoever left before is as well.
    expected = {key: "program" if key[1] in {1003, 1004} else "member" for key in removed | gone}
    assert who_left(scene, sql, appends=appends) == expected


def test_without_its_line_b_it_finds_members_alone_while_a_snapshot_is_unfinished(
    scene: KeyScene,
) -> None:
    sql = statements(PAGE)["DuckDB"]
    only_members = sql[: sql.index("    OR program_seen")]
    assert "(b)" not in only_members
    scene.sync()
    left = next(key for key in sorted(scene.members()) if key[1] == 1001)
    scene.control.remove_member(1001, left[0])
    scene.control.advance(8 * DAY)
    quota = scene.control.stats()["quota_bytes_used"] / 1_000_000
    scene.sync(
        daily_export_quota_mb=quota + 0.00001, max_queued_exports=1, on_quota_exhausted="stop"
    )

    assert scene.ledger.unfinished is not None
    assert set(who_left(scene, sql, appends=False)) > {left}
    assert who_left(scene, only_members, appends=False) == {left: "member"}


def test_a_member_who_passes_the_filter_no_more_counts_as_left(scene: KeyScene) -> None:
    sql = statements(PAGE)["DuckDB"]
    members = scene.truth()
    status = next(iter(members.values()))["statusName"]
    chosen = {key for key, row in members.items() if row["statusName"] == status}
    scene.settings["member_filter"] = {"statusNames": [status]}
    scene.sync()
    assert set(scene.snapshots()) == chosen
    left = min(chosen)
    others = sorted(row["statusName"] for row in members.values() if row["statusName"] != status)
    scene.control.edit_member(left[1], left[0], statusName=others[0])
    scene.control.advance(8 * DAY)
    scene.sync()

    found = who_left(scene, sql, appends=False)
    assert set(found) == {left}


@pytest.mark.parametrize("rows", [1, 3, 29, 31])
def test_what_a_killed_run_began_is_whole_after_the_next_one(scene: KeyScene, rows: int) -> None:
    """In between, members whose rows were not out yet looked like some who left."""
    sql = statements(PAGE)["DuckDB"]
    scene.sync()
    left = max(scene.members())
    scene.control.remove_member(left[1], left[0])
    scene.control.advance(8 * DAY)
    seen = iter(range(1000))
    scene.cut(lambda message: message["type"] == "RECORD" and next(seen) == rows)
    assert len(who_left(scene, sql, appends=False)) > 1
    scene.control.advance(HOUR)
    scene.sync()

    assert who_left(scene, sql, appends=False) == {left: "member"}


def test_each_database_has_one_statement_and_each_says_which_lines_can_be_left_out() -> None:
    found = statements(PAGE)

    assert set(found) == {"PostgreSQL", "DuckDB", "Snowflake", "BigQuery", "Marking them"}
    for database in set(found) - {"Marking them"}:
        assert found[database].splitlines()[-1].endswith("-- (b)")
        assert found[database].splitlines()[-2].endswith("-- (a)")
