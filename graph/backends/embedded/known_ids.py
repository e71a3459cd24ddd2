"""Which variables hold ids of nodes that were found already, so that the store need not find those nodes again.

After `MATCH (a:Server) WITH collect(a.id) AS ids UNWIND ids AS id`, `MATCH (:Server {id: id})<-[:T*1..8]-(b)` asks nothing
of its first node that is not so: the closure starts from the id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from graph.backends.embedded.layout import ID
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Clause,
    Expression,
    FunctionCall,
    LabelExpression,
    ListLiteral,
    Match,
    NodePattern,
    Projection,
    Property,
    Unwind,
    Variable,
    With,
)
from graph.cypher.passes.aggregates import aggregates_in


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of existing nodes of these kinds, or lists of such, as deep as this. Nulls may be among them."""

    kinds: frozenset[str]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Unwound:
    """The UNWIND just before; `apart` are names of which no two rows before it hold the same."""

    clause: Unwind
    apart: frozenset[str]


@dataclass(frozen=True, slots=True)
class KnownIds:
    """What variables hold between two clauses: nodes, whose labels were asked for, and ids of such nodes."""

    labelled: Callable[[LabelExpression | None], frozenset[str]]  # the kinds that labels allow
    nodes: dict[str, frozenset[str]] = field(default_factory=dict)
    ids: dict[str, Ids] = field(default_factory=dict)
    apart: frozenset[str] | None = None  # names of which no two rows hold the same
    unwound: Unwound | None = None

    def behind(self, clause: Clause) -> KnownIds:
        """What is known behind a clause."""
        match clause:
            case Match():
                nodes = {name: self.labelled(node.labels) for name, node in _new_nodes(clause, self.nodes)}
                return KnownIds(self.labelled, {**nodes, **self.nodes}, self.ids)
            case With():
                found = [(item.alias, item.expression) for item in clause.projection.items]
                nodes = {
                    alias: self.nodes[tree.name]
                    for alias, tree in found
                    if isinstance(tree, Variable) and tree.name in self.nodes
                }
                ids = {alias: held for alias, tree in found if (held := self.held(tree)) is not None}
                return KnownIds(self.labelled, nodes, ids, _apart(clause.projection))
            case Unwind():
                listed, unwound = self.held(clause.source), None
                if self.apart is not None:
                    unwound = Unwound(clause, self.apart)
                if listed is None or not listed.depth:
                    return KnownIds(self.labelled, self.nodes, self.ids)
                one = {clause.variable: Ids(listed.kinds, listed.depth - 1)}
                return KnownIds(self.labelled, self.nodes, {**self.ids, **one}, unwound=unwound)
            case _:
                return KnownIds(self.labelled, self.nodes, self.ids)

    def held(self, tree: Expression) -> Ids | None:
        """Of which nodes an expression holds ids; None where it may hold anything else."""
        match tree:
            case Variable():
                return self.ids.get(tree.name)
            case Property(subject=Variable(name), key=key) if key == ID and name in self.nodes:
                return Ids(self.nodes[name])
            case FunctionCall(name="elementId", arguments=(Variable(name),)) if name in self.nodes:
                return Ids(self.nodes[name])
            case FunctionCall(name="collect", arguments=(argument,)):
                item = self.held(argument)
                return None if item is None else Ids(item.kinds, item.depth + 1)
            case ListLiteral():
                return _together([self.held(item) for item in tree.items])
            case Binary(operator=BinaryOperator.ADD):
                sides = [self.held(side) for side in (tree.left, tree.right)]
                depths = {side.depth for side in sides if side is not None}
                if 1 not in depths or not depths <= {0, 1}:  # two texts, one behind the other, or lists in lists
                    return None
                return _together([None if side is None else Ids(side.kinds) for side in sides])
            case _:
                return None


def _apart(projection: Projection) -> frozenset[str] | None:
    """The names by which rows are grouped or distinct."""
    groups = [item.alias for item in projection.items if not any(True for _ in aggregates_in(item.expression))]
    told = not projection.star and (projection.distinct or len(groups) < len(projection.items))
    return frozenset(groups) if told else None


def _new_nodes(clause: Match, known: dict[str, frozenset[str]]) -> Iterator[tuple[str, NodePattern]]:
    """The nodes that a clause names first, each once, as it names it first: it may be asked for more behind."""
    named = set(known)
    for path in clause.patterns:
        for node in path.nodes:
            if node.variable is not None and node.variable not in named:
                named.add(node.variable)
                yield node.variable, node


def _together(items: list[Ids | None]) -> Ids | None:
    """A list of these, where each is the id of a node."""
    held = [item for item in items if item is not None]
    if not held or len(held) < len(items) or any(item.depth for item in held):
        return None
    return Ids(frozenset().union(*(item.kinds for item in held)), 1)
