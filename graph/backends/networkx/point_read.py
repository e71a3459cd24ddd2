"""The most frequent query of all, one node by its id and some of its properties, read without any operator.

`MATCH (v:Kind {id: $id}) RETURN v.name, v.environment`: hand-written code would look the node up and pick the values. So
does this: a query of exactly that form needs no rows, no clock and no budget of memory. Whatever else it asks takes the
road of every query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graph.backends.networkx.store import GraphStore
from graph.cypher import ast
from graph.cypher.bound import BoundQuery, TypeName

PointRead = Callable[[Mapping[str, Any]], list[tuple[Any, ...]] | None]
"""From given parameters to the rows, one at most; None where a value is not what the query wants."""


def point_read(query: BoundQuery, store: GraphStore) -> PointRead | None:
    """The query as one look-up; None where it is anything else."""
    read = _form(query)
    if read is None:
        return None
    name, kinds, keys = read
    nodes = store.nodes

    def find(given: Mapping[str, Any]) -> list[tuple[Any, ...]] | None:
        wanted = given.get(name)
        if type(wanted) is not str:
            return None
        node = nodes.get(wanted)
        if node is None or (kinds is not None and node.labels[0] not in kinds):
            return []
        properties = node.properties
        return [tuple([list(v) if type(v := properties.get(key)) is tuple else v for key in keys])]

    return find


def _form(query: BoundQuery) -> tuple[str, frozenset[str] | None, tuple[str, ...]] | None:
    """The parameter, the kinds and the keys of a point read."""
    if query.restricted or query.clock or len(query.query.parts) != 1 or len(query.parameters) != 1:
        return None
    match query.query.parts[0].clauses:
        case (
            ast.Match(
                patterns=(ast.PathPattern(start=node, steps=(), variable=None, shortest=None),),
                where=None,
                optional=False,
            ),
            ast.Return(projection),
        ):
            pass
        case _:
            return None
    if projection.distinct or projection.order or projection.skip is not None or projection.limit is not None:
        return None
    parameter = _parameter(node)
    keys = [_key(item.expression, node.variable) for item in projection.items]
    if parameter is None or None in keys or query.parameters[parameter].name is not TypeName.STRING:
        return None
    return parameter, node.kinds, tuple(key for key in keys if key is not None)


def _parameter(node: ast.NodePattern) -> str | None:
    """The parameter that is the node's id, where nothing else is asked of the node."""
    if node.where is not None or (node.kinds is None and node.labels is not None):
        return None
    match node.properties:
        case ast.MapLiteral(items=(("id", ast.Parameter(name)),)):
            return name
    return None


def _key(expression: ast.Expression, variable: str | None) -> str | None:
    match expression:
        case ast.Property(subject=ast.Variable(name), key=key) if name == variable:
            return key
    return None
