"""What the rules of architecture do not hold of yet, each with its reason.

The rooms are being cleaned one after the other. An entry that is no longer needed fails a
test, so that the lists get shorter only. What is meant to stay as it is does not stand here
but beside its rule, in `tests/architecture`.
"""

from __future__ import annotations

SPLIT = "is being split"
MOVE = "is being moved"

# Files, classes and functions above the limits of `test_limits`.
LONG: dict[str, str] = {}

# Arrows between rooms that the layer table does not allow.
ARROWS: dict[str, str] = {}

# Modules that call themselves pure, or have to be, and import one that is not.
IMPURE: dict[str, str] = {
    "config.state -> config.check": MOVE,
}

# Imports of the deciding modules that lead out of them.
BEYOND_THE_ENGINE: dict[str, str] = {}

# Modules that lie on a circle of imports, by package.
CIRCLES: dict[str, set[str]] = {
    "tap_marketo_programs": set(),
    "marketo_sandbox": set(),
}

# Modules that start or guard threads and should not.
THREADS: dict[str, str] = {
    "marketo.server_clock": "notes what Marketo's clock says, from every thread",
}

# Places that compare codes or messages of Marketo outside of the verdicts.
CODES: dict[str, str] = {}

# Modules that do not say what they must not know.
SILENT: dict[str, str] = {
    "tap_marketo_programs/member_file/oddities.py": SPLIT,
    "tap_marketo_programs/streams/assets.py": SPLIT,
}

# Paths (and markers) that documents and tables name and that do not exist yet.
COMING: dict[str, str] = {}

# Files and folders that still hold words of the table in `test_words`.
WORDS: tuple[str, ...] = ()
