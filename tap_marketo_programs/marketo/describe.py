"""What Marketo describes of program members and leads: their fields and the members' key.

It must not know streams or Singer.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members
("Describe") and .../lead-database/leads ("Describe Lead2").
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import BrokenAnswer, MarketoConfigError
from tap_marketo_programs.schemas.members import (
    MemberField,
    dedupe_fields,
    described_fields,
    description_oddities,
    exportable,
    key_oddities,
    member_schema,
)
from tap_marketo_programs.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tap_marketo_programs.marketo.client import MarketoClient

MEMBERS_DESCRIBE = "/rest/v1/programs/members/describe.json"
LEADS_DESCRIBE = "/rest/v1/leads/describe2.json"

logger = logging.getLogger(__name__)


class MemberDescription:
    """The fields of program members; Marketo is asked only when somebody needs them.

    Args:
        client: Sends everything.
        lead_fields: The setting `lead_fields`.
    """

    def __init__(self, client: MarketoClient, lead_fields: Sequence[str]) -> None:
        self._client = client
        self._wanted = tuple(dict.fromkeys(lead_fields))

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of a member's key."""
        return dedupe_fields(self._members)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of a member with every field that can be exported.

        Raises:
            MarketoConfigError: A lead field does not exist, cannot be exported, or has the
                name of a member field.
        """
        return member_schema(described_fields(self._members), self._lead_fields, self.keys)

    def exportable_fields(self) -> set[str]:
        """The names of the fields that can be exported, asked for now."""
        found = described_fields(self._ask(MEMBERS_DESCRIBE))
        if self._wanted:
            found += described_fields(self._ask(LEADS_DESCRIBE))
        return {field.name for field in found if exportable(field)}

    def fields_of(self, names: Collection[str]) -> dict[str, MemberField]:
        """The described fields among which these names are, if they are described at all.

        Those of members, and those of leads, whether joined or not, unless all are members'.
        """
        found = {field.name: field for field in described_fields(self._members)}
        if found.keys() >= set(names):
            return found
        return {field.name: field for field in described_fields(self._leads)} | found

    @cached_property
    def _members(self) -> list[Any]:
        return self._ask(MEMBERS_DESCRIBE)

    @cached_property
    def _leads(self) -> list[Any]:
        return self._ask(LEADS_DESCRIBE)

    @cached_property
    def _lead_fields(self) -> list[MemberField]:
        """The described lead fields that the user wants, in the user's order."""
        if not self._wanted:
            return []
        described = {field.name: field for field in described_fields(self._leads)}
        members = {field.name for field in described_fields(self._members)}
        lines = [
            f"lead_fields: '{name}' {reason}"
            for name in self._wanted
            if (reason := _unfit(name, described, members))
        ]
        if lines:
            raise MarketoConfigError("\n".join(lines))
        return [described[name] for name in self._wanted]

    def _ask(self, path: str) -> list[Any]:
        """What a describe endpoint answers.

        Every subscription has fields; an answer without any would cost a table
        its columns, so it counts as broken.
        """

        def check(rows: list[Any]) -> list[Any]:
            if not described_fields(rows):
                what = "a result" if not rows else "a field that can be read"
                message = f"GET {path}: Marketo answered without {what}"
                raise BrokenAnswer(message)
            return rows

        rows = self._client.read("GET", path, check)
        odd = description_oddities(rows)
        if path == MEMBERS_DESCRIBE:
            odd += key_oddities(rows)
        if odd:
            logger.warning("GET %s: %s", path, "; ".join(odd))
        return rows


def _unfit(name: str, described: Mapping[str, MemberField], members: Collection[str]) -> str | None:
    """Why a field cannot be joined as one of leads; None if it can."""
    if name in members:
        return "is a program member field too, and an export has one column for both"
    if name not in described:
        known = [field.name for field in described.values() if exportable(field)]
        return (
            "is not a lead field; use the REST names of Admin > Field Management."
            f"{did_you_mean(name, known)}"
        )
    if not exportable(described[name]):
        return "is a formula field, which Marketo does not export"
    return None
