"""What Marketo is known, or feared, to do, and what the tap must do about each of it.

Data only: `test_matrix` runs every case against the sandbox, `matrix_docs` makes
the pages for users out of the same rows. Expectations are written down here once
more on purpose, and never taken from the tap's own tables: a matrix that asked
the tap what is right would agree with every mistake.

References are the names in `CODES`, `MENU`, `TRAPS` and `UNKNOWNS`; each must be
met by a case, or stand in `ELSEWHERE` with the reason why it is not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOR_EVER = 100_000
DAY = 24 * 3600
# What stands in a row of every world, and may stand in no log.
CELL = "a cell that nobody may log"

CHANNELS = "channels"
PROGRAMS = "programs"
BY_TAG = "programs_by_tag"
TAG_TYPES = "tag_types"
MEMBERS = "program_members"
# Not a stream: the catalog is made, then channels are read with it.
DISCOVERY = "discovery"


class Must(StrEnum):
    """How a run must end."""

    SUCCEED = "succeeds"
    STOP = "stops, and the next run brings the rest"
    CONFIG = "asks the user to change something"


class Before(StrEnum):
    """What happened before the run that a case is about."""

    NOTHING = "nothing"
    SYNCED = "a run that brought everything"
    INTERRUPTED = "a run whose bookmark says that it did not end"
    JOB_LEFT = "a run that left a finished job in the state"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, as the sandbox's control API takes it."""

    kind: str
    endpoint: str | None = None
    count: int = 1
    after: int = 0
    where: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    """Something that somebody does to the sandbox between two runs."""

    verb: str
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the matrix.

    Args:
        what: What Marketo does, as a user would say it.
        must: How the run must end.
        stream: What is run; the cheapest stream that calls the endpoint.
        references: Which items of the lists below it stands for.
        endpoint: Where it happens; empty where that makes no difference.
        times: "once" or "for ever", of cases that come in both kinds.
        faults: Counted faults.
        knobs: The sandbox's choices.
        edits: What people do before the run.
        settings: Settings of the tap.
        words: What the error must say; of a success, what a WARNING must say.
        before: What happened before.
        world: Options of the sandbox's world, tiny unless given.
        lacking: Columns that a run may leave wrong; `*` for whole rows.
        jobs: How many export jobs there must be afterwards; any number if 0.
        real_time: Whether the sandbox's own clock has to move on while the tap waits.
        brings: Programs whose members must be out even if the run stops.
        then: What people do after a run that succeeds, so that the one after it must bring
            all; None where there is no such run.
        text: For users, where `must` and `words` do not say enough.
    """

    what: str
    must: Must
    stream: str
    references: tuple[str, ...]
    endpoint: str = ""
    times: str = ""
    faults: tuple[Fault, ...] = ()
    knobs: Mapping[str, Any] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    before: Before = Before.NOTHING
    world: Mapping[str, Any] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    jobs: int = 0
    real_time: bool = False
    brings: tuple[int, ...] = ()
    then: tuple[Edit, ...] | None = None
    text: str = ""

    @property
    def name(self) -> str:
        """A sentence."""
        where = f" at {ENDPOINTS[self.endpoint].title}" if self.endpoint else ""
        return f"{self.what}{where}{' ' * bool(self.times)}{self.times}: the tap {self.must}"


# Where things happen


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of Marketo's, and the cheapest way to have it called."""

    title: str
    family: str
    stream: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    before: Before = Before.NOTHING


_REGION = {"program_tags": [{"tag_type": "Region", "tag_values": ["EMEA", "APJ"]}]}
_QUOTA = {"daily_export_quota_mb": 1000}

ENDPOINTS: dict[str, Endpoint] = {
    "identity": Endpoint("Identity", "identity", CHANNELS),
    "channels": Endpoint("Get Channels", "asset", CHANNELS),
    "programs": Endpoint("Get Programs", "asset", PROGRAMS),
    "program": Endpoint("Get Program by Id", "asset", PROGRAMS),
    "programs_by_tag": Endpoint("Get Programs by Tag", "asset", BY_TAG, _REGION),
    "tag_types": Endpoint("Get Tag Types", "asset", TAG_TYPES),
    "tag_type": Endpoint("Get Tag by Name", "asset", TAG_TYPES),
    "members_describe": Endpoint("Describe Program Member", "database", DISCOVERY),
    "leads_describe2": Endpoint(
        "Describe Lead2", "database", DISCOVERY, {"lead_fields": ["email"]}
    ),
    "members": Endpoint("Get Program Members", "database", MEMBERS, before=Before.INTERRUPTED),
    "export_create": Endpoint("create of an export", "bulk", MEMBERS),
    "export_enqueue": Endpoint("enqueue of an export", "bulk", MEMBERS),
    "export_status": Endpoint("status of an export", "bulk", MEMBERS),
    "export_file": Endpoint("file of an export", "bulk", MEMBERS),
    "export_list": Endpoint("list of exports", "bulk", MEMBERS, _QUOTA),
}
JOB_ENDPOINTS = ("export_create", "export_enqueue", "export_status", "export_file")
# Refusals of jobs that are told apart, were they to stay: one of each kind.
TELLING = ("610", "1003", "1006", "1013", "HTTP 404", "a redirect")


# What can be wrong with any answer


