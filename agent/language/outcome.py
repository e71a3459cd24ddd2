"""What the parser makes of a question: a query, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.language.items import Item
from agent.language.turns import Language
from agent.query.model import Question

Outcome = Literal["answer", "clarify", "refuse", "unanswerable"]
Read = Callable[[str], Question | None]
"""Reads a question by itself, in the language of the one that it stands for; None where it is none."""


@dataclass(frozen=True, slots=True)
class Parse:
    """The reading of one question. `question` where the outcome is `answer`.

    `message`: for the person, in the question's language. `choices`: what may have been meant. `missing`: what the twin does
    not hold. `items`: the words as they were read, which a follow-up goes on from.
    """

    outcome: Outcome
    language: Language
    question: Question | None = None
    message: str = ""
    choices: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    said: str = ""  # the words that the choices are for


class Unclear(Exception):  # control flow inside the parser, never seen outside
    """The question has no single reading."""

    def __init__(self, message: str, choices: tuple[str, ...] = (), said: str = "") -> None:
        super().__init__(message)
        self.message, self.choices, self.said = message, choices, said


class Unheld(Exception):
    """The question asks for what the twin does not hold."""

    def __init__(self, *missing: str) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing
