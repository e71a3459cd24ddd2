"""Which texts are queries, and what tree they have."""

from __future__ import annotations

import pytest

from graph.cypher import ast
from graph.cypher.ast import BinaryOperator, Direction, Hops, Literal, Parameter, Variable
from graph.cypher.diagnostics import CypherSyntaxError
from graph.cypher.parser import parse
from graph.cypher.rewrite import descend


def expression(text: str) -> ast.Expression:
    clause = parse(f"RETURN {text} AS it").parts[0].clauses[0]
    assert isinstance(clause, ast.Return)
    return clause.projection.items[0].expression


def pattern(text: str) -> ast.PathPattern:
    clause = parse(f"MATCH {text} RETURN 1").parts[0].clauses[0]
    assert isinstance(clause, ast.Match)
    return clause.patterns[0]


def relationship(text: str) -> ast.RelationshipPattern:
    return pattern(f"(a){text}(b)").steps[0][0]


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) RETURN n",
        "match (n) return n;",
        "MATCH (n:Server {name: $x, cpu_cores: 4}) WHERE n.a > 1 RETURN DISTINCT n.name AS name ORDER BY name DESC SKIP 1 LIMIT 2",
        "OPTIONAL MATCH (a)-->(b), (c) WITH *, 1 AS one WHERE one = 1 RETURN *",
        "UNWIND [1, 2] AS x RETURN x UNION ALL RETURN 3 AS x UNION ALL RETURN 4 AS x",
        "MATCH p = (a)-[r:R|S*1..3 {w: 1}]->(b)<--(c)--(d) RETURN p, nodes(p)",
        "MATCH p = shortestPath((a)-[:R*..5]-(b)), q = allShortestPaths((a)-[*]->(c)) RETURN p, q",
        "MATCH (n) WHERE (n)-->() AND NOT (n)<--(:X {a: 1}) RETURN n",
        "MATCH (n) WHERE EXISTS { (n)-->(m) WHERE m.x } OR COUNT { MATCH (n)--() RETURN 1 } > 2 RETURN n",
        "MATCH (n) RETURN COLLECT { MATCH (n)-->(m) RETURN m.name } AS names",
        "MATCH (n) CALL { WITH n MATCH (n)-->(m) RETURN m UNION MATCH (m) RETURN m } RETURN n, m",
        "MATCH (n) CALL (n) { RETURN 1 AS one } CALL () { RETURN 2 AS two } CALL (*) { RETURN 3 AS three } RETURN *",
        "CALL db.labels() YIELD label AS l WHERE l <> 'x' RETURN l",
        "CALL db.labels",
        "RETURN [x IN [1, 2] WHERE x > 1 | x * 2], [x IN [1]], [p = (a)-->(b) WHERE b.x | p], [(a)--(b) | b]",
        "RETURN all(x IN l WHERE x), any(x IN l WHERE x), none(x IN l WHERE x), single(x IN l WHERE x)",
        "RETURN reduce(sum = 0, x IN [1, 2] | sum + x)",
        "RETURN n {.name, .*, key: 1 + 1, other}",
        "RETURN CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 'x' WHEN 2 THEN 'y' END",
        "RETURN CASE (1 + 1) WHEN 2 THEN 'two' END, CASE (a).name WHEN 'x' THEN 1 END, CASE (a)-->() WHEN true THEN 1 END",
        "RETURN l[0], l[-1], l[1..2], l[..2], l[1..], l[..], {a: 1}.a, {a: 1}['a']",
        "RETURN 'a' STARTS WITH 'b', a ENDS WITH b, a CONTAINS b, a =~ 'x.*', 1 IN [1], a IS NULL, a IS NOT NULL",
        "RETURN duration.between(date(), date('2025-01-01')).days",
        "RETURN count(*), count(DISTINCT n), collect(n)[0]",
        "MATCH (a:A|B), (b:A&!B), (c:%), (d:(A|B)&C), (e:A:B), (f IS A) RETURN a",
        "MATCH (a)-[:!R]->(b), (a)-[:A|:B]->(c) RETURN a",
        "MATCH (a WHERE a.x > 1)-[r WHERE r.y = 2]->(b) RETURN a",
        "MATCH (a)-[:R]->+(b), (c)-[:R]->*(d), (e)-[:R]->{2}(f), (g)-[:R]->{1,}(h) RETURN a",
        "MATCH (a) (()-[:R]->()){1,3} (b) RETURN a",
        "MATCH (count), (exists), (end) RETURN count, exists, end",
        "MATCH (`my node`:`My Kind` {`my key`: 1}) RETURN `my node`",
        "WITH 1 AS a RETURN a ORDER BY a ASC, a DESCENDING",
        "RETURN 1 AS a OFFSET 1 LIMIT 1",
        "RETURN 1 < 2 <= 3 <> 4 AS chained",
        "RETURN true AND NOT false OR null XOR true",
        "RETURN 'a' || 'b'",
    ],
)
def test_a_reading_query_is_accepted(text: str) -> None:
    assert parse(text).parts


