"""What may be written next at the console: keywords, functions, kinds, relation types, properties, parameters, commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from graph.cypher.functions import FUNCTIONS
from graph.queries.catalogue import CatalogueQuery
from graph.schema.model import Schema

KEYWORDS: Final = (
    "MATCH", "OPTIONAL MATCH", "WHERE", "RETURN", "WITH", "UNWIND", "UNION", "UNION ALL", "CALL", "AS", "DISTINCT",
    "ORDER BY", "ASC", "DESC", "SKIP", "LIMIT", "AND", "OR", "XOR", "NOT", "IN", "IS NULL", "IS NOT NULL", "STARTS WITH",
    "ENDS WITH", "CONTAINS", "CASE", "WHEN", "THEN", "ELSE", "END", "EXISTS", "COUNT", "COLLECT", "EXPLAIN", "true",
    "false", "null", "shortestPath", "allShortestPaths",
)  # fmt: skip
COMMANDS: Final = (":help", ":params", ":param", ":explain", ":output", ":list", ":run", ":quit")
OUTPUTS: Final = ("table", "json", "csv")
DELIMITERS: Final = " \t\n()[]{},;=<>+-*/|%^!'\"&"
"""What ends a word: colon, dot and dollar do not, they say what follows."""

_IN_RELATION: Final = re.compile(r"\[[^\]]*$")


class Completion:
    """Completes words from a schema, a catalogue and the parameters set at the console."""

    def __init__(
        self,
        schema: Schema,
        catalogue: Mapping[str, CatalogueQuery],
        parameters: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._catalogue = catalogue
        self._parameters = parameters
        self._functions = sorted(f"{function.name}(" for function in FUNCTIONS.values())
        self._properties = sorted({"id", *schema.node_attributes, *schema.relation_attributes})

    def candidates(self, line: str, word: str) -> list[str]:
        """Everything that `word`, the last of `line`, may become."""
        before = line[: len(line) - len(word)] if line.endswith(word) else line
        if line.lstrip().startswith(":"):
            return self._command(line.lstrip(), word)
        head, sign, tail = _last_sign(word)
        if sign == "$":
            return _starting(tail, self._parameters, head + "$")
        if sign == ":":
            names = self._schema.relations if _IN_RELATION.search(before + head) else self._schema.kinds
            return _starting(tail, names, head + ":")
        if sign == ".":
            return _starting(tail, self._properties, head + ".")
        if _IN_RELATION.search(before) and before.rstrip().endswith("|"):
            return _starting(word, self._schema.relations)
        if not word:
            return []
        upper = word.upper()
        keywords = [keyword if word[0].isupper() or not keyword.isupper() else keyword.lower() for keyword in KEYWORDS]
        return [k for k in keywords if k.upper().startswith(upper)] + _starting(word, self._functions)

    def _command(self, line: str, word: str) -> list[str]:
        words = line.split()
        if len(words) <= 1 and not line.endswith(" "):
            return _starting(word, COMMANDS)
        if words[0] == ":output":
            return _starting(word, OUTPUTS)
        if words[0] == ":param":
            return _starting(word, self._parameters)
        if words[0] == ":run":
            if len(words) == 1 or (len(words) == 2 and not line.endswith(" ")):
                return _starting(word, self._catalogue)
            query = self._catalogue.get(words[1])
            return _starting(word, [f"{parameter.name}=" for parameter in query.parameters] if query else ())
        if words[0] == ":explain":
            return self.candidates(line.removeprefix(":explain").lstrip(), word)
        return []

    def completer(self, buffer: Callable[[], str]) -> Callable[[str, int], str | None]:
        """The function that readline asks; `buffer` gives the line so far."""
        found: list[str] = []

        def complete(word: str, state: int) -> str | None:
            if state == 0:
                found[:] = self.candidates(buffer(), word)
            return found[state] if state < len(found) else None

        return complete


def _last_sign(word: str) -> tuple[str, str, str]:
    """The word parted at the last of `:`, `.` and `$`, which say what follows them."""
    at = max(word.rfind(sign) for sign in ":.$")
    return ("", "", word) if at < 0 else (word[:at], word[at], word[at + 1 :])


def _starting(word: str, names: Iterable[str], prefix: str = "") -> list[str]:
    folded = word.casefold()
    return [prefix + name for name in names if name.casefold().startswith(folded)]
