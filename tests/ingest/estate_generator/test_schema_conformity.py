"""Everything that is written is allowed by the pack: kinds, attributes, values, ends."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path

from graph.schema.model import Attribute, Schema, ValueType
from ingest.estate_generator import EstateSummary
from tests.ingest.estate_generator.written import Row, Written

_BOOKKEEPING_AND_SIMULATED = {"bookkeeping", "simulation"}
_NOT_OF_THE_EXPORT = {"Vlan", "NetworkCircuit", "Room", "ServiceRequest", "KnowledgeArticle", "CapacitySample"}


def test_every_value_is_one_that_its_attribute_may_have(estate: Written, schema: Schema) -> None:
    wrong = [
        (kind, row["key"], name, text)
        for kind, rows in estate.nodes.items()
        for row in rows
        for name, text in row.items()
        if name != "key" and text and not _fits(text, schema.kinds[kind].attributes[name], schema)
    ]
    wrong += [
        (relation, row["from"], name, text)
        for relation, rows in estate.relations.items()
        for row in rows
        for name, text in list(row.items())[4:]
        if text and not _fits(text, schema.relations[relation].attributes[name], schema)
    ]
    assert wrong == []


def test_required_attributes_are_there(estate: Written, schema: Schema) -> None:
    missing = [
        (kind, row["key"], a.name)
        for kind, rows in estate.nodes.items()
        for a in schema.kinds[kind].attributes.values()
        if a.required
        for row in rows
        if not row.get(a.name)
    ]
    assert missing == []


def test_keys_and_natural_keys_are_unique(estate: Written, schema: Schema) -> None:
    for kind, rows in estate.nodes.items():
        for columns in (("key",), *schema.kinds[kind].identity):
            assert _repeated(rows, *columns) == [], f"{kind} by {columns}"


def test_names_of_configuration_items_are_unique_within_their_kind(estate: Written, schema: Schema) -> None:
    for kind in schema.descendants["ConfigurationItem"]:
        assert _repeated(estate.nodes.get(kind, []), "name") == [], kind


def test_relations_join_existing_elements_of_allowed_kinds_once(estate: Written, schema: Schema) -> None:
    keys = {kind: {row["key"] for row in rows} for kind, rows in estate.nodes.items()}
    for relation, rows in estate.relations.items():
        for row in rows:
            assert (row["from_kind"], row["to_kind"]) in schema.pairs[relation], (relation, row)
            assert row["from"] in keys[row["from_kind"]], (relation, row)
            assert row["to"] in keys[row["to_kind"]], (relation, row)
        assert _repeated(rows, "from_kind", "from", "to_kind", "to") == [], relation


def test_every_kind_of_the_estate_occurs(estate: Written, schema: Schema) -> None:
    expected = {kind.name for kind in schema.concrete_kinds() if kind.category not in _BOOKKEEPING_AND_SIMULATED}
    assert expected - {kind for kind, rows in estate.nodes.items() if rows} == _NOT_OF_THE_EXPORT


def test_the_summary_counts_what_was_written(generated: tuple[Path, EstateSummary], estate: Written) -> None:
    _, summary = generated
    assert dict(summary.nodes) == {kind: len(rows) for kind, rows in estate.nodes.items()}
    assert dict(summary.relations) == {relation: len(rows) for relation, rows in estate.relations.items()}
    assert summary.elements == sum(map(len, [*estate.nodes.values(), *estate.relations.values()]))


def _repeated(rows: list[Row], *columns: str) -> list[tuple[str, ...]]:
    counts = Counter(tuple(row.get(column, "") for column in columns) for row in rows)
    return [values for values, count in counts.items() if count > 1]


def _fits(text: str, attribute: Attribute, schema: Schema) -> bool:
    if attribute.enum is not None:
        return text in schema.enums[attribute.enum].values
    match attribute.type:
        case ValueType.BOOLEAN:
            return text in ("true", "false")
        case ValueType.DATE:
            return date.fromisoformat(text).isoformat() == text
        case ValueType.INSTANT:
            return text.endswith("Z") and datetime.fromisoformat(text).utcoffset() is not None
        case ValueType.INTEGER | ValueType.MONEY | ValueType.FLOAT:
            number = float(text) if attribute.type is ValueType.FLOAT else int(text)
            low, high = attribute.minimum, attribute.maximum
            return (low is None or number >= low) and (high is None or number <= high)
        case _:
            return True
