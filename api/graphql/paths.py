"""Walks along the relations of the pack's group `dependency`: what an element depends on, what depends on it, one path.

They are root fields only. As fields of every configuration item they would be a closure for each row of a list, and
`dependsOn` is the name of a relation there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from api.graphql.compile import Names, Reach, any_of, is_element, query_of, walk
from api.graphql.errors import PathError
from api.graphql.pages import Record
from api.graphql.selection import NodeSelection, SelectionReader
from api.graphql.shape import HIDDEN, NODE, Shape
from api.graphql.types import Types
from graph.cypher import ast
from graph.cypher.ast import Direction
from graph.model import Edge, Node
from services.impact_through import PLACEHOLDER

GROUP: Final = "dependency"
FARTHEST: Final = 20
"""Relations that a walk has at most, and by default."""
LONGEST: Final = 12
"""Relations that a path has at most by default."""

HIDDEN_RELATION: Final = "HIDDEN"
"""The type of a relation with an end that its asker may not see."""

_ID = GraphQLNonNull(GraphQLID)


@dataclass(frozen=True, slots=True)
class Closure:
    """A root field that lists what a walk reaches: elements of the concrete kinds `kinds`, which `far` covers."""

    name: str
    direction: Direction
    far: str
    kinds: frozenset[str]
    description: str


@dataclass(frozen=True, slots=True)
class Step:
    """A relation of a path. `forward`: the path goes along it, from the dependent to what it depends on."""

    edge: Edge
    forward: bool


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A path: one more node than relations, in order."""

    nodes: Sequence[Record]
    relations: Sequence[Step]


def closures(shape: Shape) -> tuple[Closure, ...]:
    """The closures of a schema; none where it has no relation of dependency."""
    pairs = [pair for relation in dependencies(shape) for pair in shape.schema.pairs[relation]]
    if not pairs:
        return ()
    ends, starts = frozenset(end for _, end in pairs), frozenset(start for start, _ in pairs)
    depth = f"directly or through others, to `depth` relations ({FARTHEST} at most)"
    return (
        Closure(
            "dependsOn",
            Direction.OUT,
            shape.cover(ends),
            ends,
            f"What the element with that id depends on, {depth}; each element once, itself not among them.",
        ),
        Closure(
            "impactedBy",
            Direction.IN,
            shape.cover(starts),
            starts,
            f"What depends on the element with that id, {depth}: what may stop when it stops. Only relations of dependency "
            "are followed; the catalogue's `downstream_impact` goes on from a service instance to the application that it "
            "realises.",
        ),
    )


def dependencies(shape: Shape) -> tuple[str, ...]:
    """The relation types that are followed."""
    return shape.schema.groups.get(GROUP, ())


def reach(shape: Shape, closure: Closure, arguments: Mapping[str, Any]) -> Reach:
    """Where a closure begins and what it lists. Raises PathError."""
    depth = _length(arguments.get("depth"), FARTHEST, "depth")
    kinds = closure.kinds
    named: Iterable[str] | None = arguments.get("kinds")
    if named is not None:
        kinds &= frozenset(one for kind in named for one in shape.covered(kind))
        if not kinds:
            raise PathError(
                f"none of {', '.join(named)} is ever reached", where="kinds", hint=f"kinds of {closure.far}"
            )
    return Reach(arguments["id"], dependencies(shape), closure.direction, depth, tuple(sorted(kinds)))


def closure_arguments(types: Types, closure: Closure, kind_name: GraphQLEnumType) -> dict[str, GraphQLArgument]:
    """The arguments of a closure: where it begins, and those of every list."""
    return {
        "id": GraphQLArgument(_ID),
        "depth": GraphQLArgument(GraphQLInt, default_value=FARTHEST),
        "kinds": GraphQLArgument(GraphQLList(GraphQLNonNull(kind_name)), description="Only these are listed."),
        **types.arguments(closure.far),
    }


