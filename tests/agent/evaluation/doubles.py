"""Someone who answers questions from a list, in place of the agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.evaluation.run import Ask
from core.errors import QueryError


class Listed:
    """Answers what it was told to; anything else is an error. Remembers what was asked."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def after(self, questions: Sequence[str]) -> Ask:
        def ask(question: str) -> Mapping[str, Any]:
            self.asked.append((question, tuple(questions)))
            if question not in self.answers:
                raise QueryError("nobody told me", where=question, hint="")
            return self.answers[question]

        return ask
