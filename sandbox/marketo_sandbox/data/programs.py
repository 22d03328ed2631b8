"""Programs, tags and channels: what they hold and how the asset API shows them.

Shapes only: paging, filters and errors belong to `endpoints.assets`, members to `membership`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marketo_sandbox.data.membership import Membership
    from marketo_sandbox.knobs import Knobs

# Adobe: Programs (prefixes of the sample URLs there; webinars share the event's).
_URL_PREFIX = {"Default": "PG", "Email": "EBP", "Engagement": "NP"}


def asset_time(instant: str) -> str:
    """The asset API's double zone: `...Z+0000` (Adobe: Field Types)."""
    return instant + "+0000"


def program_date(instant: str, spelling: str) -> str:
    """A start or end date of a program; how reads spell it is not public (knob U33)."""
    if spelling == "milliseconds":
        return instant.replace("Z", ".000Z")
    if spelling == "offset":
        return instant.replace("Z", "-0700")
    return asset_time(instant)


@dataclass(frozen=True)
class Cost:
    """One period cost; `note` may be absent."""

    start_date: str
    cost: int
    note: str | None = None

    def shown(self) -> dict[str, object]:
        """The cost as by-id answers show it: a bare date, an integer."""
        shown: dict[str, object] = {"startDate": self.start_date, "cost": self.cost}
        if self.note is not None:
            shown["note"] = self.note
        return shown


@dataclass
class Program:
    """One program. Instants are `YYYY-MM-DDThh:mm:ssZ` texts."""

    id: int
    name: str
    membership: Membership
    type: str = "Default"
    channel: str = "Content"
    description: str | None = ""
    created_at: str = "2024-01-01T00:00:00Z"
    updated_at: str = "2024-01-01T00:00:00Z"
    folder_type: str = "Folder"
    folder_id: int = 28
    folder_name: str = "Marketing"
    status: str = ""
    workspace: str = "Default"
    head_start: bool | None = None
    sfdc_id: str | None = None
    sfdc_name: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    costs: list[Cost] = field(default_factory=list)

    def listed(self) -> dict[str, object]:
        """The record of Get Programs: no tags, no costs, no dates (Adobe: Programs)."""
        shown: dict[str, object] = {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "createdAt": asset_time(self.created_at),
            "updatedAt": asset_time(self.updated_at),
            "url": self.url(),
            "type": self.type,
            "channel": self.channel,
            "folder": {
                "type": self.folder_type,
                "value": self.folder_id,
                "folderName": self.folder_name,
            },
            "status": self.status,
            "workspace": self.workspace,
        }
        if self.sfdc_id is not None:
            shown |= {"sfdcId": self.sfdc_id, "sfdcName": self.sfdc_name}
        if self.head_start is not None:
            shown["headStart"] = self.head_start
        return shown

    def url(self) -> str:
        """Where the program would be in the web application."""
        prefix = _URL_PREFIX.get(self.type, "ME")
        return f"https://app-sandbox.marketo.com/#{prefix}{self.id}A1"

    def dates(self, knobs: Knobs) -> dict[str, object]:
        """`startDate` and `endDate`, where the program has them."""
        spelling = knobs.choice("program_date_spelling")
        known = {"startDate": self.start_date, "endDate": self.end_date}
        return {k: program_date(v, spelling) for k, v in known.items() if v is not None}

    def shown_tags(self, knobs: Knobs) -> list[dict[str, object]] | None:
        """All tags; without any, `[]` or null, both are documented."""
        if not self.tags and knobs.choice("empty_tags") == "null":
            return None
        return [{"tagType": t, "tagValue": v} for t, v in self.tags.items()]

    def shown_costs(self) -> list[dict[str, object]] | None:
        """All costs, or null (Adobe: Programs)."""
        return [cost.shown() for cost in self.costs] or None

    def read(self, knobs: Knobs, *, tags: bool = True, costs: bool = True) -> dict[str, object]:
        """The record of Get Program by Id, or by Name with what was asked for."""
        shown = self.listed() | self.dates(knobs)
        if tags:
            shown["tags"] = self.shown_tags(knobs)
        if costs:
            shown["costs"] = self.shown_costs()
        return shown


@dataclass
class TagType:
    """A tag type; `values` None leaves `allowableValues` out of the answer."""

    name: str
    values: tuple[str, ...] | None
    applicable: tuple[str, ...] = ("program", "email_batch", "nurture", "event", "webinar")
    required: bool = False

    def listed(self) -> dict[str, object]:
        """The record of Get Tag Types: no allowable values (Adobe: Tags)."""
        return {
            "tagType": self.name,
            "applicableProgramTypes": "[" + ",".join(self.applicable) + "]",
            "required": self.required,
        }

    def named(self) -> dict[str, object]:
        """The record of Get Tag by Name: a Java list's text, with nothing escaped."""
        shown = self.listed()
        if self.values is not None:
            shown["allowableValues"] = "[" + ", ".join(self.values) + "]"
        return shown


@dataclass(frozen=True)
class Progression:
    """A progression status of a channel."""

    name: str
    step: int
    success: bool = False
    hidden: bool = False
    kind: str | None = None

    def shown(self, detail: str) -> dict[str, object]:
        """As recorded in 2025, with `type`; or Adobe's older sample, with `description: null`.

        The type mostly is the name, but "Visited" of the status "Visited Booth" (recorded).
        """
        if detail == "description":
            shown: dict[str, object] = {"name": self.name, "description": None}
            return shown | {"hidden": self.hidden, "step": self.step, "success": self.success}
        return {
            "name": self.name,
            "step": self.step,
            "type": self.kind or self.name,
            "hidden": self.hidden,
            "success": self.success,
        }


@dataclass(frozen=True)
class Channel:
    """A channel with its progression statuses; step 0, where there is one, `Not in Program`."""

    id: int
    name: str
    program_type: str
    statuses: tuple[Progression, ...]
    created_at: str = "2014-10-06T18:19:03Z"
    updated_at: str = "2014-10-06T18:19:03Z"

    def shown(self, detail: str) -> dict[str, object]:
        """The record of Get Channels (Adobe: Channels)."""
        return {
            "id": self.id,
            "name": self.name,
            "applicableProgramType": self.program_type,
            "progressionStatuses": [status.shown(detail) for status in self.statuses],
            "createdAt": asset_time(self.created_at),
            "updatedAt": asset_time(self.updated_at),
        }
