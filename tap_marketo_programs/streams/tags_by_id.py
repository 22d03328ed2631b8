"""Programs by tag, made of what Get Program by Id said of each in this run.

byTag comes in random order, so that of a tag with more programs than a page holds, many whole
sweeps are needed; the tags of a program are a part of its details. It must not know which
tags are wanted, nor what becomes of the rows.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoTransientError, RequestRefused
from tap_marketo_programs.marketo.by_tag_shape import ByTagShape, features
from tap_marketo_programs.marketo.paging import PAGE_SIZE, ask
from tap_marketo_programs.marketo.records import unreadable, usable_id
from tap_marketo_programs.marketo.side_by_side import side_by_side
from tap_marketo_programs.marketo.tag_index import TagIndex
from tap_marketo_programs.marketo.tags import PROGRAMS_BY_TAG_PATH
from tap_marketo_programs.marketo.verdicts import means_unknown_tag_value
from tap_marketo_programs.streams.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.marketo.tag_index import Tag

# Answers of byTag that are looked at, to learn what it shows of a program.
MAX_SAMPLES = 5


class NotDerivable(Exception):
    """What byTag would answer does not follow from the details; the text says why."""


class TagsById:
    """The programs of each tag, as byTag would show them.

    Args:
        client: Sends everything.
        programs: Those that were read by id are `programs.read`.

    Attributes:
        samples: Calls made to learn what byTag shows.
    """

    def __init__(self, client: MarketoClient, programs: ProgramDirectory) -> None:
        self._client = client
        self._programs = programs
        self._shape = ByTagShape()
        self._gone: set[int] = set()
        self.samples = 0

    @property
    def missing(self) -> list[int]:
        """Wanted programs that were not read by id in this run."""
        known = self._known
        return [each for each in self._programs.ids if each not in known]

    @property
    def knows_all(self) -> bool:
        """Whether every program of the subscription was read, wanted or not."""
        return self._programs.rows.keys() <= self._known

    @property
    def _known(self) -> set[int]:
        return self._programs.read.keys() | self._gone

    def index(self) -> TagIndex:
        """The tags of all programs that were read.

        Raises:
            NotDerivable: Those of one cannot be read.
        """
        try:
            return TagIndex(self._programs.read)
        except ValueError as error:
            reason = "the tags of a program cannot be read"
            raise NotDerivable(reason) from error

    def read_missing(self) -> None:
        """Read by id what was not.

        Raises:
            NotDerivable: Marketo does not tell the details of one.
        """
        missing, clock = self.missing, self._client.clock
        text = "programs_by_tag: details of %d of %d more programs read"
        progress = Progress(text, len(missing), clock)
        asked = side_by_side(self._programs.by_id, missing, clock, "programs_by_tag")
        with closing(asked) as answers:
            for answer in answers:
                progress.one_more()
                try:
                    details = answer.result()
                except MarketoTransientError as error:
                    raise NotDerivable(_UNTOLD) from error
                if details is not None:
                    self._programs.read[answer.question] = details
                elif self._programs.exists(answer.question):
                    raise NotDerivable(_UNTOLD)
                else:
                    self._gone.add(answer.question)

    def learn(self, index: TagIndex, tags: Sequence[Tag]) -> None:
        """Learn what byTag shows of a program, until that of each program is certain.

        Args:
            index: The tags of all programs.
            tags: Those that rows will be made of.

        Raises:
            NotDerivable: The answers do not fit what was read by id.
        """
        left = {tag: index.carriers(tag) for tag in tags}
        needs = {tag: self._features(carriers) for tag, carriers in left.items()}
        while open_questions := set().union(*needs.values()) - self._shape.known:
            useful = {tag: len(needs[tag] & open_questions) for tag in left}
            if self.samples == MAX_SAMPLES or not any(useful.values()):
                raise NotDerivable(_UNLIKE)
            # A page shows all programs of a small tag, and any of a large one.
            tag = max(left, key=lambda one: (useful[one], len(left[one]) < PAGE_SIZE))
            self._sample(tag, left.pop(tag))

    def _features(self, program_ids: Sequence[int]) -> set[Any]:
        return set().union(*(features(self._programs.read[one]) for one in program_ids))

    def _sample(self, tag: Tag, carriers: Sequence[int]) -> None:
        """Look at one page of the programs of a tag."""
        self.samples += 1
        params = {"tagType": tag[0], "tagValue": tag[1], "maxReturn": PAGE_SIZE}
        try:
            rows = ask(self._client, PROGRAMS_BY_TAG_PATH, params)
        except RequestRefused as error:
            if not means_unknown_tag_value(error):
                raise
            raise NotDerivable(_UNLIKE) from error
        shown = set()
        for row in rows:
            if unreadable(row, "id"):
                raise NotDerivable(_UNLIKE)
            program_id = usable_id(row["id"])
            # What a wanted tag brings is tagged as wanted.
            if program_id is None or not self._programs.passes({**row, "id": program_id}):
                continue
            program = self._programs.read.get(program_id)
            if program is None or not self._shape.learn(program, row, tag):
                raise NotDerivable(_UNLIKE)
            shown.add(program_id)
        missed = set(carriers) - shown if len(rows) < PAGE_SIZE else set()
        if missed or shown - set(carriers):
            raise NotDerivable(_UNLIKE)

    def rows(self, index: TagIndex, tag: Tag) -> Iterator[dict[str, Any]]:
        """The programs of a tag, as byTag would show them."""
        for program_id in index.carriers(tag):
            yield {**self._shape.row(self._programs.read[program_id], tag), "id": program_id}


_UNTOLD = "Marketo does not tell the details of a program"
_UNLIKE = "what Marketo answers by tag is not what the programs' details say"
