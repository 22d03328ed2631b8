"""A completed job's file on its way to a private folder.

It is resumed after a lost connection with `Range`. It must not know what the file should
hold, nor what to do about one that cannot be had.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
("Retrieving Your Data", "Partial Retrieval")
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import backoff

from tap_marketo_programs.errors import (
    ConnectionFailed,
    FileUnavailable,
    RequestRefused,
)
from tap_marketo_programs.export.transfer import Transfer, ending
from tap_marketo_programs.marketo.verdicts import is_past_the_end
from tap_marketo_programs.process.private_folder import new_file, unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.export.api import ExportApi
    from tap_marketo_programs.export.job import ExportJob

logger = logging.getLogger(__name__)

# Requests in a row that bring next to nothing.
MAX_STALLS = 5
# What is more than next to nothing: that many bytes, or that large a part of a small
# file. A connection that is cut after every byte must not cost a call a byte.
MIN_PROGRESS = 1 << 17
MIN_SHARE = 20


class Downloader:
    """Transfers files.

    Args:
        api: Opens them.
        folder: An existing folder that only this user can read.
        clock: Where time comes from.
        stopping: Asked between two chunks; True ends the download at once.

    Its methods raise:
        FileUnavailable: The job has no file.
        FileCorrupt: There is more of it than there can be.
        MarketoConfigError: It cannot be kept here.
    """

    def __init__(
        self,
        api: ExportApi,
        folder: Path,
        clock: Clock,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._api = api
        self._folder = folder
        self._clock = clock
        self._stopping = stopping

    def download(self, job: ExportJob) -> Transfer:
        """Bring one completed job's file to the disk, resuming as often as there is progress.

        Returns:
            What arrived; the file is the caller's to remove.
        """
        path = self._folder / f"{job.export_id}.csv"
        arrived = False
        try:
            with new_file(path) as file:
                transfer = Transfer(job, path, file)
                self._receive_all(transfer)
            arrived = True
        except OSError as error:
            # What a connection can raise has another name by now.
            raise unwritable(error) from None
        finally:
            if not arrived:
                path.unlink(missing_ok=True)
        return transfer

    def _receive_all(self, transfer: Transfer) -> None:
        job = transfer.job
        waits, mark, stalls = _waits(), 0, 0
        while True:
            failure: ConnectionFailed | None = None
            try:
                if self._receive(transfer):
                    break
            except ConnectionFailed as error:
                failure = error
            # Progress is more than ever before: a file that has to start over
            # again and again is not getting anywhere.
            stalls += 1
            if transfer.received >= mark + least_progress(transfer.total):
                waits, mark, stalls = _waits(), transfer.received, 0
            if self._stopping():
                raise failure or ending()
            if stalls >= MAX_STALLS:
                if failure is not None:
                    raise failure
                # A file that stays short without any error is for `verify` to judge.
                break
            if failure is not None:
                logger.info("%s; export %s resumes", failure, job.export_id)
            elif transfer.is_no_table:
                logger.info("Export %s: its file was answered by a page", job.export_id)
            self._clock.sleep(next(waits))
        transfer.finish()

    def _receive(self, transfer: Transfer) -> bool:
        """One request; whether the file is whole now."""
        try:
            with self._api.open_file(transfer.job.export_id, transfer.next_byte) as response:
                return transfer.receive(response, self._stopping)
        except RequestRefused as error:
            if is_past_the_end(error) and transfer.received:
                return transfer.ends_here()
            # An envelope that refuses the file means what the plain 404 means: an
            # expired job may be answered so.
            raise FileUnavailable(str(error), code=error.code, message=error.message) from None


def least_progress(total: int | None) -> int:
    """How many new bytes several requests for a file must bring.

    Args:
        total: The file's size, None if nobody says.
    """
    return MIN_PROGRESS if total is None else min(MIN_PROGRESS, max(1, total // MIN_SHARE))


def _waits() -> Generator[float]:
    """Seconds to wait before resuming, growing while nothing arrives."""
    waits = backoff.expo(max_value=30)
    next(waits)
    return waits
