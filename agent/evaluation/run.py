"""Runs a question set: each question is asked as a person would, its gold query is run, and the two answers are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

from agent.evaluation.comparison import same_rows
from agent.evaluation.questions import OUTCOMES, Question
from core.errors import JumeauError

Rows = Sequence[Sequence[Any]]


Ask = Callable[[str], Mapping[str, Any]]
"""Answers one question as `jumeau ask --output json` prints it. Raises JumeauError."""


class Asker(Protocol):
    """Whoever answers questions: the road of `jumeau ask`, or a double of it."""

    def after(self, questions: Sequence[str]) -> Ask:
        """How to ask in a conversation in which these questions were asked before."""
        ...


Golds = Callable[[str], Rows]
"""The rows of a gold query on the estate that is asked about. Raises JumeauError where it cannot be run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one question. `right` is None where the gold could not be run, so that nobody can tell.

    `exact`: right, and with no column more than the gold.
    """

    question: Question
    outcome: str  # one of OUTCOMES, or `error`
    right: bool | None
    seconds: float
    why: str = ""
    cypher: str = ""
    exact: bool = False

    @property
    def answered(self) -> bool:
        return self.outcome == "answer"

    @property
    def wrong_answer(self) -> bool:
        """Answered, and not with what is right: worse than no answer."""
        return self.answered and self.right is False


def evaluate(
    questions: Iterable[Question],
    asker: Asker,
    golds: Golds,
    progress: Callable[[Verdict], None] | None = None,
) -> list[Verdict]:
    """Ask every question. An error of the asker is a verdict, too; nothing that one question does stops the others."""
    verdicts = []
    for question in questions:
        verdict = judge(question, asker, golds)
        if progress is not None:
            progress(verdict)
        verdicts.append(verdict)
    return verdicts


def judge(question: Question, asker: Asker, golds: Golds) -> Verdict:
    """The verdict on one question; the time is that of the answer alone."""
    started = perf_counter()
    try:
        ask = asker.after(question.after)
        started = perf_counter()
        given = ask(question.text)
    except JumeauError as error:
        return Verdict(question, "error", False, perf_counter() - started, str(error))
    except Exception as error:  # a fault of ours: counted, so that the others are still asked
        return Verdict(question, "error", False, perf_counter() - started, f"{type(error).__name__}: {error}")
    seconds = perf_counter() - started
    outcome, cypher = str(given.get("outcome")), str(given.get("cypher") or "")
    if outcome not in OUTCOMES:
        return Verdict(question, "error", False, seconds, f"{outcome!r} is no outcome", cypher)
    if outcome != question.outcome:
        return Verdict(question, outcome, False, seconds, f"{outcome} in place of {question.outcome}", cypher)
    if outcome != "answer":
        return Verdict(question, outcome, True, seconds)
    try:
        wanted = gold_rows(question, golds)
    except JumeauError as error:
        return Verdict(question, outcome, None, seconds, f"the gold does not run: {error}", cypher)
    rows = given.get("rows") or []
    if same_rows(wanted, rows, ordered=question.order_matters):
        exact = not rows or len(rows[0]) == len(wanted[0])
        return Verdict(question, outcome, True, seconds, cypher=cypher, exact=exact)
    return Verdict(question, outcome, False, seconds, _difference(wanted, rows), cypher)


def gold_rows(question: Question, golds: Golds) -> Rows:
    """The right rows: those that the set holds, else those of its query."""
    if question.rows is not None:
        return question.rows
    assert question.gold is not None
    return golds(question.gold)


def _difference(wanted: Rows, given: Rows) -> str:
    shown = f"first {_short(given[0])}, wanted {_short(wanted[0])}" if wanted and given else ""
    return f"{len(given)} rows, wanted {len(wanted)}" + (f"; {shown}" if shown else "")


def _short(row: Sequence[Any]) -> str:
    text = ", ".join(str(cell) for cell in row)
    return text if len(text) <= 80 else f"{text[:77]}..."
