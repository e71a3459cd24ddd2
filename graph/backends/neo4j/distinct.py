"""DISTINCT behind a closure: Neo4j 5.26 takes rows that differ in their ends for rows that differ in what is made of them.

`MATCH (a {id: $id})<-[*1..2]-(b) RETURN DISTINCT b.name` is planned without DISTINCT where `a` is found by a unique index,
because the search gives each `b` once; two of one name are two rows. Named first, they are made distinct, and the search
still visits each node once: `WITH b.name AS name RETURN DISTINCT name`.
"""

from __future__ import annotations

from dataclasses import replace

from graph.cypher.ast import (
    Clause,
    Expression,
    Match,
    Projection,
    ProjectionItem,
    Query,
    RelationshipPattern,
    Return,
    SinglePart,
    SortItem,
    Tree,
    Variable,
    With,
)
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.rewrite import descend, transform


def keep_distinct(query: Query) -> Query:
    """The query in which what DISTINCT compares behind a closure has a name before."""
    if not any(isinstance(tree, RelationshipPattern) and tree.hops is not None for tree in descend(query)):
        return query
    return transform(query, _visit)


def _visit(tree: Tree) -> Tree | None:
    if not isinstance(tree, SinglePart):
        return None
    clauses: list[Clause] = []
    closures = False
    for clause in tree.clauses:
        inner = transform(clause, _visit)
        closures = closures or (isinstance(inner, Match) and _holds_closure(inner))
        if closures and isinstance(inner, With | Return) and _compares_values(inner.projection):
            named, distinct = _named(inner.projection)
            clauses += [With(named), replace(inner, projection=distinct)]
        else:
            clauses.append(inner)
    return replace(tree, clauses=tuple(clauses))


def _holds_closure(match: Match) -> bool:
    return any(relationship.hops is not None for path in match.patterns for relationship in path.relationships)


def _compares_values(projection: Projection) -> bool:
    """Whether rows are made distinct by anything but the elements that were found."""
    expressions = [item.expression for item in projection.items]
    return (
        projection.distinct
        and not all(isinstance(expression, Variable) for expression in expressions)
        and not any(True for expression in expressions for _ in aggregates_in(expression))
    )


def _named(projection: Projection) -> tuple[Projection, Projection]:
    """What names the values, and what makes them distinct: behind it, sorting knows them by their names."""
    aliases = {item.expression: item.alias for item in projection.items}

    def by_name(tree: Tree) -> Tree | None:
        alias = aliases.get(tree) if isinstance(tree, Expression) else None
        return None if alias is None else Variable(alias)

    order = tuple(SortItem(transform(item.expression, by_name), item.descending) for item in projection.order)
    items = tuple(ProjectionItem(Variable(item.alias), item.alias) for item in projection.items)
    return Projection(projection.items), replace(projection, items=items, order=order)
