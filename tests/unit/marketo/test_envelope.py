"""Marketo's JSON is read wherever there is no doubt about what it says."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tap_marketo_programs.marketo.envelope import (
    is_readable,
    read_object,
    reported,
    rows,
    skip_reason,
    succeeded,
)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(rb'{"name":"\ud83d cut"}', "\ufffd cut", id="first half"),
        pytest.param(rb'{"name":"cut \ude00"}', "cut \ufffd", id="second half"),
        pytest.param(rb'{"name":"\ude00\ud83d"}', "\ufffd\ufffd", id="reversed"),
        pytest.param(rb'{"name":"\uD83D\uDE00"}', "\U0001f600", id="whole"),
        pytest.param(b'{"name":"\xed\xa0\xbd"}', "\ufffd", id="half, not escaped"),
        pytest.param(rb'{"name":"a\u0000b"}', "ab", id="NUL"),
        pytest.param(b'{"name":"a\0b"}', "ab", id="NUL, not escaped"),
        pytest.param(b'{"name":"a\nb\x01"}', "a\nb\x01", id="controls, not escaped"),
        pytest.param(b'{"name":"caf\xe9"}', "caf\ufffd", id="Latin-1"),
        pytest.param(b'\xef\xbb\xbf{"name":"a"}', "a", id="byte order mark"),
        pytest.param('{"name":"a"}'.encode("utf-16"), "a", id="UTF-16"),
    ],
)
def test_a_text_is_read_but_for_what_no_text_can_hold(body: bytes, text: str) -> None:
    assert read_object(body) == {"name": text}


def test_keys_and_texts_are_read_so_at_any_depth() -> None:
    found = read_object(rb'{"a\ud83d":[[{"b\u0000":{"c":["\ud83d"]}}]]}')

    assert found == {"a\ufffd": [[{"b": {"c": ["\ufffd"]}}]]}
    json.dumps(found, ensure_ascii=False).encode()


@pytest.mark.parametrize("number", ["1e999", "9" * 5_000, "Infinity"])
def test_a_number_beyond_all_bounds_costs_itself_only(number: str) -> None:
    assert read_object(b'{"a":%s,"b":1}' % number.encode()) == {"a": math.inf, "b": 1}


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"null", b"[]", b"5", b'"text"', b"{", b"<html>", b"[" * 100_000, b'{"a":' * 9_999],
)
def test_what_is_no_object_is_none(body: bytes) -> None:
    assert read_object(body) is None


@pytest.mark.parametrize("told", [True, "true", "True ", 1])
def test_success_may_be_a_text(told: object) -> None:
    assert succeeded({"success": told})


@pytest.mark.parametrize("told", [False, None, "false", "", "perhaps", 0, 7, [], [True], {}, 1.5])
def test_what_does_not_say_success_is_none(told: object) -> None:
    assert not succeeded({"success": told})
    assert not succeeded({})


@pytest.mark.parametrize(
    ("errors", "found"),
    [
        ([{"code": "606", "message": "Too fast"}], [("606", "Too fast")]),
        ([{"code": 606, "message": "Too fast"}], [("606", "Too fast")]),
        ([{"code": 606.0}], [("606", "")]),
        ({"code": " 602 ", "message": "Expired"}, [("602", "Expired")]),
        ({"0": {"code": "602"}, "1": {"code": "1003"}}, [("602", ""), ("1003", "")]),
        ("No such thing", [("", "No such thing")]),
        (["No such thing", None], [("", "No such thing"), ("", "")]),
        ([{}], [("", "")]),
        ([{"message": "a\nb\u2028c\x1b[31m"}], [("", "a b c [31m")]),
        (7, [("", "7")]),
        ([], []),
        ({}, []),
        ("", []),
        (None, []),
    ],
)
def test_errors_are_read_in_any_shape(errors: object, found: list[tuple[str, str]]) -> None:
    assert reported({"errors": errors}) == found


@pytest.mark.parametrize(
    ("result", "found"),
    [([1, 2], [1, 2]), ({"id": 1}, [{"id": 1}]), (None, []), ("text", []), (7, [])],
)
def test_an_object_in_place_of_the_array_is_its_only_row(result: object, found: list[Any]) -> None:
    assert rows({"result": result}) == found
    assert is_readable({"result": result}) == (not isinstance(result, str | int))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"status": "skipped", "reasons": [{"code": "1003", "message": "Bad"}]}, "error 1003"),
        ({"id": 7, "reasons": [{"code": 1003}, {"code": "1004"}]}, "error 1003 1004"),
        ({"status": "skipped", "reasons": {"code": "1003"}}, "error 1003"),
        ({"reasons": "some text"}, "error"),
        ({"id": 7, "status": "skipped"}, None),
        ({"id": 7, "reasons": []}, None),
        ("text", None),
    ],
)
def test_a_row_that_marketo_left_out_says_so(row: object, why: str | None) -> None:
    assert skip_reason(row) == why
