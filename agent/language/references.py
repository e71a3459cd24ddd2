"""Words that point at one thing named before, with its name in their place: which applications depend on it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import yaml

from agent.language.folding import composed, fold
from agent.language.names import NamedElement, NameIndex
from agent.language.order_words import load_order_words
from agent.language.tokens import tokenise
from agent.language.turns import LANGUAGES, LOADER, Language

_BREAK: Final = re.compile(r"\s*[:;,?!](?=\s|$)\s*|\.\s+")
"""Where a clause ends."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A form of words that points at something; `end` is said at the end of the sentence where it does."""

    at: re.Pattern[str]
    instead: str | None
    end: str

    def put(self, question: str, name: str) -> str | None:
        """The question with the name in the place of these words, None where they are not in it."""
        found = self.at.search(fold(question))
        if found is None:
            return None
        if self.instead is not None:
            said = re.sub(r"\\(\d)", lambda group: question[slice(*found.span(int(group[1])))], self.instead)
            question = f"{question[: found.start()]}{said}{question[found.end() :]}"
        if self.end:
            bare = question.rstrip(" ?.!")
            question = f"{bare} {self.end}{question[len(bare) :]}"
        return question.replace("<name>", name)


@dataclass(frozen=True)
class References:
    """What `words/references.yml` says."""

    pointing: Mapping[Language, tuple[Pointer, ...]]
    lone: Mapping[Language, Pointer]
    leads: Mapping[Language, re.Pattern[str]]
    telling: frozenset[str]

    def named(
        self, question: str, names: NameIndex, after: Sequence[str], language: Language
    ) -> tuple[str, NamedElement] | None:
        """The question with the name of what it points at, and that element; None where it points at nothing that is known.

        What it points at is named in a clause before the question that only tells why it is asked, or in the last of the
        questions before that names something.
        """
        question = composed(question)
        told = self._told(question, names)
        if told is not None:
            rest, element, name = told
            said = self._put(rest, name, language) or self.lone[language].put(rest, name)
            return None if said is None else (said, element)
        if any(True for _ in _elements(question, names)):
            return None
        for earlier in reversed(after):
            found = list(_elements(composed(earlier), names))
            if found:
                element, name = found[0]
                said = self._put(question, name, language) if len(found) == 1 else None
                return None if said is None else (self.leads[language].sub("", said), element)
        return None

    def _put(self, question: str, name: str, language: Language) -> str | None:
        return next((said for one in self.pointing[language] if (said := one.put(question, name)) is not None), None)

    def _told(self, question: str, names: NameIndex) -> tuple[str, NamedElement, str] | None:
        """The question behind a clause that only tells why it is asked, and the one thing that the clause names."""
        for end in _BREAK.finditer(question):
            clause, rest = question[: end.start()], question[end.end() :]
            found = list(_elements(clause, names))
            if len(found) == 1 and rest.strip() and not any(True for _ in _elements(rest, names)):
                element, name = found[0]
                said = [token.folded for token in tokenise(clause.replace(name, " "))]
                deeds = load_order_words().deeds
                if said and all(word in self.telling or word in deeds for word in said):
                    return rest, element, name
        return None


def _elements(text: str, names: NameIndex) -> Iterator[tuple[NamedElement, str]]:
    """The things that a text names without doubt, and how."""
    tokens, at = tokenise(text), 0
    while at < len(tokens):
        found = names.at(tokens, at)
        if found is None or not found.exact or len(found.elements) != 1:
            at += 1
            continue
        yield found.elements[0], text[tokens[at].start : tokens[found.after - 1].end]
        at = found.after


@lru_cache(maxsize=1)
def load_references() -> References:
    """Read once the words that point at something."""
    data: dict[str, Any] = yaml.load(
        resources.files("agent.language").joinpath("words", "references.yml").read_text("utf-8"), Loader=LOADER
    )

    def pointer(said: Mapping[str, str]) -> Pointer:
        return Pointer(re.compile(said["at"]), said.get("as"), said.get("end", ""))

    return References(
        {language: tuple(map(pointer, data["pointing"][language])) for language in LANGUAGES},
        {language: pointer(data["lone"][language]) for language in LANGUAGES},
        {language: re.compile(data["leads"][language], re.IGNORECASE) for language in LANGUAGES},
        frozenset(str(word) for language in LANGUAGES for word in data["telling"][language]),
    )
