"""Programs of the demo that filters by name, folder, workspace and status may trip over.

What is odd about each stands beside it. It knows neither members nor tags.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketo_sandbox.data.folders import EMEA, Folder

_MARKETING = Folder(28, "Marketing")
BY_TYPE = {
    "Email": Folder(60, "Newsletters"),
    "Engagement": Folder(61, "Nurturing"),
    "Event": Folder(62, "Events 2025"),
    "EventWithWebinar": Folder(63, "Webinars [live]"),
}
"""Folders of the demo's other programs; those of all other types lie in Marketing."""

# A folder of one name with another, in a workspace of its own, as each workspace has one.
IN_EMEA = Folder(70, "Marketing", EMEA)
_APAC = Folder(80, "Marketing", "APAC")


@dataclass(frozen=True)
class OddProgram:
    """One program; `within` is the number of the program that it is nested in."""

    name: str
    type: str
    channel: str
    place: Folder = _MARKETING
    status: str = ""
    within: int | None = None

    @property
    def like(self) -> tuple[str, str, str]:
        """Type, channel and status."""
        return self.type, self.channel, self.status


_PROGRAMS = (
    # Brackets, which are special in patterns, and the same name in other letters elsewhere.
    OddProgram("Webinar [EMEA] 2025", "EventWithWebinar", "Webinar", BY_TYPE["EventWithWebinar"]),
    OddProgram("webinar [emea] 2025", "EventWithWebinar", "Webinar", IN_EMEA),
    # One name in two folders.
    OddProgram("Q1 Newsletter", "Email", "Email Send", BY_TYPE["Email"], "completed"),
    OddProgram("Q1 Newsletter", "Email", "Email Send", Folder(65, "newsletters"), "completed"),
    # Characters that stand for others in patterns, and emails within that event.
    OddProgram("Trade Fair *Berlin*?", "Event", "Tradeshow", BY_TYPE["Event"]),
    OddProgram("Invitation", "Email", "Email Send", status="completed", within=44),
    OddProgram("Reminder", "Email", "Email Send", status="unlocked", within=44),
    # A program within an engagement program, as the streams of one may hold.
    OddProgram("Track: Welcome", "Default", "Content", within=2),
    # The only program of its folder.
    OddProgram("[Archived] Content 2019", "Default", "Content", Folder(64, "Archive (2019)")),
    # Equal without letter case in one language's rules only.
    OddProgram("Stra\u00dfenfest", "Event", "Tradeshow", BY_TYPE["Event"]),
    OddProgram("STRASSENFEST", "Event", "Tradeshow", BY_TYPE["Event"]),
    # A third workspace, and a name of digits.
    OddProgram("2025", "Default", "R\u00e9seau & Partner", _APAC),
    OddProgram("APAC, weekly", "Email", "Email Send", _APAC, "locked"),
    # A folder whose id is that of a program.
    OddProgram("Launch", "Default", "Content", Folder(1010, "Launches")),
    # A channel that channels.json does not list any more.
    OddProgram("Old Fair", "Event", "Trade Fair (old)", BY_TYPE["Event"]),
)

ODD_PROGRAMS = dict(enumerate(_PROGRAMS, start=40))
"""Programs by their number in the demo, where they are the last ones."""
