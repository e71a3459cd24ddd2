"""Converts one source value to the type of its attribute: compiled once per attribute, typed values pass through fast.

Sources give text or JSON values; the graph holds exact types. Nothing is guessed: an instant without offset, a number with a
comma or a float for an integer is refused with a hint, and the mapping of that source has to say what is meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from graph.model import Scalar
from graph.schema.model import Attribute, PersonalData, ValueType

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MAX_STRING_BYTES = 1_048_576
LIST_SEPARATOR = "|"

_INTEGER = re.compile(r"[-+]?[0-9]{1,400}(?:\.0{1,9})?", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?", re.ASCII)
_PSEUDONYM = re.compile(r"P-(?=[0-9a-f-]*[0-9])[0-9a-f][0-9a-f-]{3,39}", re.ASCII)
_BOOLEANS = {
    "true": True, "yes": True, "oui": True, "vrai": True, "1": True, "y": True, "o": True, "t": True,
    "false": False, "no": False, "non": False, "faux": False, "0": False, "n": False, "f": False,
}  # fmt: skip

Converter = Callable[[Any], Scalar]


class RefusedValue(ValueError):
    """A value that is not of its attribute's type or not within its bounds. `code` is stable, `hint` says what to give."""

    def __init__(self, code: str, hint: str) -> None:
        super().__init__(code, hint)
        self.code = code
        self.hint = hint


def converter_for(attribute: Attribute, allowed: tuple[str, ...] | None = None) -> Converter:
    """The converter of an attribute; `allowed` are the values of its enum. The converter raises RefusedValue."""
    type_ = attribute.type
    if attribute.personal is PersonalData.PSEUDONYM:
        return _string_list(_pseudonym) if type_ is ValueType.STRING_LIST else _pseudonym
    if type_ is ValueType.STRING:
        return _string if allowed is None else _enum(allowed)
    if type_ is ValueType.STRING_LIST:
        return _string_list(_string if allowed is None else _enum(allowed))
    if type_ in (ValueType.INTEGER, ValueType.MONEY):
        return _integer(attribute.minimum, attribute.maximum, money=type_ is ValueType.MONEY)
    if type_ is ValueType.FLOAT:
        return _float(attribute.minimum, attribute.maximum)
    return {ValueType.BOOLEAN: _boolean, ValueType.DATE: _date, ValueType.INSTANT: _instant}[type_]


