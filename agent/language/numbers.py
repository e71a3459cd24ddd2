"""Numbers in figures and in words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from text_to_num import text2num

from agent.language.turns import Language

_WORDS: Final = {
    "fr": "zero|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente"
    "|quarante|cinquante|soixante|septante|octante|huitante|nonante|cents?|mille|millions?",
    "en": "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million",
}
_JOINS: Final = {"fr": r"[ -](?:et[ -])?", "en": r"[ -](?:and )?"}
SPELLED: Final = {
    language: rf"(?:{words})(?:{_JOINS[language]}(?:{words}))*" for language, words in _WORDS.items()
}  # fmt: skip
"""For each language, a regular expression of a number in words, without accents."""

_FEMININE: Final = {"une": "un", "a": "one", "an": "one"}


def number_pattern(language: Language) -> str:
    """A regular expression of a number, in figures or in words, without a group."""
    return rf"(?:\d{{1,3}}(?: \d{{3}})+|\d+(?:[.,]\d+)?|(?:{SPELLED[language]})\b)"


@lru_cache(maxsize=1024)
def number_of(text: str, language: Language) -> float:
    """The number that a text says. Raises ValueError where it says none."""
    plain = text.replace(" ", "").replace(",", ".")
    if re.fullmatch(r"\d+(\.\d+)?", plain):
        return float(plain)
    return float(text2num(_FEMININE.get(text, text), language))
