"""The statuses of channels, as Get Channels tells them, whatever it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from altering_proxy import Alteration, ends_with

from tap_marketo_programs.marketo.channels import channel_statuses

if TYPE_CHECKING:
    from altering_proxy import Answer, Proxy
    from harness import Tap


def test_every_channel_has_its_statuses_in_order(tap: Tap) -> None:
    found = channel_statuses(tap.make().client)

    assert found == {
        row["name"].casefold(): tuple(one["name"] for one in row["progressionStatuses"])
        for row in tap.sandbox.control.channels()
    }


WEBINAR = {"id": 1, "name": "Webinar", "progressionStatuses": [{"name": "Attended", "step": 1}]}


@pytest.mark.parametrize(
    ("rows", "known"),
    [
        ([WEBINAR], {"webinar": ("Attended",)}),
        (
            [WEBINAR, WEBINAR | {"id": 2, "progressionStatuses": [{"name": "Invited"}]}],
            {"webinar": ("Attended", "Invited")},
        ),
        # What cannot be read says nothing of the others, and nothing of what it would have said.
        ([WEBINAR, WEBINAR | {"id": 2, "progressionStatuses": None}], {}),
        ([WEBINAR, WEBINAR | {"id": 2, "progressionStatuses": [{"step": 1}]}], {}),
        ([WEBINAR, WEBINAR | {"id": 2, "progressionStatuses": "many"}], {}),
        ([WEBINAR, {"id": 2, "name": None}, {"id": 3}], {"webinar": ("Attended",)}),
    ],
)
def test_a_channel_that_cannot_be_read_is_one_that_is_not_known(
    tap: Tap, between: Proxy, rows: list[dict[str, Any]], known: dict[str, tuple[str, ...]]
) -> None:
    def change(answer: Answer) -> bool:
        answer.write({"requestId": "1#2", "success": True, "result": rows})
        return True

    between.alterations = [Alteration(ends_with("/channels.json"), change)]

    assert channel_statuses(tap.make(base_url=between.url).client) == known
