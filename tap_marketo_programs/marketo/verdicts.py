"""What Marketo's codes and its words mean.

Every comparison of a code or of the words of a message stands here; everybody else
acts on the class of an error, or calls a function of this module. Pure. It must not
know how an answer is read, what is done about an error, nor how often.

Codes: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    AlreadyQueued,
    AnswerError,
    CallQuotaExceeded,
    DailyQuotaExceeded,
    FieldUnknown,
    FilterUnsupported,
    MemberFilterUnsupported,
    MembersFilterRefused,
    ObjectNotFound,
    PermissionDenied,
    ProgramsFilterUnsupported,
    QueueFull,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
    TokenRejected,
    TooManyMembers,
)
from tap_marketo_programs.marketo.http_statuses import http_verdict, is_server_error

if TYPE_CHECKING:
    from collections.abc import Sequence


# Codes of an envelope


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
    *(
        Verdict("1035", MemberFilterUnsupported, _words(rf"\b{words}\b"))
        for words in ("status_?names", "is_?exhausted", "nurture_?cadence")
    ),
    Verdict("1035", FilterUnsupported),
    Verdict("1011", MembersFilterRefused, _words(r"\blookup field\b")),
    Verdict("1002", MembersFilterRefused, _words(r"\bfilter_?values\b")),
    Verdict("1003", MembersFilterRefused, _words(r"\bfilter_?values\b")),
    # Its two wordings count all members of a program, or those that match.
    Verdict("1003", TooManyMembers, _words(r"membership size.*exceeds the limit")),
    # Airbyte's users met it for lead exports, with all names at once, in brackets.
    *(
        Verdict(code, FieldUnknown, _words(r"\bfields?\b"))
        for code in ("609", "1001", "1002", "1003")
    ),
)


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


def most_telling(
    told: Sequence[tuple[str, str]], status: int
) -> tuple[type[AnswerError], str, str]:
    """Of the errors of one envelope, the one that decides what is done about it.

    Args:
        told: Code and words of each; at least one.
        status: HTTP status of the answer.

    Returns:
        Its class, code and words.
    """
    found = [(verdict(code, words), code, words) for code, words in told]
    raises, code, words = next((row for row in found if row[0] is not RequestRefused), found[0])
    if raises is RequestRefused:
        # An unknown code under a status that is known by itself, such as 503.
        raises = http_verdict(status)
    return raises, code, words


# With these Marketo may have done all the same what it was asked to do.
IN_DOUBT = frozenset({"500", "502", "503", "604"})


def is_in_doubt(code: str, status: int) -> bool:
    """Whether Marketo may have done what it reports an error for."""
    return code in IN_DOUBT or is_server_error(status)


# Statuses in the place of codes


# A gateway's error is an answer: Marketo is there, only not well.
GATEWAY_ERRORS = frozenset({"HTTP 502", "HTTP 503", "HTTP 504"})


def is_gateway_error(error: AnswerError) -> bool:
    """Whether a gateway in front of Marketo answered in its place."""
    return error.code in GATEWAY_ERRORS


def is_past_the_end(error: RequestRefused) -> bool:
    """Whether a file has nothing behind the byte from which on it was asked for."""
    return error.code == "HTTP 416"


# Words


# How a refusal shows which fields it means.
_NAMING = (
    re.compile(r"[\[({]([^\[\](){}]*)[\])}]"),
    re.compile(r"[\"'`]([^\"'`]+)[\"'`]"),
    re.compile(r"\bfields?\b[\s:=]+(.+)", re.IGNORECASE),
)


def names_in(message: str) -> set[str]:
    """What a refusal shows as names: in brackets, in quotes or behind `fields`.

    Args:
        message: Marketo's words, such as `Invalid fields [a, b]` or `Field 'a' not found`.

    Returns:
        The names, of fields or of something else; the rest of the message is no
        field's name, even where it reads like one.
    """
    lists = [found for naming in _NAMING for found in naming.findall(message)]
    parts = [part for found in lists for part in re.split(r"[,;]", found)]
    return {part.strip(" \t'\"`.") for part in parts}


# Codes with a meaning of their own at one endpoint


def means_unknown_tag_value(error: RequestRefused) -> bool:
    """Whether a refusal of byTag may only mean that Marketo does not know the value.

    What it says is not documented; these are the codes that its other asset
    endpoints use for what they cannot find or do not like. Any other refusal
    is about the request itself, and hiding it would hide every program.
    """
    return error.code in {"702", "709", "1003"}
