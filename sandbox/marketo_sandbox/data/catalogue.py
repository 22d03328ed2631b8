"""The channels and tag types that every world begins with."""

from __future__ import annotations

from marketo_sandbox.data.programs import Channel, Progression, TagType

_NOT_IN_PROGRAM = Progression("Not in Program", 0)

# As recorded in 2024 and 2025 (amp-labs/connectors): sorted by neither id nor name, statuses
# that share a step, and channels of Web Personalization without a step 0.
CHANNELS = (
    Channel(
        3,
        "Nurture",
        "nurture",
        (_NOT_IN_PROGRAM, Progression("Member", 10), Progression("Engaged", 20, success=True)),
    ),
    Channel(
        1,
        "Content",
        "program",
        (_NOT_IN_PROGRAM, Progression("Downloaded", 10, success=True), Progression("Viewed", 5)),
    ),
    Channel(
        2,
        "Email Send",
        "email_batch",
        (
            _NOT_IN_PROGRAM,
            Progression("01 Sent", 10),
            Progression("02 Opened", 20),
            Progression("03 Clicked", 30, success=True),
            Progression("04 Unsubscribed", 40, hidden=True),
        ),
    ),
    Channel(
        4,
        "Tradeshow",
        "event",
        (
            _NOT_IN_PROGRAM,
            Progression("Invited", 10),
            Progression("Registered, paid", 20),
            Progression('Attended "VIP"', 40, success=True, kind="Attended"),
            Progression("No Show", 30),
        ),
    ),
    Channel(
        6,
        "R\u00e9seau & Partner",
        "program",
        (_NOT_IN_PROGRAM, Progression("Visited", 10), Progression("Converted", 20, success=True)),
    ),
    Channel(
        5,
        "Webinar",
        "webinar",
        (
            _NOT_IN_PROGRAM,
            Progression("Invited", 10),
            Progression("Registered", 20),
            Progression("Waitlisted", 20),
            Progression("Attended", 40, success=True),
            Progression("Attended On-demand", 50, success=True),
        ),
    ),
    Channel(
        7,
        "Mobile In-App",
        "in_app",
        (_NOT_IN_PROGRAM, Progression("Viewed", 10), Progression("Engaged", 20)),
    ),
    Channel(
        8,
        "Web Personalization",
        "web",
        (
            Progression("Viewed", 10),
            Progression("Engaged", 20, success=True),
            Progression("Converted", 30, success=True),
        ),
    ),
)
TAG_TYPES = (
    TagType("Region", ("EMEA", "APJ", "North America, Canada", "LATAM"), required=True),
    TagType("Business Unit", ("R&D", "Sales + Service", "100% Partners")),
    TagType("Product Line", ("AAA1 RT1", "AAA1 RT2", "Caf\u00e9 #1?"), ("program", "event")),
    TagType("Quarter", ("Q1", "Q2", "Q3", "Q4")),
    # Nothing to choose from: both an empty list and a missing one are possible.
    TagType("Unused", ()),
)