def path_arguments() -> dict[str, GraphQLArgument]:
    """The arguments of a path."""
    return {
        "from": GraphQLArgument(_ID),
        "to": GraphQLArgument(_ID),
        "maxLength": GraphQLArgument(GraphQLInt, default_value=LONGEST, description=f"{FARTHEST} at most."),
        "directed": GraphQLArgument(
            GraphQLBoolean, default_value=False, description="Only from a dependent to what it depends on."
        ),
    }


def path_type(types: Types) -> GraphQLObjectType:
    """A path."""
    relation = GraphQLObjectType(
        "PathRelation",
        {
            "id": GraphQLField(_ID, resolve=lambda step, _: step.edge.id),
            "type": GraphQLField(GraphQLNonNull(GraphQLString), resolve=lambda step, _: step.edge.type),
            "start": GraphQLField(_ID, resolve=lambda step, _: step.edge.start),
            "end": GraphQLField(_ID, resolve=lambda step, _: step.edge.end),
            "forward": GraphQLField(
                GraphQLNonNull(GraphQLBoolean), description="Whether the path goes from its start to its end."
            ),
        },
    )
    return GraphQLObjectType(
        "Path",
        {
            "length": GraphQLField(GraphQLNonNull(GraphQLInt), resolve=lambda path, _: len(path.relations)),
            "nodes": GraphQLField(
                GraphQLNonNull(GraphQLList(GraphQLNonNull(types.node))),
                description="One more than there are relations. Their own relations are not told here: ask `node`.",
            ),
            "relations": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLNonNull(relation)))),
        },
    )


class PathReader(SelectionReader):
    """Reads the selection under a path, only to refuse what it does not tell."""

    def check_path(self) -> None:
        """Raises PathError where relations of a node are asked for."""
        content = NodeSelection(NODE, needs_kind=True)
        for root in self._info.field_nodes:
            for selected, _ in self._fields(root.selection_set, ""):
                if selected.name.value == "nodes":
                    self._read_node(content, selected.selection_set, 1)
        for name, _ in content.branches:
            raise PathError(f"{name!r} is asked of a node of a path", where="nodes", hint="ask it of `node(id:)`")


def compile_path(shape: Shape, arguments: Mapping[str, Any]) -> tuple[ast.Query, Mapping[str, Any]]:
    """The query of one shortest path: its nodes and its relations, in one row or none. Raises PathError."""
    most = _length(arguments.get("maxLength"), LONGEST, "maxLength")
    start, end = arguments["from"], arguments["to"]
    if start == end:
        raise PathError("the path begins where it ends", where="to", hint="name two elements")
    names = Names()
    ends = ast.Binary(ast.BinaryOperator.AND, is_element("a", names.bind(start)), is_element("b", names.bind(end)))
    direction = Direction.OUT if arguments.get("directed") else Direction.BOTH
    step = (walk(dependencies(shape), direction, most), ast.NodePattern("b"))
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


def found_path(shape: Shape, rows: Sequence[Sequence[Any]]) -> FoundPath | None:
    """The path in the row of an answer; None where there is none, or an end is not there."""
    if not rows:
        return None
    nodes, edges = rows[0]
    steps = [Step(edge, edge.start == node.id) for node, edge in zip(nodes, edges, strict=False)]
    return FoundPath([_record(shape, node) for node in nodes], steps)


def _record(shape: Shape, node: Node) -> Record:
    if node.kind == HIDDEN:
        return Record(HIDDEN, {"id": node.id}, {})
    values = {name: node.properties.get(name) for name in shape.schema.kinds[node.kind].attributes}
    return Record(node.kind, {**values, "id": node.id}, {})


def _length(given: int | None, usual: int, where: str) -> int:
    most = usual if given is None else given
    if not 1 <= most <= FARTHEST:
        raise PathError(f"{where} is {most}", where=where, hint=f"follow 1 to {FARTHEST} relations")
    return most
