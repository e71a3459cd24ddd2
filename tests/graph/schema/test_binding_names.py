"""The names of `it_estate_names.yml` are binding: every one of them is in the pack; the pack may hold more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.schema.load import load_schema
from graph.schema.model import Schema, ValueType

NAMES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "it_estate_names.yml").read_text(encoding="utf-8"))
CATEGORIES = {
    "configuration_items": "configuration_items",
    "reference_kinds": "reference",
    "organisation": "organisation",
    "operations": "operations",
    "simulation": "simulation",
    "bookkeeping": "bookkeeping",
}
KINDS = [(section, kind, said) for section in CATEGORIES for kind, said in NAMES[section].items()]
TRIPLES = [
    (group, relation, *(end.strip() for end in triple.split("->")))
    for group, relations in NAMES["relations"].items()
    for relation, triples in relations.items()
    for triple in triples
]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema("it_estate")


def _has(said: Any) -> list[str]:
    return list(said.get("has", []) if isinstance(said, dict) else said)


@pytest.mark.parametrize(("name", "values"), NAMES["enums"].items())
def test_an_enum_has_its_values_in_order(schema: Schema, name: str, values: list[str]) -> None:
    assert list(schema.enums[name].values) == values


@pytest.mark.parametrize(("name", "said"), NAMES["generics"].items())
def test_a_generic_has_its_parent_and_attributes(schema: Schema, name: str, said: Any) -> None:
    generic = schema.kinds[name]
    assert generic.abstract
    if isinstance(said, dict):
        assert generic.ancestors[0] == said["is"]
    assert set(_has(said)) - {"id"} <= set(generic.attributes)  # `id` is implicit on every element


@pytest.mark.parametrize(("section", "name", "said"), KINDS, ids=[kind for _, kind, _ in KINDS])
def test_a_kind_has_its_place_and_attributes(schema: Schema, section: str, name: str, said: Any) -> None:
    kind = schema.kinds[name]
    assert not kind.abstract
    assert kind.category == CATEGORIES[section]
    parent = said.get("is") if isinstance(said, dict) else None
    assert kind.ancestors[0] == (parent or ("ConfigurationItem" if section == "configuration_items" else "Element"))
    assert set(_has(said)) <= set(kind.attributes)
    assert kind.public == (section == "reference_kinds")
    assert kind.bookkeeping == (section == "bookkeeping")


@pytest.mark.parametrize(("group", "relation", "start", "end"), TRIPLES)
def test_a_relation_has_its_group_and_triple(schema: Schema, group: str, relation: str, start: str, end: str) -> None:
    found = schema.relations[relation]
    assert found.group == group
    assert (start, end) in {(triple.start, triple.end) for triple in found.triples}
    assert found.bookkeeping == (group == "bookkeeping")


@pytest.mark.parametrize(
    ("kind", "attribute", "enum"),
    [
        ("Server", "environment", "environment"),
        ("BusinessApplication", "criticality", "criticality"),
        ("Server", "status", "status"),
        ("Server", "os_family", "os_family"),
        ("Incident", "priority", "priority"),
        ("TreatmentPlan", "priority", "priority"),
        ("Vulnerability", "severity", "severity"),
        ("Alert", "severity", "severity"),
        ("Change", "outcome", "change_outcome"),
        ("RecoveryTest", "result", "test_result"),
        ("LoadTest", "result", "test_result"),
        ("BackupRun", "status", "backup_status"),
        ("SoftwareProduct", "category", "product_category"),
        ("Document", "document_type", "document_type"),
        ("Incident", "category", "incident_category"),
        ("VulnerabilityFinding", "status", "finding_status"),
    ],
)
def test_an_attribute_takes_its_values_from_its_enum(schema: Schema, kind: str, attribute: str, enum: str) -> None:
    assert schema.kinds[kind].attributes[attribute].enum == enum


def test_money_goes_with_a_currency(schema: Schema) -> None:
    paid = [k for k in schema.concrete_kinds() if any(a.type is ValueType.MONEY for a in k.attributes.values())]
    assert {"Contract", "VirtualMachine"} <= {kind.name for kind in paid}
    assert all("currency" in kind.attributes for kind in paid)


def test_names_tell_dates_from_instants(schema: Schema) -> None:
    types = {**schema.node_attributes, **schema.relation_attributes}
    assert all(type_ is ValueType.DATE for name, type_ in types.items() if name.endswith("_on"))
    assert all(type_ is ValueType.INSTANT for name, type_ in types.items() if name.endswith("_at"))


def test_end_of_support_and_end_of_life_are_two_dates(schema: Schema) -> None:
    version = schema.kinds["SoftwareVersion"].attributes
    for name in ("end_of_active_support", "end_of_support", "end_of_life"):
        assert version[name].type is ValueType.DATE
    assert version["end_of_support"].description != version["end_of_life"].description
