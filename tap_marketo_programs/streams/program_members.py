"""The stream of program members, on top of Bulk Program Member Extract.

It says which members are wanted, and with which fields. It must not know how jobs are
made or files are read, nor in which form rows leave.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.marketo.describe import MemberDescription
from tap_marketo_programs.streams.member_stream import MemberStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from singer_sdk.singerlib import Catalog
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.streams.member_exports import MemberExports


class ProgramMembersStream(MemberStream):
    """Members of programs.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted.
        settings: What the user wants of them.
    """

    name = "program_members"
    replication_key = "updatedAt"

    def __init__(
        self, tap: Tap, client: MarketoClient, programs: ProgramDirectory, settings: Settings
    ) -> None:
        self.description = MemberDescription(client, settings.lead_fields)
        super().__init__(tap, client, programs, settings)

    # What there is

    @property
    def describe_calls(self) -> int:
        """The description of members, and that of leads where fields of leads are wanted."""
        return 1 + bool(self.settings.lead_fields)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Every field that can be exported, as described now."""
        return self.description.schema

    @property
    def primary_keys(self) -> Sequence[str]:
        """The catalog's keys, or those that describe names."""
        return self._primary_keys or self.description.keys

    @primary_keys.setter
    def primary_keys(self, new_value: Sequence[str]) -> None:
        self._primary_keys = new_value

    @property
    def selected(self) -> bool:
        """Whether to sync; a catalog that does not know the stream has not selected it.

        Without this the SDK would ask for the schema to find that out, and an
        API user who may not read members could not sync anything else either.
        """
        catalog = self._tap_input_catalog
        if catalog is not None and catalog.get_stream(self.tap_stream_id) is None:
            return False
        return super().selected

    @selected.setter
    def selected(self, value: bool | None) -> None:
        # mypy takes the property for its value.
        super(ProgramMembersStream, type(self)).selected.fset(self, value)  # type: ignore[attr-defined]

    @cached_property
    def properties(self) -> dict[str, Mapping[str, Any]]:
        """The columns wanted, with their types as the SCHEMA message has them."""
        always = {*self.primary_keys, "updatedAt"}
        return {
            name: spec
            for name, spec in self.effective_schema["properties"].items()
            if name in always or self.mask.get(("properties", name), True)
        }

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what the catalog says; the key can only be what describe names.

        Raises:
            MarketoConfigError: The catalog has another key.
        """
        super().apply_catalog(catalog)
        given = set(self._primary_keys or ())
        # Asked for only if need be: not every API user may read members.
        usual = {"leadId", "programId"}
        if self.selected and given and given != usual:
            described = self.description.keys
            if given != set(described):
                raise _wrong_key(self.name, given, described)

    def wanted(self) -> MemberExports:
        """What is wanted of the members now."""
        # Imported here since describing the stream needs nothing of the engine.
        from tap_marketo_programs.streams.member_exports import MemberExports  # noqa: PLC0415

        return MemberExports(
            stream=self.name,
            client=self.client,
            programs=self.programs,
            description=self.description,
            settings=self.settings,
            properties=self.properties,
            keys=self.primary_keys,
            full_table=self.replication_method == "FULL_TABLE",
            is_dry_run=self.ABORT_AT_RECORD_COUNT is not None,
            other_jobs=self.other_jobs(),
            logger=self.logger,
        )


def _wrong_key(stream: str, given: Iterable[str], described: Iterable[str]) -> MarketoConfigError:
    return MarketoConfigError(
        f"The catalog wants {stream} by the key {', '.join(sorted(given))}; it can "
        f"only be {', '.join(described)}. For another key in the target, use "
        "__key_properties__ of stream_maps. Nothing was extracted."
    )
