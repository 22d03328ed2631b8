"""Whatever is asked by the SDK's session is sent by the client, and by nobody else."""

from __future__ import annotations

import pytest
import requests

from tap_marketo_programs.marketo.session import ClientSession

URL = "https://123-abc-456.mktorest.invalid/rest/asset/v1/programs.json"


class Sender:
    """Stands where the client does."""

    def __init__(self) -> None:
        self.sent: list[requests.PreparedRequest] = []
        self.answer = requests.Response()

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        self.sent.append(request)
        return self.answer


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def session(sender: Sender) -> ClientSession:
    return ClientSession(sender.send, {"User-Agent": "a-name", "Cache-Control": "no-cache"})


def test_a_prepared_request_is_sent_by_the_client_whatever_else_is_said(
    sender: Sender, session: ClientSession
) -> None:
    request = session.prepare_request(requests.Request("GET", URL))

    answer = session.send(request, timeout=1, allow_redirects=True, stream=False, verify=False)

    assert answer is sender.answer
    assert sender.sent == [request]


@pytest.mark.parametrize("verb", ["get", "head", "options", "delete", "post", "put", "patch"])
def test_every_verb_of_a_session_leads_to_the_client(
    sender: Sender, session: ClientSession, verb: str
) -> None:
    assert getattr(session, verb)(URL) is sender.answer

    (request,) = sender.sent
    assert (request.method, request.url) == (verb.upper(), URL)


def test_every_request_has_the_client_s_headers(session: ClientSession) -> None:
    headers = session.prepare_request(requests.Request("GET", URL)).headers

    assert (headers["User-Agent"], headers["Cache-Control"]) == ("a-name", "no-cache")
