"""Whoever may change some kinds of element loads what changes no other; it is known before a file is read."""

from __future__ import annotations

import pytest

from core.principal import LOCAL_OPERATOR, OutsideKindsError, Principal
from graph.schema.load import load_schema
from graph.schema.model import Schema
from services.jobs.load_rights import require_load

ANA = Principal("ana", frozenset({"operator"}), None)


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema("it_estate")


def test_whoever_may_change_every_kind_loads_every_source(schema: Schema) -> None:
    for source in ("csv", "netbox", "servicenow"):
        require_load(LOCAL_OPERATOR, schema, source)
        require_load(ANA, schema, source)


def test_a_load_is_of_kinds_that_may_be_changed(schema: Schema) -> None:
    require_load(ANA.of_kinds(changes=["Vulnerability"]), schema, "kev")
    require_load(ANA.of_kinds(changes=["operations", "organisation"]), schema, "servicenow")


@pytest.mark.parametrize(
    ("source", "changes", "told"),
    [
        pytest.param("servicenow", ["Incident", "Change", "Problem"], "Team", id="one kind more"),
        pytest.param("kev", [], "Vulnerability", id="no kind"),
        pytest.param("csv", ["configuration_items"], "any kind", id="a source that may tell of anything"),
        pytest.param("netbox", ["VirtualMachine"], "kind", id="many kinds more"),
    ],
)
def test_a_load_is_refused_where_it_may_change_another_kind(
    source: str, changes: list[str], told: str, schema: Schema
) -> None:
    with pytest.raises(OutsideKindsError) as caught:
        require_load(ANA.of_kinds(changes=changes), schema, source)
    assert told in caught.value.seen
    assert source in caught.value.seen or source in (caught.value.where or "")


def test_what_a_record_may_be_matched_with_counts_as_well(schema: Schema) -> None:
    """A mapping that tells of virtual machines may be matched with another server that the twin has."""
    told = schema.kinds["VirtualMachine"]
    family = {kind for rule in told.matching for kind in schema.descendants[rule.family]}
    assert family > {"VirtualMachine"}
    with pytest.raises(OutsideKindsError):
        require_load(ANA.of_kinds(changes=["VirtualMachine", "Entity", "IpAddress", "Team"]), schema, "netbox")


def test_relations_between_elements_of_other_kinds_are_refused(schema: Schema) -> None:
    """Netbox tells that circuits end at devices by their names alone: neither end is of the record."""
    told = {"configuration_items", "organisation", "reference"}
    require_load(ANA.of_kinds(changes=told), schema, "netbox")
