"""A running sandbox: the server on 127.0.0.1, in a thread or in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from marketo_sandbox.clock import parse_instant
from marketo_sandbox.control.client import SandboxControl
from marketo_sandbox.control.start import Start
from marketo_sandbox.http.server import serving
from marketo_sandbox.http.tokens import CLIENT_ID, CLIENT_SECRET
from marketo_sandbox.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import TracebackType
    from typing import Self

    from marketo_sandbox.knob_table import Setting


@dataclass(frozen=True)
class Options:
    """How a sandbox begins."""

    world: str = "demo"
    speed: float = 1.0
    now: str | None = None
    frozen: bool = False
    knobs: Mapping[str, Setting] = field(default_factory=dict)
    client_ids: Mapping[str, str] | None = None
    port: int = 0
    world_options: Mapping[str, int] = field(default_factory=dict)


def _start(options: Options) -> Start:
    return Start(
        options.world,
        options.world_options,
        None if options.now is None else parse_instant(options.now),
        options.frozen,
        options.speed,
        options.knobs,
        options.client_ids,
    )


@contextlib.asynccontextmanager
async def running(options: Options) -> AsyncIterator[str]:
    """Serve, and yield the URL; a wrong option is a ValueError."""
    service = Service(_start(options))
    try:
        async with serving(service.handle, options.port) as port:
            yield f"http://127.0.0.1:{port}"
    finally:
        service.close()


class Sandbox:
    """A sandbox in a thread of this process: `with Sandbox(world="tiny") as sandbox:`."""

    client_id = CLIENT_ID
    client_secret = CLIENT_SECRET

    def __init__(  # noqa: PLR0913  # all but the first by name
        self,
        world: str = "demo",
        *,
        speed: float = 60.0,
        now: str | None = None,
        frozen: bool = False,
        knobs: Mapping[str, Setting] | None = None,
        client_ids: Mapping[str, str] | None = None,
        port: int = 0,
        **world_options: int,
    ) -> None:
        self._options = Options(
            world, speed, now, frozen, dict(knobs or {}), client_ids, port, world_options
        )
        self.url = ""
        self._error: BaseException | None = None
        self._ready = threading.Event()
        self._stop: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="marketo-sandbox", daemon=True)

    @property
    def control(self) -> SandboxControl:
        """A client of this sandbox's control API."""
        return SandboxControl(self.url)

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop serving; connections still open are closed."""
        self._stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001  # raised again in the starting thread
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(over.set)  # type: ignore[assignment]  # the handle is of no use here
        async with running(self._options) as url:
            self.url = url
            self._ready.set()
            await over.wait()
