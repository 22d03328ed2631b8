"""Program members reach the target as the sandbox knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import Target, by_key

if TYPE_CHECKING:
    from harness import Tap


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
    target = Target()
    target.load(first)
    target.load(second)
    assert target.tables["program_members"] == by_key(tap.sandbox.control.truth())
