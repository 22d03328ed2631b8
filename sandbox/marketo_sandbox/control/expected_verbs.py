"""Verbs that tell what an extractor ought to have found."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from marketo_sandbox.control import expected
from marketo_sandbox.control.member_filter import MemberFilter
from marketo_sandbox.control.verb_group import VerbGroup
from marketo_sandbox.http.messages import JSON_TYPE, LINES_TYPE, FilePart, Reply

if TYPE_CHECKING:
    from marketo_sandbox.control.verb_group import Answer


class ExpectedVerbs(VerbGroup):
    """Rows that are true now."""

    def get_programs(self) -> Answer:
        """All programs as they are now."""
        return expected.program_rows(self._subscription.world)

    def get_programs_by_tag(self) -> Answer:
        """Every program and tag."""
        return expected.tag_rows(self._subscription.world)

    def get_tag_types(self) -> Answer:
        """All tag types."""
        return expected.tag_type_rows(self._subscription.world)

    def get_channels(self) -> Answer:
        """All channels."""
        detail = self._subscription.knobs.choice("channel_status_detail")
        return expected.channel_rows(self._subscription.world, detail)

    async def truth(self, query: dict[str, list[str]], *, array: bool = False) -> Reply:
        """The members, by way of a file: a million of them fit no memory."""
        subscription = self._subscription
        subscription.run_due_events()
        names = query["fields"][0].split(",") if query.get("fields") else None
        ids = query.get("program_ids")
        wanted = [int(text) for text in ids[0].split(",")] if ids else None
        stay = subscription.knobs.choice("deleted_lead_memberships") == "stay"
        only = MemberFilter.read(query["member_filter"][0]) if "member_filter" in query else None
        rows = expected.member_rows(subscription.world, names, wanted, only=only, deleted_stay=stay)
        lines = expected.as_lines(rows)
        path = subscription.directory / f"truth-{subscription.next_number()}.ndjson"

        def write() -> None:
            for old in sorted(subscription.directory.glob("truth-*.ndjson"))[:-2]:
                old.unlink(missing_ok=True)
            with path.open("w", encoding="utf-8", newline="") as sink:
                sink.writelines(expected.as_array(lines) if array else lines)

        await asyncio.to_thread(write)
        headers = {"Content-Type": JSON_TYPE if array else LINES_TYPE}
        return Reply(headers=headers, part=FilePart(path, 0, path.stat().st_size))
