"""Shortest paths on the embedded store: searched in memory, every tie, nodes and relations as they are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path as Folder
from random import Random
from typing import Any

import networkx as nx
import pytest

from core.errors import UnsupportedConstructError
from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.backends.embedded.trails import Search, TrailIndex, steps_of
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.ast import Direction
from graph.cypher.prepare import prepare
from graph.model import Edge, EdgeChange, GraphDelta, Node, NodeChange, Operation, Path
from graph.repository import Answer
from graph.schema.model import Schema
from tests.graph.backends.embedded.conftest import OPTIONS
from tests.graph.backends.embedded.samples import CONTEXT

APPLICATIONS = 14


def estate(seed: int = 3) -> GraphDelta:
    """Applications that depend on each other at random, some twice, some on themselves."""
    random = Random(seed)
    nodes = [
        NodeChange(Operation.CREATE, f"a{n}", "BusinessApplication", {"name": f"app {n}", "code": f"C{n}"})
        for n in range(APPLICATIONS)
    ]
    edges = [
        EdgeChange(
            Operation.CREATE,
            f"d{n}",
            "DEPENDS_ON",
            f"a{random.randrange(APPLICATIONS)}",
            f"a{random.randrange(APPLICATIONS)}",
            {},
            "BusinessApplication",
            "BusinessApplication",
        )
        for n in range(26)
    ]
    return GraphDelta(1, 1, nodes, edges)


@pytest.fixture(scope="module")
def both(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedRepository, Any]]:
    store = open_repository(f"embedded:{tmp_path_factory.mktemp('shortest') / 'store.lbug'}", schema, OPTIONS)
    memory = NetworkXRepository(schema)
    for repository in (store, memory):
        repository.apply(estate())
    yield store, memory
    store.close()


def ask(repository: Any, text: str) -> Answer:
    answer: Answer = repository.run(prepare(text, repository.schema), {}, CONTEXT)
    return answer


def plain(value: Any) -> Any:
    """A cell as text that tells elements apart."""
    match value:
        case Path():
            return ("path", *(plain(item) for item in (*value.nodes, *value.edges)))
        case Node() | Edge():
            return (value.id, tuple(sorted(value.properties.items())))
        case list():
            return tuple(plain(item) for item in value)
        case dict():
            return tuple((name, plain(item)) for name, item in value.items())
    return value


ENDS = "MATCH (a:BusinessApplication), (b:BusinessApplication)"
TIES = [
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..5]->(b)) RETURN a.id, b.id, length(p) AS hops",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..5]->(b)) RETURN p",
    f"{ENDS} MATCH p = allShortestPaths((a)<-[:DEPENDS_ON*..3]-(b)) RETURN p",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..5]-(b)) RETURN [n IN nodes(p) | n.id] AS ids, length(p) AS hops",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..4]->(b)) RETURN [n IN nodes(p) | n.name] AS names",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..4]->(b)) RETURN [r IN relationships(p) | {{id: r.id, t: type(r)}}] AS r",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..4]->(b)) RETURN nodes(p) AS n, relationships(p) AS r",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..4]->(b)) WITH p, size(nodes(p)) AS c WHERE c > 2 RETURN p, c",
    f"{ENDS} MATCH p = shortestPath((a)-[:DEPENDS_ON*..5]->(b)) RETURN a.id, b.id, length(p) AS hops",
    f"{ENDS} OPTIONAL MATCH p = shortestPath((a)-[:DEPENDS_ON*..5]->(b)) RETURN a.id, b.id, length(p) AS hops",
    f"{ENDS} OPTIONAL MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..2]->(b)) RETURN a.id, b.id, p, p IS NULL AS none",
    "MATCH p = shortestPath((a:BusinessApplication {id: 'a1'})-[:DEPENDS_ON*..9]-(b:BusinessApplication)) RETURN b.id, length(p) AS n",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..5]->(b)) RETURN length(p) AS hops, count(*) AS paths",
]


@pytest.mark.parametrize("text", TIES)
def test_paths_are_those_of_the_executor(both: tuple[EmbeddedRepository, Any], text: str) -> None:
    answers = [ask(repository, text) for repository in both]
    stored, expected = (Counter(repr([plain(cell) for cell in row]) for row in answer.rows) for answer in answers)
    assert stored == expected
    assert stored
    assert answers[0].engine == "index"


def test_a_path_goes_from_its_start_to_its_end_and_stands_in_the_store(both: tuple[EmbeddedRepository, Any]) -> None:
    rows = ask(both[0], f"{ENDS} MATCH p = shortestPath((a)-[:DEPENDS_ON*..6]-(b)) RETURN a.id, b.id, p").rows
    assert rows
    for start, end, path in rows:
        assert (path.nodes[0].id, path.nodes[-1].id) == (start, end)
        for (one, other), edge in zip(pairwise(path.nodes), path.edges, strict=True):
            assert {edge.start, edge.end} == {one.id, other.id}
            assert edge.type == "DEPENDS_ON"


REFUSED = [
    f"{ENDS} MATCH p = shortestPath((a)-[:DEPENDS_ON*..5]->(b)) WHERE length(p) > 2 RETURN length(p) AS n",
    f"{ENDS} MATCH p = shortestPath((a)-[r:DEPENDS_ON*..5]->(b)) RETURN size(r) AS n",
    f"{ENDS} MATCH p = allShortestPaths((a)-[:DEPENDS_ON*..5]->(b)) RETURN DISTINCT [n IN nodes(p) | n.name] AS n",
    f"{ENDS} MATCH p = shortestPath((a)-[:DEPENDS_ON*..5]->(b)) RETURN collect(p) AS paths",
    "MATCH (a:BusinessApplication) RETURN EXISTS { MATCH shortestPath((a)-[:DEPENDS_ON*..5]->(b:BusinessApplication)) } AS e",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_search_cannot_answer_is_refused_by_name(both: tuple[EmbeddedRepository, Any], text: str) -> None:
    with pytest.raises(UnsupportedConstructError):
        ask(both[0], text)


def test_paths_follow_what_is_written(schema: Schema, tmp_path: Folder) -> None:
    store = open_repository(f"embedded:{tmp_path / 'store.lbug'}", schema, OPTIONS)
    text = "MATCH (a {id: 'a0'}), (b {id: 'a2'}) MATCH p = shortestPath((a)-[:DEPENDS_ON*..9]->(b)) RETURN [n IN nodes(p) | n.id] AS i"

    def edge(identity: str, start: str, end: str, operation: Operation = Operation.CREATE) -> EdgeChange:
        return EdgeChange(
            operation, identity, "DEPENDS_ON", start, end, {}, "BusinessApplication", "BusinessApplication"
        )

    nodes = [NodeChange(Operation.CREATE, f"a{n}", "BusinessApplication", {"name": "x"}) for n in range(3)]
    store.apply(GraphDelta(1, 1, nodes, [edge("1", "a0", "a1"), edge("2", "a1", "a2")]))
    assert ask(store, text).rows == [(["a0", "a1", "a2"],)]
    store.apply(GraphDelta(2, 2, [], [edge("3", "a0", "a2")]))
    assert ask(store, text).rows == [(["a0", "a2"],)]
    store.apply(
        GraphDelta(3, 3, [], [edge("3", "a0", "a2", Operation.DELETE), edge("2", "a1", "a2", Operation.DELETE)])
    )
    assert ask(store, text).rows == []
    store.close()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("direction", list(Direction))
def test_the_search_finds_what_networkx_finds(seed: int, direction: Direction) -> None:
    random = Random(seed)
    edges = [(f"n{random.randrange(20)}", f"n{random.randrange(20)}", f"r{at}") for at in range(45)]
    index = TrailIndex(lambda types: [(start, end, identity, types[0]) for start, end, identity in edges])
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(f"n{at}" for at in range(20))
    for start, end, identity in edges:
        if direction is not Direction.IN:
            graph.add_edge(start, end, key=identity)
        if direction is not Direction.OUT and (direction is Direction.IN or start != end):
            graph.add_edge(end, start, key=identity)
    number = index.number(Search(("T",), direction, 4, every=True))
    index.prepare(number)
    single = index.number(Search(("T",), direction, 4, every=False))
    index.prepare(single)
    for start in graph:
        for end in graph:
            wanted = Counter[tuple[str, ...]]()
            if start != end and nx.has_path(graph, start, end) and nx.shortest_path_length(graph, start, end) <= 4:
                for nodes in nx.all_shortest_paths(nx.DiGraph(graph), start, end):
                    ways = 1
                    for one, other in pairwise(nodes):
                        ways *= graph.number_of_edges(one, other)
                    wanted[tuple(nodes)] = ways
            found = Counter(tuple(steps_of(text)[0]) for text in index.paths(start, end, number))
            assert found == wanted
            lengths = [len(nodes) - 1 for nodes in wanted.elements()]
            assert index.lengths(start, end, number) == lengths
            assert index.lengths(start, end, single) == lengths[:1]


@pytest.mark.parametrize("direction", list(Direction))
def test_after_any_changes_the_search_finds_what_one_that_was_just_made_does(direction: Direction) -> None:
    random = Random(7)
    nodes = [f"n{at}" for at in range(9)]
    held: dict[str, EdgeChange] = {}

    def triples(_types: tuple[str, ...]) -> list[tuple[str, str, str, str]]:
        return [(change.start, change.end, change.id, change.type) for change in held.values()]

    searches = [Search(("T", "U"), direction, 5, every=every) for every in (False, True)]
    index = TrailIndex(triples)
    for step in range(60):
        for search in searches:
            index.prepare(index.number(search))
        changes = []
        for at in range(random.randrange(4)):
            if held and random.random() < 0.45:
                gone = held.pop(random.choice(sorted(held)))
                changes.append(gone._replace(operation=Operation.DELETE))
            else:
                start, end, type_ = random.choice(nodes), random.choice(nodes), random.choice("TUV")
                made = EdgeChange(Operation.CREATE, f"r{step}.{at}", type_, start, end, {})
                if type_ != "V":
                    held[made.id] = made
                changes.append(made)
        index.apply(changes)
        fresh = TrailIndex(triples)
        for search in searches:
            fresh.prepare(fresh.number(search))
            for start in nodes:
                for end in nodes:
                    told = index.lengths(start, end, index.number(search))
                    assert told == fresh.lengths(start, end, fresh.number(search))