class Effect(StrEnum):
    """What kind of trouble something is."""

    PASSES = "tries again, with growing pauses"
    WINDOW = "waits for the next 20 seconds and tries again"
    TOKEN = "fetches a new token and repeats the call, once"
    PERMISSION = "stops"
    CALLS = "stops for today"
    REFUSED = "stops, but see below"

    @property
    def is_transient(self) -> bool:
        """Whether asking again may help."""
        return self in {Effect.PASSES, Effect.WINDOW, Effect.TOKEN}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that any endpoint of a family may answer.

    Args:
        name: As a user looks it up.
        effect: What the tap does at most endpoints.
        kind: The sandbox's fault.
        args: Its arguments.
        words: What the last error says.
        families: Where it occurs.
        advice: What the user can do when the tap gives up.
    """

    name: str
    effect: Effect
    kind: str
    args: Mapping[str, Any]
    words: str
    families: frozenset[str] = frozenset({"asset", "database", "bulk"})
    advice: str = ""


_REST = frozenset({"asset", "database", "bulk"})
_ALL = frozenset({*_REST, "identity"})
_ASSET, _BULK = frozenset({"asset"}), frozenset({"bulk"})
_DATA = frozenset({"database", "bulk"})

LATER = "Run again later. If it stays, ask Adobe's support with the request id."
OTHERS = (
    "Other integrations use the subscription's 100 calls in 20 seconds up: spread them, or lower "
    "`max_calls_per_20_seconds`."
)
PERMIT = (
    "Give the API user's role the permission the message names (Admin > Users & Roles), and put "
    "this machine's address on the IP allowlist if there is one."
)
REPORT = "Read Marketo's words in the message; if no setting explains them, report a bug."

# A code that nobody has described.
OTHER = "1077"


def _code(
    code: str,
    effect: Effect,
    families: frozenset[str] = _REST,
    advice: str = LATER,
    message: str = "",
) -> Trouble:
    args = {"code": code, **({"message": message} if message else {})}
    return Trouble(code, effect, "error", args, rf"\b{code}\b", families, advice)


def _http(
    status: int, effect: Effect, families: frozenset[str] = _ALL, advice: str = LATER
) -> Trouble:
    return Trouble(
        f"HTTP {status}", effect, "http", {"status": status}, f"HTTP {status}", families, advice
    )


def _body(name: str, kind: str, words: str, **args: object) -> Trouble:
    return Trouble(name, Effect.PASSES, kind, args, words, _ALL, LATER)


TROUBLES: tuple[Trouble, ...] = (
    *(_code(code, Effect.PASSES) for code in ("500", "502", "503", "604", "608", "611", "614")),
    *(_code(code, Effect.PASSES) for code in ("615", "713")),
    _code("606", Effect.WINDOW, advice=OTHERS),
    _code("601", Effect.TOKEN),
    _code("602", Effect.TOKEN),
    _code("600", Effect.PERMISSION, advice=PERMIT),
    _code("603", Effect.PERMISSION, advice=PERMIT),
    _code("607", Effect.CALLS, advice="Run again after midnight Central (US), or buy more calls."),
    _code("609", Effect.REFUSED, _BULK, REPORT),
    _code("610", Effect.REFUSED, advice=REPORT),
    _code("612", Effect.REFUSED, _BULK, REPORT),
    *(_code(code, Effect.REFUSED, _ASSET, REPORT) for code in ("701", "702", "704", "709")),
    _code("1001", Effect.REFUSED, advice=REPORT),
    _code("1002", Effect.REFUSED, _BULK, REPORT),
    _code("1003", Effect.REFUSED, advice=REPORT),
    _code("1006", Effect.REFUSED, _DATA, REPORT, "Field 'x' not found"),
    _code("1013", Effect.REFUSED, _BULK, REPORT),
    _code(OTHER, Effect.REFUSED, advice=REPORT, message="A code nobody has described"),
    *(_http(status, Effect.PASSES) for status in (408, 500, 502, 503, 504)),
    _http(429, Effect.WINDOW, advice=OTHERS),
    _http(403, Effect.REFUSED, _REST, REPORT),
    _http(404, Effect.REFUSED, _REST, "Check `base_url`; a proxy may answer in Marketo's place."),
    _http(413, Effect.REFUSED, _REST, REPORT),
    _http(414, Effect.REFUSED, _REST, REPORT),
    Trouble(
        "a redirect",
        Effect.REFUSED,
        "redirect",
        {},
        "redirects elsewhere",
        _REST,
        "Check `base_url`: redirects are never followed, they could carry the token elsewhere.",
    ),
    _body("an empty body", "empty_body", "nothing|not a Marketo answer"),
    _body("JSON that breaks off", "broken_json", "not a Marketo answer"),
    _body(
        "success false without an error",
        "broken_json",
        "not a Marketo answer",
        body='{"success":false}',
    ),
    _body("a connection that is reset", "reset", "connection failed"),
    _body("a body that is cut short", "cut", "connection failed", bytes=0),
)

# In Adobe's words, or in ours where there are none.
MEANINGS: dict[str, str] = {
    "500": "Internal server error",
    "502": "Bad gateway",
    "503": "Service unavailable",
    "600": "Empty access token",
    "601": "Access token invalid",
    "602": "Access token expired",
    "603": "Access denied: no permission, or not on the IP allowlist",
    "604": "Request time-out",
    "606": "Max rate limit exceeded",
    "607": "Daily quota reached",
    "608": "API temporarily unavailable",
    "609": "Invalid JSON",
    "610": "Requested resource not found",
    "611": "System error",
    "612": "Invalid content type",
    "614": "Invalid subscription; usually a temporary inaccessibility",
    "615": "Concurrent access limit reached",
    "701": "A value cannot be blank",
    "702": "No data found",
    "704": "Invalid date format",
    "709": "Business rule violation",
    "713": "Transient error",
    "1001": "Invalid value",
    "1002": "Missing value for a required parameter",
    "1003": "Invalid data, or an action not specified",
    "1006": "Field not found",
    "1013": "Object not found",
    OTHER: "Any other code",
    "HTTP 413": "Request entity too large",
    "HTTP 414": "URI too long",
}

# What a refusal of Get Programs by Tag may mean: the value is unknown (U22).
UNKNOWN_VALUE = {"702", "709", "1003"}


def _everywhere() -> Iterator[Case]:
    """Every trouble at every endpoint of its families, once and for ever."""
    for endpoint, place in ENDPOINTS.items():
        for trouble in TROUBLES:
            if place.family not in trouble.families:
                continue
            yield _at(endpoint, trouble, 1)
            refused = endpoint in JOB_ENDPOINTS and trouble.name in TELLING
            if trouble.effect.is_transient or refused:
                yield _at(endpoint, trouble, FOR_EVER)


def _at(endpoint: str, trouble: Trouble, count: int) -> Case:
    place = ENDPOINTS[endpoint]
    # One 601 is answered with a new token; only one after another says something.
    times = "for ever" if count > 1 else "once"
    case = Case(
        trouble.name,
        Must.STOP,
        place.stream,
        (trouble.name,),
        endpoint,
        times,
        (Fault(trouble.kind, endpoint, count, args=trouble.args),),
        settings=place.settings,
        words=(trouble.words,),
        before=place.before,
    )
    if (endpoint, trouble.name) == ("export_list", "an empty body"):
        return replace(case, must=Must.SUCCEED, words=(), text="Means that there are no jobs.")
    return _outcome(case, trouble, heals=count == 1 and trouble.effect.is_transient)


def _outcome(case: Case, trouble: Trouble, *, heals: bool) -> Case:
    """The same case with what the tap must do."""
    good = replace(case, must=Must.SUCCEED, words=())
    if text := _told_elsewhere(case, trouble):
        return replace(good, text=text)
    if (case.endpoint, trouble.name) == ("export_file", "HTTP 404"):
        case = replace(case, words=("no such file",))
    if heals or (case.endpoint, trouble.name) == ("export_file", "a redirect"):
        return good if heals or case.times == "once" else case
    if trouble.effect is Effect.PERMISSION:
        if case.stream == DISCOVERY:
            return replace(good, words=("program_members is left out", trouble.words))
        asset = ENDPOINTS[case.endpoint].family == "asset"
        needed = "Read-Only Assets" if asset else "Read-Only Lead"
        return replace(case, must=Must.CONFIG, words=(trouble.words, needed))
    if trouble.effect is Effect.REFUSED:
        return _refused(case, good, trouble.name)
    return case


def _told_elsewhere(case: Case, trouble: Trouble) -> str:
    """Where the tap learns what it needs although this call never tells; empty if nowhere."""
    if case.endpoint == "members" and trouble.effect is not Effect.CALLS:
        return "An export finds out what Get Program Members does not say."
    if case.times != "for ever":
        return ""
    if case.endpoint == "export_status" and trouble.effect.is_transient:
        return "The list of this API user's jobs tells instead."
    if trouble.kind != "cut":
        return ""
    return {
        "export_create": "The job was made all the same, and is found.",
        "export_enqueue": "The job was queued all the same; its status tells.",
    }.get(case.endpoint, "")


_BY_ITSELF = (
    "The job is made anew, at last for each program by itself. What stays refused is named, the "
    "other programs go on, and the run fails at its end."
)


def _refused(case: Case, good: Case, name: str) -> Case:
    """Endpoints at which a refusal means something else than the end."""
    if case.endpoint == "program" and name == "702":
        details = ("tags", "costs", "startDate", "endDate")
        text = "The program was deleted meanwhile: it comes as it was listed, without its details."
        return replace(good, lacking=details, text=text)
    if case.endpoint == "tag_type" and name == "702":
        text = "The tag type was deleted meanwhile: it comes without its values."
        return replace(good, lacking=("allowableValues",), text=text)
    if case.endpoint == "programs_by_tag" and name in UNKNOWN_VALUE:
        text = "Taken to mean that no program carries the value, which is left out."
        return replace(good, lacking=("*",), text=text)
    if case.times == "once" and case.endpoint in JOB_ENDPOINTS:
        return replace(good, text=_BY_ITSELF)
    return case


# Identity's own answers

_CREDENTIALS = (
    ("401 invalid_client", 401, '{"error":"invalid_client","error_description":"Bad client"}'),
    ("401 unauthorized", 401, '{"error":"unauthorized","error_description":"No client"}'),
    ("401 without a body", 401, ""),
    ("400 invalid_request", 400, '{"error":"invalid_request","error_description":"Missing"}'),
    ("200 with an error in it", 200, '{"error":"invalid_client"}'),
)


def _identity() -> Iterator[Case]:
    for name, status, body in _CREDENTIALS:
        answer = {"status": status, "body": body, "content_type": "application/json"}
        yield Case(
            f"HTTP {name}",
            Must.CONFIG,
            CHANNELS,
            ("HTTP 401",),
            "identity",
            faults=(Fault("http", "identity", args=answer),),
            words=("client_id and client_secret", "LaunchPoint"),
            text="Compare both with Admin > LaunchPoint > View Details of the custom service.",
        )
    for status in (301, 403, 404):
        answer = {"status": status, "headers": {"Location": "https://example.com/"}}
        yield Case(
            f"HTTP {status}",
            Must.STOP,
            CHANNELS,
            ("Not Identity",),
            "identity",
            "for ever",
            faults=(Fault("http", "identity", FOR_EVER, args=answer),),
            words=("base_url", "Admin > Web Services"),
            text="Compare `base_url` with the REST endpoint in Admin > Web Services.",
        )
    for life in (0, 1, 2):
        token = {"access_token": "0-0:ab", "token_type": "bearer", "expires_in": life}
        answer = {"status": 200, "body": json.dumps(token), "content_type": "application/json"}
        yield Case(
            f"a token with {life} seconds to live, the same one again",
            Must.SUCCEED,
            CHANNELS,
            (f"expires_in {life}", "Early token refresh", "`expires_in` 0"),
            "identity",
            faults=(Fault("http", "identity", 2, args=answer),),
            text="Waits until that token is dead, then fetches another one.",
        )
    dying = {"body": '{"access_token":"a:b","expires_in":0}', "content_type": "application/json"}
    yield Case(
        "a token that is dead already",
        Must.STOP,
        CHANNELS,
        ("`expires_in` 0",),
        "identity",
        "for ever",
        faults=(Fault("http", "identity", FOR_EVER, args={"status": 200, **dying}),),
        words=("already dying",),
        text=LATER,
    )


# 1029: one code, several meanings

_FULL = "Too many jobs (10) in queue"
_SPENT = "Export daily quota 500MB exceeded."
_TWICE = "Job already queued"


def _queue() -> Iterator[Case]:
    for endpoint in ("export_create", "export_enqueue"):
        yield from _messages_of_1029(endpoint)
    for refuses in ("enqueue", "both"):
        yield Case(
            f"a queue full of other people's jobs, refused at {refuses}",
            Must.SUCCEED,
            MEMBERS,
            (
                "1029 queue full",
                "queue filled by others",
                "Queue counted from own jobs",
                f"U27 {refuses}",
            ),
            faults=(
                Fault(
                    "edit",
                    "export_create" if refuses == "both" else "export_enqueue",
                    after=3,
                    args={"do": "knobs", "neighbour_jobs": 0},
                ),
            ),
            knobs={"neighbour_jobs": 10, "U27": refuses},
            text="Waits for a place, for up to `export_timeout_seconds`.",
        )
        yield Case(
            f"a queue that stays full of other people's jobs, refused at {refuses}",
            Must.STOP,
            MEMBERS,
            ("1029 queue full", "queue filled by others"),
            knobs={"neighbour_jobs": 10, "U27": refuses},
            settings={"export_timeout_seconds": 60},
            words=("full for 60 s", "export_timeout_seconds"),
            text="Look who fills the ten places (Admin > Bulk Export), or run at another time.",
        )
    for charged in ("completion", "create"):
        for reset in ("chicago", "utc-6"):
            yield Case(
                f"the day's export quota is used up, charged at {charged}, reset by {reset}",
                Must.STOP,
                MEMBERS,
                (f"U26 {charged}", f"U32 {reset}", "1029 daily quota", "Quota day in UTC"),
                knobs={"export_quota_mb": 0, "U26": charged, "U32": reset},
                words=("1029", "quota's reset", "UTC", "midnight in Chicago"),
                text="Run again after the time the message names. `on_quota_exhausted: stop` "
                "makes this a WARNING instead.",
            )
    yield Case(
        "the day's export quota is used up, and `on_quota_exhausted` is `stop`",
        Must.SUCCEED,
        MEMBERS,
        ("1029 daily quota",),
        knobs={"export_quota_mb": 0},
        settings={"on_quota_exhausted": "stop"},
        words=("quota's reset",),
        lacking=("*",),
        text="Ends well with a WARNING; the next run brings the rest.",
    )


def _messages_of_1029(endpoint: str) -> Iterator[Case]:
    def case(name: str, message: str, must: Must, *references: str, count: int = 1) -> Case:
        args = {"code": "1029", "message": message}
        return Case(
            f"1029 `{name}`",
            must,
            MEMBERS,
            ("1029", *references, "All 1029 alike"),
            endpoint,
            "once" if count == 1 else "for ever",
            faults=(Fault("error", endpoint, count, args=args),),
        )

    full = case(_FULL, _FULL, Must.SUCCEED, "1029 queue full")
    yield replace(full, jobs=1, text="Waits for a place, for up to `export_timeout_seconds`.")
    spent = case(_SPENT, _SPENT, Must.STOP, "1029 daily quota")
    text = "Creates no more jobs, hands over those that run, and names the time of the reset."
    yield replace(spent, words=("1029", "quota's reset", "UTC"), text=text)
    unknown = case("words nobody has described", "Something else", Must.SUCCEED)
    yield replace(unknown, text="Taken for a refusal of this job, which is made anew.")
    yield replace(
        case("words nobody has described", "Something else", Must.STOP, count=FOR_EVER),
        words=("1029 Something else",),
        text=REPORT,
    )
    if endpoint == "export_enqueue":
        twice = case(_TWICE, _TWICE, Must.SUCCEED, "1029 already queued")
        yield replace(twice, jobs=1, text="As good as success; the job's status tells.")


# What jobs and files may do


def _members(
    what: str,
    *references: str,
    must: Must = Must.SUCCEED,
    faults: tuple[Fault, ...] = (),
    words: tuple[str, ...] = (),
    text: str = "",
    **more: Any,  # noqa: ANN401 - any other column
) -> Case:
    return Case(what, must, MEMBERS, references, faults=faults, words=words, text=text, **more)


_ANEW = "Makes the job anew, up to three times."
_AGAIN = "Downloads it again, then makes the job anew once, then stops; no row of it gets out."


def _jobs() -> Iterator[Case]:
    failed = Fault("job_failed", args={"errorMsg": "Export failed for a reason"})
    yield _members(
        "a job that fails", "job Failed", "status `Failed`", faults=(failed,), text=_ANEW
    )
    yield _members(
        "jobs that always fail",
        "job Failed",
        "status `Failed`",
        must=Must.STOP,
        faults=(replace(failed, count=FOR_EVER),),
        words=("cannot be exported|in a row failed", "a reason"),
        text="The message names the programs and Marketo's reason.",
    )
    yield _members(
        "a job that somebody cancels",
        "job Cancelled",
        "`Canceled` vs `Cancelled`",
        faults=(Fault("job_cancelled"),),
        text=_ANEW,
    )
    yield _members(
        "a job that never gets done",
        "Bounded polling that falls through",
        "Lost jobs after crash",
        "create ≠ start",
        must=Must.STOP,
        faults=(Fault("job_stuck", args={"state": "Processing"}),),
        settings={"export_timeout_seconds": 120},
        words=("still Processing after 120 s", "export_timeout_seconds"),
        text="The state names the job; the next run goes on with it.",
    )
    yield _members(
        "a status that is not refreshed for minutes",
        "status frozen for 60 s",
        "Polling each second",
        knobs={"status_refresh_seconds": 300},
    )
    yield _members(
        "an enqueue whose answer is lost",
        "Enqueue retried after time-out",
        "1029 already queued",
        jobs=1,
        faults=(Fault("reset", "export_enqueue", args={"after_handling": True}),),
        text="Asks again; `Job already queued` is as good as success.",
    )
    for kind in ("reset", "empty_body", "http"):
        yield _members(
            f"a create whose answer is lost ({kind})",
            "Lost answer of a create",
            faults=(Fault(kind, "export_create", args={"after_handling": True}),),
            text="Looks for the job it may have made, and uses it.",
        )
    for code in ("500", "502", "503", "604"):
        yield _members(
            f"a create that is done and answered {code}",
            code,
            jobs=1,
            faults=(Fault("error", "export_create", args={"code": code, "after_handling": True}),),
            text="Looks for the job it may have made, and uses it.",
        )
    yield from _late_enqueues()
    yield from _sick_jobs()
    yield from _refused_fields()
    yield from _one_program_a_job()
    yield _members(
        "no updatedAt filter in the subscription (1035)",
        "1035",
        "updatedAt filter not in the plan",
        "updated_at_filter False",
        before=Before.SYNCED,
        knobs={"updated_at_filter": False},
        edits=(Edit("bulk_edit", {"count": 4}),),
        words=("no updatedAt filter",),
        text="Exports whole programs from then on, which costs more quota; a WARNING says so.",
    )
    yield _members(
        "a program deleted between listing and create",
        "Program deleted meanwhile",
        faults=(Fault("edit", "programs", args={"do": "delete_program", "program_id": 1003}),),
        text="Skipped.",
    )
    yield _members(
        "a bookmark older than 31 days",
        "31-day window",
        before=Before.SYNCED,
        edits=(Edit("bulk_edit", {"count": 4}), Edit("advance", {"seconds": 70 * DAY})),
        text="Asks in windows of at most 31 days.",
    )


# Three jobs: two of ten programs, one of five.
_MANY = {"world": "sized", "programs": 25, "members_per_program": 4}


def _late_enqueues() -> Iterator[Case]:
    """The work is done, and the answer comes after the tap gave up, or never."""
    late = {"after_handling": True, "seconds": 1}
    slow = Fault("slow", "export_enqueue", args=late)
    impatient = {"request_timeout_seconds": 0.2}
    for kind, settings in (("reset", {}), ("http", {}), ("slow", impatient)):
        fault = slow if kind == "slow" else replace(slow, kind=kind, args={"after_handling": True})
        for variant, words in _REFUSED_AGAIN.items():
            yield _members(
                f"an enqueue whose answer is lost ({kind}) and whose repeat is refused ({words})",
                "Enqueue retried after time-out",
                "1029 already queued",
                f"U34 {variant}",
                jobs=1,
                faults=(fault,),
                knobs={"U34": variant},
                settings=settings,
                text="Asks for the job's status; Queued, Processing and Completed are success.",
            )
    yield _members(
        "enqueues whose answers all come too late, of several jobs",
        "Enqueue retried after time-out",
        "1029 already queued",
        jobs=3,
        faults=(replace(slow, count=3),),
        settings=impatient,
        knobs={"U34": "other_words"},
        world=_MANY,
        text="Asks for each job's status; none is made or paid twice.",
    )


_REFUSED_AGAIN = {
    "already_queued": "1029 `Job already queued`",
    "other_words": "1029 in other words",
    "1003": "1003",
}


_SYSTEM_ERROR = {"does": "error", "code": "611"}
_SICKNESSES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a status that answers 611", _SYSTEM_ERROR),
    ("a status that answers HTTP 502", {"does": "http", "status": 502}),
    ("a status with an empty body", {"does": "empty_body"}),
    ("a status whose connection is reset", {"does": "reset"}),
    ("an enqueue that answers 611", {**_SYSTEM_ERROR, "verbs": ["enqueue"]}),
    ("a status that answers 611 and no list", {**_SYSTEM_ERROR, "verbs": ["status", "list"]}),
)


def _sick_jobs() -> Iterator[Case]:
    """Jobs whose calls go wrong for ever, while those of all others go well."""
    well = tuple(number for number in range(1001, 1026) if number != 1003)
    for what, args in _SICKNESSES:
        sick = Fault("job_sick", args={"program_id": 1003, **args})
        # The list of jobs tells what a status does not, unless it is silent too.
        verbs = args.get("verbs", ["status", "list"])
        yield _members(
            f"{what} of one job",
            "Sick job",
            faults=(sick,),
            text="The list of jobs tells what its status does not; else it is made anew.",
            times="for ever",
            world=_MANY,
        )
        yield _members(
            f"{what} of every job of one program",
            "Sick job",
            must=Must.STOP,
            faults=(replace(sick, count=FOR_EVER, args={**sick.args, "verbs": verbs}),),
            words=("1003",),
            times="for ever",
            world=_MANY,
            brings=well,
            text="That program is named and left for the next run; all others come.",
        )
    yield from _sick_leftovers()


def _sick_leftovers() -> Iterator[Case]:
    """Sick jobs that are paid for already."""
    without_file = {"program_id": 1003, **_SYSTEM_ERROR, "verbs": ["file"]}
    yield _members(
        "a file that answers 611 of one job",
        "Sick job",
        must=Must.STOP,
        faults=(Fault("job_sick", args=without_file),),
        words=("611",),
        times="for ever",
        world=_MANY,
        brings=tuple(range(1011, 1026)),
        text="The job is paid for: the state names it and the next run asks again. All others "
        "come.",
    )
    yield _members(
        "a job of an earlier run whose status answers 611",
        "Sick job",
        "Lost jobs after crash",
        before=Before.JOB_LEFT,
        edits=(Edit("sicken_jobs"),),
        times="for ever",
        text="The list of jobs tells what its status does not; else it is made anew.",
    )


def _refused_fields() -> Iterator[Case]:
    """Marketo describes a field, and refuses to export it."""
    names = ("registrationCode", "webinarUrl")
    text = "Exactly the fields named are dropped with a WARNING and the job made without them."
    for variant in ("1006", "1003"):
        yield _members(
            f"fields that Marketo describes and refuses to export ({variant})",
            "Refused fields",
            f"U4 {variant}",
            "refused_fields",
            knobs={"refused_fields": ",".join(names), "U4": variant},
            lacking=names,
            words=names,
            text=text,
        )
        yield _members(
            f"a lead field that Marketo describes and refuses to export ({variant})",
            "Refused fields",
            f"U4 {variant}",
            "refused_fields",
            knobs={"refused_fields": "title", "U4": variant},
            settings={"lead_fields": ["email", "title"]},
            lacking=("title",),
            words=("title",),
            text=text,
        )


def _one_program_a_job() -> Iterator[Case]:
    """1035 that is about `programIds`: with `programId` the file has no such column by itself."""
    changes = (Edit("bulk_edit", {"count": 6}),)
    for variant, words in (("1035", "named"), ("1035_unnamed", "not named")):
        for before, edits in ((Before.NOTHING, ()), (Before.SYNCED, changes)):
            yield _members(
                f"no programIds filter in the subscription (1035, {words}), after {before}",
                "1035",
                f"program_ids_filter {variant}",
                before=before,
                edits=edits,
                knobs={"program_ids_filter": variant},
                text="Exports one program a job from then on; each row has its program all the "
                "same.",
            )
    yield _members("a subscription that takes programIds", "program_ids_filter accepted", jobs=1)


def _files() -> Iterator[Case]:
    twice = 2
    yield _members(
        "a completed job whose file is not there",
        "Completed but file 404",
        "file.json error bodies",
        faults=(Fault("file_missing", count=twice),),
        text=_AGAIN,
    )
    for at in (0, 1, 700):
        yield _members(
            f"a connection cut at byte {at} of a file",
            "connection cut at byte N",
            "Broken download",
            faults=(Fault("cut", "export_file", count=twice, args={"bytes": at}),),
            text="Goes on from that byte with a Range request.",
        )
    yield _members(
        "a silent open connection in the middle of a file",
        "Silent socket",
        faults=(Fault("stall", "export_file", args={"bytes": 100, "seconds": 3}),),
        settings={"request_timeout_seconds": 0.2},
        text="Given up after `request_timeout_seconds` of silence, then goes on from that byte.",
    )
    cut = Fault("cut", "export_file", args={"bytes": 300})
    for kind in ("whole_file_on_range", "wrong_content_range", "short_range"):
        yield _members(
            f"a Range request answered wrongly ({kind.replace('_', ' ')})",
            "Broken download",
            faults=(cut, Fault(kind)),
            text="Starts the file over.",
        )
    for kind in ("wrong_checksum", "wrong_size"):
        figure = kind.removeprefix("wrong_")
        yield _members(
            f"a job whose {figure} is not its file's",
            "checksum mismatch",
            "truncated file",
            faults=(Fault(kind),),
            text=_AGAIN,
        )
        yield _members(
            f"jobs whose {figure} never is their file's",
            "checksum mismatch",
            must=Must.STOP,
            faults=(Fault(kind, count=FOR_EVER),),
            words=(r"the file has .*(SHA-256|instead of|more than)",),
            text="No row of it gets out. " + LATER,
        )
    yield _members(
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
        yield _members(f"a damaged download ({told})", *references, faults=(wrong,), text=_AGAIN)
    for mode in ("extra_column", "short_row", "undoubled_quotes"):
        wrong = Fault("corrupt", "export_file", FOR_EVER, args={"mode": mode, "consistent": True})
        yield _members(
            f"damaged files whose figures match them ({mode.replace('_', ' ')})",
            "ragged rows",
            "Undoubled quotes",
            "doubled and undoubled quotes",
            must=Must.STOP,
            faults=(wrong,),
            words=("export",),
            text="A row with the wrong number of columns is a bad file; no row of it gets out.",
        )
    yield _members(
        "a page of HTML in place of a file, with HTTP 200",
        "file.json error bodies",
        faults=(Fault("http", "export_file", args={"status": 200}),),
        text=_AGAIN,
    )
    yield _members(
        "a token error as JSON in place of a file",
        "602 on file.json",
        "602 in mid-paging",
        faults=(Fault("error", "export_file", args={"code": "602"}),),
        text="Fetches a new token and asks for the file again.",
    )


# What data may be like

_ODD_TEXTS = (
    ("a NUL byte", "a\x00b", ("NUL", "NUL bytes")),
    ("a lone CR", "a\rb", ("lone CR", "iterating lines")),
    ("U+2028", "a\u2028b", ("U+2028", "iterating lines")),
    ("a line feed", "a\nb\r\nc", ("embedded LF", "iterating lines")),
    ("doubled quotes and commas", 'say "a, b", then', ("doubled and undoubled quotes",)),
    ("the word null", "null", ("null as a surname", "literal `null`", "U12 bare")),
    ("an emoji", "👩‍🚀" * 300, ("emoji across a range", "default charset")),
    ("200 KB", "x" * 200_000, ("200 KB cells",)),
)


def _data() -> Iterator[Case]:
    for name, value, references in _ODD_TEXTS:
        odd = {"program_id": 1002, "lead_id": 3, "customText": value, "touch": False}
        yield _members(
            f"a cell that holds {name}",
            *references,
            faults=(Fault("cut", "export_file", count=2, args={"bytes": 1001}),),
            edits=(Edit("edit_member", odd),),
            text={
                "a NUL byte": "The byte is dropped.",
                "the word null": "Taken for null, which Marketo writes in the same way.",
            }.get(name, "Comes as it is."),
        )
    new = {"name": "customNew", "dataType": "hologram", "values": ["a", "b"]}
    for stream, edit in (
        (PROGRAMS, Edit("edit_program", {"program_id": 1001, "name": "\ud83d cut"})),
        (BY_TAG, Edit("edit_program", {"program_id": 1001, "name": "\ud83d cut"})),
    ):
        yield Case(
            f"a text of {stream} that is cut inside a surrogate pair",
            Must.SUCCEED,
            stream,
            ("Half a surrogate pair",),
            settings=_REGION if stream == BY_TAG else {},
            edits=(edit,),
            text="The half is replaced by U+FFFD.",
        )
    yield Case(
        "a field of a data type nobody knows",
        Must.SUCCEED,
        DISCOVERY,
        ("new dataType",),
        edits=(Edit("add_member_field", new),),
        text="A string.",
    )
    unfit = {"program_id": 1001, "lead_id": 2, "customInteger": CELL, "touch": False}
    yield _members(
        "a cell that does not fit its field's type",
        "Cell that does not fit",
        edits=(Edit("edit_member", unfit),),
        words=("did not fit", "customInteger: 1"),
        text="Null; a WARNING at the end names the field and how many.",
    )
    whole = {"program_id": 1001, "lead_id": 2, "customInteger": "12.0", "touch": False}
    yield _members(
        "an integer that is written 12.0",
        "integers as 12.0",
        "integers as `12.0`",
        edits=(Edit("edit_member", whole),),
        text="The integer 12.",
    )
    status = {"program_id": 1001, "lead_id": 2, "statusName": "Gone with 2019", "touch": False}
    yield _members(
        "a status that no channel has",
        "status names that no channel defines",
        "Status names from channels",
        edits=(Edit("edit_member", status),),
        text="Comes as it is.",
    )
    early = {"updatedAt": "2024-01-02T03:04:05Z", "createdAt": "2024-01-02T03:04:06Z"}
    yield _members(
        "a member that was updated before it was created",
        "updatedAt < createdAt",
        edits=(Edit("edit_member", {"program_id": 1001, "lead_id": 2, "touch": False, **early}),),
        text="Comes as it is.",
    )
    yield _members(
        "a removed member",
        "Removed members",
        before=Before.SYNCED,
        edits=(Edit("remove_member", {"program_id": 1001, "lead_id": 2}),),
        lacking=("+",),
        text="An incremental run cannot see it: the row stays in the target until the stream is "
        "read as FULL_TABLE.",
    )


def _listings() -> Iterator[Case]:
    many = {"world": "sized", "programs": 450, "members_per_program": 0}
    plain: dict[str, Any] = {"program_details": False}
    without = ("tags", "costs", "startDate", "endDate")
    for action in ("create", "delete"):
        yield Case(
            f"a program listing that shifts between two pages ({action})",
            Must.SUCCEED,
            PROGRAMS,
            ("page shift", "Offset paging over live name order"),
            "programs",
            faults=(Fault("shift_page", "programs", args={"action": action}),),
            settings=plain,
            world=many,
            lacking=(*without, *(("+",) if action == "delete" else ())),
            text="Notices it and reads the listing again.",
        )
    yield Case(
        "an expired token in mid-paging",
        Must.SUCCEED,
        PROGRAMS,
        ("602 in mid-paging",),
        "programs",
        faults=(Fault("error", "programs", after=1, args={"code": "602"}),),
        settings=plain,
        world=many,
        lacking=without,
        text="Fetches a new token and goes on with that page.",
    )
    yield Case(
        "programs by tag in another order for each request",
        Must.SUCCEED,
        BY_TAG,
        ("byTag reshuffle", "byTag random order"),
        settings={"program_tags": [{"tag_type": "Region"}]},
        world={"world": "sized", "programs": 640, "members_per_program": 0},
        text="Reads the listing until it has shown as many different programs as it has rows.",
    )
    yield from _answers_without_result()
    yield Case(
        "a program that is deleted between listing and details",
        Must.SUCCEED,
        PROGRAMS,
        ("Unknown program id expected as error",),
        "program",
        faults=(Fault("no_result", "program"),),
        lacking=without,
        text="It comes as it was listed.",
    )
    yield Case(
        "programs whose tags and costs are null",
        Must.SUCCEED,
        PROGRAMS,
        ("tags null", "`tags`/`costs` null"),
        knobs={"empty_tags": "null"},
        text="Null stays null.",
    )
    odd = {"id": 1009, "name": "Odd", "type": "InteractiveWebinar", "headStart": None}
    yield Case(
        "a program of a type nobody has described",
        Must.SUCCEED,
        PROGRAMS,
        ("new program type", "type enum from docs"),
        edits=(Edit("add_program", odd),),
        text="Comes as it is.",
    )
    yield from _gateways()
    yield from _limits()


def _answers_without_result() -> Iterator[Case]:
    for endpoint in ("channels", "programs", "tag_types", "programs_by_tag"):
        place = ENDPOINTS[endpoint]
        case = Case(
            "an answer without `result` and without a warning",
            Must.SUCCEED,
            place.stream,
            ("result missing", "Empty page has no `result`"),
            endpoint,
            "once",
            faults=(Fault("no_result", endpoint),),
            settings=place.settings,
            text="No rows; but Marketo says so in a warning, so without one it is asked again.",
        )
        yield case
        yield replace(
            case,
            times="for ever",
            faults=(Fault("no_result", endpoint, FOR_EVER),),
            lacking=("*",),
            text="The second such answer is believed: there are no rows.",
        )
    for endpoint, text in _WITHOUT_RESULT.items():
        place = ENDPOINTS[endpoint]
        yield Case(
            "an answer without `result`",
            Must.SUCCEED,
            place.stream,
            ("result missing",),
            endpoint,
            faults=(Fault("no_result", endpoint),),
            settings=place.settings,
            before=place.before,
            jobs=1 if place.family == "bulk" else 0,
            text=text,
        )
    for endpoint in ("members_describe", "leads_describe2"):
        place = ENDPOINTS[endpoint]
        case = Case(
            "an answer without `result`",
            Must.SUCCEED,
            place.stream,
            ("result missing",),
            endpoint,
            "once",
            faults=(Fault("no_result", endpoint),),
            settings=place.settings,
            text="Asks again: there are always fields.",
        )
        yield case
        for_ever = (Fault("no_result", endpoint, FOR_EVER),)
        yield replace(
            case,
            must=Must.STOP,
            times="for ever",
            faults=for_ever,
            words=("without a result",),
            text=LATER,
        )


# Where rows are always expected, or their absence means little.
_WITHOUT_RESULT = {
    "export_create": "Looks for the job it may have made, and uses it.",
    "export_enqueue": "Asks again; `Job already queued` is as good as success.",
    "export_status": "Asks again.",
    "export_list": "Means that there are no jobs.",
    "members": "Means that nothing changed; the next run asks for the same time again.",
}


# One of each family; identity is asked first whatever is run.
_GATEWAYS = ("identity", "programs", "members_describe", "export_status", "export_file")


def _gateways() -> Iterator[Case]:
    """Statuses of proxies and load balancers in front of Marketo, which no standard has."""
    for endpoint in _GATEWAYS:
        place = ENDPOINTS[endpoint]
        for status in (520, 522, 524, 530, 598, 599):
            yield Case(
                f"HTTP {status}, as gateways answer",
                Must.SUCCEED,
                place.stream,
                ("Gateways",),
                endpoint,
                "once",
                faults=(Fault("http", endpoint, args={"status": status}),),
                text="Tried again, as every 5xx.",
            )
        if endpoint != "identity":
            yield Case(
                "HTTP 401 outside Identity",
                Must.SUCCEED,
                place.stream,
                ("HTTP 401",),
                endpoint,
                "once",
                faults=(Fault("http", endpoint, args={"status": 401}),),
                text="A new token is fetched and the call repeated, once.",
            )


def _limits() -> Iterator[Case]:
    others = {"rate_limit": 5, "neighbour_calls": 3}
    yield Case(
        "bursts of other integrations that use the 20 seconds up",
        Must.SUCCEED,
        TAG_TYPES,
        ("606 bursts", "Retry-After awaited"),
        knobs=others,
        real_time=True,
        text="Waits for the next 20 seconds, as often as need be.",
    )
    for endpoint in ("program", "programs_by_tag"):
        place = ENDPOINTS[endpoint]
        yield Case(
            "a missing permission for one endpoint",
            Must.CONFIG,
            place.stream,
            ("603 of one endpoint", "600/601/602/603 confusion"),
            endpoint,
            knobs={"denied": endpoint},
            settings=place.settings,
            words=("603", "Read-Only Assets"),
            text=PERMIT,
        )
    yield Case(
        "no permission for members, while programs may be read",
        Must.SUCCEED,
        DISCOVERY,
        ("603 of one endpoint",),
        "members_describe",
        knobs={"denied": "members_describe"},
        words=("program_members is left out", "Read-Only Lead"),
        text="Discovery leaves `program_members` out and says why; the other streams work.",
    )
    several = [{"code": "1003", "message": "Nothing"}, {"code": "608", "message": "Later"}]
    yield Case(
        "several errors in one answer",
        Must.SUCCEED,
        CHANNELS,
        ("Several errors at once",),
        faults=(Fault("error", "channels", args={"errors": several}),),
        text="The one that says most decides.",
    )
    yield Case(
        "more members than Get Program Members handles",
        Must.SUCCEED,
        MEMBERS,
        ("100k member cap on REST",),
        "members",
        knobs={"members_cap": 1, "members_cap_counts": "total"},
        before=Before.INTERRUPTED,
        text="An export finds out instead.",
    )


# Marketo's clock


_DAY_AHEAD, _DAY_BEHIND = {"date_skew_seconds": DAY}, {"date_skew_seconds": -DAY}
# The year 9999.
_FAR_AHEAD = {"date_skew_seconds": 1e12}
_NO_DATES = (
    "absent",
    "yesterday",
    "Mon, 32 Foo 2026 25:61:61 GMT",
    "Sun, 01 Mar 2026 12:00:00 +99999999999999",
    "Sun, 01 Mar 99999999 12:00:00 GMT",
    "-1",
)


def _dates() -> Iterator[Case]:
    """A header Date that is wrong must not move a window's end into the future."""
    member = Edit("edit_member", {"program_id": 1001, "lead_id": 1, "statusReason": "late"})
    program = Edit("edit_program", {"program_id": 1001, "description": "late"})
    lasting: tuple[tuple[str, dict[str, Any]], ...] = (
        ("a day ahead", _DAY_AHEAD),
        ("in the year 9999", _FAR_AHEAD),
        ("a day behind", _DAY_BEHIND),
    )
    for stream, edit in ((MEMBERS, member), (PROGRAMS, program)):
        for what, knobs in lasting:
            for end in ("stays", "does not stay"):
                if end == "stays" and knobs is _DAY_BEHIND:
                    # Whatever happens is in its future, and so comes a day later.
                    continue
                yield Case(
                    f"a header Date {what} that {end} so, of {stream}",
                    Must.SUCCEED,
                    stream,
                    ("date_skew_seconds",),
                    knobs=knobs,
                    words=("[Cc]lock|Date",),
                    then=(edit, *(() if end == "stays" else (Edit("undisturbed"),))),
                    real_time=True,
                    text="Windows end at the earlier of Marketo's Date and this machine's clock.",
                )
        for text in _NO_DATES:
            yield Case(
                f"a header Date that is {text!r}, of {stream}",
                Must.SUCCEED,
                stream,
                ("date_header",),
                knobs={"date_header": text},
                then=(edit,),
                real_time=True,
                text="This machine's clock counts.",
            )


