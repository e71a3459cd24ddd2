"""What an answer says in words: of what there are how many, in which unit, under which conditions."""

from __future__ import annotations

from typing import Any

import pytest

from agent.answer.conditions import criteria
from agent.answer.grounding import ground_in
from agent.answer.labels import Labels, figure
from agent.answer.wording import Shown, Wording
from agent.producer import Language
from agent.query import model as m
from graph.queries.catalogue import load_catalogue
from graph.schema.model import Schema

SERVER, TEAM = m.Entity("s", ("Server",)), m.Entity("t", ("Team",))
APPLICATION = m.Entity("a", ("BusinessApplication",))
OWNED = m.Hop("s", ("OWNED_BY",), "t")
COUNT = m.Column("number", m.Aggregate("count", m.Itself("s")))


def told(schema: Schema, select: m.Select, rows: list[tuple[Any, ...]], language: Language = "en") -> str:
    """The text of an answer, as it is after what no row says has been taken out."""
    wording = Wording(m.Question(select, language), Labels(schema, language))
    shown = Shown(tuple(column.name for column in select.columns), rows, select.columns)
    grounded = ground_in(wording.text(shown), rows, {}, [*wording.said(), *wording.labels_of(shown)])
    assert grounded.removed == ()
    return grounded.text


def of(name: str, entity: str = "s") -> m.Column:
    return m.Column(name, m.Attribute(entity, name))


def test_groups_are_not_said_to_be_elements(schema: Schema) -> None:
    by_system = m.Select(m.Pattern((SERVER,)), (of("os_family"), COUNT))
    rows = [("zos", 4), ("linux", 1129)]

    assert told(schema, by_system, rows) == "2 groups: z/OS (4); Linux (1,129)."
    assert told(schema, by_system, rows, "fr") == "2 groupes : z/OS (4); Linux (1\u202f129)."


def test_groups_of_one_element_each_are_so_many_of_its_kind(schema: Schema) -> None:
    pattern = m.Pattern((SERVER, TEAM), (OWNED,))
    by_team = m.Select(pattern, (m.Column("team", m.Itself("t")), COUNT))
    by_both = m.Select(pattern, (of("environment"), m.Column("team", m.Itself("t")), COUNT))

    assert told(schema, by_team, [("Linux", 7), ("Réseau", 2)]) == "2 teams: Linux (7); Réseau (2)."
    assert told(schema, by_both, [("test", "Linux", 7), ("test", "Réseau", 2)]).startswith("2 groups: ")


def test_rows_that_repeat_an_element_are_results(schema: Schema) -> None:
    pairs = m.Select(m.Pattern((SERVER, TEAM), (OWNED,)), (m.Column("s", m.Itself("s")), m.Column("t", m.Itself("t"))))

    assert told(schema, pairs, [("a1", "Linux"), ("a2", "Linux")]).startswith("2 servers: ")
    assert told(schema, pairs, [("a1", "Linux"), ("a1", "Réseau")]).startswith("2 results: ")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Team", "Aucune équipe ne correspond."),
        ("QuarantinedRow", "Aucune ligne en quarantaine ne correspond."),
        ("Certificate", "Aucun certificat ne correspond."),
        ("Site", "Aucun site ne correspond."),
    ],
)
def test_the_schema_says_of_which_gender_there_is_none(schema: Schema, kind: str, text: str) -> None:
    none = m.Select(m.Pattern((m.Entity("s", (kind,)),)), (m.Column("s", m.Itself("s")),))

    assert told(schema, none, [], "fr") == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Memory: 192 GB; CPU cores: 16."), ("fr", "Mémoire : 192 Go; cœurs CPU : 16.")],
)
def test_what_was_asked_of_one_element_is_said_with_its_unit(schema: Schema, language: Language, text: str) -> None:
    both = m.Select(m.Pattern((SERVER,)), (of("memory_gb"), of("cpu_cores")))

    assert told(schema, both, [(192.0, 16)], language) == text


def test_amounts_say_that_they_are_in_minor_units(schema: Schema) -> None:
    total = m.Select(
        m.Pattern((APPLICATION,)), (m.Column("cost", m.Aggregate("sum", m.Attribute("a", "yearly_cost"))),)
    )

    assert told(schema, total, [(45131,)]).splitlines() == [
        "Total of yearly cost: 45,131.",
        "Amounts are in minor units of their currency: in cents for the euro.",
    ]


