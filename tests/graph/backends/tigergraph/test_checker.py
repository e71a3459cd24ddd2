"""The checker: what it accepts, and the broken texts that it must refuse."""

from __future__ import annotations

import pytest

from graph.backends.tigergraph.checker import Catalog, GsqlTextError, check, check_definitions, verify
from tests.graph.backends.tigergraph.reference import examples, other_checker

GOOD = """CREATE OR REPLACE QUERY q(STRING p_environment, INT p_months = 3, SET<STRING> p_names) FOR GRAPH cmdb SYNTAX v3 {
  TYPEDEF TUPLE<INT row, STRING node> Hit_1;
  TYPEDEF TUPLE<STRING name, INT number> SortKey_1;
  MapAccum<STRING, MaxAccum<STRING>> @@node_name;
  MapAccum<STRING, ListAccum<INT>> @@at_1;
  MapAccum<INT, STRING> @@host_1;
  MapAccum<STRING, MinAccum<INT>> @depths_1;
  SetAccum<Hit_1> @@hits_1;
  SetAccum<VERTEX> @@start_1;
  OrAccum @@more_1;
  HeapAccum<SortKey_1>(1, name ASC, number DESC) @@sorted_1;
  INT rows_1, depth_1;
  STRING name_1;
  DATETIME limit_1;
  Found_1 = SELECT host_1 FROM (application_1:ServiceInstance)-[run_1:RUNS_ON]->(host_1:PhysicalServer|VirtualMachine)
    WHERE "environment" IN application_1.present_keys AND application_1.environment == p_environment
      AND application_1.name IN p_names
    ACCUM @@hits_1 += Hit_1(0, host_1.id), FOREACH r IN @@at_1.get(host_1.id) DO @@hits_1 += Hit_1(r, host_1.id) END
    POST-ACCUM (host_1) @@start_1 += host_1, IF "name" IN host_1.present_keys THEN @@node_name += (host_1.id -> host_1.name) END;
  rows_1 = 0;
  FOREACH hit_1 IN @@hits_1 DO
    IF @@node_name.containsKey(hit_1.node) AND hit_1.row >= 0 THEN
      @@host_1 += (rows_1 -> hit_1.node);
      rows_1 = rows_1 + 1;
    END;
  END;
  Front_1 = {@@start_1};
  Front_1 = SELECT s FROM (s:Front_1) POST-ACCUM (s) s.@depths_1 += (s.id -> 0);
  @@more_1 = TRUE;
  depth_1 = 0;
  WHILE @@more_1 AND Front_1.size() > 0 LIMIT 4 DO
    @@more_1 = FALSE;
    depth_1 = depth_1 + 1;
    Front_1 = SELECT t FROM (s:Front_1)<-[e_1:RUNS_ON|DEPENDS_ON]-(t)
      WHERE "id" IN e_1.present_keys
      ACCUM FOREACH (origin, reached) IN s.@depths_1 DO IF NOT t.@depths_1.containsKey(origin) THEN
        t.@depths_1 += (origin -> depth_1), @@more_1 += TRUE END END;
  END;
  limit_1 = datetime_sub(epoch_to_datetime(0), INTERVAL p_months MONTH);
  FOREACH i IN RANGE[0, rows_1 - 1] DO
    name_1 = lower(@@host_1.get(i));
    @@sorted_1 += SortKey_1(name_1, i);
  END;
  WHILE @@sorted_1.size() > 0 DO
    rows_1 = @@sorted_1.top().number;
    @@sorted_1.pop();
  END;
  PRINT rows_1 AS row_count, @@host_1 AS host;
  PRINT Front_1[Front_1.id, Front_1.@depths_1 AS depth];
}
"""

