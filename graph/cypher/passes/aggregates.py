"""A projection that computes with aggregates becomes two: one that groups, one that computes.

`RETURN n.name AS name, count(*) + 1 AS c` becomes `WITH n.name AS k, count(*) AS a RETURN k AS name, a + 1 AS c`. After
this pass, an item of a projection is free of aggregates, or is one aggregate and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from graph.cypher.ast import (
    Clause,
    CountStar,
    Expression,
    FunctionCall,
    Projection,
    ProjectionItem,
    Return,
    SinglePart,
    Tree,
    Variable,
    With,
)
from graph.cypher.bound import BoundQuery, Feature
from graph.cypher.functions import is_aggregate
from graph.cypher.inference import TypeReader
from graph.cypher.passes.context import PassContext
from graph.cypher.rewrite import children, transform


def split_aggregates(bound: BoundQuery, context: PassContext) -> BoundQuery:
    """Every projection that computes with aggregates, split."""
    if Feature.COMPUTED_AGGREGATE not in bound.features:
        return bound
    names = Names(TypeReader(bound, context.vocabulary))

    def visit(tree: Tree) -> Tree | None:
        if not isinstance(tree, SinglePart) or not any(_computes(clause) for clause in tree.clauses):
            return None
        clauses: list[Clause] = []
        for clause in tree.clauses:
            if isinstance(clause, With | Return) and _computes(clause):
                inner, outer = _split(clause.projection, names)
                clauses.append(With(inner, span=clause.span))
                clauses.append(replace(clause, projection=outer))
            else:
                clauses.append(clause)
        return transform(replace(tree, clauses=tuple(clauses)), visit)

    query = transform(bound.query, visit)
    return bound if query is bound.query else replace(bound, query=query, variables=names.reader.variables)


@dataclass(slots=True)
class Names:
    """Fresh names for keys and aggregates, typed as what they stand for."""

    reader: TypeReader
    count: int = field(default=0)

    def fresh(self, letter: str, meaning: Expression) -> str:
        while True:
            self.count += 1
            name = f"__{letter}{self.count}"
            if name not in self.reader.variables:
                self.reader.variables[name] = self.reader.type_of(meaning)
                return name


def aggregates_in(tree: Tree) -> Iterator[Expression]:
    """The aggregates of an expression, outermost; those of subqueries are their own."""
    if isinstance(tree, CountStar) or (isinstance(tree, FunctionCall) and is_aggregate(tree.name)):
        yield tree
        return
    for child in children(tree):
        if isinstance(child, Expression):
            yield from aggregates_in(child)


def _computes(clause: Clause) -> bool:
    if not isinstance(clause, With | Return):
        return False
    for item in clause.projection.items:
        for aggregate in aggregates_in(item.expression):
            if aggregate is not item.expression:
                return True
    return False


def _split(projection: Projection, names: Names) -> tuple[Projection, Projection]:
    keys: dict[Expression, str] = {}
    grouped: list[ProjectionItem] = []
    for item in projection.items:
        if not any(True for _ in aggregates_in(item.expression)) and item.expression not in keys:
            expression = item.expression
            name = expression.name if isinstance(expression, Variable) else names.fresh("k", expression)
            keys[expression] = name
            grouped.append(ProjectionItem(expression, name, span=item.span))

    def visit(tree: Tree) -> Tree | None:
        if not isinstance(tree, Expression):
            return None
        name = keys.get(tree)
        if name is None and _is_aggregate(tree):
            name = keys[tree] = names.fresh("a", tree)
            grouped.append(ProjectionItem(tree, name, span=tree.span))
        return None if name is None else Variable(name, span=tree.span)

    items = tuple(replace(item, expression=transform(item.expression, visit)) for item in projection.items)
    return Projection(tuple(grouped), span=projection.span), replace(projection, items=items)


def _is_aggregate(tree: Expression) -> bool:
    return isinstance(tree, CountStar) or (isinstance(tree, FunctionCall) and is_aggregate(tree.name))
