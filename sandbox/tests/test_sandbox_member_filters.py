"""The filters of a create call that look at members' values: whom they select, what they refuse."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import ControlError, Sandbox
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = {"programId": 1001}
FIELDS = ["leadId", "statusName", "isExhausted", "nurtureCadence", "updatedAt"]
# Programs of the world `sized`: 1003 is the Engagement program, 1001 has the channel Content.
SEVERAL = {"programIds": [1001, 1002, 1003]}


@pytest.fixture(scope="module")
def many() -> Iterator[RawClient]:
    with Sandbox(
        "sized",
        programs=8,
        members_per_program=60,
        now="2026-01-20T00:00:00Z",
        frozen=True,
        knobs={"rate_limit": None, "job_seconds_queued": 0, "job_seconds_processing": 0},
    ) as sandbox:
        yield RawClient(sandbox.url)


def exported(client: RawClient, chosen: dict[str, Any]) -> set[tuple[int, int]]:
    """Programs and leads in the file of an export."""
    client.forget_token()
    _, content = client.exported(chosen, ["leadId"], advance=61)
    lines = content.decode().splitlines()[1:]
    return {(int(program), int(lead)) for program, lead in (line.split(",") for line in lines)}


def random_filter(draw: random.Random) -> dict[str, Any]:
    names = ["Downloaded", "Viewed", "01 Sent", "02 Opened", "Member", "Engaged", "99 Old Status"]
    every = {
        "statusNames": draw.sample(names, draw.randint(1, 4)),
        "isExhausted": draw.random() < 0.5,
        "nurtureCadence": draw.choice(["pause", "paused", "norm", "normal"]),
    }
    return {name: every[name] for name in every if draw.random() < 0.6}


@pytest.mark.parametrize("seed", range(25))
def test_any_filters_select_those_for_whom_all_hold(many: RawClient, seed: int) -> None:
    chosen = random_filter(random.Random(seed))  # noqa: S311 - the same filters each time
    rows = many.control.truth(["programId", *FIELDS], SEVERAL["programIds"])
    by_hand = {
        (row["programId"], row["leadId"])
        for row in rows
        if row["statusName"] in chosen.get("statusNames", [row["statusName"]])
        and row["isExhausted"] is chosen.get("isExhausted", row["isExhausted"])
        and (
            "nurtureCadence" not in chosen or row["nurtureCadence"] == chosen["nurtureCadence"][:4]
        )
    }
    told = many.control.truth(["programId", "leadId"], SEVERAL["programIds"], chosen)

    assert {(row["programId"], row["leadId"]) for row in told} == by_hand
    assert exported(many, {**SEVERAL, **chosen}) == by_hand


def test_member_filters_and_a_window_must_both_hold(many: RawClient) -> None:
    window = {"startAt": "2025-03-01T00:00:00Z", "endAt": "2025-04-01T00:00:00Z"}
    chosen = {"isExhausted": False, "statusNames": ["Viewed", "01 Sent", "Member"]}
    wanted = {
        (row["programId"], row["leadId"])
        for row in many.control.truth(["programId", *FIELDS], SEVERAL["programIds"], chosen)
        if window["startAt"] <= row["updatedAt"] <= window["endAt"]
    }

    assert wanted
    assert exported(many, {**SEVERAL, **chosen, "updatedAt": window}) == wanted


@pytest.mark.parametrize(
    ("programs", "names", "code"),
    [
        (ONE, ["Viewed"], ""),
        (ONE, ["Not in Program"], ""),
        (ONE, ["Viewed", "Downloaded"], ""),
        (ONE, ["Viewed", "Nowhere"], "1003"),
        (ONE, ["viewed"], "1003"),
        (ONE, ["02 Opened"], "1003"),
        ({"programIds": [1001, 1002]}, ["02 Opened", "Viewed"], ""),
        ({"programIds": [1001, 1002]}, ["02 Opened", "Member"], "1003"),
        (ONE, [], "1003"),
        ({"programId": 9}, ["Viewed"], "1003"),
        ({"programIds": [9, 1001]}, ["Viewed"], ""),
    ],
)
def test_a_status_name_that_no_program_of_the_filter_knows_is_refused(
    client: RawClient, programs: dict[str, object], names: list[str], code: str
) -> None:
    answer = client.create({**programs, "statusNames": names}, ["leadId"])

    assert (answer.code, answer.message) == (code, "Invalid Data" if code else "")


def test_every_program_may_have_to_know_a_status_name(client: RawClient) -> None:
    client.control.knob(status_names_known_to="every")
    both = {"programIds": [1001, 1002]}

    assert client.create({**both, "statusNames": ["02 Opened"]}, ["leadId"]).code == "1003"
    assert client.create({**both, "statusNames": ["99 Old Status"]}, ["leadId"]).code == ""


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        ("both", ["pause", "norm", "paused", "normal"]),
        ("page", ["pause", "norm"]),
        ("openapi", ["paused", "normal"]),
    ],
)
def test_cadence_takes_the_words_of_one_document_or_of_both(
    client: RawClient, words: str, taken: list[str]
) -> None:
    client.control.knob(cadence_words=words)

    codes = {
        word: client.create({**ONE, "nurtureCadence": word}, ["leadId"]).code
        for word in ("pause", "norm", "paused", "normal", "Norm", "")
    }

    assert codes == {word: "" if word in taken else "1003" for word in codes}


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({"statusNames": "Viewed"}, "Array"),
        ({"statusNames": ["Viewed", 1]}, "Array"),
        ({"statusNames": {}}, "Array"),
        ({"isExhausted": "true"}, "Boolean"),
        ({"isExhausted": 1}, "Boolean"),
        ({"nurtureCadence": ["norm"]}, "String"),
        ({"nurtureCadence": True}, "String"),
    ],
)
def test_a_filter_of_another_type_is_1001(
    client: RawClient, chosen: dict[str, object], wanted: str
) -> None:
    answer = client.create({**ONE, **chosen}, ["leadId"])

    assert answer.code == "1001"
    assert answer.message.endswith(f"Required of type '{wanted}'")


def test_a_subscription_may_lack_filters(client: RawClient) -> None:
    client.control.knob(refused_filters="isExhausted,nurtureCadence")

    answer = client.create({**ONE, "isExhausted": False}, ["leadId"])

    message = "Unsupported filter type for target subscription: isExhausted"
    assert (answer.code, answer.message) == ("1035", message)
    assert client.create({**ONE, "statusNames": ["Viewed"]}, ["leadId"]).code == ""


def test_truth_takes_a_member_filter_and_refuses_what_is_none(client: RawClient) -> None:
    everyone = client.control.truth(["leadId"], [1001])

    assert client.control.truth(["leadId"], [1001], {}) == everyone
    assert client.control.truth(["leadId"], [1001], {"statusNames": []}) == []
    with pytest.raises(ControlError, match="member_filter is an object with keys"):
        client.control.truth(member_filter={"statusname": ["Viewed"]})
