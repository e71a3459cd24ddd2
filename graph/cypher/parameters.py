"""Values of parameters: converted to the types that the query's use of them asks for, completed by the clock.

JSON has no dates: a string beside a date property becomes a date. What cannot be converted is refused with the name,
the wanted type and what was given; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from core.clock import in_utc, parse_instant
from core.errors import QueryError
from core.principal import Sight
from graph.cypher.bound import BoundQuery, CypherType, TypeName
from graph.cypher.clock import clock_values
from graph.cypher.diagnostics import MissingParameterError, ParameterTypeError, report
from graph.cypher.lexer import fits_int64
from graph.cypher.types import describe


def coerce_parameters(bound: BoundQuery, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the query's parameters, converted; values that the query does not mention are left out.

    Converting twice changes nothing. Raises MissingParameterError and ParameterTypeError.
    """
    missing = [name for name in bound.parameters if name not in raw]
    if missing:
        raise report(
            MissingParameterError,
            f"no value was given for {', '.join('$' + name for name in missing)}",
            hint=f"pass {missing[0]}, for instance --param {missing[0]}={_EXAMPLES.get(_type(bound, missing[0]), '...')}",
        )
    return {name: _convert(f"${name}", raw[name], wanted) for name, wanted in bound.parameters.items()}


def complete_parameters(
    bound: BoundQuery, raw: Mapping[str, Any], now: datetime, sees: Sight | None = None
) -> dict[str, Any]:
    """Every parameter that the bound tree mentions: the asker's, converted, and the clock's at `now` (UTC).

    A query that was prepared for a restricted asker gets what that asker `sees`. Raises PerimeterMismatchError where it was
    prepared for somebody else: nothing is ever read without its perimeter, nor of kinds that may not be read.
    """
    values = coerce_parameters(bound, raw)
    if bound.clock:
        values.update(clock_values(bound.clock, now))
    if bound.restricted or sees is not None:
        if sees is None or bound.bounded is (sees.perimeters is None) or bound.seen_kinds != sees.kinds:
            raise PerimeterMismatchError(
                "the query was not prepared for what who asks may see", hint="prepare it with the asker's principal"
            )
        if sees.perimeters is not None:
            values[PERIMETERS] = list(sees.perimeters)
    return values


class PerimeterMismatchError(QueryError):
    """A query that was prepared for other perimeters or kinds than those that it is read with: a fault of the program."""

    code = "PERIMETER_MISMATCH"


def _type(bound: BoundQuery, name: str) -> TypeName:
    return bound.parameters[name].name


PERIMETERS: Final = "__perimeters"
"""The parameter that holds what a restricted asker sees; who writes it in a text gets no other value for it."""

_EXAMPLES = {
    TypeName.STRING: "text",
    TypeName.INTEGER: "3",
    TypeName.NUMBER: "3",
    TypeName.FLOAT: "0.5",
    TypeName.BOOLEAN: "true",
    TypeName.DATE: "2025-01-31",
    TypeName.INSTANT: "2025-01-31T08:00:00Z",
    TypeName.LIST: """'["a", "b"]'""",
}


def _convert(name: str, value: Any, wanted: CypherType) -> Any:
    if value is None:
        return None
    found = _converted(name, value, wanted)
    if found is None:
        seen = f"{value!r:.60} ({type(value).__name__})"
        raise report(
            ParameterTypeError,
            f"{name} must be of type {describe(wanted)}, {seen} was given",
            hint=_HINTS.get(wanted.name),
        )
    return found


_HINTS = {
    TypeName.DATE: "write a date as 2025-01-31",
    TypeName.INSTANT: "write an instant as 2025-01-31T08:00:00Z, or a date for its midnight",
    TypeName.LIST: 'write a list as ["a", "b"]',
    TypeName.STRING: "put the value in quotes",
    TypeName.INTEGER: "write a whole number of at most 64 bits",
}


def _converted(name: str, value: Any, wanted: CypherType) -> Any:
    """The value as the wanted type; None where it does not convert."""
    match wanted.name:
        case TypeName.STRING:
            return value if isinstance(value, str) else None
        case TypeName.BOOLEAN:
            return value if isinstance(value, bool) else None
        case TypeName.INTEGER:
            return _integer(value)
        case TypeName.FLOAT:
            return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case TypeName.NUMBER:
            return value if isinstance(value, float) else _integer(value)
        case TypeName.DATE:
            return _date(value)
        case TypeName.INSTANT:
            return _instant(value)
        case TypeName.LIST:
            if not isinstance(value, list | tuple):
                return None
            item = wanted.item
            return [_convert(f"{name}[{at}]", one, item) for at, one in enumerate(value)] if item else list(value)
        case TypeName.MAP:
            return value if isinstance(value, Mapping) else None
        case _:
            return value


def _integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    return value if fits_int64(value) else None


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _instant(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except ValueError:
        return None
