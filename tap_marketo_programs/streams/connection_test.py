"""What `--test` does: every stream is asked for, and no export job is created.

The SDK's own test syncs each stream up to its first record. Of an exported stream that would
be a job: minutes of waiting, and up to ten programs' histories of today's quota, for a row
that nobody keeps. All that a job needs can be asked for without one: the fields, the programs,
and the list of jobs, for which the same permission is needed (Adobe: Bulk Extract,
"Permissions"). It must not know how a stream is extracted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.schemas.figures import counted
from tap_marketo_programs.streams.offered import OfferedStreams

if TYPE_CHECKING:
    import click

    from tap_marketo_programs.streams.exported import ExportedStream

FORMS = ("all", "schema", "disabled")


class TestedTap(OfferedStreams):
    """A tap as far as `--test` goes."""

    # Not a test, whatever pytest may take it for.
    __test__ = False

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the connection, and end.

        Without this override, a test would create an export job, and a misspelt
        `--test=schema` would be a test of everything.
        """
        if value not in FORMS:
            message = f"--test: unknown form {value!r}; give --test or --test=schema"
            raise MarketoConfigError(message)
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        given: Any = ctx.params["config"]
        cls(config=given.config, parse_env_config=given.parse_env).test_connection()
        ctx.exit()

    def test_connection(self) -> None:
        """Write a record of each stream that needs no export, and ask what the others need."""
        # Imported here since `--about` needs no stream.
        from tap_marketo_programs.streams.exported import ExportedStream  # noqa: PLC0415

        streams = self.streams.values()
        exported = [each for each in streams if isinstance(each, ExportedStream)]
        self.run_sync_dry_run(1, [each for each in streams if each not in exported])
        for stream in exported:
            _ask(stream)


def _ask(stream: ExportedStream) -> None:
    """Ask what exports of a stream need.

    Raises:
        MarketoError: Something of it is refused.
    """
    # Imported here since a run needs the engine anyway, and discovery does not.
    from tap_marketo_programs.export.api import ExportApi  # noqa: PLC0415 - as above
    from tap_marketo_programs.export.job import ExportStatus  # noqa: PLC0415 - as above

    fields, programs = stream.schema["properties"], stream.programs.ids
    next(iter(ExportApi(stream.client).entries(list(ExportStatus))), None)
    stream.logger.info(
        "%s: %s of %s can be exported, and export jobs can be listed; --test creates none",
        stream.name,
        counted(len(fields), "field"),
        counted(len(programs), "program"),
    )
