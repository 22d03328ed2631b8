"""The stream of programs once for each of their tags.

It must not know how Marketo is asked, nor how records are made of answers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo_programs.marketo.paging import OffsetSweep
from tap_marketo_programs.marketo.records import program_record
from tap_marketo_programs.marketo.tags import (
    PROGRAMS_BY_TAG_PATH,
    hidden_values,
    none_if_unknown,
    wanted_tags,
)
from tap_marketo_programs.schemas import assets as schema
from tap_marketo_programs.streams.assets import AssetStream
from tap_marketo_programs.streams.progress import Progress
from tap_marketo_programs.streams.tag_derivation import derive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context

    from tap_marketo_programs.marketo.tags import WantedTags
    from tap_marketo_programs.streams.tag_derivation import Derivation


class ProgramsByTagStream(AssetStream):
    """Programs once for each of their tags (Adobe: Programs, "By Tag")."""

    name = "programs_by_tag"
    path = PROGRAMS_BY_TAG_PATH
    primary_keys: ClassVar[tuple[str, ...]] = ("id", "tagType", "tagValue")
    # One scan for each tag needs no bookmark for each tag.
    state_partitioning_keys: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[dict[str, Any]] = schema.PROGRAMS_BY_TAG

    def get_new_paginator(self) -> OffsetSweep:
        """A sweep that knows that "results are returned in random order"."""
        self._sweep = OffsetSweep(self.key, ordered=False, odd=self.odd)
        return self._sweep

    def get_url_params(
        self, context: Context | None, next_page_token: int | None
    ) -> dict[str, Any]:
        """Both halves of the tag."""
        return {**super().get_url_params(context, next_page_token), **(context or {})}

    def found(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002 - the base class's signature
        """The programs of every wanted tag."""
        self.programs.check()  # what nobody can pass ends the run here
        if self.settings.program_tags is not None:
            # Asked for already, since they say which programs all streams want.
            for (tag_type, value), row in self.programs.tagged():
                yield self._tagged_record(row, tag_type, value)
            return
        wanted = list(wanted_tags(self.client, None))
        derivation = derive(self.client, self.programs, wanted)
        values = sum(len(each.values) for each in wanted)
        text = "programs_by_tag: programs of %d of %d tag values read"
        progress = Progress(text, values, self.client.clock)
        for each in wanted:
            yield from filter(self.programs.passes, self._of_type(each, derivation, progress))

    def _of_type(
        self, wanted: WantedTags, derivation: Derivation | None, progress: Progress
    ) -> Iterator[dict[str, Any]]:
        """The programs of each value of a tag type, wanted or not."""
        if derivation is not None and not derivation.covers(wanted):
            derivation = None
        used: set[str] = set()
        for value in wanted.values:
            for row in self._with_tag(wanted.tag_type, value, derivation):
                used.add(value)
                yield row
            progress.one_more()
        hidden = derivation.hidden_values if derivation else partial(hidden_values, self.client)
        for value in hidden(wanted, used):
            yield from self._with_tag(wanted.tag_type, value, derivation)

    def _with_tag(
        self, tag_type: str, value: str, derivation: Derivation | None
    ) -> Iterator[dict[str, Any]]:
        """The programs of one tag, wanted or not."""
        rows = derivation.rows((tag_type, value)) if derivation else None
        if rows is None:
            rows = self._tagged(tag_type, value)
        for row in rows:
            yield self._tagged_record(row, tag_type, value)

    def _tagged_record(self, row: dict[str, Any], tag_type: str, value: str) -> dict[str, Any]:
        return {**program_record(row, self.odd), "tagType": tag_type, "tagValue": value}

    def _tagged(self, tag_type: str, value: str) -> Iterator[dict[str, Any]]:
        """The programs of one tag, as Marketo answers by tag."""
        rows = self.request_records({"tagType": tag_type, "tagValue": value})
        return none_if_unknown(tag_type, rows)
