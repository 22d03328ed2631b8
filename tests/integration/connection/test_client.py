"""What the client promises of every request, shown over real connections."""

from __future__ import annotations

import inspect
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import requests
from altering_proxy import Alteration, ends_with
from clocks import FastClock, StillClock
from other_hosts import closed_port, other_host, silent_host, unreachable_host
from requests.adapters import BaseAdapter

from tap_marketo_programs.errors import (
    AnswerError,
    BadCredentials,
    BrokenAnswer,
    ConnectionFailed,
    MarketoError,
    RateLimited,
    RequestRefused,
    ServiceUnavailable,
)
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.retry_policy import REQUEST_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altering_proxy import Answer, Proxy
    from harness import Tap
    from marketo_sandbox import Sandbox

    from tap_marketo_programs.clock import Clock

    Connect = Callable[..., MarketoClient]

PROGRAMS = "/rest/asset/v1/programs.json"
CREATE = "/bulk/v1/program/members/export/create.json"
FILE = "/bulk/v1/program/members/export/abc/file.json"
ALWAYS = 1000
BUDGET, FIRST_CONTACT = REQUEST_POLICY.usual, REQUEST_POLICY.first_contact


@pytest.fixture
def connect(sandbox: Sandbox) -> Iterator[Connect]:
    """Make clients, of the sandbox unless told otherwise, that are closed in the end."""
    made: list[MarketoClient] = []

    def connect(clock: Clock | None = None, **changes: Any) -> MarketoClient:  # noqa: ANN401 - any field of Connection
        connection = {
            "host_url": sandbox.url,
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "calls_per_window": 100_000,
            **changes,
        }
        made.append(MarketoClient(Connection(**connection), clock or StillClock()))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Connect) -> MarketoClient:
    return connect()


def slept(client: MarketoClient) -> list[float]:
    assert isinstance(client.clock, FastClock)
    return client.clock.slept


def failure(client: MarketoClient, **how: Any) -> AnswerError:  # noqa: ANN401 - any argument of `call`
    with pytest.raises(AnswerError) as caught:
        client.call("GET", PROGRAMS, **how)
    return caught.value


# What counts as an answer


@pytest.mark.parametrize(
    ("fault", "args"),
    [
        ("empty_body", {}),
        ("broken_json", {}),
        ("broken_json", {"body": "<html>200</html>"}),
        ("broken_json", {"body": "[]"}),
        ("broken_json", {"body": "null"}),
        ("broken_json", {"body": "{}"}),
        ("broken_json", {"body": '{"requestId":"1#2","result":[{"id":1}]}'}),
        ("broken_json", {"body": '{"success":"perhaps","result":[{"id":1}]}'}),
        ("broken_json", {"body": '{"success":true,"result":"none"}'}),
        ("broken_json", {"body": '{"success":false}'}),
        ("broken_json", {"body": '{"success":false,"errors":[]}'}),
        ("broken_json", {"body": '{"success":null,"errors":null}'}),
    ],
)
def test_an_answer_that_is_no_envelope_is_asked_for_again_and_then_given_up(
    sandbox: Sandbox, client: MarketoClient, fault: str, args: dict[str, Any]
) -> None:
    sandbox.control.fault(fault, "programs", count=2, **args)
    assert len(client.call("GET", PROGRAMS)) == 3
    assert client.retries == 2

    sandbox.control.fault(fault, "programs", count=ALWAYS, **args)
    error = failure(client)

    assert type(error) is BrokenAnswer
    assert str(error).startswith(f"GET {PROGRAMS}: Marketo answered ")


