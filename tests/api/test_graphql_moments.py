"""Every root field can be asked about a past moment or a branch, with every list nested in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.history.ledger import Event
from graph.model import Operation
from services.branches import BranchService
from services.edits import NodeEdit
from tests.api.conftest import Asking, Open

NAMES = "{ teams(orderBy: [{name: ASC}]%s) { count nodes { id name owns(first: 1) { count } } } }"


@pytest.fixture
def changed(open_estate: Open, tmp_path: Path) -> Iterator[tuple[Asking, int]]:
    """The small estate with one team renamed, and the event before that."""
    with open_estate(tmp_path) as asking:
        ledger = asking.twin.ledger
        before = ledger.sequence()
        team = next(s for s in ledger.present(["Team"]))
        run = ledger.begin_run("test", "ana", "", "rename")
        renamed = {**team.properties, "name": "renamed"}
        ledger.append(run, [Event(Operation.UPDATE, team.element, False, "Team", team.properties, renamed)])
        ledger.finish_run(run, "complete", {})
        asking.twin.catch_up()
        try:
            yield asking, before
        finally:
            asking.services.moments.close()


def names(asking: Asking, arguments: str = "") -> list[str]:
    return [node["name"] for node in asking.any_engine(NAMES % arguments)["teams"]["nodes"]]


def test_a_list_is_asked_as_it_was(changed: tuple[Asking, int]) -> None:
    asking, before = changed
    present, then = asking.any_engine(NAMES % ""), asking.any_engine(NAMES % f', asOf: "#{before}"')
    assert "renamed" in names(asking)
    assert "renamed" not in names(asking, f', asOf: "#{before}"')
    assert present["teams"]["count"] == then["teams"]["count"]
    owned = [{n["id"]: n["owns"] for n in answer["teams"]["nodes"]} for answer in (present, then)]
    assert owned[0] == owned[1], "the nested lists are of the same moment"


def test_one_document_may_ask_about_several_moments_and_is_told_which(changed: tuple[Asking, int]) -> None:
    asking, before = changed
    text = f'{{ now: teams {{ nodes {{ name }} }} then: teams(asOf: "#{before}") {{ nodes {{ name }} }} }}'
    result = asking.schema.execute_sync(text)
    assert result.errors is None
    assert result.data is not None
    now, then = ({node["name"] for node in result.data[field]["nodes"]} for field in ("now", "then"))
    assert now - then == {"renamed"}
    told = (result.extensions or {})["jumeau"]
    assert told["sequence"] == before + 1, "the present's"
    assert [moment["sequence"] for moment in told["moments"]] == [before]


def test_one_node_cypher_and_the_catalogue_are_asked_as_they_were(changed: tuple[Asking, int]) -> None:
    asking, before = changed
    (team,) = [n["id"] for n in asking.any_engine(NAMES % "")["teams"]["nodes"] if n["name"] == "renamed"]
    text = (
        f'{{ node(id: "{team}", asOf: "#{before}") {{ ... on Team {{ name }} }} '
        f'cypher(query: "MATCH (t:Team) RETURN t.name AS name", asOf: "#{before}") '
        f'runCatalogue(name: "incidents_by_team_and_month", asOf: "#{before}") }}'
    )
    data = asking.any_engine(text)
    assert data["node"]["name"] != "renamed"
    assert ["renamed"] not in data["cypher"]["rows"]
    assert data["cypher"]["moment"]["sequence"] == data["runCatalogue"]["moment"]["sequence"] == before


def test_a_branch_is_asked_and_main_does_not_see_it(changed: tuple[Asking, int]) -> None:
    asking, _ = changed
    twin = asking.twin
    service = BranchService(twin.ledger, twin.schema, twin.clock, "ana")
    service.create("plan")
    team = next(s for s in twin.ledger.present(["Team"]))
    service.change("plan", nodes=[NodeEdit("Team", {"name": "planned"}, team.element)])
    assert "planned" in names(asking, ', branch: "plan"')
    assert "planned" not in names(asking)


def test_moments_and_branches_that_there_are_not_are_refused(changed: tuple[Asking, int]) -> None:
    asking, _ = changed
    assert asking.code(NAMES % ', asOf: "yesterday-ish"') == "USAGE"
    assert asking.code(NAMES % ', asOf: "#999999"') == "USAGE"
    assert asking.code(NAMES % ', branch: "nowhere"') == "NOT_FOUND"
