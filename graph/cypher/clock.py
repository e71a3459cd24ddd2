"""The parameters that stand for the present in a bound tree, so that a query has one `now` on every backend.

The binder puts them where the text calls `datetime()`, `date()` and `timestamp()` without arguments; their values come
from the read's context (`graph.cypher.parameters.complete_parameters`). The names cannot be written without backticks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

NOW: Final = "__now"
TODAY: Final = "__today"
NOW_MILLIS: Final = "__now_millis"

OF_FUNCTION: Final[Mapping[str, str]] = MappingProxyType({"datetime": NOW, "date": TODAY, "timestamp": NOW_MILLIS})
"""Functions that, called without arguments, mean the present."""

_MOMENTS: Final = ("date", "datetime", "localdatetime", "localtime", "time")
OPEN_PRESENT: Final[Mapping[str, str]] = MappingProxyType(
    {f"{name}{clock}": name for name in _MOMENTS for clock in ("", ".transaction", ".statement", ".realtime")}
)
"""The same in open mode, with the function that each stands for."""

NAMES: Final = frozenset({NOW, TODAY, NOW_MILLIS})


def clock_values(names: frozenset[str], now: datetime) -> dict[str, Any]:
    """The values of the clock's parameters: the instant, its day (UTC), and milliseconds since 1970."""
    values = {NOW: now, TODAY: now.date(), NOW_MILLIS: int(now.timestamp() * 1000)}
    return {name: values[name] for name in names}
