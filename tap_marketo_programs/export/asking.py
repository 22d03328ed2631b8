"""How it stands with asking programs for changes: who is to be asked, and who answered.

Pure data. It must not know what follows from an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class ChangeChecks:
    """Whom to ask, and what came of it.

    Args:
        waiting: Programs that are to be asked, and up to when each is known.
        open: Programs that are being asked, and the same.
        changed: Programs to export that have no task yet.
        answered: Programs that said whether anything changed.
        found: Those of them that had changes.
        untold: Programs in a row of which Marketo did not tell.
    """

    waiting: dict[int, datetime] = field(default_factory=dict)
    open: dict[int, datetime] = field(default_factory=dict)
    changed: list[int] = field(default_factory=list)
    answered: int = 0
    found: int = 0
    untold: int = 0

    @property
    def are_left(self) -> bool:
        """Whether anything is to be asked, or to be made of an answer."""
        return bool(self.waiting or self.open or self.changed)

    def exclude(self, program_id: int) -> None:
        """Do not ask a program; if it is being asked, its answer does not count."""
        self.waiting.pop(program_id, None)
        self.open.pop(program_id, None)
        if program_id in self.changed:
            self.changed.remove(program_id)
