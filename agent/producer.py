"""Who turns a question into an intermediate query: the grammar, or a model that fills the same JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

from agent.query.model import Question
from core.principal import Principal

Language = Literal["fr", "en"]


class Outcome(StrEnum):
    """What becomes of a question, always said."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    REFUSE = "refuse"
    UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading among several. `label`: what people read; `question`: the question to ask instead, in full."""

    label: str
    question: str


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of a conversation, with what it was understood as."""

    text: str
    understood: Question | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a producer made of a question.

    `question` where the outcome is answer; `choices` where it is clarify; `missing` names what the twin does not hold
    where it is unanswerable; `reason`: a sentence in the question's language for every outcome but answer.
    `covered`: share of the content words that were understood. `unread`: those that were not. `calls`: of models, each as
    the gateway tells of it (`agent.gateway.gateway.Completion`).
    """

    outcome: Outcome
    language: Language
    question: Question | None = None
    choices: tuple[Choice, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str = ""
    covered: float = 1.0
    unread: tuple[str, ...] = ()
    calls: tuple[Mapping[str, Any], ...] = ()


class Producer(Protocol):
    """Understands questions about one twin. Safe for several threads."""

    name: str

    def understand(
        self, text: str, principal: Principal, earlier: tuple[Turn, ...] = (), language: Language | None = None
    ) -> Understanding:
        """What `text` asks, for somebody who sees what `principal` sees.

        `earlier`: the conversation so far, latest last. `language`: where the caller knows it.
        """
        ...
