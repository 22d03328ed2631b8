"""The lists that the references of cases come from, and what holds what no case can."""

from __future__ import annotations

from dataclasses import dataclass

from matrix.troubles import TROUBLES

_CLIENT = "tests/integration/connection/test_client.py"
_DOWNLOAD = "tests/integration/exports/test_download.py"
_MATRIX = "tests/contract/test_matrix.py"
_SCHEMA = "tests/unit/schemas/test_schema.py"
_STREAMS = "tests/integration/streams/test_streams.py"

# Knobs that take any text or number: each is met by a case.
SETTINGS = ("refused_fields", "date_skew_seconds", "date_header")


CODES = (*(trouble.name for trouble in TROUBLES), "1029", "1035", "HTTP 401")


MENU = (
    "602 in mid-paging",
    "602 on file.json",
    "expires_in 0",
    "expires_in 1",
    "expires_in 2",
    "606 bursts",
    "1029 queue full",
    "1029 daily quota",
    "1029 already queued",
    "queue filled by others",
    "job Failed",
    "job Cancelled",
    "status frozen for 60 s",
    "Completed but file 404",
    "connection cut at byte N",
    "checksum mismatch",
    "page shift",
    "byTag reshuffle",
    "result missing",
    "NUL",
    "lone CR",
    "U+2028",
    "embedded LF",
    "doubled and undoubled quotes",
    "null as a surname",
    "emoji across a range",
    "integers as 12.0",
    "booleans side by side",
    "status names that no channel defines",
    "new dataType",
    "new program type",
    "describe with a SOAP-only field",
    "tags null",
    "updatedAt < createdAt",
)


TRAPS = (
    "HTTP 200 means OK",
    "Empty page has no `result`",
    "Empty 200 body / broken JSON",
    "Early token refresh",
    "`expires_in` 0",
    "600/601/602/603 confusion",
    "Token in the URL",
    "`/rest` prefix on bulk",
    "User pastes `/rest` or `/identity`",
    "`Z+0000`",
    "`+` in date filter",
    "maxReturn default 20",
    "Offset paging over live name order",
    "byTag random order",
    "start ≥ end in programs.json",
    "Bookmark from a page in mid-scan",
    "Tags/costs expected in browse",
    "start/end dates expected in browse",
    "type enum from docs",
    "`tags`/`costs` null",
    "byName assumed unique",
    "Unknown program id expected as error",
    "allowableValues parsed as JSON",
    "create ≠ start",
    "Enqueue retried after time-out",
    "All 1029 alike",
    "Queue counted from own jobs",
    "Polling each second",
    "Bounded polling that falls through",
    "`Canceled` vs `Cancelled`",
    "status `Failed`",
    "file.json error bodies",
    "exact `text/csv` compare",
    "default charset",
    "Broken download",
    "gzip expected",
    "iterating lines",
    "NUL bytes",
    "Undoubled quotes",
    "literal `null`",
    "booleans",
    "integers as `12.0`",
    "`programIds` adds a first column",
    "`programId` filter adds none",
    "`program` read as id",
    "createdAt/updatedAt of which object?",
    "Empty export",
    "updatedAt filter not in the plan",
    "31-day window",
    "Filter time ≠ visible updatedAt",
    "Removed members",
    "Status names from channels",
    "`moreResult` trusted",
    "100k member cap on REST",
    "`rest` missing in leads/describe",
    "Quota day in UTC",
    "Reason phrase",
    "Retry-After awaited",
    "Lost jobs after crash",
    "Secrets in logs",
)


# Traps that a row meets without being about them.
MET_BY: dict[str, str] = {
    "HTTP 200 means OK": "603",
    "Empty 200 body / broken JSON": "an empty body",
    "`Z+0000`": "tags null",
    "Tags/costs expected in browse": "tags null",
    "start/end dates expected in browse": "U33 milliseconds",
    "allowableValues parsed as JSON": "U23 raw",
    "booleans": "U10 mixed",
    "booleans side by side": "U10 mixed",
    "Empty export": "U8 header",
    "Filter time ≠ visible updatedAt": "U17 visible_outside",
    "`moreResult` trusted": "U31 absent",
    "Reason phrase": "expires_in 0",
    "`programIds` adds a first column": "U9 first_only",
    "`programId` filter adds none": "U9 first_only",
    "`program` read as id": "U9 first_only",
    "createdAt/updatedAt of which object?": "U10 mixed",
    "`/rest` prefix on bulk": "job Failed",
    "Secrets in logs": "602",
}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Why no case is about something, and the test files that hold it instead, if any."""

    reason: str
    tests: tuple[str, ...] = ()


# Not to be simulated by a case.
ELSEWHERE: dict[str, Elsewhere] = {
    "Token in the URL": Elsewhere("the sandbox refuses it on every call", (_CLIENT,)),
    "User pastes `/rest` or `/identity`": Elsewhere("no answer of Marketo's", (_CLIENT,)),
    "`+` in date filter": Elsewhere("windows end in Z", ("tests/unit/export/test_plan.py",)),
    "maxReturn default 20": Elsewhere(
        "needs more than 20 programs: the rows of U20 have 450", (_MATRIX,)
    ),
    "start ≥ end in programs.json": Elsewhere("needs a calendar that stands still", (_STREAMS,)),
    "Bookmark from a page in mid-scan": Elsewhere("about STATE, not answers", (_STREAMS,)),
    "byName assumed unique": Elsewhere("programs are never asked for by name"),
    "exact `text/csv` compare": Elsewhere("content types of files", (_DOWNLOAD,)),
    "gzip expected": Elsewhere("no compression is asked for", (_DOWNLOAD,)),
    "`rest` missing in leads/describe": Elsewhere("describe2 has no such entry", (_SCHEMA,)),
    "describe with a SOAP-only field": Elsewhere("describe2 has no such entry", (_SCHEMA,)),
}
