"""`--plan` under filters of programs says what the run then does, and asks little itself."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from harness import only
from scenes import DAY, HOUR, MEMBERS, Scene

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.streams.make_plan import plan_run
from tap_marketo_programs.streams.plan_text import as_json

if TYPE_CHECKING:
    from harness import Tap

JOBS = "export_jobs"
BY_TAG = "programs_by_tag"
STREAMS = (MEMBERS, "programs", BY_TAG)
AT_ONCE = {"job_seconds_queued": 0, "job_seconds_processing": 0, "status_refresh_seconds": 0}
TAGS = [{"tag_type": "Region", "tag_values": ["EMEA", "APJ"]}]
FILTERS: list[dict[str, Any]] = [
    {"program_ids": list(range(1001, 1018))},
    {"program_types": ["Email"]},
    {"program_names": ["*1*"], "program_channels": ["Email Send", "Nurture"]},
    {"program_statuses": [""]},
    {"program_tags": TAGS},
    {"program_tags": [{"tag_type": "Region"}], "program_types": ["Email", "Engagement"]},
]


@pytest.fixture
def scene(tap: Tap) -> Scene:
    found = Scene(tap)
    found.begin(40, 4, knobs=AT_ONCE)
    found.catalog = tap.catalog()
    return found


def plan(scene: Scene, *streams: str, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - any setting
    """What the plan says, and the calls that it took by endpoint."""
    assert scene.catalog is not None
    catalog = only(scene.catalog, *streams)
    tap = scene.tap.make(state=scene.state, catalog=catalog, **settings)
    scene.control.clear_requests()
    jobs = scene.control.jobs()
    found = plan_run(tap.streams.values(), tap.client, has_state=bool(scene.state), asks=False)
    assert scene.control.jobs() == jobs
    return {**json.loads(as_json(found)), "asked": calls(scene)}


def calls(scene: Scene) -> Counter[str]:
    """The calls by endpoint since the log was cleared, but for tokens."""
    return Counter(
        call["endpoint"] for call in scene.control.requests() if call["endpoint"] != "identity"
    )


def run(scene: Scene, *streams: str, **settings: Any) -> dict[str, int]:  # noqa: ANN401 - any setting
    """What a run does."""
    scene.control.clear_requests()
    before = scene.creates
    output = scene.tap.sync(*streams, catalog=scene.catalog, state=scene.state, **settings)
    scene.state = output.state
    return {"api_calls": calls(scene).total(), "jobs": scene.creates - before}


def assert_close(said: dict[str, Any], did: dict[str, int]) -> None:
    assert said["total"]["jobs"] == did["jobs"]
    allowed = max(1, 0.2 * did["api_calls"])
    assert abs(said["total"]["api_calls"] - did["api_calls"]) <= allowed, (said, did)


def by_stream(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {stream["stream"]: stream for stream in said["streams"]}


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
@pytest.mark.parametrize(
    "streams", [STREAMS, (*STREAMS, JOBS), ("programs",), (BY_TAG,), ("programs", BY_TAG)]
)
def test_a_first_run_under_filters_makes_the_calls_and_jobs_of_its_plan(
    scene: Scene, streams: tuple[str, ...], wanted: dict[str, Any]
) -> None:
    if "program_tags" not in wanted:
        # How many programs carry which tag is a guess then, and said to be one.
        streams = tuple(name for name in streams if name != BY_TAG) or ("programs",)
    settings = {"program_details": False, **wanted}

    said = plan(scene, *streams, **settings)

    assert_close(said, run(scene, *streams, **settings))


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_a_plan_makes_few_calls_besides_the_listing_and_tags(
    scene: Scene, wanted: dict[str, Any]
) -> None:
    without = plan(scene, *STREAMS, JOBS, "channels", "tag_types")["asked"]

    asked = plan(scene, *STREAMS, JOBS, "channels", "tag_types", **wanted)["asked"]

    tags = ("programs_by_tag", "tag_types", "tag_type")
    others = asked.total() - asked["programs"] - sum(asked[name] for name in tags)
    assert others < 20
    assert asked["programs"] == without["programs"] == 1
    if "program_tags" not in wanted:
        assert asked == without


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
@pytest.mark.parametrize("later", [{}, {"program_types": ["Email", "Default"]}], ids=str)
@pytest.mark.parametrize("details", [True, False])
def test_lifting_or_changing_a_filter_is_planned_as_what_is_new(
    scene: Scene, wanted: dict[str, Any], later: dict[str, Any], *, details: bool
) -> None:
    settings = {"program_details": details, "change_detection": "none"}
    run(scene, MEMBERS, "programs", **settings, **wanted)
    scene.control.advance(3 * HOUR)

    said = plan(scene, MEMBERS, "programs", **settings, **later)

    assert_close(said, run(scene, MEMBERS, "programs", **settings, **later))


def test_a_restricted_plan_names_the_programs_that_a_lifted_filter_brings(scene: Scene) -> None:
    settings: dict[str, Any] = {"change_detection": "none"}
    wanted = {"program_ids": list(range(1001, 1011)), **settings}
    run(scene, MEMBERS, "programs", **wanted)
    scene.control.advance(60)

    same = plan(scene, MEMBERS, "programs", **wanted)
    lifted = plan(scene, MEMBERS, "programs", **settings)

    assert by_stream(same)[MEMBERS]["jobs"] == 1
    assert by_stream(lifted)["programs"]["programs"] >= 30
    assert by_stream(lifted)[MEMBERS]["jobs"] == 1 + 3


def test_details_that_were_due_under_a_filter_are_planned_once_it_is_lifted(scene: Scene) -> None:
    run(scene, "programs")
    for _ in range(8):
        scene.control.advance(DAY)
        run(scene, "programs", program_ids=[1001])
    scene.control.advance(60)

    said = plan(scene, "programs")

    assert by_stream(said)["programs"]["programs"] == 39
    assert_close(said, run(scene, "programs"))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"program_types": ["Emial"]}, "program_types: no program has the type 'Emial'"),
        ({"program_tags": [{"tag_type": "Regoin"}]}, "no tag type 'Regoin'"),
        (
            {"program_tags": [{"tag_type": "Region", "tag_values": ["EMAE"]}]},
            "tag type 'Region' has no value 'EMAE'. Did you mean EMEA?",
        ),
        ({"program_ids": [5]}, "program_ids: Marketo has no program 5"),
    ],
)
@pytest.mark.parametrize("stream", STREAMS)
def test_a_plan_of_nothing_ends_as_the_run_would(
    scene: Scene, stream: str, wanted: dict[str, Any], words: str
) -> None:
    with pytest.raises(MarketoConfigError, match=words.replace("?", r"\?")):
        plan(scene, stream, **wanted)


def test_a_plan_under_wanted_tags_asks_for_each_value_once_and_no_more(scene: Scene) -> None:
    asked = plan(scene, *STREAMS, program_tags=TAGS)["asked"]

    assert asked["programs_by_tag"] == 2
    assert asked["tag_types"] == asked["tag_type"] == 1