def test_an_envelope_in_place_of_a_file_is_never_handed_out(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    for body in ('{"success":true,"result":[]}', "", "[]"):
        sandbox.control.fault("broken_json", "export_file", count=ALWAYS, body=body)

        with pytest.raises(BrokenAnswer), client.open_file(FILE):
            pytest.fail("a file was handed out")
        sandbox.control.clear_faults()


def test_a_file_is_asked_for_whole_or_from_a_byte_on_and_uncompressed(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    sandbox.control.fault(
        "http", "export_file", count=2, status=206, body="x", content_type="text/csv"
    )

    for start in (0, 7):
        with client.open_file(FILE, start):
            pass

    headers = [call["headers"] for call in sandbox.control.requests("export_file")]
    assert [each.get("Range") for each in headers] == [None, "bytes=7-"]
    assert [each["Accept-Encoding"] for each in headers] == ["identity", "identity"]


def test_a_load_balancer_s_cookie_is_not_kept(sandbox: Sandbox, client: MarketoClient) -> None:
    sandbox.control.knob(sticky_cookie=True)

    client.call("GET", PROGRAMS)

    assert list(client._transport._session.cookies) == []


# Retries and their bounds


@pytest.mark.parametrize("code", ["502", "503", "604", "608", "611", "614", "615", "713"])
def test_a_passing_error_is_outlasted(sandbox: Sandbox, client: MarketoClient, code: str) -> None:
    sandbox.control.fault("error", "programs", count=3, code=code)

    assert len(client.call("GET", PROGRAMS)) == 3

    assert client.retries == 3


@pytest.mark.parametrize("kind", ["http", "reset", "cut", "empty_body"])
def test_retries_are_bounded_in_tries_and_wait_longer_each_time(
    sandbox: Sandbox, client: MarketoClient, kind: str
) -> None:
    client.call("GET", PROGRAMS)
    sandbox.control.clear_requests()
    sandbox.control.fault(kind, "programs", count=ALWAYS)

    failure(client)

    assert len(sandbox.control.requests("programs")) == BUDGET.tries
    assert len(slept(client)) == BUDGET.tries - 1
    for number, wait in enumerate(slept(client)):
        longest = min(2**number, BUDGET.waits.longest)
        assert longest / 2 <= wait <= longest


def test_retries_are_bounded_in_time(sandbox: Sandbox, between: Proxy, connect: Connect) -> None:
    clock = StillClock()
    client = connect(clock, host_url=between.url)
    client.call("GET", PROGRAMS)
    sandbox.control.clear_requests()
    sandbox.control.fault("http", "programs", count=ALWAYS)

    def late(_: Answer) -> bool:
        """Each answer takes half of the time that a call may be retried."""
        clock.sleep(BUDGET.seconds / 2)
        return True

    between.alterations.append(Alteration(ends_with(PROGRAMS), late, ALWAYS))

    failure(client)

    assert len(sandbox.control.requests("programs")) == 2


def test_the_last_error_is_the_one_told(sandbox: Sandbox, client: MarketoClient) -> None:
    sandbox.control.fault("error", "programs", count=BUDGET.tries - 1, code="608")
    sandbox.control.fault("error", "programs", after=BUDGET.tries - 1, code="611")

    error = failure(client)

    assert error.code == "611"
    assert "611 System error (request id " in str(error)


# Calls that must not happen twice


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("reset", {}),
        ("reset", {"after_handling": True}),
        ("cut", {"bytes": 10}),
        ("empty_body", {}),
        ("broken_json", {}),
        ("http", {"status": 502}),
        ("http", {"status": 504, "after_handling": True}),
        ("error", {"code": "604"}),
        ("error", {"code": "502"}),
        ("error", {"code": "713", "status": 503}),
    ],
)
def test_a_call_that_must_not_happen_twice_is_given_up_when_in_doubt(
    sandbox: Sandbox, client: MarketoClient, kind: str, args: dict[str, Any]
) -> None:
    client.call("GET", PROGRAMS)
    sandbox.control.fault(kind, "export_create", **args)

    with pytest.raises(AnswerError) as caught:
        client.call("POST", CREATE, body={}, repeatable=False)

    assert caught.value.in_doubt
    assert len(sandbox.control.requests("export_create")) == 1
    assert slept(client) == []


def test_a_call_that_must_not_happen_twice_is_given_up_after_silence(
    sandbox: Sandbox, connect: Connect
) -> None:
    client = connect(timeout=0.2)
    sandbox.control.fault("stall", "programs", seconds=0.6)

    assert failure(client, repeatable=False).in_doubt

    assert len(sandbox.control.requests("programs")) == 1


@pytest.mark.parametrize("code", ["606", "608", "614", "615"])
def test_a_call_that_surely_did_not_happen_is_repeated(
    sandbox: Sandbox, client: MarketoClient, code: str
) -> None:
    sandbox.control.fault("error", "programs", count=2, code=code)

    assert len(client.call("GET", PROGRAMS, repeatable=False)) == 3


