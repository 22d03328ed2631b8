"""Program members reach the target as the sandbox knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import UpsertingTarget, by_key
from scenes import DAY

from tap_marketo_programs.export.bookmark import read_bookmark

if TYPE_CHECKING:
    from harness import Output, Tap


def test_a_first_sync_brings_every_member_as_it_is(tap: Tap) -> None:
    output = tap.sync("program_members")

    assert by_key(output.records()) == by_key(tap.sandbox.control.truth())


def test_a_second_sync_brings_only_what_changed(tap: Tap) -> None:
    tap.sandbox.control.advance(7200)
    first = tap.sync("program_members")
    tap.sandbox.control.advance(7200)
    changed = tap.sandbox.control.truth()[0]
    tap.sandbox.control.edit_member(changed["programId"], changed["leadId"], statusReason="edited")
    tap.sandbox.control.advance(1)

    second = tap.sync("program_members", state=first.state)

    assert [(row["leadId"], row["statusReason"]) for row in second.records()] == [
        (changed["leadId"], "edited")
    ]
    target = UpsertingTarget()
    target.load(first)
    target.load(second)
    assert target.tables["program_members"] == by_key(tap.sandbox.control.truth())


def test_what_is_known_of_a_program_outlives_a_month_without_it(tap: Tap) -> None:
    """It may have been out of sight only; its history would be paid for once more."""
    first = tap.sync("program_members")
    gone = tap.sandbox.control.programs()[0]["id"]
    tap.sandbox.control.delete_program(gone)

    tap.sandbox.control.advance(29 * DAY)
    second = tap.sync("program_members", state=first.state)
    tap.sandbox.control.advance(2 * DAY)
    third = tap.sync("program_members", state=second.state)

    assert gone in known(first)
    assert gone in known(second)
    assert gone not in known(third)
    assert known(third) == {row["id"] for row in tap.sandbox.control.programs()}


def known(output: Output) -> set[int]:
    """The programs that a state knows."""
    return set(read_bookmark(output.state["bookmarks"]["program_members"]).watermarks)
