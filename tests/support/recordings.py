"""A server that gives recorded bytes for answers, and plays the rest of an export around them.

The recordings are not part of this repository; tests read them where they lie
beside it and skip visibly where they do not.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from http_servers import respond, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings"

PROGRAMS = "/rest/asset/v1/programs.json"
CHANNELS = "/rest/asset/v1/channels.json"
DESCRIBE = "/rest/v1/programs/members/describe.json"
_EXPORT = "/bulk/v1/program/members/export"
_JOB = "b5ca52a9-5ecb-4966-b5a9-11659a8b4c2b"
_JSON = "application/json;charset=UTF-8"


def recording(name: str) -> bytes:
    """The bytes of a recording."""
    return (FOLDER / name).read_bytes()


def asset(rows: bytes) -> bytes:
    """Recorded rows, untouched, in the asset API's envelope."""
    head = b'{"success":true,"errors":[],"requestId":"1167b#194927caa59","warnings":[],"result":'
    return head + rows + b"}"


def database(row: bytes) -> bytes:
    """A recorded row, untouched, in the lead database's envelope."""
    return b'{"requestId":"f813#1791563c7cc","result":[' + row + b'],"success":true}'


class Instance(ThreadingHTTPServer):
    """An instance of Marketo that says what it once said."""

    def __init__(self, answers: Mapping[str, bytes], file: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.file = file
        self.state = "Created"
        self.created: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, method: str, path: str, body: bytes) -> tuple[str, bytes]:
        """Content type and body of the answer to a request."""
        if path == "/identity/oauth/token":
            return _JSON, b'{"access_token":"a:ab","token_type":"bearer","expires_in":3599}'
        if path in self.answers:
            return _JSON, self.answers[path]
        if path == f"{_EXPORT}/{_JOB}/file.json":
            return "text/csv", self.file
        if path.startswith(_EXPORT):
            return _JSON, self._export(method, path.removeprefix(_EXPORT), body)
        error = {"code": "610", "message": "Requested resource not found"}
        return _JSON, json.dumps({"requestId": "1#2", "success": False, "errors": [error]}).encode()

    def _export(self, method: str, path: str, body: bytes) -> bytes:
        if method == "GET" and path == ".json":
            return b'{"requestId":"1#2","success":true}'
        if path == "/create.json":
            self.created.append(json.loads(body))
            self.state = "Created"
        elif path.endswith("/enqueue.json"):
            self.state = "Queued"
        elif self.state == "Queued":
            self.state = "Completed"
        return json.dumps({"requestId": "1#2", "result": [self._job()], "success": True}).encode()

    def _job(self) -> dict[str, object]:
        job: dict[str, object] = {"exportId": _JOB, "format": "CSV", "status": self.state}
        job["createdAt"] = "2021-05-05T20:07:02Z"
        if self.state == "Completed":
            job |= {
                "numberOfRecords": self.file.count(b"\n") - 1,
                "fileSize": len(self.file),
                "fileChecksum": "sha256:" + hashlib.sha256(self.file).hexdigest(),
            }
        return job


class _Handler(BaseHTTPRequestHandler):
    server: Instance

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content_type, content = self.server.answer(self.command, urlsplit(self.path).path, body)
        respond(self, 200, [("Content-Type", content_type)], content)

    do_GET = do_POST = _answer  # noqa: N815 - the base class looks for these names


@contextmanager
def replaying(answers: Mapping[str, bytes], file: bytes = b"") -> Iterator[Instance]:
    """Serve recorded answers by path, and one recorded export file."""
    with serving(Instance(answers, file)) as instance:
        yield instance
