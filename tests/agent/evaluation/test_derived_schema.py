"""A schema is derived from what a graph holds: kinds, what is a kind of what, wordings, lists of values."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.evaluation.derived_schema import derive, wording
from agent.evaluation.open_graph import read_open_graph
from graph.schema.model import Schema, Triple, ValueType


@pytest.fixture(scope="module")
def houses(public_data: Path) -> Schema:
    return derive(read_open_graph(public_data / "text2cypher" / "graph-data-science"))


@pytest.fixture(scope="module")
def films(public_data: Path) -> Schema:
    return derive(read_open_graph(public_data / "text2cypher" / "entity-resolution"))


@pytest.mark.parametrize(
    ("name", "label", "synonyms"),
    [
        ("IpAddress", "ip address", ("IpAddress", "ip addresses")),
        ("Battle", "battle", ("Battle", "battles")),
        ("MEMBER_OF_CULTURE", "member of culture", ("MEMBER_OF_CULTURE", "member of cultures")),
        ("city", "city", ("cities",)),
        ("SalesPerson", "sales person", ("SalesPerson", "sales persons", "sales people")),
    ],
)
def test_names_are_read_as_words(name: str, label: str, synonyms: tuple[str, ...]) -> None:
    assert (wording(name, plural=True).en, wording(name, plural=True).synonyms_en) == (label, synonyms)


def test_a_label_that_never_stands_alone_is_a_kind_of_the_other(houses: Schema) -> None:
    assert houses.kinds["Knight"].ancestors == houses.kinds["King"].ancestors == ("Person",)
    assert houses.kinds["Person"].ancestors == ()
    assert set(houses.descendants["Person"]) == {"Person", "Knight", "Dead", "King"}
    assert houses.relations["BELONGS_TO"].triples == (Triple("Person", "BELONGS_TO", "House"),)


def test_properties_that_hold_few_texts_are_lists_of_values(houses: Schema, films: Schema) -> None:
    assert houses.enums["gender"].values == ("female", "male")
    assert films.kinds["User"].attributes["state"].enum == "state"
    assert films.kinds["User"].attributes["email"].enum is None
    assert films.node_attributes["year"] is ValueType.INTEGER
    assert films.relation_attributes == {"watchCount": ValueType.INTEGER}


def test_what_cannot_be_named_in_a_query_is_left_out(houses: Schema) -> None:
    assert "pageRank" in houses.kinds["Person"].attributes
    assert "pageRank-1" not in houses.kinds["Person"].attributes
    assert "" not in houses.kinds
