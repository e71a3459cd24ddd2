"""An estate drawn from a seed: servers with missing and equal values, several owners, people, and two perimeters."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from core.principal import Principal
from tests.api.estate import NOW, Estate, Thing

NORTH = Principal("ana", frozenset({"reader"}), frozenset({"North"}))
"""Who sees what is in the perimeter North."""
NOWHERE = Principal("zoe", frozenset({"reader"}), frozenset())
"""Who sees nothing but what is public."""


def random_estate(seed: int = 7, servers: int = 60, people: int = 40) -> Estate:
    """About 120 elements. Half of the servers and teams are in North; teams share codes; people are in few roles."""
    draw, estate = Random(seed), Estate()
    perimeters = [estate.add("Perimeter", name) for name in ("North", "South")]
    teams = [estate.add("Team", f"team-{n}", code=draw.choice(("A", "B", None))) for n in range(6)]
    for n, team in enumerate(teams):
        estate.link(team, "IN_PERIMETER", perimeters[n % 2])
    held = [_server(draw, estate, n) for n in range(servers)]
    for server in held:
        estate.link(server, "IN_PERIMETER", draw.choice(perimeters))
        for team in draw.sample(teams, draw.choice((0, 1, 1, 2, 3))):
            estate.link(server, "OWNED_BY", team)
    for n in range(people):
        person = _person(draw, estate, n)
        estate.link(person, "MEMBER_OF_TEAM", teams[n % 3])
        estate.link(person, "IN_PERIMETER", perimeters[n % 2])
    return estate


def seen_by_north(estate: Estate) -> Estate:
    """What is left of the estate for somebody of North: in it by itself, or through its owner where it is given none."""
    given = {link.start.id: link.end["name"] for link in estate.links if link.type == "IN_PERIMETER"}
    things = [thing for thing in estate.things if given.get(thing.id) == "North" or thing["name"] == "North"]
    kept = {thing.id for thing in things}
    links = [link for link in estate.links if link.start.id in kept and link.end.id in kept]
    return Estate(things, links)


def _server(draw: Random, estate: Estate, n: int) -> Thing:
    return estate.add(
        draw.choice(("VirtualMachine", "PhysicalServer")),
        f"srv-{n:03}",
        environment=draw.choice(("production", "test", None)),
        cpu_cores=draw.choice((None, 1, 2, 4, 64)),
        memory_gb=draw.choice((None, 0.5, 2.25, 8.0)),
        yearly_cost=draw.choice((None, 0, 3_000_000_000, 5)),
        internet_exposed=draw.choice((None, True, False)),
        commissioned_on=draw.choice((None, date(2020, 1, 1) + timedelta(days=draw.randrange(5)))),
        last_restart=draw.choice((None, NOW - timedelta(days=draw.randrange(5), microseconds=draw.randrange(3)))),
    )


def _person(draw: Random, estate: Estate, n: int) -> Thing:
    role = draw.choice(("architect", "auditor", None)) if n % 9 == 0 else "operator"
    return estate.add("Person", f"p{n:03}", pseudonym=f"p{n:03}", role="director" if n == 1 else role)
