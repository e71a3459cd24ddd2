"""Patterns made plain before they are compiled: conditions inside them become WHERE, patterns in expressions EXISTS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Expression,
    IsNull,
    MapLiteral,
    MapProjection,
    Match,
    NodePattern,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    Projection,
    ProjectionItem,
    Property,
    Query,
    RelationshipPattern,
    Return,
    SinglePart,
    SubqueryExpression,
    SubqueryKind,
    Tree,
    Variable,
)
from graph.cypher.rewrite import transform

Refusal = Callable[[str, Tree, str], Exception]


def normalised(query: Query, refuse: Refusal) -> Query:
    """The same query; conditions on the steps of a variable-length relationship stay where they are."""

    def visit(tree: Tree) -> Tree | None:
        if isinstance(tree, PatternPredicate) and tree.pattern.shortest is None:
            match = Match((tree.pattern,), span=tree.span)
            inner = Query((SinglePart((match,)),), span=tree.span)
            return transform(SubqueryExpression(SubqueryKind.EXISTS, inner, span=tree.span), visit)
        if isinstance(tree, PatternComprehension):
            result = Return(Projection((ProjectionItem(tree.projection, "item"),)), span=tree.span)
            match = Match((tree.pattern,), tree.predicate, span=tree.span)
            inner = Query((SinglePart((match, result)),), span=tree.span)
            return transform(SubqueryExpression(SubqueryKind.COLLECT, inner, span=tree.span), visit)
        if isinstance(tree, Match):
            plain = _plain_match(tree, refuse)
            return None if plain is tree else transform(plain, visit)
        return None

    return transform(query, visit)


def with_flat_maps(query: Query, columns: Sequence[str]) -> tuple[Query, tuple[str, ...]]:
    """Maps of the last RETURN as a column for each key, `alias.key`; `alias` says whether there is a map at all."""
    parts = []
    names: tuple[str, ...] = tuple(columns)
    for part in query.parts:
        last = part.clauses[-1] if part.clauses else None
        if isinstance(last, Return) and any(_fields(item.expression) for item in last.projection.items):
            items = tuple(flat for item in last.projection.items for flat in _flat(item))
            names = tuple(item.alias for item in items)
            last = replace(last, projection=replace(last.projection, items=items))
            part = replace(part, clauses=(*part.clauses[:-1], last))
        parts.append(part)
    return replace(query, parts=tuple(parts)), names


def _flat(item: ProjectionItem) -> Iterator[ProjectionItem]:
    fields = _fields(item.expression)
    if not fields:
        yield item
        return
    if isinstance(item.expression, MapProjection):
        there = IsNull(Variable(item.expression.subject), negated=True)
        yield ProjectionItem(there, item.alias, span=item.span)
    for key, value in fields:
        yield ProjectionItem(value, f"{item.alias}.{key}", span=item.span)


def _fields(tree: Expression) -> list[tuple[str, Expression]]:
    """The keys and values of a map that are plain to see; none for anything else."""
    if isinstance(tree, MapLiteral):
        return list(tree.items)
    if isinstance(tree, MapProjection) and not any(item.key == "*" and item.value is None for item in tree.items):
        subject = Variable(tree.subject)
        return [(i.key, Property(subject, i.key, span=i.span) if i.value is None else i.value) for i in tree.items]
    return []


def _plain_match(match: Match, refuse: Refusal) -> Match:
    conditions: list[Expression] = []
    patterns = tuple(_plain_path(path, conditions, refuse) for path in match.patterns)
    if not conditions:
        return match
    if match.where is not None:
        conditions.append(match.where)
    where = conditions[0]
    for condition in conditions[1:]:
        where = Binary(BinaryOperator.AND, where, condition, span=condition.span)
    return replace(match, patterns=patterns, where=where)


def _plain_path(path: PathPattern, conditions: list[Expression], refuse: Refusal) -> PathPattern:
    start = _plain_node(path.start, conditions, refuse)
    steps = tuple(
        (_plain_relation(relation, conditions, refuse), _plain_node(node, conditions, refuse))
        for relation, node in path.steps
    )
    return replace(path, start=start, steps=steps)


def _plain_node(node: NodePattern, conditions: list[Expression], refuse: Refusal) -> NodePattern:
    conditions += _conditions(node, refuse)
    return replace(node, properties=None, where=None)


def _plain_relation(
    relation: RelationshipPattern, conditions: list[Expression], refuse: Refusal
) -> RelationshipPattern:
    if relation.hops is not None:
        return relation
    conditions += _conditions(relation, refuse)
    return replace(relation, properties=None, where=None)


def _conditions(part: NodePattern | RelationshipPattern, refuse: Refusal) -> Iterator[Expression]:
    assert part.variable is not None, "the binder names every part of a pattern"
    if part.properties is not None:
        yield from equalities(part.variable, part.properties, part, refuse)
    if part.where is not None:
        yield part.where


def equalities(variable: str, properties: Expression, part: Tree, refuse: Refusal) -> Iterator[Comparison]:
    """The map of a pattern as comparisons of the attributes of a variable."""
    if not isinstance(properties, MapLiteral):
        raise refuse("properties as a parameter", part, "their names must stand in the text")
    for key, value in properties.items:
        subject = Property(Variable(variable, span=value.span), key, span=value.span)
        yield Comparison((subject, value), (BinaryOperator.EQ,), span=value.span)


def conjuncts(where: Expression | None) -> Iterator[Expression]:
    """The parts of a condition that AND joins."""
    if isinstance(where, Binary) and where.operator is BinaryOperator.AND:
        yield from conjuncts(where.left)
        yield from conjuncts(where.right)
    elif where is not None:
        yield where
