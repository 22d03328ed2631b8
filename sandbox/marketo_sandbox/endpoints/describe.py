"""What fields there are: the describes of program members and of leads.

Adobe: Program Members, Leads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketo_sandbox.http.messages import Call, Reply, database_reply

if TYPE_CHECKING:
    from marketo_sandbox.data.world import World
    from marketo_sandbox.subscription import Subscription


def searchable_fields(world: World) -> list[str]:
    """Fields that Get Program Members looks members up by. The custom ones vary (recordings)."""
    custom = [f.name for f in world.member_fields.values() if f.custom]
    return sorted(["leadId", "reachedSuccess", "statusName", *custom[:1]], key=str.lower)


def members_describe(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/v1/programs/members/describe.json."""
    world = subscription.world
    # Those that nobody can update first, the others by name, custom ones among them (recording).
    fixed = [f for f in world.member_fields.values() if not f.updateable]
    others = [f for f in world.member_fields.values() if f.updateable]
    others.sort(key=lambda f: f.name.lower())
    described = {
        "name": "API Program Membership",
        "description": "Map for API program membership fields",
        "createdAt": world.described_at,
        "updatedAt": world.described_at,
        "dedupeFields": ["leadId", "programId"],
        "searchableFields": [[name] for name in searchable_fields(world)],
        "fields": [f.described() for f in (*fixed, *others)],
    }
    return database_reply(call, [described])


def leads_describe(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/v1/leads/describe.json; a SOAP-only field has no `rest`."""
    rows: list[dict[str, object]] = []
    for number, described in enumerate(subscription.world.lead_fields.values(), start=1):
        row: dict[str, object] = {
            "id": number,
            "displayName": described.display_name or described.name,
            "dataType": described.data_type,
        }
        if described.length is not None:
            row["length"] = described.length
        read_only = not described.updateable
        if described.rest:
            row["rest"] = {"name": described.name, "readOnly": read_only}
        soap = described.name[:1].upper() + described.name[1:]
        row["soap"] = {"name": soap, "readOnly": read_only}
        rows.append(row)
    return database_reply(call, rows)


def leads_describe2(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/v1/leads/describe2.json: the names exports take."""
    described = {
        "name": "API Lead",
        "searchableFields": [["id"], ["email"]],
        "fields": [f.described() for f in subscription.world.lead_fields.values() if f.rest],
    }
    return database_reply(call, [described])
