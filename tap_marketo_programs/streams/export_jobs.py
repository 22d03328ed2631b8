"""The stream of export jobs: what was exported in the past seven days, and what it cost.

It must not know what a job is for, nor act on one: that is the export engine's business.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
("Get Export Program Member Jobs": this API user's jobs of this kind, 300 an answer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_marketo_programs.marketo.records import fit, unreadable, whole
from tap_marketo_programs.schemas.exports import EXPORT_JOBS
from tap_marketo_programs.schemas.oddities import Oddities
from tap_marketo_programs.streams.base import MarketoStream
from tap_marketo_programs.streams.progress import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context
    from singer_sdk.tap_base import Tap

    from tap_marketo_programs.config.settings import Settings
    from tap_marketo_programs.marketo.client import MarketoClient
    from tap_marketo_programs.marketo.programs import ProgramDirectory

KEY = "exportId"


class ExportJobsStream(MarketoStream):
    """Export jobs of this API user, whoever made them.

    Args:
        tap: The tap.
        client: Sends everything.
        programs: The programs wanted; a job does not say of which programs it is.
        settings: What the user wants.
    """

    name = "export_jobs"
    primary_keys: ClassVar[tuple[str, ...]] = (KEY,)
    schema: ClassVar[dict[str, Any]] = EXPORT_JOBS

    def __init__(
        self,
        tap: Tap,
        client: MarketoClient,
        programs: ProgramDirectory,  # noqa: ARG002 - as every stream is made
        settings: Settings,  # noqa: ARG002 - as every stream is made
    ) -> None:
        super().__init__(tap)
        self.client = client

    def get_records(self, context: Context | None) -> Iterable[dict[str, Any]]:  # noqa: ARG002 - the SDK's signature
        """Each job once, and at the end a word on how many, and on what did not fit."""
        odd = Oddities()
        try:
            records = whole(self._found(odd), self.schema)
            yield from told(self.name, records, self.client.clock)
        finally:
            odd.tell(self.logger)

    def _found(self, odd: Oddities) -> Iterator[dict[str, Any]]:
        # Imported here since describing the stream needs nothing of the engine.
        from tap_marketo_programs.export.api import ExportApi  # noqa: PLC0415
        from tap_marketo_programs.export.job import ExportStatus  # noqa: PLC0415

        seen = set[str]()
        # Not as `ExportJob`, which takes a status that nobody has documented for Processing.
        for row in ExportApi(self.client).entries(list(ExportStatus)):
            if why := unreadable(row, KEY):
                odd.skipped[why] += 1
                continue
            known = {name: row[name] for name in EXPORT_JOBS["properties"] if name in row}
            record = fit(known, EXPORT_JOBS, odd)
            if record[KEY] not in seen:
                seen.add(record[KEY])
                yield record
