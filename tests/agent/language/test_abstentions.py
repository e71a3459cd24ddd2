"""What is too vague is asked back, and what the twin does not hold is said not to be there, naming it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.language.outcome import Parse

Read = Callable[..., Parse]


@pytest.mark.parametrize(
    "question",
    [
        "Quelles équipes vont mal ?",
        "Quels changements faut-il surveiller ?",
        "Quels incidents sont louches ?",
        "Which teams are doing badly?",
        "Which changes look odd?",
        "Are there many incidents?",
        "Y a-t-il une amélioration ?",
    ],
)
def test_words_that_judge_by_no_measure_are_asked_back(read: Read, question: str) -> None:
    parse = read(question)
    assert (parse.outcome, parse.missing) == ("clarify", ()), parse.missing
    assert parse.message


@pytest.mark.parametrize(
    "question", ["Combien de temps ça dure ?", "How long does it take?", "Is it in Lyon?", "and those in Lyon?"]
)
def test_what_points_at_nothing_is_asked_back(read: Read, question: str) -> None:
    assert read(question).outcome == "clarify"


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        pytest.param("Quel est le taux d'intérêt du Crédit immobilier ?", "taux d interet", id="rates of the bank"),
        pytest.param(
            "Combien de virements sont passés par Paie hier ?", "combien de virements", id="what is processed"
        ),
        pytest.param("What is the rent of the site of Lyon?", "rent", id="buildings"),
        pytest.param(
            "Quelle équipe est la plus gourmande en chocolat ?", "chocolat", id="an unknown noun with a judgement"
        ),
        pytest.param("Which servers are badly painted?", "painted", id="a judgement of something unknown"),
    ],
)
def test_what_is_not_held_is_named(read: Read, question: str, missing: str) -> None:
    parse = read(question)
    assert parse.outcome == "unanswerable"
    assert missing in " ".join(parse.missing).casefold()
