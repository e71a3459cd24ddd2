"""Signs that people write for words, and numbers in words that are no plain number, spelt out before words are read.

+ de 3 mois, w/o a plan, de 16 à 32; une demi-heure, a dozen, more than half.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_UNDER_TEN: Final = {
    "fr": {"une": 1, "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9},
    "en": {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9},
}
_FR_NUMBER, _EN_NUMBER = ("|".join(words) for words in _UNDER_TEN.values())
_ABOUT: Final = {
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "centaine": 100,
}  # fmt: skip


def _with_half(number: str) -> str:
    """A number under ten in figures or in words, and a half."""
    known = {**_UNDER_TEN["fr"], **_UNDER_TEN["en"]}
    return f"{known.get(number.lower()) or int(number)}.5"


_Words = str | Callable[[re.Match[str]], str]
_PATTERNS: Final[tuple[tuple[str, _Words], ...]] = (
    (r"(?<!\S)\+ ?(?=d'|de\b|que\b)", "plus "),
    (r"(?<!\S)- ?(?=d'|de\b)", "moins "),
    (r"\bw/o\b", "without"),
    (r"\bw/(?=\s)", "with"),
    (rf"\b({_FR_NUMBER}|\d+) heures? et demie\b", lambda found: f"{_with_half(found.group(1))} heures"),
    (r"\b(?:une )?demi[- ]heure\b", "30 minutes"),
    (r"\btrois quarts d'heure\b", "45 minutes"),
    (r"\b(?:un )?quart d'heure\b", "15 minutes"),
    (rf"\b({_FR_NUMBER}|\d+) ans? et demie?\b", lambda found: f"{round(12 * float(_with_half(found.group(1))))} mois"),
    (r"\b(?:une )?demi[- ](?:journée|journee)\b", "12 heures"),
    (r"\b(?:an )?hour and a half\b", "90 minutes"),
    (
        rf"\b({_EN_NUMBER}|\d+) and a half (hours?|days?)\b",
        lambda found: f"{_with_half(found.group(1))} {found.group(2)}",
    ),
    (r"\bhalf an? hour\b", "30 minutes"),
    (r"\bthree quarters of an hour\b", "45 minutes"),
    (r"\b(?:a )?quarter of an hour\b", "15 minutes"),
    (r"\b(?:a )?year and a half\b", "18 months"),
    (
        r"\bune? (dizaine|douzaine|quinzaine|vingtaine|trentaine|quarantaine|cinquantaine|centaine)\b(?! de jours)(?: (?:de |d'))?",
        lambda found: f"{_ABOUT[found.group(1).lower()]} ",
    ),
    (r"\b(?:a|one) dozen(?: of)?\b", "12"),
    (r"\bhalf a dozen\b", "6"),
    (r"\b(?:la moitié|la moitie) (?=de la capacit|du volume|de leur|de sa)", "50 % "),
    (r"\b(plus de |moins de )la moiti[ée]\b", r"\g<1>50 %"),
    (r"\b(more than |less than )half\b(?! a)", r"\g<1>50 %"),
    (r"\b(plus de |moins de |plus d')(?:les )?(?:trois quarts|3/4)\b", r"\g<1>75 %"),
    (r"\b(plus du |moins du |plus d'un )quart\b", r"\g<1>25 %"),
    (r"\b(more than |less than )three quarters\b", r"\g<1>75 %"),
    (r"\b(more than |less than )a quarter\b", r"\g<1>25 %"),
    (r"\b(more than |less than )a third\b", r"\g<1>33.3 %"),
    (r"\bde (\d{1,3}) (?:à|a) (\d{1,3})\b(?![/:])", r"entre \1 et \2"),
    (r"\bfrom (\d{1,3}) to (\d{1,3})\b(?![/:])", r"between \1 and \2"),
)
_SPELT: Final = tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in _PATTERNS)


def spelt_out(question: str) -> str:
    """The question with its shorthand as words."""
    for pattern, words in _SPELT:
        question = pattern.sub(words, question)
    return question
