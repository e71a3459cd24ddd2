"""What a question points at, which two it names to have one of them, and whether all are meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.language.names import NameIndex
from agent.language.outcome import Parse
from agent.language.parser import Parser
from agent.query import model as m
from graph.schema.model import Schema
from tests.agent.language.conftest import NOW
from tests.agent.language.test_structure import cypher

Read = Callable[..., Parse]


def named(parse: Parse) -> list[str]:
    """What a reading names, by the texts of its entities."""
    assert parse.question is not None, (parse.outcome, parse.missing, parse.message)
    body = parse.question.body
    if isinstance(body, m.Recipe):
        return [text for one in body.elements.values() for text in one.texts]
    assert isinstance(body, m.Select)
    return [text for entity in body.pattern.entities if entity.named for text in entity.named.texts]


@pytest.mark.parametrize(
    ("before", "question", "name"),
    [
        ("Qui gère Paie ?", "Quelle est sa criticité ?", "Paie"),
        ("Qui gère Paie ?", "Et sur quels serveurs tourne-t-elle ?", "Paie"),
        ("Qui gère Paie ?", "quelles applications en dépendent ?", "Paie"),
        ("Quel OS sur lil1papp0012 ?", "qui le gère ?", "lil1papp0012"),
        ("Quel OS sur lil1papp0012 ?", "quand a-t-il été redémarré ?", "lil1papp0012"),
        ("Quel OS sur lil1papp0012 ?", "combien d'incidents dessus cette année ?", "lil1papp0012"),
        ("Who owns Paie?", "which servers does it run on?", "Paie"),
        ("Who owns Paie?", "and its RTO?", "Paie"),
        ("Which OS does lil1papp0012 run?", "who owns this server?", "lil1papp0012"),
    ],
)
def test_a_question_points_at_the_one_thing_that_was_named_before(
    read: Read, before: str, question: str, name: str
) -> None:
    parse = read(question, before)
    assert name in named(parse)
    assert any(name in one for one in (parse.question or pytest.fail("no question")).assumptions), "and it is said"


@pytest.mark.parametrize(
    "question",
    [
        "Avant de couper lil1papp0012, quelles applications en dépendent ?",
        "On veut décommissionner lil1papp0012, quelles applications tournent dessus ?",
        "Je voudrais arrêter lil1papp0012 : quelles applications seraient touchées ?",
        "Before I delete lil1papp0012: which applications depend on it?",
        "lil1papp0012 is down, which team owns it?",
        "lil1papp0012 ne répond plus, qui le gère ?",
    ],
)
def test_a_clause_that_only_tells_why_it_is_asked_names_what_is_meant(read: Read, question: str) -> None:
    assert named(read(question)) == ["lil1papp0012"]


@pytest.mark.parametrize(
    "question", ["Pour Paie en production, quels sont ses serveurs ?", "Sur Paie en 2024, combien d'incidents dessus ?"]
)
def test_a_clause_that_narrows_what_is_asked_is_not_left_out(read: Read, question: str) -> None:
    parse = read(question)
    assert parse.question is None or not any("Paie" in one for one in parse.question.assumptions)


def test_nothing_is_pointed_at_where_two_things_were_named_before(read: Read) -> None:
    assert read("quelle est sa criticité ?", "Paie ou Banque en ligne ?").outcome != "answer"


@pytest.fixture(scope="module")
def ask(parser: Parser, names: NameIndex) -> Read:
    def asking(question: str, before: str) -> Parse:
        understood = parser.parse(before, names, NOW).question
        return parser.parse(question, names, NOW, (before,), None, understood)

    return asking


@pytest.mark.parametrize(
    ("before", "question", "conditions"),
    [
        (
            "Combien de serveurs Linux ?",
            "lesquels sont obsolètes ?",
            ["os_family = 'linux'", "end_of_support < date()"],
        ),
        ("Combien de serveurs Linux ?", "Et leurs applications ?", ["os_family = 'linux'", ":BusinessApplication"]),
        ("Which applications are vital?", "who owns them?", ["criticality = 'vital'", ":Team"]),
        ("Which applications are vital?", "how many servers do they run on?", ["criticality = 'vital'", "count("]),
        ("Serveurs de Paie", "quelles équipes gèrent ces serveurs ?", ["$businessApplication", ":Team"]),
    ],
)
def test_a_question_points_at_all_that_was_answered_before(
    ask: Read, schema: Schema, before: str, question: str, conditions: list[str]
) -> None:
    text = cypher(ask(question, before), schema)
    assert [one for one in conditions if one not in text] == [], text


@pytest.mark.parametrize(
    "before", ["Top 5 des applications par nombre de serveurs", "Combien de serveurs par équipe ?"]
)
def test_where_only_some_were_answered_nobody_can_tell_which_are_pointed_at(ask: Read, before: str) -> None:
    assert ask("leurs incidents ?", before).outcome == "clarify"


@pytest.mark.parametrize(
    "question",
    [
        "Which team has more servers, Linux or Oracle?",
        "quelle équipe a le plus de serveurs, Équipe Linux ou Équipe Oracle ?",
        "Équipe Linux ou Équipe Oracle, laquelle a le plus de serveurs ?",
        "which of Équipe Linux and Équipe Oracle has the most servers?",
    ],
)
def test_one_of_two_is_one_of_those_alone(read: Read, schema: Schema, question: str) -> None:
    parse = read(question)
    assert named(parse) == ["Équipe Linux", "Équipe Oracle"]
    assert "max(server_count)" in cypher(parse, schema)


@pytest.mark.parametrize(
    ("question", "lacking"),
    [
        ("do all vital applications have a recovery plan?", "NOT EXISTS"),
        ("toutes les applications vitales ont-elles un plan de reprise ?", "NOT EXISTS"),
        ("are all recovery plans validated?", "validated = false"),
        ("tous les serveurs de production sont-ils sauvegardés ?", "NOT EXISTS"),
    ],
)
def test_all_have_something_where_none_is_without(read: Read, schema: Schema, question: str, lacking: str) -> None:
    text = cypher(read(question), schema)
    assert lacking in text
    assert text.endswith("RETURN count(*) = 0 AS answer")


def test_whether_an_application_depends_on_a_server_is_asked_through_all_between(read: Read, schema: Schema) -> None:
    text = cypher(read("est-ce que Paie dépend de lil1papp0012 ?"), schema)
    assert "*0..20" in text
    assert text.endswith("RETURN count(*) > 0 AS answer")


def test_none_for_more_than_so_long_is_none_since_then(read: Read, schema: Schema) -> None:
    text = cypher(read("applications sans incident depuis plus de 6 mois"), schema)
    assert "opened_at >= datetime() - duration({months: 6})" in text
    lasting = cypher(read("applications sans incident ouvert depuis plus de 3 jours"), schema)
    assert "opened_at < datetime() - duration({days: 3})" in lasting


@pytest.mark.parametrize(
    ("before", "question", "said"),
    [
        ("Combien de serveurs en 2024 ?", "et en 2023 ?", "2023-01-01"),
        ("Serveurs de Paie", "triés par mémoire", "ORDER BY memory_gb"),
        ("Serveurs de Paie", "combien y en a-t-il ?", "RETURN count(DISTINCT server1)"),
        ("Applications critiques", "sans PRA", "NOT EXISTS"),
        ("How many incidents in 2024?", "what about changes?", "(change1:Change)"),
        ("Serveurs de Paie", "lequel a le plus de mémoire ?", "max(server1.memory_gb)"),
        ("Servers of Paie", "the oldest one?", "min(server1.commissioned_on)"),
    ],
)
def test_a_few_words_go_on_from_the_question_before(
    ask: Read, schema: Schema, before: str, question: str, said: str
) -> None:
    assert said in cypher(ask(question, before), schema)
