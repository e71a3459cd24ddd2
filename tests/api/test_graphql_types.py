"""The GraphQL types that a schema gives: names, interfaces, relation fields; and the committed schema."""

from __future__ import annotations

import sys
from types import FrameType

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, validate_schema

from api.generate import GRAPHQL_SCHEMA, graphql_sdl
from api.graphql.names import camel, pascal, plural
from api.graphql.root import build_schema
from api.graphql.shape import NODE, Shape
from core.errors import SchemaError
from graph.schema.load import load_schema
from graph.schema.model import Attribute, Kind, Relation, Schema, Triple, ValueType, Wording


@pytest.fixture(scope="module")
def built(schema: Schema) -> GraphQLSchema:
    return build_schema(Shape(schema))


def fields_of(built: GraphQLSchema, name: str) -> dict[str, str]:
    found = built.type_map[name]
    assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
    return {field: str(content.type) for field, content in found.fields.items()}


def test_the_committed_schema_is_what_the_pack_gives() -> None:
    assert GRAPHQL_SCHEMA.read_text(encoding="utf-8") == graphql_sdl(), "run `python -m api.generate`"


def test_the_schema_is_valid_graphql(built: GraphQLSchema) -> None:
    assert validate_schema(built) == []


def calls_of_building(schema: Schema) -> float:
    """How many functions are called for each field of the types that a schema gives: work, whatever the machine does beside."""
    calls = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        built = build_schema(Shape(schema))
        validate_schema(built)
    finally:
        sys.setprofile(before)
    holders = (one for one in built.type_map.values() if isinstance(one, GraphQLObjectType | GraphQLInterfaceType))
    return calls / sum(len(one.fields) for one in holders)


def test_a_field_of_a_large_pack_is_built_with_about_as_much_work_as_one_of_a_small_pack(schema: Schema) -> None:
    small = load_schema("production_line")
    assert len(schema.kinds) > 3 * len(small.kinds)
    assert calls_of_building(schema) < 2 * calls_of_building(small)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("Server", "servers"),
        ("BusinessApplication", "businessApplications"),
        ("BusinessCapability", "businessCapabilities"),
        ("BusinessProcess", "businessProcesses"),
        ("IpAddress", "ipAddresses"),
        ("NetworkPrefix", "networkPrefixes"),
        ("Person", "people"),
        ("Api", "apis"),
        ("SubCause", "subCauses"),
    ],
)
def test_the_root_field_of_a_kind_is_its_plural(kind: str, field: str, built: GraphQLSchema) -> None:
    assert plural(kind) == field
    assert fields_of(built, "Query")[field] == f"{kind}Connection!"


def test_every_kind_and_generic_has_a_root_field(schema: Schema) -> None:
    assert set(Shape(schema).roots.values()) == {name for name in schema.kinds if schema.descendants[name]}


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("RUNS_ON", "runsOn", "RunsOn"),
        ("cpu_cores", "cpuCores", "CpuCores"),
        ("is part of", "isPartOf", "IsPartOf"),
        ("BusinessApplication", "businessApplication", "BusinessApplication"),
        ("réalisé par", "realisePar", "RealisePar"),
    ],
)
def test_words_are_joined_in_camel_case(text: str, lower: str, upper: str) -> None:
    assert (camel(text), pascal(text)) == (lower, upper)


def test_an_interface_carries_what_all_that_inherit_it_have(built: GraphQLSchema) -> None:
    interface = built.type_map["Server"]
    assert isinstance(interface, GraphQLInterfaceType)
    for implementation in built.get_possible_types(interface):
        assert fields_of(built, "Server").items() <= fields_of(built, implementation.name).items()
    assert {i.name for i in built.type_map["VirtualMachine"].interfaces} >= {NODE, "Server", "ConfigurationItem"}  # type: ignore[attr-defined]


def test_a_relation_is_a_field_on_both_ends(schema: Schema, built: GraphQLSchema) -> None:
    shape = Shape(schema)
    for relation in schema.relations.values():
        for start, end in schema.pairs[relation.name]:
            out, back = shape.relation_names[relation.name, "out"], shape.relation_names[relation.name, "in"]  # type: ignore[index]
            assert end in shape.covered(shape.relation_fields(start)[out].far)
            assert start in shape.covered(shape.relation_fields(end)[back].far)
            assert out in fields_of(built, start)
            assert back in fields_of(built, end)


def kind(name: str, *attributes: str, abstract: bool = False, ancestors: tuple[str, ...] = ()) -> Kind:
    held = {a: Attribute(a, ValueType.STRING, Wording(a, a)) for a in attributes}
    return Kind(name, Wording(name, name), abstract, "generics", ancestors, held)


def relation(name: str, inverse: str, *pairs: tuple[str, str]) -> Relation:
    triples = tuple(Triple(start, name, end) for start, end in pairs)
    return Relation(name, Wording(name.lower(), ""), Wording(inverse, ""), "structure", triples)


def schema_of(kinds: list[Kind], relations: list[Relation]) -> Schema:
    return Schema("tests", 1, {}, {k.name: k for k in kinds}, {r.name: r for r in relations})


def test_an_inverse_without_wording_or_with_a_taken_one_is_named_after_the_relation() -> None:
    shape = Shape(
        schema_of(
            [kind("A", "holds"), kind("B")],
            [
                relation("R", "", ("A", "B")),
                relation("S", "holds", ("A", "B")),
                relation("T", "is kept", ("A", "B")),
                relation("U", "is kept", ("A", "B")),
                relation("V", "is fed", ("A", "B")),
            ],
        )
    )
    assert set(shape.relation_fields("B")) == {"rInverse", "sInverse", "tInverse", "uInverse", "isFed"}


def test_a_relation_named_like_an_attribute_gets_a_name_of_its_own() -> None:
    shape = Shape(schema_of([kind("A", "uses"), kind("B")], [relation("USES", "", ("A", "B"))]))
    assert set(shape.relation_fields("A")) == {"usesRelation"}


def test_a_field_leads_to_the_least_kind_that_covers_what_it_may_reach() -> None:
    kinds = [
        kind("Thing", abstract=True),
        kind("Box", abstract=True, ancestors=("Thing",)),
        kind("Crate", ancestors=("Box", "Thing")),
        kind("Case", ancestors=("Box", "Thing")),
        kind("Shelf", ancestors=("Thing",)),
        kind("Alien"),
    ]
    shape = Shape(
        schema_of(
            kinds,
            [
                relation("IN", "a", ("Crate", "Shelf")),
                relation("ON", "b", ("Shelf", "Box")),
                relation("AT", "c", ("Crate", "Shelf"), ("Crate", "Case")),
                relation("BY", "d", ("Crate", "Shelf"), ("Crate", "Alien")),
                relation("TO", "e", ("Box", "Shelf"), ("Crate", "Case")),
            ],
        )
    )
    assert shape.relation_fields("Crate")["in"].far == "Shelf"
    assert shape.relation_fields("Shelf")["on"].far == "Box"
    assert shape.relation_fields("Crate")["at"].far == "Thing"
    assert shape.relation_fields("Crate")["by"].far == NODE
    same = {shape.relation_fields(name)["to"].far for name in ("Box", "Crate", "Case")}
    assert same == {"Thing"}, "a generic and what inherits it must give one type"
    assert "in" not in shape.relation_fields("Box"), "not every box has it"


def test_two_attributes_of_one_graphql_name_are_refused() -> None:
    with pytest.raises(SchemaError, match="rackPosition"):
        Shape(schema_of([kind("A", "rack_position", "rack_Position")], []))
