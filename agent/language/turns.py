"""How questions are built in a language: its function words and the turns of phrase that carry the grammar, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

import yaml

from agent.language.folding import fold
from agent.language.tokens import Token, tokenise

Language = Literal["fr", "en"]
LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Every scalar is text: `on` and `no` are words here. The C parser is ten times faster, and may be missing."""

LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")


def read_words(name: str) -> dict[str, Any]:
    """What a file of `words/` says, as texts, lists and mappings."""
    data: dict[str, Any] = yaml.load(
        resources.files("agent.language").joinpath("words", f"{name}.yml").read_text("utf-8"), Loader=LOADER
    )
    return data


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of phrase found in a question: the names of what it may mean, and the tokens [first, after)."""

    names: tuple[str, ...]
    first: int
    after: int


@dataclass(frozen=True)
class Turns:
    """The turns of phrase and function words of one language."""

    language: Language
    articles: frozenset[str]
    function: frozenset[str]
    phrases: Mapping[tuple[str, ...], tuple[str, ...]]  # folded words -> names of cues
    longest: Mapping[str, int] = field(default_factory=dict)  # first word -> words of its longest phrase
    words: frozenset[str] = frozenset()  # every word of a phrase: none of them is misspelt

    def at(self, tokens: tuple[Token, ...], first: int) -> Turn | None:
        """The longest turn of phrase that begins at a token."""
        room = min(self.longest.get(tokens[first].folded, 0), len(tokens) - first)
        for size in range(room, 0, -1):
            names = self.phrases.get(tuple(t.folded for t in tokens[first : first + size]))
            if names:
                return Turn(names, first, first + size)
        return None

    def empty(self, word: str) -> bool:
        """Whether a word carries no content of its own."""
        return word in self.articles or word in self.function


@lru_cache(maxsize=4)
def load_turns(language: Language) -> Turns:
    """Read once what is known of a language."""
    data: dict[str, Any] = read_words(language)
    phrases: dict[tuple[str, ...], list[str]] = {}
    for cue, texts in data["cues"].items():
        for text in texts:
            words = tuple(token.folded for token in tokenise(str(text)))
            if cue not in phrases.setdefault(words, []):
                phrases[words].append(cue)
    longest: dict[str, int] = {}
    for words in phrases:
        longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return Turns(
        language,
        frozenset(fold(str(word)) for word in data["articles"]),
        frozenset(fold(str(word)) for word in data["function"]),
        {words: tuple(names) for words, names in phrases.items()},
        longest,
        frozenset(word for words in phrases for word in words),
    )


_TELLING: Final[Mapping[Language, frozenset[str]]] = {
    "fr": frozenset(
        [
            "le",
            "la",
            "les",
            "l",
            "un",
            "une",
            "des",
            "du",
            "de",
            "d",
            "au",
            "aux",
            "quel",
            "quelle",
            "quels",
            "quelles",
            "combien",
            "qui",
            "que",
            "qu",
            "est",
            "sont",
            "ont",
            "n",
            "ne",
            "pas",
            "et",
            "ou",
            "dans",
            "sur",
            "par",
            "pour",
            "avec",
            "sans",
            "depuis",
            "plus",
            "moins",
            "ce",
            "cette",
            "ces",
            "mes",
            "mon",
            "ma",
            "nous",
            "il",
            "y",
            "quoi",
            "dont",
            "jamais",
            "toutes",
            "tous",
            "liste",
            "donne",
            "moi",
            "montre",
            "affiche",
            "nombre",
            "taux",
            "entre",
            "mois",
            "jours",
            "ans",
            "semaine",
            "annee",
            "derniers",
            "prochains",
            "dernier",
            "prochain",
            "serveurs",
            "equipe",
            "equipes",
            "bases",
            "sauvegardes",
            "chez",
            "vers",
            "si",
        ]
    ),
    "en": frozenset(
        [
            "the",
            "an",
            "of",
            "is",
            "are",
            "what",
            "which",
            "who",
            "how",
            "many",
            "does",
            "do",
            "did",
            "has",
            "have",
            "had",
            "in",
            "on",
            "at",
            "by",
            "for",
            "from",
            "with",
            "without",
            "since",
            "last",
            "next",
            "and",
            "or",
            "not",
            "no",
            "never",
            "more",
            "less",
            "than",
            "show",
            "me",
            "list",
            "give",
            "all",
            "any",
            "their",
            "our",
            "my",
            "we",
            "to",
            "that",
            "there",
            "per",
            "each",
            "between",
            "until",
            "servers",
            "server",
            "team",
            "teams",
            "rate",
            "months",
            "days",
            "years",
            "week",
            "year",
            "where",
            "when",
            "whose",
            "most",
            "fewest",
            "been",
            "as",
            "if",
            "need",
            "number",
            "depends",
            "needs",
            "running",
            "hosted",
            "owned",
        ]
    ),
}


def detect_language(tokens: tuple[Token, ...], fallback: Language = "fr") -> Language:
    """French or English, by the function words; on a tie, the fallback."""
    words = [token.folded for token in tokens if token.kind == "word"]
    counts = {language: sum(word in telling for word in words) for language, telling in _TELLING.items()}
    accented = any(token.text.lower() != token.folded and token.kind == "word" for token in tokens)
    counts["fr"] += accented
    if counts["fr"] == counts["en"]:
        return fallback
    return "fr" if counts["fr"] > counts["en"] else "en"
