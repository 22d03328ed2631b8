"""Codes and answers: every trouble at every endpoint of its families, once and for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from matrix.case import FOR_EVER, Case, Fault, Must
from matrix.endpoints import DISCOVERY, ENDPOINTS, JOB_ENDPOINTS
from matrix.troubles import TELLING, TROUBLES, UNKNOWN_VALUE, Effect, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator


def everywhere() -> Iterator[Case]:
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
    "The job is made again, at last for each program by itself. What stays refused is named, the "
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
