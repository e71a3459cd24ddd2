"""Equalities of WHERE move into the pattern they speak of, where every backend finds them for its indexes.

`MATCH (n:Server) WHERE n.name = $x` becomes `MATCH (n:Server {name: $x})`: the same rows, null included. Only what is
constant for the MATCH moves: literals, parameters, and what earlier clauses have bound.
"""

from __future__ import annotations

from dataclasses import replace

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Expression,
    Literal,
    MapLiteral,
    Match,
    NodePattern,
    Parameter,
    PathPattern,
    Projection,
    Property,
    Tree,
    Variable,
)
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.rewrite import descend, transform


def push_equalities(bound: BoundQuery) -> BoundQuery:
    """Every MATCH with the equalities of its WHERE in its node patterns."""
    if Feature.MATCH_CONDITION not in bound.features:
        return bound

    nested = Feature.NESTED_PATTERN in bound.features

    def visit(tree: Tree) -> Tree | None:
        if not isinstance(tree, Match):
            return tree if not nested and isinstance(tree, Expression | Projection) else None
        rewritten = tree if tree.where is None else _push(tree)
        if not nested:
            return rewritten
        return None if rewritten is tree else transform(rewritten, visit)

    query = transform(bound.query, visit)
    return bound if query is bound.query else replace(bound, query=query)


def _push(match: Match) -> Match:
    own = {name for path in match.patterns for name in _declared(path)}
    places = _places(match)
    moved: dict[str, list[tuple[str, Expression]]] = {}
    kept: list[Expression] = []
    assert match.where is not None
    for condition in conjuncts(match.where):
        found = _equality(condition, places, own)
        if found is None or any(key == found[1] for key, _ in moved.get(found[0], ())):
            kept.append(condition)
        else:
            variable, key, value = found
            moved.setdefault(variable, []).append((key, value))
    if not moved:
        return match
    patterns = tuple(_with_properties(path, moved) for path in match.patterns)
    return replace(match, patterns=patterns, where=conjunction(kept))


def _places(match: Match) -> dict[str, set[str]]:
    """The node variables of a MATCH, with the keys that the first pattern of each has already."""
    places: dict[str, set[str]] = {}
    for path in match.patterns:
        for node in path.nodes:
            if node.variable is not None and not isinstance(node.properties, Parameter):
                keys = {key for key, _ in node.properties.items} if node.properties is not None else set()
                places.setdefault(node.variable, set()).update(keys)
    return places


def _declared(path: PathPattern) -> list[str]:
    names = [path.variable, *(node.variable for node in path.nodes), *(r.variable for r in path.relationships)]
    return [name for name in names if name is not None]


def _equality(condition: Expression, places: dict[str, set[str]], own: set[str]) -> tuple[str, str, Expression] | None:
    """`(variable, key, value)` of an equality that can move."""
    if not isinstance(condition, Comparison) or condition.operators != (BinaryOperator.EQ,):
        return None
    left, right = condition.operands
    for subject, value in ((left, right), (right, left)):
        if (
            isinstance(subject, Property)
            and isinstance(subject.subject, Variable)
            and subject.subject.name in places
            and subject.key not in places[subject.subject.name]
            and _constant(value, own)
        ):
            return subject.subject.name, subject.key, value
    return None


def _constant(value: Expression, own: set[str]) -> bool:
    """A literal, a parameter, or a property of something that an earlier clause bound."""
    if isinstance(value, Literal | Parameter):
        return True
    if isinstance(value, Property | Variable):
        return all(part.name not in own for part in descend(value) if isinstance(part, Variable))
    return False


def _with_properties(path: PathPattern, moved: dict[str, list[tuple[str, Expression]]]) -> PathPattern:
    """The path with what moves placed at the first pattern of each variable; `moved` is emptied on the way."""

    def fill(node: NodePattern) -> NodePattern:
        added = moved.pop(node.variable or "", None)
        if added is None:
            return node
        known = node.properties.items if isinstance(node.properties, MapLiteral) else ()
        return replace(node, properties=MapLiteral((*known, *added), span=node.span))

    start = fill(path.start)
    steps = tuple((relationship, fill(node)) for relationship, node in path.steps)
    return replace(path, start=start, steps=steps)


def conjuncts(condition: Expression) -> list[Expression]:
    """The conditions that AND joins, in order."""
    found: list[Expression] = []
    pending = [condition]
    while pending:
        item = pending.pop()
        if isinstance(item, Binary) and item.operator is BinaryOperator.AND:
            pending.extend((item.right, item.left))
        else:
            found.append(item)
    return found


def conjunction(conditions: list[Expression]) -> Expression | None:
    """The conditions joined by AND; None for none."""
    joined: Expression | None = None
    for condition in conditions:
        joined = condition if joined is None else Binary(BinaryOperator.AND, joined, condition, span=joined.span)
    return joined
