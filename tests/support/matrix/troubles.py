"""What any answer of a family may be instead of a good one, and what the tap does about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


# Refusals of jobs that are told apart, were they to stay: one of each kind.
TELLING = ("610", "1003", "1006", "1013", "HTTP 404", "a redirect")


class Effect(StrEnum):
    """What kind of trouble something is."""

    PASSES = "tries again, with growing pauses"
    WINDOW = "waits for the next 20 seconds and tries again"
    TOKEN = "fetches a new token and repeats the call, once"
    PERMISSION = "stops"
    CALLS = "stops for today"
    REFUSED = "stops, but see below"

    @property
    def is_transient(self) -> bool:
        """Whether asking again may help."""
        return self in {Effect.PASSES, Effect.WINDOW, Effect.TOKEN}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that any endpoint of a family may answer.

    Args:
        name: As a user looks it up.
        effect: What the tap does at most endpoints.
        kind: The sandbox's fault.
        args: Its arguments.
        words: What the last error says.
        families: Where it occurs.
        advice: What the user can do when the tap gives up.
    """

    name: str
    effect: Effect
    kind: str
    args: Mapping[str, Any]
    words: str
    families: frozenset[str] = frozenset({"asset", "database", "bulk"})
    advice: str = ""


_REST = frozenset({"asset", "database", "bulk"})


_ALL = frozenset({*_REST, "identity"})


_ASSET, _BULK = frozenset({"asset"}), frozenset({"bulk"})


_DATA = frozenset({"database", "bulk"})


LATER = "Run again later. If it stays, ask Adobe's support with the request id."


OTHERS = (
    "Other integrations use the subscription's 100 calls in 20 seconds up: spread them, or lower "
    "`max_calls_per_20_seconds`."
)


PERMIT = (
    "Give the API user's role the permission the message names (Admin > Users & Roles), and put "
    "this machine's address on the IP allowlist if there is one."
)


REPORT = "Read Marketo's words in the message; if no setting explains them, report a bug."


# A code that nobody has described.
OTHER = "1077"


def _code(
    code: str,
    effect: Effect,
    families: frozenset[str] = _REST,
    advice: str = LATER,
    message: str = "",
) -> Trouble:
    args = {"code": code, **({"message": message} if message else {})}
    return Trouble(code, effect, "error", args, rf"\b{code}\b", families, advice)


def _http(
    status: int, effect: Effect, families: frozenset[str] = _ALL, advice: str = LATER
) -> Trouble:
    return Trouble(
        f"HTTP {status}", effect, "http", {"status": status}, f"HTTP {status}", families, advice
    )


def _body(name: str, kind: str, words: str, **args: object) -> Trouble:
    return Trouble(name, Effect.PASSES, kind, args, words, _ALL, LATER)


TROUBLES: tuple[Trouble, ...] = (
    *(_code(code, Effect.PASSES) for code in ("500", "502", "503", "604", "608", "611", "614")),
    *(_code(code, Effect.PASSES) for code in ("615", "713")),
    _code("606", Effect.WINDOW, advice=OTHERS),
    _code("601", Effect.TOKEN),
    _code("602", Effect.TOKEN),
    _code("600", Effect.PERMISSION, advice=PERMIT),
    _code("603", Effect.PERMISSION, advice=PERMIT),
    _code("607", Effect.CALLS, advice="Run again after midnight in Chicago, or buy more calls."),
    _code("609", Effect.REFUSED, _BULK, REPORT),
    _code("610", Effect.REFUSED, advice=REPORT),
    _code("612", Effect.REFUSED, _BULK, REPORT),
    *(_code(code, Effect.REFUSED, _ASSET, REPORT) for code in ("701", "702", "704", "709")),
    _code("1001", Effect.REFUSED, advice=REPORT),
    _code("1002", Effect.REFUSED, _BULK, REPORT),
    _code("1003", Effect.REFUSED, advice=REPORT),
    _code("1006", Effect.REFUSED, _DATA, REPORT, "Field 'x' not found"),
    _code("1013", Effect.REFUSED, _BULK, REPORT),
    _code(OTHER, Effect.REFUSED, advice=REPORT, message="A code nobody has described"),
    *(_http(status, Effect.PASSES) for status in (408, 500, 502, 503, 504)),
    _http(429, Effect.WINDOW, advice=OTHERS),
    _http(403, Effect.REFUSED, _REST, REPORT),
    _http(404, Effect.REFUSED, _REST, "Check `base_url`; a proxy may answer in Marketo's place."),
    _http(413, Effect.REFUSED, _REST, REPORT),
    _http(414, Effect.REFUSED, _REST, REPORT),
    Trouble(
        "a redirect",
        Effect.REFUSED,
        "redirect",
        {},
        "redirects elsewhere",
        _REST,
        "Check `base_url`: redirects are never followed, they could carry the token elsewhere.",
    ),
    _body("an empty body", "empty_body", "nothing|not a Marketo answer"),
    _body("JSON that breaks off", "broken_json", "not a Marketo answer"),
    _body(
        "success false without an error",
        "broken_json",
        "not a Marketo answer",
        body='{"success":false}',
    ),
    _body("a connection that is reset", "reset", "connection failed"),
    _body("a body that is cut short", "cut", "connection failed", bytes=0),
)


# In Adobe's words, or in ours where there are none.
MEANINGS: dict[str, str] = {
    "500": "Internal server error",
    "502": "Bad gateway",
    "503": "Service unavailable",
    "600": "Empty access token",
    "601": "Access token invalid",
    "602": "Access token expired",
    "603": "Access denied: no permission, or not on the IP allowlist",
    "604": "Request time-out",
    "606": "Max rate limit exceeded",
    "607": "Daily quota reached",
    "608": "API temporarily unavailable",
    "609": "Invalid JSON",
    "610": "Requested resource not found",
    "611": "System error",
    "612": "Invalid content type",
    "614": "Invalid subscription; usually a temporary inaccessibility",
    "615": "Concurrent access limit reached",
    "701": "A value cannot be blank",
    "702": "No data found",
    "704": "Invalid date format",
    "709": "Business rule violation",
    "713": "Transient error",
    "1001": "Invalid value",
    "1002": "Missing value for a required parameter",
    "1003": "Invalid data, or an action not specified",
    "1006": "Field not found",
    "1013": "Object not found",
    OTHER: "Any other code",
    "HTTP 413": "Request entity too large",
    "HTTP 414": "URI too long",
}


# What a refusal of Get Programs by Tag may mean: the value is unknown (U22).
UNKNOWN_VALUE = {"702", "709", "1003"}
