"""A tap aimed at a sandbox, and what its output means to a target."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.io_base import SingerWriter

from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clocks import FastClock
    from marketo_sandbox import Sandbox
    from singer_sdk.singerlib import Message
    from singer_sdk.singerlib.encoding.base import GenericSingerWriter


@dataclass
class Output:
    """The Singer messages of one run."""

    lines: list[str] = field(default_factory=list)
    error: BaseException | None = None
    logs: str = ""
    code: int = 0

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """Every message, parsed."""
        return [json.loads(line) for line in self.lines]

    def of(self, kind: str, stream: str | None = None) -> list[dict[str, Any]]:
        """The messages of a kind, of one stream or of all."""
        return [
            message
            for message in self.messages
            if message["type"] == kind and stream in {None, message.get("stream")}
        ]

    def records(self, stream: str = "program_members") -> list[dict[str, Any]]:
        """The records of a stream, in order."""
        return [message["record"] for message in self.of("RECORD", stream)]

    @property
    def state(self) -> dict[str, Any]:
        """The last STATE."""
        states = self.of("STATE")
        return states[-1]["value"] if states else {}


def message_lines(text: str) -> list[str]:
    """The lines of stdout; unlike `splitlines`, only a line feed ends one."""
    return [line for line in text.split("\n") if line]


class UpsertingTarget:
    """What a target holds that loads every output by key, newest last."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = defaultdict(dict)
        self._keys: dict[str, list[str]] = {}

    def load(self, output: Output) -> None:
        """Upsert one run's records."""
        for message in output.messages:
            if message["type"] == "SCHEMA":
                self._keys[message["stream"]] = message["key_properties"]
            elif message["type"] == "RECORD":
                record = message["record"]
                key = tuple(record[name] for name in self._keys[message["stream"]])
                self.tables[message["stream"]][key] = record


class _Collector(SingerWriter):
    def __init__(self, output: Output) -> None:
        self._output = output

    def write_message(self, message: Message) -> None:
        self._output.lines.append(self.format_message(message))


def by_key(rows: list[dict[str, Any]]) -> dict[tuple[int, int], dict[str, Any]]:
    """Member rows by lead and program."""
    return {(row["leadId"], row["programId"]): row for row in rows}


@dataclass
class Tap:
    """A tap in this process, aimed at a sandbox."""

    sandbox: Sandbox
    clock: FastClock

    def __post_init__(self) -> None:
        """Let both agree on the date, as a tap and Marketo do."""
        self.clock.follow(self.sandbox)

    def config(self, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - any setting
        """A config for the sandbox."""
        return {
            "base_url": self.sandbox.url,
            "client_id": self.sandbox.client_id,
            "client_secret": self.sandbox.client_secret,
            "max_calls_per_20_seconds": 100_000,
            "poll_interval_seconds": 30,
            # The clock is fast, so on a slow machine the default would soon be over.
            "export_timeout_seconds": 10_000_000,
            **settings,
        }

    def make(
        self,
        *,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        output: Output | None = None,
        writer: GenericSingerWriter[Any, Any] | None = None,
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> TapMarketoPrograms:
        """A tap whose messages go to `output`, or to a writer of the test's own."""
        clock = self.clock
        clock.look_again()

        class FastTap(TapMarketoPrograms):
            pass

        FastTap.clock = clock
        return FastTap(
            config=self.config(**settings),
            state=dict(state or {}),
            catalog=dict(catalog) if catalog else None,
            message_writer=writer or _Collector(output or Output()),
        )

    def catalog(self, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - any setting
        """The discovered catalog."""
        return dict(json.loads(json.dumps(self.make(**settings).catalog_dict)))

    def run(
        self,
        *streams: str,
        state: Mapping[str, Any] | None = None,
        catalog: Mapping[str, Any] | None = None,
        **settings: Any,  # noqa: ANN401 - any setting
    ) -> Output:
        """Sync these streams (all by default); an error is kept, not raised."""
        output = Output()
        if streams:
            catalog = only(catalog or self.catalog(**settings), *streams)
        try:
            tap = self.make(state=state, catalog=catalog, output=output, **settings)
            tap.sync_all()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            output.error = error
        return output

    def sync(self, *streams: str, **options: Any) -> Output:  # noqa: ANN401 - see run
        """Like `run`, for a run that must succeed."""
        output = self.run(*streams, **options)
        if output.error is not None:
            raise output.error
        return output


def only(catalog: Mapping[str, Any], *streams: str) -> dict[str, Any]:
    """The catalog with just these streams selected."""
    chosen = json.loads(json.dumps(catalog))
    for stream in chosen["streams"]:
        root = next(entry for entry in stream["metadata"] if entry["breadcrumb"] == [])
        root["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return dict(chosen)