# What else Marketo may do in one way or another


def _choices() -> Iterator[Case]:
    """Every other knob with several values, under each of them."""
    edits = (Edit("bulk_edit", {"count": 4}),)
    every: dict[str, tuple[tuple[object, ...], dict[str, Any]]] = {
        "channel_status_detail": (("type", "description"), {"stream": CHANNELS}),
        "empty_tags": (("list", "null"), {"stream": PROGRAMS}),
        "sticky_cookie": ((True, False), {"stream": PROGRAMS}),
        "updated_at_filter": ((True,), {"before": Before.SYNCED, "edits": edits}),
        "empty_job_list": (("no_result", "no_body"), {"settings": _QUOTA}),
        "row_order": (("lead_id", "reverse"), {}),
        "ssv_separator": (("semicolon", "space"), {}),
        "member_nulls": (("null", "absent"), {"before": Before.INTERRUPTED, "edits": edits}),
        "members_cap_counts": (
            ("matching", "total"),
            {"before": Before.INTERRUPTED, "edits": edits, "knobs": {"members_cap": 1}},
        ),
    }
    for name, (variants, more) in every.items():
        for variant in variants:
            case = Case(
                f"a choice of Marketo's, `{name}`: `{variant}`",
                Must.SUCCEED,
                MEMBERS,
                (f"{name} {variant}",),
                text="No difference.",
            )
            knobs = {name: variant, **more.get("knobs", {})}
            yield replace(case, **{**more, "knobs": knobs})


