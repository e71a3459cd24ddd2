"""The `it_estate` pack: complete wording in two languages, sound identities, and what the real sources need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graph.schema.load import load_schema
from graph.schema.model import Attribute, PersonalData, Schema, Wording


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_schema("it_estate")


def _attributes(schema: Schema) -> Iterator[tuple[str, Attribute]]:
    held = [(kind.name, kind.attributes) for kind in schema.kinds.values()]
    held += [(relation.name, relation.attributes) for relation in schema.relations.values()]
    return ((f"{holder}.{name}", attribute) for holder, attributes in held for name, attribute in attributes.items())


def _wordings(schema: Schema) -> Iterator[tuple[str, Wording]]:
    yield from ((kind.name, kind.wording) for kind in schema.kinds.values())
    yield from ((shown, attribute.wording) for shown, attribute in _attributes(schema))
    for relation in schema.relations.values():
        yield relation.name, relation.wording
        yield f"inverse of {relation.name}", relation.inverse


def test_every_kind_attribute_and_relation_has_a_label_and_a_synonym_in_both_languages(schema: Schema) -> None:
    poor = [s for s, w in _wordings(schema) if not (w.en and w.fr and w.synonyms_en and w.synonyms_fr)]
    assert poor == []


def test_every_value_of_an_enum_has_a_label_in_both_languages(schema: Schema) -> None:
    for enum in schema.enums.values():
        assert set(enum.wording) == set(enum.values), enum.name
        assert all(wording.en and wording.fr for wording in enum.wording.values()), enum.name


def test_no_wording_repeats_itself(schema: Schema) -> None:
    for shown, wording in _wordings(schema):
        for label, synonyms in ((wording.en, wording.synonyms_en), (wording.fr, wording.synonyms_fr)):
            words = [word.casefold() for word in (label, *synonyms)]
            assert len(words) == len(set(words)), f"{shown}: {words}"


def test_french_is_written_with_its_accents(schema: Schema) -> None:
    plain = {"element", "donnees", "severite", "criticite", "periode", "echeance", "debut", "perimetre", "equipe"}
    words = {w for _, wording in _wordings(schema) for text in (wording.fr, *wording.synonyms_fr) for w in text.split()}
    assert not plain & {word.casefold() for word in words}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("appli", "BusinessApplication"),
        ("serveur", "Server"),
        ("base de données", "DatabaseInstance"),
        ("caisse régionale", "Entity"),
        ("MEP", "Change"),
        ("mise en production", "Change"),
        ("PRA", "RecoveryPlan"),
        ("ticket", "Incident"),
        ("VM", "VirtualMachine"),
        ("LPAR", "MainframePartition"),
        ("sauvegarde", "BackupRun"),
        ("faille", "Vulnerability"),
        ("verbatim", "Feedback"),
    ],
)
def test_people_of_a_bank_find_their_words(schema: Schema, said: str, kind: str) -> None:
    wording = schema.kinds[kind].wording
    assert said in (wording.fr, *wording.synonyms_fr)


def test_identities_are_natural_keys_only_where_sources_share_them(schema: Schema) -> None:
    assert {kind.name: kind.identity for kind in schema.concrete_kinds() if kind.identity} == {
        "DataCenter": (("name",),),
        "SoftwareProduct": (("name",),),
        "SoftwareVersion": (("name",),),
        "Vulnerability": (("cve",),),
        "Site": (("name",),),
        "Supplier": (("name",),),
        "Entity": (("name",),),
        "Division": (("name",),),
        "Pole": (("name",),),
        "Department": (("name",),),
        "Team": (("name",),),
        "Person": (("pseudonym",),),
        "Perimeter": (("name",),),
        "Cause": (("code",),),
        "SubCause": (("code",),),
        "Policy": (("name",),),
        "DataSource": (("name",),),
    }


def test_what_identifies_a_kind_is_required_and_indexed(schema: Schema) -> None:
    for kind in schema.concrete_kinds():
        for name in (name for key in kind.identity for name in key):
            assert kind.attributes[name].required, f"{kind.name}.{name}"
            assert kind.attributes[name].indexed, f"{kind.name}.{name}"


def test_findings_and_runs_need_no_name(schema: Schema) -> None:
    for name in ("VulnerabilityFinding", "BackupRun", "ObsolescenceCase", "ImportRun", "LoadTest", "IpAddress"):
        assert not schema.kinds[name].attributes["name"].required, name
    for name in ("VirtualMachine", "BusinessApplication", "Team", "Supplier"):
        assert schema.kinds[name].attributes["name"].required, name


def test_every_dependency_points_to_something_that_can_fail_a_configuration_item(schema: Schema) -> None:
    items = set(schema.descendants["ConfigurationItem"])
    for relation in schema.groups["dependency"]:
        for start, end in schema.pairs[relation]:
            assert start in items, f"{relation} from {start}"
            assert end in items or end == "Site", f"{relation} to {end}"


def test_containment_is_acyclic(schema: Schema) -> None:
    acyclic = {relation.name for relation in schema.relations.values() if relation.acyclic}
    assert acyclic == {"HOSTED_ON", "LOCATED_IN", "PART_OF", "IN_PREFIX"}


def test_bookkeeping_relations_are_those_of_bookkeeping_kinds(schema: Schema) -> None:
    assert schema.bookkeeping_kinds == {"DataSource", "ImportRun", "QuarantinedRow", "QualityFinding", "Discrepancy"}
    assert schema.bookkeeping_relations == {"LOADED_FROM", "REJECTED_BY", "FOUND_IN", "DISAGREES_ON"}


def test_attributes_about_persons_are_marked(schema: Schema) -> None:
    marked = {shown for shown, a in _attributes(schema) if a.personal is not PersonalData.NONE}
    assert {"Person.pseudonym", "Person.name", "Incident.caller", "Incident.assignee", "Feedback.comment"} <= marked
    assert "Team.on_call" not in marked


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        pytest.param(
            "Vulnerability", {"percentile", "required_action", "cwe", "cpe", "exploited_on"}, id="kev and epss"
        ),
        pytest.param("SoftwareProduct", {"cpe", "purl", "aliases"}, id="identifiers of endoflife"),
        pytest.param("Incident", {"contact_type", "reopen_count", "caller", "source_category"}, id="servicenow"),
        pytest.param("Api", {"component_type", "lifecycle"}, id="backstage"),
        pytest.param("NetworkInterface", {"mac_address", "mtu", "enabled"}, id="netbox interface"),
    ],
)
def test_the_columns_of_the_real_sources_have_a_place(schema: Schema, kind: str, attributes: set[str]) -> None:
    assert attributes <= set(schema.kinds[kind].attributes)
