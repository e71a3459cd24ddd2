"""Every part of a tree knows where it stands in the text."""

from __future__ import annotations

import pytest

from graph.cypher import ast
from graph.cypher.ast import Tree
from graph.cypher.parser import parse
from graph.cypher.rewrite import descend

TEXT = """MATCH p = (a:Server {name: $x})-[r:RUNS_ON*1..3 {w: -1}]->(b WHERE b.c >= 2)
OPTIONAL MATCH (c)
UNWIND [1, 2.5] AS u
CALL (a) { RETURN count(*) AS n }
WITH a.name AS name, CASE WHEN u = 1 THEN 'x' ELSE null END AS k, [i IN xs WHERE i:A | i.z] AS l WHERE NOT k IS NULL
RETURN DISTINCT l[0..1], EXISTS { (a)--() }, reduce(s = 0, x IN l | s + x), a {.*, q: 1}, any(x IN l WHERE x) ORDER BY name DESC LIMIT 5"""


def first(kind: type[Tree]) -> Tree:
    return next(tree for tree in descend(parse(TEXT)) if isinstance(tree, kind))


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (ast.PathPattern, "p = (a:Server {name: $x})-[r:RUNS_ON*1..3 {w: -1}]->(b WHERE b.c >= 2)"),
        (ast.NodePattern, "(a:Server {name: $x})"),
        (ast.LabelName, "Server"),
        (ast.MapLiteral, "{name: $x}"),
        (ast.Parameter, "$x"),
        (ast.RelationshipPattern, "-[r:RUNS_ON*1..3 {w: -1}]->"),
        (ast.Hops, "*1..3"),
        (ast.Comparison, "b.c >= 2"),
        (ast.Property, "b.c"),
        (ast.Variable, "b"),
        (ast.Unwind, "UNWIND [1, 2.5] AS u"),
        (ast.ListLiteral, "[1, 2.5]"),
        (ast.CallSubquery, "CALL (a) { RETURN count(*) AS n }"),
        (ast.CountStar, "count(*)"),
        (ast.Case, "CASE WHEN u = 1 THEN 'x' ELSE null END"),
        (ast.ListComprehension, "[i IN xs WHERE i:A | i.z]"),
        (ast.IsNull, "k IS NULL"),
        (ast.Unary, "NOT k IS NULL"),
        (ast.Slice, "l[0..1]"),
        (ast.SubqueryExpression, "EXISTS { (a)--() }"),
        (ast.Reduce, "reduce(s = 0, x IN l | s + x)"),
        (ast.Binary, "s + x"),
        (ast.MapProjection, "a {.*, q: 1}"),
        (ast.MapProjectionItem, ".*"),
        (ast.Quantifier, "any(x IN l WHERE x)"),
        (ast.SortItem, "name DESC"),
    ],
)
def test_the_span_of_a_part_is_its_text(kind: type[Tree], written: str) -> None:
    span = first(kind).span
    assert TEXT[span.start : span.end] == written


def test_every_part_lies_within_its_parent() -> None:
    for tree in descend(parse(TEXT)):
        for child in descend(tree):
            assert tree.span.start <= child.span.start <= child.span.end <= tree.span.end


def test_spans_take_no_part_in_equality() -> None:
    assert parse("RETURN 1") == parse("  RETURN\n1")
