"""How often a STATE says what has changed: as often as its size allows.

Pure. All STATE lines of a run together shall stay small, and each of them says everything
that is known of all programs. So while lines are short, and as long as only a part of the
bytes is used up, each change has a STATE of its own. After that a STATE waits until several
changes have come together, and so that nothing waits for the STATE meanwhile, jobs are
created ahead: their jobs are named by one STATE before they are enqueued one by one.

What a kill costs grows with it, and is no quota: jobs that were created and never enqueued,
and files that are downloaded and written once more. It must not know what the changes are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

MAX_RUN_BYTES = 750_000
"""Of the STATE lines of one stream's run: there are two such streams, and some lines of others."""
MAX_LINE_BYTES = 60_000
# However large the state is: what lies between is what a kill costs.
MAX_CHANGES = 200
# However little room a line has: fewer would not save bytes.
MIN_MAX_CHANGES = 20
# As long as no more of the bytes is used up, a STATE waits for nothing.
PROMPT_SHARE = 1 / 4


@dataclass(slots=True)
class Pace:
    """What was written, and what no STATE says yet.

    Args:
        max_bytes: Of all STATE lines of the run.
        spent: Bytes of the STATE lines of this run.
        line: Bytes of the last one, without the jobs that it named.
        job: Bytes of a job in it.
        unsaid: Changes that no STATE says.
    """

    max_bytes: int = MAX_RUN_BYTES
    spent: int = 0
    line: int = 0
    job: float = 0.0
    unsaid: int = 0

    def saved(self, size: int, jobs: int, job_bytes: int) -> None:
        """A STATE is out.

        Args:
            size: Its bytes.
            jobs: Jobs that it names.
            job_bytes: What of its bytes names them.
        """
        self.spent += size
        self.line = size - job_bytes
        if jobs:
            self.job = job_bytes / jobs

    @property
    def is_prompt(self) -> bool:
        """Whether a STATE may be written for each change."""
        return self.spent + self.line <= PROMPT_SHARE * self.max_bytes

    def changes_a_state(self, left: int) -> int:
        """How many changes share a STATE, so that the bytes suffice to the end of the run.

        Args:
            left: Changes that are still to come.
        """
        if self.is_prompt:
            return 1
        room = (MAX_LINE_BYTES - self.line) / self.job if self.job else MAX_CHANGES
        most = max(MIN_MAX_CHANGES, min(MAX_CHANGES, int(room)))
        # The last STATE has its share, and each job is named by one.
        bytes_left = self.max_bytes - self.spent - self.line - left * self.job
        if bytes_left <= 0:
            return most
        return max(1, min(most, ceil(left * self.line / bytes_left)))
