"""Answers held against each other: rows as multisets, or in their order where they have one; values with their types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from graph.model import Edge, Node, Path

Canonical = tuple[Any, ...]


def canonical(value: Any, *, unstable: bool = False) -> Canonical:
    """A cell as something that is equal exactly where the cells are, types included.

    `unstable`: lists without order, floats to 10 digits.
    """
    match value:
        case None:
            return ("null",)
        case bool() | int() | str():
            return (type(value).__name__, value)
        case float():
            return ("float", f"{value:.10g}" if unstable else repr(value))
        case datetime():
            return ("instant", value.astimezone(UTC).isoformat())
        case date():
            return ("date", value.isoformat())
        case Node():
            return ("node", value.id, value.labels, _map(value.properties, False))
        case Edge():
            return ("relationship", value.id, value.type, value.start, value.end, _map(value.properties, False))
        case Path():
            return ("path", *(canonical(item) for item in (*value.nodes, *value.edges)))
        case list() | tuple():
            items = [canonical(item, unstable=unstable) for item in value]
            return ("list", *(sorted(items, key=repr) if unstable else items))
        case Mapping():
            return ("map", _map(value, unstable))
    return (type(value).__name__, repr(value))


def _map(value: Mapping[str, Any], unstable: bool) -> Canonical:
    return tuple(sorted((name, canonical(item, unstable=unstable)) for name, item in value.items()))


def canonical_rows(rows: Iterable[Sequence[Any]], unstable: frozenset[int]) -> list[Canonical]:
    return [tuple(canonical(cell, unstable=at in unstable) for at, cell in enumerate(row)) for row in rows]


def difference(one: Sequence[Canonical], other: Sequence[Canonical], *, ordered: bool) -> str | None:
    """What differs between two answers, in words; None where nothing does."""
    first, second = Counter(one), Counter(other)
    if first != second:
        missing, added = list((first - second).elements()), list((second - first).elements())
        return (
            f"{len(one)} rows against {len(other)}; only in the first: {missing[:3]}; only in the second: {added[:3]}"
        )
    if ordered and list(one) != list(other):
        at = next(at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        return f"the same rows in another order, from row {at} on: {one[at]} against {other[at]}"
    return None
