"""Cursors: what they hold, and that paging on the host and in the query follow one order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.graphql.cursors import Order, OrderKey, decode, encode, is_after
from api.graphql.errors import CursorError
from graph.schema.model import ValueType
from tests.api.conftest import Open
from tests.api.estate import created, write

TYPES = {
    "s": ValueType.STRING,
    "i": ValueType.INTEGER,
    "f": ValueType.FLOAT,
    "b": ValueType.BOOLEAN,
    "d": ValueType.DATE,
    "t": ValueType.INSTANT,
    "m": ValueType.MONEY,
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "s": st.text(max_size=3),
    "i": st.integers(-3, 3),
    "f": st.floats(-2, 2, width=16),
    "b": st.booleans(),
    "d": st.dates(date(2020, 1, 1), date(2020, 1, 3)),
    "t": st.integers(-3, 3).map(lambda steps: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=steps)),
    "m": st.integers(-(2**63), 2**63 - 1),
}


@st.composite
def orders_and_rows(draw: st.DrawFn) -> tuple[Order, list[tuple[Any, ...]]]:
    names = draw(st.lists(st.sampled_from(sorted(TYPES)), max_size=3, unique=True))
    order = tuple(OrderKey(name, draw(st.booleans())) for name in names)
    row = st.tuples(*(st.none() | VALUES[name] for name in names))
    rows = draw(st.lists(row, min_size=1, max_size=8))
    return order, [(*values, f"id-{n}") for n, values in enumerate(rows)]


@given(orders_and_rows())
def test_a_cursor_gives_back_what_was_put_in(drawn: tuple[Order, list[tuple[Any, ...]]]) -> None:
    order, rows = drawn
    for row in rows:
        assert decode(encode(order, row), order, TYPES) == row


@given(orders_and_rows())
def test_what_comes_after_a_row_is_what_stands_after_it_in_order(drawn: tuple[Order, list[tuple[Any, ...]]]) -> None:
    order, rows = drawn
    rows.sort(key=lambda row: row[-1])
    for at, key in reversed(list(enumerate(order))):
        rows.sort(key=lambda row: ((value := row[at]) is None, value), reverse=key.descending)
    for position, row in enumerate(rows):
        assert [other for other in rows if is_after(order, other, row)] == rows[position + 1 :]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "e30",
        "bm9uc2Vuc2U",
        "é",
        "!!!!",
        encode((), ["id"])[:-2],
        encode((OrderKey("s"),), ["a", 5]),
        encode((OrderKey("s"),), [5, "id"]),
    ],
)
def test_what_is_no_cursor_is_refused(content: str) -> None:
    with pytest.raises(CursorError) as refused:
        decode(content, (OrderKey("s"),), TYPES)
    assert refused.value.hint


def test_a_page_goes_on_where_it_stopped_although_rows_came_in_before_it(open_estate: Open, tmp_path: Path) -> None:
    text = """query($after: String) {
        teams(orderBy: [{name: DESC}], first: 2, after: $after) { edges { cursor node { name } } } }"""
    with open_estate(tmp_path) as ask:
        first = ask.graphql(text)["teams"]["edges"]
        assert [edge["node"]["name"] for edge in first] == ["Socle", "Réseau"]
        write(ask.twin.ledger, [created("Team", "Zèle"), created("Team", "Astreinte")], fingerprint="later")
        ask.twin.catch_up()
        second = ask.graphql(text, after=first[-1]["cursor"])["teams"]["edges"]
    assert [edge["node"]["name"] for edge in second] == ["Données", "Astreinte"]
