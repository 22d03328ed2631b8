"""One export job as Marketo describes it.

Pure: it reads answers and knows nothing of how they were fetched.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-program-member-extract
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import BrokenAnswer
from tap_marketo_programs.quoting import quoted
from tap_marketo_programs.schemas.timestamps import instant
from tap_marketo_programs.schemas.values import number, text_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

# Ids are UUIDs. They come from the network and from state and become part of a
# path, so nothing else may pass.
_EXPORT_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
# Seconds since 1970 from 1973 to the year 5138: a smaller number is a date without
# dashes or nothing, a larger one counts milliseconds.
_MIN_SECONDS = 100_000_000
_MIN_MILLISECONDS = 100_000_000_000


class ExportStatus(StrEnum):
    """The states of a job, as the wire spells them."""

    CREATED = "Created"
    QUEUED = "Queued"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"

    @classmethod
    def from_wire(cls, text: object) -> ExportStatus:
        """Read a status in any case; Adobe's prose also writes `Canceled`.

        A word nobody has documented counts as still running: the time-out
        ends what never finishes.
        """
        word = str(text).strip().capitalize()
        if word == "Canceled":
            return cls.CANCELLED
        return cls(word) if word in set(cls) else cls.PROCESSING

    @property
    def is_running(self) -> bool:
        """Whether the job holds one of the subscription's ten places."""
        return self in {ExportStatus.QUEUED, ExportStatus.PROCESSING}

    @property
    def is_dead(self) -> bool:
        """Whether the job ended without a file."""
        return self in {ExportStatus.FAILED, ExportStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What Marketo says of one job; what it does not say yet is None.

    `adopted` marks a job that was found after the answer of its create was
    lost: it is ours by all appearances. Sizes are bytes, `checksum` is
    Marketo's text (`sha256:` and 64 hex digits), `error` its `errorMsg`, fit to be shown.
    """

    export_id: str
    status: ExportStatus
    created_at: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    number_of_records: int | None = None
    file_size: int | None = None
    checksum: str | None = None
    error: str | None = None
    adopted: bool = False

    @classmethod
    def from_wire(cls, answer: Mapping[str, Any]) -> ExportJob:
        """Read one entry of `result`.

        Raises:
            BrokenAnswer: It names no job.
        """
        try:
            export_id = valid_export_id(answer.get("exportId"))
        except ValueError:
            message = "Marketo described an export job without a usable exportId"
            raise BrokenAnswer(message, in_doubt=True) from None
        checksum, error = answer.get("fileChecksum"), answer.get("errorMsg")
        return cls(
            export_id=export_id,
            status=ExportStatus.from_wire(answer.get("status")),
            created_at=_instant(answer.get("createdAt")),
            queued_at=_instant(answer.get("queuedAt")),
            started_at=_instant(answer.get("startedAt")),
            finished_at=_instant(answer.get("finishedAt")),
            number_of_records=_count(answer.get("numberOfRecords")),
            file_size=_count(answer.get("fileSize")),
            checksum=checksum if isinstance(checksum, str) else None,
            error=quoted(error) if isinstance(error, str) else None,
        )


def valid_export_id(text: object) -> str:
    """An export id that is safe as part of a path.

    Raises:
        ValueError: It is not.
    """
    if isinstance(text, str) and _EXPORT_ID.fullmatch(text):
        return text
    message = "not an export id"
    raise ValueError(message)


def _count(value: object) -> int | None:
    """A figure, which other answers of Marketo's may write as a text or as `1752.0`."""
    try:
        found = -1 if isinstance(value, bool) else whole_number(text_of(value))
    except ValueError:
        return None
    return found if found >= 0 else None


def _instant(value: object) -> datetime | None:
    """A moment in any spelling: Marketo's own, ISO 8601, seconds or milliseconds since 1970.

    Without a zone UTC is meant, as everywhere in the bulk API.
    """
    for read in (instant, _since_1970, _iso_8601):
        with suppress(ValueError, OverflowError, OSError):
            return read(value)
    return None


def _iso_8601(value: object) -> datetime:
    parsed = datetime.fromisoformat(str(value).strip())
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _since_1970(value: object) -> datetime:
    if isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - one error for whatever is no moment
    seconds = number(text_of(value))
    if seconds < _MIN_SECONDS:
        raise ValueError
    return datetime.fromtimestamp(seconds / (1000 if seconds >= _MIN_MILLISECONDS else 1), UTC)
