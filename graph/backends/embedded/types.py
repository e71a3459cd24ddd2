"""Values across the border of the store: column types, Arrow arrays on the way in, Python values on the way out.

Instants are TIMESTAMP columns in UTC. Everything comes back as it went: 64-bit integers, floats, dates, instants at
microseconds, lists of strings as tuples; an absent property is null and stays absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from core.clock import in_utc
from core.errors import BackendError
from graph.history.columns import ARROW
from graph.schema.model import ValueType

COLUMN_TYPES: Final[Mapping[ValueType, str]] = MappingProxyType(
    {
        ValueType.STRING: "STRING",
        ValueType.INTEGER: "INT64",
        ValueType.MONEY: "INT64",
        ValueType.FLOAT: "DOUBLE",
        ValueType.BOOLEAN: "BOOL",
        ValueType.DATE: "DATE",
        ValueType.INSTANT: "TIMESTAMP",
        ValueType.STRING_LIST: "STRING[]",
    }
)


class ValueNotStorableError(BackendError):
    """A property whose value does not fit the type that the schema gives it."""

    code = "VALUE_NOT_STORABLE"


def arrow_column(name: str, type_: ValueType, values: Sequence[Any]) -> pa.Array:
    """The values of one attribute as an Arrow array; None where it is absent. Raises ValueNotStorableError."""
    try:
        return pa.array(values, ARROW[type_])
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise ValueNotStorableError(
            f"a value of {name} is no {type_.value}: {error}",
            where=f"attribute {name}",
            hint="load the source again; if it stays, `jumeau schema check` and the source's mapping disagree",
        ) from error


def strings(values: Sequence[str]) -> pa.Array:
    """Identities, kinds and types as an Arrow array."""
    return pa.array(values, pa.string())


def stored_parameter(value: Any) -> Any:
    """A parameter as the store takes it: lists for tuples, instants in UTC."""
    match value:
        case datetime():
            return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        case tuple() | list():
            return [stored_parameter(item) for item in value]
        case Mapping():
            return {name: stored_parameter(item) for name, item in value.items()}
        case _:
            return value


def scalar(value: Any) -> Any:
    """A stored property or a computed value as ours; lists become tuples."""
    match value:
        case datetime():
            return in_utc(value)
        case list():
            return tuple([scalar(item) for item in value])
        case Decimal():
            return int(value)  # INT128, which a sum of integers is; no column is a decimal
        case _:
            return value