BROKEN = {
    "a brace that is not closed": (GOOD[-2:], ""),
    "a bracket that is not closed": ("lower(@@host_1.get(i))", "lower(@@host_1.get(i)"),
    "a bracket too many": ("lower(@@host_1.get(i))", "lower(@@host_1.get(i)))"),
    "a string that does not end": ('"environment" IN', '"environment IN'),
    "a sign that is none": ("rows_1 = 0;", "rows_1 = 0 $;"),
    "a missing semicolon": ("rows_1 = 0;", "rows_1 = 0"),
    "a missing semicolon behind a loop": (
        "      rows_1 = rows_1 + 1;\n    END;",
        "      rows_1 = rows_1 + 1;\n    END",
    ),
    "a loop without END": ("    @@sorted_1.pop();\n  END;", "    @@sorted_1.pop();"),
    "a loop without DO": ("LIMIT 4 DO", "LIMIT 4"),
    "an IF without THEN": ("hit_1.row >= 0 THEN", "hit_1.row >= 0"),
    "an accumulator that is not declared": ("@@host_1 += (rows_1", "@@hosts += (rows_1"),
    "an accumulator that is read and not declared": ("@@host_1.get(i)", "@@hosts.get(i)"),
    "a vertex accumulator that is not declared": ("t.@depths_1 += (origin", "t.@depth += (origin"),
    "a variable that is not declared": ("depth_1 = 0;", "depth_2 = 0;"),
    "a variable that is read and not declared": ("depth_1 = depth_1 + 1", "depth_1 = depth + 1"),
    "a parameter that is not declared": ("== p_environment", "== p_env"),
    "a vertex set that is not declared": ("(s:Front_1)<-", "(s:Front_2)<-"),
    "an alias that is not in the pattern": ("SELECT t FROM", "SELECT u FROM"),
    "an alias that is an edge": ("SELECT t FROM", "SELECT e_1 FROM"),
    "a POST-ACCUM of another alias": ("POST-ACCUM (host_1)", "POST-ACCUM (guest_1)"),
    "a vertex type that the schema lacks": (":ServiceInstance)", ":ServiceInstances)"),
    "an edge type that the schema lacks": ("[run_1:RUNS_ON]", "[run_1:RUN_ON]"),
    "an attribute that the type lacks": ("application_1.environment ==", "application_1.enviroment =="),
    "an attribute of an edge that it lacks": ("e_1.present_keys", "e_1.present"),
    "an edge that leads the other way": ("-[run_1:RUNS_ON]->", "<-[run_1:RUNS_ON]-"),
    "a direction marker of syntax v2": ("[run_1:RUNS_ON]->", "[run_1:RUNS_ON>]-"),
    "an arrow that is cut": ("[run_1:RUNS_ON]->", "[run_1:RUNS_ON]"),
    "an edge in round brackets": ("-[run_1:RUNS_ON]->", "-(RUNS_ON:run_1)->"),
    "a vertex of syntax v2": ("(application_1:ServiceInstance)-", "ServiceInstance:application_1 -"),
    "a vertex set of syntax v1": ("FROM (s:Front_1) POST", "FROM Front_1:s POST"),
    "a single equals sign in a condition": ("application_1.environment ==", "application_1.environment ="),
    "an assignment with two signs": ("rows_1 = 0;", "rows_1 == 0;"),
    "a pair for an accumulator of no pairs": ("@@start_1 += host_1", "@@start_1 += (host_1.id -> host_1)"),
    "a value for a map": ("@@host_1 += (rows_1 -> hit_1.node)", "@@host_1 += hit_1.node"),
    "a method that a map has not": ("@@node_name.containsKey(", "@@node_name.contains("),
    "a method with too many arguments": ("@@host_1.get(i)", "@@host_1.get(i, 1)"),
    "a function that there is not": ("lower(", "toLower("),
    "a function with too few arguments": ("lower(@@host_1.get(i))", "instr(@@host_1.get(i))"),
    "a field that the tuple lacks": ("hit_1.row >=", "hit_1.rows >="),
    "a tuple with too few values": ("Hit_1(0, host_1.id)", "Hit_1(host_1.id)"),
    "a tuple type that is not declared": ("SetAccum<Hit_1> @@hits_1", "SetAccum<Hit_2> @@hits_1"),
    "a type that there is not": ("  STRING name_1;", "  TEXT name_1;"),
    "a parameter without type": ("(STRING p_environment", "(p_environment"),
    "a default of another type": ("INT p_months = 3", 'INT p_months = "3"'),
    "a value of another type": ("rows_1 = 0;", 'rows_1 = "0";'),
    "a comparison across types": ("hit_1.row >= 0", 'hit_1.row >= "0"'),
    "a sum across types": ("rows_1 = rows_1 + 1", 'rows_1 = rows_1 + "1"'),
    "IN a value that is no collection": ("IN p_names", "IN p_environment"),
    "a loop over a value": ("FOREACH hit_1 IN @@hits_1", "FOREACH hit_1 IN rows_1"),
    "two names for the items of a set": ("FOREACH hit_1 IN @@hits_1", "FOREACH (hit_1, no) IN @@hits_1"),
    "a global accumulator that ACCUM assigns": ("@@more_1 += TRUE", "@@more_1 = TRUE"),
    "a global accumulator that a SELECT clears": ("@@start_1 += host_1", "@@start_1.clear()"),
    "a name that is declared twice": ("  STRING name_1;", "  STRING name_1, rows_1;"),
    "an accumulator that is declared twice": ("  OrAccum @@more_1;", "  OrAccum @@more_1, @@host_1;"),
    "an accumulator without its sign": ("  OrAccum @@more_1;", "  OrAccum more_1;"),
    "a heap by a field that the tuple lacks": ("(1, name ASC", "(1, title ASC"),
    "a unit of time that there is not": ("p_months MONTH", "p_months MONTHS"),
    "a range with one end": ("RANGE[0, rows_1 - 1]", "RANGE[rows_1 - 1]"),
    "a comma too many in ACCUM": ("Hit_1(0, host_1.id), FOREACH", "Hit_1(0, host_1.id),, FOREACH"),
    "a semicolon within ACCUM": ("Hit_1(0, host_1.id), FOREACH", "Hit_1(0, host_1.id); FOREACH"),
    "a keyword as a name": ("  STRING name_1;", "  STRING select;"),
    "a version that there is not": ("SYNTAX v3", "SYNTAX v4"),
    "syntax v3 said to be v1": ("SYNTAX v3", "SYNTAX three"),
    "a break outside of loops": ("  rows_1 = 0;\n", "  rows_1 = 0;\n  BREAK;\n"),
    "text behind the query": (GOOD[-2:], "}\nDROP QUERY q"),
    "two statements in one": ("  rows_1 = 0;\n", "  rows_1 = 0 rows_1 = 1;\n"),
    "a null that GSQL has not": ("rows_1 = 0;", "rows_1 = null;"),
    "columns of a set that there is not": ("PRINT Front_1[Front_1.id", "PRINT Front_3[Front_3.id"),
}


