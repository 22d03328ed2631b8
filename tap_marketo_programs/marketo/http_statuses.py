"""What an HTTP status means, where no envelope says more.

Marketo's own word is `success` in an envelope under HTTP 200; other statuses come
from gateways and proxies, from Identity and from `file.json`. Pure. It must not know
Marketo's codes, nor what is done about an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.errors import (
    AnswerError,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
    TokenRejected,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

OK = 200
UNAUTHORIZED = 401
NOT_FOUND = 404
PROXY_AUTHENTICATION_REQUIRED = 407
FIRST_SERVER_ERROR = 500

# HTTP statuses that say the same thing without an envelope. 404 is not among
# them: Marketo says 702 of what does not exist, or nothing; a 404 comes from
# somebody else, or means a wrong base_url.
HTTP_VERDICTS: Mapping[int, type[AnswerError]] = {
    # Not Identity's, which is about the credentials.
    UNAUTHORIZED: TokenRejected,
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

# Under these an envelope says by itself what it is: a proxy may change 200 into 203.
SUCCESSES = frozenset({OK, 201, 202, 203, 204, 205, 206})
FILE_STATUSES = frozenset({OK, 203, 206})
# Under these an `error` in Identity's answer is about the client; clients have met
# it under 200 too. Under others it is about the service.
CLIENT_REFUSALS = frozenset({OK, 400, UNAUTHORIZED})


def http_verdict(status: int) -> type[AnswerError]:
    """The class for an HTTP status that carries no envelope.

    Every 5xx passes, known or not: gateways in front of Marketo answer 520, 522,
    524, 530 and 598 as well, and some have statuses beyond.
    """
    unknown = ServiceUnavailable if is_server_error(status) else RequestRefused
    return HTTP_VERDICTS.get(status, unknown)


def is_server_error(status: int) -> bool:
    """Whether a status says that something broke behind the request."""
    return status >= FIRST_SERVER_ERROR


def is_plain_success(status: int) -> bool:
    """Whether an answer may be believed although it has no body."""
    return status == OK


def is_missing_file(status: int) -> bool:
    """Whether `file.json` says that a job has no file: not finished, expired, or unknown."""
    return status == NOT_FOUND


def refuses_client(status: int, *, names_error: bool) -> bool:
    """Whether Identity's answer is about the client id and secret.

    Args:
        status: HTTP status.
        names_error: Whether the body has an `error`.
    """
    return status == UNAUTHORIZED or (names_error and status in CLIENT_REFUSALS)


def wants_proxy_login(status: int) -> bool:
    """Whether a proxy answered in Marketo's place, because nobody has logged in to it."""
    return status == PROXY_AUTHENTICATION_REQUIRED
