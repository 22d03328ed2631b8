"""Whom to ask, and how long to wait for an answer. Pure values.

They must not know how a request is sent, nor what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Connection:
    """One API user of one subscription. Times are in seconds.

    Until Identity has answered as it does, a wrong base_url or a proxy that is ill is
    likelier than a slow Marketo; with all retries it is known within a minute.

    Args:
        host_url: Scheme and host.
        client_id: Of the LaunchPoint custom service.
        client_secret: Of the same service.
        timeout: How long to wait for a connection, and between two bytes of an answer.
        calls_per_window: Calls allowed in any 20 seconds.
        connect_timeout: No healthy host needs longer to accept a connection; `timeout`
            is for answers, and a host that is not there should be known in seconds.
        first_answer_timeout: In place of `timeout` until Marketo has answered once;
            Identity answers in a second.
        whole_answer: In how many times `timeout` an answer has to be whole that is no
            file: Marketo may think about it for as long as `timeout`, but the few
            megabytes of the largest need no more than half of that to arrive.
    """

    host_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    timeout: float = 300.0
    calls_per_window: int = 50
    connect_timeout: float = 10.0
    first_answer_timeout: float = 20.0
    whole_answer: float = 1.5

    def seconds_to_next_byte(self, *, has_answered: bool) -> float:
        """How long an answer may keep us waiting for its next byte."""
        return self.timeout if has_answered else min(self.timeout, self.first_answer_timeout)

    def seconds_to_connect(self, *, has_answered: bool) -> float:
        """How long a host may take to accept a connection."""
        return min(self.connect_timeout, self.seconds_to_next_byte(has_answered=has_answered))

    def seconds_to_last_byte(self, *, has_answered: bool) -> float:
        """How long an answer may take that is no file."""
        seconds = self.seconds_to_next_byte(has_answered=has_answered)
        return seconds * self.whole_answer if has_answered else seconds