def test_what_is_looked_for_inside_is_said_with_it(schema: Schema) -> None:
    passed = m.Compare(m.Attribute("l", "result"), "=", m.Constant("passed"))
    test = m.Pattern((m.Entity("l", ("LoadTest",), where=passed),), (m.Hop("l", ("TESTS",), "a"),))
    lacking = m.Entity("a", ("BusinessApplication",), where=m.Exists(test, negated=True))

    assert criteria(m.Select(m.Pattern((lacking,))), Labels(schema, "fr")) == (
        "sans test de charge (résultat = réussi)",
    )


def test_a_condition_of_something_else_than_the_subject_says_of_what(schema: Schema) -> None:
    vital = m.Compare(m.Attribute("a", "criticality"), "=", m.Constant("vital"))
    live = m.Compare(m.Attribute("s", "environment"), "=", m.Constant("production"))
    entities = (m.Entity("s", ("Server",), where=live), m.Entity("a", ("BusinessApplication",), where=vital))
    servers = m.Select(m.Pattern(entities, (m.Hop("a", ("RUNS_ON",), "s"),)), subject="s")

    assert criteria(servers, Labels(schema, "en")) == (
        "environment = production",
        "business application (criticality = vital)",
    )


def test_a_rate_says_of_what_it_is(schema: Schema) -> None:
    done = m.Compare(m.Attribute("c", "outcome"), "=", m.Constant("success"))
    every = m.Aggregate("count", m.Itself("c"))
    rate = m.Column("rate", m.Ratio(m.Aggregate("count", m.Itself("c"), where=done), every))
    select = m.Select(m.Pattern((m.Entity("c", ("Change",)),)), (rate,))

    assert told(schema, select, [(79.4,)]) == "Rate (%): 79.4 %.\nWhere: of which outcome = success."
    assert told(schema, select, [(79.4,)], "fr") == "Taux (%) : 79,4 %.\nCritères : dont issue = succès."


def test_rows_of_the_catalogue_are_said_in_the_language_of_the_answer(schema: Schema) -> None:
    recipe = load_catalogue()["downstream_impact"]
    question = m.Question(m.Recipe("downstream_impact", elements={"ci": m.Named(("x",), ("Paie",))}), "fr")
    columns = ("kind", "name", "environment", "criticality")
    rows = [("BusinessApplication", "Livrets", "test", "vital"), ("BusinessService", "Paie", "production", "critical")]
    wording = Wording(question, Labels(schema, "fr"), recipe)
    shown = Shown(columns, rows, tuple(m.Column(name, m.ColumnOf(name)) for name in columns))

    assert wording.text(shown).startswith("Impact aval d'un élément de configuration (Paie) : 2 résultats.")
    assert wording.text(shown).endswith(
        "En tête : Livrets (application, recette, vital); Paie (service métier, production, critique)."
    )
    assert wording.labels_of(shown) == ("nature", "nom", "environnement", "criticité")


def test_a_bound_is_a_day_where_it_is_the_first_minute_of_one(schema: Schema) -> None:
    opened = m.Attribute("s", "last_restart")
    within = m.Within(opened, m.Moment("2024-10-01T00:00:00Z"), m.Moment("2024-10-02T06:30:00Z"))
    select = m.Select(m.Pattern((m.Entity("s", ("Server",), where=within),)))

    assert criteria(select, Labels(schema, "en")) == (
        "last restart from 2024-10-01 and last restart before 2024-10-02 06:30",
    )


def test_labels_are_elided(schema: Schema) -> None:
    labels = Labels(schema, "fr")
    incident = m.Select(
        m.Pattern((m.Entity("i", ("Incident",)),)), (m.Column("n", m.Aggregate("count", m.Itself("i"))),)
    )
    wording = Wording(m.Question(incident, "fr"), labels)

    assert wording.labels_of(Shown(("n",), [(3,)], incident.columns)) == ("nombre d'incidents",)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0.999, "0.999"), (0.99999, "0.99999"), (0.39226, "0.39"), (4.0, "4"), (12345.678, "12,345.68")],
)
def test_a_fraction_never_reads_as_a_whole(number: float, said: str) -> None:
    assert figure(number, "en") == said
