"""Forms of words that stand for something else in a question, and what is read in their place: what `words/references.yml` says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agent.language.folding import fold
from agent.language.turns import LANGUAGES, Language, read_words


@dataclass(frozen=True, slots=True)
class Pointer:
    """A form of words; `end` is said at the end of the sentence that it stands in. Without `instead` it stays where it is.

    Both may hold a place in angle brackets, which whoever asks fills.
    """

    at: re.Pattern[str]
    instead: str | None
    end: str


@dataclass(frozen=True)
class PointingWords:
    """The forms by what they point at. `telling`: words of a clause that only tells why something is asked."""

    one: Mapping[Language, tuple[Pointer, ...]]
    lone: Mapping[Language, tuple[Pointer, ...]]
    those: Mapping[Language, tuple[Pointer, ...]]
    every: Mapping[Language, tuple[tuple[re.Pattern[str], str], ...]]
    leads: Mapping[Language, re.Pattern[str]]
    telling: frozenset[str]


def put_in_place(question: str, pointers: Iterable[Pointer]) -> str | None:
    """The question with what is read in place of the first form that it has, None where it has none. Composed letters."""
    folded = fold(question)
    for one in pointers:
        if (found := one.at.search(folded)) is None:
            continue
        if one.instead is not None:
            said = _filled(one.instead, question, found)
            question = f"{question[: found.start()]}{said}{question[found.end() :]}"
        bare = question.rstrip(" ?.!")
        return f"{bare} {one.end}{question[len(bare) :]}" if one.end else question
    return None


def _filled(instead: str, question: str, found: re.Match[str]) -> str:
    """What is read in place of what was found; its groups are as they were written, with case and accents."""
    return re.sub(r"\\(\d)", lambda group: question[slice(*found.span(int(group[1])))], instead)


@lru_cache(maxsize=1)
def load_pointing_words() -> PointingWords:
    """Read once the words that point at something."""
    data: dict[str, Any] = read_words("references")

    def pointers(section: str) -> dict[Language, tuple[Pointer, ...]]:
        return {
            language: tuple(
                Pointer(re.compile(said["at"]), said.get("as"), said.get("end", "")) for said in data[section][language]
            )
            for language in LANGUAGES
        }

    return PointingWords(
        pointers("pointing"),
        pointers("lone"),
        pointers("those"),
        {one: tuple((re.compile(said["at"]), said["as"]) for said in data["all"][one]) for one in LANGUAGES},
        {language: re.compile(data["leads"][language], re.IGNORECASE) for language in LANGUAGES},
        frozenset(str(word) for language in LANGUAGES for word in data["telling"][language]),
    )
