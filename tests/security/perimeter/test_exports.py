"""An export shows a restricted asker the reduced graph, as every door does: in every format, of answers and of the graph."""

from __future__ import annotations

from typing import Any

import pytest

from api.deps import Services
from bench.catalogue import parameters
from core.principal import LOCAL_OPERATOR, Principal
from graph.cypher.passes.perimeter import LIMITED
from graph.repository import GraphRepository
from services.cells import to_json
from services.export.order import ExportOrder, Format, Selection
from services.twin import Twin
from tests.security.perimeter.test_doors import asker as asker  # fixtures of the same bank
from tests.security.perimeter.test_doors import memory as memory
from tests.security.perimeter.test_doors import on, post
from tests.security.perimeter.test_doors import reduced as reduced
from tests.security.perimeter.test_doors import twin as twin
from tests.services.export import readers
from tests.services.export.conftest import taken


@pytest.fixture
def services(twin: Twin) -> Services:
    return Services.of(twin)


def test_the_exported_graph_is_the_reduced_one(services: Services, reduced: GraphRepository, asker: Principal) -> None:
    def take(format_: Format) -> bytes:
        return taken(services, ExportOrder(format_, selection=Selection()), asker)

    nodes = {node.id: node.kind for node in reduced.nodes()}
    edges = {edge.id: (edge.start, edge.end) for edge in reduced.edges()}
    found_nodes, found_edges = readers.graphml(take(Format.GRAPHML))
    assert {id_: data["_kind"] for id_, data in found_nodes.items()} == nodes
    assert {id_: (start, end) for id_, (start, end, _) in found_edges.items()} == edges
    assert {line["id"] for line in readers.json_lines(take(Format.JSON_LINES))} == nodes.keys() | edges.keys()
    assert {row[0] for row in readers.csv_plain(take(Format.CSV))[1:]} == nodes.keys() | edges.keys()
    assert set(readers.parquet(take(Format.PARQUET)).column("_id").to_pylist()) == nodes.keys() | edges.keys()


def test_somebody_who_sees_nothing_exports_what_is_public(services: Services, twin: Twin) -> None:
    nobody = Principal("nobody", frozenset({"administrator"}), frozenset())
    content = taken(services, ExportOrder(Format.GRAPHML, selection=Selection()), nobody)
    kinds = {data["_kind"] for data in readers.graphml(content)[0].values()}
    assert kinds <= twin.schema.public_kinds
    assert kinds


def test_every_query_of_the_catalogue_is_exported_from_the_reduced_bank(
    services: Services, twin: Twin, reduced: GraphRepository, asker: Principal
) -> None:
    left = on(twin, reduced)
    plain = Services.of(left).catalogue
    asked = 0
    for query in plain.queries()[::4]:
        try:
            given = parameters(left, query)
        except IndexError:
            continue  # the asker sees no element to ask about
        wanted = plain.run(query.name, given).to_dict()["rows"]
        order = ExportOrder(Format.JSON_LINES, catalogue=query.name, parameters=given)
        found = [list(line.values()) for line in readers.json_lines(taken(services, order, asker))]
        assert found == wanted, query.name
        asked += 1
    assert asked >= 10


def test_an_answer_of_elements_has_no_hidden_ends(
    services: Services, reduced: GraphRepository, asker: Principal
) -> None:
    order = ExportOrder(Format.GRAPHML, query="MATCH ()-[r]->() RETURN r")
    nodes, edges = readers.graphml(taken(services, order, asker))
    assert edges.keys() == {edge.id for edge in reduced.edges()}
    assert nodes.keys() <= {node.id for node in reduced.nodes()}


def test_http_says_that_it_is_limited_and_never_widens(twin: Twin, asker: Principal) -> None:
    text = "MATCH (s:Server) RETURN s.id AS id ORDER BY id"
    name = next(iter(asker.perimeters or ()))

    def ask(principal: Principal, perimeters: list[str] | None) -> Any:
        body = {"format": "jsonl", "query": text, "perimeters": perimeters}
        return post(twin, principal, "/api/exports", body)

    wanted = [to_json(row[0]) for row in Services.of(twin).queries.cypher(text, principal=asker).answer.rows]
    for answer in (ask(LOCAL_OPERATOR, [name]), ask(asker, None), ask(asker, [name, "Crédits"])):
        assert [line["id"] for line in readers.json_lines(answer.content)] == wanted
        assert LIMITED in answer.headers["jumeau-notes"]
    assert ask(asker, ["no such perimeter"]).content == b""
    assert ask(LOCAL_OPERATOR, None).headers["jumeau-notes"] == "[]"
