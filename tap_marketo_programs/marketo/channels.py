"""Which progression statuses the programs of each channel have.

It must not know what the statuses are asked for.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/channels
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.marketo.globs import folded
from tap_marketo_programs.marketo.paging import listing
from tap_marketo_programs.marketo.records import channel_record
from tap_marketo_programs.schemas.oddities import Oddities

if TYPE_CHECKING:
    from tap_marketo_programs.marketo.client import MarketoClient

CHANNELS_PATH = "/rest/asset/v1/channels.json"


def channel_statuses(client: MarketoClient) -> dict[str, tuple[str, ...]]:
    """The names of the statuses of each channel, by the channel's folded name.

    Returns:
        Channels that share a name have the statuses of all; one with a status that cannot be
        read is left out, for nobody knows what else it has.

    Raises:
        AnswerError: The channels cannot be listed.
        NeverSettled: They keep changing.
    """
    found: dict[str, tuple[str, ...]] = {}
    unreadable: set[str] = set()
    for row in listing(client, CHANNELS_PATH, "id"):
        channel = channel_record(row, Oddities())
        name = folded(channel.get("name") or "")
        statuses = channel.get("progressionStatuses")
        names = [status and status.get("name") for status in statuses or [None]]
        if not name or not all(names):
            unreadable.add(name)
        else:
            found[name] = tuple(dict.fromkeys([*found.get(name, ()), *names]))
    return {name: names for name, names in found.items() if name not in unreadable}
