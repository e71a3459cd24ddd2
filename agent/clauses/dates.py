"""Days and years that dates are compared with: on 2019-06-07, after 2010, in 1990."""

from __future__ import annotations

from datetime import date

from agent.clauses.marks import Mark
from agent.query.model import Compare, Condition, Moment, Negation, Operator, Value, Within

_YEARS = range(1, 9999)


def dated(value: Value, operator: Operator, mark: Mark) -> Condition | None:
    """A date compared with a day, or with a year as a whole; None where the mark says neither."""
    if day := _day(mark):
        return Compare(value, operator, Moment(day))
    if mark.number is None or not mark.number.is_integer() or int(mark.number) not in _YEARS:
        return None
    first, next_ = (Moment(f"{int(mark.number) + more:04}-01-01") for more in (0, 1))
    match operator:
        case "=":
            return Within(value, first, next_)
        case "<>":
            return Negation(Within(value, first, next_))
        case ">":
            return Compare(value, ">=", next_)
        case "<=":
            return Compare(value, "<", next_)
        case ">=" | "<":
            return Compare(value, operator, first)
        case _:
            return None


def _day(mark: Mark) -> str:
    """A day as ISO 8601 has it; nothing where it is none."""
    text = mark.day or mark.said
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
