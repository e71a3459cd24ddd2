"""Walks along dependencies: what an element depends on, what depends on it, one shortest path; against a plain walk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.principal import Principal
from graph.schema.model import Schema
from tests.api.conftest import Asking, asking
from tests.api.estate import Estate, Thing, opened

CLOSURE = """query($id: ID!, $depth: Int, $kinds: [KindName!], $first: Int, $after: String) {
  %s(id: $id, depth: $depth, kinds: $kinds, first: $first, after: $after, orderBy: [{name: ASC}]) {
    count pageInfo { hasNextPage endCursor } nodes { id __typename } } }"""
PATH = """query($from: ID!, $to: ID!, $most: Int, $directed: Boolean) {
  pathTo(from: $from, to: $to, maxLength: $most, directed: $directed) {
    length nodes { __typename id ... on BusinessApplication { name code } ... on Server { name cpuCores aliases } }
    relations { id type start end forward } } }"""


@pytest.fixture(scope="module")
def followed(schema: Schema) -> frozenset[str]:
    return frozenset(schema.groups["dependency"])


def named(estate: Estate, name: str) -> Thing:
    return next(thing for thing in estate.things if thing["name"] == name)


def reached(estate: Estate, start: Thing, followed: frozenset[str], depth: int, *, back: bool) -> set[str]:
    """A walk, front by front."""
    seen, front = {start.id}, {start.id}
    for _ in range(depth):
        steps = ((e.end.id, e.start.id) if back else (e.start.id, e.end.id) for e in estate.links if e.type in followed)
        front = {far for near, far in steps if near in front} - seen
        seen |= front
    return seen - {start.id}


@pytest.mark.parametrize("depth", [1, 2, 3, 20])
@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("dependsOn", "app-0"),
        ("dependsOn", "srv-1-01"),
        ("impactedBy", "hyp-0"),
        ("impactedBy", "rack-1"),
        ("impactedBy", "app-1"),
    ],
)
def test_a_closure_is_what_a_plain_walk_reaches(
    field: str, name: str, depth: int, ask: Asking, followed: frozenset[str]
) -> None:
    start = named(ask.estate, name)
    wanted = reached(ask.estate, start, followed, depth, back=field == "impactedBy")
    page = ask.any_engine(CLOSURE % field, id=start.id, depth=depth, first=500)[field]
    assert sorted(node["id"] for node in page["nodes"]) == sorted(wanted), "each once"
    assert page["count"] == len(wanted) > 0


def test_a_closure_is_read_page_by_page(ask: Asking, followed: frozenset[str]) -> None:
    start = named(ask.estate, "app-0")
    seen: list[str] = []
    after = None
    while True:
        page = ask.any_engine(CLOSURE % "dependsOn", id=start.id, first=7, after=after)["dependsOn"]
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    names = {thing.id: str(thing["name"]) for thing in ask.estate.things}
    wanted = reached(ask.estate, start, followed, 20, back=False)
    assert seen == sorted(wanted, key=lambda id_: (names[id_], id_))


def test_a_closure_lists_the_kinds_that_are_named_however_they_are_reached(
    ask: Asking, followed: frozenset[str]
) -> None:
    start = named(ask.estate, "app-0")
    kinds = {thing.id: thing.kind for thing in ask.estate.things}
    wanted = {id_ for id_ in reached(ask.estate, start, followed, 20, back=False) if kinds[id_] == "Hypervisor"}
    page = ask.any_engine(CLOSURE % "dependsOn", id=start.id, kinds=["Hypervisor"])["dependsOn"]
    assert {node["id"] for node in page["nodes"]} == wanted
    assert page["count"] == len(wanted) > 0
    text = 'query($id: ID!) { dependsOn(id: $id, filter: {name: {startsWith: "hyp"}}) { count } }'
    assert ask.any_engine(text, id=start.id)["dependsOn"]["count"] == len(wanted)


def test_a_closure_is_one_query_with_all_that_is_nested(ask: Asking) -> None:
    text = """query($id: ID!) { dependsOn(id: $id, kinds: [Server, Team], orderBy: [{name: ASC}], first: 3) { nodes {
        ... on Server { name cpuCores ownedBy { nodes { name } } } ... on BusinessApplication { code runsOn { count } } } } }"""
    start = named(ask.estate, "app-0")
    ask.repository.asked.clear()
    nodes = ask.any_engine(text, id=start.id)["dependsOn"]["nodes"]
    assert len(ask.repository.asked) == 1
    by_name = {thing["name"]: thing for thing in ask.estate.things}
    assert len(nodes) == 3
    for node in nodes:
        server = by_name[node["name"]]
        assert node["cpuCores"] == server["cpu_cores"]
        assert [team["name"] for team in node["ownedBy"]["nodes"]] == [
            t["name"] for t in ask.estate.out(server, "OWNED_BY")
        ]


def test_a_path_is_told_with_its_nodes_and_relations_in_order(ask: Asking) -> None:
    start, end = named(ask.estate, "app-0"), named(ask.estate, "app-3")
    path = ask.any_engine(PATH, **{"from": start.id, "to": end.id})["pathTo"]
    (link,) = [e for e in ask.estate.links if (e.start, e.end) == (end, start)]
    assert path == {
        "length": 1,
        "nodes": [
            {"__typename": "BusinessApplication", "id": start.id, "name": "app-0", "code": "APP-0000"},
            {"__typename": "BusinessApplication", "id": end.id, "name": "app-3", "code": "APP-0003"},
        ],
        "relations": [{"id": link.id, "type": "DEPENDS_ON", "start": end.id, "end": start.id, "forward": False}],
    }
    directed = ask.any_engine(PATH, **{"from": start.id, "to": end.id, "directed": True})["pathTo"]
    assert [node["name"] for node in directed["nodes"]] == ["app-0", "app-1", "app-2", "app-3"]
    assert all(relation["forward"] for relation in directed["relations"])
    assert ask.any_engine(PATH, **{"from": start.id, "to": end.id, "directed": True, "most": 2})["pathTo"] is None


def test_a_path_hangs_together(ask: Asking, followed: frozenset[str]) -> None:
    start, end = named(ask.estate, "app-1"), named(ask.estate, "hyp-1")
    ask.repository.asked.clear()
    path = ask.any_engine(PATH, **{"from": start.id, "to": end.id})["pathTo"]
    assert len(ask.repository.asked) == 1
    assert path["length"] == len(path["relations"]) == len(path["nodes"]) - 1 > 0
    links = {e.id: e for e in ask.estate.links if e.type in followed}
    ids = [node["id"] for node in path["nodes"]]
    assert (ids[0], ids[-1]) == (start.id, end.id)
    for near, far, relation in zip(ids, ids[1:], path["relations"], strict=False):
        assert {links[relation["id"]].start.id, links[relation["id"]].end.id} == {near, far}
        assert relation["forward"] is (links[relation["id"]].start.id == near)


def test_there_is_no_path_to_what_is_not_there(memory: Asking) -> None:
    start = named(memory.estate, "app-0").id
    assert memory.any_engine(PATH, **{"from": start, "to": named(memory.estate, "Socle").id})["pathTo"] is None
    assert memory.any_engine(PATH, **{"from": start, "to": "nothing"})["pathTo"] is None
    page = memory.any_engine(CLOSURE % "dependsOn", id="nothing")["dependsOn"]
    assert (page["count"], page["nodes"]) == (0, [])


def test_what_is_outside_a_perimeter_is_on_no_way(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> None:
    estate = Estate()
    north, south = (estate.add("Perimeter", name) for name in ("North", "South"))
    first, hidden, last = (estate.add("BusinessApplication", name) for name in ("first", "hidden", "last"))
    estate.link(first, "DEPENDS_ON", hidden)
    estate.link(hidden, "DEPENDS_ON", last)
    for thing, perimeter in ((first, north), (hidden, south), (last, north)):
        estate.link(thing, "IN_PERIMETER", perimeter)
    ends = {"from": first.id, "to": last.id}
    for url in ("networkx", "embedded"):
        with opened(url, schema, tmp_path_factory.mktemp("hidden"), estate) as twin:
            whole = asking(twin, estate)
            assert whole.any_engine(CLOSURE % "dependsOn", id=first.id)["dependsOn"]["count"] == 2
            assert whole.any_engine(PATH, **ends)["pathTo"]["length"] == 2
            of_north = Principal("ana", frozenset({"reader"}), frozenset({"North"}))
            ana = asking(replace(twin, repository=whole.repository.inner), estate, of_north)
            assert ana.any_engine(CLOSURE % "dependsOn", id=first.id)["dependsOn"]["count"] == 0
            assert ana.any_engine(CLOSURE % "impactedBy", id=hidden.id)["impactedBy"]["nodes"] == []
            assert ana.any_engine(PATH, **ends)["pathTo"] is None


def test_a_past_moment_has_its_own_walks(memory: Asking) -> None:
    text = """query($id: ID!, $to: ID!) { dependsOn(id: $id, asOf: "#0") { count } pathTo(from: $id, to: $to, asOf: "#0") { length } }"""
    ids = {"id": named(memory.estate, "app-0").id, "to": named(memory.estate, "app-3").id}
    assert memory.any_engine(text, **ids) == {"dependsOn": {"count": 0}, "pathTo": None}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param('{ dependsOn(id: "x", depth: 21) { count } }', "PATH", id="too deep"),
        pytest.param('{ dependsOn(id: "x", depth: 0) { count } }', "PATH", id="no depth"),
        pytest.param('{ impactedBy(id: "x", kinds: [Person]) { count } }', "PATH", id="a kind that is never reached"),
        pytest.param('{ pathTo(from: "x", to: "x") { length } }', "PATH", id="nowhere to go"),
        pytest.param('{ pathTo(from: "x", to: "y", maxLength: 21) { length } }', "PATH", id="too long"),
        pytest.param(
            '{ pathTo(from: "x", to: "y") { nodes { ... on Server { runs { count } } } } }', "PATH", id="more of a node"
        ),
    ],
)
def test_walks_are_bounded(text: str, code: str, memory: Asking) -> None:
    assert memory.code(text) == code
