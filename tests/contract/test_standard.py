"""The Singer SDK's own tests of a tap, against the sandbox's demo world.

The SDK makes its tests, one for each stream and attribute, when this module is
imported, and looks at the tap's streams for that. So a sandbox has to run by
then; it is this module's own, and its URL goes into the config.
"""

from __future__ import annotations

import atexit
from contextlib import ExitStack

import pytest
from marketo_sandbox import Sandbox
from singer_sdk.testing import SuiteConfig, get_tap_test_class

# The hook that gives each of the SDK's tests its streams and attributes; see `addopts`.
from singer_sdk.testing.pytest_plugin import pytest_generate_tests  # noqa: F401 - pytest calls it

from tap_marketo_programs.tap import TapMarketoPrograms

_running = ExitStack()
_sandbox = _running.enter_context(Sandbox(world="demo", speed=600, knobs={"rate_limit": None}))
atexit.register(_running.close)
# Only a job that failed has an `errorMsg`; it is created again, so no row is lacking.
_sandbox.control.fault("job_failed", "any", errorMsg="Timeout exceeded")

# Adobe's sample of a program by tag has no costs, its OpenAPI document has; the
# schema has them in case they come, and the sandbox follows the sample.
_no_costs = pytest.mark.filterwarnings(
    r"ignore:Fields in transformed catalog but not in records. \(\{'costs'\}\):UserWarning"
)

TestStandard = _no_costs(
    get_tap_test_class(
        TapMarketoPrograms,
        config={
            "base_url": _sandbox.url,
            "client_id": _sandbox.client_id,
            "client_secret": _sandbox.client_secret,
            "max_calls_per_20_seconds": 100_000,
            "poll_interval_seconds": 0.05,
        },
        # Every record, so that no attribute is left without a value to look at.
        suite_config=SuiteConfig(max_records_limit=None),
        parse_env_config=False,
    )
)
