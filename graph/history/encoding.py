"""Property values as JSON text and back, exactly. The schema says which strings are dates, instants or lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

from graph.history.events import Event, Outcome
from graph.model import Operation, Properties, Scalar
from graph.schema.model import Schema, ValueType

_OPERATIONS = {operation.value: operation for operation in Operation}
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
_EMPTY = "{}"


def encode(properties: Properties) -> str:
    """Canonical JSON: keys sorted, dates ISO 8601, instants in UTC with `Z`."""
    if not properties:
        return _EMPTY
    return orjson.dumps(properties, option=_OPTIONS).decode()


class Decoder:
    """Gives JSON text its typed values back, by attribute name (one type per name throughout a schema)."""

    def __init__(self, schema: Schema) -> None:
        special = {ValueType.DATE, ValueType.INSTANT, ValueType.STRING_LIST, ValueType.FLOAT}
        self._node = {name: type_ for name, type_ in schema.node_attributes.items() if type_ in special}
        self._edge = {name: type_ for name, type_ in schema.relation_attributes.items() if type_ in special}

    def node(self, text: str) -> dict[str, Scalar]:
        return _typed(orjson.loads(text), self._node)

    def edge(self, text: str) -> dict[str, Scalar]:
        return _typed(orjson.loads(text), self._edge)

    def event(self, row: Any) -> Event:
        """The event of a row of the ledger's events or of a branch's: both have the same columns for it."""
        return self.event_of(
            row.operation,
            row.element,
            row.edge,
            row.kind,
            row.previous_kind,
            row.start,
            row.end,
            row.before,
            row.after,
            row.provenance,
        )

    def event_of(
        self,
        operation: str,
        element: str,
        edge: bool,
        kind: str,
        previous_kind: str | None,
        start: str | None,
        end: str | None,
        before: str | None,
        after: str | None,
        provenance: str | None,
    ) -> Event:
        """The event of these columns, in the order that both tables have."""
        special = self._edge if edge else self._node
        return Event(
            _OPERATIONS[operation],
            element,
            bool(edge),
            kind,
            None if before is None else _typed(orjson.loads(before), special),
            None if after is None else _typed(orjson.loads(after), special),
            start,
            end,
            {} if provenance is None else orjson.loads(provenance),
            previous_kind,
        )

    def outcome_of(
        self,
        operation: str,
        element: str,
        edge: bool,
        kind: str,
        previous_kind: str | None,
        start: str | None,
        end: str | None,
        after: str | None,
    ) -> Outcome:
        """What an event with these columns did."""
        told: dict[str, Scalar] | None
        if after is None:
            told = None
        elif after == _EMPTY:  # of most relations: not worth a parser
            told = {}
        else:
            told = _typed(orjson.loads(after), self._edge if edge else self._node)
        return Outcome(_OPERATIONS[operation], element, bool(edge), kind, previous_kind, start, end, told)


def _typed(raw: dict[str, Any], special: Mapping[str, ValueType]) -> dict[str, Scalar]:
    for name in [name for name in raw if name in special]:
        value, type_ = raw[name], special[name]
        try:
            if type_ is ValueType.DATE:
                raw[name] = date.fromisoformat(value)
            elif type_ is ValueType.INSTANT:
                instant = datetime.fromisoformat(value)
                raw[name] = instant.astimezone(UTC) if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
            elif type_ is ValueType.STRING_LIST:
                raw[name] = value if isinstance(value, str) else tuple(value)
            elif isinstance(value, int) and not isinstance(value, bool):
                raw[name] = float(value)
        except (ValueError, TypeError):
            continue  # written before a migration gave the attribute another type: as it was
    return raw
