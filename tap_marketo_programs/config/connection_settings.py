"""The settings of how Marketo is reached. It must not know what is extracted."""

from __future__ import annotations

from dataclasses import dataclass

import singer_sdk.typing as th

from tap_marketo_programs.config.base_url import host_url
from tap_marketo_programs.config.setting import MAX_WAIT_SECONDS, at_most, setting


@dataclass(frozen=True, kw_only=True)
class ConnectionSettings:
    """Where Marketo is, who asks, and how hard."""

    base_url: str = setting(
        th.StringType(min_length=1),
        required=True,
        title="Base URL",
        description="REST endpoint shown in Admin > Web Services.",
        page="REST endpoint of Admin > Web Services, with or without `/rest` or `/identity`.",
        examples=["https://123-ABC-456.mktorest.com"],
        read=host_url,
    )
    """Scheme and host, whatever was pasted."""
    client_id: str = setting(
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client ID",
        description="Client id of the LaunchPoint custom service.",
    )
    client_secret: str = setting(
        th.StringType(min_length=1),
        required=True,
        secret=True,
        title="Client secret",
        description="Client secret of the LaunchPoint custom service.",
    )
    request_timeout_seconds: float = setting(
        th.NumberType(exclusive_minimum=0),
        default=300,
        title="Request time-out in seconds",
        description=(
            "Longest silence of a request. An answer other than a file must be whole in 1.5 times "
            "that. Connecting is given up after 10 s in any case, the first answer of a run "
            "after 20 s."
        ),
        read=at_most(MAX_WAIT_SECONDS),
    )
    max_calls_per_20_seconds: int = setting(
        th.IntegerType(minimum=1),
        default=50,
        title="Most calls in 20 seconds",
        description=(
            "Most calls of this tap in any 20 seconds: 50 is Adobe's advice for one integration, "
            "and the limit for all together is usually 100."
        ),
    )
