"""Real targets hold what is true: every stream, every row, every value.

`uv run --group targets pytest -m targets` loads the sandbox into each target
that docs/targets.md or meltano.yml names. That a target ends with 0 counts for
nothing here: what then stands in its tables and files is read and compared.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from real_targets import LOADERS, Csv, JsonLines, Postgres, load, load_and_kill, shipped
from scenes import DAY, wait_for_next_version

from demo.comparison import KEYS, compare
from demo.truth import told
from tap_marketo_programs.errors import MarketoConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness import Tap
    from real_targets import Target

    from demo.comparison import Key, Row

    Truth = dict[str, list[Row]]

pytestmark = pytest.mark.targets


@pytest.fixture(scope="session")
def target_jsonl() -> Iterator[Path]:
    """The version that meltano.yml installs, in an environment of its own, as Meltano has it."""
    with TemporaryDirectory(prefix="target-jsonl") as venv:
        subprocess.run(["uv", "venv", "-q", "--clear", "-p", sys.executable, venv], check=True)  # noqa: S603, S607 - CI's uv
        wanted = shipped("target-jsonl")["pip_url"].split()
        subprocess.run(["uv", "pip", "install", "-q", "-p", venv, *wanted], check=True)  # noqa: S603, S607 - as above
        yield Path(venv) / "bin" / "target-jsonl"


@pytest.fixture
def jsonl(target_jsonl: Path, tmp_path: Path) -> JsonLines:
    return JsonLines(target_jsonl, tmp_path, KEYS)


@pytest.fixture
def demo(tap: Tap) -> Tap:
    """The demo's world, awkward values and all."""
    tap.sandbox.control.reset(world="demo")
    tap.sandbox.control.knob(rate_limit=None)
    return tap


def truth_of(tap: Tap) -> Truth:
    return told(tap.sandbox.control)


def keys_of(truth: Truth) -> dict[str, set[Key]]:
    return {
        table: {tuple(row[name] for name in KEYS[table]) for row in rows}
        for table, rows in truth.items()
    }


def assert_holds(target: Target, truth: Truth, gone: Mapping[str, set[Key]] | None = None) -> None:
    """The target holds the truth, and of what is true no more only what has `gone`."""
    for table, rows in truth.items():
        found = compare(table, rows, target.rows(table))
        left = (gone or {}).get(table, set())
        found.extra = [key for key in found.extra if key not in left]
        assert found.holds, str(found)


def people_work(tap: Tap) -> None:
    """Two days of edits: members, leads, programs and tags come, change and go.

    Who tags a program edits it, too: new tags alone do not move its `updatedAt`,
    and would reach `programs_by_tag` only, as the README says.
    """
    control = tap.sandbox.control
    control.advance(DAY)
    for edit in control.life(seed=1, count=40):
        if edit["did"] == "tag_program":
            control.edit_program(edit["program_id"], description="tagged")
    control.bulk_edit(seed=2, count=40)
    for row in control.truth()[::97]:
        control.remove_member(row["programId"], row["leadId"])
    control.delete_program(control.truth()[0]["programId"])
    control.advance(DAY)


class Change:
    """What was true before people worked, what is now, and what has gone."""

    def __init__(self, tap: Tap) -> None:
        self.before = truth_of(tap)
        people_work(tap)
        self.after = truth_of(tap)
        held, now = keys_of(self.before), keys_of(self.after)
        self.gone = {table: held[table] - now[table] for table in held}
        assert self.gone["programs"]
        assert self.gone["program_members"]
        assert any(row in self.before["program_members"] for row in self.after["program_members"])
        assert now["programs"] - held["programs"]
        assert now["program_members"] - held["program_members"]


# All targets


def first_and_increment(tap: Tap, target: Target, **settings: Any) -> None:  # noqa: ANN401 - any setting
    first = tap.sync(**settings)
    state = load(target, first.lines)
    assert state == first.state
    assert_holds(target, truth_of(tap))

    change = Change(tap)
    second = tap.sync(state=state, **settings)
    load(target, second.lines)
    assert_holds(target, change.after, change.gone)
    moved = len(second.records())
    assert moved < len(first.records())


def test_postgres_holds_the_truth_after_a_first_run_and_after_an_increment(
    demo: Tap, postgres: Postgres
) -> None:
    first_and_increment(demo, postgres)


