"""When two answers count as the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from agent.evaluation.comparison import same_rows

Rows = list[tuple[Any, ...]]


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        pytest.param([("a",), ("b",)], [("b",), ("a",)], id="rows in another order"),
        pytest.param([("a", 1), ("b", 2)], [(2, "b"), (1, "a")], id="columns in another order"),
        pytest.param([("a",), ("b",)], [("a", "linux"), ("b", "linux")], id="a column more that describes the rows"),
        pytest.param([("a", 76.98695)], [("a", 77.0)], id="a rounded percentage"),
        pytest.param([(3,)], [(3.0,)], id="an integer and the same number"),
        pytest.param([(datetime(2024, 5, 1, tzinfo=UTC),)], [("2024-05-01T00:00:00Z",)], id="an instant and its text"),
        pytest.param([(date(2024, 5, 1),)], [("2024-05-01",)], id="a date and its text"),
        pytest.param(
            [("paie",)], [({"id": "1", "labels": [], "properties": {"name": "paie"}},)], id="a node and its name"
        ),
        pytest.param([(None,)], [(None,)], id="nothing is nothing"),
        pytest.param([], [], id="no rows"),
        pytest.param([(240, 60)], [("Paie", 240, 60)], id="numbers with the name of what they are of"),
        pytest.param([(1.11, 2.0), (1.12, 3.0)], [(3.0, 1.1), (2.0, 1.1)], id="rounded numbers under other columns"),
        pytest.param([(["x", "y"],)], [(["y", "x"],)], id="a collected list in another order"),
    ],
)
def test_the_same_answer_is_recognised(gold: Rows, answer: Rows) -> None:
    assert same_rows(gold, answer)


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        pytest.param([("a",), ("b",)], [("a",)], id="a row less"),
        pytest.param([("a",), ("b",)], [("a",), ("a",)], id="another multiplicity"),
        pytest.param([("a", "b")], [("a",)], id="a column less"),
        pytest.param([(5,)], [(5, 7)], id="numbers alone must have no other beside them"),
        pytest.param([(5,)], [(6,)], id="another number"),
        pytest.param([(100,)], [(100.2,)], id="more than rounding"),
        pytest.param([(0.05,)], [(0.2,)], id="more than rounding of a small number"),
        pytest.param([("a", 1), ("b", 2)], [("a", 2), ("b", 1)], id="the same columns, the rows crossed"),
        pytest.param([(True,)], [(1,)], id="yes is not the number one"),
        pytest.param([(None,)], [(0,)], id="nothing is not zero"),
        pytest.param([("1",)], [(1,)], id="a text is not a number"),
    ],
)
def test_another_answer_is_told_apart(gold: Rows, answer: Rows) -> None:
    assert not same_rows(gold, answer)


def test_order_counts_only_where_the_gold_orders() -> None:
    gold, answer = [("a", 3), ("b", 2)], [("b", 2), ("a", 3)]
    assert same_rows(gold, answer)
    assert not same_rows(gold, answer, ordered=True)
    assert same_rows(gold, [(3, "a"), (2, "b")], ordered=True)


def test_rows_that_tie_may_change_places() -> None:
    gold = [("a", 3), ("b", 2), ("c", 2), ("d", 1)]
    assert same_rows(gold, [("a", 3), ("c", 2), ("b", 2), ("d", 1)], ordered=True)
    assert not same_rows(gold, [("b", 2), ("a", 3), ("c", 2), ("d", 1)], ordered=True)


def test_rows_that_all_tie_may_come_in_any_order() -> None:
    gold = [("b", 14), ("c", 14), ("a", 14)]
    assert same_rows(gold, [("a", 14), ("b", 14), ("c", 14)], ordered=True)


def test_where_no_column_tells_the_order_each_row_has_its_place() -> None:
    gold = [("b",), ("c",), ("a",)]
    assert same_rows(gold, [("b",), ("c",), ("a",)], ordered=True)
    assert not same_rows(gold, [("a",), ("b",), ("c",)], ordered=True)