# What nobody public knows: U1 to U37


def _unknowns() -> Iterator[Case]:
    yield from _never_asked()
    yield from _export_unknowns()
    yield from _file_unknowns()
    yield from _asset_unknowns()
    yield from _identity_unknowns()


# Choices that the tap never meets; it must work whatever is chosen.
_NOT_MET = {
    "U1": ("1003", "1002", "609"),
    "U2": ("1003", "1001", "1002"),
    "U5": ("accepted", "1003"),
    "U9": ("first_only", "twice"),
    "U15": ("csv", "plain"),
}
NEVER = {
    "U1": "Every job names its programs.",
    "U2": "Jobs are at most ten programs and 31 days, never both spellings, never an empty window.",
    "U5": "Windows are whole seconds.",
    "U9": "`programId` comes by itself and is not asked for.",
    "U15": "Only CSV is asked for, and the content type only tells it from JSON.",
    "U21": "`maxReturn` is always 200, and no offset is negative.",
}


def _never_asked() -> Iterator[Case]:
    for unknown, variants in _NOT_MET.items():
        for variant in variants:
            yield _knob(unknown, variant, text=NEVER[unknown])
    for variant in ("1001", "701", "clamp"):
        yield _knob("U21", variant, stream=PROGRAMS, text=NEVER["U21"])


