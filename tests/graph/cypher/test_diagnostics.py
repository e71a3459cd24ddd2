"""What the binder refuses: the code, the place, what was meant, and the corrected query where there is one."""

from __future__ import annotations

import pytest

from graph.cypher.ast import (
    LabelName,
    Match,
    NodePattern,
    PathPattern,
    Projection,
    ProjectionItem,
    Query,
    Return,
    SinglePart,
    Variable,
)
from graph.cypher.diagnostics import CypherError, Diagnostic
from graph.cypher.prepare import prepare, prepare_ast
from tests.graph.cypher.small_schema import SCHEMA


def diagnose(text: str) -> Diagnostic:
    with pytest.raises(CypherError) as caught:
        prepare(text, SCHEMA)
    return caught.value.diagnostic


def marked(text: str, diagnostic: Diagnostic) -> str:
    """The part of the text that the carets mark."""
    line, carets = diagnostic.excerpt.splitlines()
    return line[carets.index("^") : carets.rindex("^") + 1]


@pytest.mark.parametrize(
    ("text", "code", "at", "suggestions"),
    [
        pytest.param("MATCH (n:Sever) RETURN n", "UNKNOWN_KIND", "Sever", ("Server",), id="misspelt kind"),
        pytest.param("MATCH (n:server) RETURN n", "UNKNOWN_KIND", "server", ("Server",), id="kind in lower case"),
        pytest.param("MATCH (n:Serveur) RETURN n", "UNKNOWN_KIND", "Serveur", ("Server",), id="French label of a kind"),
        pytest.param("MATCH (n:VM) RETURN n", "UNKNOWN_KIND", "VM", ("VirtualMachine",), id="synonym of a kind"),
        pytest.param("MATCH (n) WHERE n:Tem RETURN n", "UNKNOWN_KIND", "Tem", ("Team",), id="kind in a label test"),
        pytest.param("MATCH (n:Zebra) RETURN n", "UNKNOWN_KIND", "Zebra", (), id="kind like no other"),
        pytest.param(
            "MATCH (a)-[:RUN_ON]->(b) RETURN a", "UNKNOWN_RELATION", "RUN_ON", ("RUNS_ON",), id="misspelt relation"
        ),
        pytest.param(
            "MATCH (a)-[:runs_on]->(b) RETURN a",
            "UNKNOWN_RELATION",
            "runs_on",
            ("RUNS_ON",),
            id="relation in lower case",
        ),
        pytest.param("MATCH (n:Server) RETURN n.nme", "UNKNOWN_PROPERTY", "nme", ("name",), id="misspelt property"),
        pytest.param(
            "MATCH (n:Server) RETURN n.nom", "UNKNOWN_PROPERTY", "nom", ("name",), id="French name of a property"
        ),
        pytest.param("MATCH (n:Server) RETURN n.cpus", "UNKNOWN_PROPERTY", "cpus", ("cpu_cores",), id="synonym"),
        pytest.param(
            "MATCH (n:Server {nme: 1}) RETURN n", "UNKNOWN_PROPERTY", "nme", ("name",), id="property of a pattern"
        ),
        pytest.param(
            "MATCH ()-[r:OWNED_BY]->() RETURN r.sinc",
            "UNKNOWN_PROPERTY",
            "sinc",
            ("since",),
            id="property of a relation",
        ),
        pytest.param("MATCH (n:Server) RETURN n {.nme}", "UNKNOWN_PROPERTY", "nme", ("name",), id="map projection"),
        pytest.param("MATCH (n:Server) RETURN n['nme']", "UNKNOWN_PROPERTY", "", ("name",), id="property by index"),
        pytest.param(
            "MATCH (n:Incident) RETURN n.opened_at.yer", "UNKNOWN_PROPERTY", "yer", ("year",), id="part of an instant"
        ),
        pytest.param(
            "MATCH (server) RETURN sever.name", "UNKNOWN_VARIABLE", "sever", ("server",), id="misspelt variable"
        ),
        pytest.param("MATCH (n) WITH n.name AS x RETURN n", "UNKNOWN_VARIABLE", "n", (), id="variable left behind"),
        pytest.param("MATCH (n) WHERE (n)-->(other) RETURN n", "UNKNOWN_VARIABLE", "other", (), id="pattern predicate"),
        pytest.param("RETURN toUper('a')", "UNKNOWN_FUNCTION", "toUper", ("toUpper",), id="misspelt function"),
    ],
)
def test_an_unknown_name_is_marked_and_the_meant_one_suggested(
    text: str, code: str, at: str, suggestions: tuple[str, ...]
) -> None:
    diagnostic = diagnose(text)
    assert diagnostic.code == code
    assert diagnostic.suggestions == suggestions
    if at:
        assert marked(text, diagnostic) == at
        assert diagnostic.corrected == (text.replace(at, suggestions[0], 1) if suggestions else None)


