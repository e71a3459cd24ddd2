"""Printing a tree and parsing the text gives the tree again."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings

from graph.cypher import ast
from graph.cypher.ast import Expression, Query
from graph.cypher.parser import parse
from graph.cypher.printer import print_tree
from tests.conftest import NIGHTLY
from tests.graph.cypher.trees import expressions, queries

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def _alone(tree: Expression) -> Query:
    return ast.Query((ast.SinglePart((ast.Return(ast.Projection((ast.ProjectionItem(tree, "it"),))),)),))


@settings(max_examples=1_000 if NIGHTLY else 100, deadline=None, suppress_health_check=_SLOW)
@given(expressions)
@example(ast.ListLiteral((ast.Binary(ast.BinaryOperator.IN, ast.Variable("x"), ast.Variable("y")),)))
@example(ast.Unary(ast.UnaryOperator.MINUS, ast.Literal(1)))
@example(ast.Unary(ast.UnaryOperator.MINUS, ast.Literal(-1)))
@example(ast.Property(ast.Literal(-1), "x"))
@example(ast.Literal("'\\\n\u0001 //`"))
@example(ast.HasLabels(ast.HasLabels(ast.Variable("n"), ast.LabelName("A")), ast.LabelName("B")))
def test_an_expression_printed_and_parsed_is_the_same_expression(tree: Expression) -> None:
    query = _alone(tree)
    assert parse(print_tree(query)) == query


@settings(max_examples=1_000 if NIGHTLY else 30, deadline=None, suppress_health_check=_SLOW)
@given(queries)
def test_a_query_printed_and_parsed_is_the_same_query(query: Query) -> None:
    assert parse(print_tree(query)) == query


@settings(max_examples=400 if NIGHTLY else 15, deadline=None, suppress_health_check=_SLOW)
@given(queries)
def test_printing_is_canonical(query: Query) -> None:
    text = print_tree(query)
    assert print_tree(parse(text)) == text