def _knob(unknown: str, variant: str, *, stream: str = MEMBERS, **more: Any) -> Case:  # noqa: ANN401 - any other column
    number = unknown.partition("_")[0]
    knobs = {unknown: variant, **more.pop("knobs", {})}
    what = more.pop("what", UNKNOWNS[number])
    shown = f"{unknown}, {what}: {variant}"
    must = more.pop("must", Must.SUCCEED)
    return Case(shown, must, stream, (f"{unknown} {variant}",), knobs=knobs, **more)


def _export_unknowns() -> Iterator[Case]:
    gone = Fault("edit", "programs", args={"do": "delete_program", "program_id": 1003})
    for variant in ("empty", "1003", "1013", "failed"):
        yield _knob("U3", variant, faults=(gone,), text="The deleted program is skipped.")
    vanished = (Edit("remove_member_field", {"name": "customText"}),)
    for variant in ("1006", "1003"):
        text = "The field is dropped with a WARNING and the job made without it."
        words = ("no longer knows customText",)
        yield _knob("U4", variant, edits=vanished, words=words, text=text)
    odd = {"code": "1006", "message": "Unknown: 'customText'"}
    yield _members(
        "1006 in words nobody has described",
        "1006",
        faults=(Fault("error", "export_create", FOR_EVER, where='"customText"', args=odd),),
        edits=vanished,
        words=("no longer knows customText",),
        text="The field is dropped with a WARNING and the job made without it.",
    )
    for variant in ("1013", "610", "1003", "404"):
        forgotten = (Edit("forget_jobs"),)
        text = "A job in the state that Marketo has forgotten is made anew."
        yield _knob("U6", variant, before=Before.JOB_LEFT, edits=forgotten, text=text)
    changes = (Edit("bulk_edit", {"count": 6}), Edit("advance", {"seconds": 7200}))
    for variant in (
        "inclusive",
        "exclusive_end",
        "lag_5_minutes",
        "lag_60_minutes",
        "visible_outside",
        "lead_edits_count",
    ):
        text = "Windows overlap by `lookback_seconds`, and rows outside a window are kept."
        yield _knob("U17", variant, before=Before.SYNCED, edits=changes, text=text)
    for variant in ("disappear", "stay"):
        text = "What the export holds is what comes."
        yield _knob("U18", variant, edits=(Edit("delete_lead", {"lead_id": 1}),), text=text)
    for variant in ("answered", "1002", "1003"):
        text = "An export finds out what Get Program Members does not say."
        more: dict[str, Any] = {"before": Before.INTERRUPTED, "edits": changes[:1], "text": text}
        yield _knob("U35", variant, **more)
    for variant in ("all", "joins_only"):
        text = "What asking does not show comes with the next export: late, never lost."
        # What `bulk_edit` changes of members that are there already.
        edited = ("statusName", "reachedSuccess", "reachedSuccessDate", "updatedAt")
        more = {"before": Before.INTERRUPTED, "edits": changes[:1], "then": (), "text": text}
        yield _knob("U36", variant, lacking=edited if variant == "joins_only" else (), **more)
    for variant in ("present", "absent"):
        text = "One member is asked for, and only whether there is one; nothing is paged."
        yield _knob("U31", variant, before=Before.INTERRUPTED, text=text)


