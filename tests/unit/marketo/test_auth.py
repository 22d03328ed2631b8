"""What Identity hands out is read, kept and refused: without any connection."""

from __future__ import annotations

import pytest
from clocks import StillClock

from tap_marketo_programs.marketo.auth import AccessToken, Token
from tap_marketo_programs.marketo.envelope import read_object


@pytest.mark.parametrize(
    ("told", "life"),
    [
        ("3599", 3599),
        ('"3599"', 3599),
        ('" 3599.5 "', 3599.5),
        ("1e999", 86_400),
        ("9" * 400, 86_400),
        ("9" * 5_000, 86_400),
        ("1e300", 86_400),
    ],
)
def test_a_token_s_life_is_a_number_of_seconds_in_any_spelling(told: str, life: float) -> None:
    body = f'{{"access_token":" abc\\n","expires_in":{told},"error":null}}'
    answer = read_object(body.encode())
    assert answer is not None

    token = AccessToken(lambda: answer, StillClock())

    assert token.current() == "abc"
    assert token._token == Token("abc", life)
