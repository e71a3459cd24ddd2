"""Scalars beyond GraphQL's own: 64-bit integers, dates, instants, and JSON for envelopes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from graphql import GraphQLBoolean, GraphQLError, GraphQLFloat, GraphQLScalarType, GraphQLString

from core.clock import parse_instant
from graph.schema.model import ValueType
from services.cells import to_json

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def _long(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not _LOWEST <= value <= _HIGHEST:
        raise GraphQLError(f"Long cannot represent {value!r:.60}: it is no whole number of 64 bits")
    return value


def _written_date(value: Any) -> str:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise GraphQLError(f"Date cannot represent {value!r:.60}")
    return value.isoformat()


def _read_date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"Date cannot represent {value!r:.60}: write 2025-01-31") from None


def _written_instant(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise GraphQLError(f"DateTime cannot represent {value!r:.60}: it is no instant")
    return str(to_json(value.astimezone(UTC)))


def _read_instant(value: Any) -> datetime:
    try:
        return parse_instant(value)
    except (TypeError, ValueError, AttributeError):
        raise GraphQLError(f"DateTime cannot represent {value!r:.60}: write 2025-01-31T08:00:00Z") from None


LONG: Final = GraphQLScalarType(
    "Long",
    description="A whole number of 64 bits, written as a JSON number. Amounts of money are minor units (cents).",
    coerce_output_value=_long,
    coerce_input_value=_long,
)

DATE: Final = GraphQLScalarType(
    "Date",
    description="A calendar date, ISO 8601: 2025-01-31.",
    coerce_output_value=_written_date,
    coerce_input_value=_read_date,
)

DATE_TIME: Final = GraphQLScalarType(
    "DateTime",
    description="An instant in UTC, ISO 8601 with microseconds where there are any: 2025-01-31T08:00:00Z.",
    coerce_output_value=_written_instant,
    coerce_input_value=_read_instant,
)

JSON: Final = GraphQLScalarType("JSON", description="Any JSON value.")

OF_VALUE_TYPE: Final = {
    ValueType.STRING: GraphQLString,
    ValueType.INTEGER: LONG,
    ValueType.FLOAT: GraphQLFloat,
    ValueType.BOOLEAN: GraphQLBoolean,
    ValueType.DATE: DATE,
    ValueType.INSTANT: DATE_TIME,
    ValueType.MONEY: LONG,
    ValueType.STRING_LIST: GraphQLString,
}
"""The scalar of an attribute; for a list, that of its items."""
