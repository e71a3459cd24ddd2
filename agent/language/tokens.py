"""A question as words with their place in it: elided articles apart, names of machines and identifiers whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent.language.folding import fold

_ELIDED: Final = r"(?:jusqu|lorsqu|puisqu|quoiqu|presqu|qu|[cdjlmnst])'"
_IDENTIFIER: Final = (  # what holds a digit or joins with signs that no word has: lil1pbdd0001/oracl01, 10.0.0.1, CVE-2024-1
    r"(?=[a-z_./:@-]*[0-9])[a-z0-9_]+(?:[._/:@-]+[a-z0-9_]+)+|[a-z0-9]+(?:[_/@][a-z0-9]+)+"
)
_UNITS: Final = r"[gtmk][ob]|h|hrs?|mn|min|mins|j|d|jours?|days?|mois|months?|ans?|k?eur|coeurs?|cores?|v?cpus?|u"
_PATTERN: Final = re.compile(
    rf"(?P<elided>{_ELIDED})(?=\w)"
    r"|(?P<date>\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4})(?!\w)"
    r"|(?P<number>\d{1,3}(?:[ ]\d{3})++(?!\w)|\d++(?:[.,]\d++)?+(?:(?=%|(?:" + _UNITS + r")\b)|(?![\w/:]|[.-]\w)))"
    rf"|(?P<identifier>{_IDENTIFIER})"
    r"|(?P<word>[a-z0-9_]+)"
    r"|(?P<sign><=|>=|<>|!=|[<>=%?+\"&€$])",
)
_PLURAL_S: Final = re.compile(r"'s\b")


@dataclass(frozen=True, slots=True)
class Token:
    """A word: as written, folded, and its place [start, end) in the question. `kind` is word, identifier, number, date or sign."""

    text: str
    folded: str
    start: int
    end: int
    kind: str = "word"
    joined: bool = False  # joined to the word before by a hyphen


def tokenise(question: str) -> tuple[Token, ...]:
    """The words of a question, in order. Hyphenated words come apart (`y-a-t-il`); identifiers stay whole."""
    folded = fold(question)
    folded = _PLURAL_S.sub(lambda found: " " * len(found.group()), folded)
    found: list[Token] = []
    for match in _PATTERN.finditer(folded):
        kind = match.lastgroup or "word"
        start, end = match.span()
        word = match.group()
        if kind == "elided":
            kind, word = "word", word.rstrip("'")
        found.append(Token(question[start:end], word, start, end, kind, start > 0 and folded[start - 1] == "-"))
    return tuple(found)
