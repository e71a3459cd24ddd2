"""Whoever may change some kinds of element changes these, and nothing else: not by a relation, a branch, a merge or a deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.clock import FrozenClock
from core.errors import JumeauError, NotFoundError
from core.ids import relation_id
from core.principal import OutsideKindsError, Principal
from services.branches import BranchService
from services.edits import NodeEdit, RelationEdit
from services.limited_changes import OutsidePerimeterError
from services.proposals import ProposalService
from tests.api.estate import NOW
from tests.services.limited.conftest import Held

OTHER = {"description": "changed"}
NOTHING = "00000000-0000-4000-8000-000000000000"


def asked_by(
    held: Held, *, reads: list[str] | None = None, changes: list[str] | None = None, **who: Any
) -> BranchService:
    """The branches as somebody with these rights on kinds has them, who sees every perimeter unless told otherwise."""
    principal = Principal("ana", perimeters=who.get("perimeters")).of_kinds(reads, changes)
    return held.branches.for_(principal, principal.id)


def one(held: Held, *kinds: str) -> str:
    return held.estate.of(*kinds)[0].id


def kind_of(held: Held, element: str) -> str:
    return held.ledger.kinds([element])[element]


def update(held: Held, element: str) -> NodeEdit:
    return NodeEdit(kind_of(held, element), OTHER, element)


def test_an_owner_of_a_kind_reads_all_and_changes_what_is_of_that_kind(both: Held) -> None:
    owner, machine, team = asked_by(both, changes=["Server"]), one(both, "VirtualMachine"), one(both, "Team")
    owner.change_main("r", nodes=[update(both, machine)])
    assert both.ledger.states([machine])[machine].properties["description"] == "changed"
    owner.create("plan")
    assert owner.view("plan").states([team]).keys() == {team}
    owner.change_main("r", relations=[RelationEdit("OWNED_BY", machine, team)])
    assert relation_id("OWNED_BY", machine, team) in both.ledger.states([relation_id("OWNED_BY", machine, team)])


def refusals(held: Held) -> dict[str, dict[str, Any]]:
    """Changes that somebody who may change servers may not make."""
    team, other = (thing.id for thing in held.estate.of("Team")[:2])
    person, machine = one(held, "Person"), one(held, "VirtualMachine")
    return {
        "an element of another kind": {"nodes": [update(held, team)]},
        "a new element of another kind": {"nodes": [NodeEdit("Team", {"name": "new"})]},
        "deleting one": {"delete": [team]},
        "a relation between two of other kinds": {"relations": [RelationEdit("MEMBER_OF_TEAM", person, other)]},
        "one among several": {"nodes": [update(held, machine), update(held, team)]},
        "deleting one with one that is theirs": {"delete": [machine, team]},
    }


@pytest.mark.parametrize("on_main", [True, False], ids=["on main", "on a branch"])
def test_what_is_of_another_kind_is_refused_and_nothing_is_written(both: Held, on_main: bool) -> None:
    owner, before = asked_by(both, changes=["Server"]), both.ledger.sequence()
    runs = len(both.ledger.runs(100))
    owner.create("plan")
    wrong = {}
    for name, change in refusals(both).items():
        try:
            owner.change_main("r", **change) if on_main else owner.change("plan", **change)
        except OutsideKindsError:
            continue
        except JumeauError as error:
            wrong[name] = repr(error)
        else:
            wrong[name] = "was made"
    assert wrong == {}
    assert (both.ledger.sequence(), len(both.ledger.runs(100))) == (before, runs)
    assert both.branches.branches.get("plan").version == 0


def test_a_node_takes_its_relations_with_it_whatever_is_at_their_other_ends(both: Held) -> None:
    link = next(link for link in both.estate.links if link.type == "OWNED_BY" and link.start.kind == "VirtualMachine")
    asked_by(both, changes=["Server"]).change_main("r", delete=[link.start.id])
    assert both.ledger.states([link.start.id, link.id]) == {}
    assert both.ledger.states([link.end.id]).keys() == {link.end.id}


def test_an_element_becomes_none_of_a_kind_that_may_not_be_changed(both: Held) -> None:
    machine = one(both, "VirtualMachine")
    with pytest.raises(JumeauError) as caught:
        asked_by(both, changes=["VirtualMachine"]).change_main("r", nodes=[NodeEdit("PhysicalServer", OTHER, machine)])
    assert kind_of(both, machine) == "VirtualMachine"
    assert caught.value.code in ("OUTSIDE_KINDS", "CHANGE_REFUSED")


def test_a_branch_is_applied_only_where_all_of_it_is_of_these_kinds(both: Held) -> None:
    owner, machine, team = asked_by(both, changes=["Server"]), one(both, "VirtualMachine"), one(both, "Team")
    owner.create("plan")
    owner.change("plan", nodes=[update(both, machine)])
    assert owner.apply("plan", dry_run=True).events == 1
    both.branches.change("plan", nodes=[update(both, team)])
    before = both.ledger.sequence()
    for dry in (True, False):
        with pytest.raises(OutsideKindsError) as caught:
            owner.apply("plan", dry_run=dry)
        assert "Team" in caught.value.seen
    assert both.ledger.sequence() == before
    assert both.branches.apply("plan").events == 2


def test_a_proposal_is_approved_by_whoever_may_change_all_that_it_changes(both: Held) -> None:
    clock, team = FrozenClock(NOW), one(both, "Team")
    both.branches.create("theirs")
    both.branches.change("theirs", nodes=[update(both, team)])
    proposed = ProposalService(both.branches, clock).propose("theirs", "r", by="boss")
    servers = ProposalService(asked_by(both, changes=["Server"]), clock)
    assert [one.id for one in servers.all()] == [proposed.id], "they read all, proposals of others among it"
    with pytest.raises(OutsideKindsError):
        servers.approve(proposed.id, by="ana")
    assert servers.get(proposed.id).state.value == "open"
    teams = ProposalService(asked_by(both, changes=["organisation"]), clock)
    assert teams.approve(proposed.id, by="ana")[0].state.value == "approved"


def test_what_may_not_be_read_is_answered_as_what_does_not_exist(both: Held) -> None:
    reader, machine, team = asked_by(both, reads=["Server"]), one(both, "VirtualMachine"), one(both, "Team")

    def told(change: Callable[[str], dict[str, Any]], element: str) -> str:
        with pytest.raises(NotFoundError) as caught:
            reader.change_main("r", **change(element))
        content = str(caught.value.to_dict())
        return content.replace(element, "*").replace(relation_id("OWNED_BY", machine, element), "*")

    for change in (
        lambda e: {"nodes": [NodeEdit("Team", OTHER, e)]},
        lambda e: {"delete": [e]},
        lambda e: {"relations": [RelationEdit("OWNED_BY", machine, e)]},
        lambda e: {"delete": [relation_id("OWNED_BY", machine, e)]},
    ):
        assert told(change, team) == told(change, NOTHING)
    with pytest.raises(OutsideKindsError):
        reader.change_main("r", nodes=[NodeEdit("Team", {"name": "new"})])
    both.branches.create("theirs")
    with pytest.raises(NotFoundError):
        reader.view("theirs")


def test_perimeters_and_kinds_hold_together(both: Held) -> None:
    owner = asked_by(both, changes=["Server"], perimeters=frozenset({"North"}))
    _, (made,) = owner.change_main("r", nodes=[NodeEdit("VirtualMachine", {"name": "new-1"})])
    assert kind_of(both, made) == "VirtualMachine"
    with pytest.raises(OutsideKindsError):
        owner.change_main("r", nodes=[NodeEdit("Team", {"name": "new"})])
    with pytest.raises(OutsidePerimeterError):
        owner.change_main("r", nodes=[NodeEdit("Vulnerability", OTHER, both.named("CVE-2024-1").id)])


@pytest.mark.parametrize("rights", [{"reads": []}, {"changes": []}], ids=["reads no kind", "changes no kind"])
def test_whoever_has_no_kind_changes_nothing(both: Held, rights: dict[str, list[str]]) -> None:
    nobody, before = asked_by(both, **rights), both.ledger.sequence()
    for change in ({"nodes": [NodeEdit("Team", {"name": "new"})]}, {"delete": [one(both, "Team")]}):
        with pytest.raises((OutsideKindsError, NotFoundError)):
            nobody.change_main("r", **change)
    assert both.ledger.sequence() == before
