"""Graphs for the kit: an open store, and a writer of fixtures for tests only, since the language itself only reads.

A fixture is CREATE, DELETE and whatever reads before them. The writer goes through the clauses in order with a table of
rows: what reads runs on the executor, rows in and rows out; what writes is done here, row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.backends.networkx.store import GraphStore
from graph.cypher import ast
from graph.cypher.parser.clauses import ClauseParser
from graph.model import Edge, Node
from tests.tck.execution import execute

_WRITING: Final = frozenset({"CREATE", "DELETE", "DETACH"})
Row = dict[str, Any]


def write(store: GraphStore, text: str, parameters: Mapping[str, Any]) -> None:
    """Carry out a fixture. Raises ValueError where it holds a clause that no fixture of the kit has."""
    _Writer(store, text, parameters).run()


class _Writer(ClauseParser):
    """Reads a fixture clause by clause with the parser of the language, and carries each out at once."""

    def __init__(self, store: GraphStore, text: str, parameters: Mapping[str, Any]) -> None:
        super().__init__(text)
        self._store = store
        self._parameters = parameters
        self._rows: list[Row] = [{}]

    def run(self) -> None:
        while self.token.kind != "end of query" and not self.accept(";"):
            word = self.token.word
            if word == "CREATE":
                self.advance()
                patterns = self.patterns()
                for row in self._rows:
                    self._create_paths(patterns, row)
            elif word in ("DELETE", "DETACH"):
                self._delete()
            else:
                self._carry_on()

    def _carry_on(self) -> None:
        """Clauses that read, up to the next that writes; the rows after them are what is visible then."""
        clauses: list[ast.Clause] = []
        while self.token.kind != "end of query" and self.token.word not in _WRITING:
            clauses.append(self._clause(clauses))
        self._rows = self._ask(clauses, self._rows)

    def _ask(self, clauses: list[ast.Clause], rows: list[Row], *items: ast.ProjectionItem) -> list[Row]:
        """The rows after some clauses, which start with what `rows` hold: `items`, or everything visible."""
        names = list(rows[0]) if rows else []
        before: list[ast.Clause] = []
        if names:
            taken = tuple(ast.ProjectionItem(ast.Property(ast.Variable("row__"), name), alias=name) for name in names)
            before = [ast.Unwind(ast.Parameter("rows__"), "row__"), ast.With(ast.Projection(taken))]
        end = ast.Return(ast.Projection(items, star=not items))
        query = ast.Query((ast.SinglePart((*before, *clauses, end)),))
        parameters = {**self._parameters, **({"rows__": rows} if names else {})}
        columns, found = execute(query, self._store, parameters)
        return [dict(zip(columns, row, strict=True)) for row in found]

    def _properties_of(self, tree: ast.MapLiteral | ast.Parameter | None, row: Row) -> dict[str, Any]:
        if tree is None:
            return {}
        if isinstance(tree, ast.MapLiteral) and all(isinstance(value, ast.Literal) for _, value in tree.items):
            found = {key: value.value for key, value in tree.items if isinstance(value, ast.Literal)}
        else:
            found = self._ask([], [row], ast.ProjectionItem(tree, alias="found"))[0]["found"]
        return {key: _kept(value) for key, value in found.items() if value is not None}

    def _create_paths(self, patterns: tuple[ast.PathPattern, ...], row: Row) -> None:
        for pattern in patterns:
            left = self._create_node(pattern.start, row)
            for relationship, node in pattern.steps:
                right = self._create_node(node, row)
                ends = (right, left) if relationship.direction is ast.Direction.IN else (left, right)
                self._create_edge(relationship, ends, row)
                left = right

    def _create_node(self, pattern: ast.NodePattern, row: Row) -> Node:
        if pattern.variable in row:
            found = row[pattern.variable]
            assert isinstance(found, Node)
            return found
        node = Node(f"n{_next()}", _labels(pattern.labels), self._properties_of(pattern.properties, row))
        self._store.add_node(node)
        if pattern.variable is not None:
            row[pattern.variable] = node
        return node

    def _create_edge(self, pattern: ast.RelationshipPattern, ends: tuple[Node, Node], row: Row) -> None:
        values = self._properties_of(pattern.properties, row)
        edge = Edge(f"r{_next()}", _labels(pattern.labels)[0], ends[0].id, ends[1].id, values)
        self._store.add_edge(edge)
        if pattern.variable is not None:
            row[pattern.variable] = edge

    def _delete(self) -> None:
        if self.advance().word == "DETACH":
            raise ValueError("no fixture of the kit detaches")
        name = self.name("a variable")
        for edge in dict.fromkeys(row[name] for row in self._rows):
            self._store.remove_edge(edge.id)


_NUMBERS = iter(range(1, 1 << 62))


def _next() -> int:
    return next(_NUMBERS)


def _kept(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _labels(tree: ast.LabelExpression | None) -> tuple[str, ...]:
    """The labels that CREATE writes: a name or names joined by colons."""
    if tree is None:
        return ()
    if isinstance(tree, ast.LabelName):
        return (tree.name,)
    if isinstance(tree, ast.LabelAnd):
        return tuple(dict.fromkeys(label for operand in tree.operands for label in _labels(operand)))
    raise ValueError(f"{type(tree).__name__} cannot be created")
