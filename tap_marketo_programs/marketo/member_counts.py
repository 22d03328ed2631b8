"""How many members of a program changed, counted without an export.

It must not know what is done with the count.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members
("Query")
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoTransientError, PermissionDenied, RequestRefused
from tap_marketo_programs.marketo.envelope import rows
from tap_marketo_programs.schemas.timestamps import wire_time

if TYPE_CHECKING:
    from datetime import datetime

    from tap_marketo_programs.marketo.client import MarketoClient

PAGE = 300
# More than 900 changed rows are counted as 900: what follows is not worth its calls.
MAX_PAGES = 3
# Get Program Members reaches back no further.
MAX_SPAN = timedelta(days=7)


class MemberCounts:
    """Counts with Get Program Members.

    Args:
        client: Sends everything.
    """

    def __init__(self, client: MarketoClient) -> None:
        self._client = client
        self.is_denied = False

    def between(self, program_id: int, since: datetime, until: datetime) -> int | None:
        """How many members of a program have an `updatedAt` between two moments.

        Returns:
            At most 900, or None where Marketo does not tell: seven days back and more,
            programs of more than 100,000 members, an error. Once it has said that this API
            user may not ask, it is asked no more.
        """
        until = max(until, since + timedelta(seconds=1))
        if self.is_denied or until - since > MAX_SPAN:
            return None
        params: dict[str, Any] = {
            "filterType": "updatedAt",
            "startAt": wire_time(since),
            "endAt": wire_time(until),
            "batchSize": PAGE,
        }
        try:
            return self._count(f"/rest/v1/programs/{program_id}/members.json", params)
        except PermissionDenied:
            self.is_denied = True
        except (RequestRefused, MarketoTransientError):
            pass
        return None

    def _count(self, path: str, params: dict[str, Any]) -> int:
        found = 0
        for _ in range(MAX_PAGES):
            answer = self._client.look(path, params)
            page = rows(answer)
            found += len(page)
            token = answer.get("nextPageToken")
            # Some answers have a token on their last page, too, and no `moreResult`.
            is_over = answer.get("moreResult", len(page) >= PAGE) is not True
            if not page or is_over or not token or token == params.get("nextPageToken"):
                break
            params["nextPageToken"] = token
        return found
