"""ORDER BY: rows sorted by columns of keys, and no more than the foremost where a LIMIT follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import nlargest, nsmallest
from typing import Any

from graph.backends.networkx.frame import Environment, Evaluate, Row, Rows
from graph.backends.networkx.values import sort_key

_PLAIN = (frozenset({str}), frozenset({int}), frozenset({float}), frozenset({int, float}))
"""Types whose values Python orders as Cypher does, when a column holds nothing else."""


def ordered(keys: Sequence[tuple[Evaluate, bool]], wanted: Callable[[], int | None], environment: Environment) -> Rows:
    """An operator that sorts by (expression, descending) and gives the first `wanted` rows (None: all)."""
    memory, step = environment.memory, environment.deadline.step

    def order(rows: Iterator[Row]) -> Iterator[Row]:
        most = wanted()
        hold = memory.hold()
        found: list[Row] = []
        try:
            for row in rows:
                step()
                hold.keep_row(row)
                found.append(row)
            if most is not None and most < len(found):
                evaluate, descending = keys[0]
                column = _column(evaluate, found, step)
                found = [found[place] for place in _foremost(*_comparable(column, descending), most)]
            columns = [_comparable(_column(evaluate, found, step), descending) for evaluate, descending in keys]
            for place in _sorted(columns)[:most]:
                yield found[place]
        finally:
            hold.release()

    return order


def _column(evaluate: Evaluate, rows: list[Row], step: Callable[[], None]) -> list[Any]:
    column = []
    for row in rows:
        step()
        column.append(evaluate(row))
    return column


def _sorted(columns: list[tuple[list[Any], bool]]) -> list[int]:
    """The places of rows in order of columns and their directions."""
    places = list(range(len(columns[0][0])))
    (_, down), *others = columns
    if all(other == down for _, other in others):
        keys = columns[0][0] if not others else list(zip(*(column for column, _ in columns), strict=True))
        places.sort(key=keys.__getitem__, reverse=down)
        return places
    for column, down in reversed(columns):
        places.sort(key=column.__getitem__, reverse=down)
    return places


def _comparable(column: list[Any], descending: bool) -> tuple[list[Any], bool]:
    """A column that Python can order, and whether it is to be read backwards; numbers are negated instead."""
    types = frozenset(map(type, column))
    if types not in _PLAIN or (float in types and any(value != value for value in column)):
        return [sort_key(value) for value in column], descending
    if descending and str not in types:
        return [-value for value in column], False
    return column, descending


def _foremost(column: list[Any], descending: bool, most: int) -> list[int]:
    """The places that may be among the first by this column alone, all that tie with the last of them included."""
    if most == 0:
        return []
    if most >= len(column):
        return list(range(len(column)))
    last = (nlargest if descending else nsmallest)(most, column)[-1]
    if descending:
        return [place for place, key in enumerate(column) if key >= last]
    return [place for place, key in enumerate(column) if key <= last]
