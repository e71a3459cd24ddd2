"""Nested lists: one query whatever the nesting, and the same answers as Cypher gives."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Asking

THREE_LEVELS = """{
  servers(first: 100, orderBy: [{name: ASC}]) { nodes { name
    runs { nodes { name ownedBy { nodes { name } } } } } }
}"""


def test_a_nested_selection_is_one_query(ask: Asking) -> None:
    assert ask.counted(THREE_LEVELS) == 1


def test_asking_for_the_total_is_one_query_more(ask: Asking) -> None:
    assert ask.counted("{ servers(first: 2) { count nodes { name runs { count nodes { name } } } } }") == 2
    assert ask.counted("{ servers { count } }") == 1, "the total alone needs no page"
    assert ask.counted("{ a: servers { nodes { name } } teams { nodes { name } } }") == 2, "one for each root field"


def test_six_levels_are_one_query(ask: Asking) -> None:
    deep = """{ teams { nodes { owns { nodes { name ... on BusinessApplication { runsOn { nodes { name
        ownedBy { nodes { owns(filter: {name: {startsWith: "app"}}) { nodes { name
          ownedBy { nodes { name } } } } } } } } } } } } } }"""
    assert ask.counted(deep) == 1
    for team in ask.graphql(deep)["teams"]["nodes"]:
        for item in team["owns"]["nodes"]:
            for server in item.get("runsOn", {"nodes": []})["nodes"]:
                assert server["ownedBy"]["nodes"][0]["owns"]["nodes"] is not None


def test_three_levels_are_what_cypher_says(ask: Asking) -> None:
    found = [
        [server["name"], application["name"], team["name"]]
        for server in ask.graphql(THREE_LEVELS)["servers"]["nodes"]
        for application in server["runs"]["nodes"]
        for team in application["ownedBy"]["nodes"]
    ]
    rows = ask.cypher("""MATCH (s:Server)<-[:RUNS_ON]-(a:ConfigurationItem)-[:OWNED_BY]->(t:Team)
        RETURN s.name AS s, a.name AS a, t.name AS t""")
    assert len(rows) > 10
    assert sorted(found) == sorted(rows)


def test_siblings_do_not_multiply_each_other(ask: Asking) -> None:
    data = ask.graphql("""{ businessApplications(first: 500) { nodes { id name
        runsOn { count nodes { id } } dependsOn { count nodes { id } } isNeededBy { nodes { id } }
        isAffectedBy { nodes { ... on Incident { number } } } ownedBy { nodes { id } } } } }""")
    for node in data["businessApplications"]["nodes"]:
        (thing,) = [t for t in ask.estate.things if t.id == node["id"]]
        for name, near in (("runsOn", "RUNS_ON"), ("dependsOn", "DEPENDS_ON"), ("ownedBy", "OWNED_BY")):
            assert sorted(n["id"] for n in node[name]["nodes"]) == sorted(t.id for t in ask.estate.out(thing, near))
        assert sorted(n["id"] for n in node["isNeededBy"]["nodes"]) == sorted(
            t.id for t in ask.estate.into(thing, "DEPENDS_ON")
        )
        assert node["runsOn"]["count"] == len(ask.estate.out(thing, "RUNS_ON"))
        assert node["isAffectedBy"]["nodes"] == ([{"number": "INC001"}] if thing["name"] == "app-0" else [])


def test_a_node_without_relations_has_empty_lists(ask: Asking) -> None:
    data = ask.graphql("""{ businessApplications(filter: {name: {eq: "app-4"}}) { nodes {
        runsOn { count pageInfo { hasNextPage endCursor } nodes { name hostsNothing: locatedIn { nodes { id } } } } } } }""")
    assert data["businessApplications"]["nodes"] == [
        {"runsOn": {"count": 0, "pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}}
    ]


def test_attributes_of_a_relation_are_in_its_edges(ask: Asking) -> None:
    data = ask.graphql("""{ clusters { nodes { hasAsMember(orderBy: [{name: ASC}]) {
        edges { id role node { name } } } } } }""")
    found = {
        (edge["id"], edge["role"], edge["node"]["name"])
        for node in data["clusters"]["nodes"]
        for edge in node["hasAsMember"]["edges"]
    }
    wanted = {(e.id, e.properties["role"], e.start["name"]) for e in ask.estate.links if e.type == "MEMBER_OF"}
    assert found == wanted


def test_nested_lists_have_their_own_filter_order_and_page(ask: Asking) -> None:
    text = """query($after: String) { hypervisors(filter: {name: {eq: "hyp-0"}}) { nodes {
        hosts(filter: {environment: {eq: test}}, orderBy: [{cpuCores: DESC}, {name: ASC}], first: 2, after: $after) {
          count pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { name } } } } } }"""
    seen: list[str] = []
    after, total = None, None
    while True:
        page = ask.graphql(text, after=after)["hypervisors"]["nodes"][0]["hosts"]
        assert total in (None, page["count"]), "the total does not depend on the page"
        total = page["count"]
        seen += [edge["node"]["name"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    (hypervisor,) = [t for t in ask.estate.of("Hypervisor") if t["name"] == "hyp-0"]
    hosted = [t for t in ask.estate.into(hypervisor, "HOSTED_ON") if t["environment"] == "test"]
    hosted.sort(key=lambda t: str(t["name"]))
    hosted.sort(key=lambda t: ((value := t["cpu_cores"]) is None, value), reverse=True)
    assert len(hosted) > 2
    assert seen == [t["name"] for t in hosted]
    assert total == len(hosted)


def test_aliases_fragments_and_variables_ask_each_for_their_own(ask: Asking) -> None:
    data = ask.graphql(
        """query($size: Int, $with: Boolean!, $without: Boolean!) {
          businessApplications(filter: {name: {eq: "app-1"}}) { nodes { ...Both } edges { node {
            runsOn(first: 1) { nodes { name } } } } } }
        fragment Both on BusinessApplication {
          all: runsOn { nodes { name } }
          some: runsOn(first: $size, orderBy: [{name: DESC}]) { nodes { id } }
          again: runsOn { nodes { id } }
          name @include(if: $with)
          code @skip(if: $with)
          ownedBy @include(if: $without) { nodes { name } }
          dependsOn @skip(if: $without) { nodes { name } }
        }""",
        size=2,
        **{"with": True, "without": False},
    )["businessApplications"]
    (application,) = [t for t in ask.estate.of("BusinessApplication") if t["name"] == "app-1"]
    servers = ask.estate.out(application, "RUNS_ON")
    (node,) = data["nodes"]
    assert set(node) == {"all", "some", "again", "name", "dependsOn"}
    assert {n["name"] for n in node["all"]["nodes"]} == {s["name"] for s in servers}
    assert {n["id"] for n in node["again"]["nodes"]} == {s.id for s in servers}
    wanted = sorted(servers, key=lambda s: str(s["name"]), reverse=True)[:2]
    assert node["some"]["nodes"] == [{"id": s.id} for s in wanted]
    assert len(data["edges"][0]["node"]["runsOn"]["nodes"]) == 1


def test_only_what_is_selected_is_fetched(ask: Asking) -> None:
    ask.repository.asked.clear()
    ask.graphql("""query($no: Boolean = false) { servers(first: 1, orderBy: [{name: ASC}]) {
        nodes { cpuCores description @include(if: $no) runs(first: 1) { nodes { id } } } } }""")
    text = str(ask.repository.asked[-1].query)
    for attribute in ("cpu_cores", "name"):
        assert f"'{attribute}'" in text
    for attribute in ("description", "environment", "code"):
        assert f"'{attribute}'" not in text


def test_kinds_that_share_a_field_are_asked_for_it_separately(ask: Asking) -> None:
    data = ask.graphql("""{ configurationItems(first: 500) { nodes { __typename id
        ... on BusinessApplication { code runsOn(orderBy: [{name: ASC}], first: 1) { nodes { name } } }
        ... on Server { osFamily ownedBy { nodes { name } } }
        ... on VirtualMachine { biosUuid hostedOn { nodes { __typename name } } } } } }""")
    by_id = {thing.id: thing for thing in ask.estate.things}
    kinds = set()
    for node in data["configurationItems"]["nodes"]:
        thing = by_id[node["id"]]
        assert node["__typename"] == thing.kind
        kinds.add(thing.kind)
        if thing.kind == "BusinessApplication":
            names = sorted(str(t["name"]) for t in ask.estate.out(thing, "RUNS_ON"))[:1]
            assert [n["name"] for n in node["runsOn"]["nodes"]] == names
            assert node["code"] == thing["code"]
        elif thing.kind == "VirtualMachine":
            hosts = [{"__typename": "Hypervisor", "name": t["name"]} for t in ask.estate.out(thing, "HOSTED_ON")]
            assert node["hostedOn"]["nodes"] == hosts
            assert node["biosUuid"] == thing["bios_uuid"]
            assert [n["name"] for n in node["ownedBy"]["nodes"]] == [
                t["name"] for t in ask.estate.out(thing, "OWNED_BY")
            ]
        else:
            assert "runsOn" not in node
    assert len(kinds) == 6


def test_one_node_is_found_by_id_whatever_its_kind(ask: Asking) -> None:
    text = """query($id: ID!) { node(id: $id) { __typename id ... on Team { code owns(first: 1) { count } }
        ... on Server { environment } } }"""
    team, server = ask.estate.of("Team")[0], ask.estate.of("PhysicalServer")[0]
    owned = len(ask.estate.into(team, "OWNED_BY"))
    assert ask.graphql(text, id=team.id) == {
        "node": {"__typename": "Team", "id": team.id, "code": team["code"], "owns": {"count": owned}}
    }
    assert ask.graphql(text, id=server.id)["node"]["environment"] == server["environment"]
    assert ask.counted(text, id=server.id) == 1
    assert ask.graphql(text, id="nobody") == {"node": None}


@pytest.mark.parametrize("depth", [8, 9])
def test_lists_nest_eight_deep_and_no_deeper(depth: int, memory: Asking) -> None:
    inner = "nodes { id }"
    for _ in range(depth - 1):
        inner = f"nodes {{ id isNeededBy {{ {inner} }} }}"
    text = f"{{ businessApplications(first: 1) {{ {inner} }} }}"
    if depth <= 8:
        assert memory.counted(text) == 1
    else:
        assert memory.code(text) == "SELECTION_TOO_DEEP"


def test_a_document_that_nests_beyond_reason_is_refused(memory: Asking) -> None:
    assert memory.code("{" + "a{" * 4_000 + "b" + "}" * 4_000 + "}") == "GRAPHQL_SYNTAX"


def test_fragments_that_nest_beyond_reason_are_refused(memory: Asking) -> None:
    chain = "".join(f"fragment F{n} on Team {{ ...F{n + 1} }}" for n in range(900))
    assert (
        memory.code(f"{{ teams {{ nodes {{ ...F0 }} }} }} {chain} fragment F900 on Team {{ id }}")
        == "GRAPHQL_VALIDATION"
    )


def test_cypher_and_the_catalogue_answer_through_graphql(ask: Asking) -> None:
    data = ask.graphql(
        """query($q: String!, $p: JSON) { cypher(query: $q, parameters: $p)
           catalogue { name titleEn titleFr cypher parameters { name type required } } }""",
        q="MATCH (t:Team) WHERE t.name STARTS WITH $s RETURN t.name AS team ORDER BY team",
        p={"s": "S"},
    )
    assert data["cypher"]["columns"] == ["team"]
    assert data["cypher"]["rows"] == [["Socle"]]
    entry: dict[str, Any] = next(q for q in data["catalogue"] if q["name"] == "downstream_impact")
    assert entry["titleEn"]
    assert entry["titleFr"]
    assert entry["parameters"][0]["name"] == "ci"


def test_a_named_query_runs_through_graphql(ask: Asking) -> None:
    data = ask.any_engine('{ runCatalogue(name: "downstream_impact", parameters: {ci: "hyp-0"}) }')["runCatalogue"]
    direct = ask.services.catalogue.run("downstream_impact", {"ci": "hyp-0"}).to_dict()
    assert data["rows"] == direct["rows"]
    assert len(data["rows"]) > 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{ servers { nodes { name } }", "GRAPHQL_SYNTAX"),
        ("{ servers { nodes { nam } } }", "GRAPHQL_VALIDATION"),
        ("query($x: Int!) { servers(first: $x) { count } }", "GRAPHQL_VALIDATION"),
        ('{ cypher(query: "MATCH (s:Sever) RETURN s") }', "UNKNOWN_KIND"),
        ('{ cypher(query: "CREATE (s:Server) RETURN s") }', "NOT_READ_ONLY"),
        ('{ runCatalogue(name: "nothing") }', "NOT_FOUND"),
        ("mutation { x }", "GRAPHQL_VALIDATION"),
    ],
)
def test_errors_carry_their_code(text: str, code: str, memory: Asking) -> None:
    assert memory.code(text) == code


def test_an_answer_says_which_sequence_it_reflects(memory: Asking) -> None:
    result = memory.schema.execute_sync("{ teams { count nodes { name } } }")
    assert result.extensions is not None
    said = result.extensions["jumeau"]
    assert said["sequence"] == said["ledgerSequence"] == memory.twin.ledger.sequence()
    assert (said["backend"], said["engines"], said["queries"]) == ("networkx", ["native"], 2)


def test_an_unexpected_error_says_nothing_of_its_inside(memory: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("secret path /var/lib")

    monkeypatch.setattr(memory.repository, "inner", type("Broken", (), {"run": explode, "capabilities": None})())
    result = memory.schema.execute_sync("{ teams { nodes { name } } }")
    assert result.errors is not None
    assert (result.errors[0].extensions or {})["code"] == "INTERNAL"
    assert "secret" not in str(result.errors[0].formatted)


def test_an_edge_says_how_sure_it_is(ask: Asking) -> None:
    text = "{ businessApplications { nodes { dependsOn { edges { confidence observedBy node { name } } } } } }"
    edges = [e for a in ask.graphql(text)["businessApplications"]["nodes"] for e in a["dependsOn"]["edges"]]
    assert edges
    assert {(edge["confidence"], edge["observedBy"]) for edge in edges} == {("declared", None)}