def test_a_whole_query_is_accepted(catalog: Catalog) -> None:
    verify(GOOD, catalog)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_text_is_refused(name: str, catalog: Catalog) -> None:
    old, new = BROKEN[name]
    at = GOOD.rindex(old) if old == GOOD[-2:] else GOOD.index(old)
    broken = GOOD[:at] + new + GOOD[at + len(old) :]
    problem = check(broken, catalog)
    assert isinstance(problem, GsqlTextError)
    assert problem.where is not None
    assert problem.where.startswith("line ")


def test_there_are_at_least_forty_broken_texts() -> None:
    assert len(BROKEN) >= 40


def test_a_problem_names_its_place(catalog: Catalog) -> None:
    problem = check(GOOD.replace("lower(", "toLower("), catalog)
    assert problem is not None
    line, column = next(
        (number, text.index("toLower") + 1)
        for number, text in enumerate(GOOD.replace("lower(", "toLower(").splitlines(), start=1)
        if "toLower" in text
    )
    assert problem.where == f"line {line}, column {column}"


@pytest.mark.skipif(not examples(), reason="../shared/reference/gsql_examples.gsql is absent")
def test_both_checkers_accept_every_example_of_the_hand_out() -> None:
    other = other_checker()
    assert other is not None
    for text in examples():
        assert (other(text), check(text)) == (None, None), text


@pytest.mark.skipif(other_checker() is None, reason="../shared/tools/gsqlcheck.py is absent")
def test_what_the_checker_of_the_hand_out_refuses_ours_refuses_too(catalog: Catalog) -> None:
    other = other_checker()
    assert other is not None
    for old, new in BROKEN.values():
        at = GOOD.rindex(old)
        broken = GOOD[:at] + new + GOOD[at + len(old) :]
        assert other(broken) is None or check(broken, catalog) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PRIMARY_ID id STRING", "id STRING"),
        ("PRIMARY_ID id STRING", "PRIMARY_ID id DATETIME"),
        ("name STRING", "name TEXT"),
        ("name STRING", "order STRING"),
        ("name STRING", "name STRING, name STRING"),
        ("FROM Server", "FROM Serveur"),
        ("DIRECTED EDGE", "EDGE"),
        ("rev_RUNS_ON", "RUNS_ON"),
        ('WITH REVERSE_EDGE="rev_RUNS_ON"', ""),
        ('"true";', '"true"'),
        ("cmdb(Server", "cmdb(Host"),
        ("CREATE VERTEX Team", "CREATE VERTEX Server"),
    ],
)
def test_a_broken_schema_is_refused(old: str, new: str) -> None:
    good = (
        'CREATE VERTEX Server(PRIMARY_ID id STRING, name STRING) WITH primary_id_as_attribute="true";\n'
        'CREATE VERTEX Team(PRIMARY_ID id STRING, name STRING) WITH primary_id_as_attribute="true";\n'
        "CREATE DIRECTED EDGE RUNS_ON(FROM Server, TO Team, DISCRIMINATOR(id STRING), present_keys SET<STRING>)"
        ' WITH REVERSE_EDGE="rev_RUNS_ON";\nCREATE GRAPH cmdb(Server, Team, RUNS_ON);\n'
    )
    assert check_definitions(good) is None
    assert check_definitions(good.replace(old, new, 1)) is not None
