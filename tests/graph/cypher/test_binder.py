"""What a bound tree promises: names, scopes, kinds, relation types, types of columns and parameters."""

from __future__ import annotations

import pytest

from graph.cypher import ast
from graph.cypher.binder import bind
from graph.cypher.bound import BoundQuery, CypherType, TypeName
from graph.cypher.diagnostics import CypherError
from graph.cypher.parser import parse
from graph.cypher.printer import print_tree
from graph.cypher.rewrite import descend
from graph.cypher.types import describe
from tests.graph.cypher.small_schema import SCHEMA


def bound(text: str) -> BoundQuery:
    return bind(parse(text), SCHEMA, text)


def nodes(query: BoundQuery) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for tree in descend(query.query):
        if isinstance(tree, ast.NodePattern):
            assert tree.variable is not None
            assert tree.kinds is not None
            found[tree.variable] = set(tree.kinds)
    return found


def kinds_of(query: BoundQuery, variable: str) -> set[str]:
    return set(query.variables[variable].kinds or ())


def relations(query: BoundQuery) -> list[set[str]]:
    return [set(tree.types or ()) for tree in descend(query.query) if isinstance(tree, ast.RelationshipPattern)]


_SERVERS = {"PhysicalServer", "VirtualMachine", "Hypervisor"}


# --- kinds and relations -----------------------------------------------------------------------------------------------


def test_a_generic_covers_its_concrete_kinds() -> None:
    assert nodes(bound("MATCH (n:Server) RETURN n"))["n"] == _SERVERS


@pytest.mark.parametrize(
    ("labels", "kinds"),
    [
        ("Server&!Hypervisor", {"PhysicalServer", "VirtualMachine"}),
        ("Team|Incident", {"Team", "Incident"}),
        ("Server:VirtualMachine", {"VirtualMachine"}),
        ("%&!Element", None),
        ("(WebServer|Server)&!(Hypervisor|VirtualMachine)", {"WebServer", "PhysicalServer"}),
    ],
)
def test_label_expressions_are_sets_of_kinds(labels: str, kinds: set[str] | None) -> None:
    if kinds is None:
        with pytest.raises(Exception, match="IMPOSSIBLE_PATTERN"):
            bound(f"MATCH (n:{labels}) RETURN n")
    else:
        assert nodes(bound(f"MATCH (n:{labels}) RETURN n"))["n"] == kinds


def test_relations_narrow_the_kinds_of_both_ends() -> None:
    found = nodes(bound("MATCH (a)-[:HOSTED_ON]->(b) RETURN a"))
    assert found == {"a": {"VirtualMachine", "Hypervisor"}, "b": {"Hypervisor", "PhysicalServer"}}


def test_narrowing_travels_along_a_path() -> None:
    found = nodes(bound("MATCH (a)-[:DEPENDS_ON]->(b)-[:RUNS_ON]->(c:VirtualMachine)-[:HOSTED_ON]->(d) RETURN a"))
    assert found["b"] == {"WebServer", "DatabaseInstance", "ServiceInstance"}
    assert found["d"] == {"Hypervisor"}


def test_a_variable_length_relation_narrows_to_what_is_reachable() -> None:
    found = nodes(bound("MATCH (a:VirtualMachine)-[:HOSTED_ON*2]->(b) RETURN b"))
    assert found["b"] == {"PhysicalServer"}
    found = nodes(bound("MATCH (a:VirtualMachine)-[:HOSTED_ON*0..]->(b) RETURN b"))
    assert found["b"] == _SERVERS


def test_a_relation_without_type_gets_the_types_that_fit() -> None:
    assert relations(bound("MATCH (a:Incident)-[r]->(b:Server) RETURN r")) == [{"AFFECTS"}]
    assert relations(bound("MATCH (a:Incident)-[r]-(b) RETURN r")) == [{"AFFECTS"}]


def test_a_property_narrows_the_kinds_to_those_that_have_it() -> None:
    assert nodes(bound("MATCH (n {cve: 'CVE-2024-1'}) RETURN n"))["n"] == {"Vulnerability"}


def test_a_variable_is_narrowed_by_later_clauses_and_not_by_optional_ones() -> None:
    found = bound("MATCH (n:Element) MATCH (n)-[:AFFECTS]->() RETURN n.number")
    assert kinds_of(found, "n") == {"Incident"}
    found = bound("MATCH (n:Element) OPTIONAL MATCH (n)-[:AFFECTS]->() RETURN n.name")
    assert found.variables["n"].kinds is not None
    assert len(found.variables["n"].kinds) == len(SCHEMA.concrete)


