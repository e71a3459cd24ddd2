"""Walks asked of the elements of a list: what each depends on, what depends on it, a path from it; against plain walks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.principal import Principal
from graph.schema.model import Schema
from services.edits import RelationEdit
from tests.api.conftest import Asking, OpenAny, asking
from tests.api.dependency_estate import PlainWalks, dense_estate, dependency_estate, named
from tests.api.estate import opened
from tests.api.test_graphql_limits import code_of, limited

LISTED = "id dependsOn(depth: $depth, first: 500) { count nodes { id } }"
EVERYWHERE = f"""query($depth: Int) {{
  configurationItems(first: 500) {{ nodes {{ {LISTED} impactedBy(depth: $depth, first: 500) {{ count hidden nodes {{ id }} }} }} }}
  servers(first: 500) {{ nodes {{ {LISTED} }} }}
  sites {{ nodes {{ id impactedBy(depth: $depth, first: 500) {{ count hidden nodes {{ id }} }} }} }}
}}"""
BELOW = """{ businessApplications(orderBy: [{name: ASC}]) { nodes { id
  dependsOn(depth: 4, kinds: [Server, Rack], filter: {name: {ne: "vm-1"}}, orderBy: [{name: DESC}], first: 3) {
    count pageInfo { hasNextPage endCursor } nodes { id name __typename ownedBy { nodes { name } }
      ... on Server { cpuCores impactedBy(depth: 2, kinds: [BusinessService]) { count nodes { name } } } } } } } }"""
PATHS = """query($to: ID!, $most: Int, $directed: Boolean) { configurationItems(first: 500) { nodes { id
  ownedBy { nodes { name } }
  pathTo(to: $to, maxLength: $most, directed: $directed) {
    length nodes { __typename id ... on Server { name cpuCores } } relations { id type start end forward } } } } }"""


@pytest.fixture(scope="module")
def mesh(open_any: OpenAny, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """An estate of many ways, on each backend."""
    with open_any(tmp_path_factory.mktemp("mesh"), dependency_estate(5)) as ask:
        yield ask


@pytest.fixture(scope="module")
def mesh_in_memory(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    estate = dependency_estate(5)
    with opened("networkx", schema, tmp_path_factory.mktemp("mesh"), estate) as twin:
        yield asking(twin, estate)


@pytest.fixture(scope="module")
def followed(schema: Schema) -> frozenset[str]:
    return frozenset(schema.groups["dependency"])


@pytest.fixture
def plain(mesh: Asking, followed: frozenset[str]) -> PlainWalks:
    return PlainWalks(mesh.estate, followed)


def answered(ask: Asking, text: str, queries: int, **variables: Any) -> Any:
    """The data of an answer that took so many queries of the backend, none of them on a snapshot."""
    ask.repository.asked.clear()
    result = ask.schema.execute_sync(text, variables)
    assert result.errors is None, result.errors
    told = (result.extensions or {})["jumeau"]
    assert "fallback" not in told["engines"], told["notes"]
    assert len(ask.repository.asked) == queries
    return result.data


@pytest.mark.parametrize("depth", [1, 3, 20])
def test_each_element_of_a_list_tells_what_a_plain_walk_from_it_reaches(
    depth: int, mesh: Asking, plain: PlainWalks
) -> None:
    data = answered(mesh, EVERYWHERE, 3, depth=depth)
    told = 0
    for root, content in data.items():
        assert content["nodes"], root
        for node in content["nodes"]:
            for field in node.keys() - {"id"}:
                wanted = plain.reached(node["id"], depth, back=field == "impactedBy")
                if field == "dependsOn":  # it lists configuration items
                    wanted = {one for one in wanted if plain.kinds[one].kind != "Site"}
                found = [one["id"] for one in node[field]["nodes"]]
                assert sorted(found) == sorted(wanted), (root, node["id"], "each once")
                assert node[field]["count"] == len(wanted)
                told += len(wanted)
    assert told > 40


def test_an_element_of_a_list_tells_what_the_root_tells_of_it(mesh: Asking) -> None:
    text = """{ hypervisors { nodes { id dependsOn(depth: 20, kinds: [Rack]) { count nodes { id } }
        impactedBy { count nodes { id } } } } }"""
    root = """query($id: ID!) { dependsOn(id: $id, kinds: [Rack]) { count nodes { id } }
        impactedBy(id: $id) { count nodes { id } } }"""
    for node in answered(mesh, text, 1)["hypervisors"]["nodes"]:
        told = mesh.any_engine(root, id=node["id"])
        for field in ("dependsOn", "impactedBy"):
            assert node[field]["count"] == told[field]["count"] > 0
            assert {one["id"] for one in node[field]["nodes"]} == {one["id"] for one in told[field]["nodes"]}


def test_a_walk_has_filter_order_page_and_lists_of_its_own_in_the_one_query(mesh: Asking, plain: PlainWalks) -> None:
    nodes = answered(mesh, BELOW, 1)["businessApplications"]["nodes"]
    estate, cut = mesh.estate, 0
    for node in nodes:
        reached = [plain.kinds[one] for one in plain.reached(node["id"], 4, back=False)]
        wanted = [t for t in reached if t.kind in ("VirtualMachine", "Hypervisor", "Rack") and t["name"] != "vm-1"]
        wanted.sort(key=lambda thing: str(thing["name"]), reverse=True)
        page = node["dependsOn"]
        assert page["count"] == len(wanted)
        assert page["pageInfo"]["hasNextPage"] is (len(wanted) > 3)
        cut += len(wanted) > 3
        assert [one["id"] for one in page["nodes"]] == [thing.id for thing in wanted[:3]]
        for one, thing in zip(page["nodes"], wanted, strict=False):
            assert one["__typename"] == thing.kind
            assert [team["name"] for team in one["ownedBy"]["nodes"]] == [
                t["name"] for t in estate.out(thing, "OWNED_BY")
            ]
            if thing.kind != "Rack":
                assert one["cpuCores"] == thing["cpu_cores"]
                above = plain.reached(thing.id, 2, back=True)
                services = {plain.kinds[i]["name"] for i in above if plain.kinds[i].kind == "BusinessService"}
                assert {s["name"] for s in one["impactedBy"]["nodes"]} == services
                assert one["impactedBy"]["count"] == len(services)
    assert cut, "some page ends before its list does"


def test_a_walk_of_a_list_is_read_page_by_page(mesh: Asking, plain: PlainWalks) -> None:
    start = max(mesh.estate.of("Site"), key=lambda site: len(plain.reached(site.id, 20, back=True)))
    text = """query($id: ID!, $after: String) { node(id: $id) { ... on Site {
        impactedBy(orderBy: [{name: ASC}], first: 4, after: $after) {
          count pageInfo { hasNextPage endCursor } edges { cursor node { id name } } } } } }"""
    seen: list[str] = []
    after = None
    while True:
        page = answered(mesh, text, 1, id=start.id, after=after)["node"]["impactedBy"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    wanted = plain.reached(start.id, 20, back=True)
    assert seen == sorted(wanted, key=lambda id_: str(plain.kinds[id_]["name"]))
    assert page["count"] == len(wanted) > 8


def test_a_list_that_is_counted_alone_leaves_its_elements_in_the_store(mesh: Asking, plain: PlainWalks) -> None:
    text = """{ teams { nodes { id all: owns { count } some: owns(filter: {name: {startsWith: "vm"}}) { count }
        owns(filter: {name: {startsWith: "hyp"}}) { nodes { id ... on Hypervisor {
          impactedBy(filter: {name: {startsWith: "app"}}) { count } runs { count } hosts { count } } } } } } }"""
    kinds = plain.kinds
    for team in answered(mesh, text, 1)["teams"]["nodes"]:
        owned = mesh.estate.into(kinds[team["id"]], "OWNED_BY")
        assert team["all"]["count"] == len(owned)
        assert team["some"]["count"] == sum(thing.kind == "VirtualMachine" for thing in owned)
        for one in team["owns"]["nodes"]:
            impacted = [kinds[i] for i in plain.reached(one["id"], 20, back=True)]
            assert one["impactedBy"]["count"] == sum(thing.kind == "BusinessApplication" for thing in impacted)
            assert one["hosts"]["count"] == len(mesh.estate.into(kinds[one["id"]], "HOSTED_ON"))
            assert one["runs"]["count"] == 0
    counted = repr(mesh.repository.asked[-1].query).count("name='count'")
    assert counted == 5, "one for each such list"


def test_walks_nest_in_walks_and_in_relations(mesh: Asking, plain: PlainWalks) -> None:
    text = """{ teams { nodes { owns(filter: {name: {startsWith: "hyp"}}) { nodes { id ... on Hypervisor {
        impactedBy(depth: 2) { nodes { id impactedBy(depth: 1) { nodes { id } } } }
        dependsOn(depth: 2) { nodes { id } } } } } } } }"""
    told = 0
    for team in answered(mesh, text, 1)["teams"]["nodes"]:
        for item in team["owns"]["nodes"]:
            assert {n["id"] for n in item["impactedBy"]["nodes"]} == plain.reached(item["id"], 2, back=True)
            assert {n["id"] for n in item["dependsOn"]["nodes"]} == plain.reached(item["id"], 2, back=False)
            for one in item["impactedBy"]["nodes"]:
                assert {n["id"] for n in one["impactedBy"]["nodes"]} == plain.reached(one["id"], 1, back=True)
                told += len(one["impactedBy"]["nodes"])
    assert told


def test_the_field_of_a_relation_is_that_relation_where_no_depth_is_said(mesh: Asking, plain: PlainWalks) -> None:
    text = """{ businessApplications { nodes { id
        alone: dependsOn { count edges { id confidence node { id } } }
        walked: dependsOn(depth: 1) { edges { id confidence node { id } } } } } }"""
    more = 0
    for node in answered(mesh, text, 1)["businessApplications"]["nodes"]:
        links = [e for e in mesh.estate.links if e.type == "DEPENDS_ON" and e.start.id == node["id"]]
        alone = [(edge["id"], edge["confidence"], edge["node"]["id"]) for edge in node["alone"]["edges"]]
        assert sorted(alone) == sorted((e.id, "declared", e.end.id) for e in links)
        assert node["alone"]["count"] == len(links)
        walked = {edge["node"]["id"] for edge in node["walked"]["edges"]}
        assert walked == plain.reached(node["id"], 1, back=False)
        assert all(edge["id"] is edge["confidence"] is None for edge in node["walked"]["edges"])
        more += len(walked) > len(links)
    assert more, "what an application runs on is a dependency too"


@pytest.mark.parametrize(("most", "directed"), [(12, False), (12, True), (2, False)])
def test_each_element_tells_a_shortest_path_to_one(most: int, directed: bool, mesh: Asking, plain: PlainWalks) -> None:
    target = named(mesh.estate, "centre-1")
    lengths = set()
    for node in answered(mesh, PATHS, 1, to=target.id, most=most, directed=directed)["configurationItems"]["nodes"]:
        wanted = plain.distance(node["id"], target.id, most, directed=directed)
        path = node["pathTo"]
        lengths.add(wanted)
        if wanted is None:
            assert path is None
            continue
        assert path["length"] == wanted == len(path["relations"]) == len(path["nodes"]) - 1
        ids = [one["id"] for one in path["nodes"]]
        assert (ids[0], ids[-1]) == (node["id"], target.id)
        for near, far, relation in zip(ids, ids[1:], path["relations"], strict=False):
            link = plain.link(relation["id"])
            ends = (link.start.id, link.end.id)
            assert ends == ((near, far) if relation["forward"] else (far, near)) == (relation["start"], relation["end"])
            assert relation["forward"] or not directed
        for one in path["nodes"]:
            thing = plain.kinds[one["id"]]
            assert one["__typename"] == thing.kind
            if thing.kind in ("VirtualMachine", "Hypervisor"):
                assert (one["name"], one["cpuCores"]) == (thing["name"], thing["cpu_cores"])
    assert {None, 1, 2} <= lengths, "the target itself, and what lies beyond, has none"


def test_paths_are_asked_of_what_a_walk_reaches(mesh: Asking, plain: PlainWalks) -> None:
    """One query still; the embedded store runs it on a snapshot, and says so."""
    target = named(mesh.estate, "rack-1")
    text = """query($to: ID!) { businessServices { nodes { id impacted: dependsOn(depth: 2) { nodes { id
        back: pathTo(to: $to) { length } straight: pathTo(to: $to, directed: true) { length } } } } } }"""
    mesh.repository.asked.clear()
    data = mesh.any_engine(text, to=target.id)
    assert len(mesh.repository.asked) == 1
    found = 0
    for service in data["businessServices"]["nodes"]:
        assert {n["id"] for n in service["impacted"]["nodes"]} == plain.reached(service["id"], 2, back=False)
        for node in service["impacted"]["nodes"]:
            for name, directed in (("back", False), ("straight", True)):
                wanted = plain.distance(node["id"], target.id, 12, directed=directed)
                assert (None if node[name] is None else node[name]["length"]) == wanted
                found += wanted is not None
    assert found


def test_an_element_is_told_once_however_many_ways_lead_to_it(open_any: OpenAny, tmp_path: Path) -> None:
    """Two million ways lead from one end to each at the other: a walk that took each would not end."""
    text = """{ businessApplications(filter: {code: {in: ["D0-0", "D0-1", "D7-0"]}}, orderBy: [{code: ASC}]) { nodes {
        code dependsOn(depth: 20, first: 1) { count } impactedBy(first: 1) { count } } } }"""
    estate = dense_estate(8, 8)
    north = estate.add("Perimeter", "North")
    for thing in estate.of("BusinessApplication"):
        estate.link(thing, "IN_PERIMETER", north)
    with open_any(tmp_path, estate) as ask:
        of_north = Principal("ana", frozenset({"reader"}), frozenset({"North"}))
        ana = asking(replace(ask.twin, repository=ask.repository.inner), estate, of_north)
        for asker in (ask, ana):
            nodes = answered(asker, text, 1)["businessApplications"]["nodes"]
            assert [(n["code"], n["dependsOn"]["count"], n["impactedBy"]["count"]) for n in nodes] == [
                ("D0-0", 56, 0),
                ("D0-1", 56, 0),
                ("D7-0", 0, 56),
            ]


# --- what does not depend on the backend ---------------------------------------------------------------------------------


def test_one_element_and_what_was_searched_for_tell_of_walks_too(
    mesh_in_memory: Asking, followed: frozenset[str]
) -> None:
    ask, plain = mesh_in_memory, PlainWalks(mesh_in_memory.estate, followed)
    start = named(ask.estate, "hyp-1")
    wanted = len(plain.reached(start.id, 20, back=True))
    node = answered(ask, "query($id: ID!) { node(id: $id) { ... on Server { impactedBy { count } } } }", 1, id=start.id)
    assert node["node"]["impactedBy"]["count"] == wanted > 0
    text = '{ search(text: "hyp-1") { hits { node { ... on ConfigurationItem { impactedBy { count } } } } } }'
    (hit,) = answered(ask, text, 1)["search"]["hits"]
    assert hit["node"]["impactedBy"]["count"] == wanted
    text = """query($id: ID!) { impactedBy(id: $id, depth: 1) { nodes { id dependsOn: pathTo(to: $id) { length }
        impactedBy(depth: 1) { count } } } }"""
    for one in answered(ask, text, 1, id=start.id)["impactedBy"]["nodes"]:
        assert one["dependsOn"] == {"length": 1}
        assert one["impactedBy"]["count"] == len(plain.reached(one["id"], 1, back=True))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{ hypervisors { nodes { dependsOn(depth: 1, kinds: [BusinessApplication]) { count nodes { id } } } } }", [0]),
        ("{ racks { nodes { dependsOn(depth: 20, filter: {environment: {eq: production}}) { count } } } }", [0]),
        ("{ dataCenters { nodes { dependsOn(depth: 5) { count } } } }", [0]),
        ("{ businessServices { nodes { isNeededBy { nodes { ... on Server { cpuCores runs { count } } } } } } }", []),
        (
            """{ hypervisors { nodes { dependsOn(depth: 2) { nodes { ... on BusinessApplication { code runsOn { count }
            impactedBy { count } pathTo(to: "x") { length } } } } } } }""",
            [],
        ),
    ],
)
def test_what_can_never_be_there_is_an_empty_list(text: str, wanted: list[int], mesh_in_memory: Asking) -> None:
    """The schema alone says so: nothing is asked for it, and nothing is wrong with it."""
    (root,) = answered(mesh_in_memory, text, 1).values()
    assert root["nodes"]
    told = [content.get("count") for node in root["nodes"] for content in node.values()]
    assert sorted({count for count in told if count is not None}) == wanted


def test_the_same_walk_asked_for_twice_is_walked_once(mesh_in_memory: Asking) -> None:
    text = """query($first: Int) { servers { nodes { a: impactedBy(depth: 2) { count } ...More } } }
        fragment More on Server { b: impactedBy(depth: 2, first: $first) { nodes { id } } c: impactedBy(depth: 3) { count } }"""
    ask = mesh_in_memory
    answered(ask, text, 1)
    assert _clauses(ask) == 2
    answered(ask, text, 1, first=1)
    assert _clauses(ask) == 3, "another page is another list"


def _clauses(ask: Asking) -> int:
    """How many walks are in the query that was asked last."""
    return repr(ask.repository.asked[-1].query).count("hops=Hops(")


def test_a_past_moment_and_a_branch_have_their_own_walks(schema: Schema, tmp_path: Path) -> None:
    estate = dependency_estate(5)
    text = """query($to: ID!) { databaseInstances(filter: {name: {eq: "db-0"}} %s) { nodes {
        dependsOn(depth: 1) { nodes { name } } pathTo(to: $to, maxLength: 1) { length } } } }"""
    with opened("networkx", schema, tmp_path, estate) as twin:
        ask = asking(twin, estate)
        start, new = named(estate, "db-0"), named(estate, "rack-0")
        assert ask.any_engine(text % ', asOf: "#0"', to=new.id)["databaseInstances"]["nodes"] == []
        (before,) = ask.any_engine(text % "", to=new.id)["databaseInstances"]["nodes"]
        ask.services.branches.create("plan")
        ask.services.branches.change(
            "plan",
            relations=[RelationEdit("DEPENDS_ON", start.id, named(estate, "db-3").id)],
        )
        (planned,) = ask.any_engine(text % ', branch: "plan"', to=new.id)["databaseInstances"]["nodes"]
        (after,) = ask.any_engine(text % "", to=new.id)["databaseInstances"]["nodes"]
        ask.services.moments.close()
    assert before == after
    names = {one["name"] for one in before["dependsOn"]["nodes"]}
    assert "db-3" not in names
    assert {one["name"] for one in planned["dependsOn"]["nodes"]} == names | {"db-3"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("{ servers { nodes { impactedBy(depth: 21) { count } } } }", "PATH", id="too deep"),
        pytest.param("{ servers { nodes { dependsOn(depth: 0) { count } } } }", "PATH", id="no depth"),
        pytest.param("{ servers { nodes { dependsOn { count } } } }", "PATH", id="no depth where there is no relation"),
        pytest.param("{ configurationItems { nodes { dependsOn { count } } } }", "PATH", id="no depth of a generic"),
        pytest.param("{ apis { nodes { dependsOn(depth: 0) { count } } } }", "PATH", id="no depth of a relation"),
        pytest.param("{ servers { nodes { impactedBy(kinds: [Person]) { count } } } }", "PATH", id="never reached"),
        pytest.param("{ apis { nodes { dependsOn(kinds: [Server]) { count } } } }", "PATH", id="kinds of a relation"),
        pytest.param("{ apis { nodes { dependsOn(depth: 2, kinds: [Site]) { count } } } }", "PATH", id="not listed"),
        pytest.param('{ servers { nodes { pathTo(to: "x", maxLength: 21) { length } } } }', "PATH", id="too long"),
        pytest.param("{ servers { nodes { impactedBy(first: 501) { count } } } }", "PAGE_SIZE", id="a page"),
        pytest.param(
            '{ servers { nodes { pathTo(to: "x") { nodes { ... on Server { impactedBy { count } } } } } } }',
            "PATH",
            id="a walk from a node of a path",
        ),
        pytest.param(
            '{ servers { nodes { pathTo(to: "x") { nodes { ... on Server { pathTo(to: "y") { length } } } } } } }',
            "PATH",
            id="a path from a node of a path",
        ),
        pytest.param(
            "{ servers { nodes { " + "impactedBy { nodes { " * 8 + "id" + " } }" * 8 + " } } }",
            "SELECTION_TOO_DEEP",
            id="walks too deep in walks",
        ),
    ],
)
def test_walks_of_a_list_are_bounded_before_the_graph_is_asked(text: str, code: str, mesh_in_memory: Asking) -> None:
    mesh_in_memory.repository.asked.clear()
    assert mesh_in_memory.code(text) == code
    assert mesh_in_memory.repository.asked == []


def test_a_bomb_of_walks_is_refused_before_the_graph_is_asked(mesh_in_memory: Asking) -> None:
    """Each level multiplies: what six walks one in another reach of every element is far beyond what is allowed."""
    levels = "impactedBy { nodes { dependsOn(depth: 20) { nodes { " * 3
    bomb = "{ configurationItems(first: 500) { nodes { " + levels + "id" + " } }" * 6 + " } } }"
    ask = mesh_in_memory
    ask.repository.asked.clear()
    assert ask.code(bomb) == "GRAPHQL_NODES"
    roomy = limited(ask, graphql_nodes=10**12)
    assert code_of(roomy, bomb) == "TOO_COSTLY"
    assert [one for one in ask.repository.asked if "count(*)" not in one.text and "max(" not in one.text] == []


def test_what_walks_reach_counts_whole_whatever_the_page(mesh_in_memory: Asking) -> None:
    text = "{ sites(first: 2) { nodes { impactedBy(depth: %d, first: 1) { count nodes { id } } } } }"
    few = limited(mesh_in_memory, graphql_nodes=20)
    assert code_of(few, text % 1) is None
    assert code_of(few, text % 20) == "GRAPHQL_NODES", "all of it is fetched, since all of it is counted"
    assert code_of(few, text.replace("nodes { id }", "") % 20) is None, "a number alone fetches none of it"


def test_walks_cost_as_much_as_there_are_elements_on_the_page_that_they_begin_at(mesh_in_memory: Asking) -> None:
    text = "query($first: Int) { configurationItems(first: $first) { nodes { impactedBy { nodes { id } } } } }"
    costs = []
    for first in (1, 20):
        answered(mesh_in_memory, text, 1, first=first)
        costs.append(mesh_in_memory.services.queries.expected_cost(mesh_in_memory.repository.asked[0]))
    assert costs[1] > 5 * costs[0]


def test_what_several_fields_walk_is_one_cost(mesh_in_memory: Asking) -> None:
    walk = "configurationItems(first: 500) { nodes { impactedBy { nodes { id } } } }"
    queries = mesh_in_memory.services.queries
    answered(mesh_in_memory, f"{{ {walk} }}", 1)
    one = queries.expected_cost(mesh_in_memory.repository.asked[0])
    schema = limited(mesh_in_memory, query_cost_limit=one * 2.5)
    two, three = ("{ " + " ".join(f"r{n}: {walk}" for n in range(number)) + " }" for number in (2, 3))
    assert (code_of(schema, two), code_of(schema, three)) == (None, "GRAPHQL_COST")


def test_whoever_has_impact_go_through_what_is_hidden_is_told_that_nested_walks_end_there(
    mesh_in_memory: Asking,
) -> None:
    manager = Principal("mona", frozenset({"change_manager"}), frozenset({"North"}))
    reader = Principal("rea", frozenset({"reader"}), frozenset({"North"}))
    text = "{ servers { nodes { impactedBy { count hidden } } } }"
    notes = {}
    for principal in (manager, reader):
        result = limited(mesh_in_memory, principal).execute_sync(text)
        assert result.errors is None
        assert all(node["impactedBy"]["hidden"] is None for node in (result.data or {})["servers"]["nodes"])
        notes[principal.id] = " ".join((result.extensions or {})["jumeau"]["notes"])
    assert "nested walks end at what you may not see" in notes["mona"]
    assert "nested walks" not in notes["rea"]
