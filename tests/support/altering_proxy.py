"""A server between the tap and the sandbox that hands answers on a little altered.

It knows nothing of what the tap makes of them. An alteration says which answer
it is meant for, and remembers that it was served.
"""

from __future__ import annotations

import json
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from http_servers import respond, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# What JSON cannot name in Python, and still arrives: written in its place.
RAW = {"__1e999__": "1e999", "__digits__": "9" * 5_000}


@dataclass
class Request:
    """What was asked for."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes

    @property
    def name(self) -> tuple[str, str]:
        """What tells what was asked for from anything else."""
        return self.path, str(sorted(self.query.items()))


@dataclass
class Answer:
    """What the sandbox said; an alteration changes it in place."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """The body, parsed."""
        return json.loads(self.body)

    def write(self, content: object) -> None:
        """Another body."""
        text = json.dumps(content)
        for placeholder, raw in RAW.items():
            text = text.replace(f'"{placeholder}"', raw)
        self.body = text.encode()


@dataclass
class Alteration:
    """Changes those answers that it is meant for, the first `times` of them.

    Args:
        meant: Whether a request's answer is one of them.
        change: Changes it; False where there was nothing to change after all.
        times: How many.
    """

    meant: Callable[[Request], bool]
    change: Callable[[Answer], bool]
    times: int = 1
    served: int = field(default=0, init=False)


class Proxy(ThreadingHTTPServer):
    """Hands requests on to a sandbox, and answers back, altered or not."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind).netloc
        self.alterations: list[Alteration] = []
        self.answers: list[tuple[Request, bytes]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def alter(self, request: Request, answer: Answer) -> None:
        """Apply the first alteration that is meant for this answer and not used up."""
        with self.lock:
            self.answers.append((request, answer.body))
            for one in self.alterations:
                if one.served < one.times and one.meant(request) and one.change(answer):
                    one.served += 1
                    return


class _Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        # As the tap does: one small packet must not wait for the next.
        self.connection.setsockopt(6, 1, 1)
        self._behind = HTTPConnection(self.server.behind)

    def finish(self) -> None:
        with closing(self._behind):
            super().finish()

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # Answers are looked into.
        wanted = {**self.headers, "Accept-Encoding": "identity"}
        self._behind.request(self.command, self.path, body, wanted)
        said = self._behind.getresponse()
        headers = [
            (name, value)
            for name, value in said.getheaders()
            if name not in {"Content-Length", "Transfer-Encoding", "Connection"}
        ]
        answer = Answer(said.status, headers, said.read())
        parts = urlsplit(self.path)
        request = Request(self.command, parts.path, parse_qs(parts.query), body)
        self.server.alter(request, answer)
        respond(self, answer.status, answer.headers, answer.body)

    do_GET = do_POST = _hand_on  # noqa: N815 - the base class looks for these names


@contextmanager
def proxy(behind: str) -> Iterator[Proxy]:
    """Serve until the block ends."""
    with serving(Proxy(behind)) as server:
        yield server


def ends_with(*endings: str, method: str | None = None) -> Callable[[Request], bool]:
    """Meant for requests to such a path."""
    return lambda request: request.path.endswith(endings) and method in {None, request.method}


def last_answer(between: Proxy, meant: Callable[[Request], bool]) -> Any:  # noqa: ANN401 - JSON
    """The last good answer of a kind."""
    return json.loads(next(body for one, body in reversed(between.answers) if meant(one)))


# Which requests a test means.
ALWAYS = 1_000_000
IDENTITY = ends_with("/identity/oauth/token")
DESCRIBE = ends_with("/programs/members/describe.json")
LEADS = ends_with("/leads/describe2.json")
MEMBERS = ends_with("/members.json")
CREATE = ends_with("/create.json")
ENQUEUE = ends_with("/enqueue.json")
STATUS = ends_with("/status.json")
CANCEL = ends_with("/cancel.json")
LIST = ends_with("/export.json")


def listing_without(program_id: int) -> Alteration:
    """A listing of programs that misses one: it moved while it was read."""

    def drop(answer: Answer) -> bool:
        content = answer.json
        rows = content.get("result", [])
        content["result"] = [row for row in rows if row["id"] != program_id]
        answer.write(content)
        return len(content["result"]) < len(rows)

    return Alteration(ends_with("/programs.json"), drop, ALWAYS)
