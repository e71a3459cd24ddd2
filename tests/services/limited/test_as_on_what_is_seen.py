"""A change by somebody with perimeters has the outcome that it would have on the graph from which all else was taken out.

Random changes, of elements that are seen, that are not and that are not there: the same refusal in the same words, or the same
events. Beyond that, changes that would move something out of the perimeters are refused, and new elements are put into them.
"""

from __future__ import annotations

from random import Random
from typing import Any

from core.errors import JumeauError
from core.ids import relation_id
from core.principal import OutsideKindsError
from graph.history.events import Event
from services.branches import BranchService
from services.edits import NodeEdit, RelationEdit
from services.limited_changes import OutsidePerimeterError
from services.seen_view import NameTakenError
from tests.api.estate import Estate
from tests.api.random_estate import seen_by_north
from tests.conftest import NIGHTLY
from tests.services.limited.conftest import Held, Make, estate_of

CHANGES = 3_000 if NIGHTLY else 30
SEEDS = range(20) if NIGHTLY else range(1)
NOTHING = "00000000-0000-4000-8000-000000000000"


def changes(held: Held, draw: Random) -> dict[str, Any]:
    """A change of one to three things."""
    nodes, links = held.estate.things, held.estate.links
    ids = [*(thing.id for thing in nodes), NOTHING]
    made: dict[str, list[Any]] = {"nodes": [], "relations": [], "delete": []}
    for _ in range(draw.choice((1, 1, 2, 3))):
        match draw.randrange(5):
            case 0:
                thing = draw.choice(nodes)
                made["nodes"].append(NodeEdit(thing.kind, {"description": f"d{draw.randrange(9)}"}, thing.id))
            case 1:
                made["nodes"].append(NodeEdit("VirtualMachine", {"name": f"new-{draw.randrange(99)}"}))
            case 2:
                kind = draw.choice(("OWNED_BY", "IN_PERIMETER", "HOSTED_ON", "RUNS_ON", "MEMBER_OF_TEAM"))
                made["relations"].append(RelationEdit(kind, draw.choice(ids), draw.choice(ids)))
            case 3:
                made["delete"].append(draw.choice(ids))
            case _:
                link = draw.choice(links)
                gone = relation_id(link.type, link.start.id, draw.choice((link.end.id, draw.choice(ids))))
                made["delete"].append(gone)
    return made


Outcome = tuple[JumeauError | None, list[Event]]


def same_outcome(mine: Outcome, theirs: Outcome, seen: frozenset[str], change: dict[str, Any]) -> str:
    """Hold two outcomes to be one: refused in the same words, or made with the same events."""
    if mine[0] is not None or theirs[0] is not None:
        assert (mine[0] and mine[0].to_dict()) == (theirs[0] and theirs[0].to_dict()), change
        return "refused"
    assert told(mine[1], seen) == told(theirs[1], seen), change
    return "made"


def outcome(branches: BranchService, change: dict[str, Any]) -> Outcome:
    """What a change of a new branch gives."""
    name = "plan"
    branches.create(name)
    try:
        branches.change(name, **change)
        branch = branches.branches.get(name)
        return None, [item.event for item in branches.branches.events(branch.id, 1, branch.version)]
    except JumeauError as error:
        return error, []
    finally:
        branches.branches.drop(name)


def told(events: list[Event], seen: frozenset[str]) -> list[tuple[Any, ...]]:
    """Events as somebody hears of them: of nodes that are new by their kind and name, of relations between what is seen."""
    new = {e.element for e in events if e.operation.value == "create" and not e.edge}
    shown: list[tuple[Any, ...]] = []
    for event in events:
        if event.edge:
            if {event.start, event.end} <= seen:
                shown.append((event.operation, event.kind, event.start, event.end))
        else:
            shown.append((event.operation, event.kind, "" if event.element in new else event.element, event.after))
    return sorted(shown, key=repr)


def test_a_limited_change_is_that_of_the_reduced_graph(make: Make) -> None:
    counts = {"refused": 0, "made": 0, "kept in": 0}
    for seed in SEEDS:
        estate, draw = estate_of(seed), Random(seed)
        left = seen_by_north(estate)
        public = [thing for thing in estate.things if thing.kind == "Vulnerability"]
        left.things.extend(public)
        whole, reduced = make(estate, f"whole-{seed}"), make(left, f"reduced-{seed}")
        seen = frozenset(thing.id for thing in left.things)
        for _ in range(CHANGES // len(SEEDS)):
            change = changes(whole, draw)
            mine, theirs = outcome(whole.north, change), outcome(reduced.branches, change)
            if isinstance(mine[0], OutsidePerimeterError):
                counts["kept in"] += 1
                assert not isinstance(theirs[0], NameTakenError)
            else:
                counts[same_outcome(mine, theirs, seen, change)] += 1
    assert min(counts.values()) > 0, counts


def test_a_change_limited_by_kinds_is_that_of_the_graph_of_what_is_read(make: Make) -> None:
    """Whoever reads some kinds changes them as if there were no others; a new element of another kind is the one thing they know of."""
    counts = {"refused": 0, "made": 0, "of a kind that is not theirs": 0}
    reads = frozenset({"VirtualMachine", "Team", "Perimeter", "Vulnerability"})
    for seed in SEEDS:
        estate, draw = estate_of(seed), Random(seed + 100)
        things = [thing for thing in estate.things if thing.kind in reads]
        seen = frozenset(thing.id for thing in things)
        links = [link for link in estate.links if {link.start.id, link.end.id} <= seen]
        whole, reduced = make(estate, f"all-{seed}"), make(Estate(things, links), f"read-{seed}")
        reader = whole.branches.by("ana", reads=reads, kinds=reads - {"Team"})
        for _ in range(2 * CHANGES // len(SEEDS)):
            change = changes(whole, draw)
            mine, theirs = outcome(reader, change), outcome(reduced.branches, change)
            if isinstance(mine[0], OutsideKindsError):
                counts["of a kind that is not theirs"] += 1
                assert "Team" in mine[0].seen, "all else is not there"
            else:
                counts[same_outcome(mine, theirs, seen, change)] += 1
    assert min(counts.values()) > 0, counts
