"""Marketo's error codes and the texts that go with them, as far as they are public.

It knows no HTTP: which envelope carries an error is decided in `http.messages`.
"""

from __future__ import annotations

from typing import NoReturn


class Refusal(Exception):  # Marketo's "no" is an answer, not our error
    """Marketo refuses a request: `success:false` with this code and message."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class PlainRefusal(Exception):  # an answer, too
    """Marketo refuses with a bare HTTP status and a body that is not an envelope."""

    def __init__(self, status: int, body: bytes, content_type: str) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.content_type = content_type


# Adobe: Error Codes. Where a recorded answer differs from Adobe's table, the
# recorded text stands here (606 and 610: recorded in public clients' fixtures).
MESSAGES = {
    "601": "Access token invalid",
    "602": "Access token expired",
    "603": "Access denied",
    "604": "Request timed out",
    "606": "Max rate limit '100' exceeded with in '20' secs",
    "607": "Daily quota reached",
    "608": "API Temporarily Unavailable",
    "609": "Invalid JSON",
    "610": "Requested resource not found",
    "611": "System error",
    "612": "Invalid Content Type",
    "614": "Invalid Subscription",
    "615": "Concurrent access limit reached",
    "701": "%s cannot be blank",
    "702": "No data found for a given search scenario",
    "704": "Invalid date format",
    "709": "Business rule violation",
    "713": "Transient Error",
    "1001": "Invalid value '%s'. Required of type '%s'",
    "1002": "Missing value for the required parameter '%s'",
    "1003": "Invalid data",
    "1006": "Field '%s' not found",
    "1011": "Field '%s' is not supported",
    "1013": "Object not found",
    "1029": "Too many jobs in queue",
    "1035": "Unsupported filter type for target subscription",
}


def refuse(code: str, message: str | None = None, status: int = 200) -> NoReturn:
    """Refuse the request with a code, and the catalogue's text unless given another."""
    raise Refusal(code, MESSAGES[code] if message is None else message, status)


def refuse_wrong_type(value: object, wanted: str) -> NoReturn:
    """Refuse a value of the wrong type with 1001."""
    refuse("1001", MESSAGES["1001"] % (value, wanted))


def refuse_missing(parameter: str) -> NoReturn:
    """Refuse a request that lacks a required parameter with 1002."""
    refuse("1002", MESSAGES["1002"] % parameter)