def test_precedence_is_that_of_cypher() -> None:
    def show(tree: ast.Expression) -> str:
        if isinstance(tree, ast.Binary):
            return f"({show(tree.left)} {tree.operator} {show(tree.right)})"
        if isinstance(tree, ast.Comparison):
            return "(" + " ".join([show(tree.operands[0]), tree.operators[0], show(tree.operands[1])]) + ")"
        if isinstance(tree, ast.Unary):
            return f"({tree.operator} {show(tree.operand)})"
        if isinstance(tree, ast.IsNull):
            return f"({show(tree.operand)} IS NULL)"
        assert isinstance(tree, Variable | Literal)
        return tree.name if isinstance(tree, Variable) else str(tree.value)

    assert show(expression("a OR b XOR c AND NOT d = e")) == "(a OR (b XOR (c AND (NOT (d = e)))))"
    assert show(expression("a + b * c ^ d - e")) == "((a + (b * (c ^ d))) - e)"
    assert show(expression("a ^ b ^ c")) == "((a ^ b) ^ c)"
    assert show(expression("-a ^ b")) == "((- a) ^ b)"
    assert show(expression("a + 1 IN b = c")) == "(((a + 1) IN b) = c)"
    assert show(expression("a = b IS NULL")) == "(a = (b IS NULL))"
    assert show(expression("(a OR b) AND c")) == "((a OR b) AND c)"
    assert show(expression("NOT a AND b")) == "((NOT a) AND b)"


def test_a_chain_of_comparisons_is_one_tree() -> None:
    tree = expression("1 < x <= 3")
    assert tree == ast.Comparison((Literal(1), Variable("x"), Literal(3)), (BinaryOperator.LT, BinaryOperator.LE))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("0x1f", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-2.5e-1", -0.25),
        ("-9223372036854775808", -(2**63)),
        ("true", True),
        ("NULL", None),
        ("'a'", "a"),
    ],
)
def test_literals_have_their_value(text: str, value: object) -> None:
    tree = expression(text)
    assert isinstance(tree, Literal)
    assert tree.value == value
    assert type(tree.value) is type(value)


@pytest.mark.parametrize(
    ("text", "direction"),
    [("-->", Direction.OUT), ("<--", Direction.IN), ("--", Direction.BOTH), ("<-->", Direction.BOTH)],
)
def test_arrows_have_their_direction_with_and_without_brackets(text: str, direction: Direction) -> None:
    assert relationship(text).direction is direction
    assert relationship(text.replace("--", "-[r]-")).direction is direction


@pytest.mark.parametrize(
    ("text", "hops"),
    [
        ("-[*]->", Hops(None, None)),
        ("-[*2]->", Hops(2, 2)),
        ("-[*1..3]->", Hops(1, 3)),
        ("-[*..3]->", Hops(None, 3)),
        ("-[*2..]->", Hops(2, None)),
        ("-[*0..0]->", Hops(0, 0)),
        ("-[:R]->{2}", Hops(2, 2)),
        ("-[:R]->{1,3}", Hops(1, 3)),
        ("-[:R]->{,3}", Hops(0, 3)),
        ("-[:R]->{2,}", Hops(2, None)),
        ("-[:R]->+", Hops(1, None)),
        ("-[:R]->*", Hops(0, None)),
        ("-[]->", None),
    ],
)
def test_variable_length_and_quantifiers_give_the_same_bounds(text: str, hops: Hops | None) -> None:
    assert relationship(text).hops == hops


