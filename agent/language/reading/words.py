"""Words and signs that several rooms of the reading share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from agent.language.turns import LANGUAGES, read_words
from graph.schema.model import ValueType


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Mapping[str, list[str]]]:
    found: Mapping[str, Mapping[str, list[str]]] = read_words("reading")
    return found


def words(name: str) -> frozenset[str]:
    """The words of both languages that `words/reading.yml` has under a name. Raises KeyError where it has none."""
    said = _read()[name]
    return frozenset(word for language in LANGUAGES for word in said[language])


SUPERLATIVES: Final = {
    "oldest": ("age", False), "newest": ("age", True), "largest": ("size", True), "smallest": ("size", False),
    "costliest": ("cost", True), "cheapest": ("cost", False), "highest": ("", True), "lowest": ("", False),
    "worst": ("severity", True), "soonest": ("coming", False),
}  # fmt: skip
BUCKETS: Final = {
    "mois": "month", "month": "month", "months": "month", "annee": "year", "an": "year", "year": "year", "years": "year",
    "trimestre": "quarter", "quarter": "quarter", "semaine": "week", "week": "week", "jour": "day", "day": "day",
}  # fmt: skip
OPERATORS: Final = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "=", "ne": "<>"}
COMPARISONS: Final = words("comparisons")
"""Comparisons that say nothing without a figure."""
CATEGORY: Final = "ConfigurationItem"
DATES: Final = (ValueType.DATE, ValueType.INSTANT)
NUMBERS: Final = (ValueType.INTEGER, ValueType.FLOAT, ValueType.MONEY)
FUNCTIONS: Final = {"mean": "average", "sum": "sum", "maximum": "maximum", "minimum": "minimum", "median": "median"}
EACH: Final = words("each")
"""Words that say a group of each."""
POSSESSIVES: Final = words("possessives")
