"""The tap: its settings and its streams."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import singer_sdk.typing as th
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.plugin_base import JSONSchemaValidator, PluginBase
from singer_sdk.singerlib import Catalog

from tap_marketo_programs.clock import Clock, SystemClock
from tap_marketo_programs.config import state as state_file
from tap_marketo_programs.config.base_url import host_url
from tap_marketo_programs.config.catalog import StreamFacts, settled
from tap_marketo_programs.config.check import check, explain, stray_variables, unknown, useless
from tap_marketo_programs.config.stream_maps import misdirected, unknown_fields
from tap_marketo_programs.config.values import from_environment, read_values
from tap_marketo_programs.errors import (
    MarketoConfigError,
    MarketoError,
    PermissionDenied,
    StateRefused,
)
from tap_marketo_programs.marketo.client import Connection, MarketoClient
from tap_marketo_programs.marketo.programs import ProgramDirectory
from tap_marketo_programs.process.command import Command, NoCells, OneLine
from tap_marketo_programs.process.private_folder import remove_orphans
from tap_marketo_programs.process.signals import terminate
from tap_marketo_programs.process.stdout import SafeWriter, write_text
from tap_marketo_programs.streams.base import MarketoStream

if TYPE_CHECKING:
    from types import FrameType

    import click
    from singer_sdk import Stream
    from singer_sdk.singerlib import CatalogEntry


ONE_LINE = OneLine()
NO_CELLS = NoCells()
# Eleven days; the system's own calls cannot count much further.
LONGEST_TIMEOUT = 1_000_000.0


class TapMarketoPrograms(Tap):
    """Adobe Marketo Engage programs, programs by tag and program members."""

    name = "tap-marketo-programs"
    # Custom fields are part of the catalog, so discovery needs a valid config.
    dynamic_catalog = True
    message_writer_class = SafeWriter

    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "base_url",
            th.StringType(min_length=1),
            required=True,
            title="Base URL",
            description="REST endpoint shown in Admin > Web Services.",
            examples=["https://123-ABC-456.mktorest.com"],
        ),
        th.Property(
            "client_id",
            th.StringType(min_length=1),
            required=True,
            secret=True,
            title="Client ID",
            description="Client id of the LaunchPoint custom service.",
        ),
        th.Property(
            "client_secret",
            th.StringType(min_length=1),
            required=True,
            secret=True,
            title="Client secret",
            description="Client secret of the LaunchPoint custom service.",
        ),
        th.Property(
            "start_date",
            th.DateTimeType,
            title="Start date",
            description="Earliest updatedAt wanted on a first sync.",
        ),
        th.Property(
            "program_ids",
            th.ArrayType(th.IntegerType(minimum=1)),
            title="Program ids",
            description="Restricts every stream to these programs.",
            examples=[[1001, 1002]],
        ),
        th.Property(
            "program_tags",
            th.ArrayType(
                th.ObjectType(
                    th.Property("tag_type", th.StringType, required=True),
                    th.Property("tag_values", th.ArrayType(th.StringType)),
                ),
            ),
            title="Program tags",
            description=(
                "Restricts programs_by_tag to these tag types and values; without tag_values, "
                "to all values of the type."
            ),
            examples=[[{"tag_type": "Region", "tag_values": ["EMEA"]}]],
        ),
        th.Property(
            "program_details",
            th.BooleanType,
            default=True,
            title="Program details",
            description=(
                "Read tags, costs, startDate and endDate of programs, with one more call for "
                "each changed program."
            ),
        ),
        th.Property(
            "lead_fields",
            th.ArrayType(th.StringType),
            default=[],
            title="Lead fields",
            description="Lead fields (REST names of Describe Lead2) joined to each member row.",
            examples=[["email", "company"]],
        ),
        th.Property(
            "poll_interval_seconds",
            th.NumberType(exclusive_minimum=0),
            default=60,
            title="Poll interval",
            description="Seconds between two looks at a job; Marketo refreshes it once a minute.",
        ),
        th.Property(
            "max_queued_exports",
            th.IntegerType(minimum=1, maximum=10),
            default=4,
            title="Most queued exports",
            description=(
                "Jobs of ours queued or processing at once, 1 to 10. The subscription's ten "
                "places are shared with its other tools."
            ),
        ),
        th.Property(
            "export_timeout_seconds",
            th.NumberType(exclusive_minimum=0),
            default=10_800,
            title="Export time-out",
            description="Seconds from enqueue to Completed.",
        ),
        th.Property(
            "request_timeout_seconds",
            th.NumberType(exclusive_minimum=0),
            default=300,
            title="Request time-out",
            description=(
                "Connect and read time-out of every request. An answer that is no file has to be "
                "whole in half as long again; for a download it bounds silence, not length. "
                "Connecting is given up after 10 seconds in any case, the first answer of a run "
                "after 20."
            ),
        ),
        th.Property(
            "lookback_seconds",
            th.NumberType(minimum=0),
            default=3600,
            title="Lookback",
            description="Overlap of incremental windows, for rows that Marketo commits late.",
        ),
        th.Property(
            "daily_export_quota_mb",
            th.NumberType(minimum=0),
            title="Daily export quota",
            description=(
                "Create no job once today's own exports, with what those under way will probably "
                "need, reach this many megabytes."
            ),
        ),
        th.Property(
            "on_quota_exhausted",
            th.StringType,
            allowed_values=["fail", "stop"],
            default="fail",
            title="On quota exhausted",
            description="fail: state saved, exit 1. stop: state saved, WARNING, exit 0.",
        ),
        th.Property(
            "max_calls_per_20_seconds",
            th.IntegerType(minimum=1),
            default=50,
            title="Most calls in 20 seconds",
            description="Adobe's advice for one integration; the limit for all together is 100.",
        ),
        th.Property(
            "emit_activate_version_messages",
            th.BooleanType,
            default=False,
            title="Emit ACTIVATE_VERSION",
            description=(
                "Close each full table with an ACTIVATE_VERSION message, by which a target can "
                "drop the rows that are gone."
            ),
        ),
    ).to_dict()

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
            catalog, warnings = settled(catalog, _facts())
            for line in warnings:
                self.logger.warning("%s", line)
        super().__init__(parse_env_config=parse_env_config, catalog=catalog, **options)

    @cached_property
    def client(self) -> MarketoClient:
        """The session with Marketo that all streams share."""
        config = self.config
        connection = Connection(
            host_url=host_url(config["base_url"]),
            client_id=config["client_id"],
            client_secret=config["client_secret"],
            timeout=min(LONGEST_TIMEOUT, float(config["request_timeout_seconds"])),
            calls_per_window=int(config["max_calls_per_20_seconds"]),
        )
        return MarketoClient(connection, self.clock)

    def discover_streams(self) -> list[Stream]:
        """All streams."""
        programs = ProgramDirectory(self.client, self.config.get("program_ids"))
        streams: list[Stream] = [
            kind(self, self.client, programs) for kind in _stream_classes().values()
        ]
        for stream in streams:
            stream.logger.addFilter(ONE_LINE)
        return streams

    @property
    def catalog_dict(self) -> dict[str, Any]:
        """The catalog that discovery prints: what this API user may read.

        A missing permission for members must not hide the programs.
        """
        try:
            return super().catalog_dict
        except PermissionDenied as error:
            self.logger.warning("program_members is left out of the catalog: %s", error)
            del self.streams["program_members"]
            return super().catalog_dict

    def run_discovery(self) -> str:
        """Print the catalog; a stdout that takes it not is an error, and not ignored."""
        text = self.catalog_json_text
        write_text(text + "\n")
        return text

    @classmethod
    def print_about(cls, output_format: str | None = None) -> None:
        """Print what the tap is; likewise."""
        with redirect_stdout(io.StringIO()) as text:
            super().print_about(output_format)
        write_text(text.getvalue())

    def load_state(self, state: dict[str, Any]) -> None:
        """Take a state, if it is one."""
        if reason := state_file.problem(state):
            message = f"The state cannot be read: {reason}. Nothing was extracted."
            raise StateRefused(message)
        for line in state_file.doubts(state, _stream_classes()):
            self.logger.warning("%s", line)
        super().load_state(state)

    def setup_mapper(self) -> None:
        """Set up the stream maps, of the streams that are selected.

        Without this override, a map of a stream that is not selected would end
        the run, since there is no field left to be its key; one that is wrong
        would be a traceback; and what it names in vain would be passed over.
        """
        logging.getLogger("singer_sdk.mapper").addFilter(NO_CELLS)
        PluginBase.setup_mapper(self)
        lines: list[str] = []
        for entry in self.catalog.streams:
            try:
                lines += self._register(entry)
            except MarketoError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever an alias raises; no row is near
                lines.append(f"stream_maps: {error}")
        if lines:
            message = "\n".join(dict.fromkeys(lines))
            raise MarketoConfigError(message)

    def _register(self, entry: CatalogEntry) -> list[str]:
        """Let a stream be mapped, if it is selected; what its maps name in vain."""
        mask = entry.metadata.resolve_selection()
        name, schema = entry.tap_stream_id, entry.schema.to_dict()
        # The SDK's private way to leave out what is not selected; its own
        # `register_raw_streams_from_catalog` uses it, for all streams alike.
        chosen = get_selected_schema(name, schema, mask)
        if not mask.get((), True):
            plain = self.mapper.default_mapper_type(
                name, chosen, entry.key_properties, self.mapper.flattening_options
            )
            self.mapper.stream_maps[name] = [plain]
            return []
        refused, warned = unknown_fields(
            self.config.get("stream_maps") or {},
            name,
            schema.get("properties", {}),
            chosen.get("properties", {}),
        )
        for line in warned:
            self.logger.warning("%s", line)
        if not refused:
            # Only Marketo knows the key of members, where the catalog does not say it.
            keys = entry.key_properties or self.streams[name].primary_keys
            self.mapper.register_raw_stream_schema(name, chosen, keys)
            aliases: list[object] = [one.stream_alias for one in self.mapper.stream_maps[name]]
            # An alias is an expression, too, and `123` is one.
            refused += [
                f"stream_maps of {name}: the alias {alias!r} is no text"
                for alias in aliases
                if not isinstance(alias, str)
            ]
        return refused

    def _set_compatible_replication_methods(self) -> None:
        """Refuse what no stream could go on from; the SDK calls this before all else.

        Without this override, a `batch_config` or a bookmark that is none would
        be found out one stream after another. What a killed run left is removed
        here, too: whatever this run extracts, it is a start.
        """
        remove_orphans()
        super()._set_compatible_replication_methods()
        for stream in self.streams.values():
            if isinstance(stream, MarketoStream) and stream.selected:
                stream.get_batch_config(self.config)
                stream.check_bookmark()

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings, before anything is sent.

        Without this, the SDK's own lines would repeat a secret of a wrong type
        and leave out the bounds of a number, and a name that is no setting's
        would be passed over in silence.
        """
        self.append_builtin_config(self.config_jsonschema)
        properties = self.config_jsonschema["properties"]
        required = frozenset(self.config_jsonschema["required"])
        for name in read_values(self._config, properties, required):
            self.logger.warning("%s: blanks or line ends around it were removed", name)
        strangers, remarks = unknown(self._config, properties)
        for name in remarks:
            self.logger.warning("%s: is taken for a remark and sets nothing", name)
        # The SDK's schema of stream maps is none in places, and fails on what does not fit it.
        maps = self._config.get("stream_maps")
        aside = {"stream_maps": self._config.pop("stream_maps")} if isinstance(maps, dict) else {}
        # The SDK's validator also fills in the defaults.
        found = list(JSONSchemaValidator(self.config_jsonschema).iter_errors(self._config))
        self._config |= aside
        faulty = {str(error.path[0]) for error in found if error.path}
        # One missing setting is found once for each that is required.
        errors = list(dict.fromkeys(explain(found, properties)))
        errors += [
            *strangers.values(),
            *misdirected(aside.get("stream_maps", {}), _stream_classes()),
        ]
        errors += self._check_variables(properties)
        errors += check(self._config, self.clock.now(), faulty)
        for line in useless(self._config):
            self.logger.warning("%s", line)
        if errors and raise_errors:
            summary = "Config validation failed"
            raise ConfigValidationError(summary, errors=errors, schema=self.config_jsonschema)
        return errors

    def _check_variables(self, properties: dict[str, Any]) -> list[str]:
        """Errors in the names of environment variables; what may be meant well is a warning."""
        config = None if self._reads_environment else self._config
        refused, warned = stray_variables(os.environ, self._env_var_prefix, properties, config)
        for line in warned:
            self.logger.warning("%s", line)
        return refused

    @property
    def _env_var_config(self) -> dict[str, Any]:
        """Settings from the environment, as texts; `_validate_config` reads them.

        Without this override, a number that is none would be a bare ValueError,
        an empty variable a value, and a boolean that is none would be false.
        """
        # What the SDK makes of them is of no use, but it also loads `.env`.
        with suppress(ValueError, RecursionError):
            _ = super()._env_var_config
        properties = self.config_jsonschema["properties"]
        return from_environment(os.environ, self._env_var_prefix, properties)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the SDK's signature
        """End the run on SIGTERM or SIGINT.

        Without this the SDK exits with 0, as if everything had been extracted.
        """
        terminate(signum)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The command, with errors as one line instead of a traceback."""
        return Command.around(super().get_singer_command())


@cache
def _stream_classes() -> dict[str, Any]:
    """Every stream's class, by its name."""
    # Imported here because `--about` needs none of them, nor the export engine.
    from tap_marketo_programs.streams.assets import (  # noqa: PLC0415 - as above
        ChannelsStream,
        ProgramsByTagStream,
        ProgramsStream,
        TagTypesStream,
    )
    from tap_marketo_programs.streams.program_members import ProgramMembersStream  # noqa: PLC0415 - as above

    kinds = (
        ChannelsStream,
        ProgramMembersStream,
        ProgramsByTagStream,
        ProgramsStream,
        TagTypesStream,
    )
    return {kind.name: kind for kind in kinds}


def _facts() -> dict[str, StreamFacts]:
    """What a catalog may not change of each stream."""
    return {
        name: StreamFacts(
            keys=kind.primary_keys if isinstance(kind.primary_keys, tuple) else None,
            replication_key=(
                kind.replication_key if isinstance(kind.replication_key, str) else None
            ),
        )
        for name, kind in _stream_classes().items()
    }
