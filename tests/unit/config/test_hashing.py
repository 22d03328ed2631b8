"""`hash_fields` and `hash_salt` are refused where they do not fit, without a value of either."""

from __future__ import annotations

from typing import Any

import pytest

from tap_marketo_programs.config.hashing import NEVER_HASHED, unfit_hashing


def lines(faulty: tuple[str, ...] = (), **config: Any) -> list[str]:  # noqa: ANN401 - any value
    return list(unfit_hashing(config, faulty))


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"hash_fields": []},
        {"hash_fields": ["email"], "hash_salt": "pepper and salt"},
        {"hash_fields": ["createdAt", "leadIdentity"], "hash_salt": "\u00e9"},
        {"hash_salt": "pepper"},
    ],
)
def test_what_fits_together_is_not_mentioned(config: dict[str, Any]) -> None:
    assert lines(**config) == []


@pytest.mark.parametrize("name", NEVER_HASHED)
def test_what_rows_are_told_apart_by_is_never_hashed(name: str) -> None:
    (line,) = lines(hash_fields=["email", name.upper()], hash_salt="hush")

    assert line.startswith(f"hash_fields: {name} cannot be hashed")


def test_without_a_salt_nothing_is_hashed() -> None:
    (line,) = lines(hash_fields=["hush"])

    assert line.startswith("hash_salt: missing")
    assert "hush" not in line


@pytest.mark.parametrize("salt", [" hush", "hush\n", "\thush", " ", "hush\ud800"])
def test_a_salt_that_two_might_read_in_two_ways_is_refused(salt: str) -> None:
    (line,) = lines(hash_fields=["email"], hash_salt=salt)

    assert line.startswith("hash_salt: ")
    assert "hush" not in line


def test_what_the_schema_has_refused_is_not_told_again() -> None:
    assert lines(("hash_salt",), hash_fields=["email"], hash_salt=5) == []
    assert lines(("hash_fields",), hash_fields="leadId", hash_salt="hush") == []
