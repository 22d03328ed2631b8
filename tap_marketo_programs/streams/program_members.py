"""The stream of program members, on top of Bulk Program Member Extract.

It says which members are wanted, and with which fields. It must not know how jobs are
made or files are read, nor in which form rows leave.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.marketo.describe import MemberDescription
from tap_marketo_programs.schemas.hashed import with_hashes
from tap_marketo_programs.streams.hashed_fields import hashing_of
from tap_marketo_programs.streams.member_stream import MemberStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from singer_sdk.singerlib import Catalog
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory
    from tap_marketo_programs.member_file.hashing import Hashing
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
        """Every field that can be exported, as described now, and hashed where that is wanted."""
        self.check_settings()
        return with_hashes(self.description.schema, self.settings.hash_fields)

    @cached_property
    def hashing(self) -> Hashing:
        """Which fields are hashed, and how; see `hashing_of`."""
        catalog = self._tap_input_catalog
        entry = None if catalog is None else catalog.get_stream(self.tap_stream_id)
        return hashing_of(
            self.settings,
            self.description,
            () if entry is None else entry.schema.to_dict().get("properties", {}),
        )

    def check_settings(self) -> None:
        """Refuse to hash fields that there are not."""
        _ = self.hashing

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

    def check_bookmark(self) -> None:
        """Refuse a bookmark that cannot be read, or lies in the future, or a filter of members.

        Raises:
            MarketoConfigError: `member_filter` is set and members are wanted INCREMENTAL.
        """
        self._check_filter()
        super().check_bookmark()

    def _check_filter(self) -> None:
        if self.settings.member_filter is not None and not self.exports_all:
            raise _stale(self.name)

    @property
    def exports_all(self) -> bool:
        """Whether every member is exported, whatever is known already."""
        return bool(self.replication_method == "FULL_TABLE")

    def wanted(self) -> MemberExports:
        """What is wanted of the members now; not by a filter if they are wanted INCREMENTAL."""
        self._check_filter()
        return super().wanted()


def _stale(stream: str) -> MarketoConfigError:
    return MarketoConfigError(
        f"member_filter: {stream} is INCREMENTAL, and a member who no longer passes the filter "
        "would never be exported again and go stale in the target. Set replication-method "
        f"FULL_TABLE for {stream} in the catalog (in meltano.yml: metadata: {stream}: "
        "replication-method: FULL_TABLE), or leave member_filter out. Nothing was extracted."
    )


def _wrong_key(stream: str, given: Iterable[str], described: Iterable[str]) -> MarketoConfigError:
    return MarketoConfigError(
        f"The catalog wants {stream} by the key {', '.join(sorted(given))}; it can "
        f"only be {', '.join(described)}. For another key in the target, use "
        "__key_properties__ of stream_maps. Nothing was extracted."
    )
