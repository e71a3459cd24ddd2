"""LangChain's chains run on the twin, with the rights of who asks, and read it only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_neo4j import GraphCypherQAChain
from langchain_neo4j.graphs.graph_store import GraphStore

from agent.graph_store import ReadOnlyGraphError, TwinGraph
from core.errors import QueryError
from core.principal import Principal
from core.settings import load_settings
from graph.history.checksum import checksum_of
from ingest.estate_generator import generate_estate
from services.access.rights import ForbiddenError
from services.ingestion import ingest
from services.query import QueryService
from services.twin import Twin, open_twin
from tests.conftest import NOW

COUNT = "MATCH (s:Server) RETURN count(s) AS servers"
OWNER = Principal("ana", frozenset({"owner"}), None)


@pytest.fixture(scope="module", params=["networkx", "embedded"])
def twin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    home: Path = tmp_path_factory.mktemp(request.param)
    generate_estate(home / "export", servers=50, seed=3, as_of=NOW.date())
    settings = load_settings(home=home, backend=request.param, now=NOW.isoformat())
    ingest(settings, "csv", home / "export")
    with open_twin(settings) as opened:
        yield opened


@pytest.fixture
def graph(twin: Twin) -> TwinGraph:
    return TwinGraph(QueryService(twin), twin.schema, OWNER)


def chain(graph: TwinGraph, *says: str, **more: Any) -> GraphCypherQAChain:
    model = GenericFakeChatModel(messages=iter([AIMessage(content=text) for text in says]))
    return GraphCypherQAChain.from_llm(model, graph=graph, allow_dangerous_requests=True, **more)


def test_it_is_a_graph_store_with_the_schema_of_the_pack(graph: TwinGraph) -> None:
    assert isinstance(graph, GraphStore)
    graph.refresh_schema()
    assert {"start": "BusinessApplication", "type": "DEPENDS_ON", "end": "BusinessApplication"} in (
        graph.get_structured_schema["relationships"]
    )
    assert "(:BusinessApplication)-[:DEPENDS_ON]->(:BusinessApplication)" in graph.get_schema == graph.schema


def test_a_chain_asks_the_twin_and_answers_from_its_rows(graph: TwinGraph) -> None:
    asked = chain(graph, f"```cypher\n{COUNT}\n```", "There are some.", return_intermediate_steps=True)
    done = asked.invoke({"query": "how many servers?"})
    expected = graph.query(COUNT)
    assert expected[0]["servers"] > 0
    assert done["intermediate_steps"][1]["context"] == expected
    assert done["result"] == "There are some."


def test_a_chain_that_validates_its_cypher_does_so_by_our_schema(graph: TwinGraph) -> None:
    wrong_way = "MATCH (s:Server)-[:DEPENDS_ON]->(a:BusinessApplication) RETURN count(a) AS n"
    done = chain(graph, wrong_way, validate_cypher=True, return_direct=True).invoke({"query": "?"})
    assert done["result"] == [] or set(done["result"][0]) == {"n"}


@pytest.mark.parametrize(
    "writes",
    [
        "MATCH (n) DETACH DELETE n",
        "CREATE (n:Server {name: 'x'})",
        "MATCH (s:Server) SET s.name = 'x' RETURN s",
        "LOAD CSV FROM 'http://192.0.2.1/x' AS row RETURN row",
        "CALL apoc.load.json('http://192.0.2.1/x') YIELD value RETURN value",
        "CALL dbms.listConfig() YIELD name RETURN name",
    ],
)
def test_what_is_no_reading_is_refused_and_changes_nothing(writes: str, graph: TwinGraph, twin: Twin) -> None:
    before = checksum_of(twin.repository).checksum()
    with pytest.raises(QueryError):
        chain(graph, writes, "done").invoke({"query": "?"})
    assert checksum_of(twin.repository).checksum() == before


def test_a_chain_sees_what_its_asker_sees(graph: TwinGraph, twin: Twin) -> None:
    nobody = TwinGraph(QueryService(twin), twin.schema, Principal("eve", frozenset({"owner"})))
    assert nobody.query(COUNT) == [{"servers": 0}]
    with pytest.raises(ForbiddenError):
        TwinGraph(QueryService(twin), twin.schema, Principal("eve"))


def test_what_is_handed_to_a_chain_is_bounded_in_rows_and_bytes(twin: Twin) -> None:
    queries = QueryService(twin)
    names = "MATCH (s:Server) RETURN s.name AS name"
    assert len(TwinGraph(queries, twin.schema, OWNER, rows=3).query(names)) == 3
    assert len(TwinGraph(queries, twin.schema, OWNER, bytes_=60).query(names)) < 3
    (row,) = TwinGraph(queries, twin.schema, OWNER).query("MATCH (s:Server) RETURN s LIMIT 1")
    assert set(row["s"]) == {"id", "labels", "properties"}


def test_nothing_is_added_through_it(graph: TwinGraph) -> None:
    with pytest.raises(ReadOnlyGraphError):
        graph.add_graph_documents([])


def test_parameters_are_values_never_text(graph: TwinGraph) -> None:
    found = graph.query("MATCH (s:Server) WHERE s.name = $name RETURN s.name AS name", {"name": "x' OR 1=1 //"})
    assert found == []
