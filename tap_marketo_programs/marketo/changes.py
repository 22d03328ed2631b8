"""Whether any member of a program changed, asked without an export.

It must not know what is done about a change.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members
("Query")
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo_programs.marketo.client import MarketoClient


class ProgramChanges:
    """Asks for changes with Get Program Members, one row at most.

    Args:
        client: Sends everything.
    """

    def __init__(self, client: MarketoClient) -> None:
        self._client = client

    def any_between(self, program_id: int, since: datetime, until: datetime) -> bool:
        """Whether any member of a program has an `updatedAt` between two moments.

        Args:
            program_id: Which.
            since: The first second asked about.
            until: The last one, at most seven days later.

        Raises:
            TooManyMembers: The program has more than 100,000 members, or as many changed.
            RequestRefused: Marketo does not say.
            MarketoTransientError: Marketo does not answer.
            PermissionDenied: This API user may not ask.
        """
        params = {
            "filterType": "updatedAt",
            "startAt": wire_time(since),
            "endAt": wire_time(max(until, since + timedelta(seconds=1))),
            "batchSize": 1,
        }
        path = f"/rest/v1/programs/{program_id}/members.json"
        return bool(self._client.call("GET", path, params=params))
