"""The one place that sends HTTP to Marketo.

`MarketoClient` is a `requests.Session` whose `send` signs, limits, judges and
retries, so whatever sends through it (the SDK's `RESTStream` included) gets
all four. `success` is the only truth: HTTP 200 says nothing
(https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes).
It must not know streams, export jobs or Singer.
"""

from __future__ import annotations

import logging
import random
import ssl
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

import backoff
import requests
from urllib3.exceptions import LocationValueError, ReadTimeoutError

from tap_marketo_programs.clock import Clock, SystemClock
from tap_marketo_programs.errors import (
    IN_DOUBT,
    AnswerError,
    BadCredentials,
    BrokenAnswer,
    ConnectionFailed,
    FileUnavailable,
    MarketoConfigError,
    MarketoTransientError,
    PermissionDenied,
    ProxyFailed,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
    TokenRejected,
    http_verdict,
    verdict,
)
from tap_marketo_programs.marketo.auth import AccessToken, refusal
from tap_marketo_programs.marketo.deadline import Deadline, TimedAdapter, within
from tap_marketo_programs.marketo.envelope import (
    is_readable,
    read_object,
    reported,
    rows,
    succeeded,
)
from tap_marketo_programs.marketo.limits import WINDOW_SECONDS, CallLimits
from tap_marketo_programs.marketo.proxies import (
    ADVICE,
    UNUSABLE,
    proxy_of,
    proxy_refusal,
    proxy_trouble,
)
from tap_marketo_programs.marketo.server_clock import MarketoClock
from tap_marketo_programs.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

_Answer = TypeVar("_Answer")

logger = logging.getLogger(__name__)
# Its warnings repeat what it could not read of an answer's header, with a traceback.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

IDENTITY_PATH = "/identity/oauth/token"
# Under these an `error` in Identity's answer is about the client; clients have met
# it under 200 too. Under others it is about the service.
REFUSALS = frozenset({HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})

# Under these an envelope says by itself what it is: a proxy may change 200 into 203.
SUCCESSES = frozenset({200, 201, 202, 203, 204, 205, 206})
FILE_STATUSES = frozenset({200, 203, 206})

# No healthy host needs longer to accept a connection; `request_timeout_seconds`
# is for answers, and a host that is not there should be known in seconds.
CONNECT_TIMEOUT_SECONDS = 10.0
# Identity answers in a second. Until it has, a wrong base_url or a proxy that is
# ill is likelier than a slow Marketo; with all retries it is known within a minute.
FIRST_ANSWER_SECONDS = 20.0
# Marketo may think about an answer for `request_timeout_seconds`; the few megabytes
# of the largest need no more than half of that again to arrive.
WHOLE_ANSWER = 1.5