def test_a_quantified_part_reduces_to_a_variable_length_relationship() -> None:
    quantified = pattern("(a) ((x)-[r:R {w: 1}]->(y)){1,3} (b)")
    assert quantified == pattern("(a)-[r:R*1..3 {w: 1}]->(b)")


@pytest.mark.parametrize(
    ("quantified", "reduced"),
    [
        ("((x:A)-[r:R]->(y:B)){1,3}", "-[r:R*1..3 WHERE startNode(r):A AND endNode(r):B]->"),
        ("((x:A)<-[r:R]-(y WHERE y.n = 1)){2}", "<-[r:R*2 WHERE startNode(r).n = 1 AND endNode(r):A]-"),
        (
            "((x)-[r:R]->(y) WHERE x.n < y.n AND r.w > 1)+",
            "-[r:R*1.. WHERE startNode(r).n < endNode(r).n AND r.w > 1]->",
        ),
        ("((x {n: 1})-[:R]->(:B))*", "-[:R*0.. WHERE startNode(__step).n = 1 AND endNode(__step):B]->"),
        ("((x)-[r:R]-(y) WHERE r.w > 1){2}", "-[r:R*2 WHERE r.w > 1]-"),
    ],
)
def test_conditions_of_a_quantified_part_become_conditions_of_each_step(quantified: str, reduced: str) -> None:
    assert pattern(f"(a) {quantified} (b)") == pattern(f"(a){reduced}(b)")


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a) ((x:A)-[:R]-(y)){2} (b) RETURN a",
        "MATCH (a) ((x)-[:R]->(y)){2} (b) RETURN x",
        "MATCH (a) ((x)-[:R]->()-[:S]->(y)){2} (b) RETURN a",
        "MATCH (a) ((x)-[:R]->(y) WHERE EXISTS { (x)-->(:C) }){2} (b) RETURN a",
        "MATCH (a) ((x)-[:R]->(y) WHERE x {.n} = y {.n}){2} (b) RETURN a",
        "MATCH (a) ((x $p)-[:R]->(y)){2} (b) RETURN a",
    ],
)
def test_a_quantified_part_that_is_no_variable_length_is_refused(text: str) -> None:
    with pytest.raises(CypherSyntaxError, match="does not reduce"):
        parse(text)


def test_a_quantified_part_may_start_and_end_a_pattern() -> None:
    path = pattern("(()-[:R]->()){2}")
    assert path.start == ast.NodePattern()
    assert path.steps[0][0].hops == Hops(2, 2)


def test_a_bracketed_expression_is_told_from_a_pattern() -> None:
    assert isinstance(expression("(a)-->(b)"), ast.PatternPredicate)
    assert isinstance(expression("(a)-[:R]-(b)"), ast.PatternPredicate)
    assert isinstance(expression("(a) - (b)"), ast.Binary)
    assert isinstance(expression("(a) < (b)"), ast.Comparison)
    assert isinstance(expression("(1 + 2) - 3"), ast.Binary)


def test_a_bar_ends_the_predicate_of_a_comprehension_and_joins_labels_elsewhere() -> None:
    tree = expression("[x IN xs WHERE x:A | x]")
    assert isinstance(tree, ast.ListComprehension)
    assert tree.projection == Variable("x")
    either = expression("x:A|B")
    assert isinstance(either, ast.HasLabels)
    assert either.labels == ast.LabelOr((ast.LabelName("A"), ast.LabelName("B")))


def test_colons_and_ampersands_both_mean_all_of_the_labels() -> None:
    assert pattern("(n:A:B)").start.labels == pattern("(n:A&B)").start.labels
    assert pattern("(n:!A&B|C)").start.labels == ast.LabelOr(
        (ast.LabelAnd((ast.LabelNot(ast.LabelName("A")), ast.LabelName("B"))), ast.LabelName("C"))
    )


