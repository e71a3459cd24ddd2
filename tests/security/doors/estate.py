"""An estate as it was and as it is, what a branch would make of it, and what of each somebody with perimeters sees.

Simulated runs are kept in it: a summary and incidents of some servers each. What is left for somebody is plain Python, from the rules
of the schema pack: what is given a perimeter is in it, what a run says of an item is where the item is, a run and its scenario
where something of them is, and what is public is everybody's.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from graph.history.events import Event, order_of
from graph.model import Operation
from tests.api.estate import NOW, Estate, Thing
from tests.api.random_estate import random_estate

PUBLIC: Final = "Vulnerability"
PART: Final = ("SimulatedSummary", "SimulatedIncident")
RUNS: Final = 3


@dataclass(frozen=True, slots=True)
class Story:
    """What is written to main in two loads, and what a branch over it would be."""

    then: Estate
    now: Estate
    plan: Estate

    def then_events(self) -> list[Event]:
        """The first load."""
        return events_between(Estate(), self.then)

    def left_for(self, held: Collection[str] | None, reads: Collection[str] | None = None) -> Story:
        """The same for whoever sees these perimeters alone, and reads these kinds alone; None for all."""
        return Story(*(left_for(estate, held, reads) for estate in (self.then, self.now, self.plan)))

    def names(self) -> frozenset[str]:
        """Ids and names of all that was ever there."""
        things = [thing for estate in (self.then, self.now, self.plan) for thing in estate.things]
        return frozenset({thing.id for thing in things} | {str(thing["name"]) for thing in things})


def story(seed: int) -> Story:
    """Servers, teams and people of two perimeters, something public, and runs; then changes, elements that change sides among them."""
    draw, then = Random(seed), random_estate(seed, servers=18, people=8)
    then.add(PUBLIC, "CVE-2024-1", cve="CVE-2024-1")
    _simulated(then, draw)
    now = _changed(then, draw, "new")
    return Story(then, now, _changed(now, draw, "planned"))


def left_for(estate: Estate, held: Collection[str] | None, reads: Collection[str] | None = None) -> Estate:
    """What somebody sees of an estate, and the relations between that."""
    seen = {thing.id for thing in estate.things} if held is None else _inside(estate, held)
    things = [thing for thing in estate.things if thing.id in seen and (reads is None or thing.kind in reads)]
    left = {thing.id for thing in things}
    return Estate(things, [link for link in estate.links if {link.start.id, link.end.id} <= left])


def _inside(estate: Estate, held: Collection[str]) -> set[str]:
    """The ids of what is in these perimeters, and of what is public."""
    seen = {thing.id for thing in estate.of(PUBLIC)}
    seen |= {link.start.id for link in estate.links if link.type == "IN_PERIMETER" and link.end["name"] in held}
    seen |= {thing.id for thing in estate.of("Perimeter") if thing["name"] in held}
    public = {thing.id for thing in estate.of(PUBLIC)}
    for relation, from_start in (("STATE_OF", False), ("IN_RUN", True), ("OF_SCENARIO", True)):
        for link in [link for link in estate.links if link.type == relation]:
            source, taker = (link.start, link.end) if from_start else (link.end, link.start)
            if source.id in seen - public:
                seen.add(taker.id)
    return seen


def events_between(before: Estate, after: Estate) -> list[Event]:
    """The events that lead from one estate to another."""
    events: list[Event] = []
    old, new = ({thing.id: thing for thing in estate.things} for estate in (before, after))
    for thing in {**old, **new}.values():
        was, is_ = (dict(one.properties) if one else None for one in (old.get(thing.id), new.get(thing.id)))
        if was != is_:
            events.append(Event(_operation(was, is_), thing.id, False, thing.kind, was, is_))
    ends, begins = ({link.id: link for link in estate.links} for estate in (before, after))
    for link in {**ends, **begins}.values():
        was, is_ = (dict(link.properties) if link.id in links else None for links in (ends, begins))
        if (was is None) != (is_ is None):
            events.append(Event(_operation(was, is_), link.id, True, link.type, was, is_, link.start.id, link.end.id))
    return sorted(events, key=lambda event: (order_of(event), event.element))


def _operation(was: object, is_: object) -> Operation:
    return Operation.CREATE if was is None else Operation.DELETE if is_ is None else Operation.UPDATE


def _simulated(estate: Estate, draw: Random) -> None:
    """Kept runs: each of its own servers, so that some are of one perimeter alone and one is of both."""
    perimeters = {link.start.id: link.end["name"] for link in estate.links if link.type == "IN_PERIMETER"}
    servers = estate.of("VirtualMachine", "PhysicalServer")
    of = {side: [server for server in servers if perimeters[server.id] == side] for side in ("North", "South")}
    chosen = ([*of["North"][:2], *of["South"][:2]], of["North"][:2], of["South"][:3])
    for number, items in enumerate(chosen[:RUNS]):
        scenario = estate.add("Scenario", f"scenario-{number}", version=f"{number:012}", status="active")
        run = estate.add(
            "SimulationRun",
            f"run-{number}",
            seed=number,
            engine="kernels",
            begins_at=NOW,
            started_at=NOW,
            duration=525_600.0,
            replications=10,
            confidence_level=0.95,
        )
        estate.link(run, "OF_SCENARIO", scenario)
        for item in items:
            share = draw.randrange(900, 1000) / 1000
            summary = estate.add(
                "SimulatedSummary", f"summary-{number}-{item['name']}", availability=share, low=share, high=1.0
            )
            # the last one lasts beyond the horizon, so that something is down at the end
            spans = [(draw.randrange(1, 300), 2), (364, None)]
            incidents = [
                estate.add(
                    "SimulatedIncident",
                    f"outage-{number}-{item['name']}-{place}",
                    started_at=NOW + timedelta(days=begin),
                    ended_at=None if lasts is None else NOW + timedelta(days=begin + lasts),
                    cause="failure",
                    replication=0,
                )
                for place, (begin, lasts) in enumerate(spans)
            ]
            for part in (summary, *incidents):
                estate.link(part, "IN_RUN", run)
                estate.link(part, "STATE_OF", item)


def _changed(estate: Estate, draw: Random, word: str) -> Estate:
    """Another state of an estate: some servers change sides, some their values, some go, some come; something public comes."""
    changed = deepcopy(estate)
    sides = {link.start.id: link.end for link in changed.links if link.type == "IN_PERIMETER"}
    perimeters = changed.of("Perimeter")
    gone, moved = set[str](), list[Thing]()
    for perimeter in perimeters:
        held = [s for s in changed.of("VirtualMachine", "PhysicalServer") if sides[s.id].id == perimeter.id]
        leaving, moving, *altered = draw.sample(held, 4)
        gone.add(leaving.id)
        moved.append(moving)
        for server in altered:
            server.properties["cpu_cores"] = draw.randrange(100, 200)
    left_behind = gone | {server.id for server in moved}
    changed.things = [thing for thing in changed.things if thing.id not in gone]
    changed.links = [
        link
        for link in changed.links
        if not {link.start.id, link.end.id} & gone
        and not (link.type == "IN_PERIMETER" and link.start.id in left_behind)
    ]
    for server in moved:
        changed.link(server, "IN_PERIMETER", next(one for one in perimeters if one.id != sides[server.id].id))
    for perimeter in perimeters:
        server = changed.add("VirtualMachine", f"srv-{word}-{perimeter['name']}", environment="test")
        changed.link(server, "IN_PERIMETER", perimeter)
        for team in draw.sample(changed.of("Team"), 2):
            changed.link(server, "OWNED_BY", team)
    changed.add(PUBLIC, f"CVE-{word}", cve=f"CVE-2025-{len(word):04}")
    return changed
