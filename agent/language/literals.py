"""Texts in quotation marks, which name values of a graph that nobody described: lifted out before words are read."""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = re.compile(
    r"(?<![\w])'([^'\n]{1,120}(?:'s? [^'\n]{1,80})?)'(?!\w)|\"([^\"\n]{1,120})\"|`([^`\n]{1,120})`"
)


def lift(question: str, known: frozenset[str]) -> tuple[str, dict[str, str]]:
    """The question with each quoted text as a word of its own, and the texts by these words.

    What is quoted and is a word of the schema (`known`, in lower case) only loses its quotation marks.
    """
    literals: dict[str, str] = {}
    question = question.replace("\\'", "’").replace('\\"', "”")

    def word(match: re.Match[str]) -> str:
        text = next(group for group in match.groups() if group is not None)
        if text.casefold() in known:
            return f" {text} "
        name = f"literal{len(literals)}q"
        literals[name] = text.replace("’", "'").replace("”", '"')
        return f" {name} "

    return _QUOTED.sub(word, question), literals
