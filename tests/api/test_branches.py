"""Branches, history, differences and scorecards behind both doors."""

from __future__ import annotations

from typing import Any

import pytest

from core.principal import Principal
from services.twin import Twin
from tests.api.conftest import Asking, Serve, Server, asking
from tests.api.test_graphql_moments import changed as changed  # a fixture


@pytest.fixture
def server(durable_twin: Twin, serve: Serve) -> Server:
    return serve(durable_twin)


def team(server: Server) -> str:
    rows = server.post("/api/query", {"query": "MATCH (t:Team) RETURN t.id ORDER BY t.name LIMIT 1"}).json()["rows"]
    return str(rows[0][0])


def name_of(server: Server, element: str, **where: str) -> str:
    body = {"query": "MATCH (t:Team {id: $id}) RETURN t.name", "parameters": {"id": element}, **where}
    return str(server.post("/api/query", body).json()["rows"][0][0])


def test_a_branch_is_begun_changed_compared_applied_and_dropped(server: Server) -> None:
    element = team(server)
    before = name_of(server, element)
    made = server.post("/api/branches", {"name": "plan", "note": "autumn"})
    assert (made.status_code, made.json()["events"]) == (201, 0)
    change = {"nodes": [{"kind": "Team", "id": element, "properties": {"name": "planned"}}]}
    assert server.post("/api/branches/plan/changes", change).json()["elements"] == [element]
    assert (name_of(server, element), name_of(server, element, branch="plan")) == (before, "planned")
    found = server.post("/api/difference", {"until_branch": "plan"}).json()
    (entry,) = found["changes"]
    assert entry["changes"] == [{"attribute": "name", "before": before, "after": "planned"}]
    tried = server.post("/api/branches/plan/apply", {"dry_run": True}).json()
    assert (tried["events"], tried["conflicts"], name_of(server, element)) == (1, [], before)
    applied = server.post("/api/branches/plan/apply", {}).json()
    assert name_of(server, element) == "planned"
    assert applied["run"] is not None
    assert [branch["applied"] for branch in server.get("/api/branches").json()] == [applied["sequence"]]
    assert server.http.delete("/api/branches/plan").status_code == 200
    assert server.get("/api/branches").json() == []


def test_conflicts_are_a_409_that_lists_them_and_change_nothing(server: Server) -> None:
    element = team(server)
    for name in ("one", "other"):
        server.post("/api/branches", {"name": name})
        change = {"nodes": [{"kind": "Team", "id": element, "properties": {"name": f"by {name}"}}]}
        server.post(f"/api/branches/{name}/changes", change)
    assert server.post("/api/branches/one/apply", {}).status_code == 200
    refused = server.post("/api/branches/other/apply", {})
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert error["code"] == "BRANCH_CONFLICT"
    assert name_of(server, element) == "by one"
    assert server.post("/api/branches/other/apply", {"wins": "theirs"}).status_code == 200
    assert name_of(server, element) == "by other"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/branches/nowhere/changes", {"nodes": []}, 404, "NOT_FOUND"),
        ("/api/branches/nowhere/apply", {}, 404, "NOT_FOUND"),
        ("/api/branches", {"name": "x", "at": "#99999"}, 400, "USAGE"),
        ("/api/branches", {"name": "x", "kind": "y"}, 422, "PAYLOAD"),
        ("/api/difference", {"since": "someday"}, 400, "USAGE"),
    ],
)
def test_what_cannot_be_is_refused(server: Server, path: str, body: dict[str, Any], status: int, code: str) -> None:
    answer = server.post(path, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_change_that_the_schema_does_not_admit_is_refused_whole(server: Server) -> None:
    server.post("/api/branches", {"name": "plan"})
    nodes = [{"kind": "Team", "properties": {"name": "new"}}, {"kind": "Team", "properties": {"nam": "x"}}]
    answer = server.post("/api/branches/plan/changes", {"nodes": nodes})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "CHANGE_REFUSED")
    (branch,) = server.get("/api/branches").json()
    assert branch["events"] == 0


def test_graphql_tells_history_difference_branches_and_scorecard(changed: tuple[Asking, int]) -> None:
    asked, before = changed
    asked.services.branches.create("plan", note="autumn")
    data = asked.any_engine(f"""{{
        history(of: "renamed", kind: "Team") {{ element entries {{ operation actor changes {{ attribute before after }} }} }}
        difference(from: "#{before}") {{ from {{ sequence }} elements
          counts {{ kind operation count }} changes {{ element name changes {{ attribute after }} }} }}
        onBranch: difference(from: "now", branch: "plan") {{ elements }}
        branches {{ name note behind applied }}
        scorecard(by: TEAM) {{ by measuredOn restricted scores {{ name items overall }} }}
    }}""")
    last = data["history"]["entries"][-1]
    assert (last["operation"], last["actor"]) == ("update", "ana")
    assert [change["attribute"] for change in last["changes"]] == ["name"]
    (change,) = data["difference"]["changes"]
    assert (change["element"], change["changes"]) == (
        data["history"]["element"],
        [{"attribute": "name", "after": "renamed"}],
    )
    assert data["difference"]["counts"] == [{"kind": "Team", "operation": "update", "count": 1}]
    assert data["onBranch"]["elements"] == 0
    assert data["branches"] == [{"name": "plan", "note": "autumn", "behind": 0, "applied": None}]
    assert "renamed" in {score["name"] for score in data["scorecard"]["scores"]}


def test_who_sees_a_part_of_the_estate_is_told_no_history_of_it_all(changed: tuple[Asking, int]) -> None:
    whole, _ = changed
    whole.services.branches.create("plan", note="autumn")
    asked = asking(whole.twin, whole.estate, Principal("ana", frozenset({"reader"})))
    for field in (
        'history(of: "renamed", kind: "Team") { element }',
        'difference(from: "#1") { elements }',
    ):
        assert asked.code(f"{{ {field} }}") == "RESTRICTED"
    assert whole.any_engine("{ branches { name } }")["branches"] != []
    assert asked.any_engine("{ branches { name } }") == {"branches": []}
