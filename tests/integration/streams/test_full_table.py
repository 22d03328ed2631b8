"""FULL_TABLE on program_members: everything, and a target that lets go of members who left."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from altering_proxy import listing_without
from harness import by_key
from scenes import DAY, Scene, wait_for_next_version
from singer_sdk import typing as th
from singer_sdk.sql import SQLConnector, SQLSink, SQLTarget
from states import ledger

from tap_marketo_programs.errors import ExportFailed

if TYPE_CHECKING:
    from pathlib import Path

    from altering_proxy import Proxy
    from harness import Output, Tap

Key = tuple[int, int]


class SQLiteConnector(SQLConnector):
    """SQLite through SQLAlchemy."""

    def get_sqlalchemy_url(self, config: Any) -> str:  # noqa: ANN401 - the SDK's signature
        return f"sqlite:///{config['path']}"


class SQLiteSink(SQLSink[SQLiteConnector]):
    """Upserts by key; everything else is the SDK's."""

    connector_class = SQLiteConnector

    def preprocess_record(self, record: Any, context: Any) -> Any:  # noqa: ANN401 - the SDK's signature
        """SQLite knows no decimals, which the SDK reads all numbers as, and no dates."""
        record = super().preprocess_record(record, context)
        return {name: _stored(value) for name, value in record.items()}

    def generate_insert_statement(self, full_table_name: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - the SDK's signature
        statement = super().generate_insert_statement(full_table_name, schema)
        assert isinstance(statement, sa.Insert)
        return statement.prefix_with("OR REPLACE")


def _stored(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


class SQLiteTarget(SQLTarget):
    """A target that honours ACTIVATE_VERSION by deleting rows of older versions."""

    name = "target-sqlite-of-these-tests"
    default_sink_class = SQLiteSink
    config_jsonschema = th.PropertiesList(th.Property("path", th.StringType)).to_dict()


class Warehouse:
    """A database and what it holds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, output: Output) -> None:
        """Load a run's output as the SDK loads it."""
        target = SQLiteTarget(
            config={"path": str(self._path), "add_record_metadata": True, "hard_delete": True}
        )
        with redirect_stdout(io.StringIO()):
            target.listen(io.StringIO("".join(f"{line}\n" for line in output.lines)))
        target.target_connector._engine.dispose()

    def keys(self) -> set[Key]:
        """The members it holds."""
        engine = sa.create_engine(f"sqlite:///{self._path}")
        with engine.connect() as connection:
            found = connection.execute(sa.text('SELECT "leadId", "programId" FROM program_members'))
            keys = {(row[0], row[1]) for row in found}
        engine.dispose()
        return keys


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse.db")


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Thirty programs in FULL_TABLE mode; versions are wanted."""
    scene = Scene(tap, settings={"emit_activate_version_messages": True})
    scene.begin(programs=30, members=4)
    scene.catalog = tap.catalog()
    for stream in scene.catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    return scene


def activated(output: Output) -> list[int]:
    return [message["version"] for message in output.of("ACTIVATE_VERSION")]


def test_every_program_is_exported_whole_whatever_is_known_already(scene: Scene) -> None:
    scene.sync()
    scene.control.advance(DAY)

    output = scene.sync()

    assert scene.creates == 6
    assert all("updatedAt" not in chosen for chosen in scene.filters())
    assert by_key(output.records()) == scene.truth()


def test_the_version_is_activated_after_the_last_record_and_every_record_bears_it(
    scene: Scene,
) -> None:
    output = scene.sync()

    kinds = [message["type"] for message in output.messages if message["type"] != "STATE"]
    assert kinds == ["SCHEMA", *["RECORD"] * 120, "ACTIVATE_VERSION"]
    assert {message["version"] for message in output.of("RECORD")} == set(activated(output))


def test_no_version_is_activated_unless_the_sdk_is_asked_for_it(scene: Scene) -> None:
    assert not activated(scene.sync(emit_activate_version_messages=False))


def test_a_program_that_slipped_through_the_listing_is_exported_all_the_same(
    scene: Scene, between: Proxy
) -> None:
    """A version without it would drop its members from a target."""
    scene.sync()
    between.alterations.append(listing_without(1003))
    wait_for_next_version()

    output = scene.sync(base_url=between.url)

    assert {row["programId"] for row in output.records()} == {one[1] for one in scene.truth()}
    scene.control.delete_program(1005)
    before = len(scene.control.requests("program"))
    for _ in range(2):
        scene.control.advance(DAY)
        scene.sync()
    # Whether a program is gone is asked once.
    assert len(scene.control.requests("program")) == before + 1


def test_an_interrupted_run_activates_nothing_and_the_next_one_brings_everything_again(
    scene: Scene,
) -> None:
    left = iter(range(50, -1, -1))
    cut = scene.cut(lambda message: message["type"] == "RECORD" and next(left) == 0)
    wait_for_next_version()

    output = scene.sync()

    assert not activated(cut)
    assert activated(output)
    assert by_key(output.records()) == scene.truth()
    # What was out already is exported again, for its version is another now.
    assert scene.creates == 4


def test_a_run_without_one_program_activates_nothing(scene: Scene) -> None:
    scene.control.fault("job_failed", where="1005", count=1000)

    output = scene.run()

    assert isinstance(output.error, ExportFailed)
    assert not activated(output)


@pytest.mark.parametrize("way", ["stop", "fail"])
def test_a_run_that_the_quota_ends_early_activates_nothing(scene: Scene, way: str) -> None:
    scene.control.fault(
        "error", "export_create", code="1029", message="daily quota exceeded", after=1, count=9
    )

    output = scene.run(on_quota_exhausted=way, max_queued_exports=1)

    assert len(output.records()) == 40
    assert not activated(output)


def test_incremental_runs_go_on_from_a_full_table(scene: Scene) -> None:
    scene.sync()
    known = ledger(scene.state).watermarks
    scene.control.advance(DAY)
    scene.catalog = None

    output = scene.sync()

    assert len(known) == 30
    assert not output.records()
    assert all("updatedAt" in chosen for chosen in scene.filters()[3:])


def test_a_target_loses_the_members_that_left_and_keeps_the_others(
    scene: Scene, warehouse: Warehouse
) -> None:
    warehouse.load(scene.sync())
    before = set(scene.truth())
    assert warehouse.keys() == before
    for lead_id, program_id in sorted(before)[::7]:
        scene.control.remove_member(program_id, lead_id)
    scene.control.delete_program(1009)
    scene.control.advance(DAY)
    wait_for_next_version()

    warehouse.load(scene.sync())

    assert warehouse.keys() == set(scene.truth())
    assert len(warehouse.keys()) < len(before)


def test_a_target_keeps_everything_when_the_run_is_cut_short(
    scene: Scene, warehouse: Warehouse
) -> None:
    warehouse.load(scene.sync())
    before = warehouse.keys()
    wait_for_next_version()
    scene.control.fault(
        "error", "export_create", code="1029", message="daily quota exceeded", after=1, count=9
    )

    warehouse.load(scene.sync(on_quota_exhausted="stop", max_queued_exports=1))

    assert warehouse.keys() == before
