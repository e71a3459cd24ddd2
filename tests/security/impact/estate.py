"""Layered estates drawn from a seed, whose dependencies cross two perimeters; and plain walks over them to reckon with.

Each element has a name and a description that nothing else has, so that what is told of it is found in any text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from random import Random
from typing import Final

from tests.api.estate import NOW, Estate, Thing

NORTH: Final = "North"
LAYERS: Final = (
    ("BusinessService", 4, "USES"),
    ("BusinessApplication", 6, "REALISES"),
    ("ServiceInstance", 8, "RUNS_ON"),
    ("VirtualMachine", 8, "HOSTED_ON"),
    ("Hypervisor", 4, ""),
)
"""From what is used to what it stands on: the kind, how many, and the relation to the layer below."""
FOLLOWED: Final = frozenset({"USES", "DEPENDS_ON", "RUNS_ON", "HOSTED_ON"})
ITEMS: Final = tuple(kind for kind, _, _ in LAYERS)


def layered_estate(seed: int) -> Estate:
    """About 45 elements, each in North or in South; sparse, so that much is reached on one way only."""
    draw, estate = Random(seed), Estate()
    sides = [estate.add("Perimeter", name) for name in (NORTH, "South")]
    teams = [_add(estate, draw, "Team", n) for n in range(4)]
    layers = [[_add(estate, draw, kind, n) for n in range(many)] for kind, many, _ in LAYERS]
    for (_, _, relation), upper, lower in zip(LAYERS, layers, layers[1:], strict=False):
        for thing in upper if relation != "REALISES" else lower:
            for other in draw.sample(lower if relation != "REALISES" else upper, draw.choice((1, 1, 2))):
                estate.link(thing, relation, other)
    for first, second in zip(layers[1], layers[1][1:], strict=False):
        if draw.random() < 0.5:
            estate.link(first, "DEPENDS_ON", second)
    items = [thing for layer in layers for thing in layer]
    for thing in items:
        estate.link(thing, "OWNED_BY", draw.choice(teams))
    changes = [
        _add(estate, draw, "Change", n, number=f"CHG{n}", title=f"change {n}", started_at=NOW - timedelta(hours=n + 1))
        for n in range(4)
    ]
    incidents = [
        _add(estate, draw, "Incident", n, number=f"INC{n}", title=f"incident {n}", priority="P1", opened_at=NOW)
        for n in range(3)
    ]
    for thing, relation in [*((one, "TOUCHES") for one in changes), *((one, "AFFECTS") for one in incidents)]:
        for item in draw.sample(items, 3):
            estate.link(thing, relation, item)
    for thing in items:
        estate.link(thing, "IN_PERIMETER", draw.choice(sides))
    for n, thing in enumerate((*teams, *changes, *incidents)):
        estate.link(thing, "IN_PERIMETER", sides[n % 2])
    return estate


def seen_ids(estate: Estate) -> frozenset[str]:
    """The ids of what somebody of North sees."""
    given = {link.start.id for link in estate.links if link.type == "IN_PERIMETER" and link.end["name"] == NORTH}
    return frozenset(given | {thing.id for thing in estate.of("Perimeter") if thing["name"] == NORTH})


def words_of_the_hidden(estate: Estate) -> frozenset[str]:
    """What may be in no answer to somebody of North: ids, names and descriptions, and the ids of relations."""
    seen = seen_ids(estate)
    hidden = [thing for thing in estate.things if thing.id not in seen and thing.kind != "Perimeter"]
    links = [link for link in estate.links if not {link.start.id, link.end.id} <= seen]
    words = {str(thing[name]) for thing in hidden for name in ("name", "description", "number") if thing[name]}
    return frozenset(words | {thing.id for thing in hidden} | {link.id for link in links})


def downstream(estate: Estate, starts: Collection[str], *, realised: bool = True) -> frozenset[str]:
    """What stops with these, themselves among it. An instance that stops stops the application that it realises."""
    stopped = _closed(frozenset(starts), lambda ids: _into(estate, ids))
    if not realised:
        return stopped
    applications = {link.end.id for link in estate.links if link.type == "REALISES" and link.start.id in stopped}
    return stopped | _closed(frozenset(applications), lambda ids: _into(estate, ids))


def upstream(estate: Estate, start: str) -> frozenset[str]:
    """What may stop this, itself among it. An application stands on the instances that realise it."""
    needed = _closed(frozenset({start}), lambda ids: _out(estate, ids))
    instances = {link.start.id for link in estate.links if link.type == "REALISES" and link.end.id in needed}
    return needed | _closed(frozenset(instances), lambda ids: _out(estate, ids))


def _into(estate: Estate, ids: Collection[str]) -> Iterator[str]:
    return (link.start.id for link in estate.links if link.type in FOLLOWED and link.end.id in ids)


def _out(estate: Estate, ids: Collection[str]) -> Iterator[str]:
    return (link.end.id for link in estate.links if link.type in FOLLOWED and link.start.id in ids)


def _closed(found: frozenset[str], step: object) -> frozenset[str]:
    assert callable(step)
    while True:
        more = found | frozenset(step(found))
        if more == found:
            return found
        found = more


def _add(estate: Estate, draw: Random, kind: str, n: int, **properties: object) -> Thing:
    secret = f"{draw.getrandbits(64):016x}"
    return estate.add(kind, f"{kind.lower()}-{n}-{secret}", description=f"about-{secret}", **properties)  # type: ignore[arg-type]
