"""The tap: its settings and its streams."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import singer_sdk.typing as th
from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import JSONSchemaValidator

from tap_marketo_programs.cli import Command, OneLine
from tap_marketo_programs.client import Connection, MarketoClient, host_url
from tap_marketo_programs.clock import Clock, SystemClock
from tap_marketo_programs.errors import PermissionDenied
from tap_marketo_programs.messages import SafeWriter, terminate
from tap_marketo_programs.programs import Programs
from tap_marketo_programs.setting_values import from_environment, read_values
from tap_marketo_programs.settings import check, explain, stray_variables, unknown

if TYPE_CHECKING:
    from types import FrameType

    import click
    from singer_sdk import Stream


ONE_LINE = OneLine()


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
                "Connect and read time-out of every request; for a download it bounds silence, "
                "not length. Connecting is given up after 10 seconds in any case."
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
            description="Create no job once today's own exports have used this many megabytes.",
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

    def __init__(self, *, parse_env_config: bool = False, **options: Any) -> None:  # noqa: ANN401 - the SDK's keywords
        self._reads_environment = parse_env_config
        super().__init__(parse_env_config=parse_env_config, **options)

    @cached_property
    def client(self) -> MarketoClient:
        """The session with Marketo that all streams share."""
        config = self.config
        connection = Connection(
            host_url=host_url(config["base_url"]),
            client_id=config["client_id"],
            client_secret=config["client_secret"],
            timeout=float(config["request_timeout_seconds"]),
            calls_per_window=int(config["max_calls_per_20_seconds"]),
        )
        return MarketoClient(connection, self.clock)

    def discover_streams(self) -> list[Stream]:
        """All streams."""
        # Imported here because `--about` needs none of them, nor the export engine.
        from tap_marketo_programs.members import ProgramMembersStream  # noqa: PLC0415 - as above
        from tap_marketo_programs.streams import (  # noqa: PLC0415 - as above
            ChannelsStream,
            ProgramsByTagStream,
            ProgramsStream,
            TagTypesStream,
        )

        programs = Programs(self.client, self.config.get("program_ids"))
        streams: list[Stream] = [
            ChannelsStream(self, self.client, programs),
            ProgramMembersStream(self, self.client, programs),
            ProgramsByTagStream(self, self.client, programs),
            ProgramsStream(self, self.client, programs),
            TagTypesStream(self, self.client, programs),
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
        # The SDK's validator also fills in the defaults.
        found = list(JSONSchemaValidator(self.config_jsonschema).iter_errors(self._config))
        faulty = {str(error.path[0]) for error in found if error.path}
        # One missing setting is found once for each that is required.
        errors = list(dict.fromkeys(explain(found, properties)))
        errors += strangers.values()
        errors += self._check_variables(properties)
        errors += check(self._config, self.clock.now(), faulty)
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
        with suppress(ValueError):
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