def test_a_call_for_which_there_was_no_connection_is_repeated(connect: Connect) -> None:
    client = connect()
    client.call("GET", PROGRAMS)
    gone = client.session.prepare_request(requests.Request("GET", closed_port() + PROGRAMS))

    with pytest.raises(ConnectionFailed) as caught:
        client.send(gone)

    assert not caught.value.in_doubt
    assert len(slept(client)) == BUDGET.tries - 1


# Hosts that are not Marketo


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(sandbox: Sandbox, client: MarketoClient, status: int) -> None:
    with other_host() as elsewhere:
        url = f"{elsewhere.url}{PROGRAMS}"
        sandbox.control.fault("redirect", "programs", url=url, status=status)

        error = failure(client)

        assert elsewhere.requests == []
    assert type(error) is RequestRefused
    assert str(error) == f"GET {PROGRAMS}: Marketo redirects elsewhere"


def test_identity_s_redirect_is_never_followed(sandbox: Sandbox, client: MarketoClient) -> None:
    with other_host() as elsewhere:
        sandbox.control.fault("redirect", "identity", count=ALWAYS, url=elsewhere.url, status=307)

        error = failure(client)

        assert elsewhere.requests == []
    assert "base_url" in str(error)
    assert "redirects elsewhere" in str(error)


def test_a_file_s_redirect_is_never_followed(sandbox: Sandbox, client: MarketoClient) -> None:
    with other_host() as elsewhere:
        sandbox.control.fault("redirect", "export_file", url=elsewhere.url)

        with pytest.raises(RequestRefused, match="redirects"), client.open_file(FILE):
            pass

        assert elsewhere.requests == []


def one_line_on(client: MarketoClient) -> str:
    """What the user reads of a host that is no Marketo, soon."""
    error = failure(client)
    text = str(error)
    assert text.startswith(f"base_url: {client.connection.host_url} does not answer as Marketo's")
    assert text.endswith("Compare it with the REST endpoint in Admin > Web Services.")
    assert "\n" not in text
    assert len(slept(client)) < FIRST_CONTACT.tries
    assert sum(slept(client)) <= FIRST_CONTACT.seconds
    return text


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, "<html>Welcome</html>", "something that is not a Marketo answer"),
        (200, "", "Marketo answered nothing"),
        (200, '{"hello":"world"}', "something that is not a Marketo answer"),
        (301, "", "HTTP 301"),
        (403, "Forbidden", "HTTP 403"),
        (404, "Not Found", "HTTP 404"),
        (404, '{"status":404,"error":"Not Found"}', "HTTP 404"),
        (405, "", "HTTP 405"),
        (500, "Oops", "HTTP 500"),
    ],
)
def test_a_host_that_is_not_marketo_is_named_in_one_line(
    connect: Connect, status: int, body: str, words: str
) -> None:
    with other_host(status, body) as host, connect(host_url=host.url) as client:
        assert words in one_line_on(client)

        assert len(host.requests) == FIRST_CONTACT.tries
        assert not any("Authorization" in headers for _, _, headers in host.requests)


def test_a_host_that_refuses_connections_is_named_in_one_line(connect: Connect) -> None:
    assert "the connection failed" in one_line_on(connect(host_url=closed_port()))


def test_an_unknown_host_is_named_in_one_line(connect: Connect) -> None:
    client = connect(host_url="https://123-abc-456.mktorest.invalid")

    assert "the host name is unknown" in one_line_on(client)


def test_a_host_without_tls_is_named_in_one_line(sandbox: Sandbox, connect: Connect) -> None:
    client = connect(host_url=sandbox.url.replace("http:", "https:"))

    assert "speaks no TLS" in one_line_on(client)


def test_a_host_that_says_nothing_is_named_in_one_line(connect: Connect) -> None:
    with silent_host() as url:
        assert "no answer in time" in one_line_on(connect(host_url=url, timeout=0.1))


def test_a_host_that_lets_no_connection_come_about_is_named_in_one_line(connect: Connect) -> None:
    with unreachable_host() as url:
        assert "no connection in time" in one_line_on(connect(host_url=url, timeout=0.1))