def test_postgres_makes_bigint_of_every_integer(demo: Tap, postgres: Postgres) -> None:
    output = demo.sync()

    load(postgres, output.lines)

    shown = postgres.database.psql(
        "SELECT table_name, column_name, data_type FROM information_schema.columns",
        "-A",
        "-t",
        stdout=subprocess.PIPE,
    ).stdout
    types = {
        (table, name): kind for table, name, kind in (row.split("|") for row in shown.splitlines())
    }
    integers = {
        (message["stream"], name): "bigint"
        for message in output.of("SCHEMA")
        for name, spec in message["schema"]["properties"].items()
        if "integer" in spec["type"]
    }
    assert len(integers) > len(KEYS)
    assert {column: types[column] for column in integers} == integers


def test_json_lines_hold_the_truth_after_a_first_run_and_after_an_increment(
    demo: Tap, jsonl: JsonLines
) -> None:
    first_and_increment(demo, jsonl)


def test_csv_files_hold_the_truth_but_for_what_csv_cannot_say(demo: Tap, tmp_path: Path) -> None:
    output = demo.sync()
    target = Csv(tmp_path, {one["stream"]: one["schema"] for one in output.of("SCHEMA")})

    load(target, output.lines)

    assert_holds(target, {table: no_empty_texts(rows) for table, rows in truth_of(demo).items()})


def test_csv_files_of_an_increment_hold_what_changed(demo: Tap, tmp_path: Path) -> None:
    first = demo.sync()
    change = Change(demo)
    output = demo.sync(state=first.state)
    target = Csv(tmp_path, {one["stream"]: one["schema"] for one in output.of("SCHEMA")})

    load(target, output.lines)

    for table, rows in change.after.items():
        found = compare(table, no_empty_texts(rows), target.rows(table))
        found.missing = [key for key in found.missing if key in keys_of(change.before)[table]]
        assert not found.extra
        assert not found.different, str(found)


def no_empty_texts(rows: list[Row]) -> list[Row]:
    """Rows as `Csv.ALTERED` has them."""
    return [{name: None if row[name] == "" else row[name] for name in row} for row in rows]


def test_every_target_that_the_pages_or_the_shipped_project_name_is_compared_here() -> None:
    root = Path(__file__).parents[2]
    pages = [(root / name).read_text("utf-8") for name in ("README.md", "docs/targets.md")]
    # What somebody tried once is no promise.
    pages = [page.partition("\n## Tried once by hand\n")[0] for page in pages]
    named = {*re.findall(r"\btarget-[a-z]+", "".join(pages)), *(one["name"] for one in LOADERS)}
    # Of one the page says what it loses; tests/support/dbt_other_loaders.py loads it, too.
    warned_of = set(re.findall(r"One to keep away from: (target-[a-z]+)", "".join(pages)))

    compared = {"target-postgres", "target-jsonl", "target-csv"}
    assert named - warned_of - {"target-x"} == compared


# Killed


@pytest.mark.parametrize(("victim", "after"), [("tap", 30), ("tap", 1_600), ("target", 700)])
def test_postgres_holds_the_truth_although_a_run_was_killed(
    demo: Tap, postgres: Postgres, tmp_path: Path, victim: str, after: int
) -> None:
    resumed_after_a_kill(demo, postgres, tmp_path, victim, after)


@pytest.mark.parametrize("victim", ["tap", "target"])
def test_json_lines_hold_the_truth_although_a_run_was_killed(
    demo: Tap, jsonl: JsonLines, tmp_path: Path, victim: str
) -> None:
    resumed_after_a_kill(demo, jsonl, tmp_path, victim, 700)


def resumed_after_a_kill(tap: Tap, target: Target, folder: Path, victim: str, after: int) -> None:
    config = folder / "tap.json"
    config.write_text(json.dumps(tap.config(poll_interval_seconds=0.02)), encoding="utf-8")
    command = [sys.executable, "-m", "tap_marketo_programs", "--config", str(config)]

    state = load_and_kill(command, target, victim, after, {})
    load(target, tap.sync(state=state).lines)

    assert_holds(target, truth_of(tap))


# FULL_TABLE and ACTIVATE_VERSION


VERSIONED: dict[str, Any] = {"emit_activate_version_messages": True}
HARD = pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])


def full_tables(tap: Tap) -> dict[str, Any]:
    catalog = tap.catalog()
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    return catalog


