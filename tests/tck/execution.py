"""One query on one open graph: the road of every query, without schema, with the kit's generous bounds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from types import MappingProxyType
from typing import Any, Final

from graph.backends.networkx.clauses import QueryCompiler
from graph.backends.networkx.frame import Deadline, Environment
from graph.backends.networkx.store import GraphStore
from graph.cypher.ast import Query
from graph.cypher.bound import BoundQuery
from graph.cypher.guard import QueryLimits
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare, prepare_ast
from tests.tck.procedures import TableProcedure

NOW: Final = datetime(2025, 1, 1, 12, 30, tzinfo=UTC)
LIMITS: Final = QueryLimits(default_hops=30, maximum_hops=1_000, maximum_nodes=1_000, maximum_clauses=1_000)
_TIMEOUT_S: Final = 30.0
Answer = tuple[tuple[str, ...], list[tuple[Any, ...]]]


def bind_text(text: str, procedures: Mapping[str, TableProcedure]) -> BoundQuery:
    """A query text, bound in open mode. Raises CypherError."""
    return prepare(text, None, LIMITS, {name: procedure.signature for name, procedure in procedures.items()})


def run(
    bound: BoundQuery,
    store: GraphStore,
    parameters: Mapping[str, Any],
    procedures: Mapping[str, TableProcedure] = MappingProxyType({}),
) -> Answer:
    """Columns and rows of a bound query. Raises QueryError."""
    values = complete_parameters(bound, parameters, NOW)
    environment = Environment(store, None, values, Deadline(_TIMEOUT_S), procedures, Random(1))
    return bound.columns, list(QueryCompiler(environment).query(bound.query))


def execute(query: Query, store: GraphStore, parameters: Mapping[str, Any]) -> Answer:
    """Columns and rows of a query tree."""
    return run(prepare_ast(query, None, LIMITS), store, parameters)
