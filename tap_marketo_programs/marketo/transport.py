"""One request on its way to Marketo and one whole answer back.

Here are the time-outs, the deadline of an answer, the proxies and certificates of
the environment, and the bound of what is read. It must not know what an answer
means, how a request is signed, nor that one may be sent again.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import LocationValueError

from tap_marketo_programs.errors import BrokenAnswer, MarketoConfigError
from tap_marketo_programs.marketo.answer import Answer
from tap_marketo_programs.marketo.connection_errors import asked, connection_failed, proxy_failed
from tap_marketo_programs.marketo.deadline import Deadline, TimedAdapter, within
from tap_marketo_programs.marketo.http_statuses import wants_proxy_login
from tap_marketo_programs.marketo.proxies import proxy_of, proxy_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.marketo.connection import Connection
    from tap_marketo_programs.marketo.server_clock import ServerClock

# Its warnings repeat what it could not read of an answer's header, with a traceback.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

HEADERS = {
    "User-Agent": "tap-marketo-programs",
    # What a cache remembers is older than the bookmark that would vouch for it.
    "Cache-Control": "no-cache",
}
# The largest page, 300 rows of every field, is a few megabytes; files are streamed.
MAX_ANSWER = 1 << 26
CHUNK = 1 << 16


class Transport:
    """Sends single requests over one pool of connections, for all threads of a run.

    Args:
        connection: Whom to ask and how patiently.
        clock: Where time comes from.
        server_clock: Takes the time from every answer.

    Attributes:
        has_answered: Whether Identity has ever answered as it does: from then on,
            silence is a slow Marketo's and no wrong base_url.
    """

    def __init__(self, connection: Connection, clock: Clock, server_clock: ServerClock) -> None:
        self.has_answered = False
        self._connection = connection
        self._clock = clock
        self._server_clock = server_clock
        self._session = requests.Session()
        # A cookie of the load balancer would pin every call to one backend.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, TimedAdapter())
        self._session.headers.update(HEADERS)
        # The client signs; without this, requests would take a login out of ~/.netrc.
        self._session.auth = _unsigned

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def prepare(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.PreparedRequest:
        """A request that can be sent, as often as need be.

        Args:
            method: HTTP verb.
            path: From the host on.
            params: Query parameters.
            body: What to send as JSON.
            headers: Besides those of every request.
        """
        url = self._connection.host_url + path
        return self._session.prepare_request(
            requests.Request(method, url, params=dict(params or {}), json=body, headers=headers)
        )

    def prepare_form(self, path: str, form: Mapping[str, str]) -> requests.PreparedRequest:
        """A POST whose body is a form."""
        url = self._connection.host_url + path
        return self._session.prepare_request(requests.Request("POST", url, data=form))

    def deadline(self) -> Deadline:
        """By when an answer must be whole that is asked for now."""
        return Deadline(self._connection.seconds_to_last_byte(has_answered=self.has_answered))

    def send(
        self,
        request: requests.PreparedRequest,
        deadline: Deadline,
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Send one request once; note what time it is over there.

        Args:
            request: Signed, if it has to be.
            deadline: When the answer has to be whole.
            stream: Leave the body to the caller to read.

        Raises:
            ConnectionFailed: There is no answer, or half of one.
            BrokenAnswer: It is larger than any answer is.
            MarketoConfigError: The environment names certificates that cannot be read.
        """
        # Always as a stream: requests would read a body of any size.
        settings = self._session.merge_environment_settings(request.url, {}, True, None, None)  # noqa: FBT003 - the signature of requests
        asked_at = self._clock.monotonic()
        with _errors_in_our_words(request):
            with within(deadline):
                response = self._session.send(
                    request,
                    timeout=self._timeouts(),
                    # A redirect could carry the token to another host.
                    allow_redirects=False,
                    **settings,
                )
            if not stream:
                read_whole(response)
        _refuse_proxys_answer(response)
        self._server_clock.note(response.headers, asked_at)
        return response

    def _timeouts(self) -> tuple[float, float]:
        """For the connection and for each byte, as requests takes them."""
        has_answered, connection = self.has_answered, self._connection
        return (
            connection.seconds_to_connect(has_answered=has_answered),
            connection.seconds_to_next_byte(has_answered=has_answered),
        )


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


@contextmanager
def _errors_in_our_words(request: requests.PreparedRequest) -> Iterator[None]:
    """Let whatever the libraries raise for a request be an error of this tap."""
    try:
        yield
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


def _refuse_proxys_answer(response: requests.Response) -> None:
    """Raise if a proxy answered a request that it was to hand on without a tunnel."""
    if wants_proxy_login(response.status_code):
        response.close()
        request = response.request
        proxy = proxy_of(request.url or "") or "a proxy on the way to Marketo"
        raise proxy_failed(request, f"{proxy} {proxy_refusal(response.status_code)}")


def read_whole(response: requests.Response) -> bytes:
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
            if len(body) > MAX_ANSWER:
                response.close()
                message = (
                    f"{asked(response.request)}: Marketo's answer is larger than {MAX_ANSWER} bytes"
                )
                raise BrokenAnswer(message, in_doubt=True)
        response._content = bytes(body)  # noqa: SLF001 - what `content` does
    return response.content


def answer_of(response: requests.Response) -> Answer:
    """What of a response decides what it means."""
    return Answer(
        asked=asked(response.request),
        path=response.request.path_url,
        status=response.status_code,
        content_type=response.headers.get("Content-Type", ""),
        is_redirect=response.is_redirect,
        read=lambda: read_whole(response),
    )
