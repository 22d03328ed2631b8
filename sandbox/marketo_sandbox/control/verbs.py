"""The control API under /__sandbox/: what a tester does to the sandbox while it runs.

It moves the clock, turns knobs, plans faults, edits the world and tells what
is true. Marketo's own paths never lead here.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

from marketo_sandbox.clock import Clock, iso, parse_instant
from marketo_sandbox.control import expected as truth
from marketo_sandbox.data.fields import Field
from marketo_sandbox.data.presets import make_world
from marketo_sandbox.data.programs import TagType
from marketo_sandbox.data.random_edits import RandomEdits
from marketo_sandbox.data.world import NotFound
from marketo_sandbox.endpoints.exports import shown
from marketo_sandbox.http.messages import JSON_TYPE, LINES_TYPE, FilePart, Reply
from marketo_sandbox.http.tokens import CLIENT_ID
from marketo_sandbox.knobs import Knobs, Setting
from marketo_sandbox.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from marketo_sandbox.data.fields import Value
    from marketo_sandbox.exports.jobs import Job

    Answer = object


class Verbs:
    """The verbs of the control API. A verb's parameters are the keys of its JSON body."""

    def __init__(
        self,
        subscription: Subscription,
        *,
        replace: Callable[[Subscription], None],
        begin: float | None = None,
        clients: dict[str, str] | None = None,
        knobs: dict[str, Setting] | None = None,
    ) -> None:
        self.marketo = subscription
        self._replace = replace
        self._clients = clients
        self._knobs = dict(knobs or {})
        self._begin = begin
        self._clock = subscription.clock

    def _now(self) -> str:
        return iso(self.marketo.run_due_events())

    # clock, knobs, world

    def do_advance(self, seconds: float) -> Answer:
        """Move the calendar, and everything that hangs on it, forward."""
        self.marketo.clock.advance(seconds)
        self.marketo.run_due_events(wait=True)
        return self.get_now()

    def get_now(self) -> Answer:
        """The calendar."""
        clock = self.marketo.clock
        now = clock.now()
        return {"now": iso(now), "epoch": now, "speed": clock.speed, "frozen": clock.frozen}

    def get_knobs(self) -> Answer:
        """All knobs."""
        return self.marketo.knobs.listed()

    def do_knobs(self, **values: Setting) -> Answer:
        """Turn knobs."""
        now = self.marketo.run_due_events()
        self.marketo.knobs.set(values)
        self.marketo.queue.freed(now)
        return values

    def do_reset(
        self,
        world: str = "demo",
        now: str | None = None,
        speed: float | None = None,
        frozen: bool | None = None,  # noqa: FBT001  # a key of the JSON body
        knobs: dict[str, Setting] | None = None,
        **options: int,
    ) -> Answer:
        """Begin anew: another world, no jobs, faults, log, tokens; clock and knobs as at first."""
        made = make_world(world, **options)
        old = self.marketo
        begin = self._begin if now is None else parse_instant(now)
        clock = Clock(
            now=begin,
            frozen=self._clock.frozen if frozen is None else frozen,
            speed=self._clock.speed if speed is None else speed,
        )
        wanted = Knobs({**self._knobs, **(knobs or {})})
        self.marketo = Subscription(made, clock, wanted, self._clients)
        self._replace(self.marketo)
        old.close()
        return {"world": world, "programs": len(made.programs), **options}

    # faults and log

    def do_faults(  # noqa: PLR0913, PLR0917  # keys of a JSON body, all by name
        self,
        kind: str,
        endpoint: str | None = None,
        count: int = 1,
        after: int = 0,
        where: str = "",
        args: dict[str, object] | None = None,
    ) -> Answer:
        """Plan a fault."""
        fault = self.marketo.faults.add(
            kind=kind, endpoint=endpoint, times=count, after=after, where=where, args=args
        )
        return fault.shown()

    def get_faults(self) -> Answer:
        """Faults still pending."""
        return self.marketo.faults.listed()

    def delete_faults(self) -> Answer:
        """Forget all faults."""
        self.marketo.faults.clear()
        return {}

    def do_revoke_tokens(self) -> Answer:
        """Make every token invalid (601)."""
        self.marketo.tokens.revoke()
        return {}

    def get_requests(self) -> Answer:
        """The request log."""
        return [entry.shown() for entry in self.marketo.request_log.entries]

    def delete_requests(self) -> Answer:
        """Forget the request log."""
        self.marketo.request_log.clear()
        return {}

    def get_stats(self) -> Answer:
        """Counts since the last reset or clearing of the log."""
        subscription = self.marketo
        now = subscription.run_due_events()
        counts = subscription.request_log.counts()
        return {
            "calls": counts,
            "total": sum(counts.values()),
            "errors": subscription.request_log.codes(),
            "creates": counts.get("export_create", 0),
            "jobs": len(subscription.queue.jobs),
            "max_jobs_at_once": subscription.queue.peaks.get(CLIENT_ID, 0),
            "max_jobs_at_once_by_client": subscription.queue.peaks,
            "max_concurrent": subscription.request_log.peak_in_flight,
            "max_calls_in_window": subscription.limits.peak_in_window,
            "quota_bytes_used": int(subscription.queue.quota.used_today(now)),
            "calls_today": sum(subscription.limits.calls(subscription.limits.day(now)).values()),
        }

    # jobs

    def _job(self, export_id: str) -> Job:
        self.marketo.run_due_events()
        if export_id not in self.marketo.queue.jobs:
            message = f"no job {export_id}"
            raise NotFound(message)
        return self.marketo.queue.jobs[export_id]

    def _job_row(self, job: Job) -> dict[str, object]:
        refresh = self.marketo.clock.wait(self.marketo.knobs.number("status_refresh_seconds"))
        seen = job.shown_status(self.marketo.clock.now(), refresh)
        return {
            **shown(job, job.current),
            "seenStatus": seen.status,
            "client_id": job.client_id,
            "request": job.request,
            "expired": job.expired,
            "fate": job.ending.shown() if job.ending else None,
        }

    def get_jobs(self) -> Answer:
        """All jobs, with their true state and the one a status call shows."""
        self.marketo.run_due_events()
        return [self._job_row(job) for job in self.marketo.queue.jobs.values()]

    def do_cancel(self, export_id: str) -> Answer:
        """Somebody else cancels a job: its owner sees it at the next status refresh."""
        job = self._job(export_id)
        self.marketo.queue.cancel(job, self.marketo.clock.now(), by_owner=False)
        return self._job_row(job)

    def do_fail(self, export_id: str, errorMsg: str = "Internal error") -> Answer:  # noqa: N803  # Marketo's own spelling
        """Let a job fail."""
        job = self._job(export_id)
        self.marketo.queue.fail(job, self.marketo.clock.now(), errorMsg)
        return self._job_row(job)

    def do_expire(self, export_id: str) -> Answer:
        """Drop a job's file, as after seven days."""
        job = self._job(export_id)
        self.marketo.queue.expire(job)
        return self._job_row(job)

    def do_forget(self, export_id: str) -> Answer:
        """Forget a job, as after thirty days."""
        job = self._job(export_id)
        self.marketo.queue.forget(job)
        return {}

    # edits of the world

    def do_add_program(self, **values: object) -> Answer:
        """A new program; `member_count` and `first_lead` give it generated members."""
        return truth.program_row(self.marketo.world.add_program(self._now(), values))

    def do_edit_program(self, program_id: int, **values: object) -> Answer:
        """Change a program."""
        now, touch = self._now(), self.marketo.knobs.choice("U25") == "yes"
        edited = self.marketo.world.edit_program(program_id, values, now, details_touch=touch)
        return truth.program_row(edited)

    def do_delete_program(self, program_id: int) -> Answer:
        """Delete a program."""
        self._now()
        self.marketo.world.delete_program(program_id)
        return {}

    def do_tag_program(self, program_id: int, tag_type: str, tag_value: str) -> Answer:
        """Tag a program, replacing its value of that type."""
        tags = {**self.marketo.world.program(program_id).tags, tag_type: tag_value}
        return self.do_edit_program(program_id, tags=tags)

    def do_untag_program(
        self, program_id: int, tag_type: str, tag_value: str | None = None
    ) -> Answer:
        """Take a tag off a program; with `tag_value`, only if that is its value."""
        tags = dict(self.marketo.world.program(program_id).tags)
        if tag_value is not None and tags.get(tag_type) != tag_value:
            message = f"program {program_id} has no tag {tag_type!r} of value {tag_value!r}"
            raise NotFound(message)
        tags.pop(tag_type, None)
        return self.do_edit_program(program_id, tags=tags)

    def do_add_tag_type(
        self,
        name: str,
        values: list[str] | None = None,
        required: bool = False,  # noqa: FBT001, FBT002  # a key of the JSON body
    ) -> Answer:
        """A new tag type; without `values`, byName leaves allowableValues out."""
        made = TagType(name, None if values is None else tuple(values), required=required)
        others = [t for t in self.marketo.world.tag_types if t.name != name]
        self.marketo.world.tag_types = [*others, made]
        return made.named()

    def do_add_member(self, program_id: int, lead_id: int, **values: Value) -> Answer:
        """Make a lead a member."""
        self.marketo.world.add_member(program_id, lead_id, values, self._now())
        return {}

    def do_edit_member(
        self,
        program_id: int,
        lead_id: int,
        touch: bool = True,  # noqa: FBT001, FBT002  # a key of the JSON body
        **values: Value,
    ) -> Answer:
        """Change a member; `touch` moves updatedAt to now unless it is given."""
        now = self._now()
        self.marketo.world.edit_member(program_id, lead_id, values, now, touch=touch)
        return {}

    def do_remove_member(self, program_id: int, lead_id: int) -> Answer:
        """End a membership."""
        self._now()
        self.marketo.world.remove_member(program_id, lead_id)
        return {}

    def do_edit_lead(self, lead_id: int, **values: Value) -> Answer:
        """Change a lead's own fields."""
        self.marketo.world.edit_lead(lead_id, values, self._now())
        return {}

    def do_delete_lead(self, lead_id: int) -> Answer:
        """Delete a lead."""
        self._now()
        self.marketo.world.delete_lead(lead_id)
        return {}

    def do_add_member_field(
        self,
        name: str,
        dataType: str = "string",  # noqa: N803  # Marketo's own spelling
        values: list[Value] | None = None,
        length: int | None = None,
    ) -> Answer:
        """A new custom member field; members take their values from `values`."""
        self._now()
        made = Field(
            name, dataType, length, updateable=True, custom=True, values=tuple(values or [None])
        )
        self.marketo.world.add_member_field(made)
        return made.described()

    def do_remove_member_field(self, name: str) -> Answer:
        """Hide or delete a member field."""
        self._now()
        self.marketo.world.remove_member_field(name)
        return {}

    def do_bulk_edit(self, seed: int = 1, count: int = 10) -> Answer:
        """Deterministic changes of members."""
        return RandomEdits(self.marketo.world, seed, self._now()).members(count)

    def do_life(self, seed: int = 1, count: int = 10) -> Answer:
        """Deterministic changes of everything."""
        return RandomEdits(self.marketo.world, seed, self._now()).everything(count)

    def edit(self, args: dict[str, object]) -> None:
        """Do a verb in the middle of a call: the fault `edit` with `do` and the verb's keys."""
        keys = dict(args)
        getattr(self, f"do_{keys.pop('do')}")(**keys)

    # truth

    def get_programs(self) -> Answer:
        """All programs as they are now."""
        return truth.program_rows(self.marketo.world)

    def get_programs_by_tag(self) -> Answer:
        """Every program and tag."""
        return truth.tag_rows(self.marketo.world)

    def get_tag_types(self) -> Answer:
        """All tag types."""
        return truth.tag_type_rows(self.marketo.world)

    def get_channels(self) -> Answer:
        """All channels."""
        detail = self.marketo.knobs.choice("channel_status_detail")
        return truth.channel_rows(self.marketo.world, detail)

    def get_(self) -> Answer:
        """This list."""
        listed: list[dict[str, object]] = [
            {
                "method": "GET",
                "path": "/__sandbox/truth",
                "does": "Members as they are now; ?fields=a,b&program_ids=1,2&form=array",
                "keys": ["fields", "program_ids", "form"],
            }
        ]
        verbs = {"get_": "GET", "do_": "POST", "delete_": "DELETE"}
        for name, function in inspect.getmembers(self, inspect.ismethod):
            for prefix, method in verbs.items():
                if name.startswith(prefix):
                    word = name.removeprefix(prefix)
                    keys = list(inspect.signature(function).parameters)
                    listed.append(
                        {
                            "method": method,
                            "path": "/__sandbox/" + word,
                            "does": inspect.getdoc(function),
                            "keys": [*keys, "form"] if word in truth.ROWS else keys,
                        }
                    )
        return {"sandbox": "marketo-sandbox", "endpoints": listed}

    async def truth(self, query: dict[str, list[str]], *, array: bool = False) -> Reply:
        """The members, by way of a file: a million of them fit no memory."""
        subscription = self.marketo
        subscription.run_due_events()
        names = query["fields"][0].split(",") if query.get("fields") else None
        ids = query.get("program_ids")
        wanted = [int(text) for text in ids[0].split(",")] if ids else None
        stay = subscription.knobs.choice("U18") == "stay"
        lines = truth.member_lines(subscription.world, names, wanted, deleted_stay=stay)
        path = subscription.directory / f"truth-{subscription.next_number()}.ndjson"

        def write() -> None:
            for old in sorted(subscription.directory.glob("truth-*.ndjson"))[:-2]:
                old.unlink(missing_ok=True)
            with path.open("w", encoding="utf-8", newline="") as sink:
                sink.writelines(truth.as_array(lines) if array else lines)

        await asyncio.to_thread(write)
        headers = {"Content-Type": JSON_TYPE if array else LINES_TYPE}
        return Reply(headers=headers, part=FilePart(path, 0, path.stat().st_size))
