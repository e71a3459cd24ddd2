"""The Neo4j dialect: Cypher 5 is the reference, so little differs.

What does: identity is our UUID; `labels()` answers in the schema's order without the technical label; the technical
label is named where an index may serve, and where a bare node could be the watermark; `exists(x)` is gone since 5.0;
a condition on each step of a variable-length relationship moves to WHERE; a shortest path has two ends; what is made
distinct behind a closure has a name; a pattern as a value is a subquery; instants are computed in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar

from graph.backends.base_compiler import Lowering, Statement
from graph.backends.cypher_family import CypherFamilyCompiler
from graph.backends.neo4j.ddl import ELEMENT, indexed_attributes
from graph.backends.neo4j.distinct import keep_distinct
from graph.backends.neo4j.escapes import without_backslashes
from graph.backends.neo4j.shortest import keep_ends_apart
from graph.backends.neo4j.sight import labels_of, name_the_seen, test_of_labels
from graph.backends.neo4j.steps import move_step_conditions
from graph.backends.neo4j.types import sent
from graph.cypher.ast import (
    Binary,
    Expression,
    FunctionCall,
    Index,
    IsNull,
    Literal,
    MapLiteral,
    Match,
    NodePattern,
    Parameter,
    PathPattern,
    PatternPredicate,
    Property,
    RelationshipPattern,
    Variable,
    Visible,
)
from graph.cypher.bound import BoundQuery, TypeName
from graph.cypher.parameters import PERIMETERS
from graph.cypher.printer import ADDITION, POSTFIX, PREDICATE
from graph.cypher.rewrite import descend
from graph.schema.model import Schema

_LABELS = "jumeau labels"
_KINDS = "jumeau kinds"
"""Names of our own parameters; nobody writes a parameter with a space by accident."""


def _labels(compiler: Neo4jCompiler, tree: FunctionCall) -> str:
    labels = compiler.own_parameter(_LABELS)
    subject = compiler.expression(tree.arguments[0])
    return f"head([label IN labels({subject}) WHERE {labels}[label] IS NOT NULL | {labels}[label]])"


def _index(compiler: Neo4jCompiler, tree: Index) -> str:
    """`labels(n)[0]` is the kind: found without making the list of all labels."""
    subject, index = tree.subject, tree.index
    if isinstance(subject, FunctionCall) and subject.name == "labels" and index == Literal(0):
        node = compiler.expression(subject.arguments[0])
        return f"head([label IN labels({node}) WHERE label IN {compiler.own_parameter(_KINDS)}])"
    return compiler._index(tree)


def _exists(compiler: Neo4jCompiler, tree: FunctionCall) -> str:
    return f"({compiler.expression(tree.arguments[0], POSTFIX)} IS NOT NULL)"


def _datetime(compiler: Neo4jCompiler, tree: FunctionCall) -> str:
    """In UTC: to Neo4j, the same instant at two offsets is two values. A date is its midnight."""
    made = compiler._call(tree)
    argument = compiler.type_of(tree.arguments[0]).name if tree.arguments else TypeName.INSTANT
    if argument is TypeName.INSTANT:
        return made
    if argument is TypeName.DATE:
        day = compiler.expression(tree.arguments[0])
        return (
            f"head([day IN [{day}] | CASE WHEN day IS NULL THEN null ELSE datetime({{date: day, timezone: 'Z'}}) END])"
        )
    return (
        f"head([instant IN [{made}] | "
        "CASE WHEN instant IS NULL THEN null ELSE datetime({datetime: instant, timezone: 'Z'}) END])"
    )


def _unless_null(compiler: Neo4jCompiler, tree: FunctionCall) -> str:
    """Functions that refuse null in their last argument, where null should give null."""
    *first, last = tree.arguments
    arguments = ", ".join([*(compiler.expression(argument) for argument in first), "given"])
    return f"head([given IN [{compiler.expression(last)}] | CASE WHEN given IS NULL THEN null ELSE {tree.name}({arguments}) END])"


def _reverse(compiler: Neo4jCompiler, tree: FunctionCall) -> str:
    """Neo4j refuses to reverse a list as it is stored: it is read into another first."""
    text = compiler.expression(tree.arguments[0])
    if compiler.type_of(tree.arguments[0]).name is not TypeName.LIST:
        return f"reverse({text})"
    return f"reverse([item IN {text} | item])"


class Neo4jCompiler(CypherFamilyCompiler):
    """Compiles one bound query for Neo4j 5.26 or later."""

    DIALECT: ClassVar[str] = "Neo4j"
    LOWERED: ClassVar[Mapping[str, Lowering]] = MappingProxyType(
        {
            "elementId": "{0}.id",
            "labels": _labels,
            "index": _index,
            "exists": _exists,
            "datetime": _datetime,
            **dict.fromkeys(("date.truncate", "datetime.truncate"), _unless_null),
            "reverse": _reverse,
        }
    )

    def __init__(self, bound: BoundQuery, schema: Schema) -> None:
        super().__init__(
            replace(bound, query=keep_distinct(keep_ends_apart(move_step_conditions(name_the_seen(bound.query))))),
            schema,
        )
        self._schema = schema
        self._walks = frozenset(t.variable for t in descend(self.bound.query) if isinstance(t, RelationshipPattern))
        self._indexed = _indexed(tuple(indexed_attributes(schema)))
        self._searched = self._searched_variables()
        self._bare: set[int] = set()
        self._own: dict[str, Any] = {}

    def compile(self, parameters: Mapping[str, Any]) -> Statement:
        if self.bound.bounded:
            parameters = {**parameters, PERIMETERS: labels_of(parameters[PERIMETERS])}
        statement = super().compile(parameters)
        return Statement(without_backslashes(statement.text), {**statement.parameters, **self._own})

    def parameter_value(self, value: Any) -> Any:
        return sent(value)

    def own_parameter(self, name: str) -> str:
        """One of our own parameters, as the text names it."""
        self._own[name] = (
            list(self._schema.concrete)
            if name == _KINDS
            else {kind: list(self._schema.kinds[kind].labels) for kind in self._schema.concrete}
        )
        return f"$`{name}`"

    def path(self, path: PathPattern) -> str:
        if not any(_crosses(relationship) for relationship in path.relationships):
            self._bare.add(id(path.start))  # the watermark has no relations: only where none is crossed can it match
        return super().path(path)

    def _is_null(self, tree: IsNull) -> str:
        """Neo4j takes one such test in a row: `(x IN y) IS NULL`."""
        return f"{self.expression(tree.operand, ADDITION)} IS {'NOT NULL' if tree.negated else 'NULL'}"

    def _binary(self, tree: Binary) -> str:
        if self.precedence(tree) != PREDICATE:
            return super()._binary(tree)
        left, right = (self.expression(side, ADDITION) for side in (tree.left, tree.right))
        return f"{left} {tree.operator.value} {right}"

    def _pattern_predicate(self, tree: PatternPredicate) -> str:
        """As a subquery, which may stand anywhere; a bare pattern may be a condition only."""
        if tree.pattern.shortest is None:
            return f"EXISTS {{ {self.path(tree.pattern)} }}"
        ends = tree.pattern.nodes[0].variable, tree.pattern.nodes[-1].variable
        if None in ends:
            return super()._pattern_predicate(tree)
        start, end = (self.variable(name or "") for name in ends)
        return f"CASE WHEN {start} = {end} THEN null ELSE {super()._pattern_predicate(tree)} END"

    def _visible(self, tree: Visible) -> str:
        """Whether a node, or each end of a relationship, carries the label of one of the asker's perimeters, and of a kind."""
        if tree.subject is None:
            raise self.unsupported("a perimeter here", tree)
        name = self.variable(tree.subject.name)
        labels = [self._parameter(Parameter(PERIMETERS))] if tree.bounded else []
        if tree.kinds is not None:
            labels.append(f"[{', '.join(repr(kind) for kind in sorted(tree.kinds))}]")
        ends = (f"startNode({name})", f"endNode({name})") if tree.subject.name in self._walks else (name,)
        return f"({' AND '.join(test_of_labels(end, some) for some in labels for end in ends)})"

    def relationship(self, relationship: RelationshipPattern) -> str:
        if relationship.hops is not None and relationship.where is not None:
            raise self.unsupported("condition on each step of a variable-length relationship", relationship)
        return super().relationship(relationship)

    def node_labels(self, node: NodePattern) -> str:
        """Labels as written, since every node carries its inherited ones; with the technical one where it serves."""
        written = "" if node.labels is None else self.labels(node.labels, enclosed=True)
        if id(node) in self._bare or self._is_searched(node):
            return f":{written}&{ELEMENT}" if written else f":{ELEMENT}"
        return f":{written}" if written else ""

    def _is_searched(self, node: NodePattern) -> bool:
        """Whether an index may find the node: a condition names one of the indexed properties."""
        if node.variable in self._searched:
            return True
        if isinstance(node.properties, MapLiteral) and any(key in self._indexed for key, _ in node.properties.items):
            return True
        return node.where is not None and any(name == node.variable for name in self._named(node.where))

    def _searched_variables(self) -> frozenset[str]:
        matches = (tree for tree in descend(self.bound.query) if isinstance(tree, Match) and tree.where is not None)
        return frozenset(name for match in matches if match.where is not None for name in self._named(match.where))

    def _named(self, condition: Expression) -> list[str]:
        """Variables of which a condition reads an indexed property."""
        return [
            tree.subject.name
            for tree in descend(condition)
            if isinstance(tree, Property) and isinstance(tree.subject, Variable) and tree.key in self._indexed
        ]


def _crosses(relationship: RelationshipPattern) -> bool:
    """Whether a pattern crosses at least one relation."""
    return relationship.hops is None or relationship.hops.minimum is None or relationship.hops.minimum > 0


@cache
def _indexed(attributes: tuple[str, ...]) -> frozenset[str]:
    return frozenset({"id", *attributes})
