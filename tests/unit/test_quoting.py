"""A quotation is one short line of characters that print, whatever it quotes."""

from __future__ import annotations

import pytest
from harmful import NASTY, is_harmless
from hypothesis import example, given
from hypothesis import strategies as st

from tap_marketo_programs.marketo.auth import refusal
from tap_marketo_programs.quoting import quoted


def test_what_does_not_print_is_spelt_out_and_line_ends_are_blanks() -> None:
    assert quoted(NASTY) == (
        r"a\x1b[31mb\x1b[2Jc\x07d 2026-01-01 | ERROR | forged\u202ee\u2066f g h"
        r" i\x9b31mj\x00k\ud83dl\u200bm\ufeffn"
    )


@pytest.mark.parametrize("text", ["Größe, 東京 (ok)", "", 'It\'s 100 % \\ "fine"'])
def test_what_prints_is_quoted_as_it_is(text: str) -> None:
    assert quoted(text) == text


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "None"), (610, "610"), ({"a": "\x1b"}, r"{'a': '\x1b'}")]
)
def test_what_is_no_text_is_quoted_too(value: object, expected: str) -> None:
    assert quoted(value) == expected


@given(st.text(), st.integers(min_value=1, max_value=400))
@example("\x1b" * 1000, 100)
@example("x" * 10**7, 100)
def test_a_quotation_is_always_one_short_line(text: str, most: int) -> None:
    found = quoted(text, most)

    assert is_harmless(found)
    assert len(found) <= most


def test_identity_s_error_is_one_harmless_line() -> None:
    for code in (NASTY, "x" * 10**5, "unauthorized"):
        line = refusal({"error": code, "error_description": NASTY})
        assert is_harmless(line)
        assert len(line) < 300
