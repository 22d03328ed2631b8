"""A Meltano Hub that knows the loaders of meltano.yml, so that `meltano add` needs no network.

The real one says the same of more plugins. It must not know which of them is added.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

from http_servers import respond, serving
from real_targets import LOADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADERS = "/plugins/loaders/"

# Two of meltano.yml stand in it without what installs them, since `uv run` has done that.
_INSTALLED = {
    "target-postgres": {"variant": "meltanolabs", "pip_url": "meltanolabs-target-postgres~=0.8"}
}
# What the shipped project sets is for readers to set in theirs.
_OWN = {"config", "env"}


def _definition(loader: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in loader.items() if name not in _OWN}
    return {**known, **_INSTALLED.get(loader["name"], {})}


class _Handler(BaseHTTPRequestHandler):
    definitions: ClassVar[dict[str, dict[str, Any]]] = {
        loader["name"]: _definition(loader) for loader in LOADERS
    }

    def do_GET(self) -> None:
        asked = self.path.rpartition(_LOADERS)[2]
        found = self._index() if asked == "index" else self.definitions.get(asked)
        body = json.dumps(found).encode()
        respond(self, 200 if found else 404, [("Content-Type", "application/json")], body)

    def _index(self) -> dict[str, Any]:
        return {
            name: {
                "logo_url": "",
                "default_variant": known["variant"],
                "variants": {known["variant"]: {"ref": f"http://{self._host}{_LOADERS}{name}"}},
            }
            for name, known in self.definitions.items()
        }

    @property
    def _host(self) -> str:
        return self.headers["Host"]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - its base's
        """Say nothing."""


@contextmanager
def hub() -> Iterator[str]:
    """The address of a Hub's API, until the block ends."""
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"
