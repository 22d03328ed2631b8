"""What the records of the stream `export_jobs` look like, as JSON Schema.

It must not know where records come from or go to.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
"""

from __future__ import annotations

from typing import Any

import singer_sdk.typing as th

from tap_marketo_programs.schemas.properties import INTEGER

EXPORT_JOBS: dict[str, Any] = th.PropertiesList(
    th.Property("exportId", th.StringType, required=True, description="Id of the export job."),
    th.Property(
        "status",
        th.StringType,
        description="Created, Queued, Processing, Completed, Failed or Cancelled.",
    ),
    th.Property("createdAt", th.DateTimeType, description="When the job was created."),
    th.Property("queuedAt", th.DateTimeType, description="When the job was put into the queue."),
    th.Property("startedAt", th.DateTimeType, description="When Marketo began to process the job."),
    th.Property("finishedAt", th.DateTimeType, description="When the job ended, however it ended."),
    th.Property("numberOfRecords", INTEGER, description="Rows of the file."),
    th.Property(
        "fileSize",
        INTEGER,
        description="Bytes of the file, which count against the daily export quota.",
    ),
    th.Property(
        "fileChecksum", th.StringType, description="Checksum of the file: sha256: and 64 digits."
    ),
    th.Property("errorMsg", th.StringType, description="Why the job failed, in Marketo's words."),
).to_dict()
"""An export job; key `exportId`. What Marketo does not say yet is null."""
