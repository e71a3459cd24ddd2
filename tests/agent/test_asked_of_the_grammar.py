"""Questions in both languages asked of a small estate, and the rows that they are answered with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from agent.answer.value import Answer
from agent.ask import Asking
from agent.evaluation.asking import road_of
from agent.producer import Turn
from core.ids import uuid_of
from graph.schema.model import Schema
from services.twin import Twin
from tests.api.estate import Estate, opened, small_estate

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def estate() -> Estate:
    """The small estate, with incidents of two months, and two runs of a simulation."""
    estate = small_estate()
    network, base = (next(t for t in estate.of("Team") if t["name"] == name) for name in ("Réseau", "Socle"))
    for number, (month, team) in enumerate(
        [(11, network), (11, network), (11, base), (12, network), (12, base), (12, base)]
    ):
        opened_at = datetime(2024, month, 10, tzinfo=UTC)
        incident = estate.add(
            "Incident", "unused", number=f"INC1{number:02}", priority="P2", opened_at=opened_at,
            resolved_at=opened_at + timedelta(hours=number + 1),
        )  # fmt: skip
        incident.id = uuid_of("tests", "Incident", str(number))
        estate.link(incident, "ASSIGNED_TO", team)
    for day, beyond in ((1, 0.5), (2, 0.0)):
        run = estate.add("SimulationRun", f"panne {day}", started_at=datetime(2024, 12, day, tzinfo=UTC))
        for application in estate.of("BusinessApplication")[:2]:
            summary = estate.add(
                "SimulatedSummary", f"{application['name']} {day}", availability=0.99 if day == 1 else 0.95,
                beyond_objective=beyond or (1.5 if application["name"] == "app-1" else 0.0), downtime_minutes=60.0 * day,
            )  # fmt: skip
            estate.link(summary, "IN_RUN", run)
            estate.link(summary, "STATE_OF", application)
    return estate


@pytest.fixture(scope="module")
def twin(schema: Schema, estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    with opened("networkx:", schema, tmp_path_factory.mktemp("grammar"), estate) as twin:
        yield twin


@pytest.fixture(scope="module")
def ask(twin: Twin) -> Iterator[Ask]:
    with road_of(twin) as road:

        def asking(question: str, *before: str) -> Answer:
            earlier: tuple[Turn, ...] = ()
            for text in before:
                earlier = (*earlier, Turn(text, road.service.ask(text, Asking(earlier=earlier)).understood))
            return road.service.ask(question, Asking(earlier=earlier))

        yield asking


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Quel serveur a le plus de coeurs CPU ?", "3 sont à égalité."),
        ("Which server has the most CPU cores?", "3 of them tie."),
    ],
)
def test_all_that_share_the_extreme_are_answered_and_said_to_tie(ask: Ask, question: str, said: str) -> None:
    answer = ask(question)

    assert sorted(answer.rows) == [("hyp-0", 64), ("hyp-1", 64), ("hyp-2", 64)]
    assert said in answer.text.splitlines()
    assert answer.ungrounded == ()


@pytest.mark.parametrize("question", ["Quelle équipe a le plus de serveurs ?", "Which team has the most servers?"])
def test_groups_that_share_the_greatest_count_are_all_answered(ask: Ask, question: str) -> None:
    assert sorted(ask(question).rows) == [("Données", 7), ("Réseau", 7), ("Socle", 7)]


def test_one_that_is_alone_ahead_is_answered_alone(ask: Ask) -> None:
    answer = ask("Quel serveur a le plus de mémoire ?")

    assert answer.rows == (("srv-6-20", 5.0),)
    assert "égalité" not in answer.text


def test_the_first_few_of_a_ranking_are_as_many_as_were_asked_for(ask: Ask) -> None:
    assert len(ask("Les 2 serveurs avec le plus de coeurs CPU").rows) == 2


# --- several figures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    ["Nombre de serveurs et moyenne de CPU par équipe", "Number of servers and average CPU by team"],
)
def test_a_count_and_a_mean_stand_side_by_side(ask: Ask, estate: Estate, question: str) -> None:
    team = next(t for t in estate.of("Team") if t["name"] == "Socle")
    cores = [s["cpu_cores"] for s in estate.into(team, "OWNED_BY") if s.kind != "BusinessApplication"]
    known = [int(one) for one in cores if isinstance(one, int)]

    answer = ask(question)

    assert answer.columns == ("team", "count", "average_cpu_cores")
    assert next(row for row in answer.rows if row[0] == "Socle") == (
        "Socle",
        len(cores),
        pytest.approx(sum(known) / len(known)),
    )


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("CPU moyen et mémoire totale des serveurs", ("average_cpu_cores", "sum_memory_gb")),
        ("total RAM and average CPU of servers", ("sum_memory_gb", "average_cpu_cores")),
        ("min and max CPU of servers", ("minimum_cpu_cores", "maximum_cpu_cores")),
    ],
)
def test_each_figure_has_the_function_that_is_said_of_it(ask: Ask, question: str, columns: tuple[str, ...]) -> None:
    assert sorted(ask(question).columns) == sorted(columns)


@pytest.mark.parametrize("question", ["Nombre moyen de serveurs par équipe", "Average number of servers per team"])
def test_a_mean_of_counts_is_one_figure_and_says_which_groups_count(ask: Ask, question: str) -> None:
    answer = ask(question)

    assert answer.rows == ((7.0,),)
    assert len(answer.assumptions) == 1


# --- periods side by side ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "Compare les incidents de novembre et de décembre par équipe",
        "Compare November and December incidents by team",
        "Incidents by team in November vs December",
    ],
)
def test_two_periods_are_compared_by_group_with_difference_and_change(ask: Ask, question: str) -> None:
    answer = ask(question)

    assert sorted(answer.rows) == [("Réseau", 2, 1, -1, -50.0), ("Socle", 1, 2, 1, 100.0)]
    assert answer.ungrounded == ()


@pytest.mark.parametrize(
    "question",
    [
        "Plus d'incidents le mois dernier que le précédent ?",
        "Les incidents du mois dernier par rapport au mois précédent",
        "More incidents last month than the month before?",
    ],
)
def test_a_period_is_compared_with_the_one_before(ask: Ask, question: str) -> None:
    assert ask(question).rows == ((3, 3, 0, 0.0),)


@pytest.mark.parametrize(
    "question",
    [
        "Quelles équipes ont eu plus d'incidents le mois dernier que le mois d'avant ?",
        "Which teams had more incidents last month than the month before?",
    ],
)
def test_those_that_had_more_are_answered_where_they_are_asked_for(ask: Ask, question: str) -> None:
    assert ask(question).rows == (("Socle", 2, 1, 1, 100.0),)


def test_two_months_that_are_listed_are_either_of_them(ask: Ask) -> None:
    assert len(ask("Incidents de novembre et de décembre").rows) == 6


# --- dependencies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("De quoi dépend app-3 ?", {"app-0", "app-1", "app-2"}),
        ("What does app-3 depend on?", {"app-0", "app-1", "app-2"}),
        ("Quelles applications dépendent indirectement de app-1 ?", {"app-0", "app-2", "app-3"}),
        ("Which applications depend transitively on app-1?", {"app-0", "app-2", "app-3"}),
        ("Impact de app-1 à 1 niveau", {"app-0"}),
        ("Impact of app-1 within 2 hops", {"app-0", "app-3"}),
        ("Quelles applications vitales sont touchées si app-1 tombe ?", {"app-3"}),
    ],
)
def test_dependencies_are_followed_as_far_as_is_asked(ask: Ask, question: str, names: set[str]) -> None:
    answer = ask(question)

    assert {row[1] for row in answer.rows if row[0] == "BusinessApplication"} == names


# --- going on from an answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "question", "rows"),
    [
        ("Incidents par équipe", "les 1 premières", [("Réseau", 3)]),
        ("Combien d'incidents P2 en novembre ?", "lesquels ?", [("INC100",), ("INC101",), ("INC102",)]),
        ("How many P2 incidents in November?", "the first 2", [("INC100",), ("INC101",)]),
        ("How many P1 incidents?", "why?", [("INC001", "P1")]),
        ("Combien d'incidents P1 ?", "pourquoi ?", [("INC001", "P1")]),
    ],
)
def test_a_follow_up_edits_what_was_understood(
    ask: Ask, before: str, question: str, rows: list[tuple[object, ...]]
) -> None:
    assert sorted(ask(question, before).rows) == rows


def test_why_alone_has_no_answer(ask: Ask) -> None:
    assert ask("pourquoi ?").outcome == "unanswerable"


# --- simulated state -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        (
            "Quelle disponibilité simulée pour app-0 dans la dernière simulation ?",
            [("app-0", 0.95, None, None, "panne 2")],
        ),
        ("What is the simulated availability of app-0 in the run panne 1?", [("app-0", 0.99, None, None, "panne 1")]),
        ("Which applications miss their RTO in the last simulation?", [("app-1", 1.5, "panne 2")]),
        ("Quelles applications ne tiennent pas leur RTO dans la dernière simulation ?", [("app-1", 1.5, "panne 2")]),
        ("Combien d'applications ont une disponibilité simulée inférieure à 98 % ?", [(2,)]),
        ("average simulated downtime of applications", [(120.0,)]),
    ],
)
def test_simulated_state_is_answered_of_one_run(ask: Ask, question: str, rows: list[tuple[object, ...]]) -> None:
    answer = ask(question)

    assert sorted(answer.rows) == rows
    assert any("Simulated" in note for note in answer.notes)


def test_what_the_estate_has_is_not_mixed_with_what_was_simulated(ask: Ask) -> None:
    assert ask("Combien d'incidents ?").rows == ((7,),)


# --- numbers in words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("serveurs avec plus d'une dizaine de coeurs", "serveurs avec plus de 10 coeurs"),
        ("servers with at least a dozen cores", "servers with at least 12 cores"),
        ("applications avec un RTO de moins d'une demi-heure", "applications avec un RTO de moins de 30 minutes"),
        ("applications with an RTO under half an hour", "applications with an RTO under 30 minutes"),
        ("volumes remplis à plus de la moitié", "volumes remplis à plus de 50 %"),
    ],
)
def test_numbers_in_words_are_those_in_figures(ask: Ask, said: str, plain: str) -> None:
    assert ask(said).cypher == ask(plain).cypher != ""


@pytest.mark.parametrize("question", ["Donne-moi la vue à 360° de l'application app-1", "360° view of app-1"])
def test_a_view_from_all_sides_is_that_of_the_catalogue(ask: Ask, question: str) -> None:
    answer = ask(question)

    assert answer.columns[:3] == ("code", "security", "obsolescence")
    assert answer.rows[0][0] == "APP-0001"


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("failure rate of changes by team", "rate of failed changes by team"),
        ("part des serveurs sans sauvegarde par équipe", "share of servers without backup by team"),
        ("taux d'échec des changements par équipe", "failure rate of changes by team"),
    ],
)
def test_a_rate_is_the_same_however_it_is_said(ask: Ask, said: str, plain: str) -> None:
    assert ask(said).cypher == ask(plain).cypher
    assert "percent" in ask(said).cypher


# --- conversations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "question"),
    [
        (("Combien de serveurs par équipe ?", "et en production ?"), "lesquels ?"),
        (("Quels serveurs ont plus de 8 coeurs CPU ?",), "Quelles équipes gèrent ces serveurs ?"),
        (("How many servers have more than 8 CPU cores?",), "who owns them?"),
    ],
)
def test_a_conversation_that_is_sent_as_texts_alone_goes_on_as_one_that_was_held(
    twin: Twin, ask: Ask, before: tuple[str, ...], question: str
) -> None:
    held = ask(question, *before)
    with road_of(twin) as road:
        sent = road.service.ask(question, Asking(earlier=tuple(Turn(text) for text in before)))
    assert (sent.outcome, sent.cypher, sent.rows) == (held.outcome, held.cypher, held.rows)
    assert held.outcome == "answer"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("combien de serveurs y avait-il au 1er décembre 2001 ?", "Le jumeau ne sait rien de ce moment"),
        ("how many servers were there on 2001-12-01?", "The twin knows nothing of that moment"),
    ],
)
def test_of_a_moment_before_the_first_load_it_is_said_that_nothing_is_known(ask: Ask, question: str, said: str) -> None:
    answer = ask(question)
    assert answer.rows == ((0,),)
    assert said in answer.text