def test_the_corrected_query_is_accepted() -> None:
    text = "MATCH (a:Serveur)-[:OWNED_BY]->(t:Team) WHERE a.cpus > 3 RETURN t.nme"
    for _ in range(3):
        corrected = diagnose(text).corrected
        assert corrected is not None
        text = corrected
    assert prepare(text, SCHEMA).columns == ("t.name",)


def test_two_candidates_are_suggested_and_none_is_chosen() -> None:
    diagnostic = diagnose("MATCH (n:Incident) RETURN n.nmber, n.x")
    assert diagnostic.suggestions == ("number",)
    many = diagnose("MATCH (a)-[:USE]->(b) RETURN a.aliase")
    assert many.corrected is not None


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        (
            "MATCH (s:Server)-[:RUNS_ON]->(w:WebServer) RETURN s",
            "MATCH (s:Server)<-[:RUNS_ON]-(w:WebServer) RETURN s",
        ),
        (
            "MATCH (t:Team)<-[:AFFECTS]-(i:Incident) RETURN i",
            None,
        ),
        (
            "MATCH (w:Server)<-[:HOSTED_ON*1..3]-(p:PhysicalServer) RETURN w",
            "MATCH (w:Server)-[:HOSTED_ON*1..3]->(p:PhysicalServer) RETURN w",
        ),
        (
            "MATCH (i:Incident)-[:OWNED_BY]->(s:Server) RETURN i",
            "MATCH (i:Incident)-[:AFFECTS]->(s:Server) RETURN i",
        ),
    ],
)
def test_an_impossible_direction_is_refused_with_the_arrow_turned_or_the_fitting_relation(
    text: str, corrected: str | None
) -> None:
    diagnostic = diagnose(text)
    assert diagnostic.code == "IMPOSSIBLE_PATTERN"
    assert diagnostic.corrected == corrected
    if corrected is not None:
        assert prepare(corrected, SCHEMA).columns


def test_an_impossible_relation_says_where_it_does_go() -> None:
    diagnostic = diagnose("MATCH (a:Team)-[:USES]->(b:Team) RETURN a")
    assert diagnostic.message == "no USES goes from Team to Team"
    assert diagnostic.hint == "USES goes BusinessService -> BusinessApplication"


def test_no_kind_can_be_two_concrete_kinds() -> None:
    assert diagnose("MATCH (n:Team&Incident) RETURN n").code == "IMPOSSIBLE_PATTERN"
    assert diagnose("MATCH (n:Team), (n:Incident) RETURN n").code == "IMPOSSIBLE_PATTERN"


