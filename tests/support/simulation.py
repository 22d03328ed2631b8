"""A run of exports without a socket, a thread or a clock: the scheduler, and a Marketo in a dict.

`Simulation` performs one action of one worker at a time, with the answer that a test
chooses, and holds after each step what must hold at every moment of every run:

- no job is enqueued before a STATE that names it is out, and never more than allowed;
- rows of a program leave in the order of time;
- no STATE says more than the rows before it, and the answers to what was asked;
- no STATE says of a field that members have it who were exported without;
- the scheduler never comes to a stand while something is left to do.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

from tap_marketo_programs.errors import (
    AnswerError,
    DailyQuotaExceeded,
    FieldUnknown,
    FileCorrupt,
    FileUnavailable,
    FileUnreadable,
    FilterUnsupported,
    MarketoError,
    MembersFilterRefused,
    PermissionDenied,
    ProgramsFilterUnsupported,
    QueueFull,
    RequestRefused,
    ServiceUnavailable,
    TooManyMembers,
)
from tap_marketo_programs.export import actions, events, resume
from tap_marketo_programs.export.actions import Now, Worker
from tap_marketo_programs.export.bookmark import jobs_size, read_bookmark, write_bookmark
from tap_marketo_programs.export.detection import MAX_ASKED_WINDOW, MAX_AT_ONCE, Detection
from tap_marketo_programs.export.job import ExportJob, ExportStatus
from tap_marketo_programs.export.ledger import Ledger
from tap_marketo_programs.export.pacing import MAX_CHANGES, MAX_RUN_BYTES
from tap_marketo_programs.export.places import MAX_FILES
from tap_marketo_programs.export.plan import Bounds
from tap_marketo_programs.export.planning import add_plan
from tap_marketo_programs.export.quota import MEGABYTE, ExportQuota
from tap_marketo_programs.export.request import ExportRequest, ExportSettings
from tap_marketo_programs.export.scheduler import Scheduler
from tap_marketo_programs.export.slices import ExportSlice, Window
from tap_marketo_programs.export.snapshots import choose
from tap_marketo_programs.export.tasks import UNDER_WAY, Kind, Phase
from tap_marketo_programs.export.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from tap_marketo_programs.export.member_filter import WantedMembers

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIELDS = ("leadId", "updatedAt", "statusName", "webinarUrl")
POLL = 60.0
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
END = datetime(2100, 1, 1, tzinfo=UTC)
# Each worker, and of those that ask for changes, each one.
HANDS = [
    *((worker, 0) for worker in Worker),
    *((Worker.CHANGES, number) for number in range(1, MAX_AT_ONCE)),
]


@dataclass
class RemoteJob:
    """A job as the simulated Marketo knows it."""

    export_id: str
    slice: ExportSlice
    fields: Sequence[str] = FIELDS
    status: ExportStatus = ExportStatus.CREATED
    finished_at: datetime | None = None


@dataclass
class Simulation:
    """One subscription, and one run after another on it.

    Args:
        programs: Which there are.
        settings: The user's say.
        days_behind: How old the watermark of each program is; one that is missing is new.
        detection: How changes are found.
        restricted: Whether the user named the programs.
        fields: The fields wanted.
        refused: Fields that no job can be created with.
        on_new_fields: The setting.
        bookmark: What the last STATE said.
        snapshot_days: How often a snapshot of keys is taken; None exports members.
        members: Which members are wanted; None wants all.
        statuses: The names of statuses that each program knows, for a filter of members.
        spread: How far the watermarks of programs that share a job may lie apart.
        max_state_bytes: Of all STATE lines of a run; with none, all jobs are created ahead.
        stream: Whose bookmark it is.
        others: The bookmarks of other streams, which each STATE line holds too.
    """

    programs: list[int]
    settings: ExportSettings = field(default_factory=ExportSettings)
    full_table: bool = False
    start_date: datetime | None = None
    lookback: timedelta = timedelta(0)
    days_behind: Mapping[int, int] = field(default_factory=dict)
    detection: Detection = field(default_factory=Detection)
    restricted: bool = False
    fields: Sequence[str] = FIELDS
    refused: frozenset[str] = frozenset()
    on_new_fields: Literal["warn", "backfill", "ignore"] = "warn"
    # For each program, the spans that were written, and with which fields, in order.
    fields_written: dict[int, list[tuple[datetime, datetime, Sequence[str]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    # When members of each program changed, and whether asking shows it.
    changes: dict[int, list[tuple[datetime, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    bookmark: dict[str, Any] = field(default_factory=dict)
    snapshot_days: int | None = None
    members: WantedMembers | None = None
    statuses: Mapping[int, Collection[str]] = field(default_factory=dict)
    spread: timedelta = MAX_ASKED_WINDOW
    max_state_bytes: int = MAX_RUN_BYTES
    stream: str = "program_members"
    others: dict[str, Any] = field(default_factory=dict)
    # The bytes of each STATE line.
    state_sizes: list[int] = field(default_factory=list)
    jobs: dict[str, RemoteJob] = field(default_factory=dict)
    # What a target holds: for each program, the spans that were written, in order.
    written: dict[int, list[tuple[datetime, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    seconds: float = 0.0
    created: int = 0
    finished: bool = False
    error: BaseException | None = None
    wrote: int = 0

    def __post_init__(self) -> None:
        """Begin the first run."""
        ledger = Ledger()
        for program_id, days in self.days_behind.items():
            ledger.watermarks[program_id] = self.calendar - timedelta(days=days)
            self.fields_written[program_id].append((BEGINNING, END, self.fields))
            self.written[program_id].append((BEGINNING, ledger.watermarks[program_id]))
        self.bookmark = write_bookmark(ledger) if self.days_behind else self.bookmark
        self.begin()

    # Runs

    def begin(self) -> None:
        """A new process, which knows the last STATE and nothing else."""
        self.finished, self.error = False, None
        ledger = read_bookmark(self.bookmark)
        self._named = set(ledger.in_flight)
        days = self.snapshot_days
        request = ExportRequest(
            program_ids=list(self.programs),
            bounds=Bounds(self.calendar, self.start_date, self.lookback, spread=self.spread),
            fields=self.fields,
            client="client",
            stream=self.stream,
            detection=self.detection,
            full_table=self.full_table,
            snapshot=None if days is None else choose(ledger, days, self.calendar),
            on_new_fields=self.on_new_fields,
            restricted=self.restricted,
            members=self.members,
        )
        self.work = Work(
            request, self.settings, ledger, ExportQuota(self.settings.quota_mb), list(self.fields)
        )
        self.work.pace.max_bytes = self.max_state_bytes
        self.work.quota.used_before(self._listed(ExportStatus.COMPLETED))
        resume.note_unsaid_rows(self.work)
        for flight in list(ledger.in_flight.values()):
            if (
                not resume.fits(self.work, flight, None)
                or (job := self.jobs.get(flight.export_id)) is None
            ):
                resume.abandon(self.work, flight)
            else:
                resume.resume_job(self.work, flight, self._shown(job), "", self.now)
        add_plan(self.work)
        # What a target held when this run began.
        self._before = {one: len(spans) for one, spans in self.written.items()}
        self._at_start = self.work.tasks.count(Phase.COMPLETED, Phase.RUNNING)
        self.scheduler = Scheduler(self.work)
        self.in_hand: dict[tuple[Worker, int], actions.Action] = {}

    @property
    def calendar(self) -> datetime:
        """Marketo's time, in whole seconds."""
        return (START + timedelta(seconds=self.seconds)).replace(microsecond=0)

    @property
    def now(self) -> Now:
        """This moment."""
        return Now(self.seconds, self.calendar)

    def pass_time(self, seconds: float) -> None:
        """Let time go by; the remote queue moves on."""
        self.seconds += seconds
        processing = [job for job in self.jobs.values() if job.status is ExportStatus.PROCESSING]
        for job in processing:
            job.status, job.finished_at = ExportStatus.COMPLETED, self.calendar
        queued = [job for job in self.jobs.values() if job.status is ExportStatus.QUEUED]
        for job in queued[:2]:
            job.status = ExportStatus.PROCESSING

    def change(self, program_id: int, *, is_seen: bool = True) -> None:
        """A member of a program changes now; `is_seen` if asking shows it."""
        # After whatever a run that is under way was planned up to.
        self.pass_time(1)
        self.changes[program_id].append((self.calendar, is_seen))
        self.pass_time(1)

    # Workers

    def take(self, worker: Worker, number: int = 0) -> actions.Action | None:
        """Let a worker take an action, unless it has one in hand."""
        if (worker, number) in self.in_hand:
            return None
        action = self.scheduler.next_action(worker, self.now)
        if action is not None:
            self.in_hand[worker, number] = action
        return action

    def perform(self, worker: Worker, outcome: str = "", number: int = 0) -> None:
        """Let a worker finish what it has in hand, with an answer of the test's choice."""
        action = self.in_hand.pop((worker, number), None)
        if action is None:
            return
        event = self._perform(action, outcome)
        if event is not None:
            self.scheduler.handle(event, self.now)
        self.check()

    def step(self, worker: Worker, outcome: str = "", number: int = 0) -> bool:
        """Take and perform at once; whether there was anything to do."""
        self.take(worker, number)
        had = (worker, number) in self.in_hand
        self.perform(worker, outcome, number)
        return had

    def go_on(self, rounds: int = 1) -> None:
        """Let all workers do what they find to do, without any trouble, for a while."""
        for _ in range(rounds):
            moved = [self.step(worker, number=number) for worker, number in HANDS]
            if not any(moved):
                self.pass_time(POLL / 2)

    def run_to_the_end(self, limit: int = 20_000) -> None:
        """Work without any trouble until the run says that it is over."""
        for _ in range(limit):
            if self.finished:
                return
            moved = [self.step(worker, number=number) for worker, number in HANDS]
            if any(moved):
                continue
            due = self.scheduler.next_due(Worker.API, self.now)
            assert due is not None, f"a dead end: {[t.phase.name for t in self.work.tasks]}"
            self.pass_time(max(due, 1.0))
        message = "the run never ends"
        raise AssertionError(message)

    def _perform(self, action: actions.Action, outcome: str) -> events.Event | None:
        perform: dict[type, Callable[[Any, str], events.Event | None]] = {
            actions.CreateJob: self._create,
            actions.EnqueueJob: self._enqueue,
            actions.PollJob: self._poll,
            actions.CancelJob: self._cancel,
            actions.AskExistingPrograms: self._tell_programs,
            actions.AskExportableFields: self._tell_fields,
            actions.AskStatusNames: self._tell_statuses,
            actions.CheckForChanges: self._tell_changes,
            actions.DownloadFile: self._download,
            actions.SaveState: self._save,
            actions.WriteExport: self._write,
            actions.Finish: self._finish,
        }
        return perform[type(action)](action, outcome)

    def _cancel(self, action: actions.CancelJob, _: str) -> events.Event:
        if (job := self.jobs.get(action.export_id)) and not job.status.is_dead:
            job.status = ExportStatus.CANCELLED
        return events.JobCancelled(action.export_id)

    def _tell_programs(self, action: actions.AskExistingPrograms, outcome: str) -> events.Event:
        gone = [program for program in action.program_ids if outcome == str(program)]
        return events.ProgramsExist(action.task, gone)

    def _tell_fields(self, action: actions.AskExportableFields, outcome: str) -> events.Event:
        gone = {FIELDS[3]} if outcome == "vanished" else set()
        return events.FieldsExist(action.task, set(self.fields) - gone - self.refused)

    def _tell_statuses(self, action: actions.AskStatusNames, _: str) -> events.Event:
        asked = action.task.slice
        names = asked.members.status_names if asked.members else ()
        known = tuple(name for name in names if not self._unknown(asked, (name,)))
        return events.StatusNamesTold(action.task, known)

    def _unknown(self, asked: ExportSlice, names: Sequence[str]) -> bool:
        """Whether a program of a job does not know one of the names."""
        known = [self.statuses.get(program_id, ()) for program_id in asked.program_ids]
        return any(name not in some for name in names for some in known)

    def _tell_changes(self, action: actions.CheckForChanges, outcome: str) -> events.Event:
        assert action.until - action.since <= MAX_ASKED_WINDOW
        errors: dict[str, AnswerError] = {
            "many": TooManyMembers("too many", code="1003"),
            "refused": RequestRefused("refused", code="1003"),
            "no filter": MembersFilterRefused("no filter", code="1011"),
            "denied": PermissionDenied("denied", code="603"),
            "unanswered": ServiceUnavailable("down", code="611"),
        }
        if outcome in errors:
            return events.ChangesUntold(action.program_id, errors[outcome])
        changed = any(
            is_seen and action.since <= at <= action.until
            for at, is_seen in self.changes[action.program_id]
        )
        return events.ChangesFound(action.program_id, changed or outcome == "changed")

    def _finish(self, action: actions.Finish, _: str) -> None:
        self.finished, self.error = True, action.error

    def _create(self, action: actions.CreateJob, outcome: str) -> events.Event:
        errors: dict[str, AnswerError] = {
            "refused": RequestRefused("refused", code="1003"),
            "field": FieldUnknown("field", code="1006", names=["webinarUrl"]),
            "some field": FieldUnknown("field", code="1003", message="Invalid fields"),
            "unanswered": ServiceUnavailable("down", code="611"),
            "full": QueueFull("full", code="1029"),
            "quota": DailyQuotaExceeded("quota", code="1029"),
            "1035": FilterUnsupported("1035", code="1035"),
            "1035 programs": ProgramsFilterUnsupported("1035", code="1035"),
        }
        if outcome in errors:
            return events.CreateFailed(action.task, errors[outcome])
        assert not action.one_program or len(action.slice.program_ids) == 1
        if action.slice.members and self._unknown(action.slice, action.slice.members.status_names):
            error = RequestRefused("statusNames", code="1003")
            return events.CreateFailed(action.task, error)
        if refused := self.refused.intersection(action.fields):
            unknown = FieldUnknown("field", code="1003", names=sorted(refused))
            return events.CreateFailed(action.task, unknown)
        self.created += 1
        job = RemoteJob(f"job-{self.created}", action.slice, action.fields)
        self.jobs[job.export_id] = job
        return events.JobCreated(action.task, self._shown(job))

    def _enqueue(self, action: actions.EnqueueJob, outcome: str) -> events.Event:
        assert action.export_id in self._named, "a job was enqueued that no STATE names"
        errors: dict[str, AnswerError] = {
            "refused": RequestRefused("refused", code="1029"),
            "full": QueueFull("full", code="1029"),
            "unanswered": ServiceUnavailable("down", code="611"),
            "lost": ServiceUnavailable("lost", code="HTTP 502"),
        }
        assert self.work.tasks.count(Phase.RUNNING) < self.settings.max_queued
        job = self.jobs[action.export_id]
        if outcome in {"", "lost"} and job.status is ExportStatus.CREATED:
            job.status = ExportStatus.QUEUED
        if outcome in errors:
            return events.EnqueueFailed(action.task, errors[outcome])
        return events.JobEnqueued(action.task)

    def _poll(self, action: actions.PollJob, outcome: str) -> events.Event:
        job = self.jobs[action.export_id]
        if outcome == "failed" and job.status.is_running:
            job.status = ExportStatus.FAILED
        if outcome == "unanswered" and not action.in_list:
            return events.PollFailed(action.task, ServiceUnavailable("down", code="611"))
        if outcome == "refused" and not action.in_list:
            return events.PollFailed(action.task, RequestRefused("gone", code="1013"))
        if outcome == "unlisted" and action.in_list:
            return events.JobPolled(action.task, None)
        return events.JobPolled(action.task, self._shown(job))

    def _download(self, action: actions.DownloadFile, outcome: str) -> events.Event:
        errors: dict[str, MarketoError] = {
            "corrupt": FileCorrupt("corrupt"),
            "unreadable": FileUnreadable("unreadable"),
            "missing": FileUnavailable("missing", code="HTTP 404"),
            "unanswered": ServiceUnavailable("down", code="611"),
        }
        if outcome in errors:
            return events.FileRejected(action.task, errors[outcome])
        return events.FileVerified(action.task, SimpleNamespace(rows=1, size=10), 10)

    # The far end

    def _save(self, action: actions.SaveState, _: str) -> events.Event:
        self.bookmark = json.loads(json.dumps(action.bookmark))
        self.state_sizes.append(state_bytes({**self.others, self.stream: self.bookmark}))
        self.check_state()
        self._named = set(self.work.ledger.in_flight)
        sizes = (self.state_sizes[-1], *jobs_size(self.bookmark))
        return events.StateSaved(action.generation, *sizes)

    def check_state(self) -> None:
        """What the last STATE says is true."""
        ledger = read_bookmark(self.bookmark)
        for program_id, watermark in ledger.watermarks.items():
            known = self._known_to_target(program_id)
            assert watermark <= known, f"a STATE says {watermark} of {program_id}, known: {known}"
            told = ledger.known_from(program_id, watermark)
            assert not self._missing(program_id, told), "a STATE passes a change that asking shows"
            if ledger.fields.known is not None:
                said = {name for name in self.fields if ledger.fields.knows(name)}
                lacked = ledger.fields.lacked(said, [program_id])
                missing = [
                    name for name in said - lacked.keys() if not self.has_field(program_id, name)
                ]
                assert not missing, f"a STATE says that {program_id} has {missing}"

    def _missing(self, program_id: int, until: datetime) -> list[datetime]:
        """The changes up to a moment that asking shows and that are not in the target."""
        spans = self.written[program_id]
        return [
            at
            for at, is_seen in self.changes[program_id]
            if is_seen and at <= until and not any(start <= at <= end for start, end in spans)
        ]

    def has_field(self, program_id: int, name: str) -> bool:
        """Whether all rows of a program in the target have a field; later ones count."""
        holes: list[tuple[datetime, datetime]] = []
        for start, until, fields in self.fields_written[program_id]:
            if name not in fields:
                holes.append((start, until))
            else:
                holes = [hole for hole in holes if hole[0] < start or until < hole[1]]
        return bool(self.fields_written[program_id]) and not holes

    def _known_to_target(self, program_id: int) -> datetime:
        """Up to when every row of a program is in the target."""
        known = BEGINNING
        for start, until in sorted(self.written[program_id]):
            if start <= known:
                known = max(known, until)
        return known

    def _write(self, action: actions.WriteExport, _: str) -> events.Event:
        self.wrote += 1
        wanted, job = action.task.slice, self.jobs[action.task.export_id]
        for program_id in wanted.program_ids:
            start = wanted.window.start if wanted.window else wanted.min_updated_at or BEGINNING
            if start == self.start_date:
                # Nothing older is wanted.
                start = BEGINNING
            ends = [
                until for _, until in self.written[program_id][self._before.get(program_id, 0) :]
            ]
            is_backfill = action.task.kind is Kind.BACKFILL
            # What a backfill brings is as old as its file, whatever it was planned up to.
            until = job.finished_at if is_backfill else wanted.new_watermark
            assert until is not None
            assert not ends or max(ends) <= until, "rows leave out of order"
            is_whole = start == BEGINNING
            span = (BEGINNING, END) if is_whole else (start, until)
            self.fields_written[program_id].append((*span, job.fields))
            # A change that was made since it was planned may or may not be in it.
            self.written[program_id].append((start, min(until, wanted.new_watermark)))
        return events.ExportWritten(action.task)

    def check(self) -> None:
        """What must hold at every moment."""
        work = self.work
        # Jobs of an earlier run may be more than are allowed now; no other comes to them.
        resumed = [task for task in work.tasks.of(*UNDER_WAY) if task.creates == 0]
        made = work.tasks.count(*UNDER_WAY) - len(resumed)
        ahead = 0 if work.pace.is_prompt else MAX_CHANGES
        assert made <= work.settings.max_queued + ahead
        running = [task for task in work.tasks.of(Phase.RUNNING) if task.creates]
        assert len(running) <= work.settings.max_queued
        # What waits behind a task without a job is bounded, or that task gets one first.
        waiting = work.tasks.count(Phase.COMPLETED)
        assert (
            waiting
            <= 2 * work.settings.max_queued + MAX_FILES + ahead + len(resumed) + self._at_start
        )
        downloading = work.tasks.count(Phase.DOWNLOADING, Phase.READY)
        assert downloading <= MAX_FILES + 1
        under_way = [job for job in self.jobs.values() if job.status.is_running]
        orphans = {job.export_id for job in under_way} - self._named - set(work.cancels)
        in_hand = {
            action.export_id
            for action in self.in_hand.values()
            if isinstance(action, actions.CancelJob)
        }
        alive = {task.export_id for task in work.tasks}
        assert orphans - in_hand <= alive | set(work.ledger.in_flight), orphans
        out: set[int] = set()
        for task in work.tasks:
            ids = set(task.slice.program_ids)
            if task.phase in {Phase.READY, Phase.WRITING, Phase.DOWNLOADING}:
                assert out.isdisjoint(ids), "rows of a program would leave out of order"
            if task.phase not in {Phase.READY, Phase.WRITING}:
                out |= ids

    def assert_complete(self, but: Sequence[int] = ()) -> None:
        """Every program is in the target up to the plan's end."""
        until = self.work.request.bounds.now
        asks = self.detection.method != "none"
        behind = [
            program
            for program in self.programs
            if program not in but
            and (
                self._missing(program, until)
                or self._known_to_target(program) < until - asks * self.detection.sweep
            )
        ]
        assert not behind, behind

    def lines(self, level: int = 0) -> list[str]:
        """What this run has said so far, at a level of the log and above."""
        return [one.text % one.arguments for one in self.work.say.lines if one.level >= level]

    def paid(self, since: int = 0) -> list[RemoteJob]:
        """The jobs that have a file, which the quota pays for, of those made since a number."""
        made = list(self.jobs.values())[since:]
        return [job for job in made if job.status is ExportStatus.COMPLETED]

    def _shown(self, job: RemoteJob) -> ExportJob:
        done = job.status is ExportStatus.COMPLETED
        return ExportJob(
            job.export_id,
            job.status,
            created_at=self.calendar,
            finished_at=job.finished_at,
            file_size=MEGABYTE if done else None,
            number_of_records=1 if done else None,
        )

    def _listed(self, status: ExportStatus) -> list[ExportJob]:
        return [self._shown(job) for job in self.jobs.values() if job.status is status]


def state_bytes(bookmarks: Mapping[str, Any]) -> int:
    """The bytes of a STATE line."""
    message = {"type": "STATE", "value": {"bookmarks": bookmarks}}
    return len(json.dumps(message, separators=(",", ":")).encode()) + 1


def window(start: datetime, end: datetime) -> Window:
    """A span of updatedAt."""
    return Window(start, end)


def settings(**changes: Any) -> ExportSettings:  # noqa: ANN401 - any setting
    """The default settings, with changes."""
    return replace(ExportSettings(poll_interval=POLL), **changes)
