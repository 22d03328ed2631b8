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
 │   │   └─ FilterUnsupported 1035
 │   │       └─ ProgramsFilterUnsupported, of `programIds`
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

The table `VERDICTS` is the only place that says what a code means. This
module knows nothing of HTTP, time or retries: `client` acts on the class.

Codes: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from singer_sdk.exceptions import (
    ConfigurationError,
    FatalAPIError,
    FatalSyncError,
    RetriableAPIError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class MarketoError(Exception):
    """Base of everything this tap raises on purpose: its text is for the user."""


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
    """Export fields that Marketo does not know, or does not export; see `named_fields`."""


class ObjectNotFound(RequestRefused):
    """The asset or job does not exist, or not for this API user."""


class FilterUnsupported(RequestRefused):
    """The subscription has no `updatedAt` filter for this export."""


class ProgramsFilterUnsupported(FilterUnsupported):
    """The subscription exports one program at a time: `programId`, not `programIds`."""


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row of the table: this code, with words like these, means that class."""

    code: str
    raises: type[AnswerError]
    words: re.Pattern[str] | None = None


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# First match wins. 1029 has one code and at least three meanings: the words
# tell them apart, as every client in production does.
VERDICTS: tuple[Verdict, ...] = (
    Verdict("500", ServiceUnavailable),
    Verdict("502", ServiceUnavailable),
    Verdict("503", ServiceUnavailable),
    Verdict("600", PermissionDenied),
    Verdict("601", TokenRejected),
    Verdict("602", TokenRejected),
    Verdict("603", PermissionDenied),
    Verdict("604", ServiceUnavailable),
    Verdict("606", RateLimited),
    Verdict("607", CallQuotaExceeded),
    Verdict("608", ServiceUnavailable),
    Verdict("611", ServiceUnavailable),
    Verdict("614", ServiceUnavailable),
    Verdict("615", ServiceUnavailable),
    Verdict("702", ObjectNotFound),
    Verdict("713", ServiceUnavailable),
    Verdict("1006", FieldUnknown),
    Verdict("1013", ObjectNotFound),
    Verdict("1029", QueueFull, _words(r"many jobs")),
    Verdict("1029", DailyQuotaExceeded, _words(r"daily quota|quota .*exceeded")),
    Verdict("1029", AlreadyQueued, _words(r"already queued")),
    Verdict("1035", ProgramsFilterUnsupported, _words(r"\bprogram_?ids\b")),
    Verdict("1035", FilterUnsupported),
    # Airbyte's users met it for lead exports, with all names at once, in brackets.
    *(
        Verdict(code, FieldUnknown, _words(r"\bfields?\b"))
        for code in ("609", "1001", "1002", "1003")
    ),
)

# How a refusal shows which fields it means.
_NAMING = (
    re.compile(r"[\[({]([^\[\](){}]*)[\])}]"),
    re.compile(r"[\"'`]([^\"'`]+)[\"'`]"),
    re.compile(r"\bfields?\b[\s:=]+(.+)", re.IGNORECASE),
)


def named_fields(message: str, fields: Iterable[str]) -> set[str]:
    """The export fields that a refusal names: in brackets, in quotes or behind `fields`.

    Args:
        message: Marketo's words, such as `Invalid fields [a, b]` or `Field 'a' not found`.
        fields: The fields that were asked for.

    Returns:
        Those of the fields that are named, exactly or in another letter case; the
        rest of the message is no field's name, even where it reads like one.
    """
    lists = [found for naming in _NAMING for found in naming.findall(message)]
    parts = [part for found in lists for part in re.split(r"[,;]", found)]
    names = {part.strip(" \t'\"`.").casefold() for part in parts}
    return {field for field in fields if field.casefold() in names}


# With these Marketo may have done all the same what it was asked to do.
IN_DOUBT = frozenset({"500", "502", "503", "604"})

FIRST_SERVER_ERROR = 500

# HTTP statuses that say the same thing without an envelope. 404 is not among
# them: Marketo says 702 of what does not exist, or nothing; a 404 comes from
# somebody else, or means a wrong base_url.
HTTP_VERDICTS: Mapping[int, type[AnswerError]] = {
    # Not Identity's, which is about the credentials.
    401: TokenRejected,
    408: ServiceUnavailable,
    # A connection that leads to the wrong server, and one that began too early.
    421: ServiceUnavailable,
    425: ServiceUnavailable,
    429: RateLimited,
    # What nginx notes of a request that was given up between two gateways.
    499: ServiceUnavailable,
    500: ServiceUnavailable,
    502: ServiceUnavailable,
    503: ServiceUnavailable,
    504: ServiceUnavailable,
}


def verdict(code: str, message: str) -> type[AnswerError]:
    """The class for one entry of an envelope's `errors`.

    Args:
        code: Marketo's code, a string of digits.
        message: Marketo's words.

    Returns:
        The error class; `RequestRefused` for a code nobody has described.
    """
    for row in VERDICTS:
        if row.code == code and (row.words is None or row.words.search(message)):
            return row.raises
    return RequestRefused


def http_verdict(status: int) -> type[AnswerError]:
    """The class for an HTTP status that carries no envelope.

    Every 5xx passes, known or not: gateways in front of Marketo answer 520, 522,
    524, 530 and 598 as well, and some have statuses beyond.
    """
    unknown = ServiceUnavailable if status >= FIRST_SERVER_ERROR else RequestRefused
    return HTTP_VERDICTS.get(status, unknown)