def _file_unknowns() -> Iterator[Case]:
    expired = (Edit("advance", {"seconds": 8 * DAY}),)
    text = "The job is made anew."
    for variant in ("plain", "html", "empty"):
        yield _knob("U7", variant, before=Before.JOB_LEFT, edits=expired, text=text)
    for variant in ("404", "json"):
        yield _knob("U16", variant, before=Before.JOB_LEFT, edits=expired, text=text)
    for variant in ("header", "zero_bytes", "404"):
        text = "A job that says it has 0 records is not downloaded."
        yield _knob("U8", variant, before=Before.SYNCED, text=text)
    unsaid = (Fault("missing_verdict", count=FOR_EVER),)
    empty = "the file of an empty export whose figures are missing"
    unsure: dict[str, Any] = {"what": empty, "before": Before.SYNCED, "faults": unsaid}
    for variant in ("header", "zero_bytes"):
        yield _knob("U8", variant, text="No rows.", **unsure)
    text = "Without figures a lost file looks the same: made anew once, then the run stops."
    yield _knob("U8", "404", must=Must.STOP, words=("no such file",), text=text, **unsure)
    for variant in ("mixed", "words", "digits"):
        text = "0, 1, true, false, yes and no are read, in any case."
        fields = {"lead_fields": ["email", "unsubscribed"]}
        yield _knob("U10", variant, settings=fields, text=text)
    for variant in ("decimal", "exponent", "integral"):
        yield _knob("U11", variant, text="All are numbers.")
    null = {"program_id": 1002, "lead_id": 3, "customText": "null", "touch": False}
    for variant in ("bare", "quoted", "empty_cell"):
        text = "`null` and an empty cell are null."
        yield _knob("U12", variant, edits=(Edit("edit_member", null),), text=text)
    for variant in ("lf", "no_final", "crlf"):
        yield _knob("U13", variant, text="All are read.")
    for variant in ("416", "200", "206"):
        more = Fault("wrong_size", args={"value": 1_000_000})
        text = "A file that stays shorter than promised is bad: status and file are asked again."
        yield _knob("U14", variant, faults=(more,), text=text)


