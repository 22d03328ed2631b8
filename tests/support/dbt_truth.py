"""What the models of `dbt/` ought to hold, computed from the sandbox's truth.

In plain Python, and by no query of the package. It must not know what a loader made.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from demo.comparison import Row

_PROGRAM = {
    "id": "program_id",
    "name": "program_name",
    "type": "program_type",
    "channel": "channel_name",
    "status": "program_status",
}
_NOT_OF_PROGRAM = {"tags", "costs", "folder"}
_MEMBER = (
    *("leadId", "programId", "statusName", "statusReason", "reachedSuccess"),
    *("reachedSuccessDate", "acquiredBy", "membershipDate", "isExhausted", "nurtureCadence"),
    *("trackName", "waitlistPriority", "createdAt", "updatedAt"),
)


@dataclass
class Removed:
    """A member who left: the row as it was, the last snapshot with it, and how that is known."""

    row: Row
    after: str | None
    reason: str


@dataclass
class World:
    """What is true.

    Args:
        programs: Those that are, and those that were loaded and deleted since.
        channels: All channels.
        members: Those of now.
        removed: Those who left.
        fields: Fields of members to show beside the usual ones.
    """

    programs: Sequence[Row]
    channels: Sequence[Row]
    members: Sequence[Row]
    removed: Sequence[Removed] = ()
    fields: Sequence[str] = ()
    statuses: dict[str, dict[str, Row]] = field(init=False)

    def __post_init__(self) -> None:
        """Look statuses up by channel and name."""
        self.statuses = {
            channel["name"]: {status["name"]: status for status in channel["progressionStatuses"]}
            for channel in self.channels
        }

    def models(self) -> dict[str, list[Row]]:
        """The rows of every model."""
        return {
            "program": [self._program(row) for row in self.programs],
            "program_tag": list(self._tags()),
            "program_cost": list(self._costs()),
            "channel_status": list(self._channel_statuses()),
            "member": [self._member(row) for row in self.members]
            + [
                self._member(one.row)
                | {"is_removed": True, "removed_after": one.after, "removed_reason": one.reason}
                for one in self.removed
            ],
            "program_funnel": [row for program in self.programs for row in self._funnel(program)],
        }

    def _of(self, program: Row) -> list[Row]:
        return [row for row in self.members if row["programId"] == program["id"]]

    def _channel_id(self, program: Row) -> int | None:
        found = [row["id"] for row in self.channels if row["name"] == program["channel"]]
        return found[0] if found else None

    def _program(self, program: Row) -> Row:
        members = self._of(program)
        successes = sum(row["reachedSuccess"] for row in members)
        acquired = sum(row["acquiredBy"] for row in members)
        cost = sum(one["cost"] for one in program["costs"]) if program["costs"] else None
        own = {
            _PROGRAM.get(name, snake_case(name)): value
            for name, value in program.items()
            if name not in _NOT_OF_PROGRAM
        }
        return {
            **own,
            "channel_id": self._channel_id(program),
            "folder_id": program["folder"]["value"],
            "folder_type": program["folder"]["type"],
            "folder_name": program["folder"]["folderName"],
            "members": len(members),
            "removed_members": sum(one.row["programId"] == program["id"] for one in self.removed),
            "success_members": successes,
            "new_names": acquired,
            "success_rate": _ratio(successes, len(members)),
            "total_cost": cost,
            "cost_per_member": _ratio(cost, len(members)),
            "cost_per_success": _ratio(cost, successes),
            "cost_per_new_name": _ratio(cost, acquired),
        }

    def _tags(self) -> Iterable[Row]:
        for program in self.programs:
            for tag in program["tags"] or ():
                kind, value = tag["tagType"], tag["tagValue"]
                plain = kind.replace("~", "~~").replace("-", "~-")
                yield {
                    "program_tag_key": f"{program['id']}-{plain}-{value}",
                    "program_id": program["id"],
                    "tag_type": kind,
                    "tag_value": value,
                    "tag_source": "programs",
                }

    def _costs(self) -> Iterable[Row]:
        for program in self.programs:
            months = defaultdict(list)
            for one in program["costs"] or ():
                months[one["startDate"][:7] + "-01"].append(one)
            for month, entries in months.items():
                notes = [one["note"] for one in entries if one.get("note")]
                yield {
                    "program_cost_key": f"{program['id']}-{month}",
                    "program_id": program["id"],
                    "cost_month": month,
                    "cost": sum(one["cost"] for one in entries),
                    "entries": len(entries),
                    "notes": "; ".join(notes) or None,
                }

    def _channel_statuses(self) -> Iterable[Row]:
        for channel in self.channels:
            for status in channel["progressionStatuses"]:
                yield {
                    "channel_status_key": f"{channel['id']}-{status['name']}",
                    "channel_id": channel["id"],
                    "channel_name": channel["name"],
                    "applicable_program_type": channel["applicableProgramType"],
                    "status_name": status["name"],
                    "step": status["step"],
                    "status_type": status.get("type"),
                    "description": status.get("description"),
                    "is_hidden": status["hidden"],
                    "is_success": status["success"],
                }

    def _member(self, member: Row) -> Row:
        (program,) = [row for row in self.programs if row["id"] == member["programId"]]
        status = self.statuses.get(program["channel"], {}).get(member["statusName"])
        return {
            **{snake_case(name): member[name] for name in (*_MEMBER, *self.fields)},
            "member_key": f"{member['programId']}-{member['leadId']}",
            "status_step": status and status["step"],
            "is_success_status": status and status["success"],
            "channel_status_key": status and f"{self._channel_id(program)}-{status['name']}",
            "is_removed": False,
            "removed_after": None,
            "removed_reason": None,
        }

    def _funnel(self, program: Row) -> Iterable[Row]:
        members = self._of(program)
        listed = self.statuses.get(program["channel"], {})
        now = Counter(row["statusName"] for row in members)
        own = self._program(program)
        for name in dict.fromkeys([*listed, *now]):
            status = listed.get(name)
            if status and not status["step"] and not now[name]:
                continue
            reached = None
            if status:
                known = [
                    listed[row["statusName"]] for row in members if row["statusName"] in listed
                ]
                reached = sum(one["step"] >= status["step"] for one in known)
            yield {
                "program_funnel_key": f"{program['id']}-{name}",
                **{name: own[name] for name in ("program_id", "program_name", "channel_name")},
                "status_name": name,
                "step": status and status["step"],
                "is_success": bool(status and status["success"]),
                "is_hidden": bool(status and status["hidden"]),
                "is_in_channel": status is not None,
                "members": now[name],
                "success_members": sum(
                    row["reachedSuccess"] for row in members if row["statusName"] == name
                ),
                "members_reached": reached,
                "reached_rate": _ratio(reached, len(members)),
                "program_members": own["members"],
                "program_success_members": own["success_members"],
                **{name: own[name] for name in ("success_rate", "total_cost", "cost_per_success")},
            }


def snake_case(name: str) -> str:
    """The name of a field as a column of a model."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _ratio(part: float | None, whole: int) -> float | None:
    return part / whole if whole and part is not None else None
