"""Mutations: what a change gives, what stands against it as part of the answer, and that another door shows it at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.principal import Principal
from services.access.rights import Role
from tests.api.conftest import Asking, Open, Serve, asking
from tests.api.estate import opened, small_estate

FAILURE = "... on ChangeFailure { code message where hint }"
REFUSED = "... on ChangeRefused { problems { code attribute seen } candidates }"
CONFLICT = "... on ChangeConflict { conflicts { attribute base main branch reason } }"
CREATE = (
    'mutation ($data: VirtualMachineInput!, $branch: String) { createVirtualMachine(data: $data, reason: "order 7", '
    "branch: $branch) { __typename ... on VirtualMachineChanged { id branch sequence events node { id name cpuCores "
    f"environment commissionedOn aliases hostedOn {{ nodes {{ name }} }} }} }} {FAILURE} {REFUSED} }} }}"
)
UPDATE = (
    "mutation ($id: ID!, $data: TeamInput!, $branch: String, $basedOn: Long) { updateTeam(id: $id, data: $data, "
    'reason: "renamed", branch: $branch, basedOn: $basedOn) { __typename ... on TeamChanged { sequence events '
    f"node {{ name description }} }} {FAILURE} {CONFLICT} }} }}"
)
TEAMS = "{ teams(orderBy: [{name: ASC}]%s) { nodes { id name } } }"
PROPOSAL = "... on Proposal { id state branch author decidedBy note sequence }"


@pytest.fixture
def estate(open_estate: Open, tmp_path: Path) -> Iterator[Asking]:
    """The small estate on each backend, for tests that write."""
    with open_estate(tmp_path) as opened_:
        yield opened_
        opened_.services.moments.close()


@pytest.fixture
def plain(schema: Any, tmp_path: Path) -> Iterator[Asking]:
    """The small estate in memory, for what does not depend on the backend."""
    held = small_estate()
    with opened("networkx", schema, tmp_path, held) as twin:
        asked = asking(twin, held)
        yield asked
        asked.services.moments.close()


def run(asked: Asking, text: str, **variables: Any) -> Any:
    """What the one field of a mutation gives."""
    (found,) = asked.any_engine(text, **variables).values()
    return found


def teams(asked: Asking, arguments: str = "") -> dict[str, str]:
    return {node["name"]: node["id"] for node in asked.any_engine(TEAMS % arguments)["teams"]["nodes"]}


def test_what_is_created_is_given_back_as_it_is_and_found_by_a_query(estate: Asking) -> None:
    data = {
        "name": "new-01",
        "cpuCores": 4,
        "environment": "production",
        "commissionedOn": "2024-12-31",
        "aliases": ["nouveau"],
    }
    made = run(estate, CREATE, data=data)
    assert made["__typename"] == "VirtualMachineChanged"
    assert made["node"] == {"id": made["id"], **data, "hostedOn": {"nodes": []}}
    assert made["sequence"] == estate.twin.ledger.sequence()
    found = estate.cypher("MATCH (n:VirtualMachine {name: 'new-01'}) RETURN n.id, n.cpu_cores")
    assert found == [[made["id"], 4]]


def test_a_change_of_a_branch_is_seen_there_only(estate: Asking) -> None:
    run(estate, 'mutation { createBranch(name: "plan") { __typename } }')
    made = run(estate, CREATE, data={"name": "planned"}, branch="plan")
    assert (made["branch"], made["sequence"], made["node"]["name"]) == ("plan", 1, "planned")
    count = '{ virtualMachines(filter: {name: {eq: "planned"}}%s) { count } }'
    assert estate.any_engine(count % "")["virtualMachines"]["count"] == 0
    assert estate.any_engine(count % ', branch: "plan"')["virtualMachines"]["count"] == 1


def test_relations_are_made_and_deleted(estate: Asking) -> None:
    server = run(estate, CREATE, data={"name": "new-02"})["id"]
    host = estate.cypher("MATCH (h:Hypervisor) RETURN h.id ORDER BY h.name LIMIT 1")[0][0]
    ends = f'type: "HOSTED_ON", start: "{server}", end: "{host}", reason: "r"'
    related = run(estate, f"mutation {{ relate({ends}) {{ ... on Changed {{ ids events }} {FAILURE} }} }}")
    hosts = f"MATCH (:VirtualMachine {{id: '{server}'}})-[r:HOSTED_ON]->(h) RETURN h.id, elementId(r)"
    assert estate.cypher(hosts) == [[host, related["ids"][0]]]
    assert run(estate, f"mutation {{ unrelate({ends}) {{ ... on Changed {{ events }} {FAILURE} }} }}") == {"events": 1}
    assert estate.cypher(hosts) == []


def test_several_changes_are_made_together_or_not_at_all(plain: Asking) -> None:
    text = (
        'mutation ($nodes: [NodeChangeInput!]) { change(nodes: $nodes, reason: "r") '
        f"{{ __typename ... on Changed {{ ids }} {FAILURE} {REFUSED} }} }}"
    )
    good = {"kind": "Team", "properties": {"name": "Storage"}}
    before = plain.twin.ledger.sequence()
    refused = run(plain, text, nodes=[good, {"kind": "Team", "properties": {"nom": "x"}}])
    assert (refused["__typename"], refused["code"]) == ("ChangeRefused", "CHANGE_REFUSED")
    assert {problem["code"] for problem in refused["problems"]} == {"UNKNOWN_ATTRIBUTE", "MISSING_REQUIRED"}
    assert plain.twin.ledger.sequence() == before
    (made,) = run(plain, text, nodes=[good])["ids"]
    again = run(plain, text, nodes=[{**good, "upsert": True, "properties": {"name": "Storage", "description": "d"}}])
    assert again["ids"] == [made]


def test_what_the_schema_refuses_is_an_answer_with_its_problems(plain: Asking) -> None:
    refused = run(plain, CREATE, data={"name": "x", "cpuCores": -1})
    assert refused["__typename"] == "ChangeRefused"
    assert [(p["code"], p["attribute"]) for p in refused["problems"]] == [("OUT_OF_RANGE", "cpu_cores")]
    assert "hint" in refused


def test_what_was_changed_since_is_an_answer_with_both_values(plain: Asking) -> None:
    seen, team = plain.twin.ledger.sequence(), teams(plain)["Socle"]
    assert run(plain, UPDATE, id=team, data={"description": "first"})["__typename"] == "TeamChanged"
    conflict = run(plain, UPDATE, id=team, data={"description": "second"}, basedOn=seen)
    assert (conflict["__typename"], conflict["code"]) == ("ChangeConflict", "BRANCH_CONFLICT")
    assert [(c["attribute"], c["main"], c["branch"]) for c in conflict["conflicts"]] == [
        ("description", "first", "second")
    ]
    kept = run(plain, UPDATE, id=team, data={"name": "Fondations"}, basedOn=seen)
    assert kept["node"] == {"name": "Fondations", "description": "first"}


def test_what_does_not_exist_is_an_answer(plain: Asking) -> None:
    assert run(plain, UPDATE, id="nobody", data={"description": "x"})["__typename"] == "NotThere"
    assert run(plain, UPDATE, id="x", data={"name": "x"}, branch="nowhere")["__typename"] == "NotThere"


def test_a_change_of_main_without_a_reason_is_refused(plain: Asking) -> None:
    refused = run(plain, f'mutation {{ delete(ids: ["x"]) {{ __typename {FAILURE} }} }}')
    assert (refused["code"], refused["where"]) == ("USAGE", "reason")


def test_mutations_of_one_request_follow_one_another(plain: Asking) -> None:
    text = (
        'mutation { a: createTeam(data: {name: "A"}, reason: "r") { ... on TeamChanged { sequence } } '
        'b: createTeam(data: {name: "A"}, reason: "r") { ... on ChangeRefused { code } } '
        'c: createTeam(data: {name: "C"}, reason: "r") { ... on TeamChanged { sequence } } }'
    )
    before = plain.twin.ledger.sequence()
    found = plain.any_engine(text)
    assert found == {"a": {"sequence": before + 1}, "b": {"code": "CHANGE_REFUSED"}, "c": {"sequence": before + 2}}


def test_what_somebody_proposes_somebody_else_approves(plain: Asking) -> None:
    ana, dora = as_somebody(plain, "ana", Role.OWNER), as_somebody(plain, "dora", Role.CHANGE_MANAGER)
    run(ana, 'mutation { createBranch(name: "plan") { __typename } }')
    run(ana, 'mutation { createTeam(data: {name: "Storage"}, branch: "plan") { __typename } }')
    made = run(ana, f'mutation {{ propose(branch: "plan", reason: "new team") {{ {PROPOSAL} {FAILURE} }} }}')
    assert (made["state"], made["author"]) == ("OPEN", "ana")
    assert [p["id"] for p in plain.any_engine("{ proposals { id } }")["proposals"]] == [made["id"]]
    approve = f'mutation {{ approve(proposal: "{made["id"]}", note: "ok") {{ {PROPOSAL} {FAILURE} }} }}'
    assert ana.code(approve) == "FORBIDDEN"
    decided = run(dora, approve)
    assert (decided["state"], decided["decidedBy"], decided["note"]) == ("APPROVED", "dora", "ok")
    assert "Storage" in teams(plain)
    assert run(dora, approve)["code"] == "ALREADY_DECIDED"
    assert plain.any_engine("{ proposals { id } }")["proposals"] == []


def test_nobody_approves_their_own_proposal(plain: Asking) -> None:
    dora = as_somebody(plain, "dora", Role.CHANGE_MANAGER)
    run(dora, 'mutation { createBranch(name: "plan") { __typename } }')
    run(dora, 'mutation { createTeam(data: {name: "Storage"}, branch: "plan") { __typename } }')
    made = run(dora, f'mutation {{ propose(branch: "plan", reason: "r") {{ {PROPOSAL} }} }}')
    refused = run(dora, f'mutation {{ approve(proposal: "{made["id"]}") {{ __typename {FAILURE} }} }}')
    assert refused["code"] == "OWN_PROPOSAL"
    assert "Storage" not in teams(plain)


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ('mutation { delete(ids: ["x"], reason: "r") { __typename } }', {Role.CHANGE_MANAGER, Role.ADMINISTRATOR}),
        (
            'mutation { delete(ids: ["x"], branch: "b") { __typename } }',
            {Role.OPERATOR, Role.OWNER, Role.CHANGE_MANAGER, Role.ADMINISTRATOR},
        ),
    ],
)
def test_main_is_changed_by_those_who_may_apply_and_branches_by_those_who_may_branch(
    plain: Asking, text: str, roles: set[Role]
) -> None:
    may = {role for role in Role if as_somebody(plain, "x", role).schema.execute_sync(text).errors is None}
    assert may == roles


def test_whoever_sees_a_part_of_the_estate_decides_on_no_proposal(plain: Asking) -> None:
    restricted = Principal("eve", frozenset({Role.ADMINISTRATOR.value}), frozenset({"Payments"}))
    somebody = asking(plain.twin, plain.estate, restricted)
    assert somebody.code('mutation { approve(proposal: "x") { __typename } }') == "RESTRICTED"
    assert somebody.code('mutation { reject(proposal: "x", note: "n") { __typename } }') == "RESTRICTED"


def test_a_mutation_does_not_come_by_get(serve: Serve, durable_twin: Any) -> None:
    server = serve(durable_twin)
    text = 'mutation { createTeam(data: {name: "Smuggled"}, reason: "r") { __typename } }'
    answer = server.get("/graphql", params={"query": text})
    assert answer.status_code == 405
    assert server.post("/graphql", {"query": '{ teams(filter: {name: {eq: "Smuggled"}}) { count } }'}).json()[
        "data"
    ] == {"teams": {"count": 0}}


def as_somebody(asked: Asking, name: str, role: Role) -> Asking:
    """The same twin, asked by somebody with a role who sees all of it."""
    return asking(asked.twin, asked.estate, Principal(name, frozenset({role.value}), None))