@HARD
def test_full_tables_with_versions_let_go_of_what_has_gone_and_of_nothing_else(
    demo: Tap,
    postgres: Postgres,
    hard: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    postgres.config = {"hard_delete": hard}
    catalog = full_tables(demo)
    load(postgres, demo.sync(catalog=catalog, **VERSIONED).lines)
    assert_holds(postgres, truth_of(demo))
    change = Change(demo)
    wait_for_next_version()

    load(postgres, demo.sync(catalog=catalog, **VERSIONED).lines)

    assert_holds(postgres, change.after)
    marked = {
        table: {
            tuple(row[name] for name in KEYS[table])
            for row in postgres.all_rows(table)
            if row["_sdc_deleted_at"]
        }
        for table in KEYS
    }
    assert marked == ({table: set() for table in KEYS} if hard else change.gone)


@HARD
def test_a_full_table_that_is_cut_off_lets_go_of_nothing(
    demo: Tap,
    postgres: Postgres,
    hard: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    postgres.config = {"hard_delete": hard}
    catalog = full_tables(demo)
    load(postgres, demo.sync(catalog=catalog, **VERSIONED).lines)
    wait_for_next_version()
    whole = demo.sync(catalog=catalog, **VERSIONED).lines

    load(postgres, whole[: len(whole) // 2])

    assert_holds(postgres, truth_of(demo))


# Batches


def batches(folder: Path, **encoding: str) -> dict[str, Any]:
    storage = {"root": (folder / "batches").as_uri()}
    return {"batch_config": {"encoding": encoding, "storage": storage, "batch_size": 500}}


@pytest.mark.parametrize(
    "encoding",
    [
        {"format": "jsonl", "compression": "gzip"},
        {"format": "jsonl", "compression": "none"},
        {"format": "parquet"},
    ],
    ids=lambda encoding: "-".join(encoding.values()),
)
def test_batches_load_the_truth_at_first_and_by_increment(
    demo: Tap, postgres: Postgres, tmp_path: Path, encoding: dict[str, str]
) -> None:
    settings = batches(tmp_path, **encoding)
    first = demo.sync(**settings)
    assert not first.of("RECORD")
    load(postgres, first.lines)
    assert_holds(postgres, truth_of(demo))
    change = Change(demo)

    load(postgres, demo.sync(state=first.state, **settings).lines)

    assert_holds(postgres, change.after, change.gone)


@HARD
def test_batches_with_versions_are_refused_and_cost_a_target_no_row(
    demo: Tap,
    postgres: Postgres,
    tmp_path: Path,
    hard: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    postgres.config = {"hard_delete": hard}
    load(postgres, demo.sync(**VERSIONED).lines)

    refused = demo.run(**VERSIONED, **batches(tmp_path, format="jsonl"))
    load(postgres, refused.lines)

    assert isinstance(refused.error, MarketoConfigError)
    assert_holds(postgres, truth_of(demo))


@HARD
@pytest.mark.parametrize("activated", ["before", "after"])
def test_the_target_would_drop_what_batches_brought_whenever_a_version_was_activated(
    demo: Tap,
    postgres: Postgres,
    tmp_path: Path,
    hard: bool,  # noqa: FBT001 - a parameter of the test
    activated: str,
) -> None:
    """Why the pair is refused; a target that is better one day fails here."""
    postgres.config = {"hard_delete": hard}
    output = demo.sync("channels", **batches(tmp_path, format="jsonl"))
    schema, batch = output.of("SCHEMA")[0], output.of("BATCH")[0]
    version = {"type": "ACTIVATE_VERSION", "stream": "channels", "version": 1}
    load(postgres, map(json.dumps, [schema, batch]))
    # Before: the run of the next day, which dies before its first batch is loaded.
    messages = (
        [schema, version] if activated == "before" else [schema, {**batch, "version": 1}, version]
    )

    load(postgres, map(json.dumps, messages))

    assert not postgres.rows("channels")


# Time zones


@pytest.mark.parametrize("zone", ["America/Chicago", "Asia/Kolkata"])
def test_instants_stay_what_they_are_on_a_server_in_another_zone(
    demo: Tap, postgres: Postgres, zone: str
) -> None:
    postgres.database.execute(f"ALTER DATABASE postgres SET timezone TO '{zone}'")

    load(postgres, demo.sync("channels", "program_members", "programs").lines)

    truth = truth_of(demo)
    assert_holds(
        postgres, {table: truth[table] for table in ("channels", "program_members", "programs")}
    )


def test_without_the_shipped_environment_another_zone_would_shift_instants(
    demo: Tap, postgres: Postgres
) -> None:
    postgres.database.execute("ALTER DATABASE postgres SET timezone TO 'Asia/Kolkata'")
    postgres.environment = {}

    load(postgres, demo.sync("channels").lines)

    found = compare("channels", truth_of(demo)["channels"], postgres.rows("channels"))
    assert {name for of in found.different.values() for name in of} == {"createdAt", "updatedAt"}
