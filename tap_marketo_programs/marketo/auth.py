"""The access token: fetched when there is none, used until it dies.

Identity hands out the *same* token until that token's last second, so asking
early gains nothing; a token with seconds to live is waited out instead
(https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication).
It must not know how a request is sent: the client hands in `fetch`.
"""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import BadCredentials, BrokenAnswer
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.values import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_marketo_programs.clock import Clock

# A token that dies within this many seconds would die under the next request.
MIN_LIFE_SECONDS = 5.0
# A token lives for an hour; more than a day of it would be a mistake.
MAX_LIFE_SECONDS = 86_400.0
# Each wait outlasts the token's own figure, so more rounds than this mean that
# Identity is not telling the truth.
MAX_WAITS = 5
# As part of a header: without blanks, controls and whatever is not ASCII.
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Token:
    """One token and the moment, on the monotonic clock, at which it dies."""

    text: str = field(repr=False)
    dies_at: float


class AccessToken:
    """The current token of one custom service, shared by all threads.

    Args:
        fetch: Asks Identity; returns its answer as a mapping.
        clock: Where time comes from.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None

    def current(self) -> str:
        """The token to sign the next request with.

        Raises:
            BadCredentials: Identity refuses the client id or secret.
            BrokenAnswer: Identity answers without a token that lives.
        """
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._token.dies_at:
                self._token = self._renew()
            return self._token.text

    def discard(self, text: str) -> None:
        """Forget a token that Marketo rejected, unless another thread already has."""
        with self._lock:
            if self._token is not None and self._token.text == text:
                self._token = None

    def _renew(self) -> Token:
        for _ in range(MAX_WAITS):
            text, life = _read(self._fetch())
            if life >= MIN_LIFE_SECONDS:
                return Token(text, self._clock.monotonic() + life)
            self._clock.sleep(life + 1)
        message = "Marketo's Identity service hands out only access tokens that are already dying"
        raise BrokenAnswer(message)


def _read(answer: Mapping[str, Any]) -> tuple[str, float]:
    """The token and its remaining seconds.

    An `error` counts whatever the HTTP status: clients have met it under 200 too.
    """
    if answer.get("error"):
        raise BadCredentials(refusal(answer))
    told, life = answer.get("access_token"), _seconds(answer.get("expires_in"))
    text = told.strip() if isinstance(told, str) else ""
    if not text or life is None:
        message = "Marketo's Identity service answered without an access token"
        raise BrokenAnswer(message)
    if not _TOKEN.fullmatch(text):
        message = "Marketo's Identity service answered with an access token that no header can hold"
        raise BrokenAnswer(message)
    return text, float(min(max(0, life), MAX_LIFE_SECONDS))


def _seconds(told: object) -> float | None:
    """A number, perhaps as text; None for anything else, NaN included."""
    try:
        found = number(told) if isinstance(told, str) else told
    except ValueError:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return None if isinstance(found, float) and math.isnan(found) else found


def refusal(answer: Mapping[str, Any]) -> str:
    """One line for a refused client.

    Identity's `error_description` may repeat the client id, so only its error
    code is shown.
    """
    code = str(answer.get("error", ""))
    reason = f" ({quoted(code, 60)})" if code.replace("_", "").isalpha() else ""
    return (
        f"Marketo refused client_id and client_secret{reason}. Compare both with "
        "Admin > LaunchPoint > View Details of the custom service."
    )
