"""What a run counts, on a set whose verdicts are known beforehand."""

from __future__ import annotations

import pytest

from agent.evaluation.questions import Question
from agent.evaluation.run import Ask, Verdict, evaluate
from agent.evaluation.score import by, percentile, score
from core.errors import QueryError
from tests.agent.evaluation.doubles import Listed

GOLDS: dict[str, list[tuple[object, ...]]] = {"two": [("a",), ("b",)], "ordered": [("a", 2), ("b", 1)], "none": []}


def golds(cypher: str) -> list[tuple[object, ...]]:
    if cypher not in GOLDS:
        raise QueryError("no such kind", where=cypher, hint="")
    return GOLDS[cypher]


def question(text: str, outcome: str = "answer", gold: str | None = None, *, ordered: bool = False) -> Question:
    return Question(text, "fr" if text[0].isupper() else "en", text, gold, outcome, ordered, category=text[-1])


QUESTIONS = [
    question("Right", gold="two"),
    question("Rows", gold="two"),
    question("Order", gold="ordered", ordered=True),
    question("abstained", gold="none"),
    question("unrun", gold="unknown"),
    question("asked back", "clarify"),
    question("guessed", "clarify"),
    question("refused", "refuse"),
    question("not held", "unanswerable"),
    question("broken", "unanswerable"),
]
ANSWERS: dict[str, dict[str, object]] = {
    "Right": {"outcome": "answer", "rows": [["b"], ["a"]], "cypher": "MATCH"},
    "Rows": {"outcome": "answer", "rows": [["a"]]},
    "Order": {"outcome": "answer", "rows": [["b", 1], ["a", 2]]},
    "abstained": {"outcome": "unanswerable"},
    "unrun": {"outcome": "answer", "rows": []},
    "asked back": {"outcome": "clarify"},
    "guessed": {"outcome": "answer", "rows": [[1]]},
    "refused": {"outcome": "refuse"},
    "not held": {"outcome": "unanswerable"},
}


@pytest.fixture
def verdicts() -> list[Verdict]:
    return evaluate(QUESTIONS, Listed(ANSWERS), golds)


def test_a_run_is_counted(verdicts: list[Verdict]) -> None:
    counted = score(verdicts)
    assert (counted.questions, counted.untold) == (9, 1)
    assert counted.coverage == 3 / 4
    assert counted.accuracy == counted.exact == 1 / 4
    assert (counted.wrong_answers, counted.wrong_rate) == (3, 3 / 9)
    assert counted.right_over_all == 1 / 4
    assert counted.recalls == {"answer": 3 / 4, "clarify": 1 / 2, "refuse": 1.0, "unanswerable": 1 / 2}
    assert counted.confusion["clarify"] == {"clarify": 1, "answer": 1}
    assert counted.confusion["unanswerable"] == {"unanswerable": 1, "error": 1}


def test_parts_of_a_run_are_counted_alone(verdicts: list[Verdict]) -> None:
    parts = by(verdicts, lambda verdict: verdict.question.lang)
    assert {name: part.questions for name, part in parts.items()} == {"en": 6, "fr": 3}
    assert parts["fr"].recalls["refuse"] is None
    assert parts["en"].accuracy == 0.0


def test_what_went_wrong_is_said(verdicts: list[Verdict]) -> None:
    told = {verdict.question.id: verdict.why for verdict in verdicts}
    assert told["Rows"] == "1 rows, wanted 2; first a, wanted a"
    assert told["guessed"] == "answer in place of clarify"
    assert "nobody told me" in told["broken"]
    assert "the gold does not run" in told["unrun"]


def test_a_follow_up_is_asked_after_what_was_asked_before() -> None:
    asker = Listed({"et par équipe ?": {"outcome": "clarify"}})
    follow_up = Question("1", "fr", "et par équipe ?", None, "clarify", False, after=("Combien d'incidents ?",))
    assert evaluate([follow_up], asker, golds)[0].right
    assert asker.asked == [("et par équipe ?", ("Combien d'incidents ?",))]


def test_percentiles_are_values_that_occurred() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0], 0.95) == 3.0
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert percentile([1.0, 2.0, 3.0], 0.5) == 2.0


def test_an_answer_with_a_column_more_is_right_and_not_exact() -> None:
    asked = question("Right", gold="two")
    more = {"outcome": "answer", "rows": [["b", "linux"], ["a", "linux"]]}
    counted = score(evaluate([asked], Listed({"Right": more}), golds))
    assert (counted.accuracy, counted.exact) == (1.0, 0.0)


def test_a_fault_of_ours_is_counted_and_stops_nobody() -> None:
    class Broken:
        def after(self, _: object) -> Ask:
            nothing: dict[str, dict[str, object]] = {}
            return lambda text: nothing[text]

    found = evaluate([QUESTIONS[0], QUESTIONS[1]], Broken(), golds)
    assert [(verdict.outcome, verdict.why) for verdict in found] == [
        ("error", "KeyError: 'Right'"),
        ("error", "KeyError: 'Rows'"),
    ]
