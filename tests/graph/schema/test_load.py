"""Loading packs: inheritance, common attributes, several packs together, and what is said where it cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotFoundError, SchemaError
from graph.schema.load import load_schema
from graph.schema.model import PersonalData, SourceSpan, Triple, ValueType
from graph.schema.validate import check_pack
from tests.graph.schema.small_pack import FILES, write_pack


def test_a_directory_is_loaded_as_a_pack(tmp_path: Path) -> None:
    schema = load_schema(write_pack(tmp_path / "shop"))
    assert (schema.name, schema.version) == ("shop", 3)
    assert list(schema.kinds) == ["Thing", "Priced", "Bottle", "Shelf"]
    assert schema.concrete == ("Bottle", "Shelf")
    assert schema.enums["colour"].values == ("red", "blue")
    assert schema.enums["colour"].wording["red"].fr == "rouge"


def test_a_kind_carries_the_labels_and_attributes_of_its_generics(tmp_path: Path) -> None:
    bottle = load_schema(write_pack(tmp_path)).kinds["Bottle"]
    assert bottle.labels == ("Bottle", "Priced", "Thing")
    assert list(bottle.attributes) == ["name", "price", "colour"]
    assert bottle.attributes["name"].declared_in == "Thing"
    assert bottle.attributes["colour"].declared_in == "Bottle"
    assert bottle.category == "goods"
    assert bottle.public
    assert not bottle.abstract
    assert bottle.identity == (("name",),)
    assert bottle.wording.synonyms_fr == ("flacon", "fiole")
    assert not bottle.wording.feminine


def test_a_label_says_that_it_is_feminine(tmp_path: Path) -> None:
    goods = write_pack(tmp_path) / "goods.yml"
    goods.write_text(goods.read_text().replace("fr: bouteille}", "fr: bouteille, gender: feminine}"))
    assert load_schema(tmp_path).kinds["Bottle"].wording.feminine


def test_a_refined_attribute_keeps_what_it_does_not_say(tmp_path: Path) -> None:
    schema = load_schema(write_pack(tmp_path))
    name = schema.kinds["Bottle"].attributes["name"]
    assert name.required
    assert name.indexed
    assert name.wording.fr == "nom"
    assert not schema.kinds["Shelf"].attributes["name"].required


def test_a_common_attribute_gives_type_bounds_and_wording_to_all_who_list_it(tmp_path: Path) -> None:
    price = load_schema(write_pack(tmp_path)).kinds["Bottle"].attributes["price"]
    assert (price.type, price.minimum, price.wording.en) == (ValueType.MONEY, 0, "price")


def test_an_attribute_bound_to_an_enum_is_a_string(tmp_path: Path) -> None:
    colour = load_schema(write_pack(tmp_path)).kinds["Bottle"].attributes["colour"]
    assert (colour.type, colour.enum, colour.personal) == (ValueType.STRING, "colour", PersonalData.NONE)


def test_a_relation_has_its_triples_wording_and_cardinality(tmp_path: Path) -> None:
    relation = load_schema(write_pack(tmp_path)).relations["STANDS_ON"]
    assert relation.triples == (Triple("Bottle", "STANDS_ON", "Shelf"),)
    assert (relation.group, relation.acyclic, relation.max_out, relation.max_in) == ("structure", True, 1, None)
    assert relation.inverse.synonyms_fr == ("supporte",)
    assert relation.attributes["since"].type is ValueType.DATE


def test_definitions_know_their_file_and_line(tmp_path: Path) -> None:
    schema = load_schema(write_pack(tmp_path))
    goods = f"{tmp_path.as_posix()}/goods.yml"
    assert schema.kinds["Bottle"].span == SourceSpan(goods, 3)
    assert schema.kinds["Bottle"].attributes["colour"].span == SourceSpan(goods, 10)


def test_a_generic_reached_twice_stands_after_all_that_refine_it(tmp_path: Path) -> None:
    generics = FILES["generics.yml"] + (
        "  Coloured:\n    is: Thing\n    label: {en: coloured thing, fr: chose colorée}\n"
        "  Fine:\n    is: [Priced, Coloured]\n    label: {en: fine thing, fr: belle chose}\n"
    )
    goods = FILES["goods.yml"] + "  Vase:\n    is: Fine\n    label: {en: vase, fr: vase}\n"
    vase = load_schema(write_pack(tmp_path, generics=generics, goods=goods)).kinds["Vase"]
    assert vase.labels == ("Vase", "Fine", "Priced", "Coloured", "Thing")


def test_two_packs_together_share_generics_and_common_attributes(tmp_path: Path) -> None:
    cellar = tmp_path / "cellar"
    cellar.mkdir()
    (cellar / "pack.yml").write_text("name: cellar\nversion: 5\ntitle: {label: {en: Cellar, fr: Cave}}\n")
    (cellar / "wines.yml").write_text(
        "kinds:\n  Wine:\n    is: Priced\n    label: {en: wine, fr: vin}\n    attributes:\n      price: {required: true}\n"
    )
    schema = load_schema(write_pack(tmp_path / "shop"), cellar)
    assert (schema.name, schema.version) == ("shop+cellar", 5)
    assert schema.kinds["Wine"].labels == ("Wine", "Priced", "Thing")
    assert schema.kinds["Wine"].attributes["price"].required
    assert schema.descendants["Priced"] == ("Bottle", "Wine")
    with pytest.raises(SchemaError, match="UNKNOWN_GENERIC"):
        load_schema(cellar)


def test_two_packs_that_define_the_same_kind_are_refused(tmp_path: Path) -> None:
    first, second = write_pack(tmp_path / "a"), write_pack(tmp_path / "b")
    codes = {finding.code for finding in check_pack(first, second)}
    assert {"DUPLICATE_KIND", "DUPLICATE_RELATION", "DUPLICATE_ENUM", "DUPLICATE_ATTRIBUTE"} <= codes


def test_a_pack_that_does_not_exist_is_named_and_the_known_ones_are_listed() -> None:
    with pytest.raises(NotFoundError) as raised:
        load_schema("it_estat")
    assert "it_estat" in raised.value.seen
    assert raised.value.hint is not None
    assert "it_estate" in raised.value.hint


def test_a_broken_pack_raises_the_first_finding_and_carries_all_of_them(tmp_path: Path) -> None:
    goods = FILES["goods.yml"].replace("is: Priced", "is: Prized").replace("fr: étagère", "en: shelf")
    with pytest.raises(SchemaError) as raised:
        load_schema(write_pack(tmp_path, goods=goods))
    assert raised.value.code == "SCHEMA"
    assert raised.value.where is not None
    assert raised.value.where.startswith(f"{tmp_path.as_posix()}/goods.yml:")
    codes = [finding["code"] for finding in raised.value.details["findings"]]
    assert {"UNKNOWN_GENERIC", "DUPLICATE_KEY", "MISSING_LABEL"} <= set(codes)


def test_a_warning_does_not_stop_a_load(tmp_path: Path) -> None:
    attributes = FILES["attributes.yml"] + "  weight: {type: float, label: {en: weight, fr: poids}}\n"
    directory = write_pack(tmp_path, attributes=attributes)
    assert [(f.code, f.severity.value) for f in check_pack(directory)] == [("UNUSED", "warning")]
    assert load_schema(directory).name == "shop"
