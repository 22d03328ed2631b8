"""What the demo and the tests of real targets call equal, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from demo.comparison import compare

ROW = {"id": 1, "name": "Webinar", "folder": {"type": "Folder", "value": 2}, "tags": [{"a": "b"}]}


def differing(truth: Any, held: Any) -> list[str]:  # noqa: ANN401 - any value
    (wrong,) = compare(
        "programs", [{"id": 1, "x": truth}], [{"id": 1, "x": held}]
    ).different.values()
    return wrong


def test_the_truth_is_the_truth_in_whatever_order_and_beside_the_targets_own_columns() -> None:
    truth: list[dict[str, Any]] = [ROW, {"id": 2, "name": None}]
    held: list[dict[str, Any]] = [{"id": 2, "_sdc_sequence": 7}, {**ROW, "_sdc_deleted_at": None}]

    found = compare("programs", truth, held)

    assert found.holds
    assert str(found).split() == ["programs", "2", "of", "2", "equal"]


def test_a_lost_row_an_invented_one_and_one_that_came_twice_are_told_apart() -> None:
    found = compare("programs", [{"id": 1}, {"id": 2}], [{"id": 2}, {"id": 2}, {"id": 3}])

    assert not found.holds
    assert (found.missing, found.repeated, found.extra) == ([(1,)], [(2,)], [(3,)])
    assert str(found).split()[:5] == ["programs", "1", "of", "2", "equal"]


@pytest.mark.parametrize(
    ("truth", "held"),
    [
        ("Null", None),
        (None, ""),
        ("a", "a "),
        ("12", 12),
        (1, 2),
        (12.5, 12.25),
        (True, 1),
        (False, None),
        (0, None),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z"),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, None),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ([True], [1]),
        ("x\u2028y", "x y"),
    ],
)
def test_two_values_that_are_not_the_same_are_found(truth: object, held: object) -> None:
    assert differing(truth, held) == ["x"]
    assert differing(held, truth) == ["x"]


@pytest.mark.parametrize(
    ("truth", "held"), [(12, 12.0), ({"a": None}, {}), ({"a": [{}]}, {"a": [{"b": None}]})]
)
def test_two_spellings_of_one_value_are_the_same(truth: object, held: object) -> None:
    assert compare("programs", [{"id": 1, "x": truth}], [{"id": 1, "x": held}]).holds


def test_a_column_that_is_true_nowhere_is_found() -> None:
    assert compare("programs", [{"id": 1}], [{"id": 1, "y": 0}]).different == {(1,): ["y"]}


def test_what_is_said_of_a_difference_names_keys_and_columns_but_no_value() -> None:
    truth = [{"leadId": 1, "programId": 2, "email": "someone@example.com"}]
    held = [{"leadId": 1, "programId": 2, "email": "else@example.com"}]

    said = str(compare("program_members", truth, held))

    assert "(1, 2): email" in said
    assert "example.com" not in said
