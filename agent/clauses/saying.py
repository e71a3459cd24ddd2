"""How conditions on properties are made, and the words of comparison that they are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent.clauses.asked import Holder
from agent.clauses.marks import Mark
from agent.query.model import Attribute, Compare, Constant, Operator
from graph.schema.model import ValueType

NUMBERS: Final = (ValueType.INTEGER, ValueType.FLOAT)
DATES: Final = (ValueType.DATE, ValueType.INSTANT)
OPERATORS: Final[dict[str, Operator]] = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "=", "ne": "<>"}
TEXTS: Final[dict[str, Operator]] = {"starts": "starts with", "contains": "contains", "ends": "ends with"}

Use = Callable[[Holder, str], None]
"""What becomes of a property once it is known whose it is."""


def operator_of(mark: Mark) -> Operator:
    """The comparison that a mark says."""
    return next(OPERATORS[turn] for turn in OPERATORS if turn in mark.turns)


def constrain(holder: Holder, name: str, text: str | float, *, again: bool = False) -> None:
    """Say that a property is a text; with `again` one of several."""
    value = Attribute(holder.name, name)
    if again and holder.where:
        last = holder.where[-1]
        if (
            isinstance(last, Compare)
            and last.left == value
            and last.operator in ("=", "in")
            and isinstance(last.right, Constant)
        ):
            before = last.right.value if isinstance(last.right.value, list) else [last.right.value]
            holder.where[-1] = Compare(value, "in", Constant([*before, text]))
            return
    condition = Compare(value, "=", Constant(text))
    if condition not in holder.where:
        holder.where.append(condition)


def whole(number: float) -> float | int:
    """A number without a fraction as an integer."""
    return int(number) if float(number).is_integer() else number
