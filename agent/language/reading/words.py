"""Words and signs that several rooms of the reading share."""

from __future__ import annotations

from typing import Final

from graph.schema.model import ValueType

SUPERLATIVES: Final = {
    "oldest": ("age", False), "newest": ("age", True), "largest": ("size", True), "smallest": ("size", False),
    "costliest": ("cost", True), "cheapest": ("cost", False), "highest": ("", True), "lowest": ("", False),
    "worst": ("severity", True),
}  # fmt: skip
BUCKETS: Final = {
    "mois": "month", "month": "month", "months": "month", "annee": "year", "an": "year", "year": "year", "years": "year",
    "trimestre": "quarter", "quarter": "quarter", "semaine": "week", "week": "week", "jour": "day", "day": "day",
}  # fmt: skip
OPERATORS: Final = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "=", "ne": "<>"}
COMPARISONS: Final = frozenset(
    [
        "plus de", "plus d", "plus que", "moins de", "moins d", "moins que", "au moins", "au plus", "superieur a", "inferieur a",
        "more than", "less than", "fewer than", "greater than", "higher than", "lower than", "at least", "at most",
    ]
)  # fmt: skip
"""Comparisons that say nothing without a figure."""
CATEGORY: Final = "ConfigurationItem"
DATES: Final = (ValueType.DATE, ValueType.INSTANT)
NUMBERS: Final = (ValueType.INTEGER, ValueType.FLOAT, ValueType.MONEY)
FUNCTIONS: Final = {"mean": "average", "sum": "sum", "maximum": "maximum", "minimum": "minimum", "median": "median"}
EACH: Final = frozenset({"chaque", "each", "every", "chacun", "chacune"})
"""Words that say a group of each."""
POSSESSIVES: Final = frozenset({"leur", "leurs", "son", "sa", "ses", "their", "its"})