def test_a_column_without_alias_is_called_as_it_was_written() -> None:
    clause = parse("RETURN  n.name  , 1+  2, (a.b), n").parts[0].clauses[0]
    assert isinstance(clause, ast.Return)
    assert [item.alias for item in clause.projection.items] == ["n.name", "1+  2", "(a.b)", "n"]
    assert all(item.implicit for item in clause.projection.items)


def test_names_joined_by_dots_before_a_bracket_are_a_function() -> None:
    assert expression("duration.between(a, b)") == ast.FunctionCall("duration.between", (Variable("a"), Variable("b")))
    assert expression("a.b.c") == ast.Property(ast.Property(Variable("a"), "b"), "c")


def test_a_bare_pattern_in_a_subquery_is_a_match_without_return() -> None:
    assert expression("EXISTS { (a)-->(b) WHERE b.x }") == expression("EXISTS { MATCH (a)-->(b) WHERE b.x }")


def test_a_parameter_may_hold_the_properties_of_a_pattern() -> None:
    assert pattern("(n $props)").start.properties == Parameter("props")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CREATE (n)", "CREATE"),
        ("MERGE (n:X {a: 1}) ON CREATE SET n.x = 1 RETURN n", "MERGE"),
        ("MATCH (n) SET n.x = 1", "SET"),
        ("MATCH (n) DETACH DELETE n", "DETACH DELETE"),
        ("MATCH (n) REMOVE n.x RETURN n", "REMOVE"),
        ("LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "LOAD CSV"),
        ("FOREACH (x IN [1] | CREATE (n))", "FOREACH"),
        ("DROP INDEX x", "DROP"),
        ("SHOW DATABASES", "SHOW"),
        ("USE system MATCH (n) RETURN n", "USE"),
        ("MATCH (n) CALL { WITH n DELETE n } IN TRANSACTIONS RETURN n", "CALL IN TRANSACTIONS"),
        ("MATCH (n) CALL { CREATE (m) } RETURN n", "CREATE"),
    ],
)
def test_a_writing_clause_is_read_so_that_it_can_be_named(text: str, name: str) -> None:
    names = [tree.name for tree in descend(parse(text)) if isinstance(tree, ast.WritingClause)]
    assert names[0] == name


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("CASE x WHEN 1, 2 THEN 'a' ELSE 'b' END", "CASE x WHEN 1 THEN 'a' WHEN 2 THEN 'a' ELSE 'b' END"),
        ("CASE x.y WHEN < 5 THEN 1 WHEN 7 THEN 2 END", "CASE WHEN x.y < 5 THEN 1 WHEN x.y = 7 THEN 2 END"),
        ("CASE x WHEN IS NOT NULL THEN 1 END", "CASE WHEN x IS NOT NULL THEN 1 END"),
        (
            "CASE x WHEN STARTS WITH 'a', IN ['b'] THEN 1 END",
            "CASE WHEN x STARTS WITH 'a' THEN 1 WHEN x IN ['b'] THEN 1 END",
        ),
        ("trim(BOTH 'x' FROM y)", "btrim(y, 'x')"),
        ("trim(LEADING FROM y)", "ltrim(y)"),
        ("trim(trailing $c FROM y)", "rtrim(y, $c)"),
        ("trim('x' FROM y)", "btrim(y, 'x')"),
    ],
)
def test_a_longer_form_is_another_way_to_write_a_plain_one(written: str, same: str) -> None:
    assert expression(written) == expression(same)


def test_words_of_trim_are_names_elsewhere() -> None:
    assert expression("trim(both)") == ast.FunctionCall("trim", (Variable("both"),))
    assert expression("trim(both.x)") == ast.FunctionCall("trim", (ast.Property(Variable("both"), "x"),))


def test_a_large_operand_is_not_written_again_for_each_comparison() -> None:
    with pytest.raises(CypherSyntaxError, match="too large to be compared"):
        parse("RETURN CASE 1 + 2 + 3 + 4 + 5 WHEN < 5 THEN 1 END")
