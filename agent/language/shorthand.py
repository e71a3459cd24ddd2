"""Signs that people write for words, spelt out before words are read: + de 3 mois, w/o a plan, de 16 à 32."""

from __future__ import annotations

import re
from typing import Final

_SPELT: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"(?<!\S)\+ ?(?=d'|de\b|que\b)", "plus "),
        (r"(?<!\S)- ?(?=d'|de\b)", "moins "),
        (r"\bw/o\b", "without"),
        (r"\bw/(?=\s)", "with"),
        (r"\bde (\d{1,3}) (?:à|a) (\d{1,3})\b(?![/:])", r"entre \1 et \2"),
        (r"\bfrom (\d{1,3}) to (\d{1,3})\b(?![/:])", r"between \1 and \2"),
    )
)


def spelt_out(question: str) -> str:
    """The question with its shorthand as words."""
    for pattern, words in _SPELT:
        question = pattern.sub(words, question)
    return question
