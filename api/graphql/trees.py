"""Small trees that queries of GraphQL are made of, and the names and parameters in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from api.graphql.shape import NODE, Shape
from graph.cypher import ast


@dataclass(slots=True)
class Names:
    """Fresh variable names, and the parameters made so far."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    parameters: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any) -> ast.Expression:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return ast.Parameter(name)


def is_element(
    variable: str, identity: ast.Expression, operator: ast.BinaryOperator = ast.BinaryOperator.EQ
) -> ast.Expression:
    """Whether a variable is the element of that id, or with another operator is not."""
    return ast.Comparison((value_of(variable, "id"), identity), (operator,))


def one_of(variable: str, kinds: Iterable[str]) -> ast.NodePattern:
    """The pattern of a node of one of these kinds."""
    labels = tuple(ast.LabelName(kind) for kind in kinds)
    return ast.NodePattern(variable, labels[0] if len(labels) == 1 else ast.LabelOr(labels))


def is_of(variable: str, kinds: frozenset[str], shape: Shape) -> ast.Expression:
    """Whether a variable is a node of one of these concrete kinds, by as few labels as say so."""
    return ast.HasLabels(ast.Variable(variable), label_of(kinds, shape))


def label_of(kinds: frozenset[str], shape: Shape) -> ast.LabelExpression:
    """The labels that exactly these concrete kinds have: the least generic that covers no other, else each."""
    least = shape.cover(kinds)
    if least != NODE and shape.covered(least) == kinds:
        return ast.LabelName(least)
    return ast.LabelOr(tuple(ast.LabelName(kind) for kind in sorted(kinds)))


def walk(relations: Iterable[str], direction: ast.Direction, most: int) -> ast.RelationshipPattern:
    """The pattern of one to so many relations of these types, one after another."""
    labels = ast.LabelOr(tuple(ast.LabelName(name) for name in relations))
    return ast.RelationshipPattern(None, labels, direction=direction, hops=ast.Hops(1, most))


def any_of(variable: str, type_name: str) -> ast.NodePattern:
    """The pattern of a node of a kind, or of any where it is `NODE`."""
    return ast.NodePattern(variable, None if type_name == NODE else ast.LabelName(type_name))


def value_of(variable: str, attribute: str) -> ast.Property:
    """An attribute of a variable."""
    return ast.Property(ast.Variable(variable), attribute)


def as_itself(variable: str) -> ast.ProjectionItem:
    """A variable carried on under its name."""
    return ast.ProjectionItem(ast.Variable(variable), variable)


def aliased(items: Iterable[tuple[str, ast.Expression]]) -> tuple[ast.ProjectionItem, ...]:
    """Expressions projected under their keys."""
    return tuple(ast.ProjectionItem(expression, key) for key, expression in items)


def query_of(clauses: Iterable[ast.Clause]) -> ast.Query:
    """Clauses as a query."""
    return ast.Query((ast.SinglePart(tuple(clauses)),))
