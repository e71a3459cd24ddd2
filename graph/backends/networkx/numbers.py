"""Numbers and their texts, as Neo4j 5 (the Java platform) writes, reads and rounds them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any, Final

from graph.backends.networkx.errors import ArithmeticOverflowError, EvaluationError

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

_WHOLE = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?)")
_MODES: Final = {
    "UP": ROUND_UP,
    "DOWN": ROUND_DOWN,
    "CEILING": ROUND_CEILING,
    "FLOOR": ROUND_FLOOR,
    "HALF_UP": ROUND_HALF_UP,
    "HALF_DOWN": ROUND_HALF_DOWN,
    "HALF_EVEN": ROUND_HALF_EVEN,
}
_WIDE: Final = Context(prec=800)  # more digits than any 64-bit float has
_MOST_DIGITS: Final = 400


def int64(value: int) -> int:
    """The integer, if it has 64 bits. Raises ArithmeticOverflowError."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise ArithmeticOverflowError("an integer result does not fit 64 bits", hint="use toFloat() on an operand")


def float_text(value: float) -> str:
    """A float as Java writes it: plain from 0.001 to ten million, else with an exponent; shortest digits."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    power = len(digits) - 1 + int(exponent)
    return f"{'-' if sign else ''}{text[0]}.{text[1:] or '0'}E{power}"


def integer_of_text(text: str) -> int | None:
    """The integer that a text writes, fractions cut off; None where it writes none. Raises EvaluationError beyond 64 bits."""
    if _WHOLE.fullmatch(text):
        value = int(text)
        if not INT_MIN <= value <= INT_MAX:
            raise EvaluationError(f"the integer {text} does not fit 64 bits", hint="use toFloat()")
        return value
    if text != text.strip() or not _FLOAT.fullmatch(text):
        return None
    found = float_of_text(text)
    if found is None or found != found or "Infinity" in text:
        return None
    if math.isinf(found):
        raise EvaluationError(f"the integer {text} does not fit 64 bits", hint="use toFloat()")
    return integer_of_float(found)


def integer_of_float(value: float) -> int:
    """A float without its fraction, as Java casts: NaN is 0, what is beyond 64 bits is the nearest integer that fits."""
    if value != value:
        return 0
    return max(INT_MIN, min(INT_MAX, int(value) if math.isfinite(value) else INT_MAX if value > 0 else INT_MIN))


def float_of_text(text: str) -> float | None:
    """The float that a text writes; None where it writes none."""
    text = text.strip()
    return float(text.rstrip("dDfF")) if _FLOAT.fullmatch(text) else None


def rounded(value: Any, digits: int = 0, mode: str | None = None) -> float:
    """`round()`: half up without a mode; towards positive infinity at 0 digits. Raises EvaluationError."""
    if type(digits) is not int or digits < 0:
        raise EvaluationError(f"round() to {digits!r} digits", hint="the precision is an integer of at least 0")
    rule = _MODES.get(mode or "HALF_UP")
    if rule is None:
        raise EvaluationError(f"round() has no mode {mode!r}", hint=", ".join(_MODES))
    number = float(value)
    if not math.isfinite(number):
        return number
    exact = Decimal(repr(number))
    if digits == 0 and mode is None:
        return float((exact + Decimal("0.5")).to_integral_value(ROUND_FLOOR, _WIDE))
    return 0.0 + float(exact.quantize(Decimal(1).scaleb(-min(digits, _MOST_DIGITS)), rule, _WIDE))  # no zero below zero


def floored(value: Any) -> float:
    """`floor()`, which keeps the sign of zero."""
    return math.copysign(float(math.floor(value)), value) if math.isfinite(value) else float(value)


def ceiling(value: Any) -> float:
    """`ceil()`, which keeps the sign of zero."""
    return math.copysign(float(math.ceil(value)), value) if math.isfinite(value) else float(value)


def cotangent(value: float) -> float:
    """`cot()`, infinite at zero."""
    tangent = math.tan(value)
    return math.copysign(math.inf, tangent) if tangent == 0 else 1 / tangent


def of_float(function: Callable[[float], float]) -> Callable[[Any], float]:
    """A function of floats that gives NaN outside its domain and infinity beyond its range."""

    def apply(value: Any) -> float:
        try:
            return function(float(value))
        except (ValueError, ZeroDivisionError):
            return math.nan
        except OverflowError:
            return math.inf

    return apply


def logarithm(function: Callable[[float], float]) -> Callable[[Any], float]:
    """A logarithm, minus infinity at zero."""
    apply = of_float(function)
    return lambda value: -math.inf if value == 0 else apply(value)
