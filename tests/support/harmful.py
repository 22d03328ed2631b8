"""Texts of a server that play with a terminal, forge a log line or are cut in the middle."""

from __future__ import annotations

# Colours, a cleared screen, a bell, a forged line, marks of direction, line ends of
# Unicode's, C1 controls, a NUL, half a surrogate, an invisible blank.
NASTY = (
    "a\x1b[31mb\x1b[2Jc\x07d\r\n2026-01-01 | ERROR | forged\u202ee\u2066f\u2028g\u2029h"
    "\x85i\x9b31mj\x00k\ud83dl\u200bm\ufeffn"
)


def is_harmless(text: str) -> bool:
    """Whether it is one line of characters that print."""
    return text.isprintable()
