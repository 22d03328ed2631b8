"""Keys, new fields, quotas, kills, changes and filters of time together, by seed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from key_scenes import KEYS, KeyScene
from scenes import HOUR, MEMBERS
from states import ledger
from writers import Killed

from tap_marketo_programs.errors import DailyQuotaExceeded

if TYPE_CHECKING:
    from harness import Output, Tap

Key = tuple[int, int]

DAYS = 8


@dataclass
class Life:
    """Some days of a subscription, with a run on each that may end anywhere."""

    scene: KeyScene
    draw: random.Random
    new: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    held: dict[Key, dict[str, Any]] = field(default_factory=dict)

    def change(self, day: int) -> None:
        """What happens in Marketo and in the settings before a run."""
        control, draw = self.scene.control, self.draw
        if draw.random() < 0.4:
            self.new.append(f"new{day}")
            control.add_member_field(self.new[-1], values=["S", "M", None])
        if draw.random() < 0.2:
            self.leads = ["email", "company"]
        if draw.random() < 0.5:
            control.edit_many(program_ids=draw.sample(range(1001, 1010), 3))
        if draw.random() < 0.4:
            lead_id, program_id = draw.choice(sorted(self.scene.members()))
            control.remove_member(program_id, lead_id)
        control.advance(1)

    def run(self) -> tuple[Output, dict[str, Any]]:
        """A run, killed or cut short by the quota now and then; and its settings."""
        draw, seen = self.draw, iter(range(10_000))
        last = draw.choice([10_000, 10_000, draw.randrange(30), draw.randrange(300)])

        def end(_: dict[str, Any]) -> None:
            if next(seen) >= last:
                raise Killed

        settings: dict[str, Any] = {
            "lead_fields": self.leads,
            "on_quota_exhausted": draw.choice(["fail", "stop"]),
            "max_queued_exports": draw.choice([1, 2, 4]),
            "daily_export_quota_mb": draw.choice([None, 0.004, 0.02, 0.05]),
        }
        output = self.scene.run(before=end, **settings)
        for row in output.records(MEMBERS):
            self.held.setdefault((row["leadId"], row["programId"]), {}).update(row)
        assert output.error is None or isinstance(output.error, Killed | DailyQuotaExceeded)
        return output, settings

    def assert_members_are_held(self) -> None:
        """Each member, with each value of each field."""
        fields = [*self.scene.control.truth()[0], *self.leads]
        for row in self.scene.control.truth(fields):
            held = self.held[row["leadId"], row["programId"]]
            assert {name: held.get(name) for name in fields} == row
        assert not any(ledger(self.scene.state).fields.lacking.values())

    def assert_nobody_looks_gone(self) -> None:
        """By their snapshots, as the page on deletes compares them."""
        assert self.scene.ledger.unfinished is None
        newest: dict[int, str] = {}
        for row in self.scene.records:
            newest[row["programId"]] = max(newest.get(row["programId"], ""), row["snapshotAt"])
        for key, snapshot_at in self.scene.snapshots().items():
            if key in self.scene.members():
                assert snapshot_at == newest[key[1]] == max(newest.values())

    def assert_paid_once(self) -> None:
        """No history was exported twice with the same fields, and no snapshot of a program."""
        paid: Counter[tuple[int, tuple[str, ...]]] = Counter()
        for job in self.scene.control.jobs():
            request, is_read = job["request"], job["exportId"] not in self.scene.ledger.in_flight
            if is_read and job["status"] == "Completed" and "updatedAt" not in request["filter"]:
                fields = tuple(sorted(request["fields"]))
                paid.update((one, fields) for one in request["filter"]["programIds"])
        taken = {(row["programId"], row["snapshotAt"]) for row in self.scene.records}
        snapshots = Counter(program_id for program_id, _ in taken)
        for (program_id, fields), times in paid.items():
            assert times <= (snapshots[program_id] if fields == ("leadId",) else 1)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_together_nothing_is_lost_gone_or_paid_twice(tap: Tap, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same life every time
    settings = {
        "member_keys_days": draw.choice([0, 1, 2]),
        "on_new_fields": "backfill",
        "change_detection": draw.choice(["none", "members", "auto"]),
    }
    scene = KeyScene(tap, settings=settings, streams=(MEMBERS, KEYS))
    scene.begin(programs=draw.choice([13, 25]), members=4)
    life = Life(scene, draw)

    for day in range(DAYS):
        life.change(day)
        output, used = life.run()
        if output.error is None and used["on_quota_exhausted"] == "fail":
            life.assert_members_are_held()
            life.assert_nobody_looks_gone()
        if draw.random() < 0.6:
            scene.control.pass_midnights(1, seconds=HOUR)
        else:
            scene.control.advance(HOUR)

    life.assert_paid_once()
