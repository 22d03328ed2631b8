"""A raw client of the Marketo side: sends one request as given and shows what came back.

For trying the sandbox by hand and for its own tests. It retries nothing, pages
nothing and hides nothing; do not build an integration on it.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from marketo_sandbox.control import SandboxControl
from marketo_sandbox.http.tokens import CLIENT_ID, CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXPORT = "/bulk/v1/program/members/export"


@dataclass(frozen=True)
class Answer:
    """One answer, as it came."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        return dict(json.loads(self.body))

    @property
    def result(self) -> list[dict[str, Any]]:
        """`result`, or nothing where it is missing."""
        return list(self.json.get("result", []))

    @property
    def code(self) -> str:
        """The first error's code, or nothing."""
        errors = self.json.get("errors") or [{"code": ""}]
        return str(errors[0]["code"])

    @property
    def message(self) -> str:
        """The first error's message, or nothing."""
        errors = self.json.get("errors") or [{"message": ""}]
        return str(errors[0]["message"])


class RawClient:
    """One API user of the sandbox at `url`."""

    def __init__(
        self, url: str, client_id: str = CLIENT_ID, client_secret: str = CLIENT_SECRET
    ) -> None:
        self._address = urlsplit(url).netloc
        self._credentials = {"client_id": client_id, "client_secret": client_secret}
        self._token: str | None = None
        self.control = SandboxControl(url)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection(self._address, timeout=10)
        try:
            connection.request(method, path, body, {"Connection": "close", **(headers or {})})
            response = connection.getresponse()
            shown = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, response.reason, shown, response.read())
        finally:
            connection.close()

    def identity(self, **parameters: str) -> Answer:
        """Ask for a token by GET."""
        asked = {"grant_type": "client_credentials", **self._credentials, **parameters}
        return self.send("GET", "/identity/oauth/token?" + urlencode(asked))

    def bearer(self) -> dict[str, str]:
        """The header that carries this client's token."""
        if self._token is None:
            self._token = str(self.identity().json["access_token"])
        return {"Authorization": "Bearer " + self._token}

    def forget_token(self) -> None:
        """Ask for a token again at the next call."""
        self._token = None

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, /, **query: object
    ) -> Answer:
        """GET with the token."""
        asked = "?" + urlencode(query) if query else ""
        return self.send("GET", path + asked, None, {**self.bearer(), **(headers or {})})

    def post(self, path: str, payload: object = None) -> Answer:
        """POST JSON with the token."""
        headers = {**self.bearer(), "Content-Type": "application/json"}
        return self.send("POST", path, json.dumps(payload).encode(), headers)

    def create(
        self, filter_: Mapping[str, object], fields: Sequence[str], **more: object
    ) -> Answer:
        """Create an export job."""
        body = {"format": "CSV", "fields": list(fields), "filter": dict(filter_), **more}
        return self.post(EXPORT + "/create.json", body)

    def enqueue(self, export_id: str) -> Answer:
        """Enqueue an export job."""
        return self.post(f"{EXPORT}/{export_id}/enqueue.json", {})

    def status(self, export_id: str) -> dict[str, Any]:
        """The status of an export job."""
        return self.get(f"{EXPORT}/{export_id}/status.json").result[0]

    def file(self, export_id: str, range_: str | None = None) -> Answer:
        """The file of an export job."""
        headers = {"Range": range_} if range_ is not None else {}
        return self.get(f"{EXPORT}/{export_id}/file.json", headers)

    def queued(
        self, filter_: Mapping[str, object], fields: Sequence[str] = ("leadId",), **more: object
    ) -> str:
        """Create and enqueue an export job; its id."""
        export_id = str(self.create(filter_, fields, **more).result[0]["exportId"])
        self.enqueue(export_id)
        return export_id

    def exported(
        self,
        filter_: Mapping[str, object],
        fields: Sequence[str] = ("leadId",),
        *,
        advance: float = 180,
        **more: object,
    ) -> tuple[dict[str, Any], bytes]:
        """Run an export from create to file on a clock that `advance` moves."""
        export_id = self.queued(filter_, fields, **more)
        self.control.advance(advance)
        return self.status(export_id), self.file(export_id).body
