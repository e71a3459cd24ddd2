"""Loads a CSV export straight into a repository: no ledger, no ingestion, so that the catalogue is tested alone."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

from core.ids import relation_id, uuid_of
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation, Scalar
from graph.repository import GraphRepository
from graph.schema.model import Attribute, Schema, ValueType


def delta_of(folder: Path, schema: Schema) -> GraphDelta:
    """Every row of an export as the creation of a node or a relation."""
    nodes, edges = [], []
    for path in sorted(folder.glob("*.csv")):
        attributes = schema.kinds[path.stem].attributes
        for row in _rows(path):
            identity = uuid_of(path.stem, row.pop("key"))
            nodes.append(NodeChange(Operation.CREATE, identity, path.stem, _properties(row, attributes)))
    for path in sorted((folder / "relations").glob("*.csv")):
        attributes = schema.relations[path.stem].attributes
        for row in _rows(path):
            kinds = row.pop("from_kind"), row.pop("to_kind")
            start, end = uuid_of(kinds[0], row.pop("from")), uuid_of(kinds[1], row.pop("to"))
            identity = relation_id(path.stem, start, end)
            properties = _properties(row, attributes)
            edges.append(EdgeChange(Operation.CREATE, identity, path.stem, start, end, properties, *kinds))
    return GraphDelta(1, max(1, len(nodes) + len(edges)), nodes, edges)


def load_export(folder: Path, repository: GraphRepository) -> None:
    """Fill an empty repository with an export."""
    assert repository.apply(delta_of(folder, repository.schema))


def element_id(folder: Path, name: str, *kinds: str) -> str:
    """The id of the one element of these kinds that is so called, in an export that is complete."""
    found = [uuid_of(kind, key) for kind in kinds for key in _keys(folder / f"{kind}.csv").get(name, ())]
    assert len(found) == 1, f"{name} names {len(found)} elements"
    return found[0]


@cache
def _keys(path: Path) -> Mapping[str, list[str]]:
    """Keys of elements by name."""
    keys = defaultdict[str, list[str]](list)
    for row in _rows(path) if path.exists() else ():
        keys[row.get("name", "")].append(row["key"])
    return keys


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _properties(row: Mapping[str, str], attributes: Mapping[str, Attribute]) -> dict[str, Scalar]:
    return {name: _value(text, attributes[name].type) for name, text in row.items() if text}


def _value(text: str, type_: ValueType) -> Scalar:
    match type_:
        case ValueType.INTEGER | ValueType.MONEY:
            return int(text)
        case ValueType.FLOAT:
            return float(text)
        case ValueType.BOOLEAN:
            return text == "true"
        case ValueType.DATE:
            return date.fromisoformat(text)
        case ValueType.INSTANT:
            return datetime.fromisoformat(text)
        case ValueType.STRING_LIST:
            return tuple(text.split("|"))
        case _:
            return text
