"""What time it is in Marketo, as far as its answers tell, and up to when nothing is to come.

Two questions that must not be mixed up. What Marketo dated, such as a job's
`createdAt`, compares with Marketo's own clock. A window that goes into STATE
must end before every change that is still to come, and whose clock is wrong
nobody can tell from here: it ends at the earlier of Marketo's and ours.

It must not know what either is used for, nor send anything.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_marketo_programs.clock import Clock

logger = logging.getLogger(__name__)

# Clocks that agree are seconds apart; `lookback_seconds` covers minutes.
WORTH_A_WARNING = timedelta(minutes=5)
# A clock that nobody has set begins in 1970, 1980 or 2000. The first answer that
# this tap can have got is younger by decades.
NEVER_SET = datetime(2010, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Told:
    """A `Date` and when, on the monotonic clock, its answer was asked for."""

    time: datetime
    asked_at: float


class ServerClock:
    """Marketo's clock beside our own, for all threads of a run.

    Args:
        clock: Our own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told: _Told | None = None
        self._is_warned = False
        self._is_untold_said = False

    def note(self, headers: Mapping[str, str], asked_at: float) -> None:
        """Take the time from an answer.

        Args:
            headers: Of the answer, names in any case.
            asked_at: When it was asked for, on our monotonic clock.
        """
        told = date_of(headers)
        if told is None:
            return
        if told < NEVER_SET:
            self._warn(
                "Marketo's answers say that it is %s (HTTP header Date), which cannot be: the "
                "clock of Marketo or of a proxy on the way to it was never set. It is ignored, and "
                "windows end by this machine's clock alone, so that has to be right.",
                f"{told:%Y-%m-%d}",
            )
            return
        self._told = _Told(told, asked_at)

    def marketo_time(self) -> datetime:
        """Marketo's clock as of its last answer: for what Marketo itself has dated.

        Where no answer told it, our own has to do.
        """
        return self._told.time if self._told else self._clock.now()

    def now(self) -> datetime:
        """The earlier of Marketo's clock, as of its last answer, and ours: for ends of windows.

        A window that ended later would leave out for ever what is still to
        happen in it. One that ends too early costs nothing but time.
        """
        told, ours = self._told, self._clock.now()
        if told is None:
            self._tell_untold()
            return ours
        if ours < NEVER_SET:
            self._warn(
                "This machine's clock says that it is %s, which cannot be: set it (NTP). It is "
                "ignored, and windows end by the time in Marketo's answers alone.",
                f"{ours:%Y-%m-%d}",
            )
            return told.time
        # Behind it is also what was said a while ago, or on its way for a while.
        since = timedelta(seconds=self._clock.monotonic() - told.asked_at)
        if max(told.time - ours, ours - since - told.time) > WORTH_A_WARNING:
            self._tell_difference(told.time, ours)
        return min(told.time, ours)

    def _tell_untold(self) -> None:
        with self._lock:
            said, self._is_untold_said = self._is_untold_said, True
        if not said:
            logger.info(
                "Marketo's answers do not say what time it is (HTTP header Date); windows end by "
                "this machine's clock alone"
            )

    def _tell_difference(self, theirs: datetime, ours: datetime) -> None:
        is_ahead = theirs > ours
        self._warn(
            "The time in Marketo's answers (HTTP header Date: %s) is %s %s this machine's clock "
            "(%s). Exports and bookmarks end by the earlier one, %s: if that is wrong, changes of "
            "the time between reach the target late, but none is lost. Set this machine's clock "
            "(NTP), or that of the proxy on the way to Marketo.",
            _shown(theirs),
            _spoken(abs(theirs - ours)),
            "ahead of" if is_ahead else "behind",
            _shown(ours),
            "this machine's" if is_ahead else "Marketo's",
        )

    def _warn(self, text: str, *what: str) -> None:
        """Say it, unless this run has been told already that the clocks differ."""
        with self._lock:
            told, self._is_warned = self._is_warned, True
        if not told:
            logger.warning(text, *what)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """What time it was when an answer was made; None where it does not say.

    An answer out of a cache (`Age`) tells what time it was when it got there.
    """
    if headers.get("Age", "0").strip() != "0":
        return None
    try:
        told = parsedate_to_datetime(headers["Date"])
        # Without a zone, `-0000` in this header, it is UTC too (RFC 5322).
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _spoken(span: timedelta) -> str:
    """A difference as a person says it, in its two largest units."""
    minutes = round(span.total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