# The largest page, 300 rows of every field, is a few megabytes; files are streamed.
LARGEST_ANSWER = 1 << 26
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one call may be retried: whichever ends first."""

    tries: int
    seconds: float
    longest_wait: float = 60.0


# A failed *request* is retried by these; a failed *job* has a budget of its own
# in the export runner.
BUDGET = Budget(tries=8, seconds=600)
# Other integrations can use the shared window up for minutes on end.
RATE_BUDGET = Budget(tries=30, seconds=900)
# Before Marketo has answered once, silence is more likely a wrong base_url.
GATEWAY_ERRORS = frozenset({"HTTP 502", "HTTP 503", "HTTP 504"})
FIRST_CONTACT_BUDGET = Budget(tries=3, seconds=15, longest_wait=1)


@dataclass(frozen=True, slots=True)
class Connection:
    """Whom to ask and how patiently.

    Args:
        host_url: Scheme and host.
        client_id: Of the LaunchPoint custom service.
        client_secret: Likewise.
        timeout: Seconds to wait for a connection, and between two bytes of an answer;
            an answer that is no file has to be whole in `WHOLE_ANSWER` times as many.
        calls_per_window: Calls allowed in any 20 seconds.
    """

    host_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    timeout: float = 300.0
    calls_per_window: int = 50


class MarketoClient(requests.Session):
    """A session with one Marketo subscription.

    Args:
        connection: Whom to ask and how patiently.
        clock: Where time comes from.
    """

    def __init__(self, connection: Connection, clock: Clock | None = None) -> None:
        super().__init__()
        self.connection = connection
        self.clock: Clock = clock or SystemClock()
        self.limits = CallLimits(connection.calls_per_window, self.clock)
        self.retries = 0
        self._token = AccessToken(self._fetch_token, self.clock)
        # Whether Identity has ever answered as Identity does.
        self._met = False
        self._marketo_clock = MarketoClock(self.clock)
        # A cookie of the load balancer would pin every call to one backend.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, TimedAdapter())
        self.headers["User-Agent"] = "tap-marketo-programs"
        # What a cache remembers is older than the bookmark that would vouch for it.
        self.headers["Cache-Control"] = "no-cache"

    # What callers use

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # noqa: ANN401 - the base class's signature
        """Send one request until Marketo answers `success: true`.

        The base class's keywords are ignored: time-outs, redirects and streaming
        are this client's own business.

        Raises:
            AnswerError: Marketo's last word, once no budget is left.
            MarketoConfigError: What only the user can mend.
        """
        return self._persist(lambda: self._call(request))

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        repeatable: bool = True,
    ) -> list[Any]:
        """One call for rows: the `result` of the envelope, empty where it is missing."""
        response = self.fetch(method, path, params=params, body=body, repeatable=repeatable)
        return rows(envelope(response))

    def fetch(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        repeatable: bool = True,
    ) -> requests.Response:
        """One call; the answer's body is the envelope of a success.

        Args:
            method: HTTP verb.
            path: From the host on, such as `/rest/v1/leads/describe2.json`.
            params: Query parameters.
            body: What to send as JSON.
            repeatable: False for a call that must not happen twice: an error that
                leaves it in doubt is raised at once.
        """
        request = self._prepare(method, path, params, body)
        return self._persist(lambda: self._call(request), repeatable=repeatable)

    def look(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One GET where an answer without any body means nothing found; its envelope or `{}`."""
        request = self._prepare("GET", path, params, None)
        return envelope(self._persist(lambda: self._call(request, _judge_unless_empty)))

    def read(
        self,
        method: str,
        path: str,
        make: Callable[[list[Any]], _Answer],
        *,
        body: object = None,
        repeatable: bool = True,
    ) -> _Answer:
        """One call for what `make` makes of its rows; where that is a BrokenAnswer, ask again."""
        request = self._prepare(method, path, None, body)
        return self._persist(
            lambda: make(rows(envelope(self._call(request)))),
            repeatable=repeatable,
        )

    @contextmanager
    def open_file(self, path: str, start: int = 0) -> Iterator[requests.Response]:
        """Open a file for streaming; the connection counts as one until the block ends.

        Args:
            path: From the host on.
            start: First byte wanted; sent as a Range when it is not 0.

        Raises:
            FileUnavailable: HTTP 404, which this endpoint alone uses.
        """
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        url = self.connection.host_url + path
        request = self.prepare_request(requests.Request("GET", url, headers=headers))
        with ExitStack() as held:

            def attempt() -> requests.Response:
                with ExitStack() as opened:
                    opened.enter_context(self.limits.call())
                    response = self._exchange(request, _judge_file, stream=True)
                    opened.callback(response.close)
                    held.push(opened.pop_all())
                    return response

            yield self._persist(attempt)

    def now(self) -> datetime:
        """Up to when windows and bookmarks may reach: by Marketo's clock and by ours.

        See `MarketoClock.now`; for what Marketo dated itself there is `marketo_time`.
        """
        self._meet()
        return self._marketo_clock.now()

    def marketo_time(self) -> datetime:
        """Marketo's own clock, as of its last answer; ours where it does not tell."""
        self._meet()
        return self._marketo_clock.marketo_time()

    def _meet(self) -> None:
        """See to it that Marketo has answered: the first call of every run, made now."""
        if not self._met:
            self._token.current()

    # One attempt

    def _prepare(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: object,
    ) -> requests.PreparedRequest:
        url = self.connection.host_url + path
        return self.prepare_request(
            requests.Request(method, url, params=dict(params or {}), json=body),
        )

    def _call(
        self,
        request: requests.PreparedRequest,
        judge: Callable[[requests.Response], None] | None = None,
    ) -> requests.Response:
        with self.limits.call():
            return self._exchange(request, judge or _judge)

    def _exchange(
        self,
        request: requests.PreparedRequest,
        judge: Callable[[requests.Response], None],
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Sign, send and judge once."""
        signed = request.copy()
        token = self._token.current()
        signed.headers["Authorization"] = f"Bearer {token}"
        deadline = self._deadline()
        response = self._transmit(signed, deadline, stream=stream)
        try:
            judge(response)
        except requests.RequestException as error:
            response.close()
            raise connection_failed(error, signed) from None
        except AnswerError as error:
            response.close()
            if isinstance(error, TokenRejected):
                self._token.discard(token)
            raise
        # What is left to read is a file, if anything.
        deadline.lift()
        return response

    @property
    def _silence(self) -> float:
        """Seconds that an answer may keep us waiting for its next byte."""
        timeout = self.connection.timeout
        return timeout if self._met else min(timeout, FIRST_ANSWER_SECONDS)

    def _deadline(self) -> Deadline:
        """By when an answer must be whole that is asked for now."""
        return Deadline(self._silence * (WHOLE_ANSWER if self._met else 1))

    def _transmit(
        self,
        request: requests.PreparedRequest,
        deadline: Deadline,
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Put one request on the wire; note what time it is over there."""
        # Always as a stream: requests would read a body of any size.
        settings = self.merge_environment_settings(request.url, {}, True, None, None)  # noqa: FBT003 - the base class's signature
        silence = self._silence
        asked_at = self.clock.monotonic()
        try:
            with within(deadline):
                response = super().send(
                    request,
                    timeout=(min(CONNECT_TIMEOUT_SECONDS, silence), silence),
                    # A redirect could carry the token to another host.
                    allow_redirects=False,
                    **settings,
                )
            if not stream:
                _read_whole(response)
        except requests.RequestException as error:
            raise connection_failed(error, request) from None
        except LocationValueError as error:
            # requests lets this one of a proxy's URL through.
            raise connection_failed(requests.exceptions.InvalidURL(error), request) from None
        except OSError as error:
            # Before it connects, requests looks for the certificates it was told of.
            message = (
                "The certificates that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names cannot be read "
                f"({type(error).__name__}). Correct the variable, or remove it."
            )
            raise MarketoConfigError(message) from None
        if response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            # A proxy's answer to a request that it was to hand on without a tunnel.
            response.close()
            proxy = proxy_of(request.url or "") or "a proxy on the way to Marketo"
            raise _proxy_failed(request, f"{proxy} {proxy_refusal(response.status_code)}")
        self._marketo_clock.note(response.headers, asked_at)
        return response

    # The token

    def _fetch_token(self) -> Mapping[str, Any]:
        """Ask Identity, by POST with a form: no secret may stand in a URL."""
        connection = self.connection
        request = requests.Request(
            "POST",
            connection.host_url + IDENTITY_PATH,
            headers=self.headers,
            data={
                "grant_type": "client_credentials",
                "client_id": connection.client_id,
                "client_secret": connection.client_secret,
            },
        ).prepare()
        try:
            return self._persist(lambda: self._ask_identity(request))
        except AnswerError as error:
            is_named = self._met or isinstance(error, ProxyFailed)
            last = error if is_named else _no_marketo(connection.host_url, error)
            # The call that wants the token must not retry what was retried here, and
            # has not been made whatever happened to the token.
            last.is_final, last.in_doubt = True, False
            raise last from None

    def _ask_identity(self, request: requests.PreparedRequest) -> Mapping[str, Any]:
        response = self._transmit(request, self._deadline())
        answer = _json_object(response)
        refused = response.status_code == HTTPStatus.UNAUTHORIZED
        if refused or (answer and answer.get("error") and response.status_code in REFUSALS):
            raise BadCredentials(refusal(answer or {}))
        try:
            _judge_http(response)
        except RequestRefused as error:
            # Nothing that a caller asked for was refused, so no caller may take it for that.
            raise ServiceUnavailable(str(error), code=error.code) from None
        if answer is None or "access_token" not in answer:
            raise _broken(response)
        self._met = True
        return answer

    # Persistence

    def _persist(self, attempt: Callable[[], _Answer], *, repeatable: bool = True) -> _Answer:
        """Repeat an attempt until it succeeds or its budget is used up."""
        started = self.clock.monotonic()
        waits = backoff.expo(factor=1)
        next(waits)
        tries = 0
        renewed = False
        while True:
            try:
                return attempt()
            except TokenRejected:
                # A new token is a new start, once; a second refusal is an answer.
                if renewed:
                    raise
                renewed = True
            except MarketoTransientError as error:
                if error.is_final or (error.in_doubt and not repeatable):
                    raise
                tries += 1
                wait = self._wait(error, next(waits))
                budget = self._budget(error)
                elapsed = self.clock.monotonic() - started
                if tries >= budget.tries or elapsed + wait > budget.seconds:
                    raise
                logger.info("%s; trying again in %.0f s", error, wait)
                self.retries += 1
                self.clock.sleep(wait)

    def _budget(self, error: MarketoTransientError) -> Budget:
        if isinstance(error, RateLimited):
            return RATE_BUDGET
        # A gateway's error is an answer: Marketo is there, only not well.
        known = self._met or error.code in GATEWAY_ERRORS
        return BUDGET if known else FIRST_CONTACT_BUDGET

    def _wait(self, error: MarketoTransientError, wait: float) -> float:
        jitter = random.uniform(0, 1)  # noqa: S311 - spreads callers, guards nothing
        if isinstance(error, RateLimited):
            # The window is everybody's: none of our threads need try before it moves.
            self.limits.pause(WINDOW_SECONDS)
            return WINDOW_SECONDS + jitter
        return min(wait, self._budget(error).longest_wait) * (0.5 + jitter / 2)


# Judging answers


def envelope(response: requests.Response) -> dict[str, Any]:
    """The envelope of an answer that this client handed out; `{}` for one that may be empty."""
    return _json_object(response) or {}


def _read_whole(response: requests.Response) -> bytes:
    """The body, as `response.content` would give it, unless it is larger than any answer is.

    Counted after decompression, so that a small body cannot become a large one.

    Raises:
        BrokenAnswer: It is larger.
        requests.RequestException: The connection broke.
    """
    unread: object = response._content  # noqa: SLF001 - requests has no bound of its own
    if unread is False:
        body = bytearray()
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > LARGEST_ANSWER:
                response.close()
                message = (
                    f"{_asked(response.request)}: Marketo's answer is larger than "
                    f"{LARGEST_ANSWER} bytes"
                )
                raise BrokenAnswer(message, in_doubt=True)
        response._content = bytes(body)  # noqa: SLF001 - what `content` does
    return response.content


def _json_object(response: requests.Response) -> dict[str, Any] | None:
    return read_object(_read_whole(response))


def _judge(response: requests.Response) -> None:
    """Raise unless this is the envelope of a success."""
    _judge_http(response)
    _envelope(response)


def _judge_unless_empty(response: requests.Response) -> None:
    """The same, but a success without any body passes."""
    if response.status_code != HTTPStatus.OK or _read_whole(response).strip():
        _judge(response)


def _judge_file(response: requests.Response) -> None:
    """Raise unless this is a file, or a part of one.

    `file.json` alone mixes both: an unfinished or unknown job is a plain HTTP
    404, while token and limit errors are envelopes under HTTP 200, which would
    end up in the data if the body were written down unseen.
    """
    if response.status_code == HTTPStatus.NOT_FOUND:
        message = f"{_asked(response.request)}: Marketo has no such file"
        raise FileUnavailable(message, code=f"HTTP {response.status_code}")
    _judge_http(response)
    content_type = response.headers.get("Content-Type", "")
    is_json = content_type.partition(";")[0].strip().lower() == "application/json"
    if is_json or response.status_code not in FILE_STATUSES:
        _envelope(response)
        raise _broken(response)


def _judge_http(response: requests.Response) -> None:
    """Raise for a status that is not a success, by the envelope if it carries one."""
    status = response.status_code
    if status in SUCCESSES:
        return
    answer = _json_object(response)
    if answer and reported(answer):
        raise _error(response, answer)
    what = "redirects elsewhere" if response.is_redirect else f"answered HTTP {status}"
    raises = http_verdict(status)
    if raises is TokenRejected:
        what += " (it does not accept the access token)"
    message = f"{_asked(response.request)}: Marketo {what}"
    in_doubt = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    raise raises(message, code=f"HTTP {status}", in_doubt=in_doubt)


def _envelope(response: requests.Response) -> None:
    """Raise unless the answer is an envelope that says `success: true`."""
    answer = _json_object(response)
    if answer is None:
        raise _broken(response)
    errors = reported(answer)
    # Of a success, too, that brings nothing but an error with its code.
    fails = any(code for code, _ in errors) and "result" not in answer
    if errors and (fails or not succeeded(answer)):
        raise _error(response, answer)
    if not (succeeded(answer) and is_readable(answer)):
        raise _broken(response)


def _error(response: requests.Response, answer: Mapping[str, Any]) -> AnswerError:
    """The error an envelope reports; with several, the one that says most."""
    told = reported(answer)
    found = [(verdict(code, words), code, words) for code, words in told]
    raises, code, words = next((row for row in found if row[0] is not RequestRefused), found[0])
    if raises is RequestRefused:
        # An unknown code under a status that is known by itself, such as 503.
        raises = http_verdict(response.status_code)
    said = quoted("; ".join(f"{code} {quoted(words)}".strip() for code, words in told), 1000)
    request_id = quoted(answer.get("requestId") or "none", 60)
    text = f"{_asked(response.request)}: Marketo says {said} (request id {request_id})"
    if raises is PermissionDenied:
        text += f". {permission(response.request.path_url)}"
    in_doubt = code in IN_DOUBT or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return raises(text, code=code, message=words, in_doubt=in_doubt)


def permission(path: str) -> str:
    """Which permission of the API user's role a path needs, for a 603.

    Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/custom-services
    """
    needed = "Read-Only Assets" if path.startswith("/rest/asset/") else "Read-Only Lead"
    return (
        f"The API user's role needs the permission '{needed}' (Admin > Users & Roles), and this "
        "machine's address must be on the IP allowlist if there is one"
    )


def _broken(response: requests.Response) -> BrokenAnswer:
    what = "nothing" if not response.content else "something that is not a Marketo answer"
    return BrokenAnswer(f"{_asked(response.request)}: Marketo answered {what}", in_doubt=True)


def connection_failed(
    error: requests.RequestException,
    request: requests.PreparedRequest,
) -> ConnectionFailed:
    """Name what broke without the library's text, which repeats URLs and objects."""
    proxy = proxy_of(request.url or "")
    if proxy and isinstance(error, (requests.exceptions.ProxyError, *UNUSABLE)):
        return _proxy_failed(request, f"{proxy} {proxy_trouble(error)}")
    words = _what_failed(error) + (f"; the way there leads through {proxy}" if proxy else "")
    # Without a connection nothing was asked, so nothing can be in doubt.
    never_sent = isinstance(
        error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError
    ) or ("NewConnectionError" in repr(error))
    return ConnectionFailed(f"{_asked(request)}: {words}", in_doubt=not never_sent)


def _proxy_failed(request: requests.PreparedRequest, words: str) -> ProxyFailed:
    return ProxyFailed(f"{_asked(request)}: {words}. {ADVICE}")


def _what_failed(error: requests.RequestException) -> str:
    """What broke on the way to a host, or at the host, in our own words."""
    if "NameResolutionError" in repr(error):
        return "the host name is unknown"
    if why := _distrust(error):
        return (
            f"its certificate is not trusted ({why}); if a proxy stands between, let "
            "REQUESTS_CA_BUNDLE name the certificates to trust"
        )
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (requests.exceptions.SSLError, "its certificate is not trusted, or it speaks no TLS"),
        (requests.exceptions.ProxyError, "the proxy refused"),
        (requests.exceptions.ConnectTimeout, "no connection in time"),
        (requests.exceptions.ReadTimeout, "no answer in time"),
    )
    for kind, words in kinds:
        if isinstance(error, kind):
            return words
    # While a body is read, requests takes a time-out for a lost connection.
    too_slow = error.args and isinstance(error.args[0], ReadTimeoutError)
    return "the answer was not whole in time" if too_slow else "the connection failed"


def _distrust(error: BaseException | None) -> str:
    """What is wrong with a host's certificate; empty if nothing is known to be."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__context__
    return error.verify_message.rstrip(".") if error else ""


def _asked(request: requests.PreparedRequest) -> str:
    """A request as a log may show it: no query, no host, no headers."""
    return f"{request.method} {request.path_url.partition('?')[0]}"


def _no_marketo(url: str, error: AnswerError) -> AnswerError:
    """The same error, for a user whose base_url is probably wrong."""
    message = (
        f"base_url: {url} does not answer as Marketo's Identity service does ({error}). "
        "Compare it with the REST endpoint in Admin > Web Services."
    )
    return type(error)(message, code=error.code)