def test_marketo_itself_is_waited_for_longer_once_it_has_answered(
    sandbox: Sandbox, client: MarketoClient
) -> None:
    client.call("GET", PROGRAMS)
    sandbox.control.fault("reset", "programs", count=BUDGET.tries - 1)

    assert len(client.call("GET", PROGRAMS)) == 3

    assert BUDGET.tries > FIRST_CONTACT.tries


# What requests can raise


class Raising(BaseAdapter):
    """A way to the network on which something goes wrong."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def send(self, *_: object, **__: object) -> requests.Response:
        raise self._error

    def close(self) -> None:
        pass


def requests_errors() -> list[type[requests.RequestException]]:
    return [
        item
        for item in vars(requests.exceptions).values()
        if inspect.isclass(item) and issubclass(item, requests.RequestException)
    ]


@pytest.mark.parametrize("kind", requests_errors())
def test_whatever_requests_raises_is_a_failed_connection(
    client: MarketoClient, kind: type[requests.RequestException]
) -> None:
    secret = "https://user:word@proxy.example.com"
    arguments = (secret, "", 0) if issubclass(kind, requests.JSONDecodeError) else (secret,)
    client.call("GET", PROGRAMS)
    client._transport._session.mount("http://", Raising(kind(*arguments)))

    error = failure(client)

    assert type(error) is ConnectionFailed
    assert secret not in str(error)
    assert len(slept(client)) == BUDGET.tries - 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (requests.exceptions.SSLError, "its certificate is not trusted, or it speaks no TLS"),
        (requests.exceptions.ProxyError, "the proxy refused"),
        (requests.exceptions.ConnectTimeout, "no connection in time"),
        (requests.exceptions.ReadTimeout, "no answer in time"),
        (requests.exceptions.ChunkedEncodingError, "the connection failed"),
    ],
)
def test_a_failed_connection_says_what_failed(
    client: MarketoClient, kind: type[requests.RequestException], words: str
) -> None:
    client.call("GET", PROGRAMS)
    client._transport._session.mount("http://", Raising(kind("x")))

    assert str(failure(client)) == f"GET {PROGRAMS}: {words}"


# Secrets


def test_no_secret_is_in_anything_that_can_be_printed(
    sandbox: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = connect()
    client.call("GET", PROGRAMS)
    token = client._token.current()
    said = [repr(client), str(client), repr(vars(client)), repr(vars(client._token))]
    faults: list[tuple[str, dict[str, Any], type[MarketoError]]] = [
        ("error", {"code": "606"}, RateLimited),
        ("error", {"code": "602"}, AnswerError),
        ("error", {"code": "1003"}, RequestRefused),
        ("http", {"status": 502}, ServiceUnavailable),
        ("reset", {}, ConnectionFailed),
        ("broken_json", {}, BrokenAnswer),
        ("redirect", {}, RequestRefused),
    ]
    for kind, args, expected in faults:
        sandbox.control.fault(kind, "programs", count=ALWAYS, **args)
        with pytest.raises(expected) as caught:
            client.call("GET", PROGRAMS)
        said += [repr(caught.value), *traceback.format_exception(caught.value)]
        sandbox.control.clear_faults()
    for changes in ({"host_url": closed_port()}, {"client_secret": "a-wrong-secret"}):
        other = connect(**changes)
        with pytest.raises(MarketoError) as caught_too:
            other.call("GET", PROGRAMS)
        assert changes.keys() == {"host_url"} or caught_too.type is BadCredentials
        said += [repr(caught_too.value), *traceback.format_exception(caught_too.value)]
        said += [repr(other.connection), repr(vars(other))]

    text = "\n".join([*said, caplog.text])
    assert "trying again" in text
    for secret in (sandbox.client_id, sandbox.client_secret, "a-wrong-secret", token):
        assert secret not in text


def test_no_secret_is_in_the_log_of_a_whole_run(tap: Tap, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tap.sandbox.control.fault("error", "programs", count=2, code="608")

    output = tap.sync()

    assert "trying again" in caplog.text
    for text in (caplog.text, "".join(output.lines)):
        assert tap.sandbox.client_id not in text
        assert tap.sandbox.client_secret not in text