def test_a_subquery_does_not_narrow_what_is_outside() -> None:
    found = bound("MATCH (n) WHERE EXISTS { (n)-[:AFFECTS]->() } RETURN n.on_call, n.number")
    assert kinds_of(found, "n") == set(SCHEMA.concrete)


def test_a_property_of_only_some_candidates_is_accepted() -> None:
    assert bound("MATCH (n:ConfigurationItem) RETURN n.port, n.cpu_cores").columns == ("n.port", "n.cpu_cores")


# --- names -------------------------------------------------------------------------------------------------------------


def test_anonymous_parts_of_patterns_get_names() -> None:
    for tree in descend(bound("MATCH ()-->()<--(:Incident) RETURN 1 AS one").query):
        if isinstance(tree, ast.NodePattern | ast.RelationshipPattern):
            assert tree.variable is not None


def test_a_name_with_two_meanings_becomes_two_names() -> None:
    found = bound("MATCH (n:Server) WITH n.name AS n MATCH (t:Team {name: n}) RETURN n, t")
    assert found.columns == ("n", "t")
    assert found.variables["n"].name is TypeName.NODE
    assert found.variables["n__2"].name is TypeName.STRING
    assert "WITH n.name AS n__2" in print_tree(found.query)


def test_a_variable_carried_through_with_keeps_its_name() -> None:
    assert set(bound("MATCH (n:Server) WITH n WITH n RETURN n").variables) == {"n"}


def test_a_local_variable_hides_an_outer_one_inside_only() -> None:
    found = bound("MATCH (n:Server) RETURN [n IN [1, 2] | n + 1] AS l, n.name AS name")
    assert found.column_types == (
        CypherType(TypeName.LIST, item=CypherType(TypeName.INTEGER)),
        CypherType(TypeName.STRING),
    )


def test_star_is_every_variable_by_name_and_no_anonymous_one() -> None:
    assert bound("MATCH (b:Server)-[a]->() WITH *, 1 AS c RETURN *").columns == ("a", "b", "c")


def test_with_hides_what_it_does_not_carry() -> None:
    with pytest.raises(Exception, match="UNKNOWN_VARIABLE"):
        bound("MATCH (n:Server) WITH n.name AS name RETURN n.cpu_cores")


def test_where_and_order_by_of_a_with_may_read_what_it_leaves_behind_and_carry_it_unseen() -> None:
    found = bound("MATCH (n:Server)-->(t:Team) WITH n.name AS name ORDER BY t.name WHERE n.cpu_cores > 1 RETURN *")
    assert found.columns == ("name",)
    assert "WITH n.name AS name, t AS t, n AS n ORDER BY t.name WHERE n.cpu_cores > 1" in print_tree(found.query)


def test_after_distinct_where_reads_what_is_projected_by_its_name() -> None:
    text = print_tree(bound("MATCH (n:Server) WITH DISTINCT n.name AS name WHERE n.name = 'a' RETURN name").query)
    assert "WITH DISTINCT n.name AS name WHERE name = 'a'" in text


def test_null_may_stand_where_a_node_is_matched() -> None:
    assert bound("WITH null AS n OPTIONAL MATCH (n)-[:OWNED_BY]->(t) RETURN t.name").columns == ("t.name",)


def test_an_alias_hides_the_variable_of_its_name_in_order_by() -> None:
    assert bound("MATCH (n:Server) RETURN n.cpu_cores AS n ORDER BY n + 2").columns == ("n",)


def test_order_by_sees_the_row_and_the_projection() -> None:
    text = print_tree(bound("MATCH (n:Server) RETURN n.name AS name ORDER BY n.cpu_cores, name, n.name").query)
    assert text.endswith("ORDER BY n.cpu_cores, name, name")


def test_order_by_after_an_aggregate_uses_the_names_of_what_is_projected() -> None:
    text = print_tree(
        bound("MATCH (n:Server) RETURN n.name AS name, count(*) AS c ORDER BY count(*) + 1, n.name").query
    )
    assert text.endswith("ORDER BY c + 1, name")


