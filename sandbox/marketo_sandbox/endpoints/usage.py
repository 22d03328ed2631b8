"""Usage and errors of today and of the last seven days, by Central day.

Adobe: Usage.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from marketo_sandbox.clock import CENTRAL
from marketo_sandbox.http.messages import Call, Reply, database_reply

if TYPE_CHECKING:
    from marketo_sandbox.subscription import Subscription


def usage(subscription: Subscription, call: Call) -> Reply:
    """GET /rest/v1/stats/usage.json, /usage/last7days.json, and the same of errors."""
    rows: list[dict[str, object]] = []
    errors = "/errors" in call.path
    for day in _days(subscription, call):
        counts = (
            subscription.limits.errors(day) if errors else subscription.limits.calls_of_all(day)
        )
        key, name = ("errors", "errorCode") if errors else ("users", "userId")
        each = [{name: who, "count": count} for who, count in sorted(counts.items())]
        rows.append({"date": day, "total": sum(counts.values()), key: each})
    return database_reply(call, rows)


def _days(subscription: Subscription, call: Call) -> list[str]:
    """Central days a usage report covers, the present one first."""
    count = 7 if "last7days" in call.path else 1
    begin = datetime.fromtimestamp(subscription.day_start(call.at), CENTRAL)
    noon = begin + timedelta(hours=12)
    return [(noon - timedelta(days=back)).date().isoformat() for back in range(count)]
