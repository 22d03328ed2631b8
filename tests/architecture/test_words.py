"""Names, comments, logs and documents are plain international English.

A metaphor or an old turn of phrase costs each reader a look into a dictionary; the field's
standard term costs none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest
from sources import document, files

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINE = ("tap_marketo_programs/export/", "tests/unit/export/")
MEMBERS = (*ENGINE, "tap_marketo_programs/streams/")


@dataclass(frozen=True)
class Word:
    """What not to write, what to write in its place, and where (everywhere, if not said)."""

    pattern: str
    say: str
    where: tuple[str, ...] = ("",)


WORDS = (
    Word(r"\b_?(MOST|LONGEST|GREATEST)_(?=[A-Z])", "MAX_"),
    Word(r"\b_?(LEAST|SHORTEST)_(?=[A-Z])", "MIN_"),
    Word(r"(?i)\banew\b", "again"),
    Word(r"(?i)\bin vain\b", "without effect"),
    Word(r"(?i)\bheed(s|ed|ing)?\b", "follow, obey"),
    Word(r"(?i)\blikewise\b", "as above, too"),
    Word(r"(?i)\bof theirs\b", "their"),
    Word(r"(?i)\bso many\b", "that many, as many, the number"),
    Word(r"(?i)\bone for one in\b", "the noun: program for program in"),
    Word(r"(?i)\bnone the less\b|\bnonetheless\b", "all the same"),
    Word(r"(?i)\b(whereof|wherein|whereby|betimes|hitherto|thereof|therein)\b", "plain words"),
    Word(
        r"(?i)(?<![a-z])(take|takes|taken|taking|took)[ _-](it |them |these )?up\b(?! to\b)",
        "resume",
    ),
    Word(r"(?i)\bunprobed\b", "to_check_for_changes"),
    Word(r"\bto_check\b", "to_check_for_changes", ENGINE),
    Word(r"(?i)\b(emitted|emission)\b", "written"),
    Word(r"\bguessed\b", "adopted", ENGINE),
    # Version 1 of the bookmark has it as a key.
    Word(r"\bfloor\b(?![\"=])", "min_updated_at", MEMBERS),
    Word(r"\b(slice|task|flight|one)\.until\b", "new_watermark", MEMBERS),
    Word(r"\b_?take_back\b", "requeue"),
    Word(r"\b_?leave_out\b", "exclude_program", ENGINE),
    Word(r"\b_?find_culprit\b", "split_or_skip"),
    Word(r"\b_?await_place\b", "wait_for_slot"),
)

FOLDERS = ("tap_marketo_programs", "sandbox", "tests", "demo", "benchmarks", "docs")
PAGES = ("CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "justfile")
# They have to name the words.
TABLES = {"tests/architecture/test_words.py"}


def found(path: str, text: str) -> Iterator[str]:
    """Each forbidden word of a text, with its place and what to say."""
    words = [word for word in WORDS if path.startswith(word.where)]
    for number, line in enumerate(text.splitlines(), start=1):
        for word in words:
            if match := re.search(word.pattern, line):
                yield f"{path}:{number}: '{match.group()}', say: {word.say}"


def everything() -> Iterator[tuple[str, str]]:
    yield from files(*FOLDERS)
    yield from files(*FOLDERS, suffix=".md")
    for path in PAGES:
        yield path, document(path)


@cache
def findings() -> list[tuple[str, str]]:
    """Every forbidden word there is: its file, and what to say."""
    return [
        (path, line)
        for path, text in everything()
        if path not in TABLES
        for line in found(path, text)
    ]


def test_what_is_written_is_written_in_plain_words() -> None:
    lines = [line for _, line in findings()]

    assert not lines, "\n".join(lines)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tap_marketo_programs/tap.py", "LONGEST_TIMEOUT = 1"),
        ("tap_marketo_programs/tap.py", "_MOST_TRIES = 1"),
        ("tests/x.py", "# The job is made anew."),
        ("docs/x.md", "The next run takes them up."),
        ("sandbox/x.py", "def take_up(): ..."),
        ("tests/x.py", "def test_rows_taken_up(): ..."),
        ("docs/x.md", "Rows that were emitted"),
        ("tap_marketo_programs/export/plan.py", "floor = 1"),
        ("tap_marketo_programs/export/plan.py", "known[one] = task.slice.until"),
    ],
)
def test_a_forbidden_word_is_found(path: str, text: str) -> None:
    assert list(found(path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tap_marketo_programs/tap.py", '"emit_activate_version_messages"'),
        ("benchmarks/floor.py", "floor = 1"),
        ("tap_marketo_programs/member_file/strict.py", "a width that was guessed"),
        ("docs/x.md", "At most one, and the mistake upholds nothing"),
        ("tests/x.py", "mistaken_upload = 1"),
    ],
)
def test_a_word_that_only_looks_alike_is_not_found(path: str, text: str) -> None:
    assert not list(found(path, text))
