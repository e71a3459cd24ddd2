"""GSQL text as tokens with their places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.errors import BackendError


class GsqlTextError(BackendError):
    """A GSQL text that is not well-formed, or mentions what is not declared."""

    code = "GSQL_TEXT"


class Sort(StrEnum):
    """What a token is."""

    NAME = "name"
    LOCAL = "vertex-attached accumulator"
    GLOBAL = "global accumulator"
    NUMBER = "number"
    STRING = "string"
    SIGN = "sign"
    END = "end of text"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `word` is its text, in capitals for names, so that keywords compare."""

    sort: Sort
    text: str
    word: str
    position: int


_TOKEN: Final = re.compile(
    r"""
    (?P<blank>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/)
    |(?P<STRING>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\\n])*')
    |(?P<NUMBER>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])|\.\d+)
    |(?P<POST>POST[-_]ACCUM)\b
    |(?P<GLOBAL>@@[A-Za-z_]\w*)
    |(?P<LOCAL>@[A-Za-z_]\w*)
    |(?P<NAME>[A-Za-z_]\w*)
    |(?P<SIGN>->|<-|\+=|==|!=|<>|<=|>=|\.\.|\|\||[-+*/%=<>(){}\[\],;.:|&^~])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def tokens_of(text: str) -> list[Token]:
    """Every token, and one for the end. Raises GsqlTextError for a sign that is none of GSQL's."""
    return [*_tokens(text), Token(Sort.END, "", "", len(text))]


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise problem(text, position, f"{text[position : position + 12]!r} is no GSQL")
        kind, word = str(found.lastgroup), found.group()
        if kind == "POST":
            yield Token(Sort.NAME, word, "POST-ACCUM", position)
        elif kind != "blank":
            sort = Sort[kind]
            yield Token(sort, word, word.upper() if sort is Sort.NAME else word, position)
        position = found.end()


def problem(text: str, position: int, seen: str) -> GsqlTextError:
    """An error with its line and column."""
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return GsqlTextError(seen, where=f"line {line}, column {column}")
