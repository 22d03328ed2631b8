"""The programs that filters kept out of the stream `programs`, which has one bookmark for all.

A program that is left out while it changes, and does not change afterwards, would never be
written once the filter is lifted: the bookmark has passed it. So the bookmark names it, until
it is wanted and written; one whose details were to be read again meanwhile, too. It must not
know which filters there are, nor what a record holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.id_set import Damaged, read_programs, write_programs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from tap_marketo_programs.marketo.programs import ProgramDirectory

    Row = dict[str, Any]

KEY = "left_out"
"""Where a bookmark names them, as `id_set` writes a set. One without it left none out."""


class LeftOut:
    """What filters keep out of a run, and what of earlier runs they now let pass.

    Args:
        programs: Says which programs are wanted.
        bookmark: The one that the run was given.
    """

    def __init__(self, programs: ProgramDirectory, bookmark: Mapping[str, Any]) -> None:
        self._programs = programs
        self._ids = set(read(bookmark))
        # A tool that merges states key by key would keep a set that is only left away.
        self._is_told = KEY in bookmark

    def wanted(self, changed: Iterable[Row]) -> Iterator[Row]:
        """Of changed programs the wanted ones, and wanted ones that were left out before.

        Args:
            changed: Rows of the listing, wanted or not.
        """
        for row in changed:
            if self._programs.wants(row):
                self._ids.discard(row["id"])
                yield row
            else:
                self._ids.add(row["id"])
        # One that is not listed now may be again: it stays in the set.
        for program_id in sorted(self._ids & self._programs.rows.keys() if self._ids else ()):
            row = self._programs.rows[program_id]
            if self._programs.wants(row):
                self._ids.remove(program_id)
                yield row

    def keep(self, due: Iterable[Row]) -> None:
        """Keep programs that a filter leaves out while their details are to be read again.

        No later run would read them before their next turn, up to a period after the filter
        is lifted.

        Args:
            due: Their rows.
        """
        self._ids.update(row["id"] for row in due)

    def tell(self, bookmark: MutableMapping[str, Any]) -> None:
        """Write the set into a bookmark, unless there has never been any."""
        if self._ids or self._is_told:
            bookmark[KEY] = write_programs(self._ids)


def read(bookmark: Mapping[str, Any]) -> list[int]:
    """The programs that a bookmark names as left out.

    Raises:
        Damaged: What stands there was not written by `tell`.
    """
    text = bookmark.get(KEY, "")
    if not isinstance(text, str):
        message = f"its {KEY} is no text"
        raise Damaged(message)
    return read_programs(text)
