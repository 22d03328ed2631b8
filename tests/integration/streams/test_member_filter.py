"""`member_filter`: exactly the members that it selects, and no program fails for its statuses.

What should come is the sandbox's own truth, restricted by the same filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, Tap, by_key, only
from scenes import MEMBERS

if TYPE_CHECKING:
    from marketo_sandbox.control import SandboxControl

Filter = dict[str, Any]

# Of the worlds' channels; the last two are spelt as users may.
STATUSES = ["Viewed", "Downloaded", "Member", "Engaged", "01 Sent", "Attended", "Not in Program"]
KEYS: dict[str, Any] = {
    "statusNames": ["Viewed", "Member", "01 Sent"],
    "isExhausted": False,
    "nurtureCadence": "norm",
}


@pytest.fixture
def control(tap: Tap) -> SandboxControl:
    """Forty programs of several channels, with thirty members each."""
    control = tap.sandbox.control
    control.reset(world="sized", programs=40, members_per_program=30)
    control.knob(rate_limit=None, job_seconds_queued=0, job_seconds_processing=0)
    return control


def full_table(tap: Tap) -> dict[str, Any]:
    """The catalog as Meltano's `metadata` makes it: the method among the stream's metadata."""
    catalog = only(tap.catalog(), MEMBERS)
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == MEMBERS:
            root = next(item for item in stream["metadata"] if not item["breadcrumb"])
            root["metadata"]["replication-method"] = "FULL_TABLE"
    return catalog


def run(tap: Tap, member_filter: object, **options: Any) -> Output:  # noqa: ANN401 - of a run
    options.setdefault("catalog", full_table(tap))
    return tap.run(member_filter=member_filter, **options)


def sync(tap: Tap, member_filter: object, **options: Any) -> Output:  # noqa: ANN401 - of a run
    output = run(tap, member_filter, **options)
    assert output.error is None, output.error
    return output


def creates(control: SandboxControl) -> list[dict[str, Any]]:
    return [call for call in control.requests() if call["endpoint"] == "export_create"]


def refused(control: SandboxControl) -> int:
    """Create calls that made no job."""
    return len(creates(control)) - len(control.jobs())


# What comes


@pytest.mark.parametrize(
    "keys",
    [
        ("statusNames",),
        ("isExhausted",),
        ("nurtureCadence",),
        ("statusNames", "isExhausted"),
        ("statusNames", "nurtureCadence"),
        ("isExhausted", "nurtureCadence"),
        ("statusNames", "isExhausted", "nurtureCadence"),
    ],
)
@pytest.mark.parametrize("known_to", ["any", "every"])
def test_exactly_the_members_that_pass_come_and_nothing_is_refused(
    tap: Tap, control: SandboxControl, keys: tuple[str, ...], known_to: str
) -> None:
    control.knob(status_names_known_to=known_to)
    chosen = {key: KEYS[key] for key in keys}

    output = sync(tap, chosen)

    truth = control.truth(member_filter=chosen)
    assert 0 < len(truth) < len(control.truth())
    assert by_key(output.records()) == by_key(truth)
    assert len(output.records()) == len(truth)
    assert refused(control) == 0
