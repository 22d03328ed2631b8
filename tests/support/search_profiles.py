"""How many examples Hypothesis looks at: few in each run of the unit tests, many in `soak`.

No verdict hangs on speed: neither a deadline nor slow examples fail a test.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

QUICK = "quick"
WIDE = "wide"
EXAMPLES = {QUICK: 25, WIDE: 200}


def register() -> None:
    """Make both known to `--hypothesis-profile`; without that option the tests are quick."""
    for name, examples in EXAMPLES.items():
        settings.register_profile(
            name,
            max_examples=examples,
            deadline=None,
            # Examples share a folder or a server on purpose, and write or reset it each time.
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
        )
    settings.load_profile(QUICK)
