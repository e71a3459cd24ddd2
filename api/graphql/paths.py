"""What the root asks of walks along dependencies: where a closure begins, the query of one path, and what of it is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from api.graphql.compile import Reach
from api.graphql.errors import PathError
from api.graphql.shape import HIDDEN, NODE, Shape
from api.graphql.trees import Names, any_of, is_element, query_of, walk
from api.graphql.walks import FARTHEST, LONGEST, Closure, length, listed_kinds
from graph.cypher import ast
from graph.cypher.ast import Direction
from graph.model import Edge, Node
from services.impact_through import PLACEHOLDER

HIDDEN_RELATION: Final = "HIDDEN"
"""The type of a relation with an end that its asker may not see."""


def reach(shape: Shape, closure: Closure, arguments: Mapping[str, Any]) -> Reach:
    """Where a closure begins and what it lists. Raises PathError."""
    depth = length(arguments.get("depth"), FARTHEST, "depth")
    kinds = listed_kinds(shape, closure, arguments)
    return Reach(arguments["id"], shape.walks.relations, closure.direction, depth, tuple(sorted(kinds)))


def compile_path(shape: Shape, arguments: Mapping[str, Any]) -> tuple[ast.Query, Mapping[str, Any]]:
    """The query of one shortest path: its nodes and its relations, in one row or none. Raises PathError."""
    most = length(arguments.get("maxLength"), LONGEST, "maxLength")
    start, end = arguments["from"], arguments["to"]
    if start == end:
        raise PathError("the path begins where it ends", where="to", hint="name two elements")
    names = Names()
    ends = ast.Binary(ast.BinaryOperator.AND, is_element("a", names.bind(start)), is_element("b", names.bind(end)))
    direction = Direction.OUT if arguments.get("directed") else Direction.BOTH
    step = (walk(shape.walks.relations, direction, most), ast.NodePattern("b"))
    path = ast.PathPattern(ast.NodePattern("a"), (step,), variable="p", shortest=ast.ShortestKind.SINGLE)
    parts = (("n", "nodes"), ("r", "relationships"))
    items = tuple(ast.ProjectionItem(ast.FunctionCall(of, (ast.Variable("p"),)), name) for name, of in parts)
    both_ends = (ast.PathPattern(any_of("a", NODE)), ast.PathPattern(any_of("b", NODE)))
    clauses = (ast.Match(both_ends, ends), ast.Match((path,)), ast.Return(ast.Projection(items)))
    return query_of(clauses), names.parameters


def covered(row: Sequence[Any], seen: Collection[str]) -> tuple[list[Node], list[Edge]]:
    """The nodes and relations of a path with a number in place of each that is not seen, nor both ends of a relation."""
    nodes, edges = row
    names = {node.id: node.id for node in nodes if node.id in seen}
    for node in nodes:
        names.setdefault(node.id, PLACEHOLDER.format(len(names.keys() - seen) + 1))
    told = [node if node.id in seen else Node(names[node.id], (HIDDEN,), {}) for node in nodes]
    steps = []
    for number, edge in enumerate(edges, start=1):
        if edge.start in seen and edge.end in seen:
            steps.append(edge)
        else:
            name = f"relation-{PLACEHOLDER.format(number)}"
            steps.append(Edge(name, HIDDEN_RELATION, names[edge.start], names[edge.end], {}))
    return told, steps
