"""What a question does beside asking: secrets, persons, programs, and topics that the twin does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from rapidfuzz.distance import OSA

from agent.language.folding import fold
from agent.language.tokens import Token, tokenise
from agent.language.turns import LANGUAGES, Language, read_words

Phrase = tuple[str, ...]
_LONG: Final = 10
"""Letters from which on a phrase may be misspelt by two."""


@dataclass(frozen=True)
class Topics:
    """Secrets that tickets are about: `things` are told of, `between` may stand before the secret and behind it."""

    secrets: frozenset[Phrase]
    things: frozenset[str]
    between: frozenset[str]

    def told_of(self, words: tuple[str, ...], at: int, phrase: Phrase) -> bool:
        """Whether a secret is only what a ticket is about: password tickets, tickets de mot de passe oublié."""
        if phrase not in self.secrets:
            return False
        before, after = at - 1, at + len(phrase)
        while before >= 0 and words[before] in self.between:
            before -= 1
        while after < len(words) and words[after] in self.between:
            after += 1
        return (before >= 0 and words[before] in self.things) or (after < len(words) and words[after] in self.things)


@dataclass(frozen=True)
class Acts:
    """The phrases of `words/acts.yml`, by their words."""

    refuse: Mapping[str, Mapping[Language, tuple[tuple[str, ...], ...]]]
    unheld: Mapping[Language, tuple[tuple[str, ...], ...]]
    vague: Mapping[Language, tuple[tuple[str, ...], ...]]
    patterns: Mapping[str, tuple[re.Pattern[str], ...]]
    misspelt: tuple[Phrase, ...]
    topics: Topics
    judging: frozenset[str]
    pointing: frozenset[str]

    def refusal(self, question: str, tokens: tuple[Token, ...], known: Callable[[str], bool]) -> str | None:
        """Why a question is refused beside orders: secret, personal, code, send.

        `tokens`: without names of several words. `known`: whether a word means something, so that it is no misspelt one.
        """
        folded = fold(question)
        for reason, patterns in self.patterns.items():
            if any(pattern.search(folded) for pattern in patterns):
                return reason
        words = tuple(part for token in tokens for part in _parts(token))
        for reason, said in self.refuse.items():
            for language in LANGUAGES:
                if any(not self.topics.told_of(words, at, phrase) for phrase, at in _places(words, said[language])):
                    return reason
        return "secret" if self._misspelt(words, known) else None

    def _misspelt(self, words: tuple[str, ...], known: Callable[[str], bool]) -> bool:
        """Whether a secret is meant by words of which one at least is no word: mot de passse, root passwrd."""
        for phrase in self.misspelt:
            text, size = "".join(phrase), len(phrase)
            most = 2 if len(text) >= _LONG else 1
            for at in range(len(words) - size + 1):
                said = words[at : at + size]
                joined = "".join(said)
                if joined[:1] != text[:1] or abs(len(joined) - len(text)) > most or all(map(known, said)):
                    continue
                if OSA.distance(joined, text, score_cutoff=most) <= most and not self.topics.told_of(words, at, phrase):
                    return True
        return False

    def foreign(self, tokens: tuple[Token, ...], language: Language) -> list[str]:
        """The topics of a question that no twin of an estate holds."""
        return _found(tokens, self.unheld[language])

    def judged(self, missing: tuple[str, ...]) -> str:
        """What is to be asked back where all that was not read only judges: which of it matters, what goes badly."""
        said = [word for text in missing for token in tokenise(text) for word in [token.folded]]
        return missing[0] if said and self.judging.issuperset(said) else ""

    def too_vague(self, tokens: tuple[Token, ...], language: Language) -> list[str]:
        """Words that say too little to be answered."""
        return _found(tokens, self.vague[language])


def _found(tokens: tuple[Token, ...], phrases: tuple[Phrase, ...]) -> list[str]:
    words = tuple(token.folded for token in tokens)
    return list(dict.fromkeys(" ".join(phrase) for phrase, _ in _places(words, phrases)))


def _places(words: tuple[str, ...], phrases: tuple[Phrase, ...]) -> list[tuple[Phrase, int]]:
    """The phrases among some words, and where each begins."""
    places: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        places.setdefault(word, []).append(at)
    return [(p, at) for p in phrases for at in places.get(p[0], ()) if words[at : at + len(p)] == p]


def _parts(token: Token) -> tuple[str, ...]:
    """The words that one token joins: login/pwd."""
    plain = token.kind == "identifier" and not any(character.isdigit() for character in token.folded)
    return tuple(filter(None, re.split(r"[/_@]", token.folded))) if plain else (token.folded,)


@lru_cache(maxsize=1)
def load_acts() -> Acts:
    """Read once the phrases."""
    data: dict[str, Any] = read_words("acts")

    def words(texts: list[str]) -> tuple[Phrase, ...]:
        return tuple(tuple(token.folded for token in tokenise(str(text))) for text in texts)

    def phrases(said: Mapping[str, list[str]]) -> dict[Language, tuple[Phrase, ...]]:
        return {language: words(said[language]) for language in LANGUAGES}

    def compiled(text: str) -> re.Pattern[str]:
        for name, fragment in data["fragments"].items():
            text = text.replace(f"<{name}>", fragment)
        return re.compile(text)

    topics = data["topics"]
    return Acts(
        {reason: phrases(said) for reason, said in data["refuse"].items()},
        phrases(data["unheld"]),
        phrases(data["vague"]),
        {reason: tuple(compiled(text) for text in texts) for reason, texts in data["patterns"].items()},
        words(data["misspelt"]),
        Topics(frozenset(words(topics["secrets"])), frozenset(topics["things"]), frozenset(topics["between"])),
        frozenset(word for language in LANGUAGES for word in data["judging"][language]),
        frozenset(word for language in LANGUAGES for word in data["pointing"][language]),
    )
