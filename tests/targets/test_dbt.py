"""The dbt package makes of what real loaders wrote what the sandbox's truth says.

Model by model, row by row and column by column, computed by `dbt_truth` in Python: that
dbt's own tests pass counts as well, and is not enough.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from dbt_differences import KEYS
from dbt_other_loaders import other_copy
from dbt_pipeline import DuckDb, Pipeline
from dbt_runs import (
    PACKAGE,
    Dbt,
    DbtProject,
    DuckDbStore,
    PostgresStore,
    described_columns,
    readme_block,
    readme_commands,
    readme_query,
    synced,
)
from dbt_truth import Removed
from real_targets import load
from scenes import DAY

from demo import models
from demo.commands import CommandFailed
from demo.database import SCHEMA
from demo.package import Package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbt_runs import Store
    from harness import Tap
    from real_targets import Target

    from demo.comparison import Row
    from demo.database import Database

pytestmark = pytest.mark.targets

COSTS = [
    {"startDate": "2025-03-01", "cost": 1000, "note": 'hall, "big"'},
    {"startDate": "2025-03-01", "cost": 1, "note": "coffee"},
    {"startDate": "2025-12-01", "cost": 99999999},
]
FIELDS = ["customText", "Seats_Booked__c", "customInteger", "customBoolean"]


@pytest.fixture(scope="module")
def dbt() -> Iterator[Dbt]:
    """What does dbt's commands."""
    with TemporaryDirectory(prefix="dbt") as name:
        process = Dbt(synced("dbt-duckdb", Path(name) / "environment"))
        yield process
        process.close()


@pytest.fixture(scope="module")
def target_duckdb() -> Iterator[Path]:
    """The loader for DuckDB, beside an older DuckDB than dbt's."""
    with TemporaryDirectory(prefix="target-duckdb") as name:
        yield synced("target-duckdb", Path(name) / "environment") / "target-duckdb"


@pytest.fixture
def demo(tap: Tap) -> Tap:
    """The demo's world, with several costs in a month."""
    control = tap.sandbox.control
    control.reset(world="demo")
    control.knob(rate_limit=None)
    control.edit_program(1004, costs=COSTS)
    return tap


@pytest.fixture(params=["postgres", "duckdb"])
def pipeline(request: pytest.FixtureRequest, demo: Tap, tmp_path: Path, dbt: Dbt) -> Pipeline:
    store: Store
    target: Target
    if request.param == "postgres":
        store = PostgresStore(request.getfixturevalue("database"))
        target = request.getfixturevalue("postgres")
    else:
        path = tmp_path / "warehouse.duckdb"
        store = DuckDbStore(path)
        target = DuckDb(request.getfixturevalue("target_duckdb"), tmp_path, path, {})
    return Pipeline(demo, target, store, DbtProject(dbt, tmp_path / "project", store))


def people_leave(pipeline: Pipeline, snapshot: str) -> tuple[list[Row], list[Removed]]:
    """In each way that there is; the programs that are gone, and the members who left."""
    control = pipeline.control
    members = control.truth()
    kinds = {row["programId"]: row for row in members}
    deleted, emptied, *others = kinds
    gone = [row for row in control.programs() if row["id"] == deleted]
    leaving = [row for row in members if row["programId"] in others][::53]
    of_emptied = [row for row in members if row["programId"] == emptied]
    for row in (*leaving, *of_emptied):
        control.remove_member(row["programId"], row["leadId"])
    control.delete_program(deleted)
    whole = [row for row in members if row["programId"] in {deleted, emptied}]
    return gone, [
        *(Removed(row, snapshot, "left_program") for row in leaving),
        *(Removed(row, snapshot, "program_not_in_snapshot") for row in whole),
    ]


