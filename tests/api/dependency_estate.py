"""Estates whose dependencies are drawn from a seed, with circles and several ways to one element; and plain walks over them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from random import Random

from tests.api.estate import Estate, Link, Thing

NORTH = "North"


def dependency_estate(seed: int) -> Estate:
    """About 45 elements of eight kinds, each owned by a team and in North or South. Sites lie behind all that is somewhere."""
    draw, estate = Random(seed), Estate()
    sides = [estate.add("Perimeter", name) for name in (NORTH, "South")]
    teams = [estate.add("Team", f"team-{n}") for n in range(3)]
    sites = [estate.add("Site", f"site-{n}") for n in range(2)]
    centres = [estate.add("DataCenter", f"centre-{n}") for n in range(3)]
    racks = [estate.add("Rack", f"rack-{n}") for n in range(3)]
    hypervisors = [estate.add("Hypervisor", f"hyp-{n}", cpu_cores=32 * n) for n in range(3)]
    machines = [estate.add("VirtualMachine", f"vm-{n}", cpu_cores=n % 3 or None) for n in range(8)]
    databases = [estate.add("DatabaseInstance", f"db-{n}", port=5_432 + n) for n in range(4)]
    applications = [estate.add("BusinessApplication", f"app-{n}", code=f"A{n}") for n in range(8)]
    services = [estate.add("BusinessService", f"service-{n}") for n in range(4)]
    some, most = (0, 1, 1, 2), (1, 1, 1, 2)
    levels = (
        (services, "USES", applications, some),
        (services, "DEPENDS_ON", services, some),
        (applications, "DEPENDS_ON", applications, some),
        (applications, "DEPENDS_ON", databases, some),
        (applications, "RUNS_ON", machines, some),
        (databases, "RUNS_ON", machines, some),
        (machines, "HOSTED_ON", hypervisors, most),
        (hypervisors, "LOCATED_IN", racks, most),
        (racks, "LOCATED_IN", centres, most),
        (centres, "LOCATED_IN", sites, most),
    )
    for starts, relation, ends, how_many in levels:
        for start in starts:
            for end in draw.sample(ends, draw.choice(how_many)):
                if start is not end:
                    estate.link(start, relation, end)
    items = [*services, *applications, *databases, *machines, *hypervisors, *racks, *centres]
    for thing in items:
        estate.link(thing, "OWNED_BY", draw.choice(teams))
        estate.link(thing, "IN_PERIMETER", draw.choice(sides))
    for n, team in enumerate(teams):
        estate.link(team, "IN_PERIMETER", sides[n % 2])
    return estate


def dense_estate(layers: int, wide: int) -> Estate:
    """Applications in layers, each depending on all of the next: `wide ** layers` ways from one end to the other."""
    estate = Estate()
    made = [
        [estate.add("BusinessApplication", f"app-{at}-{n}", code=f"D{at}-{n}") for n in range(wide)]
        for at in range(layers)
    ]
    for upper, lower in pairwise(made):
        for start in upper:
            for end in lower:
                estate.link(start, "DEPENDS_ON", end)
    return estate


def seen_by_north(estate: Estate) -> frozenset[str]:
    """The ids of what somebody of North sees: what is in it, and sites, which are public."""
    given = {link.start.id for link in estate.links if link.type == "IN_PERIMETER" and link.end["name"] == NORTH}
    return frozenset(given | {t.id for t in estate.things if t["name"] == NORTH or t.kind == "Site"})


def left_of(estate: Estate, seen: Collection[str]) -> Estate:
    """The estate of these elements and the relations between them."""
    things = [thing for thing in estate.things if thing.id in seen]
    return Estate(things, [link for link in estate.links if link.start.id in seen and link.end.id in seen])


class PlainWalks:
    """Walks along these relations, one front after another."""

    def __init__(self, estate: Estate, followed: Collection[str]) -> None:
        self.kinds = {thing.id: thing for thing in estate.things}
        self._links = [link for link in estate.links if link.type in followed]

    def reached(self, start: str, depth: int, *, back: bool) -> set[str]:
        """The ids within so many relations, the start not among them."""
        seen, front = {start}, {start}
        for _ in range(depth):
            front = {far for near, far in self._steps(back=back) if near in front} - seen
            seen |= front
        return seen - {start}

    def distance(self, start: str, end: str, most: int, *, directed: bool) -> int | None:
        """How many relations a shortest path has; None where there is none, and from an element to itself."""
        seen, front = {start}, {start}
        for length in range(1, most + 1):
            steps = {*self._steps(back=False)} | (set() if directed else {*self._steps(back=True)})
            front = {far for near, far in steps if near in front} - seen
            seen |= front
            if end in front:
                return length
        return None

    def link(self, identity: str) -> Link:
        return next(link for link in self._links if link.id == identity)

    def _steps(self, *, back: bool) -> Iterator[tuple[str, str]]:
        return ((e.end.id, e.start.id) if back else (e.start.id, e.end.id) for e in self._links)


def named(estate: Estate, name: str) -> Thing:
    return next(thing for thing in estate.things if thing["name"] == name)
