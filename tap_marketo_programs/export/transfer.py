"""The bytes of one export file on their way to the disk, request by request.

It takes answers, decides whether each goes on where the last one broke off,
undoes a compression that nobody asked for, and says what arrived. It must not
know when to ask again, nor what the bytes mean.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/bulk-extract/bulk-extract
("Retrieving Your Data", "Partial Retrieval")
"""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import TYPE_CHECKING, BinaryIO

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tap_marketo_programs.errors import ConnectionFailed, FileCorrupt
from tap_marketo_programs.export.decoding import Damaged, Decoder, decoder_for
from tap_marketo_programs.marketo.connection_errors import connection_failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tap_marketo_programs.export.job import ExportJob

CHUNK = 1 << 16
# Without a size to compare with, a file still cannot be larger than a day's
# quota of any subscription.
MAX_FILE_SIZE = 1 << 36

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")
# A part of such a body is a body of its own, or not: servers differ.
_CODINGS = {"gzip", "x-gzip", "deflate", "br", "zstd", "compress"}
# What a header of field names does not begin with, but a page or an envelope does.
_NO_TABLE = (b"<", b"{")


class Transfer:
    """What has arrived of a file.

    Args:
        job: Whose file it is.
        path: Where it goes.
        file: That file, open.
    """

    def __init__(self, job: ExportJob, path: Path, file: BinaryIO) -> None:
        self.job = job
        self.path = path
        # Of the file as it is written, and of the bytes as they came.
        self.size = self.received = 0
        self.total = job.file_size
        self._file = file
        self._sha256, self._raw_sha256 = hashlib.sha256(), hashlib.sha256()
        self._decoder: Decoder | None = None
        # By whoever said so in a header; then the next request is for the whole again.
        self._is_coded = False
        # Whether the last answer was a page, or a message, in the file's place.
        self.is_no_table = False
        self._coding = ""

    @property
    def next_byte(self) -> int:
        """Where to go on."""
        return 0 if self._is_coded else self.received

    @property
    def oddities(self) -> list[str]:
        """What was unusual on the way."""
        return ["compressed, though nobody asked for it"] if self._decoder else []

    @property
    def unread_coding(self) -> str:
        """Words for a compression that cannot be undone here; empty if there was none."""
        if self._decoder or self._coding not in _CODINGS:
            return ""
        return f" (something in between sent it as {self._coding}, which was not asked for)"

    def bodies(self) -> list[tuple[int, str]]:
        """Size and SHA-256 of what the job's figures may speak of."""
        found = [(self.size, self._sha256.hexdigest())]
        if self._decoder and not self._is_coded:
            found.append((self.received, self._raw_sha256.hexdigest()))
        return found

    def receive(self, response: requests.Response, stopping: Callable[[], bool]) -> bool:
        """Take one answer's bytes; whether there are now as many as promised.

        Raises:
            ConnectionFailed: They broke off.
            FileCorrupt: There are more than there can be, or they make no sense.
        """
        self.is_no_table = False
        from_start = not (self.received and self._continues(response))
        if self.received and from_start and response.status_code == requests.codes.partial_content:
            # A part, but not the part asked for: only a new request helps.
            self._start_over()
            return False
        self._note_total(response)
        try:
            # Not iter_content: it throws away up to a chunk that arrived before a
            # connection broke, and a file smaller than a chunk would never get on.
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                if from_start:
                    if not self._begin(chunk, response):
                        return False
                    from_start = False
                self._take(chunk)
                if stopping():
                    raise ending()
        except HTTPError as error:
            silent = isinstance(error, ReadTimeoutError)
            kind = requests.ReadTimeout if silent else requests.ConnectionError
            raise connection_failed(kind(error), response.request) from None
        if from_start and self.received:
            # Nothing came in place of the rest.
            return False
        if self._decoder is not None:
            return self._decoder.is_whole
        return self.job.file_size is None or self.size >= self.job.file_size

    def ends_here(self) -> bool:
        """Whether Marketo has nothing behind the last byte because the file is whole.

        With a size to compare with, that is for the caller to say; without one,
        nothing proves it, and the file starts over.
        """
        if self.job.file_size is None and not (self._decoder and self._decoder.is_whole):
            self._start_over()
            return False
        return True

    def finish(self) -> None:
        """No more will come.

        Raises:
            FileCorrupt: What came is no file.
        """
        if self.is_no_table:
            raise corrupt(self.job, "a page or a message in place of a table")
        if self._decoder and not self._decoder.is_whole:
            raise corrupt(self.job, "compressed bytes that end too early")

    def _begin(self, chunk: bytes, response: requests.Response) -> bool:
        """Start with the first bytes of an answer; False, and nothing is done, if it is no file."""
        coding = response.headers.get("Content-Encoding", "").strip().lower()
        decoder = decoder_for(coding, chunk)
        text = chunk.removeprefix(codecs.BOM_UTF8).lstrip()
        self.is_no_table = decoder is None and text.startswith(_NO_TABLE)
        if self.is_no_table:
            return False
        self._start_over()
        self._coding, self._decoder = coding, decoder
        self._is_coded = decoder is not None and bool(coding)
        return True

    def _note_total(self, response: requests.Response) -> None:
        length = response.headers.get("Content-Length", "")
        if self.total is None and not self.received and _LENGTH.fullmatch(length):
            self.total = int(length)

    def _continues(self, response: requests.Response) -> bool:
        """Whether an answer goes on where the last one broke off."""
        coding = response.headers.get("Content-Encoding", "").strip().lower()
        if response.status_code != requests.codes.partial_content or coding in _CODINGS:
            return False
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        if match is None or int(match[1]) != self.received:
            return False
        if self._decoder is not None:
            # The size in the job's figures may be that of the table.
            return True
        return match[2] == "*" or self.job.file_size in {None, int(match[2])}

    def _start_over(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.size = self.received = 0
        self._sha256, self._raw_sha256 = hashlib.sha256(), hashlib.sha256()
        self._decoder, self._is_coded = None, False

    def _take(self, chunk: bytes) -> None:
        self.received += len(chunk)
        pieces: Iterable[bytes] = (chunk,)
        if self._decoder is not None:
            self._raw_sha256.update(chunk)
            pieces = self._decoder.feed(chunk)
        try:
            for piece in pieces:
                self.size += len(piece)
                self._check_bounds()
                self._sha256.update(piece)
                self._file.write(piece)
        except Damaged:
            raise corrupt(self.job, "compressed bytes that make no sense") from None

    def _check_bounds(self) -> None:
        bound = MAX_FILE_SIZE if self.job.file_size is None else self.job.file_size
        # What came compressed under no such header may be the file that the figures
        # speak of; then it is the bytes as they came that must not be more.
        counted = self.size if self._decoder is None or self._is_coded else self.received
        if counted > bound or self.size > MAX_FILE_SIZE:
            raise corrupt(self.job, f"more than {bound} bytes")


def ending() -> ConnectionFailed:
    """What a download ends with when the run does."""
    return ConnectionFailed("the run is ending")


def corrupt(job: ExportJob, what: str) -> FileCorrupt:
    """The error for a file that is no good."""
    return FileCorrupt(f"export {job.export_id}: the file has {what}")