def _string(value: Any) -> Scalar:
    if type(value) is not str:
        if not isinstance(value, str):
            raise RefusedValue("WRONG_TYPE", "give a text")
        value = str.__str__(value)
    if "\0" in value:
        raise RefusedValue("FORBIDDEN_CHARACTER", "remove the NUL character: no store can hold it")
    size = len(value)
    if not value.isascii():
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            hint = "a lone surrogate is no character: decode the source with its true encoding"
            raise RefusedValue("FORBIDDEN_CHARACTER", hint) from None
    if size > MAX_STRING_BYTES:
        raise RefusedValue("TOO_LONG", f"texts are held up to {MAX_STRING_BYTES:,} bytes; this one has {size:,}")
    return value  # type: ignore[no-any-return]


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym: `P-` and hexadecimal digits, a decimal one among them."""
    return _PSEUDONYM.fullmatch(text) is not None


def _pseudonym(value: Any) -> Scalar:
    if isinstance(value, str) and is_pseudonym(value):
        return value
    raise RefusedValue("NOT_A_PSEUDONYM", "persons have pseudonyms, such as P-0042-3f0c1a; names stay where they are")


def _enum(allowed: tuple[str, ...]) -> Converter:
    known = frozenset(allowed)
    hint = "give one of " + ", ".join(allowed)

    def convert(value: Any) -> Scalar:
        if type(value) is str and value in known:
            return value
        if isinstance(value, str):
            text = str.__str__(value).strip()
            if text in known:
                return text
            raise RefusedValue("NOT_IN_ENUM", hint)
        raise RefusedValue("WRONG_TYPE", hint)

    return convert


def _string_list(item: Converter) -> Converter:
    def convert(value: Any) -> Scalar:
        if isinstance(value, str):
            parts: Any = [part.strip() for part in value.split(LIST_SEPARATOR)]
        elif isinstance(value, list | tuple):
            parts = value
        else:
            raise RefusedValue("WRONG_TYPE", f"give a list of texts, or one text with `{LIST_SEPARATOR}` between them")
        return tuple(str(item(part)) for part in parts if part != "")

    return convert


def _integer(minimum: float | None, maximum: float | None, *, money: bool) -> Converter:
    low = INT64_MIN if minimum is None else minimum
    high = INT64_MAX if maximum is None else maximum
    wrong = "give an amount in minor units (cents), a whole number" if money else "give a whole number"
    out = _range_hint(minimum, maximum) or "give a number that 64 bits can hold"

    def convert(value: Any) -> Scalar:
        if type(value) is not int:
            value = _whole(value, wrong)
        if low <= value <= high and INT64_MIN <= value <= INT64_MAX:
            return value  # type: ignore[no-any-return]
        raise RefusedValue("OUT_OF_RANGE", out)

    return convert


def _whole(value: Any, hint: str) -> int:
    if isinstance(value, str):
        text = value.strip()
        if _INTEGER.fullmatch(text):
            return int(text.partition(".")[0])
    elif not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        return int(value)
    raise RefusedValue("WRONG_TYPE", hint)


def _float(minimum: float | None, maximum: float | None) -> Converter:
    low = -math.inf if minimum is None else minimum
    high = math.inf if maximum is None else maximum
    out = _range_hint(minimum, maximum) or "give a finite number"

    def convert(value: Any) -> Scalar:
        if type(value) is not float:
            value = _number(value)
        if low <= value <= high and math.isfinite(value):
            return value  # type: ignore[no-any-return]
        raise RefusedValue("OUT_OF_RANGE", out)

    return convert


def _number(value: Any) -> float:
    try:
        if isinstance(value, str):
            text = value.strip()
            if _FLOAT.fullmatch(text):
                return float(text)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    except OverflowError:
        raise RefusedValue("OUT_OF_RANGE", "give a number that a 64-bit float can hold") from None
    raise RefusedValue("WRONG_TYPE", "give a number with a decimal point, without unit or thousands separator")


def _range_hint(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f"give a number from {minimum:g} to {maximum:g}"
    if minimum is not None:
        return f"give a number of at least {minimum:g}"
    return "" if maximum is None else f"give a number of at most {maximum:g}"


def _boolean(value: Any) -> Scalar:
    if value is True or value is False:
        return value
    known = _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else None
    if known is not None:
        return known
    if type(value) is int and value in (0, 1):
        return value == 1
    raise RefusedValue("WRONG_TYPE", "give true or false (yes/no, oui/non and 1/0 are understood)")


def _date(value: Any) -> Scalar:
    if type(value) is date:
        return value
    if isinstance(value, str):
        text = value.strip()
        if len(text) == 10 and text[4] == text[7] == "-":
            try:
                return date.fromisoformat(text)
            except ValueError:
                raise RefusedValue("WRONG_TYPE", "there is no such day") from None
    raise RefusedValue("WRONG_TYPE", "give a calendar date as YYYY-MM-DD, without time of day")


def _instant(value: Any) -> Scalar:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise RefusedValue("WRONG_TYPE", "give an ISO 8601 instant such as 2025-01-31T08:30:00Z") from None
    if not isinstance(value, datetime):
        raise RefusedValue("WRONG_TYPE", "give an ISO 8601 instant such as 2025-01-31T08:30:00Z")
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise RefusedValue("WRONG_TYPE", "say the offset, as in 2025-01-31T08:30:00+01:00, or Z for UTC")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise RefusedValue("OUT_OF_RANGE", "give an instant within the years 1 to 9999, UTC") from None