def test_models_hold_the_truth_before_and_after_people_join_move_and_leave(
    pipeline: Pipeline,
) -> None:
    control, project = pipeline.control, pipeline.project
    first = pipeline.tap.sync()
    load(pipeline.target, first.lines)

    for line in readme_commands():
        project.run(*line.removeprefix("dbt ").split())

    assert set(project.results().values()) == {"success", "pass"}
    pipeline.assert_models_are(pipeline.world())
    query = readme_query().replace("from program_funnel", f"from {models.SCHEMA}.program_funnel")
    assert len(pipeline.store.rows(f"({query})")) == len(project.rows("program_funnel"))
    assert {model: {*project.rows(model)[0]} for model in KEYS} == described_columns()

    before = pipeline.snapshot(control.truth())
    program = control.truth()[-1]["programId"]
    control.advance(DAY)
    control.add_member(program, 700_001)
    control.edit_member(program, control.truth()[-2]["leadId"], statusName="Never heard of")
    state = pipeline.tap.sync(state=first.state)
    load(pipeline.target, state.lines)
    passing = [row for row in control.truth() if row["leadId"] == 700_001]
    control.remove_member(program, 700_001)
    gone, removed = people_leave(pipeline, before)
    control.advance(DAY)
    pipeline.snapshot(control.truth())
    control.advance(DAY)
    control.add_member(program, 700_002)
    back = removed.pop(0)
    control.add_member(back.row["programId"], back.row["leadId"])
    load(pipeline.target, pipeline.tap.sync(state=state.state).lines)

    project.configure(readme_block("dbt_project.yml", " with freshness"))
    project.run("build")

    assert passing
    assert set(project.results().values()) == {"success", "pass"}
    removed += [Removed(row, None, "never_in_snapshot") for row in passing]
    pipeline.assert_models_are(pipeline.world(gone, removed))
    assert {row["removed_reason"] for row in project.rows("member")} == {
        *(one.reason for one in removed),
        None,
    }

    if pipeline.store.profile["type"] == "postgres":
        # The other loader adds no such column.
        assert "PASS freshness of marketo.channels" in project.run("source", "freshness")
        pipeline.store.execute("ALTER DATABASE postgres SET timezone TO 'Asia/Kolkata'")
    project.run("run", variables=other_copy(pipeline.store, SCHEMA))

    pipeline.assert_models_are(pipeline.world(gone, removed))


@pytest.fixture
def duckdb(demo: Tap, tmp_path: Path, dbt: Dbt, target_duckdb: Path) -> Pipeline:
    """A loaded database and a project without models yet."""
    store = DuckDbStore(tmp_path / "warehouse.duckdb")
    target = DuckDb(target_duckdb, tmp_path, store.path, {})
    made = Pipeline(demo, target, store, DbtProject(dbt, tmp_path / "project", store))
    load(target, demo.sync().lines)
    made.project.with_package()
    return made


def test_rules_fields_and_tables_are_chosen_by_variables(duckdb: Pipeline) -> None:
    control = duckdb.control
    members = control.truth()
    program = members[0]["programId"]
    of_program = [row for row in members if row["programId"] == program]
    never, known = members[-1], members[:-1]
    first = duckdb.snapshot(known)
    control.advance(DAY)
    duckdb.snapshot(row for row in known if row["programId"] != program)

    rules: dict[str, Any] = {
        "marketo_missing_programs_are_removed": False,
        "marketo_missing_keys_are_removed": False,
    }
    # With the package's unit tests, which hold whatever a project has chosen.
    duckdb.project.run("build", variables={**rules, "marketo_member_fields": FIELDS})
    assert set(duckdb.project.results().values()) == {"success", "pass"}
    duckdb.assert_models_are(duckdb.world(fields=FIELDS))

    duckdb.project.run("run", variables={"marketo_using_program_member_keys": False})
    duckdb.assert_models_are(duckdb.world())

    duckdb.project.run("run")
    left = [Removed(row, first, "program_not_in_snapshot") for row in of_program]
    left.append(Removed(never, None, "never_in_snapshot"))
    world = duckdb.world(removed=left)
    gone = {(one.row["programId"], one.row["leadId"]) for one in left}
    world.members = [row for row in members if (row["programId"], row["leadId"]) not in gone]
    duckdb.assert_models_are(world)


