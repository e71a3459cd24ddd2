"""Where statements end: at a semicolon outside strings, quoted names and comments."""

from __future__ import annotations

import re
from typing import Final

_PIECE: Final = re.compile(
    r"""//[^\n]*+ | /\*(?s:.*?)\*/ | '(?:[^'\\]|\\.)*+' | "(?:[^"\\]|\\.)*+" | `[^`]*+` | (?P<end>;) | (?P<open>/\*|['"`]) | (?s:.)""",
    re.VERBOSE,
)


def split_statements(text: str) -> tuple[list[tuple[int, str]], str]:
    """Complete statements with the offset at which each starts, without semicolons, and what is left behind the last.

    An unclosed string, name or comment belongs to what is left.
    """
    found: list[tuple[int, str]] = []
    start = 0
    for piece in _PIECE.finditer(text):
        if piece["open"]:
            break
        if piece["end"]:
            statement = text[start : piece.start()]
            if not is_blank(statement):
                found.append((start, statement))
            start = piece.end()
    return found, text[start:]


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but blanks and comments."""
    return not re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL).strip()
