"""What a run tells: parts, the confusion of outcomes, and failures without the words of held-out questions."""

from __future__ import annotations

import orjson

from agent.evaluation.questions import Question
from agent.evaluation.report import COLUMNS, confusion, lines, report, table
from agent.evaluation.run import Verdict

DEVELOPED = Question("D1", "fr", "Combien de serveurs ?", "MATCH", "answer", False, category="count", of_set="small")
ABSTAINED = Question(
    "D2", "en", "How many boxes?", "MATCH", "answer", False, category="count", style="free", of_set="small"
)
HELD_OUT = Question(
    "H1", "en", "words that nobody tunes on", None, "refuse", False, category="refuse", held_out=True, of_set="small"
)
VERDICTS = [
    Verdict(DEVELOPED, "answer", False, 0.02, "1 rows, wanted 2", "MATCH (x)"),
    Verdict(ABSTAINED, "clarify", False, 0.01, "clarify in place of answer"),
    Verdict(HELD_OUT, "answer", False, 0.03, "answer in place of refuse"),
]


def test_failures_of_held_out_questions_are_told_without_their_words() -> None:
    told = report(VERDICTS)
    assert [failure["id"] for failure in told["failures"]] == ["D1", "D2", "H1"]
    assert told["failures"][2] == {
        "id": "H1", "lang": "en", "category": "refuse", "style": "plain", "wanted": "refuse", "given": "answer",
    }  # fmt: skip
    assert b"nobody tunes" not in orjson.dumps(told)
    assert lines(VERDICTS) == [
        "D1 [count] Combien de serveurs ?: 1 rows, wanted 2",
        "D2 [count] How many boxes?: clarify in place of answer",
    ]


def test_parts_stand_below_the_whole() -> None:
    rows = table(VERDICTS)
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert rows[0] == ("all", "3", "50.0 %", "0.0 %", "0.0 %", "66.7 %", "20", "30")
    assert [row[0] for row in rows[1:]] == [
        "language en", "language fr", "category count", "category refuse", "style free", "style plain",
        "set small", "set small, held out", "half held out", "half tuned on",
    ]  # fmt: skip


def test_the_confusion_of_outcomes_tells_what_was_given_for_what() -> None:
    assert confusion(VERDICTS) == [
        ("answer", "1", "1", "0", "0", "0", "50.0 %"),
        ("clarify", "0", "0", "0", "0", "0", "-"),
        ("refuse", "1", "0", "0", "0", "0", "0.0 %"),
        ("unanswerable", "0", "0", "0", "0", "0", "-"),
    ]
