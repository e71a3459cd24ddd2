"""From an intermediate query to an answer: rows, text, evidence, freshness, what emptied it, and who may see what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.answer.markdown import to_markdown
from agent.answer.value import Answer
from agent.ask import Asking
from agent.producer import Choice, Outcome, Understanding
from agent.query import model as m
from core.principal import Principal
from graph.cypher.parser import parse
from graph.schema.model import Schema
from services.moments import Asked
from services.twin import Twin
from tests.agent.asking import Script, service
from tests.api.estate import opened, small_estate

SERVER, TEAM = m.Entity("s", ("Server",)), m.Entity("t", ("Team",))
OWNED = m.Hop("s", ("OWNED_BY",), "t")
COUNT = m.Column("number", m.Aggregate("count", m.Itself("s")))


def only(attribute: str, value: str | int) -> m.Compare:
    return m.Compare(m.Attribute("s", attribute), "=", m.Constant(value))


def count_where(*conditions: m.Condition, language: str = "fr") -> m.Question:
    entity = m.Entity("s", ("Server",), where=m.All(conditions))
    return m.Question(m.Select(m.Pattern((entity,)), (COUNT,)), "fr" if language == "fr" else "en")


@pytest.fixture(scope="module")
def twin(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    home: Path = tmp_path_factory.mktemp("asked")
    with opened("networkx:", schema, home, small_estate()) as twin:
        yield twin


def answer(twin: Twin, question: m.Question, asking: Asking | None = None) -> Answer:
    with service(twin, Script({"?": question})) as road:
        return road.ask("?", asking)


def test_a_count_is_said_with_its_kind_and_its_conditions(twin: Twin) -> None:
    said = answer(twin, count_where(only("environment", "production")))

    assert said.outcome is Outcome.ANSWER
    assert said.rows == ((7,),)
    assert said.text == "7 serveurs.\nCritères : environnement = production."
    assert said.ungrounded == ()


def test_the_same_is_said_in_english(twin: Twin) -> None:
    said = answer(twin, count_where(only("environment", "production"), language="en"))

    assert said.text == "7 servers.\nWhere: environment = production."


def test_an_answer_has_cypher_gsql_labels_evidence_and_steps(twin: Twin) -> None:
    columns = (m.Column("team", m.Itself("t")), COUNT)
    order = (m.Sort(m.ColumnOf("number"), True), m.Sort(m.ColumnOf("team")))
    said = answer(twin, m.Question(m.Select(m.Pattern((SERVER, TEAM), (OWNED,)), columns, order=order), "fr"))

    assert parse(said.cypher).parts
    assert said.gsql is not None
    assert "CREATE" in said.gsql
    assert said.labels == ("équipe", "nombre de serveurs")
    assert len(said.evidence) == 20
    assert said.text.startswith("3 lignes. En tête : Données (7); Réseau (7); Socle (7).")
    assert [step["step"] for step in said.trace] == ["understand", "check", "query", "query"]
    assert [step["rows"] for step in said.trace if step["step"] == "query"] == [3, 20]


def test_what_emptied_an_answer_is_said(twin: Twin) -> None:
    said = answer(twin, count_where(only("environment", "production"), only("cpu_cores", 99)))

    assert said.rows == ((0,),)
    assert "Sans la condition « cœurs CPU = 99 », il y en aurait 7." in said.text
    assert "« environnement = production »" not in said.text
    assert said.evidence == ()


def test_a_list_names_its_first_elements_and_counts_the_others(twin: Twin) -> None:
    said = answer(twin, m.Question(m.Select(m.Pattern((SERVER,)), order=(m.Sort(m.Attribute("s", "name")),)), "en"))

    assert said.text.startswith("24 servers: hyp-0, hyp-1, hyp-2, srv-0-00, srv-0-07 and 19 more.")
    assert len(said.rows) == 24


@pytest.mark.parametrize(("environment", "text"), [("production", "Oui."), ("recovery", "Non.")])
def test_yes_or_no(twin: Twin, environment: str, text: str) -> None:
    entity = m.Entity("s", ("Server",), where=only("environment", environment))
    said = answer(twin, m.Question(m.Select(m.Pattern((entity,)), form="yes or no"), "fr"))

    assert said.text.splitlines()[0] == text


def test_two_figures_are_told_with_their_difference(twin: Twin) -> None:
    def side(environment: str) -> m.Side:
        body = count_where(only("environment", environment)).body
        assert isinstance(body, m.Select)
        return m.Side(environment, body)

    said = answer(twin, m.Question(m.Versus((side("production"), side("recovery"))), "en"))

    assert said.columns == ("number_1", "number_2", "difference", "change_percent")
    assert said.text == "Production: 7; recovery: 0. Difference: 7."


def test_two_moments_are_two_rows(twin: Twin) -> None:
    select = m.Select(m.Pattern((SERVER,)), (COUNT,))
    said = answer(twin, m.Question(m.Versus((m.Side("now", select), m.Side("at first", select, "#0")))))

    assert said.columns == ("side", "number")
    assert said.rows == (("now", 24), ("at first", 0))


def test_a_past_moment_is_answered_as_it_was(twin: Twin) -> None:
    assert answer(twin, count_where(), Asking(asked=Asked(as_of="#0"))).rows == ((0,),)


def test_somebody_with_perimeters_is_told_what_they_see_and_that_it_is_limited(twin: Twin) -> None:
    nobody = Principal("nobody", frozenset({"reader"}), frozenset({"elsewhere"}))
    said = answer(twin, m.Question(m.Select(m.Pattern((SERVER,)), (COUNT,)), "en"), Asking(nobody))

    assert said.rows == ((0,),)
    assert "limited to your perimeter" in said.notes


def test_a_query_of_the_catalogue_answers_under_its_title(twin: Twin) -> None:
    found = answer(twin, m.Question(m.Select(m.Pattern((m.Entity("s", ("Server",), where=only("name", "srv-1-01")),)))))
    id_ = found.evidence[0]
    said = answer(twin, m.Question(m.Recipe("downstream_impact", elements={"ci": m.Named((id_,))}), "fr"))

    assert said.text.startswith("Impact aval d'un élément de configuration : ")
    assert said.evidence == (id_,)
    assert {row[0] for row in said.rows} == {"BusinessApplication"}


@pytest.mark.parametrize(
    "understood",
    [
        Understanding(Outcome.CLARIFY, "fr", choices=(Choice("a", "Lequel ?"),), reason="Lequel ?"),
        Understanding(Outcome.REFUSE, "en", reason="The twin is read-only."),
        Understanding(Outcome.UNANSWERABLE, "fr", missing=("météo",), reason="Le jumeau ne contient pas : météo."),
    ],
)
def test_what_is_not_answered_runs_no_query(twin: Twin, understood: Understanding) -> None:
    with service(twin, Script({"?": understood})) as road:
        said = road.ask("?")

    assert (said.outcome, said.text, said.choices, said.missing) == (
        understood.outcome,
        understood.reason,
        understood.choices,
        understood.missing,
    )
    assert [step["step"] for step in said.trace] == ["understand"]
    assert said.cypher == ""


def test_a_query_that_the_schema_does_not_know_is_no_answer(twin: Twin) -> None:
    said = answer(twin, m.Question(m.Select(m.Pattern((m.Entity("x", ("Dragon",)),)))))

    assert said.outcome is Outcome.UNANSWERABLE
    assert "Dragon" in said.text
    assert said.missing == ("INTERMEDIATE_QUERY",)


def test_each_step_is_told_as_it_is_done(twin: Twin) -> None:
    heard: list[str] = []
    with service(twin, Script({"?": count_where()})) as road:
        said = road.ask("?", tell=lambda step: heard.append(str(step["step"])))

    assert heard == [step["step"] for step in said.trace]


def test_json_has_every_key_that_doors_promise(twin: Twin) -> None:
    told = answer(twin, count_where()).to_dict()

    promised = [
        "outcome",
        "language",
        "answer",
        "cypher",
        "gsql",
        "parameters",
        "columns",
        "rows",
        "assumptions",
        "choices",
        "missing",
        "trace",
    ]
    assert set(promised) <= set(told)


def test_markdown_draws_nothing_that_data_asks_for(twin: Twin) -> None:
    said = Answer(
        Outcome.ANSWER, "fr", "ok", "RETURN 1", columns=("a", "b"), rows=(("![x](http://e/?q)", "<script>"), ("|", "c"))
    )
    text = to_markdown(said)

    assert "![x](" not in text
    assert "<script>" not in text
    assert "| \\| | c |" in text
    assert "```cypher\nRETURN 1\n```" in text
