"""Many edits at once, as people make them in a while: deterministic, by seed and count.

It only calls the edits a tester could call, and says what it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.data.scatter import scatter

if TYPE_CHECKING:
    from marketo_sandbox.data.programs import Program
    from marketo_sandbox.data.world import World

_NEW_LEADS_FROM = 9_000_000


class RandomEdits:
    """Applies edits drawn from a seed."""

    def __init__(self, world: World, seed: int, now: str) -> None:
        self._world = world
        self._seed = seed
        self._now = now
        self._draws = 0

    def _draw(self, below: int) -> int:
        self._draws += 1
        return scatter(self._seed * 1_000_003, [self._draws])[0] % below

    def _program(self, *, populated: bool = True) -> Program | None:
        found = [p for p in self._world.programs.values() if len(p.membership) or not populated]
        return sorted(found, key=lambda p: p.id)[self._draw(len(found))] if found else None

    def _member(self) -> tuple[Program, int] | None:
        program = self._program()
        if program is None:
            return None
        return program, program.membership.lead_at(self._draw(len(program.membership)))

    def members(self, count: int) -> list[dict[str, object]]:
        """Changes of members only: seven in ten edits, two joins, one leaving."""
        steps = (self._edit,) * 7 + (self._join,) * 2 + (self._leave,)
        return [step for _ in range(count) if (step := steps[self._draw(10)]())]

    def everything(self, count: int) -> list[dict[str, object]]:
        """Changes of members, leads, programs and tags."""
        steps = (
            *((self._edit,) * 4),
            self._join,
            self._leave,
            self._lead,
            self._rename,
            self._retag,
            self._new_program,
        )
        return [step for _ in range(count) if (step := steps[self._draw(10)]())]

    def _edit(self) -> dict[str, object] | None:
        chosen = self._member()
        if chosen is None:
            return None
        program, lead = chosen
        statuses = self._world.statuses(program)
        status = statuses[self._draw(len(statuses))]
        reached = self._now if status.success else None
        self._world.edit_member(
            program.id,
            lead,
            {
                "statusName": status.name,
                "reachedSuccess": status.success,
                "reachedSuccessDate": reached,
            },
            self._now,
            touch=True,
        )
        return {"did": "edit_member", "program_id": program.id, "lead_id": lead}

    def _join(self) -> dict[str, object] | None:
        program = self._program(populated=False)
        if program is None:
            return None
        lead = _NEW_LEADS_FROM + self._draw(1_000_000)
        self._world.add_member(program.id, lead, {}, self._now)
        return {"did": "add_member", "program_id": program.id, "lead_id": lead}

    def _leave(self) -> dict[str, object] | None:
        chosen = self._member()
        if chosen is None:
            return None
        self._world.remove_member(chosen[0].id, chosen[1])
        return {"did": "remove_member", "program_id": chosen[0].id, "lead_id": chosen[1]}

    def _lead(self) -> dict[str, object] | None:
        chosen = self._member()
        if chosen is None:
            return None
        self._world.edit_lead(chosen[1], {"firstName": f"Renamed {self._draws}"}, self._now)
        return {"did": "edit_lead", "lead_id": chosen[1]}

    def _rename(self) -> dict[str, object] | None:
        program = self._program(populated=False)
        if program is None:
            return None
        values: dict[str, object] = {"description": f"edited, {self._draws}"}
        self._world.edit_program(program.id, values, self._now, details_touch=False)
        return {"did": "edit_program", "program_id": program.id}

    def _retag(self) -> dict[str, object] | None:
        program, types = (
            self._program(populated=False),
            [t for t in self._world.tag_types if t.values],
        )
        if program is None or not types:
            return None
        chosen = types[self._draw(len(types))]
        values = chosen.values or ("",)
        tags = {**program.tags, chosen.name: values[self._draw(len(values))]}
        self._world.edit_program(program.id, {"tags": tags}, self._now, details_touch=False)
        return {"did": "tag_program", "program_id": program.id, "tag_type": chosen.name}

    def _new_program(self) -> dict[str, object] | None:
        made = self._world.add_program(
            self._now, {"name": f"New program {self._draws}", "member_count": self._draw(20)}
        )
        return {"did": "add_program", "program_id": made.id}
