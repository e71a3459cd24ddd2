"""The schema statements: every kind and relation, each attribute with its type, null told by a list of keys."""

from __future__ import annotations

import re

import pytest

from graph.backends.tigergraph.ddl import ATTRIBUTE_TYPES, create_statements, schema_text, vertex_statement
from graph.backends.tigergraph.words import RESERVED, identifier
from graph.schema.model import Schema, ValueType


@pytest.fixture(scope="module")
def statements(schema: Schema) -> list[str]:
    return list(create_statements(schema))


def test_every_concrete_kind_is_a_vertex_type_and_every_relation_an_edge_type(
    statements: list[str], schema: Schema
) -> None:
    vertices = [found[1] for text in statements if (found := re.match(r"CREATE VERTEX (\w+)\(", text))]
    edges = [found[1] for text in statements if (found := re.match(r"CREATE DIRECTED EDGE (\w+)\(", text))]
    assert vertices == [identifier(kind) for kind in schema.concrete]
    assert edges == [identifier(relation) for relation in schema.relations if schema.pairs[relation]]
    assert statements[-1] == f"CREATE GRAPH cmdb({', '.join([*vertices, *edges])})"


def test_every_element_lists_the_attributes_that_it_has(statements: list[str]) -> None:
    assert all("present_keys SET<STRING>" in text for text in statements[:-1])


def test_every_edge_has_its_reverse_and_its_id_as_discriminator(statements: list[str]) -> None:
    edges = [text for text in statements if text.startswith("CREATE DIRECTED EDGE")]
    assert len(edges) > 10
    for text in edges:
        name = text.split("(")[0].split()[-1]
        assert text.endswith(f'WITH REVERSE_EDGE="rev_{name}"')
        assert "DISCRIMINATOR(id STRING)" in text


def test_an_id_is_the_key_and_can_be_read(schema: Schema) -> None:
    text = vertex_statement(schema.kinds["Team"])
    assert text.startswith("CREATE VERTEX Team(PRIMARY_ID id STRING, ")
    assert text.endswith('WITH primary_id_as_attribute="true"')


def test_every_type_of_value_has_a_type_of_attribute() -> None:
    assert set(ATTRIBUTE_TYPES) == set(ValueType)


def test_instants_keep_their_microseconds_and_dates_are_dates() -> None:
    assert ATTRIBUTE_TYPES[ValueType.INSTANT] == "INT"
    assert ATTRIBUTE_TYPES[ValueType.DATE] == "DATETIME"


def test_a_word_of_gsql_gets_an_underscore(schema: Schema) -> None:
    assert "CREATE VERTEX Api_(" in schema_text(schema)
    assert all(identifier(word.upper()) == word.upper() + "_" for word in RESERVED)
    assert identifier("Server") == "Server"
