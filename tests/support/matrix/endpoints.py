"""Where things happen: the endpoints of Marketo, and the cheapest way to have each called."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


CHANNELS = "channels"


PROGRAMS = "programs"


BY_TAG = "programs_by_tag"


TAG_TYPES = "tag_types"


MEMBERS = "program_members"


# Not a stream: the catalog is made, then channels are read with it.
DISCOVERY = "discovery"


class Before(StrEnum):
    """What happened before the run that a case is about."""

    NOTHING = "nothing"
    SYNCED = "a run that brought everything"
    INTERRUPTED = "a run whose bookmark says that it did not end"
    JOB_LEFT = "a run that left a finished job in the state"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of Marketo's, and the cheapest way to have it called."""

    title: str
    family: str
    stream: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    before: Before = Before.NOTHING


REGION = {"program_tags": [{"tag_type": "Region", "tag_values": ["EMEA", "APJ"]}]}


QUOTA = {"daily_export_quota_mb": 1000}


ENDPOINTS: dict[str, Endpoint] = {
    "identity": Endpoint("Identity", "identity", CHANNELS),
    "channels": Endpoint("Get Channels", "asset", CHANNELS),
    "programs": Endpoint("Get Programs", "asset", PROGRAMS),
    "program": Endpoint("Get Program by Id", "asset", PROGRAMS),
    "programs_by_tag": Endpoint("Get Programs by Tag", "asset", BY_TAG, REGION),
    "tag_types": Endpoint("Get Tag Types", "asset", TAG_TYPES),
    "tag_type": Endpoint("Get Tag by Name", "asset", TAG_TYPES),
    "members_describe": Endpoint("Describe Program Member", "database", DISCOVERY),
    "leads_describe2": Endpoint(
        "Describe Lead2", "database", DISCOVERY, {"lead_fields": ["email"]}
    ),
    "members": Endpoint("Get Program Members", "database", MEMBERS, before=Before.INTERRUPTED),
    "export_create": Endpoint("create of an export", "bulk", MEMBERS),
    "export_enqueue": Endpoint("enqueue of an export", "bulk", MEMBERS),
    "export_status": Endpoint("status of an export", "bulk", MEMBERS),
    "export_file": Endpoint("file of an export", "bulk", MEMBERS),
    "export_list": Endpoint("list of exports", "bulk", MEMBERS, QUOTA),
}


JOB_ENDPOINTS = ("export_create", "export_enqueue", "export_status", "export_file")
