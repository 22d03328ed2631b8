"""What can go wrong with Marketo, and what the tap does about it.

MarketoError
 ├─ MarketoConfigError (SDK: ConfigurationError)   the user must change something
 │   ├─ BadCredentials        Identity answers 401
 │   ├─ PermissionDenied      603
 │   └─ StateRefused          a bookmark this version cannot read
 ├─ MarketoTransientError (SDK: RetriableAPIError) the same request may succeed later
 │   ├─ ConnectionFailed      no answer, or half of one
 │   │   └─ ProxyFailed       because of a proxy that the environment names
 │   ├─ BrokenAnswer          an empty or unreadable body
 │   ├─ ServiceUnavailable    604, 608, 611, 614, 615, 713, HTTP 408, 421, 425, 499, 5xx
 │   ├─ RateLimited           606, HTTP 429
 │   └─ TokenRejected         601, 602, HTTP 401 of any endpoint but Identity
 ├─ MarketoRefusal (SDK: FatalAPIError)            the same request will fail again
 │   ├─ RequestRefused        every code without a better name
 │   │   ├─ FieldUnknown      1006, 1003 `Invalid fields [a, b]`
 │   │   ├─ ObjectNotFound    702, 1013
 │   │   ├─ TooManyMembers    1003 `... exceeds the limit allowed ...`
 │   │   ├─ MembersFilterRefused  1011; 1002, 1003 `filterValues`
 │   │   └─ FilterUnsupported 1035
 │   │       ├─ ProgramsFilterUnsupported, of `programIds`
 │   │       └─ MemberFilterUnsupported, of what `member_filter` asks for
 │   ├─ CallQuotaExceeded     607
 │   ├─ DailyQuotaExceeded    1029 `Export daily quota 500MB exceeded.`
 │   ├─ QueueFull             1029 `Too many jobs (10) in queue`
 │   ├─ AlreadyQueued         1029 `Job already queued`
 │   └─ FileUnavailable       HTTP 404 on a file
 ├─ ExportError (SDK: FatalSyncError)              an export job did not do what it should
 │   ├─ ExportFailed, ExportTimedOut
 │   └─ FileCorrupt
 │       └─ FileUnreadable, FileForeign
 ├─ NeverSettled (SDK: FatalSyncError)             a listing kept changing under the scan
 ├─ BatchFailed (SDK: FatalSyncError)              a batch file could not be made or stored
 └─ RecordFailed (SDK: FatalSyncError)             a row could not become a message

What a code means is said in `marketo.verdicts` alone; everybody else acts on the
class. This module must not know HTTP, time or retries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import (
    ConfigurationError,
    FatalAPIError,
    FatalSyncError,
    RetriableAPIError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class MarketoError(Exception):
    """Base of everything this tap raises on purpose: its text is for the user."""

    stream = ""  # of an export that it ended


class MarketoConfigError(MarketoError, ConfigurationError):
    """A setting, a credential, a permission or a state that only the user can mend."""


class BadCredentials(MarketoConfigError):
    """Identity refused the client id and secret."""


class StateRefused(MarketoConfigError):
    """The bookmark cannot be read; starting from zero behind the user's back is no answer."""


