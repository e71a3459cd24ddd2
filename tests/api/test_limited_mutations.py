"""Mutations and REST changes of somebody with perimeters: within them as anybody's, beyond them as if nothing were there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.principal import Principal
from services.access.rights import Role
from tests.api.apps import create_app
from tests.api.conftest import Asking, asking, served
from tests.api.estate import opened
from tests.api.random_estate import random_estate

FAILURE = "... on ChangeFailure { code message where }"
MANAGER = Principal("ana", frozenset({Role.CHANGE_MANAGER.value}), frozenset({"North"}))


@pytest.fixture
def whole(schema: Any, tmp_path: Path) -> Iterator[Asking]:
    held = random_estate()
    with opened("networkx", schema, tmp_path, held) as twin:
        asked = asking(twin, held)
        yield asked
        asked.services.moments.close()


def run(asked: Asking, text: str) -> Any:
    (found,) = asked.any_engine(text).values()
    return found


def team_of(asked: Asking, name: str) -> str:
    return next(thing.id for thing in asked.estate.things if thing["name"] == name)


def update(team: str, where: str = 'reason: "r"') -> str:
    return (
        f'mutation {{ updateTeam(id: "{team}", data: {{description: "new"}}, {where}) '
        f"{{ __typename ... on TeamChanged {{ events node {{ description }} }} {FAILURE} }} }}"
    )


def test_a_mutation_changes_what_is_in_the_perimeter_and_finds_nothing_outside(whole: Asking) -> None:
    ana = asking(whole.twin, whole.estate, MANAGER)
    own, other = team_of(whole, "team-0"), team_of(whole, "team-1")
    assert run(ana, update(own)) == {"__typename": "TeamChanged", "events": 1, "node": {"description": "new"}}
    hidden, nothing = run(ana, update(other)), run(ana, update("nothing"))
    assert hidden["__typename"] == "NotThere"
    assert {**hidden, "message": hidden["message"].replace(other, "nothing")} == nothing


def test_what_is_new_is_seen_by_whoever_made_it_and_can_be_related_to_what_they_see(whole: Asking) -> None:
    ana = asking(whole.twin, whole.estate, MANAGER)
    made = run(
        ana, 'mutation { createTeam(data: {name: "Storage"}, reason: "r") { ... on TeamChanged { id events } } }'
    )
    assert made["events"] == 2  # with the relation that puts it there
    count = '{ teams(filter: {name: {eq: "Storage"}}) { count } }'
    assert ana.any_engine(count) == {"teams": {"count": 1}}
    south = asking(whole.twin, whole.estate, Principal("bob", frozenset({"reader"}), frozenset({"South"})))
    assert south.any_engine(count) == {"teams": {"count": 0}}
    assert run(ana, f'mutation {{ delete(ids: ["{made["id"]}"], reason: "r") {{ ... on Changed {{ events }} }} }}') == {
        "events": 2
    }


def test_a_change_that_leaves_the_perimeter_is_an_error_of_whoever_asks(whole: Asking) -> None:
    ana = asking(whole.twin, whole.estate, MANAGER)
    team, north = team_of(whole, "team-0"), team_of(whole, "North")
    text = (
        f'mutation {{ unrelate(type: "IN_PERIMETER", start: "{team}", end: "{north}", reason: "r") {{ __typename }} }}'
    )
    assert ana.code(text) == "OUTSIDE_PERIMETER"


def test_branches_and_proposals_are_ones_own(whole: Asking) -> None:
    ana, own = asking(whole.twin, whole.estate, MANAGER), team_of(whole, "team-0")
    run(whole, 'mutation { createBranch(name: "theirs") { __typename } }')
    run(ana, 'mutation { createBranch(name: "mine") { __typename } }')
    assert ana.any_engine("{ branches { name } }") == {"branches": [{"name": "mine"}]}
    assert run(ana, update(own, 'branch: "mine"'))["__typename"] == "TeamChanged"
    assert run(ana, update(own, 'branch: "theirs"'))["code"] == "NOT_FOUND"
    run(whole, f'mutation {{ updateTeam(id: "{own}", data: {{description: "x"}}, branch: "theirs") {{ __typename }} }}')
    run(whole, 'mutation { propose(branch: "theirs", reason: "r") { __typename } }')
    proposed = run(ana, 'mutation { propose(branch: "mine", reason: "r") { ... on Proposal { id } } }')
    assert ana.any_engine("{ proposals { id } }") == {"proposals": [proposed]}
    assert len(whole.any_engine("{ proposals { id } }")["proposals"]) == 2
    decided = run(whole, f'mutation {{ approve(proposal: "{proposed["id"]}") {{ ... on Proposal {{ state }} }} }}')
    assert decided == {"state": "APPROVED"}


def test_rest_changes_and_applies_within_the_perimeter(whole: Asking) -> None:
    own, other = team_of(whole, "team-0"), team_of(whole, "team-1")
    with served(whole.twin, create_app(whole.twin, follow=False, principal=MANAGER)) as server:
        assert server.post("/api/branches", {"name": "plan"}).status_code == 201

        def change(**changes: Any) -> Any:
            return server.post("/api/branches/plan/changes", changes)

        node = {"kind": "Team", "properties": {"description": "d"}}
        assert change(nodes=[{**node, "id": own}]).status_code == 200
        refused = change(nodes=[{**node, "id": other}])
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NOT_FOUND")
        assert change(nodes=[{"kind": "Vulnerability", "properties": {"cve": "CVE-1"}}]).status_code == 403
        assert server.post("/api/branches/plan/apply", {}).json()["events"] == 1
