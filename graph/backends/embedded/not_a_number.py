"""Where a value may be NaN, which ladybug orders below other numbers: `0.0 / 0.0 < 1` holds there, and max() depends on order.

Stored floats are finite, so only what a query computes may be none: division, remainders, powers, roots and logarithms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Expression,
    FunctionCall,
    Literal,
    Parameter,
    Property,
    Variable,
)
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.rewrite import children

_MAKING: Final = frozenset({BinaryOperator.DIVIDE, BinaryOperator.MODULO, BinaryOperator.POWER})
_NEVER: Final = frozenset({"count", "size", "length", "toInteger", "sign", "exists"})
_MAKING_CALLS: Final = frozenset({"sqrt", "log", "percentileCont", "stDev", "stDevP"})
_ORDERING: Final = frozenset({BinaryOperator.LT, BinaryOperator.LE, BinaryOperator.GT, BinaryOperator.GE})


def may_be_nan(tree: Expression, type_of: Callable[[Expression], CypherType], names: Collection[str]) -> bool:
    """Whether an expression may be NaN; `names` are the variables that may hold one."""
    match tree:
        case Variable(name):
            return name in names
        case Literal() | Property() | Parameter():
            return False
        case Binary(operator, left, right) if operator in _MAKING:
            if TypeName.INTEGER is type_of(left).name is type_of(right).name and operator is not BinaryOperator.POWER:
                return False
            divides = isinstance(right, Literal) and bool(right.value) and operator is not BinaryOperator.POWER
            if not divides:
                return True
        case FunctionCall(name) if name in _MAKING_CALLS:
            return True
        case FunctionCall(name) if name in _NEVER:
            return False
        case _:
            pass
    return any(may_be_nan(part, type_of, names) for part in children(tree) if isinstance(part, Expression))


def ordered(text: str, operator: BinaryOperator, unsure: Collection[tuple[str, str]]) -> str:
    """A comparison that does not hold of NaN. `unsure` are printed operands that may be NaN, each with the other one."""
    if operator not in _ORDERING or not unsure:
        return text
    known = "".join(f" AND ({operand} = {operand} OR {other} IS NULL)" for operand, other in unsure)
    return f"({text}{known})"
