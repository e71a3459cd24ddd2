"""Questions in both languages asked of a small estate, and the rows that they are answered with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from agent.answer.value import Answer
from agent.ask import Asking
from agent.evaluation.asking import road_of
from agent.producer import Turn
from graph.schema.model import Schema
from services.twin import Twin
from tests.api.estate import Estate, opened, small_estate

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def estate() -> Estate:
    return small_estate()


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
