"""Value expressions of a mapping, compiled to functions from a record's fields to a value (None: absent)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from core.clock import in_utc

Fields = Mapping[str, Any]
Expression = Callable[[Fields], Any]

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_QUANTITY = re.compile(r"([0-9]+(?: [0-9]{3})*(?:[.,][0-9]+)?)\s*([^\W\d_]*)")
_WORDS = re.compile(r"[^\W_]+")


class UnmappedValue(Exception):
    """A value that the mapping has no rule for. Becomes a quarantined row."""

    def __init__(self, code: str, field: str, seen: Any, hint: str) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.seen = seen
        self.hint = hint


def path(text: str) -> Expression:
    """The value at a dotted path; absent where a step is missing or not a mapping."""
    first, *rest = text.split(".")
    if not rest:
        return lambda fields: _present(fields.get(first))

    def look_up(fields: Fields) -> Any:
        value = fields.get(first)
        for step in rest:
            if not isinstance(value, Mapping):
                return None
            value = value.get(step)
        return _present(value)

    return look_up


def _present(value: Any) -> Any:
    return None if value == "" else value


def constant(value: Any) -> Expression:
    """Always the same value."""
    return lambda _fields: value


def template(text: str) -> Expression:
    """Text with `{path}` placeholders; absent where one of them is."""
    literals = _PLACEHOLDER.split(text)[::2]
    parts = [path(name.strip()) for name in _PLACEHOLDER.findall(text)]

    def fill(fields: Fields) -> Any:
        values = [part(fields) for part in parts]
        if any(value is None for value in values):
            return None
        pieces = [literals[0]]
        for value, literal in zip(values, literals[1:], strict=True):
            pieces += (str(value), literal)
        return "".join(pieces).strip()

    return fill


def placeholders(text: str) -> list[str]:
    """The paths that a template names."""
    return [name.strip() for name in _PLACEHOLDER.findall(text)]


def first_of(expressions: list[Expression]) -> Expression:
    """The first of several that is present."""
    return lambda fields: next((value for e in expressions if (value := e(fields)) is not None), None)


def without(inner: Expression, unknown: frozenset[str]) -> Expression:
    """Absent where the source writes one of its words for unknown, such as `?` or `n/a`."""

    def known(fields: Fields) -> Any:
        value = inner(fields)
        return None if isinstance(value, str) and value.strip() in unknown else value

    return known


def mapped(inner: Expression, values: Mapping[str, Any], named: str, otherwise: Expression | None) -> Expression:
    """The value's counterpart in a table. One that the table does not hold is refused, unless `otherwise` says what it is."""
    hint = "known: " + ", ".join(list(values)[:12]) + "; add the value to the mapping"

    def translate(fields: Fields) -> Any:
        value = inner(fields)
        if value is None:
            return None
        text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        if text in values:
            return values[text]
        if otherwise is not None:
            return otherwise(fields)
        raise UnmappedValue("VALUE_NOT_MAPPED", named, value, hint)

    return translate


def instant(inner: Expression, layouts: tuple[str, ...], named: str) -> Expression:
    """An instant written in one of some layouts of strptime, the first that fits; without offset it is UTC."""

    def read(fields: Fields) -> Any:
        value = inner(fields)
        if value is None:
            return None
        moment = _moment(str(value), layouts, named)
        return in_utc(moment)

    return read


def day(inner: Expression, layouts: tuple[str, ...], named: str) -> Expression:
    """A calendar date written in one of some layouts of strptime, the first that fits."""

    def read(fields: Fields) -> Any:
        value = inner(fields)
        return None if value is None else _moment(str(value), layouts, named).date()

    return read


def _moment(text: str, layouts: tuple[str, ...], named: str) -> datetime:
    for layout in layouts:
        try:
            return datetime.strptime(text.strip(), layout)  # noqa: DTZ007 - the caller gives the zone
        except ValueError:
            continue
    raise UnmappedValue("WRONG_TYPE", named, text, f"the mapping expects {' or '.join(layouts)}")


def in_units(inner: Expression, factors: Mapping[str, float], named: str) -> Expression:
    """A number with its unit behind it, such as `4 h` or `1,5 TB`, in the unit that the factors lead to.

    A number alone is refused, unless the empty unit has a factor: what it counts is not guessed.
    """
    hint = "write a number and one of the units " + ", ".join(unit or "(none)" for unit in factors)

    def convert(fields: Fields) -> Any:
        value = inner(fields)
        if value is None:
            return None
        found = _QUANTITY.fullmatch(str(value).strip())
        factor = None if found is None else factors.get(found[2].casefold())
        if found is None or factor is None:
            raise UnmappedValue("WRONG_TYPE", named, value, hint)
        result = round(float(found[1].replace(" ", "").replace(",", ".")) * factor, 9)
        return int(result) if result.is_integer() else result

    return convert


def only_dates(inner: Expression) -> Expression:
    """The value where it is a calendar date, else absent: some sources write true or false in place of a date."""

    def read(fields: Fields) -> Any:
        value = inner(fields)
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            return None

    return read


def only_booleans(inner: Expression) -> Expression:
    """The value where it is true or false, else absent."""

    def read(fields: Fields) -> Any:
        value = inner(fields)
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None

    return read


def split(inner: Expression, separators: tuple[str, ...]) -> Expression:
    """A list of the parts between separators, without empty ones and repetitions; absent where none is left."""
    between = re.compile("|".join(map(re.escape, separators)))

    def parts(fields: Fields) -> Any:
        value = inner(fields)
        if value is None:
            return None
        items = between.split(value) if isinstance(value, str) else list(value)
        return tuple(dict.fromkeys(text for item in items if (text := str(item).strip()))) or None

    return parts


def scaled(inner: Expression, factor: float, named: str) -> Expression:
    """A number in another unit; whole results stay whole."""

    def scale(fields: Fields) -> Any:
        value = inner(fields)
        if value is None:
            return None
        try:
            result = float(value) * factor
        except (TypeError, ValueError):
            raise UnmappedValue("WRONG_TYPE", named, value, "the mapping expects a number") from None
        return int(result) if result.is_integer() else result

    return scale


def folded(text: str) -> str:
    """A text as people mean it: without case, accents and punctuation, single blanks between its words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(_WORDS.findall(plain))


def cased(inner: Expression, case: str) -> Expression:
    """A text in upper or lower case, without white space around it; `fold` takes accents and punctuation too."""
    change = {"upper": str.upper, "lower": str.lower, "fold": folded}[case]

    def fold(fields: Fields) -> Any:
        value = inner(fields)
        return change(value.strip()) if isinstance(value, str) else value

    return fold


def trimmed(inner: Expression) -> Expression:
    """A text without white space around it; absent where nothing is left."""

    def trim(fields: Fields) -> Any:
        value = inner(fields)
        return (value.strip() or None) if isinstance(value, str) else value

    return trim
