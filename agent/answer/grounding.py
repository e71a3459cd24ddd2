"""Every figure and every name in a text comes from a row: this is checked, and what does not is taken out.

Facts are the cells of the rows, the number of rows, the values of parameters and constants, and the labels of the schema.
A sentence with a figure or a name that no fact holds is removed and reported, whoever wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from graph.model import Edge, Node, Path

_NUMBER = re.compile(
    r"(?<![\w.,-])[-+]?\d{1,3}(?:[ \u00a0\u202f,']\d{3})+(?:[.,]\d+)?(?![\w])|(?<![\w.-])[-+]?\d+(?:[.,]\d+)?(?![\w])"
)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?|\b\d{1,2}/\d{1,2}/\d{4}\b")
_CODE = re.compile(r"\b(?=[\w./:-]*\d)(?=[\w./:-]*[A-Za-z])[\w][\w./:-]*[\w]\b")
_QUOTED = re.compile(r"[«\"“]\s*([^«»\"“”]+?)\s*[»\"”]")
_PROPER = re.compile(r"(?<![.!?:\n] )(?<!^)(?<![\w'’-])([A-ZÀ-Ý][\w'’-]+(?:\s+[A-ZÀ-Ý][\w'’-]+)*)")
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý«\"“0-9])|\n+")

FIRST = 50
"""Rows that a text may speak of before all of them are looked at."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be said. `words`: everything that cells, parameters and labels say, folded."""

    numbers: frozenset[float] = frozenset()
    texts: frozenset[str] = frozenset()
    words: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls,
        rows: Sequence[Iterable[Any]],
        parameters: Mapping[str, Any],
        said: Iterable[Any] = (),
        count: int | None = None,
    ) -> Facts:
        """Facts of rows and parameters; `said`: numbers and texts that count beside them, such as labels and totals.

        `count`: how many rows there are, where `rows` are some of them.
        """
        numbers: set[float] = set()
        texts: set[str] = set()
        for row in rows:
            for cell in row:
                _gather(cell, numbers, texts)
        _gather(list(parameters.values()), numbers, texts)
        _gather(list(said), numbers, texts)
        numbers.add(float(len(rows) if count is None else count))
        words = {word for text in texts for word in re.findall(r"\w+", text)}
        return cls(frozenset(numbers), frozenset(texts), frozenset(words))

    def has_number(self, number: float) -> bool:
        """Whether a figure is one of the facts, as it is or rounded to what is shown."""
        return any(
            abs(known - number) <= 1e-9 * max(1.0, abs(known))
            or number in (round(known, 0), round(known, 1), round(known, 2))
            for known in self.numbers
        )

    def has_text(self, text: str) -> bool:
        """Whether a name is one of the facts, or a part of one in whole words."""
        folded = fold(text)
        return folded in self.texts or all(word in self.words for word in re.findall(r"\w+", folded))


@dataclass(frozen=True, slots=True)
class Grounded:
    """A text with what no fact holds taken out. `removed`: the sentences; `because`: the figures and names."""

    text: str
    removed: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


def ground(text: str, facts: Facts) -> Grounded:
    """Keep the sentences all of whose figures and names are facts."""
    kept, removed, because = [], [], []
    for line in text.split("\n"):
        sentences = [sentence for sentence in _SENTENCE.split(line) if sentence.strip()]
        good = []
        for sentence in sentences:
            unknown = ungrounded(sentence, facts)
            if unknown:
                removed.append(sentence)
                because.extend(unknown)
            else:
                good.append(sentence)
        if good or not sentences:
            kept.append(" ".join(good))
    return Grounded("\n".join(kept).strip(), tuple(removed), tuple(dict.fromkeys(because)))


def ground_in(
    text: str, rows: Sequence[Iterable[Any]], parameters: Mapping[str, Any], said: Iterable[Any] = ()
) -> Grounded:
    """Keep the sentences all of whose figures and names are facts of rows, parameters and what is `said` beside them.

    A text names the first rows; where these hold all that it says, the thousands behind them need not be looked at.
    """
    told = list(said)
    grounded = ground(text, Facts.of(rows[:FIRST], parameters, told, len(rows)))
    if grounded.removed and len(rows) > FIRST:
        return ground(text, Facts.of(rows, parameters, told))
    return grounded


def ungrounded(sentence: str, facts: Facts) -> list[str]:
    """The figures and names of a sentence that no fact holds."""
    unknown: list[str] = []
    left = sentence
    for pattern in (_ADDRESS, _DATE, _CODE):
        for found in pattern.findall(left):
            if not facts.has_text(found):
                unknown.append(found)
        left = pattern.sub(" ", left)
    for found in _QUOTED.findall(left):
        if not facts.has_text(found):
            unknown.append(found)
    for found in _NUMBER.findall(left):
        number = _number(found)
        if number is not None and not facts.has_number(number) and not facts.has_text(found):
            unknown.append(found)
    for found in _PROPER.findall(left):
        if not facts.has_text(found):
            unknown.append(found)
    return list(dict.fromkeys(unknown))


def fold(text: str) -> str:
    """A text without accents and case."""
    if text.isascii():
        return text.casefold().strip()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold().strip()


def _number(text: str) -> float | None:
    """A figure as it is written in either language; None where it is none."""
    plain = re.sub(r"[ \u00a0\u202f']", "", text)
    if re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None


def _gather(cell: Any, numbers: set[float], texts: set[str]) -> None:
    match cell:
        case None | bool():
            return
        case int() | float():
            numbers.add(float(cell))
        case datetime() | date():
            texts |= {fold(cell.isoformat()), fold(cell.strftime("%Y-%m-%d")), fold(cell.strftime("%Y-%m-%d %H:%M"))}
            texts.add(cell.strftime("%d/%m/%Y"))
        case str():
            texts.add(fold(cell))
            numbers |= {number for found in _NUMBER.findall(cell) if (number := _number(found)) is not None}
        case Node() | Edge():
            _gather(dict(cell.properties), numbers, texts)
        case Path():
            _gather([*cell.nodes, *cell.edges], numbers, texts)
        case Mapping():
            for value in cell.values():
                _gather(value, numbers, texts)
        case list() | tuple() | set() | frozenset():
            for value in cell:
                _gather(value, numbers, texts)
        case _:
            texts.add(fold(str(cell)))
