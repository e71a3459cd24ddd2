"""The shape of a table's records, learned from its first page: what departs from it is told apart before it is loaded.

A field that is missing would read as a value that was cleared, and a value of another type as a wrong one: neither is applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_NULL = "null"
_TYPES: Mapping[type, str] = {
    type(None): _NULL,
    bool: "boolean",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
}


class Shape:
    """Fields of one table with their JSON types. `to_dict` and `from_dict` carry it over a stop."""

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self._fields = dict(fields or {})

    @classmethod
    def of(cls, records: Sequence[Mapping[str, Any]]) -> Shape:
        """The fields that all records of a page have."""
        shape = cls()
        if records:
            common = set(records[0]).intersection(*map(set, records))
            shape._fields = {name: _NULL for name in records[0] if name in common}
            for record in records:
                if shape.departure(record) is None:
                    shape.learn(record)
        return shape

    def to_dict(self) -> dict[str, str]:
        return dict(self._fields)

    def learn(self, record: Mapping[str, Any]) -> None:
        """Remember the types of fields that had no value so far."""
        for name, known in self._fields.items():
            if known == _NULL:
                self._fields[name] = _type(record.get(name))

    def departure(self, record: Mapping[str, Any]) -> str | None:
        """How a record departs from the shape, in words; None where it does not. Further fields are no departure."""
        for name, known in self._fields.items():
            if name not in record:
                return f"the field `{name}` has vanished: the first page had it in every record"
            seen = _type(record[name])
            if seen != known and _NULL not in (seen, known):
                return f"`{name}` is a {seen}: it was a {known} before"
        return None


def _type(value: Any) -> str:
    return _TYPES.get(type(value), type(value).__name__)