def test_the_imports_of_a_subquery_are_explicit_afterwards() -> None:
    for head in ("CALL { WITH n", "CALL (n) {"):
        found = bound(f"MATCH (n:Server) {head} MATCH (n)-[:OWNED_BY]->(t) RETURN t.name AS owner }} RETURN n, owner")
        call = found.query.parts[0].clauses[1]
        assert isinstance(call, ast.CallSubquery)
        assert call.imports == ("n",)
        assert isinstance(call.query.parts[0].clauses[0], ast.Match)
        assert found.variables["owner"].name is TypeName.STRING


def test_a_subquery_without_imports_sees_nothing_from_outside() -> None:
    with pytest.raises(Exception, match="UNKNOWN_VARIABLE"):
        bound("MATCH (n:Server) CALL { RETURN n.name AS x } RETURN x")


def test_the_parts_of_a_union_in_a_subquery_fill_the_same_names() -> None:
    found = bound("CALL { MATCH (a:Server) RETURN a AS x UNION MATCH (b:Team) RETURN b AS x } RETURN x.name AS name")
    assert kinds_of(found, "x") == {*_SERVERS, "Team"}


# --- types -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "of"),
    [
        ("n.name", "string"),
        ("n.yearly_cost", "integer"),
        ("n.commissioned_on", "date"),
        ("n.last_restart", "instant"),
        ("n.aliases", "list of string"),
        ("n.id", "string"),
        ("elementId(n)", "string"),
        ("n", "node"),
        ("labels(n)", "list of string"),
        ("labels(n)[0]", "string"),
        ("n.cpu_cores + 1", "integer"),
        ("n.cpu_cores * 1.5", "float"),
        ("n.cpu_cores / 2", "integer"),
        ("n.cpu_cores ^ 2", "float"),
        ("n.name + '!'", "string"),
        ("n.aliases + 'x'", "list of string"),
        ("date() - duration({months: 3})", "date"),
        ("datetime() + duration('P1D')", "instant"),
        ("n.last_restart.year", "integer"),
        ("count(*)", "integer"),
        ("avg(n.cpu_cores)", "float"),
        ("sum(n.yearly_cost)", "integer"),
        ("max(n.last_restart)", "instant"),
        ("collect(n.name)", "list of string"),
        ("coalesce(n.name, 'x')", "string"),
        ("CASE WHEN true THEN 1 ELSE 2.0 END", "number"),
        ("[x IN [1, 2] | toString(x)]", "list of string"),
        ("[(n)-[:OWNED_BY]->(t) | t.name]", "list of string"),
        ("any(x IN [1] WHERE x > 0)", "boolean"),
        ("reduce(s = 0, x IN [1] | s + x)", "integer"),
        ("EXISTS { (n)--() }", "boolean"),
        ("COUNT { (n)--() }", "integer"),
        ("COLLECT { MATCH (n)-[:OWNED_BY]->(t) RETURN t.name }", "list of string"),
        ("n {.name}", "map"),
        ("n {.name}.name", "string"),
        ("n.name IS NULL", "boolean"),
        ("head(collect(n)).name", "string"),
        ("$p", "any"),
        ("null", "null"),
    ],
)
def test_columns_are_typed(expression: str, of: str) -> None:
    assert [describe(found) for found in bound(f"MATCH (n:Server) RETURN {expression} AS it").column_types] == [of]


@pytest.mark.parametrize(
    ("condition", "of"),
    [
        ("n.name = $p", "string"),
        ("$p < n.last_restart", "instant"),
        ("n.commissioned_on >= $p", "date"),
        ("n.name IN $p", "list of string"),
        ("$p IN n.aliases", "string"),
        ("n.cpu_cores IN [1, $p]", "integer"),
        ("n.name STARTS WITH $p", "string"),
        ("n.cpu_cores > $p + 1", "number"),
        ("n.id = $p", "string"),
        ("$p", "boolean"),
        ("n.last_restart < datetime() - duration({months: $p})", "number"),
        ("coalesce($p, n.name) = 'x'", "string"),
        ("toUpper($p) = n.name", "string"),
        ("CASE n.cpu_cores WHEN $p THEN true ELSE false END", "integer"),
        ("EXISTS { (n)-[r:OWNED_BY]->() WHERE r.since > $p }", "date"),
        ("n.commissioned_on > $p AND $p > n.commissioned_on", "date"),
    ],
)
def test_a_parameter_takes_its_type_from_its_use(condition: str, of: str) -> None:
    assert describe(bound(f"MATCH (n:Server) WHERE {condition} RETURN n").parameters["p"]) == of


