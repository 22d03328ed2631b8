"""The statements of docs/deletes.md, run in a PostgreSQL that target-postgres has loaded.

`uv run --group targets pytest -m targets` runs them. They are taken from the page itself.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from key_scenes import KEYS
from real_targets import Postgres, load
from scenes import DAY, HOUR

from demo.pages import statements

if TYPE_CHECKING:
    from harness import Tap

pytestmark = pytest.mark.targets

MEMBERS = "program_members"
PAGE = statements("deletes.md")

Key = tuple[int, int]


class Warehouse:
    """The world of the demo in a PostgreSQL, load by load."""

    def __init__(self, tap: Tap, postgres: Postgres) -> None:
        self.tap = tap
        self.control = tap.sandbox.control
        self.postgres = postgres
        self.state: dict[str, Any] = {}
        self.control.reset(world="demo")
        self.control.knob(rate_limit=None)

    def load(self, **settings: Any) -> None:  # noqa: ANN401 - any setting
        """A run and its load."""
        output = self.tap.sync(MEMBERS, KEYS, state=self.state, member_keys_days=1, **settings)
        self.state = load(self.postgres, output.lines)

    def members(self) -> set[Key]:
        """The members as they are."""
        return {(row["leadId"], row["programId"]) for row in self.control.truth()}

    def who_left(self) -> dict[Key, str]:
        """What the statement of the page finds."""
        sql = PAGE["PostgreSQL"]
        found = self.postgres.database.psql(
            f"SELECT row_to_json(found) FROM ({sql}\n) found",  # noqa: S608 - the page's own statement
            "-At",
            stdout=subprocess.PIPE,
        ).stdout
        rows = [json.loads(line) for line in found.splitlines()]
        assert all(row["last_seen"] < row["missing_since"] for row in rows)
        return {(row["leadId"], row["programId"]): row["what_left"] for row in rows}

    def marked(self) -> set[Key]:
        """The members whose rows are marked."""
        rows = self.postgres.all_rows(MEMBERS)
        return {(row["leadId"], row["programId"]) for row in rows if row["_sdc_deleted_at"]}

    def mark(self) -> None:
        """Run the statement that marks them."""
        self.postgres.database.execute(PAGE["Marking them"])


@pytest.fixture
def warehouse(tap: Tap, postgres: Postgres) -> Warehouse:
    return Warehouse(tap, postgres)


def let_go(warehouse: Warehouse) -> dict[Key, str]:
    """Members leave, one program is emptied, and one is deleted; who is gone, and as what."""
    control, before = warehouse.control, warehouse.members()
    programs = sorted({key[1] for key in before})
    sizes = {one: sum(key[1] == one for key in before) for one in programs}
    emptied, deleted, *others = sorted(programs, key=lambda one: sizes[one])[2:]
    removed = [next(key for key in sorted(before) if key[1] == one) for one in others[:5]]
    for lead_id, program_id in [*removed, *(key for key in before if key[1] == emptied)]:
        control.remove_member(program_id, lead_id)
    control.delete_program(deleted)
    gone = before - warehouse.members()
    assert {key[1] for key in gone} > {emptied, deleted}
    return {key: "program" if key[1] in {emptied, deleted} else "member" for key in gone}


def test_the_statement_finds_exactly_the_members_who_left(warehouse: Warehouse) -> None:
    warehouse.load()
    assert warehouse.who_left() == {}
    gone = let_go(warehouse)
    warehouse.control.advance(DAY + HOUR)
    warehouse.load()

    assert warehouse.who_left() == gone
    # And still after another snapshot in which nobody left.
    warehouse.control.advance(DAY + HOUR)
    warehouse.load()
    assert warehouse.who_left() == gone


def test_a_version_that_marks_keeps_what_the_statement_needs(warehouse: Warehouse) -> None:
    warehouse.load(emit_activate_version_messages=True)
    gone = let_go(warehouse)
    warehouse.control.advance(DAY + HOUR)
    warehouse.load(emit_activate_version_messages=True)

    assert warehouse.who_left() == gone
    held = warehouse.postgres.rows(KEYS)
    assert {(row["leadId"], row["programId"]) for row in held} == warehouse.members()


def test_who_left_is_marked_and_who_came_back_is_not(warehouse: Warehouse) -> None:
    warehouse.load()
    gone = let_go(warehouse)
    warehouse.control.advance(DAY + HOUR)
    warehouse.load()
    warehouse.postgres.database.execute(f"CREATE VIEW members_who_left AS {PAGE['PostgreSQL']}")
    warehouse.mark()
    assert warehouse.marked() == set(gone)
    back, early = sorted(key for key, left in gone.items() if left == "member")[:2]
    for lead_id, program_id in (back, early):
        warehouse.control.add_member(program_id, lead_id)
    warehouse.control.advance(HOUR)
    # Their members are exported, their keys not before tomorrow.
    warehouse.load()
    warehouse.mark()

    assert back in warehouse.who_left()
    assert warehouse.marked() == set(gone) - {back, early}
    rows = warehouse.postgres.rows(MEMBERS)
    assert {(row["leadId"], row["programId"]) for row in rows} == warehouse.members()