def test_what_cannot_be_read_is_said_in_a_line_that_names_the_variable(
    dbt: Dbt, tmp_path: Path
) -> None:
    store = DuckDbStore(tmp_path / "warehouse.duckdb")
    store.execute(
        "CREATE SCHEMA marketo; CREATE TABLE marketo.programs (id bigint);"
        "CREATE TABLE marketo.channels (id bigint); CREATE TABLE marketo.tag_types (x bigint);"
        "CREATE TABLE marketo.program_members"
        " (leadid bigint, programid bigint, statusname text, customtext text)"
    )
    project = DbtProject(dbt, tmp_path / "project", store).with_package()
    # Not `run`: of an error in an ephemeral model, `build` alone shows nothing.
    built = project.run(
        *("build", "--select", "program_tag", "member", "--exclude", "test_type:data"),
        code=1,
        variables={
            "marketo_using_programs_by_tag": "maybe",
            "marketo_member_fields": ["customText", "customTextt", "statusName"],
        },
    )
    compiled = project.run(
        "compile",
        variables={
            "marketo_using_program_member_keys": True,
            "marketo_programs_by_tag_identifier": "tag_types",
            "marketo_member_fields": "customText",
        },
    )

    for said in (
        "marketo_using_programs_by_tag is 'maybe': it can be detect, true or false",
        "marketo_member_fields: the table of members has no column for customTextt",
        "with statusName, the model would have two columns status_name",
    ):
        assert said in " ".join(built.split())
    for said in (
        "run the tap with the stream program_member_keys first",
        "The table tag_types in the schema marketo of the database warehouse has no column for id",
        'marketo_member_fields is "customText": it can be a list of names',
    ):
        assert said in " ".join(compiled.split())


def test_what_is_not_loaded_yet_is_said_in_a_line_and_the_project_compiles(
    dbt: Dbt, database: Database, tmp_path: Path
) -> None:
    database.execute(
        'DROP SCHEMA IF EXISTS "Raw data" CASCADE; CREATE SCHEMA "Raw data";'
        'CREATE TABLE "Raw data".programs (id bigint)'
    )
    project = DbtProject(dbt, tmp_path / "project", PostgresStore(database)).with_package()
    project.configure("models: {marketo_programs: {program_tag: {+materialized: incremental}}}\n")

    built = project.run("build", code=1, variables={"marketo_schema": "raw data"})
    compiled = project.run("compile", variables={"marketo_database": "other"})

    said = " ".join(built.split())
    assert "table channels in the schema raw data of the database postgres: run the tap" in said
    assert "set the variable marketo_schema, marketo_database or marketo_channels_ident" in said
    assert "table programs in the schema raw data of the database postgres, but programs" in said
    assert "in the schema Raw data: write marketo_schema and" in said
    assert "every run would add all rows again. It can be table or view" in said
    assert "marketo_database is other, and dbt is connected to postgres" in compiled


def test_what_dbt_says_is_what_the_demo_fails_with(
    dbt: Dbt, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "package"
    shutil.copytree(PACKAGE, broken)
    (broken / "models" / "broken.sql").write_text("select nonsense", encoding="utf-8")
    monkeypatch.setenv("PATH", str(dbt.commands), prepend=os.pathsep)

    with pytest.raises(CommandFailed, match='column "nonsense" does not exist') as failed:
        Package(broken, tmp_path, database).build()

    assert failed.value.code == 1
    assert str(failed.value).endswith("\ndbt build ended with 1")


def test_the_folder_is_a_package_for_git_too(dbt: Dbt, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    line = [
        "git",
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.com",
        "-c",
        "init.defaultBranch=main",
    ]
    copied = ["cp", "-r", str(PACKAGE), str(repository / "dbt")]
    repository.mkdir()
    for step in ([*line, "init", "-q"], copied, [*line, "add", "."], [*line, "commit", "-qm", "x"]):
        subprocess.run(step, cwd=repository, check=True)  # noqa: S603 - git of the machine
    shown = readme_block("packages.yml", " of a project without the clone")
    packages = shown.replace("<URL of this repository>", f"file://{repository}")

    project = DbtProject(dbt, tmp_path / "project", DuckDbStore(tmp_path / "x.duckdb"), packages)

    project.run("deps")

    installed = project.folder / "dbt_packages" / "marketo_programs"
    assert {path.stem for path in (installed / "models").glob("*.sql")} == set(KEYS)