@pytest.mark.parametrize(
    ("text", "message", "corrected"),
    [
        (
            "MATCH (n:Server) WHERE n.commissioned_on < '2025-01-01' RETURN n",
            "a date is never < a string",
            "MATCH (n:Server) WHERE n.commissioned_on < date('2025-01-01') RETURN n",
        ),
        (
            "MATCH (n:Server) WHERE n.last_restart >= '2025-01-01T00:00:00Z' RETURN n",
            "an instant is never >= a string",
            "MATCH (n:Server) WHERE n.last_restart >= datetime('2025-01-01T00:00:00Z') RETURN n",
        ),
        ("MATCH (n:Server) WHERE n.cpu_cores = 'four' RETURN n", "an integer and a string cannot be compared", None),
        ("MATCH (n:Server) WHERE n.commissioned_on < datetime() RETURN n", "a date and an instant", None),
        ("MATCH (n:Server) WHERE n.commissioned_on IN ['2025-01-01'] RETURN n", "a date is never = a string", None),
        ("MATCH (n:Server) RETURN n.commissioned_on - date()", "date - date has no meaning", None),
        ("MATCH (n:Server) RETURN n.name + n.internet_exposed", "has no meaning", None),
        ("MATCH (n:Server) WHERE n.name RETURN n", "WHERE takes boolean", None),
        ("MATCH (n:Server) RETURN NOT n.cpu_cores", "NOT takes boolean", None),
        ("MATCH (n:Server) RETURN toUpper(n.cpu_cores)", "toUpper() takes string", None),
        ("MATCH (n:Server) RETURN n.name.first", "a string has no properties", None),
        ("MATCH (n:Server) RETURN collect(n).name", "a list of node has no properties", None),
        ("MATCH (n:Server) RETURN size((n)-->())", "takes no pattern", None),
        ("MATCH (n:Server) RETURN n LIMIT 'x'", "LIMIT takes integer", None),
        ("MATCH (n:Server) RETURN n LIMIT -1", "from 0 up", None),
        ("RETURN date('2025-13-01')", "is not a date", None),
        ("RETURN size(1, 2)", "was given 2 arguments", None),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(text: str, message: str, corrected: str | None) -> None:
    diagnostic = diagnose(text)
    assert diagnostic.code == "TYPE_MISMATCH"
    assert message in diagnostic.message
    if corrected is not None:
        assert diagnostic.corrected == corrected
        assert prepare(corrected, SCHEMA).columns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (n:Server) RETURN n.name + count(*)", "not grouped"),
        ("MATCH (n:Server) WHERE count(*) > 1 RETURN n", "WITH and RETURN only"),
        ("MATCH (n:Server) RETURN sum(count(*))", "inside another aggregate"),
        ("MATCH (n:Server) RETURN DISTINCT n.name ORDER BY n.cpu_cores", "left behind"),
        ("MATCH (n:Server) RETURN n.name, count(*) ORDER BY max(n.cpu_cores)", "not projected"),
        ("MATCH (n:Server) RETURN n.name ORDER BY count(*)", "WITH and RETURN only"),
        ("MATCH (n:Server) WITH DISTINCT n.name AS name WHERE n.cpu_cores > 1 RETURN name", "WHERE uses 'n'"),
        ("MATCH (n:Server) RETURN [x IN [1] | count(*)]", "WITH and RETURN only"),
        ("MATCH (n:Server) RETURN n.cpu_cores + 1, n.cpu_cores + 1 + count(*)", "not grouped"),
        ("MATCH (n:Server) RETURN n.cpu_cores + 1, count(*) ORDER BY n.cpu_cores + 1 + count(*)", "not grouped"),
    ],
)
def test_an_aggregate_stands_only_where_rows_are_grouped(text: str, message: str) -> None:
    diagnostic = diagnose(text)
    assert diagnostic.code == "INVALID_AGGREGATION"
    assert message in diagnostic.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (a)-[a]->(b) RETURN b", "is a node, not a relationship"),
        ("MATCH (a)-[r]->(b)-[r]->(c) RETURN a", "stands twice"),
        ("MATCH ()-[r]->() MATCH (r) RETURN r", "is a relationship, not a node"),
        ("MATCH p = (a)-->(b), p = (c)-->(d) RETURN p", "already a variable"),
        ("UNWIND [1] AS x UNWIND [2] AS x RETURN x", "already a variable"),
        ("MATCH (n) CALL { RETURN 1 AS n } RETURN n", "already a variable"),
    ],
)
def test_a_name_means_one_thing_at_a_time(text: str, message: str) -> None:
    diagnostic = diagnose(text)
    assert diagnostic.code == "VARIABLE_CONFLICT"
    assert message in diagnostic.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RETURN 1 AS a, 2 AS a", "two columns are called 'a'"),
        ("RETURN 1 AS a UNION RETURN 2 AS b", "different columns"),
        ("RETURN *", "* has nothing to stand for"),
        ("MATCH (n) RETURN COLLECT { MATCH (m) RETURN m, 1 AS one }", "exactly one column"),
        ("RETURN toUpper(DISTINCT 'a')", "DISTINCT has no meaning"),
        ("MATCH (n $props) RETURN n", "map parameter"),
        ("MATCH (n) RETURN (n)-->()", "a pattern is a condition"),
    ],
)
def test_a_query_of_wrong_form_is_refused_by_the_binder_too(text: str, message: str) -> None:
    diagnostic = diagnose(text)
    assert diagnostic.code == "SYNTAX"
    assert message in diagnostic.message


def test_id_is_refused_and_the_stable_identifier_proposed() -> None:
    diagnostic = diagnose("MATCH (n) WHERE id(n) = 1 RETURN n")
    assert diagnostic.code == "UNKNOWN_FUNCTION"
    assert diagnostic.corrected == "MATCH (n) WHERE elementId(n) = 1 RETURN n"


@pytest.mark.parametrize("function", ["apoc.load.json", "rand", "randomUUID", "localtime", "system.shutdown"])
def test_a_function_that_is_not_listed_is_refused(function: str) -> None:
    assert diagnose(f"RETURN {function}()").code == "UNKNOWN_FUNCTION"


def test_the_error_carries_everything_as_data() -> None:
    with pytest.raises(CypherError) as caught:
        prepare("MATCH (n:Sever) RETURN n", SCHEMA)
    data = caught.value.to_dict()
    assert data["code"] == "UNKNOWN_KIND"
    assert data["where"] == "line 1, column 10"
    assert data["details"]["corrected"] == "MATCH (n:Server) RETURN n"
    assert data["hint"] == "did you mean Server?"


def test_a_tree_without_text_gives_a_diagnostic_without_place() -> None:
    node = NodePattern("n", LabelName("Sever"))
    projection = Projection((ProjectionItem(Variable("n"), "n"),))
    query = Query((SinglePart((Match((PathPattern(node),)), Return(projection))),))
    with pytest.raises(CypherError) as caught:
        prepare_ast(query, SCHEMA)
    diagnostic = caught.value.diagnostic
    assert (diagnostic.code, diagnostic.line, diagnostic.excerpt) == ("UNKNOWN_KIND", 0, "")
    assert diagnostic.suggestions == ("Server",)
