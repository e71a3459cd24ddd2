"""Accents and cases folded: a text as a regular expression that finds it however it is written.

`reseau` finds `Réseau`, and `Œuvre` is found by `oeuvre`. The expression keeps to what every backend's engine understands,
and has one repetition without bound at most, so that it takes a time that grows with the text alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

LETTERS: Final = "".join(map(chr, range(0xC0, 0x100)))
"""Letters with accents, of Latin-1."""
LIGATURES: Final = {"oe": "œŒ", "ae": "æÆ"}


FAR: Final = 1_000
"""Characters of a value after which a text is not looked for: the most that every engine counts to."""


class Match(StrEnum):
    """How a text is found in another, the best first: the order of what is found."""

    EXACT = "EXACT"
    PREFIX = "PREFIX"
    CONTAINS = "CONTAINS"


@dataclass(frozen=True)
class Folded:
    """A text that is searched for."""

    text: str

    @cached_property
    def patterns(self) -> dict[Match, str]:
        """The regular expressions; each match of an earlier one is one of all later ones."""
        found = "".join(_parts(plain(self.text)))
        return {
            Match.EXACT: f"(?is){found}",
            Match.PREFIX: f"(?is){found}.*",
            Match.CONTAINS: f"(?is).{{0,{FAR}}}{found}.*",
        }

    def match(self, value: str) -> Match | None:
        """How the text is found in a value."""
        return next((match for match, pattern in self.patterns.items() if re.fullmatch(pattern, value)), None)


def plain(text: str) -> str:
    """A text without the accents of Latin letters, in lower case, its blanks single."""
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFC", " ".join(text.split())))


def _plain(letter: str) -> str:
    for plainly, signs in LIGATURES.items():
        if letter in signs:
            return plainly
    base = unicodedata.normalize("NFD", letter)[0] if letter in LETTERS else letter
    return base.lower() if len(base.lower()) == 1 else base


def _variants() -> dict[str, str]:
    found: dict[str, str] = {}
    for letter in LETTERS:
        base = _plain(letter)
        if base.isascii() and len(base) == 1:
            found[base] = found.get(base, "") + letter
    return found


_VARIANTS: Final = _variants()


def _parts(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        signs = LIGATURES.get(text[at : at + 2])
        if signs is not None:
            yield f"(?:{_one(text[at])}{_one(text[at + 1])}|[{signs}])"
            at += 2
        else:
            yield _one(text[at])
            at += 1


def _one(letter: str) -> str:
    if letter == " ":
        return r"\s{1,3}"
    accented = _VARIANTS.get(letter)
    if accented is not None:
        return f"[{letter}{accented}]"
    if letter.isascii():
        return re.escape(letter)
    other = letter.upper()
    return f"[{letter}{other}]" if len(other) == 1 else re.escape(letter)
