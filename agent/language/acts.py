"""What a question does beside asking: secrets, persons, programs, and topics that the twin does not hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from agent.language.folding import fold
from agent.language.tokens import Token, tokenise
from agent.language.turns import LANGUAGES, LOADER, Language


@dataclass(frozen=True)
class Acts:
    """The phrases of `words/acts.yml`, by their words."""

    refuse: Mapping[str, Mapping[Language, tuple[tuple[str, ...], ...]]]
    unheld: Mapping[Language, tuple[tuple[str, ...], ...]]
    vague: Mapping[Language, tuple[tuple[str, ...], ...]]
    patterns: Mapping[str, tuple[re.Pattern[str], ...]]

    def refusal(self, question: str, tokens: tuple[Token, ...]) -> str | None:
        """Why a question is refused beside orders: secret, personal, code, send. `tokens`: without names of several words."""
        folded = fold(question)
        for reason, patterns in self.patterns.items():
            if any(pattern.search(folded) for pattern in patterns):
                return reason
        for reason, said in self.refuse.items():
            if any(_found(tokens, said[language]) for language in LANGUAGES):
                return reason
        return None

    def foreign(self, tokens: tuple[Token, ...], language: Language) -> list[str]:
        """The topics of a question that no twin of an estate holds."""
        return _found(tokens, self.unheld[language])

    def too_vague(self, tokens: tuple[Token, ...], language: Language) -> list[str]:
        """Words that say too little to be answered."""
        return _found(tokens, self.vague[language])


def _found(tokens: tuple[Token, ...], phrases: tuple[tuple[str, ...], ...]) -> list[str]:
    words = tuple(token.folded for token in tokens)
    places: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        places.setdefault(word, []).append(at)
    return [" ".join(p) for p in phrases if any(words[at : at + len(p)] == p for at in places.get(p[0], ()))]


@lru_cache(maxsize=1)
def load_acts() -> Acts:
    """Read once the phrases."""
    data: dict[str, Any] = yaml.load(
        resources.files("agent.language").joinpath("words", "acts.yml").read_text("utf-8"), Loader=LOADER
    )

    def phrases(said: Mapping[str, list[str]]) -> dict[Language, tuple[tuple[str, ...], ...]]:
        return {
            language: tuple(tuple(token.folded for token in tokenise(str(text))) for text in said[language])
            for language in LANGUAGES
        }

    return Acts(
        {reason: phrases(said) for reason, said in data["refuse"].items()},
        phrases(data["unheld"]),
        phrases(data["vague"]),
        {reason: tuple(map(re.compile, texts)) for reason, texts in data["patterns"].items()},
    )
