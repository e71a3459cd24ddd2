"""One written form for comparison: no case, no accents, no typographic signs, as many characters as before.

The length is kept, so that a position in the folded text is one in the question.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_SIGNS: Final = {
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "«": '"', "»": '"',
    "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "\u00a0": " ", "\u202f": " ", "…": ".",
    "ø": "o", "ł": "l", "đ": "d", "œ": "o", "æ": "a", "ß": "s",
}  # fmt: skip


@lru_cache(maxsize=512)
def _plain(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    first = unicodedata.normalize("NFKD", character)[:1]
    lowered = first.lower()
    return lowered if len(lowered) == 1 else character


def fold(text: str) -> str:
    """The text without case and accents, character for character. A decomposed text is to be composed first."""
    return text.lower() if text.isascii() else "".join(map(_plain, text))


def composed(text: str) -> str:
    """Letters and their accents as single characters, so that `fold` sees the accent. `œ` becomes `oe`."""
    text = unicodedata.normalize("NFC", text)
    return text.replace("œ", "oe").replace("Œ", "OE")
