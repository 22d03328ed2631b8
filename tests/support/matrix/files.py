"""What export files may be like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrix.case import FOR_EVER, Case, Fault, Must, members_case
from matrix.troubles import LATER

if TYPE_CHECKING:
    from collections.abc import Iterator


_AGAIN = "Downloads it again, then makes the job again once, then stops; no row of it gets out."


def files() -> Iterator[Case]:
    twice = 2
    yield members_case(
        "a completed job whose file is not there",
        "Completed but file 404",
        "file.json error bodies",
        faults=(Fault("file_missing", count=twice),),
        text=_AGAIN,
    )
    for at in (0, 1, 700):
        yield members_case(
            f"a connection cut at byte {at} of a file",
            "connection cut at byte N",
            "Broken download",
            faults=(Fault("cut", "export_file", count=twice, args={"bytes": at}),),
            text="Goes on from that byte with a Range request.",
        )
    yield members_case(
        "a silent open connection in the middle of a file",
        "Silent socket",
        faults=(Fault("stall", "export_file", args={"bytes": 100, "seconds": 3}),),
        settings={"request_timeout_seconds": 0.2},
        text="Given up after `request_timeout_seconds` of silence, then goes on from that byte.",
    )
    cut = Fault("cut", "export_file", args={"bytes": 300})
    for kind in ("whole_file_on_range", "wrong_content_range", "short_range"):
        yield members_case(
            f"a Range request answered wrongly ({kind.replace('_', ' ')})",
            "Broken download",
            faults=(cut, Fault(kind)),
            text="Starts the file over.",
        )
    for kind in ("wrong_checksum", "wrong_size"):
        figure = kind.removeprefix("wrong_")
        yield members_case(
            f"a job whose {figure} is not its file's",
            "checksum mismatch",
            "truncated file",
            faults=(Fault(kind),),
            text=_AGAIN,
        )
        yield members_case(
            f"jobs whose {figure} never is their file's",
            "checksum mismatch",
            must=Must.STOP,
            faults=(Fault(kind, count=FOR_EVER),),
            words=(r"the file has .*(SHA-256|instead of|more than)",),
            text="No row of it gets out. " + LATER,
        )
    yield members_case(
        "jobs whose number of records is not their file's, though size and checksum are",
        "checksum mismatch",
        faults=(Fault("wrong_records", count=FOR_EVER),),
        words=("with another number of rows than numberOfRecords",),
        text="The file is the one that Marketo made: it is read, and a WARNING counts such files.",
    )
    yield from _bad_bytes()


def _bad_bytes() -> Iterator[Case]:
    for mode in ("flip", "truncate", "extra_column", "short_row", "undoubled_quotes", "append"):
        wrong = Fault("corrupt", "export_file", args={"mode": mode})
        told = mode.replace("_", " ")
        references = ("truncated file", "ragged rows", "Undoubled quotes")
        yield members_case(
            f"a damaged download ({told})", *references, faults=(wrong,), text=_AGAIN
        )
    for mode in ("extra_column", "short_row", "undoubled_quotes"):
        wrong = Fault("corrupt", "export_file", FOR_EVER, args={"mode": mode, "consistent": True})
        yield members_case(
            f"damaged files whose figures match them ({mode.replace('_', ' ')})",
            "ragged rows",
            "Undoubled quotes",
            "doubled and undoubled quotes",
            must=Must.STOP,
            faults=(wrong,),
            words=("export",),
            text="A row with the wrong number of columns is a bad file; no row of it gets out.",
        )
    yield members_case(
        "a page of HTML in place of a file, with HTTP 200",
        "file.json error bodies",
        faults=(Fault("http", "export_file", args={"status": 200}),),
        text=_AGAIN,
    )
    yield members_case(
        "a token error as JSON in place of a file",
        "602 on file.json",
        "602 in mid-paging",
        faults=(Fault("error", "export_file", args={"code": "602"}),),
        text="Fetches a new token and asks for the file again.",
    )
