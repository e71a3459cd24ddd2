"""Somebody with perimeters changes what is in them, and nothing else: not by name, not by what follows, not by a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.clock import FrozenClock
from core.errors import JumeauError, NotFoundError
from core.ids import relation_id
from graph.history.past_perimeters import PastPerimeters
from services.branches import BranchConflictError
from services.edits import ChangeRefusedError, NodeEdit, RelationEdit
from services.limited_changes import OutsidePerimeterError
from services.proposals import ProposalService
from services.seen_view import NameTakenError
from tests.api.estate import NOW
from tests.services.limited.conftest import HELD, Held

RETIRED = {"description": "to be retired"}


def perimeters(held: Held, node: str) -> frozenset[str]:
    ledger = held.ledger
    return PastPerimeters(ledger, held.branches.schema, ledger.sequence()).names([node]).get(node, frozenset())


def server_of(held: Held, name: str, at: int = 0) -> str:
    """A server of a perimeter."""
    own = sorted(t.id for t in held.estate.of("VirtualMachine", "PhysicalServer") if perimeters(held, t.id) == {name})
    return own[at]


def kind_of(held: Held, element: str) -> str:
    return held.ledger.kinds([element])[element]


def update(held: Held, element: str, **properties: Any) -> NodeEdit:
    return NodeEdit(kind_of(held, element), properties or RETIRED, element)


def written(held: Held) -> int:
    return held.ledger.sequence()


def test_what_is_in_the_perimeter_is_changed_on_main(both: Held) -> None:
    server = server_of(both, "North")
    applied, made = both.north.change_main("r", nodes=[update(both, server)])
    assert (applied.events, made) == (1, [server])
    assert both.ledger.states([server])[server].properties["description"] == "to be retired"


def refusals(held: Held) -> dict[str, tuple[type[JumeauError], dict[str, Any]]]:
    """Changes that reach beyond the perimeter, each with what refuses it."""
    own, other = server_of(held, "North"), server_of(held, "South")
    north, south = held.named("North").id, held.named("South").id
    public, team = held.named("CVE-2024-1").id, held.named("team-0").id
    link = next(e for e in held.estate.links if e.type == "IN_PERIMETER" and e.start.id == own)
    return {
        "an element outside": (NotFoundError, {"nodes": [update(held, other)]}),
        "deleting an element outside": (NotFoundError, {"delete": [other]}),
        "a relation to an element outside": (
            NotFoundError,
            {"relations": [RelationEdit("OWNED_BY", own, held.named("team-1").id)]},
        ),
        "a relation from an element outside": (
            NotFoundError,
            {"relations": [RelationEdit("OWNED_BY", other, team)]},
        ),
        "a perimeter outside": (NotFoundError, {"relations": [RelationEdit("IN_PERIMETER", own, south)]}),
        "what everybody sees": (
            OutsidePerimeterError,
            {"nodes": [NodeEdit("Vulnerability", RETIRED, public)]},
        ),
        "deleting what everybody sees": (OutsidePerimeterError, {"delete": [public]}),
        "leaving the perimeter": (OutsidePerimeterError, {"delete": [link.id]}),
        "the perimeter itself": (OutsidePerimeterError, {"nodes": [NodeEdit("Perimeter", {"name": "South"}, north)]}),
        "deleting the perimeter": (OutsidePerimeterError, {"delete": [north]}),
        "a new perimeter": (OutsidePerimeterError, {"nodes": [NodeEdit("Perimeter", {"name": "East"})]}),
        "a new perimeter of a known name": (
            OutsidePerimeterError,
            {"nodes": [NodeEdit("Perimeter", {"name": "North "})]},
        ),
        "a new element that everybody sees": (
            OutsidePerimeterError,
            {"nodes": [NodeEdit("Vulnerability", {"cve": "CVE-2025-9", "name": "CVE-2025-9"})]},
        ),
    }


@pytest.mark.parametrize("on_main", [True, False], ids=["on main", "on a branch"])
def test_what_reaches_beyond_the_perimeter_is_refused_and_nothing_is_written(both: Held, on_main: bool) -> None:
    north, before = both.north, written(both)
    north.create("plan")
    wrong = {}
    for name, (error, change) in refusals(both).items():
        with pytest.raises(JumeauError) as caught:
            north.change_main("r", **change) if on_main else north.change("plan", **change)
        if not isinstance(caught.value, error):
            wrong[name] = repr(caught.value)
    assert wrong == {}
    assert written(both) == before
    assert both.branches.branches.get("plan").version == 0


def test_an_element_outside_is_answered_as_one_that_does_not_exist(both: Held) -> None:
    own, other, nothing = server_of(both, "North"), server_of(both, "South"), "00000000-0000-4000-8000-000000000000"
    kind = kind_of(both, other)

    def told(change: Callable[[str], dict[str, Any]], element: str) -> Any:
        with pytest.raises(JumeauError) as caught:
            both.north.change_main("r", **change(element))
        content = caught.value.to_dict()
        return str(content).replace(element, "*").replace(relation_id("OWNED_BY", own, element), "*")

    for change in (
        lambda e: {"nodes": [NodeEdit(kind, RETIRED, e)]},
        lambda e: {"delete": [e]},
        lambda e: {"delete": [own, e]},
        lambda e: {"relations": [RelationEdit("OWNED_BY", own, e)]},
        lambda e: {"relations": [RelationEdit("OWNED_BY", e, own)]},
        lambda e: {"delete": [relation_id("OWNED_BY", own, e)]},
    ):
        assert told(change, other) == told(change, nothing)


def test_a_relation_of_two_elements_outside_is_not_there(both: Held) -> None:
    hidden = next(
        link for link in both.estate.links if link.type == "OWNED_BY" and perimeters(both, link.start.id) == {"South"}
    )
    with pytest.raises(NotFoundError):
        both.north.change_main("r", delete=[hidden.id])


def test_what_is_new_comes_into_the_perimeter_of_whoever_makes_it(both: Held) -> None:
    _, (made,) = both.north.change_main("r", nodes=[NodeEdit("VirtualMachine", {"name": "new-1"})])
    assert perimeters(both, made) == {"North"}


def test_whoever_has_several_perimeters_names_one_of_them(both: Held) -> None:
    several = both.branches.by("eve", frozenset({"North", "South"}))
    new = [NodeEdit("VirtualMachine", {"name": "new-1"})]
    with pytest.raises(OutsidePerimeterError) as caught:
        several.change_main("r", nodes=new)
    assert "North, South" in (caught.value.hint or "")
    _, (made,) = several.change_main("r", nodes=new, perimeter="South")
    assert perimeters(both, made) == {"South"}
    with pytest.raises(OutsidePerimeterError):
        both.north.change_main("r", nodes=new, perimeter="South")


def test_whoever_sees_nothing_changes_nothing(both: Held) -> None:
    nobody = both.branches.by("zoe", frozenset())
    with pytest.raises(OutsidePerimeterError):
        nobody.change_main("r", nodes=[NodeEdit("VirtualMachine", {"name": "new-1"})])
    with pytest.raises(NotFoundError):
        nobody.change_main("r", nodes=[update(both, server_of(both, "North"))])


def test_a_natural_key_that_is_held_outside_is_refused_without_a_word_of_whose(both: Held) -> None:
    _, (hidden,) = both.branches.change_main("r", nodes=[NodeEdit("Entity", {"name": "Hidden", "code": "HID"})])
    for upsert in (False, True):
        with pytest.raises(NameTakenError) as caught:
            both.north.change_main("r", nodes=[NodeEdit("Entity", {"name": "Hidden", "code": "HID"}, upsert=upsert)])
        assert hidden not in str(caught.value.to_dict())


def test_what_follows_from_a_change_does_not_leave_the_perimeter_either(both: Held) -> None:
    _, (team,) = both.north.change_main("r", nodes=[NodeEdit("Team", {"name": "Storage"})])
    _, (server,) = both.branches.change_main("r", nodes=[NodeEdit("VirtualMachine", {"name": "follower"})])
    both.branches.change_main("r", relations=[RelationEdit("OWNED_BY", server, team)])
    assert perimeters(both, server) == HELD
    with pytest.raises(OutsidePerimeterError) as caught:
        both.north.change_main("r", delete=[team])
    assert server in (caught.value.where or "")
    both.north.change_main("r", delete=[team, server])
    assert both.ledger.states([server, team]) == {}


def test_a_node_goes_with_all_its_relations_and_is_told_of_those_that_are_seen(both: Held) -> None:
    server, south = server_of(both, "North"), both.named("South").id
    app = NodeEdit("BusinessApplication", {"name": "far", "code": "FAR"})
    _, (far,) = both.branches.change_main("r", nodes=[app])
    both.branches.change_main(
        "r", relations=[RelationEdit("IN_PERIMETER", far, south), RelationEdit("RUNS_ON", far, server)]
    )
    hidden = relation_id("RUNS_ON", far, server)
    before = written(both)
    applied, _ = both.north.change_main("r", delete=[server])
    assert both.ledger.states([server, hidden]) == {}
    gone = {item.event.element: item.event for item in both.ledger.events(before + 1, written(both))}
    seen = [e for e in gone.values() if not e.edge or all(HELD & was_in(both, end, before) for end in (e.start, e.end))]
    assert hidden in gone
    assert applied.events == len(seen) < len(gone)
    assert far in both.ledger.states([far])


def was_in(held: Held, node: str | None, at: int) -> frozenset[str]:
    return PastPerimeters(held.ledger, held.branches.schema, at).names([node or ""]).get(node or "", frozenset())


def test_branches_of_others_are_as_if_they_did_not_exist(both: Held) -> None:
    both.branches.create("theirs")
    north = both.north
    for ask in (
        lambda name: north.view(name),
        lambda name: north.drop(name),
        lambda name: north.apply(name),
        lambda name: north.apply(name, dry_run=True),
        lambda name: north.change(name, delete=["x"]),
    ):
        texts = []
        for name in ("theirs", "nothing"):
            with pytest.raises(NotFoundError) as caught:
                ask(name)
            texts.append(str(caught.value.to_dict()).replace(name, "*"))
        assert texts[0] == texts[1]
    north.create("mine")
    assert [branch["name"] for branch in north.all()] == ["mine"]
    assert {branch["name"] for branch in both.branches.all()} == {"mine", "theirs"}


def test_a_branch_is_applied_whole_and_only_where_all_of_it_is_in_the_perimeter(both: Held) -> None:
    north = both.north
    north.create("plan")
    north.change("plan", nodes=[update(both, server_of(both, "North"))])
    assert north.apply("plan", dry_run=True).events == 1
    both.branches.change("plan", nodes=[update(both, server_of(both, "South"))])
    before = written(both)
    for dry in (True, False):
        with pytest.raises(NotFoundError):
            north.apply("plan", dry_run=dry)
    assert written(both) == before
    assert both.branches.apply("plan").events == 2


def test_what_has_left_the_perimeter_since_is_not_changed_by_an_older_branch(both: Held) -> None:
    north, server = both.north, server_of(both, "North")
    north.create("plan")
    north.change("plan", nodes=[update(both, server)])
    both.branches.change_main(
        "moved",
        delete=[relation_id("IN_PERIMETER", server, both.named("North").id)],
        relations=[RelationEdit("IN_PERIMETER", server, both.named("South").id)],
        nodes=[update(both, server, description="a secret of the South")],
    )
    with pytest.raises(JumeauError) as caught:
        north.apply("plan")
    assert "secret" not in str(caught.value.to_dict())
    assert isinstance(caught.value, NotFoundError | BranchConflictError)
    with pytest.raises(NotFoundError):
        north.change_main("r", nodes=[update(both, server)], based_on=written(both))
    with pytest.raises(JumeauError) as caught:
        north.change_main("r", nodes=[update(both, server)], based_on=written(both) - 1)
    assert "secret" not in str(caught.value.to_dict())


def test_a_conflict_with_main_is_told_where_it_is_seen(both: Held) -> None:
    north, server = both.north, server_of(both, "North")
    seen = written(both)
    both.branches.change_main("r", nodes=[update(both, server, description="theirs")])
    with pytest.raises(BranchConflictError) as caught:
        north.change_main("r", nodes=[update(both, server, description="mine")], based_on=seen)
    assert caught.value.details["conflicts"][0]["main"] == "theirs"


def test_proposals_of_others_are_as_if_they_did_not_exist(both: Held) -> None:
    clock = FrozenClock(NOW)
    everyone, north = ProposalService(both.branches, clock), ProposalService(both.north, clock)
    for branches, service, name in ((both.branches, everyone, "theirs"), (both.north, north, "mine")):
        branches.create(name)
        branches.change(name, nodes=[update(both, server_of(both, "North"))])
        service.propose(name, "r", by=branches.author)
    (mine,) = north.all()
    assert mine.branch == "mine"
    theirs = next(p for p in everyone.all() if p.branch == "theirs")
    with pytest.raises(NotFoundError):
        north.withdraw(theirs.id, by="ana")
    with pytest.raises(NotFoundError):
        north.approve(theirs.id, by="ana")
    assert north.withdraw(mine.id, by="ana").state.value == "withdrawn"


def test_a_change_that_the_schema_does_not_admit_is_told_as_to_anybody(both: Held) -> None:
    with pytest.raises(ChangeRefusedError) as caught:
        both.north.change_main("r", nodes=[NodeEdit("Team", {"nom": "x"})])
    assert "UNKNOWN_ATTRIBUTE" in str(caught.value)
