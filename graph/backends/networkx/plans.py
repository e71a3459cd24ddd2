"""Compiled queries, kept from one run to the next while the graph does not change.

A plan is closures over one store; the values of parameters, the deadline and the budget of memory are filled in anew for
each run. It is found by the identity of the bound query: who prepares a text once compiles it once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from core.principal import Sight
from graph.backends.networkx.clauses import QueryCompiler
from graph.backends.networkx.durations import Duration
from graph.backends.networkx.frame import Deadline, Environment
from graph.backends.networkx.memory import MemoryBudget
from graph.backends.networkx.point_read import PointRead, point_read
from graph.backends.networkx.store import GraphStore
from graph.cypher.bound import BoundQuery
from graph.repository import ReadContext
from graph.schema.model import Schema

KEPT: Final = 256
_NESTED: Final = frozenset({Duration, list, dict})
"""Types of cells that are or may hold something that leaves in another form."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled query: what starts it, and what is filled in before."""

    query: BoundQuery  # held, so that its identity is not given to another
    parameters: dict[str, Any]
    deadline: Deadline
    memory: MemoryBudget
    start: Callable[[], Iterator[tuple[Any, ...]]]


class Plans:
    """The plans of one store. Not safe for two runs at a time: the repository locks."""

    def __init__(self, store: GraphStore, schema: Schema) -> None:
        self._store = store
        self._schema = schema
        self._plans: OrderedDict[tuple[int, Sight | None], _Plan] = OrderedDict()
        self._points: dict[int, tuple[BoundQuery, PointRead | None]] = {}  # with the query, as above

    def forget(self) -> None:
        """The graph has changed: where a match had best start may have changed with it."""
        self._plans.clear()
        self._points.clear()

    def point(self, query: BoundQuery, given: Mapping[str, Any], context: ReadContext) -> list[tuple[Any, ...]] | None:
        """The answer of a query that is one look-up; None of any other, and where something of it is to be refused."""
        known = self._points.get(id(query))
        if known is None:
            if len(self._points) >= KEPT:
                self._points.clear()
            known = self._points[id(query)] = (query, point_read(query, self._store))
        find = known[1]
        return None if find is None or context.sees is not None else find(given)

    def rows(self, query: BoundQuery, values: Mapping[str, Any], context: ReadContext) -> list[tuple[Any, ...]]:
        """The answer, and one row more than the cap where there is one."""
        key = (id(query), context.sees)  # what the asker sees is compiled in
        plan = self._plans.pop(key, None) or self._compile(query, values, context)
        plan.parameters.clear()
        plan.parameters.update(values)
        plan.deadline.restart(context.timeout_s)
        plan.memory.most, plan.memory.kept = context.memory_bytes, 0
        held, found = plan.memory.hold(), []
        for row in islice(plan.start(), context.row_cap + 1):
            held.shared.clear()  # lists leave as copies: what rows share inside, they do not share outside
            held.keep_row(row)
            found.append(_cells(row))
        self._plans[key] = plan  # only now: a run that failed may have left generators that still hold memory
        if len(self._plans) > KEPT:
            self._plans.popitem(last=False)
        return found

    def _compile(self, query: BoundQuery, values: Mapping[str, Any], context: ReadContext) -> _Plan:
        parameters = dict(values)
        deadline, memory = Deadline(context.timeout_s), MemoryBudget(context.memory_bytes)
        environment = Environment(self._store, self._schema, parameters, deadline, memory=memory)
        return _Plan(query, parameters, deadline, memory, QueryCompiler(environment).compiled(query.query))


def _cells(row: tuple[Any, ...]) -> tuple[Any, ...]:
    for value in row:
        if type(value) in _NESTED:
            return tuple([_cell(value) for value in row])
    return row


def _cell(value: Any) -> Any:
    """A value as it leaves: durations as ISO 8601 text."""
    if type(value) is Duration:
        return str(value)
    if type(value) is list:
        return [_cell(item) for item in value]
    return {key: _cell(item) for key, item in value.items()} if type(value) is dict else value
