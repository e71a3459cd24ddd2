"""A period about a date or an instant, as a condition."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal

from agent.language.periods import Period, Shape
from agent.query.model import Attribute, Compare, Condition, Moment, Value, Within
from graph.schema.model import ValueType

_DAY: Final = timedelta(days=1)
_UNITS: Final[dict[str, tuple[int, Literal["hours", "days", "weeks", "months", "years"]]]] = {
    "hour": (1, "hours"), "day": (1, "days"), "week": (1, "weeks"), "fortnight": (2, "weeks"), "month": (1, "months"),
    "quarter": (3, "months"), "semester": (6, "months"), "year": (1, "years"),
}  # fmt: skip


def _moment(day: date, kind: ValueType) -> Moment:
    return Moment(day.isoformat() if kind is ValueType.DATE else f"{day.isoformat()}T00:00:00Z")


def _from_now(period: Period, kind: ValueType, sign: int) -> Moment:
    times, unit = _UNITS[period.unit]
    at = "today" if kind is ValueType.DATE and unit != "hours" else "now"
    return Moment(at, shift=sign * round(period.count * times), unit=unit)


def window(value: Attribute, kind: ValueType, period: Period, *, negated: bool = False) -> Condition:
    """Whether a moment lies in a period; of one that is negated ("not restarted for 3 months"), before its start."""
    here: Value = Moment("today" if kind is ValueType.DATE else "now")
    if period.rolling:
        if period.shape is Shape.OVER:
            return Compare(value, "<", _from_now(period, kind, -1))
        if period.shape is Shape.BEFORE:
            return Compare(value, "<=", _from_now(period, kind, -1))
        if negated and period.behind:
            return Compare(value, "<", _from_now(period, kind, -1))
        if period.ahead:
            return Within(value, here, _from_now(period, kind, 1), closed=True)
        return Within(value, _from_now(period, kind, -1), here, closed=True)
    start = _moment(period.start, kind) if period.start else None
    end = _moment(period.end, kind) if period.end else None
    if negated and start is not None:
        return Compare(value, "<", start)
    if period.shape is Shape.BEFORE and start is None and end is not None:
        return Compare(value, "<", end)
    if period.shape is Shape.AFTER and start is not None:
        return Compare(value, ">=", start)
    return Within(value, start, end)
