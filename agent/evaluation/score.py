"""What is counted over the verdicts of a run.

- coverage: of the questions that have an answer, the share that was answered (rightly or not).
- accuracy: of the answers that were given, the share that is right; an answer where there is none to give is wrong.
- exact: of the answers that were given, the share that is right and has no column more than the gold.
- wrong answers: answers that were given and are wrong, over all questions.
- recall of an outcome: of the questions of which it is right, the share that met it.
Questions whose gold does not run count in none of them; they are counted apart. Shares of nothing are None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.evaluation.questions import OUTCOMES
from agent.evaluation.run import Verdict


@dataclass(frozen=True, slots=True)
class Score:
    """The counts of one run, or of a part of it. Shares from 0 to 1, times in milliseconds."""

    questions: int
    untold: int  # questions whose gold does not run
    answerable: int
    covered: int
    answered: int
    right_answers: int
    exact_answers: int
    recalls: dict[str, float | None]
    confusion: dict[str, dict[str, int]]  # the right outcome -> the given one -> questions
    p50_ms: float | None
    p95_ms: float | None

    @property
    def coverage(self) -> float | None:
        return share(self.covered, self.answerable)

    @property
    def accuracy(self) -> float | None:
        return share(self.right_answers, self.answered)

    @property
    def exact(self) -> float | None:
        return share(self.exact_answers, self.answered)

    @property
    def wrong_answers(self) -> int:
        return self.answered - self.right_answers

    @property
    def wrong_rate(self) -> float | None:
        return share(self.wrong_answers, self.questions)

    @property
    def right_over_all(self) -> float | None:
        """Of the questions that have an answer, the share that was answered rightly."""
        return share(self.right_answers, self.answerable)

    def to_dict(self) -> dict[str, Any]:
        return {
            "questions": self.questions,
            "gold_not_run": self.untold,
            "coverage": self.coverage,
            "accuracy": self.accuracy,
            "exact": self.exact,
            "right": self.right_over_all,
            "wrong_answers": self.wrong_answers,
            "wrong_rate": self.wrong_rate,
            "recall": self.recalls,
            "confusion": self.confusion,
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
        }


def share(part: int, whole: int) -> float | None:
    """A share, or None of nothing."""
    return part / whole if whole else None


def score(verdicts: Iterable[Verdict]) -> Score:
    """Count a run."""
    every = list(verdicts)
    told = [verdict for verdict in every if verdict.right is not None]
    answerable = [verdict for verdict in told if verdict.question.outcome == "answer"]
    answered = [verdict for verdict in told if verdict.answered]
    confusion = {
        wanted: dict(Counter(v.outcome for v in told if v.question.outcome == wanted).most_common())
        for wanted in OUTCOMES
    }
    times = sorted(1000 * verdict.seconds for verdict in every)
    return Score(
        questions=len(told),
        untold=len(every) - len(told),
        answerable=len(answerable),
        covered=sum(verdict.answered for verdict in answerable),
        answered=len(answered),
        right_answers=sum(verdict.right is True for verdict in answered),
        exact_answers=sum(verdict.right is True and verdict.exact for verdict in answered),
        recalls={wanted: share(given.get(wanted, 0), sum(given.values())) for wanted, given in confusion.items()},
        confusion=confusion,
        p50_ms=percentile(times, 0.5),
        p95_ms=percentile(times, 0.95),
    )


def by(verdicts: Sequence[Verdict], trait: Callable[[Verdict], str]) -> dict[str, Score]:
    """The counts of each part of a run, by a trait of its questions, in order of name."""
    names = sorted({trait(verdict) for verdict in verdicts})
    return {name: score(v for v in verdicts if trait(v) == name) for name in names}


def percentile(ordered: Sequence[float], at: float) -> float | None:
    """The smallest value that at least a share `at` of the values do not exceed (nearest rank); None of nothing."""
    if not ordered:
        return None
    rank = max(1, -(-len(ordered) * at // 1))
    return ordered[int(rank) - 1]
