"""What data may be like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrix.case import CELL, Case, Edit, Fault, Must, members_case
from matrix.endpoints import BY_TAG, DISCOVERY, PROGRAMS, REGION, Before

if TYPE_CHECKING:
    from collections.abc import Iterator


_ODD_TEXTS = (
    ("a NUL byte", "a\x00b", ("NUL", "NUL bytes")),
    ("a lone CR", "a\rb", ("lone CR", "iterating lines")),
    ("U+2028", "a\u2028b", ("U+2028", "iterating lines")),
    ("a line feed", "a\nb\r\nc", ("embedded LF", "iterating lines")),
    ("doubled quotes and commas", 'say "a, b", then', ("doubled and undoubled quotes",)),
    ("the word null", "null", ("null as a surname", "literal `null`", "U12 bare")),
    ("an emoji", "👩‍🚀" * 300, ("emoji across a range", "default charset")),
    ("200 KB", "x" * 200_000, ("200 KB cells",)),
)


def data() -> Iterator[Case]:
    for name, value, references in _ODD_TEXTS:
        odd = {"program_id": 1002, "lead_id": 3, "customText": value, "touch": False}
        yield members_case(
            f"a cell that holds {name}",
            *references,
            faults=(Fault("cut", "export_file", count=2, args={"bytes": 1001}),),
            edits=(Edit("edit_member", odd),),
            text={
                "a NUL byte": "The byte is dropped.",
                "the word null": "Taken for null, which Marketo writes in the same way.",
            }.get(name, "Comes as it is."),
        )
    new = {"name": "customNew", "dataType": "hologram", "values": ["a", "b"]}
    for stream, edit in (
        (PROGRAMS, Edit("edit_program", {"program_id": 1001, "name": "\ud83d cut"})),
        (BY_TAG, Edit("edit_program", {"program_id": 1001, "name": "\ud83d cut"})),
    ):
        yield Case(
            f"a text of {stream} that is cut inside a surrogate pair",
            Must.SUCCEED,
            stream,
            ("Half a surrogate pair",),
            settings=REGION if stream == BY_TAG else {},
            edits=(edit,),
            text="The half is replaced by U+FFFD.",
        )
    yield Case(
        "a field of a data type nobody knows",
        Must.SUCCEED,
        DISCOVERY,
        ("new dataType",),
        edits=(Edit("add_member_field", new),),
        text="A string.",
    )
    unfit = {"program_id": 1001, "lead_id": 2, "customInteger": CELL, "touch": False}
    yield members_case(
        "a cell that does not fit its field's type",
        "Cell that does not fit",
        edits=(Edit("edit_member", unfit),),
        words=("did not fit", "customInteger: 1"),
        text="Null; a WARNING at the end names the field and how many.",
    )
    whole = {"program_id": 1001, "lead_id": 2, "customInteger": "12.0", "touch": False}
    yield members_case(
        "an integer that is written 12.0",
        "integers as 12.0",
        "integers as `12.0`",
        edits=(Edit("edit_member", whole),),
        text="The integer 12.",
    )
    status = {"program_id": 1001, "lead_id": 2, "statusName": "Gone with 2019", "touch": False}
    yield members_case(
        "a status that no channel has",
        "status names that no channel defines",
        "Status names from channels",
        edits=(Edit("edit_member", status),),
        text="Comes as it is.",
    )
    early = {"updatedAt": "2024-01-02T03:04:05Z", "createdAt": "2024-01-02T03:04:06Z"}
    yield members_case(
        "a member that was updated before it was created",
        "updatedAt < createdAt",
        edits=(Edit("edit_member", {"program_id": 1001, "lead_id": 2, "touch": False, **early}),),
        text="Comes as it is.",
    )
    yield members_case(
        "a removed member",
        "Removed members",
        before=Before.SYNCED,
        edits=(Edit("remove_member", {"program_id": 1001, "lead_id": 2}),),
        lacking=("+",),
        text="An incremental run cannot see it: the row stays in the target until the stream is "
        "read as FULL_TABLE.",
    )
