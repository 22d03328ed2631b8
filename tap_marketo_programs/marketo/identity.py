"""Marketo's Identity service, which hands out access tokens for an id and a secret.

It must not know how long a token is used, nor what for: that is `auth`'s.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import (
    AnswerError,
    BadCredentials,
    ProxyFailed,
    RequestRefused,
    ServiceUnavailable,
)
from tap_marketo_programs.marketo.answer import broken, require_http_success
from tap_marketo_programs.marketo.auth import refusal
from tap_marketo_programs.marketo.http_statuses import refuses_client
from tap_marketo_programs.marketo.transport import answer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from tap_marketo_programs.marketo.connection import Connection
    from tap_marketo_programs.marketo.retry import Retries
    from tap_marketo_programs.marketo.transport import Transport

IDENTITY_PATH = "/identity/oauth/token"


class Identity:
    """The Identity service of one subscription.

    Args:
        connection: Id and secret.
        transport: Sends each request; told once Marketo has answered.
        retries: Repeat what fails.
    """

    def __init__(self, connection: Connection, transport: Transport, retries: Retries) -> None:
        self._connection = connection
        self._transport = transport
        self._retries = retries

    def token(self) -> Mapping[str, Any]:
        """Ask for a token, by POST with a form: no secret may stand in a URL.

        Returns:
            Identity's answer, such as `{"access_token": "...", "expires_in": 3599}`.

        Raises:
            BadCredentials: It refuses the id or the secret.
            AnswerError: Its last word, once no budget is left.
        """
        form = {
            "grant_type": "client_credentials",
            "client_id": self._connection.client_id,
            "client_secret": self._connection.client_secret,
        }
        request = self._transport.prepare_form(IDENTITY_PATH, form)
        try:
            return self._retries.run(lambda: self._ask(request))
        except AnswerError as error:
            is_named = self._transport.has_answered or isinstance(error, ProxyFailed)
            last = error if is_named else _no_marketo(self._connection.host_url, error)
            # The call that wants the token must not retry what was retried here, and
            # has not been made whatever happened to the token.
            last.is_final, last.in_doubt = True, False
            raise last from None

    def _ask(self, request: requests.PreparedRequest) -> Mapping[str, Any]:
        answer = answer_of(self._transport.send(request, self._transport.deadline()))
        content = answer.json_object()
        names_error = bool(content and content.get("error"))
        if refuses_client(answer.status, names_error=names_error):
            raise BadCredentials(refusal(content or {}))
        try:
            require_http_success(answer)
        except RequestRefused as error:
            # Nothing that a caller asked for was refused, so no caller may take it for that.
            raise ServiceUnavailable(str(error), code=error.code) from None
        if content is None or "access_token" not in content:
            raise broken(answer)
        self._transport.has_answered = True
        return content


def _no_marketo(url: str, error: AnswerError) -> AnswerError:
    """The same error, for a user whose base_url is probably wrong."""
    message = (
        f"base_url: {url} does not answer as Marketo's Identity service does ({error}). "
        "Compare it with the REST endpoint in Admin > Web Services."
    )
    return type(error)(message, code=error.code)
