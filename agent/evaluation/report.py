"""A run as people and machines read it: shares by language, category and style, the confusion of outcomes, the failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from agent.evaluation.questions import OUTCOMES
from agent.evaluation.run import Verdict
from agent.evaluation.score import Score, by, score

TRAITS: Final[dict[str, Callable[[Verdict], str]]] = {
    "language": lambda verdict: verdict.question.lang,
    "category": lambda verdict: verdict.question.category or "-",
    "style": lambda verdict: verdict.question.style,
    "set": lambda verdict: verdict.question.of_set + (", held out" if verdict.question.held_out else ""),
    "half": lambda verdict: "held out" if verdict.question.held_out else "tuned on",
}
COLUMNS: Final = ("part", "questions", "coverage", "accuracy", "exact", "wrong", "p50 ms", "p95 ms")


def report(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Everything that a run tells, as JSON. Failures of held-out questions are told without their words."""
    return {
        **score(verdicts).to_dict(),
        "by": {name: {part: s.to_dict() for part, s in by(verdicts, trait).items()} for name, trait in TRAITS.items()},
        "failures": [failure(verdict) for verdict in verdicts if verdict.right is not True],
    }


def failure(verdict: Verdict) -> dict[str, Any]:
    """What went wrong with one question; nobody learns the words of a held-out one here."""
    asked = verdict.question
    told: dict[str, Any] = {
        "id": asked.id,
        "lang": asked.lang,
        "category": asked.category,
        "style": asked.style,
        "wanted": asked.outcome,
        "given": verdict.outcome,
    }
    if asked.held_out:
        return told
    words = {"question": asked.text, "after": list(asked.after), "why": verdict.why, "cypher": verdict.cypher}
    return {**told, **words, "gold": asked.gold}


def table(verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """Rows of COLUMNS: the whole run, then each part of it."""
    rows = [_row("all", score(verdicts))]
    for name, trait in TRAITS.items():
        rows += [_row(f"{name} {part}", counted) for part, counted in by(verdicts, trait).items()]
    return rows


def confusion(verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """Rows of the outcome matrix: what is right, what was given for it (error last), and how much of it was met."""
    counted = score(verdicts)
    return [
        (wanted, *(str(counted.confusion[wanted].get(given, 0)) for given in (*OUTCOMES, "error")), recall)
        for wanted, recall in ((wanted, percent(counted.recalls[wanted])) for wanted in OUTCOMES)
    ]


def percent(part: float | None) -> str:
    """A share for people, or a dash."""
    return "-" if part is None else f"{100 * part:.1f} %"


def lines(failures: Iterable[Verdict]) -> list[str]:
    """One line for each failure whose words may be told."""
    return [
        f"{v.question.id} [{v.question.category}] {' || '.join((*v.question.after, v.question.text))}: {v.why}"
        for v in failures
        if v.right is not True and not v.question.held_out
    ]


def _row(part: str, counted: Score) -> tuple[str, ...]:
    times = ("-" if value is None else f"{value:.0f}" for value in (counted.p50_ms, counted.p95_ms))
    shares = (counted.coverage, counted.accuracy, counted.exact, counted.wrong_rate)
    return (part, str(counted.questions), *map(percent, shares), *times)