def _asset_unknowns() -> Iterator[Case]:
    edits = (
        Edit("edit_program", {"program_id": 1002, "description": "new"}),
        Edit("advance", {"seconds": 2}),
    )
    fresh = (*edits[:1], Edit("add_program", {"id": 1009, "name": "New"}), *edits[1:])
    for variant in ("both", "updated"):
        text = "A new program has been updated too; listings are compared with those before."
        more = {"before": Before.SYNCED, "edits": fresh}
        yield _knob("U37", variant, stream=PROGRAMS, text=text, **more)
    for variant in ("inclusive", "exclusive", "701"):
        text = "Both ends are always sent, the end after the start; windows overlap."
        more = {"before": Before.SYNCED, "edits": edits}
        yield _knob("U19", variant, stream=PROGRAMS, text=text, **more)
    many = {"world": "sized", "programs": 450, "members_per_program": 0}
    for variant in ("name", "id", "random"):
        yield _knob(
            "U20",
            variant,
            stream=PROGRAMS,
            settings={"program_details": False},
            world=many,
            lacking=("tags", "costs", "startDate", "endDate"),
            text="A listing whose pages do not join is read again, until it has shown all.",
        )
    yield from _by_tag_unknowns()
    yield from _tag_unknowns()


def _by_tag_unknowns() -> Iterator[Case]:
    comma = (
        Edit(
            "tag_program",
            {"program_id": 1003, "tag_type": "Region", "tag_value": "North America, Canada"},
        ),
    )
    for variant in ("warning", "702", "709", "1003"):
        text = "A value that is unknown has no programs."
        yield _knob("U22", variant, stream=BY_TAG, edits=comma, text=text)
    for variant in ("queried", "all"):
        text = "`tagType` and `tagValue` are those that were asked for."
        yield _knob("U22_tags", variant, stream=BY_TAG, settings=_REGION, text=text)
    for variant in ("insensitive", "sensitive"):
        wanted = {"program_tags": [{"tag_type": "region", "tag_values": ["emea", "apj"]}]}
        text = "Tags of `program_tags` are asked for as Marketo spells them."
        yield _knob("U22_case", variant, stream=BY_TAG, settings=wanted, text=text)
    text = "A value that contains a comma is told apart by asking for its programs."
    yield _knob("U23", "raw", stream=BY_TAG, edits=comma, text=text)