class AnswerError(MarketoError):
    """An error that Marketo itself reported, with its own code, text and request id.

    Args:
        text: What happened, for the user.
        code: Marketo's code (`"606"`) or the HTTP status (`"HTTP 502"`), if there is one.
        message: Marketo's own words, to tell apart what shares a code.
        in_doubt: Marketo may have done what was asked, although it did not say so.

    Attributes:
        is_final: All retries that this error allows have been made.
    """

    is_final = False

    def __init__(
        self,
        text: str,
        *,
        code: str = "",
        message: str = "",
        in_doubt: bool = False,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.message = message
        self.in_doubt = in_doubt


class PermissionDenied(AnswerError, MarketoConfigError):
    """603: a permission is missing, or the caller's address is not allowed."""


class MarketoTransientError(AnswerError, RetriableAPIError):
    """Worth asking again."""


class ConnectionFailed(MarketoTransientError):
    """No connection, no answer in time, or a connection lost in mid-answer."""


class ProxyFailed(ConnectionFailed):
    """A proxy between this machine and Marketo does not do its work."""


class BrokenAnswer(MarketoTransientError):
    """HTTP 200 with an empty body or with something that is no envelope."""


class ServiceUnavailable(MarketoTransientError):
    """Marketo is there but cannot answer now."""


class RateLimited(MarketoTransientError):
    """The subscription's calls of these 20 seconds are used up, by whomever."""


class TokenRejected(MarketoTransientError):
    """The access token died; the client fetches a new one."""


class MarketoRefusal(AnswerError, FatalAPIError):
    """Not worth asking again in the same way."""


class RequestRefused(MarketoRefusal):
    """Marketo does not accept this request."""


class FieldUnknown(RequestRefused):
    """Export fields that Marketo does not know, or does not export.

    Args:
        text: See `AnswerError`.
        code: See `AnswerError`.
        message: See `AnswerError`.
        in_doubt: See `AnswerError`.
        names: What Marketo's words show as names; whoever asked knows which are fields.
    """

    def __init__(
        self,
        text: str,
        *,
        code: str = "",
        message: str = "",
        in_doubt: bool = False,
        names: Collection[str] = (),
    ) -> None:
        super().__init__(text, code=code, message=message, in_doubt=in_doubt)
        self._names = frozenset(name.casefold() for name in names)

    def named(self, fields: Iterable[str]) -> set[str]:
        """Those of the fields that are named, exactly or in another letter case."""
        return {field for field in fields if field.casefold() in self._names}


class ObjectNotFound(RequestRefused):
    """The asset or job does not exist, or not for this API user."""


class TooManyMembers(RequestRefused):
    """A program has more members than can be asked for."""


class MembersFilterRefused(RequestRefused):
    """Members cannot be asked for by `updatedAt`, in this subscription or in this way."""


class FilterUnsupported(RequestRefused):
    """The subscription has no `updatedAt` filter for this export."""


class ProgramsFilterUnsupported(FilterUnsupported):
    """The subscription exports one program at a time: `programId`, not `programIds`."""


class MemberFilterUnsupported(FilterUnsupported):
    """The subscription does not filter exports by a value of members."""


class CallQuotaExceeded(MarketoRefusal):
    """The subscription's API calls of today are used up."""


class DailyQuotaExceeded(MarketoRefusal):
    """The subscription's export megabytes of today are used up."""


class QueueFull(MarketoRefusal):
    """Ten jobs, whoever's, are queued or running; a place is a matter of minutes."""


class AlreadyQueued(MarketoRefusal):
    """An earlier enqueue did arrive, although its answer did not."""


class FileUnavailable(MarketoRefusal):
    """The job has no file: not finished, expired, or not ours."""


class ExportError(MarketoError, FatalSyncError):
    """An export job did not do what it should."""


class ExportFailed(ExportError):
    """Marketo could not run the job."""


class ExportTimedOut(ExportError):
    """The job was not done in time."""


class FileCorrupt(ExportError):
    """The file is not what its job's status says it is, or not a table."""


class FileUnreadable(FileCorrupt):
    """The file has the size and the checksum that Marketo tells, and is no table."""


class FileForeign(FileCorrupt):
    """The job that was taken for a lost one turns out to be somebody else's."""


class NeverSettled(MarketoError, FatalSyncError):
    """Sweep after sweep of a listing disagreed with the one before."""


class BatchFailed(MarketoError, FatalSyncError):
    """A file for a BATCH message could not be made or stored; no message speaks of it."""


class RecordFailed(MarketoError, FatalSyncError):
    """A row could not become a message; never says what stands in it."""
