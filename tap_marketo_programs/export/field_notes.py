"""The form of a history of fields in a bookmark.

Pure. `{"known_fields": "0VIG9WzS", "salt_mark": "xQqP", "lacking": {"webinarUrl": "1001-1400"}}`:
the marks of the known fields, one behind the other, and that of the salt if any is hashed; for
each field that is or was lacking the programs, as a part of those with a watermark (see
`part_of_set`); `=webinarUrl` are the same programs as those of another field. A bookmark
without `known_fields` does not tell. It must not know what follows from any of it.

A tool that merges states key by key (Meltano can) leaves a field that is wanted no more: it
is not known then, and is passed over. Where it leaves a part of other programs than there are,
all of them count as lacking the field: a backfill too many is better than a value that never
comes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.export.field_history import MARK_LENGTH, FieldHistory
from tap_marketo_programs.export.id_set import Damaged
from tap_marketo_programs.export.part_of_set import OtherSet, read_part, write_part

if TYPE_CHECKING:
    from collections.abc import Collection

# As of another field.
_SAME = "="
_MARKS = re.compile(rf"(?:[0-9A-Za-z+/]{{{MARK_LENGTH}}})*")
_MARK = re.compile(rf"(?:[0-9A-Za-z+/]{{{MARK_LENGTH}}})?")
_DAMAGED = "the list of fields is damaged"


def write_fields(fields: FieldHistory, programs: Collection[int]) -> dict[str, Any]:
    """The entries of a bookmark that say what is known of fields, ready for JSON.

    Args:
        fields: What is known.
        programs: The programs with a watermark.
    """
    if fields.known is None:
        return {}
    entries: dict[str, Any] = {"known_fields": "".join(sorted(fields.known))}
    if fields.salt:
        entries["salt_mark"] = fields.salt
    first: dict[frozenset[int], str] = {}
    lacking = {}
    for name, ids in sorted(fields.lacking.items()):
        same = first.setdefault(frozenset(ids), name)
        lacking[name] = write_part(ids, programs) if same == name or not ids else _SAME + same
    if lacking:
        entries["lacking"] = lacking
    return entries


def read_fields(bookmark: Mapping[str, Any], programs: Collection[int]) -> FieldHistory:
    """What a bookmark says of fields.

    Args:
        bookmark: The stream's.
        programs: The programs with a watermark.

    Raises:
        Damaged: Nobody wrote this.
    """
    marks = bookmark.get("known_fields")
    if marks is None:
        return FieldHistory()
    if not isinstance(marks, str) or _MARKS.fullmatch(marks) is None:
        raise Damaged(_DAMAGED)
    known = {marks[at : at + MARK_LENGTH] for at in range(0, len(marks), MARK_LENGTH)}
    salt = bookmark.get("salt_mark", "")
    if not isinstance(salt, str) or _MARK.fullmatch(salt) is None:
        raise Damaged(_DAMAGED)
    fields = FieldHistory(known, salt=salt)
    lacking = bookmark.get("lacking", {})
    if not isinstance(lacking, Mapping):
        raise Damaged(_DAMAGED)
    for name in lacking:
        if fields.knows(name):
            fields.lacking[name] = _read_part(_text_of(name, lacking), programs)
    return fields


def _read_part(text: str, programs: Collection[int]) -> set[int]:
    try:
        return read_part(text, programs)
    except OtherSet:
        return set(programs)


def _text_of(name: str, lacking: Mapping[str, Any]) -> str:
    """The programs that lack a field, where they are written."""
    text = lacking[name]
    if isinstance(text, str) and text.startswith(_SAME):
        text = lacking.get(text.removeprefix(_SAME))
    if not isinstance(text, str) or text.startswith(_SAME):
        raise Damaged(_DAMAGED)
    return text
