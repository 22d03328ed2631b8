"""The export quota: what uses it, and when it begins again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from marketo_sandbox.raw_client import RawClient

ONE = {"programId": 1001}


def test_quota_is_used_by_finished_files_until_central_midnight(client: RawClient) -> None:
    client.control.knob(export_quota_mb=500, neighbour_export_mb=499.99999)
    waiting = client.create(ONE, ["leadId"]).result[0]["exportId"]
    running = [client.queued(ONE) for _ in range(2)]
    client.control.advance(180)
    for refused in (client.create(ONE, ["leadId"]), client.enqueue(waiting)):
        assert (refused.status, refused.code) == (200, "1029")
        assert refused.message == "Export daily quota 500MB exceeded."
    assert [client.status(job)["status"] for job in running] == ["Completed"] * 2
    assert client.control.stats()["quota_bytes_used"] == 499_999_990 + 2 * len(
        "leadId\n1\n2\n3\n4\n5\n"
    )
    client.control.advance(18 * 3600 - 180 - 1)  # one second before 06:00 UTC, winter time
    client.forget_token()
    assert client.create(ONE, ["leadId"]).code == "1029"
    client.control.advance(1)
    assert client.create(ONE, ["leadId"]).code == ""


@pytest.mark.parametrize(
    ("variant", "now", "seconds"),
    [
        ("chicago", "2026-03-07T12:00:00Z", 18 * 3600),
        ("chicago", "2026-03-08T12:00:00Z", 17 * 3600),  # summer time began at 08:00 UTC
        ("chicago", "2026-11-01T12:00:00Z", 18 * 3600),  # and ended at 07:00 UTC
        ("utc-6", "2026-03-08T12:00:00Z", 18 * 3600),
    ],
)
def test_central_midnight_respects_summer_time_if_the_knob_says(
    client: RawClient, variant: str, now: str, seconds: int
) -> None:
    client.control.reset("tiny", now=now, knobs={"export_quota_mb": 0.000001, "U32": variant})
    client.forget_token()
    client.exported(ONE)
    client.control.advance(seconds - 180 - 1)
    client.forget_token()
    assert client.create(ONE, ["leadId"]).code == "1029"
    client.control.advance(1)
    assert client.create(ONE, ["leadId"]).code == ""


@pytest.mark.parametrize(("variant", "code"), [("completion", ""), ("create", "1029")])
def test_quota_is_charged_when_the_knob_says(client: RawClient, variant: str, code: str) -> None:
    client.control.knob(U26=variant, export_quota_mb=0.00001)
    client.create(ONE, ["leadId"])
    assert client.create(ONE, ["leadId"]).code == code