def test_parameters_of_patterns_skip_and_limit_are_typed_too() -> None:
    found = bound("MATCH (n:Incident {opened_at: $at})-[r:AFFECTS]->() RETURN n SKIP $skip LIMIT $limit")
    assert {name: describe(of) for name, of in found.parameters.items()} == {
        "at": "instant",
        "skip": "integer",
        "limit": "integer",
    }


def test_the_present_is_a_parameter_of_the_clock() -> None:
    found = bound("RETURN datetime() AS a, date() AS b, timestamp() AS c, datetime() AS d")
    assert found.clock == {"__now", "__today", "__now_millis"}
    assert found.parameters == {}


def test_old_spellings_become_the_canonical_ones() -> None:
    text = print_tree(
        bound("MATCH (n:Server) RETURN upper(n.name) AS a, exists(n.name) AS b, exists((n)-->()) AS c").query
    )
    assert "toUpper(n.name) AS a, n.name IS NOT NULL AS b, (n)-[__r1]->(__n2) AS c" in text


def test_the_condition_of_a_variable_length_relation_speaks_of_each_step() -> None:
    found = bound("MATCH (a)-[r:DEPENDS_ON*1..3 WHERE r.weight > 0.5]->(b) RETURN [x IN r | x.since] AS since")
    assert describe(found.column_types[0]) == "list of date"


# --- open mode ---------------------------------------------------------------------------------------------------------


def test_without_schema_any_label_type_and_property_may_exist() -> None:
    query = bind(parse("MATCH (n:Anything {x: 1})-[r:WHATEVER|ELSE]->(m:!Zebra) RETURN n.foo, r.bar"), None)
    assert [describe(of) for of in query.column_types] == ["any", "any"]
    arrows = [tree for tree in descend(query.query) if isinstance(tree, ast.RelationshipPattern)]
    assert arrows[0].types == ("WHATEVER", "ELSE")
    assert all(tree.kinds is None for tree in descend(query.query) if isinstance(tree, ast.NodePattern))


def test_without_schema_scopes_and_functions_are_checked_all_the_same() -> None:
    for text in ("MATCH (n) RETURN m", "RETURN nope(1)", "MATCH (n) RETURN n.x + count(*)"):
        with pytest.raises(Exception, match=r"UNKNOWN|INVALID"):
            bind(parse(text), None)


# --- notes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    ["n.criticality = 'critcal'", "'critcal' <> n.criticality", "n.criticality IN ['vital', 'critcal']"],
)
def test_a_value_that_the_schema_does_not_list_is_noted(condition: str) -> None:
    notes = bound(f"MATCH (n:Server) WHERE {condition} RETURN n").notes
    assert notes == (
        "criticality is never 'critcal': it is one of vital, critical, important, standard; did you mean 'critical'?",
    )


def test_a_value_in_a_pattern_is_noted_too_and_a_listed_one_is_not() -> None:
    assert len(bound("MATCH (n:Server {criticality: 'low'}) RETURN n").notes) == 1
    assert bound("MATCH (n:Server {criticality: 'vital'}) WHERE n.name = 'low' RETURN n").notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n:Server) WITH DISTINCT n WHERE EXISTS { (n)-->(m) WHERE m.id <> 'x' } RETURN n",
        "MATCH (n:Server) WITH count(*) AS c WHERE COUNT { MATCH (a:Server) WHERE a.id <> 'x' } > c RETURN c",
        "MATCH (n:Server) RETURN DISTINCT n ORDER BY COUNT { (n)-->(m) WHERE m.id <> 'x' }",
    ],
)
def test_after_distinct_or_an_aggregate_a_subquery_has_variables_of_its_own(text: str) -> None:
    assert bound(text).columns


def test_after_distinct_a_pattern_uses_a_name_left_behind_anew() -> None:
    text = "MATCH (n:Server)-->(m) WITH DISTINCT n WHERE EXISTS { (n)-->(m) WHERE m.id = 'x' } RETURN n"
    assert "(m__2" in print_tree(bound(text).query)
    with pytest.raises(CypherError, match="'m' is not defined"):
        bound("MATCH (n:Server)-->(m) WITH DISTINCT n WHERE (n)-->(m) RETURN n")