def _tag_unknowns() -> Iterator[Case]:
    text = "The tag type comes without values."
    gone: dict[str, Fault] = {
        "warning": Fault("no_result", "tag_type", where="Quarter"),
        "702": Fault("error", "tag_type", where="Quarter", args={"code": "702"}),
    }
    for variant, fault in gone.items():
        lost: dict[str, Any] = {"faults": (fault,), "lacking": ("allowableValues",)}
        yield _knob("U24", variant, stream=TAG_TYPES, text=text, **lost)
    tagged = (
        Edit("advance", {"seconds": 7200}),
        Edit("tag_program", {"program_id": 1003, "tag_type": "Region", "tag_value": "LATAM"}),
        Edit("advance", {"seconds": 2}),
    )
    later = "An incremental run does not see the new tag; `programs_by_tag` does, and FULL_TABLE."
    for variant, text in (("no", later), ("yes", "The program comes again.")):
        more: dict[str, Any] = {"lacking": ("tags",) if variant == "no" else ()}
        yield _knob(
            "U25", variant, stream=PROGRAMS, before=Before.SYNCED, edits=tagged, text=text, **more
        )
    for variant in ("zulu_offset", "milliseconds", "offset"):
        event = {"id": 1009, "name": "Event", "startDate": "2024-08-20T22:08:07Z"}
        yield _knob(
            "U33",
            variant,
            stream=PROGRAMS,
            edits=(Edit("add_program", event),),
            # As local time with an offset, the sandbox means another moment.
            lacking=("startDate",) if variant == "offset" else (),
            text="Read in every spelling; leaves as RFC 3339 in UTC.",
        )


def _identity_unknowns() -> Iterator[Case]:
    text = "There are none to look at; 606 is waited out by the tap's own clock."
    yield _knob("U28", "none", stream=CHANNELS, text=text)
    for variant in ("200", "429"):
        yield _knob(
            "U29",
            variant,
            stream=TAG_TYPES,
            knobs={"rate_limit": 5, "neighbour_calls": 3},
            real_time=True,
            text="Both wait for the next 20 seconds.",
        )
    for variant in ("unauthorized", "invalid_client", "200"):
        for name, value in (("client_id", "nobody"), ("client_secret", "a-wrong-secret")):
            yield _knob(
                "U30",
                variant,
                what=f"a wrong {name}",
                stream=CHANNELS,
                settings={name: value},
                must=Must.CONFIG,
                words=("client_id and client_secret", "LaunchPoint"),
                text="Compare both with Admin > LaunchPoint > View Details.",
            )


# The lists that the references come from

UNKNOWNS: dict[str, str] = {
    "U1": "create without program ids",
    "U2": "create with too many programs or too long a window",
    "U3": "an unknown program in a job's filter",
    "U4": "an unknown export field",
    "U5": "milliseconds in a job's window",
    "U6": "an unknown or foreign export id",
    "U7": "the body of the 404 of a file",
    "U8": "the file of an empty export",
    "U9": "programId asked for beside programIds",
    "U10": "how booleans are written",
    "U11": "how decimal numbers are written",
    "U12": "null, and the text null",
    "U13": "the last line end of a file",
    "U14": "a Range beyond the end of a file",
    "U15": "the content type of TSV and SSV",
    "U16": "a file that expired",
    "U17": "what the updatedAt filter of an export means",
    "U18": "members whose lead was deleted",
    "U19": "the bounds of the date filter of programs",
    "U20": "the order of programs",
    "U21": "page sizes and offsets out of range",
    "U22": "unknown tags, letter case, and the tags shown, of Get Programs by Tag",
    "U23": "tag values with commas",
    "U24": "an unknown tag type",
    "U25": "whether a tag, cost or folder moves a program's updatedAt",
    "U26": "when the export quota is charged",
    "U27": "where a full queue refuses",
    "U28": "headers that tell of rate limits",
    "U29": "the HTTP status of a 606",
    "U30": "how Identity refuses a client",
    "U31": "moreResult of Get Program Members",
    "U32": "daylight saving of the quota's midnight",
    "U33": "how start and end dates of programs are written",
    "U34": "how an enqueue of a job that was enqueued already is refused",
    "U35": "whether Get Program Members wants filterValues beside updatedAt",
    "U36": "whether Get Program Members sees the changes that an export sees",
    "U37": "what the date filter of programs covers",
}

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
_MET_BY: dict[str, str] = {
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

# Not to be simulated by a case: why, and what holds it instead.
ELSEWHERE: dict[str, str] = {
    "Token in the URL": "the sandbox refuses it on every call; test_client.py",
    "User pastes `/rest` or `/identity`": "no answer of Marketo's; test_client.py",
    "`+` in date filter": "windows end in Z; test_plan.py",
    "maxReturn default 20": "needs more than 20 programs: the rows of U20 have 450",
    "start ≥ end in programs.json": "needs a calendar that stands still; test_streams.py",
    "Bookmark from a page in mid-scan": "about STATE, not answers; test_streams.py",
    "byName assumed unique": "programs are never asked for by name",
    "exact `text/csv` compare": "content types of files; test_download.py",
    "gzip expected": "no compression is asked for; test_download.py",
    "`rest` missing in leads/describe": "describe2 has no such entry; test_schema.py",
    "describe with a SOAP-only field": "describe2 has no such entry; test_schema.py",
}

GROUPS: dict[str, tuple[Case, ...]] = {
    "Codes and answers": tuple(_everywhere()),
    "Logging in": tuple(_identity()),
    "The export queue and the day's quota": tuple(_queue()),
    "Export jobs": tuple(_jobs()),
    "Export files": tuple(_files()),
    "Data": tuple(_data()),
    "Listings, limits and permissions": tuple(_listings()),
    "Marketo's clock": tuple(_dates()),
    "Choices that make no difference": tuple(_choices()),
    "Unknowns": tuple(_unknowns()),
}
CASES: tuple[Case, ...] = tuple(case for cases in GROUPS.values() for case in cases)


def missing() -> list[str]:
    """What no case stands for and nothing explains."""
    met = {reference for case in CASES for reference in case.references}
    met |= {name for name, by in _MET_BY.items() if by in met}
    wanted = {*CODES, *MENU, *TRAPS, *SETTINGS}
    unknowns = {number for number in UNKNOWNS if not any(r.startswith(f"{number} ") for r in met)}
    return sorted((wanted | unknowns) - met - ELSEWHERE.keys())
