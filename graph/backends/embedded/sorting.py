"""The order of an answer, made here of rows that were read without one.

ladybug takes a millisecond and more to sort some hundred rows, Python a tenth of that. So the ORDER BY of a last RETURN is taken
out, where it sorts by columns or properties, and all rows are wanted; what an answer is sorted by and does not tell comes as columns
that are dropped again. Answers of more rows than the cap are asked for once more, in order: which rows they are depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Final

from graph.cypher.ast import Literal, ProjectionItem, Property, Return, Variable
from graph.cypher.bound import BoundQuery
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.printer import print_tree
from graph.cypher.types import ANY

SORTED_ALIKE: Final = frozenset({"STRING", "INT64", "BOOL", "DATE"})
"""Types of columns that Python sorts as the language does, nulls aside: texts by code point."""

_HIDDEN: Final = "__sort"


@dataclass(frozen=True, slots=True)
class Order:
    """Sort keys as columns, each with whether it descends; `width` columns are the answer's own. `text` is for people."""

    keys: tuple[tuple[int, bool], ...]
    width: int
    text: str

    def apply(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """The rows in order, without the columns that are not the answer's."""
        places = [at for at, _ in self.keys]
        descends = any(descending for _, descending in self.keys)
        if not descends and not any(None in map(itemgetter(at), rows) for at in places):
            rows.sort(key=itemgetter(*places))
        else:
            for at, descending in reversed(self.keys):  # nulls come last ascending, first descending
                rows.sort(key=lambda row: (row[at] is None, row[at]), reverse=descending)
        return [row[: self.width] for row in rows] if rows and len(rows[0]) > self.width else rows


def taken_out(bound: BoundQuery, row_cap: int) -> tuple[BoundQuery, Order] | None:
    """The query without its order, and that order; None where the store has to sort. A limit beyond the cap is none."""
    if len(bound.query.parts) != 1:
        return None
    (part,) = bound.query.parts
    last = part.clauses[-1]
    if not isinstance(last, Return):
        return None
    projection = last.projection
    if not projection.order or projection.star or projection.distinct:
        return None
    limit = projection.limit
    beyond = isinstance(limit, Literal) and isinstance(limit.value, int) and limit.value > row_cap
    if projection.skip is not None or not (limit is None or beyond):
        return None
    if any(True for item in projection.items for _ in aggregates_in(item.expression)):
        return None
    places = {item.alias: at for at, item in enumerate(projection.items)}
    hidden: list[ProjectionItem] = []
    keys: list[tuple[int, bool]] = []
    for item in projection.order:
        key = item.expression
        if isinstance(key, Variable) and key.name in places:
            place = places[key.name]
        elif isinstance(key, Property) and isinstance(key.subject, Variable) and key.subject.name not in places:
            place = len(places) + len(hidden)
            hidden.append(ProjectionItem(key, f"{_HIDDEN}{len(hidden)}", False))
        else:
            return None
        keys.append((place, item.descending))
    bare = replace(projection, items=(*projection.items, *hidden), order=())
    query = replace(bound.query, parts=(replace(part, clauses=(*part.clauses[:-1], replace(last, projection=bare))),))
    unsorted = replace(
        bound,
        query=query,
        columns=(*bound.columns, *(item.alias for item in hidden)),
        column_types=(*bound.column_types, *(ANY for _ in hidden)),
    )
    text = ", ".join(print_tree(i.expression) + (" DESC" if i.descending else "") for i in projection.order)
    return unsorted, Order(tuple(keys), len(projection.items), text)
