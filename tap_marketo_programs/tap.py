"""The tap: its settings and its streams, and what it overrides of the SDK's.

It must not know how a config is checked, nor how a stream is extracted.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk import metrics
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib import Catalog

from tap_marketo_programs.clock import Clock, SystemClock
from tap_marketo_programs.config import state as state_file
from tap_marketo_programs.config.catalog import settled
from tap_marketo_programs.config.environment import Environment
from tap_marketo_programs.config.setting import json_schema
from tap_marketo_programs.config.settings import SETTINGS
from tap_marketo_programs.config.validation import validated
from tap_marketo_programs.errors import StateRefused
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.marketo.programs import ProgramDirectory
from tap_marketo_programs.process.about_text import about_text
from tap_marketo_programs.process.command import Command, NoCells, OneLine
from tap_marketo_programs.process.help_text import reference
from tap_marketo_programs.process.input_files import load_env_file
from tap_marketo_programs.process.plan_options import DOES_NOT_FIT, plan_options
from tap_marketo_programs.process.private_folder import remove_orphans
from tap_marketo_programs.process.signals import terminate
from tap_marketo_programs.process.stdout import SafeWriter, forget_messages, write_text
from tap_marketo_programs.streams.about import ABOUT_STREAMS, with_batch_keys
from tap_marketo_programs.streams.base import MarketoStream
from tap_marketo_programs.streams.classes import stream_classes, stream_facts
from tap_marketo_programs.streams.connection_test import TestedTap
from tap_marketo_programs.streams.mapper import register
from tap_marketo_programs.streams.offered import exists
from tap_marketo_programs.streams.tell_plan import tell_plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk import Stream


ONE_LINE = OneLine()
NO_CELLS = NoCells()


class TapMarketoPrograms(TestedTap):
    """Adobe Marketo Engage programs, programs by tag and program members."""

    name = "tap-marketo-programs"
    # Custom fields are part of the catalog, so discovery needs a valid config.
    dynamic_catalog = True
    message_writer_class = SafeWriter

    config_jsonschema: ClassVar[dict[str, Any]] = json_schema(SETTINGS)
    clock: Clock = SystemClock()

    def __init__(
        self,
        *,
        parse_env_config: bool = False,
        catalog: Any = None,  # noqa: ANN401 - a mapping, or whatever else the SDK takes
        **options: Any,  # noqa: ANN401 - the SDK's keywords
    ) -> None:
        self._reads_environment = parse_env_config
        if isinstance(catalog, Mapping) and not isinstance(catalog, Catalog):
            catalog, warnings = settled(catalog, stream_facts())
            for line in warnings:
                self.logger.warning("%s", line)
        level = metrics.get_metrics_logger().level
        super().__init__(parse_env_config=parse_env_config, catalog=catalog, **options)
        if level:
            # Somebody has set it; the SDK has just replaced it by that of the whole tap.
            metrics.get_metrics_logger().setLevel(level)
        for line in self.misfits():
            self.logger.warning("%s", line)

    @cached_property
    def client(self) -> MarketoClient:
        """The session with Marketo that all streams share."""
        connection = Connection(
            host_url=self.settings.base_url,
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret,
            timeout=self.settings.request_timeout_seconds,
            calls_per_window=self.settings.max_calls_per_20_seconds,
        )
        return MarketoClient(connection, self.clock)

    def discover_streams(self) -> list[Stream]:
        """All streams."""
        programs = ProgramDirectory(self.client, self.settings)
        streams: list[Stream] = [
            kind(self, self.client, programs, self.settings)
            for name, kind in stream_classes().items()
            if exists(name, self.config)
        ]
        for stream in streams:
            stream.logger.addFilter(ONE_LINE)
        return streams

    def run_discovery(self) -> str:
        """Print the catalog.

        Without this override, a stdout that cannot be written would be ignored.
        """
        text = self.catalog_json_text
        write_text(text + "\n")
        return text

    @classmethod
    def print_about(cls, output_format: str | None = None) -> None:
        """Print what the tap is; overridden for the same reason, and to tell all of it."""
        info = with_batch_keys(cls._get_about_info())
        write_text(about_text(info, ABOUT_STREAMS, output_format or "text"))

    def load_state(self, state: dict[str, Any]) -> None:
        """Take a state, if it is one.

        Without this override, one that is none would count as never having been there.
        """
        state = state_file.unwrapped(state)
        if reason := state_file.problem(state):
            message = f"The state cannot be read: {reason}. Nothing was extracted."
            raise StateRefused(message)
        for line in state_file.doubts(state, stream_classes()):
            self.logger.warning("%s", line)
        super().load_state(state)

    def setup_mapper(self) -> None:
        """Set up the stream maps, of the streams that are selected.

        Without this override, a map of a stream that is not selected would end
        the run, since there is no field left to be its key; one that is wrong
        would be a traceback; and a name in it that means nothing would be passed over.
        """
        logging.getLogger("singer_sdk.mapper").addFilter(NO_CELLS)
        PluginBase.setup_mapper(self)
        maps = self.config.get("stream_maps") or {}
        register(self.mapper, self.catalog, maps, self._keys_of, self.logger)

    def _keys_of(self, stream: str) -> Sequence[str] | None:
        return self.streams[stream].primary_keys

    def _set_compatible_replication_methods(self) -> None:
        """Refuse what no stream could go on from; the SDK calls this before all else.

        Without this override, a wrong `batch_config` or bookmark would be found only
        when its stream begins, after others have been paid for. What a killed run
        left is removed here, too, whatever this run extracts.
        """
        remove_orphans()
        super()._set_compatible_replication_methods()
        for stream in self.streams.values():
            if isinstance(stream, MarketoStream) and stream.selected:
                stream.get_batch_config(self.config)
                stream.check_bookmark()
                stream.check_settings()

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings, before anything is sent.

        Without this, the SDK's own lines would repeat a secret of a wrong type
        and leave out the bounds of a number, and a name that is no setting's
        would be passed over in silence. It works on the SDK's `_config`, since
        `config` cannot be written to, and values are read in place.
        """
        self.append_builtin_config(self.config_jsonschema)
        found = validated(
            self._config,
            self.config_jsonschema,
            self._environment(is_read=self._reads_environment),
            stream_classes(),
            self.clock.now(),
        )
        for line in found.warnings:
            self.logger.warning("%s", line)
        if found.errors and raise_errors:
            summary = "Config validation failed"
            raise ConfigValidationError(summary, errors=found.errors, schema=self.config_jsonschema)
        return found.errors

    @property
    def _env_var_config(self) -> dict[str, Any]:
        """Settings from the environment, as texts; `_validate_config` reads them.

        Without this override, a number that is none would be a bare ValueError,
        an empty variable a value, and a boolean that is none would be false. It also
        looks for `.env` above the folder that it is installed in, and not where it runs.
        """
        load_env_file()
        self.append_builtin_config(self.config_jsonschema)
        found = self._environment().settings(self.config_jsonschema["properties"])
        self.logger.info("Settings of the environment: %s", ", ".join(found) or "none")
        return found

    def _environment(self, *, is_read: bool = True) -> Environment:
        # The prefix is private to the SDK, which reads other variables under it.
        return Environment(os.environ, self._env_var_prefix, is_read=is_read)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the SDK's signature
        """End the run on SIGTERM or SIGINT.

        Without this the SDK exits with 0, as if everything had been extracted.
        """
        terminate(signum)

    @classmethod
    def invoke(cls, *, plan: str | None = None, ask_changes: bool = False, **options: Any) -> None:  # noqa: ANN401 - the SDK's keywords
        """Run; with `--plan`, say what a run would do and end with 3 if the quota is too small."""
        if plan is None:
            super().invoke(**options)
            return
        # Whatever happens, stdout is for the plan alone.
        forget_messages(None)
        files = {name: options[name] for name in ("state", "catalog") if options[name]}
        tap = cls(
            config=options["config"].config,
            parse_env_config=options["config"].parse_env,
            **{name: json.loads(file.read()) for name, file in files.items()},
        )
        fits = tell_plan(
            tap.streams.values(),
            tap.client,
            plan,
            has_state=bool(tap.state.get("bookmarks")),
            asks=ask_changes,
        )
        click.get_current_context().exit(0 if fits else DOES_NOT_FIT)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command, with errors as one line instead of a traceback, and with `--plan`."""
        command = super().get_singer_command()
        command.params.extend(plan_options())
        return Command.around(
            command, lambda: reference(with_batch_keys(cls._get_about_info()), ABOUT_STREAMS)
        )
