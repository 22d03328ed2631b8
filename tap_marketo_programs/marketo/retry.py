"""Send again what failed, for as long as the request policy says.

The policy decides, here it is acted on: this waits, logs and counts. It must not
know what is asked, nor how.
"""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING, TypeVar

from tap_marketo_programs.errors import MarketoTransientError, RateLimited, TokenRejected
from tap_marketo_programs.marketo.limits import WINDOW_SECONDS
from tap_marketo_programs.marketo.verdicts import is_gateway_error
from tap_marketo_programs.retry_policy import REQUEST_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_marketo_programs.clock import Clock
    from tap_marketo_programs.marketo.limits import CallLimits
    from tap_marketo_programs.retry_policy import RequestPolicy

_Result = TypeVar("_Result")

logger = logging.getLogger(__name__)


class Retries:
    """Tries the requests of all threads of a run until each has its answer.

    Args:
        clock: Where time comes from.
        limits: Told when the calls of a window are used up.
        has_answered: Whether Marketo has ever answered.
        policy: How often and how long to try.

    Attributes:
        made: How many tries were not the first.
    """

    def __init__(
        self,
        clock: Clock,
        limits: CallLimits,
        has_answered: Callable[[], bool],
        policy: RequestPolicy = REQUEST_POLICY,
    ) -> None:
        self.made = 0
        self._clock = clock
        self._limits = limits
        self._has_answered = has_answered
        self._policy = policy

    def run(self, attempt: Callable[[], _Result], *, repeatable: bool = True) -> _Result:
        """What an attempt brings, repeated until it succeeds or its budget is used up.

        Args:
            attempt: Sends a request and makes something of its answer.
            repeatable: False for what must not happen twice: an error that leaves it
                in doubt is raised at once.
        """
        started = self._clock.monotonic()
        tries = 0
        renewed = False
        while True:
            try:
                return attempt()
            except TokenRejected:
                # A new token is a new start, once; a second refusal is an answer.
                if renewed:
                    raise
                renewed = True
            except MarketoTransientError as error:
                if error.is_final or (error.in_doubt and not repeatable):
                    raise
                tries += 1
                if not self._wait(error, tries, self._clock.monotonic() - started):
                    raise

    def _wait(self, error: MarketoTransientError, tries: int, elapsed: float) -> bool:
        """Wait before the next try; False if there is to be none."""
        has_answered = self._has_answered() or is_gateway_error(error)
        if isinstance(error, RateLimited):
            # The window is everybody's: none of our threads need try before it moves.
            self._limits.pause(WINDOW_SECONDS)
        jitter = random.uniform(0, 1)  # noqa: S311 - spreads callers, guards nothing
        wait = self._policy.wait(error, tries, jitter, has_answered=has_answered)
        budget = self._policy.budget(error, has_answered=has_answered)
        if not budget.allows(tries, elapsed + wait):
            return False
        logger.info("%s; trying again in %.0f s", error, wait)
        self.made += 1
        self._clock.sleep(wait)
        return True
