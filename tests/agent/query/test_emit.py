"""What is emitted for the shapes of questions that people ask, as the Cypher that they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from agent.query import model as m
from agent.query.emit import emit
from agent.query.errors import IntermediateQueryError
from graph.cypher.parser import parse
from graph.cypher.prepare import prepare
from graph.cypher.printer import print_tree
from graph.schema.model import Schema

SERVERS = m.Entity("s", ("Server",))
TEAM = m.Entity("t", ("Team",))
OWNED = m.Hop("s", ("OWNED_BY",), "t")


def cypher(body: m.Body, schema: Schema) -> str:
    """The Cypher of a question of one step, which is prepared and read back first."""
    (step,) = emit(m.Question(body), schema)
    text = print_tree(step.query)
    assert parse(text) == step.query
    prepare(text, schema)
    return text


def count(of: str, where: m.Condition | None = None) -> m.Aggregate:
    return m.Aggregate("count", m.Itself(of), where=where)


def attribute(of: str, name: str) -> m.Attribute:
    return m.Attribute(of, name)


def test_a_list_shows_what_names_its_elements(schema: Schema) -> None:
    assert cypher(m.Select(m.Pattern((SERVERS,))), schema) == "MATCH (s:Server)\nRETURN s.name AS name"


def test_incidents_are_shown_by_number_and_title(schema: Schema) -> None:
    text = cypher(m.Select(m.Pattern((m.Entity("i", ("Incident",)),))), schema)

    assert text == "MATCH (i:Incident)\nRETURN i.number AS number, i.title AS title"


def test_a_count_by_group_with_a_threshold_and_an_order(schema: Schema) -> None:
    select = m.Select(
        m.Pattern((SERVERS, TEAM), (OWNED,)),
        (m.Column("team", m.Itself("t")), m.Column("servers", count("s"))),
        having=m.Compare(m.ColumnOf("servers"), ">", m.Constant(5)),
        order=(m.Sort(m.ColumnOf("servers"), descending=True),),
        limit=3,
    )

    assert cypher(select, schema) == (
        "MATCH (s:Server)-[:OWNED_BY]->(t:Team)\n"
        "WITH t.name AS team, count(DISTINCT s) AS servers WHERE servers > 5\n"
        "RETURN team, servers ORDER BY servers DESC, team LIMIT 3"
    )


def test_what_is_not_there_is_a_pattern_that_does_not_exist(schema: Schema) -> None:
    backup = m.Pattern((m.Entity("b", ("BackupRun",)),), (m.Hop("b", ("BACKS_UP",), "s"),))
    select = m.Select(m.Pattern((SERVERS,), where=m.Exists(backup, negated=True)))

    assert cypher(select, schema) == (
        "MATCH (s:Server) WHERE NOT EXISTS { MATCH (b:BackupRun)-[:BACKS_UP]->(s) }\nRETURN s.name AS name"
    )


def test_a_window_before_today_stays_relative(schema: Schema) -> None:
    late = m.Compare(attribute("s", "last_restart"), "<", m.Moment(shift=-3))
    text = cypher(m.Select(m.Pattern((m.Entity("s", ("Server",), where=late),))), schema)

    assert "WHERE date(s.last_restart) < date() - duration({months: 3})" in text


def test_the_last_quarter_is_from_its_first_day_to_the_next(schema: Schema) -> None:
    window = m.Within(
        attribute("i", "opened_at"),
        m.Moment(start_of="quarter", shift=-3),
        m.Moment(start_of="quarter"),
    )
    text = cypher(m.Select(m.Pattern((m.Entity("i", ("Incident",), where=window),))), schema)

    assert "date(i.opened_at) >= date.truncate('quarter', date()) - duration({months: 3})" in text
    assert "date(i.opened_at) < date.truncate('quarter', date())" in text


def test_a_rate_by_group_is_rounded_and_nothing_where_there_is_nothing_to_divide_by(schema: Schema) -> None:
    windows = m.Compare(attribute("s", "os_family"), "=", m.Constant("windows"))
    select = m.Select(
        m.Pattern((SERVERS, TEAM), (OWNED,)),
        (m.Column("team", m.Itself("t")), m.Column("rate", m.Ratio(count("s", windows), count("s")))),
    )
    text = cypher(select, schema)

    assert "count(DISTINCT CASE WHEN s.os_family = 'windows' THEN s.id END) AS held_1" in text
    assert "CASE WHEN held_2 <> 0 THEN round(1000.0 * held_1 / held_2) / 10.0 END AS rate" in text


def test_named_elements_and_texts_travel_as_parameters(schema: Schema) -> None:
    named = m.Entity("a", ("BusinessApplication",), named=m.Named(("id-1",), ("Payments",)))
    typed = m.Compare(attribute("s", "name"), "contains", m.Constant("db'; DROP", "text"), ignore_case=True)
    hop = m.Hop("a", ("DEPENDS_ON", "RUNS_ON"), "s", maximum=5)
    (step,) = emit(m.Question(m.Select(m.Pattern((named, SERVERS), (hop,), typed), subject="s")), schema)

    assert step.parameters == {"a": "id-1", "text": "db'; DROP"}
    assert "DROP" not in print_tree(step.query)
    assert "(a:BusinessApplication)-[:DEPENDS_ON|RUNS_ON*1..5]->(s:Server)" in print_tree(step.query)


def test_the_way_between_two_elements(schema: Schema) -> None:
    ends = (
        m.Entity("a", ("ConfigurationItem",), named=m.Named(("1",))),
        m.Entity("b", ("ConfigurationItem",), named=m.Named(("2",))),
    )
    hop = m.Hop("a", (), "b", "both", maximum=8, shortest="one", name="way")
    text = cypher(
        m.Select(m.Pattern(ends, (hop,)), (m.Column("path", m.Way("way")), m.Column("hops", m.Length("way")))), schema
    )

    assert "way = shortestPath((a)-[*1..8]-(b))" in text
    assert "[step IN nodes(way) | step.name] AS path" in text


def test_yes_or_no(schema: Schema) -> None:
    text = cypher(m.Select(m.Pattern((SERVERS,)), form="yes or no"), schema)

    assert text == "MATCH (s:Server)\nRETURN count(*) > 0 AS answer"


def test_optional_hops_keep_groups_without_any(schema: Schema) -> None:
    hop = m.Hop("i", ("ASSIGNED_TO",), "t", optional=True)
    select = m.Select(
        m.Pattern((TEAM, m.Entity("i", ("Incident",))), (hop,)),
        (m.Column("team", m.Itself("t")), m.Column("incidents", count("i"))),
    )

    assert cypher(select, schema) == (
        "MATCH (t:Team)\nOPTIONAL MATCH (i:Incident)-[:ASSIGNED_TO]->(t)\n"
        "RETURN t.name AS team, count(DISTINCT i) AS incidents"
    )


def test_the_best_of_each_group(schema: Schema) -> None:
    select = m.Select(
        m.Pattern((SERVERS, TEAM), (OWNED,)),
        (
            m.Column("team", m.Itself("t")),
            m.Column("server", m.Itself("s")),
            m.Column("memory", attribute("s", "memory_gb")),
        ),
        order=(m.Sort(m.ColumnOf("memory"), True),),
        limit=2,
        per=("team",),
    )

    assert "collect({server: server, memory: memory})[0..2]" in cypher(select, schema)


@pytest.mark.parametrize(("operation", "word"), [("intersection", "EXISTS"), ("except", "NOT EXISTS")])
def test_sets_of_subjects(schema: Schema, operation: Any, word: str) -> None:
    backed = m.Select(
        m.Pattern((m.Entity("b", ("BackupRun",)), SERVERS), (m.Hop("b", ("BACKS_UP",), "s"),)), subject="s"
    )
    text = cypher(m.Combination(operation, (m.Select(m.Pattern((SERVERS,))), backed)), schema)

    assert f"WHERE {word} {{ MATCH (b_2:BackupRun)-[:BACKS_UP]->(s_2:Server) WHERE s_2 = s }}" in text


def test_a_union_has_the_rows_of_both(schema: Schema) -> None:
    of = [
        m.Select(m.Pattern((m.Entity("x", (kind,)),)), (m.Column("name", m.Itself("x")),)) for kind in ("Team", "Site")
    ]

    assert cypher(m.Combination("union", tuple(of)), schema).count("UNION") == 1


def test_two_figures_side_by_side_have_their_difference(schema: Schema) -> None:
    def opened(shift: int) -> m.Select:
        window = m.Within(
            attribute("i", "opened_at"),
            m.Moment(start_of="month", shift=shift),
            m.Moment(start_of="month", shift=shift + 1),
        )
        return m.Select(m.Pattern((m.Entity("i", ("Incident",), where=window),)), (m.Column("n", count("i")),))

    text = cypher(m.Versus((m.Side("this month", opened(0)), m.Side("last month", opened(-1)))), schema)

    assert "RETURN n_1, n_2, n_1 - n_2 AS difference" in text


def test_two_moments_are_two_steps(schema: Schema) -> None:
    select = m.Select(m.Pattern((SERVERS,)), (m.Column("n", count("s")),))
    steps = emit(m.Question(m.Versus((m.Side("now", select), m.Side("then", select, "2025-01-01")))), schema)

    assert [(step.side, step.as_of) for step in steps] == [("now", None), ("then", "2025-01-01")]


def test_a_query_of_the_catalogue_is_narrowed_and_counted(schema: Schema) -> None:
    recipe = m.Recipe(
        "downstream_impact",
        elements={"ci": m.Named(("id-1",))},
        where=m.Compare(m.ColumnOf("kind"), "=", m.Constant("BusinessApplication")),
        columns=(m.Column("applications", m.Aggregate("count")),),
    )
    text = cypher(recipe, schema)

    assert "WHERE kind = 'BusinessApplication'\nRETURN count(*) AS applications" in text


SHIFTED = m.Select(m.Pattern((SERVERS, TEAM), (m.Hop("s", ("OWNED_BY",), "t", "in"),)))
WRONG: list[tuple[m.Body, str, tuple[str, ...]]] = [
    (m.Select(m.Pattern((m.Entity("s", ("Serveur",)),))), "kind", ("Server",)),
    (SHIFTED, "direction", ("out",)),
    (
        m.Select(m.Pattern((SERVERS, TEAM), (m.Hop("s", ("RUNS_ON",), "t"),))),
        "relation",
        ("OWNED_BY out", "SUPPORTED_BY out"),
    ),
    (m.Select(m.Pattern((SERVERS, TEAM), (m.Hop("s", ("OWND_BY",), "t"),))), "relation", ("OWNED_BY",)),
    (m.Select(m.Pattern((SERVERS,)), (m.Column("x", attribute("s", "criticity")),)), "attribute", ("criticality",)),
    (m.Select(m.Pattern((SERVERS, TEAM))), "shape", ()),
    (m.Select(m.Pattern((SERVERS,)), (m.Column("x", attribute("z", "name")),)), "name", ("s",)),
    (
        m.Select(m.Pattern((SERVERS,), where=m.Compare(attribute("s", "criticality"), "=", m.Constant("critique")))),
        "type",
        ("critical",),
    ),
    (m.Select(m.Pattern((SERVERS,), where=m.Compare(attribute("s", "cpu_cores"), "<", m.Constant("x")))), "type", ()),
    (m.Recipe("downstream"), "name", ("downstream_impact",)),
    (m.Recipe("downstream_impact"), "shape", ("ci",)),
]


@pytest.mark.parametrize(("body", "sort", "choices"), WRONG)
def test_what_is_wrong_is_said_with_what_would_be_right(
    body: m.Body, sort: str, choices: tuple[str, ...], schema: Schema
) -> None:
    with pytest.raises(IntermediateQueryError) as refusal:
        emit(m.Question(body), schema)

    (finding,) = refusal.value.findings
    assert (finding.sort, finding.choices) == (sort, choices)


def test_a_figure_of_its_own_is_reckoned_before_everything_else(schema: Schema) -> None:
    mean = m.Overall(
        m.Select(m.Pattern((SERVERS,)), (m.Column("mean", m.Aggregate("average", attribute("s", "memory_gb"))),))
    )
    pattern = m.Pattern((SERVERS,), where=m.Compare(attribute("s", "memory_gb"), ">", mean))
    text = cypher(m.Select(pattern, (m.Column("server", m.Itself("s")), m.Column("mean", mean))), schema)
    assert text == (
        "CALL { MATCH (s:Server) RETURN avg(s.memory_gb) AS overall_1 }\n"
        "MATCH (s:Server) WHERE s.memory_gb > overall_1\n"
        "RETURN s.name AS server, overall_1 AS mean"
    )


def test_a_figure_of_its_own_is_one_figure(schema: Schema) -> None:
    names = m.Overall(m.Select(m.Pattern((TEAM,)), (m.Column("team", m.Itself("t")),)))
    pattern = m.Pattern((SERVERS,), where=m.Compare(attribute("s", "memory_gb"), ">", names))
    with pytest.raises(IntermediateQueryError, match="one figure is needed here"):
        emit(m.Question(m.Select(pattern)), schema)


def test_figures_beside_each_other_are_one_row_though_they_are_of_different_kinds(schema: Schema) -> None:
    sides = tuple(
        m.Side(kind, m.Select(m.Pattern((m.Entity("e", (kind,)),)), (m.Column("count", count("e")),)))
        for kind in ("Incident", "Change", "Problem")
    )
    text = cypher(m.Versus(sides, difference=False, beside=True), schema)
    assert text.count("CALL {") == 3
    assert text.endswith("RETURN count_1, count_2, count_3")
