"""Questions about a graph that nobody prepared are answered over the schema that is derived from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.evaluation.open_graph import read_open_graph, read_open_questions
from agent.evaluation.run import evaluate
from agent.evaluation.score import score
from agent.evaluation.unseen import OpenAsker


@pytest.fixture(scope="module")
def houses(public_data: Path) -> Path:
    return public_data / "text2cypher" / "graph-data-science"


def test_counts_and_attributes_of_named_elements_are_answered(houses: Path) -> None:
    ask = OpenAsker(read_open_graph(houses)).after(())
    assert ask("How many knights are there?")["rows"] == [(384,)]
    assert ask("How many houses?")["rows"] == [(352,)]
    assert ask("How many persons have gender female?")["outcome"] in {"answer", "clarify"}


def test_what_a_graph_does_not_hold_is_not_answered(houses: Path) -> None:
    ask = OpenAsker(read_open_graph(houses)).after(())
    assert ask("What is the phase of the moon?")["outcome"] != "answer"


def test_the_questions_of_others_are_asked_and_counted(houses: Path) -> None:
    graph, questions = read_open_graph(houses), read_open_questions(houses)[::12]
    counted = score(evaluate(questions, OpenAsker(graph), graph.rows))
    assert counted.questions == len(questions) == 25
    assert counted.right_answers >= 13
