"""What fails in one replication of a run, as incidents: failures of components, and outages of what is watched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from simulate.engines.arrays import compile_model
from simulate.engines.events import Event, What
from simulate.engines.history import history
from simulate.model.items import CHANGE, OWN_PART, Model

BEGINS: Final = {What.FAILED: "failure", What.CHANGE_FAILED: "change", What.DOWN: "dependency"}
"""Events that begin an incident, and its cause; maintenance is on purpose and begins none."""
ENDS: Final = {What.REPAIRED: What.FAILED, What.CHANGE_RECOVERED: What.CHANGE_FAILED, What.UP: What.DOWN}


@dataclass(frozen=True, slots=True)
class Incident:
    """An outage of an item, in hours of simulated time. `end` None: it lasts beyond the horizon."""

    item: str
    name: str
    cause: str
    begin: float
    end: float | None


def incidents_of(model: Model, seed: int, replication: int, most: int) -> tuple[list[Incident], int]:
    """The incidents of one replication in order of time, and how many more there are than `most`.

    Outages of watched items come before failures of components where not all are kept.
    """
    watched = set(model.watched)
    events = history(model, compile_model(model), seed, replication).events()
    found = [
        incident
        for incident in _pairs(model, events)
        if incident[1].cause != BEGINS[What.DOWN] or incident[0] in watched
    ]
    found.sort(key=lambda one: (one[0] not in watched, one[1].begin, one[1].item))
    kept = sorted((incident for _, incident in found[:most]), key=lambda one: (one.begin, one.item))
    return kept, max(0, len(found) - most)


def _touched(model: Model) -> dict[int, list[int]]:
    """What changes of the twin touch: an incident is one of a configuration item."""
    found: dict[int, list[int]] = {at: [] for at, item in enumerate(model.items) if item.kind == CHANGE}
    for at, item in enumerate(model.items) if found else ():
        for one in item.requires:
            for member in one.of:
                if member in found:
                    found[member].append(at)
    return found


def _pairs(model: Model, events: list[Event]) -> list[tuple[int, Incident]]:
    """Each begin with its end, by position of the item; of a change that failed, by what it touches."""
    touched = _touched(model)
    begun: dict[tuple[int, What], list[float]] = defaultdict(list)
    found: list[tuple[int, Incident]] = []

    def note(at: int, what: What, begin: float, end: float | None) -> None:
        for place in touched.get(at, [at]):
            item = model.items[place]
            found.append((place, Incident(item.id.removesuffix(OWN_PART), item.name, BEGINS[what], begin, end)))

    for event in events:
        if event.item in touched and event.what in (What.DOWN, What.UP):
            continue  # what it touches says so itself
        if event.what in BEGINS:
            begun[event.item, event.what].append(event.time)
        elif (begins := begun.get((event.item, ENDS.get(event.what, event.what)))) and event.what in ENDS:
            note(event.item, ENDS[event.what], begins.pop(0), event.time)
    for (at, what), begins in begun.items():
        for begin in begins:
            note(at, what, begin, None)
    return found
