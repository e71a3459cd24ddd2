"""Elements that a source told before and, in a complete run, tells no more: they are retired, under a brake.

Nobody else must tell them still. A row that was rejected spares what it speaks of. Above the brake's share of the source's
elements nothing is retired: an export that lost a fifth of its servers is more often cut than true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from core.ids import relation_id
from graph.history.events import deletion_of
from graph.history.ledger import Event
from graph.history.sightings import packed, unpacked
from graph.schema.model import Schema
from ingest.assertion import EdgeAssertion, NodeAssertion, Place, Rejection, Told
from ingest.discrepancies import Discrepancies
from ingest.identity import meant_element, reference_key, source_key
from ingest.target import LoadTarget

BRAKE: Final = 0.05
"""Largest share of a source's elements that one run may retire, unless it is told otherwise."""

DONE, NOTHING, STOPPED, BLIND = "done", "nothing", "stopped", "blind"


@dataclass(frozen=True, slots=True)
class Retirement:
    """What was retired, or why nothing was. `missing` of `told` elements were not told again; others tell `kept`."""

    status: str  # done, nothing, stopped (by the brake), blind (rows that name nothing were rejected)
    missing: int = 0
    told: int = 0
    retired: int = 0
    kept: int = 0
    brake: float = BRAKE

    @property
    def is_open(self) -> bool:
        """Whether something is missing that a later run should retire."""
        return self.status in (STOPPED, BLIND)

    @property
    def explanation(self) -> str:
        """For people: what happened, and what to do."""
        match self.status:
            case "stopped":
                return (
                    f"nothing was retired: {self.missing} of {self.told} elements are missing "
                    f"({self.missing / max(1, self.told):.1%}), more than the brake of {self.brake:.1%}; "
                    "check that the export is whole, then raise --brake"
                )
            case "blind":
                return "nothing was retired: rows were rejected that do not say what they speak of; mend them first"
            case "done":
                kept = f", {self.kept} kept because others tell them" if self.kept else ""
                return f"{self.retired} elements were retired{kept}"
            case _:
                return "nothing is missing"

    def to_dict(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "missing": self.missing,
            "told": self.told,
            "retired": self.retired,
            "kept": self.kept,
            "brake": self.brake,
            "explanation": self.explanation,
        }


class SparedRows:
    """What rejected rows speak of: it is not missing. Gathered while a run loads, resolved at its end."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._keys: set[str] = set()
        self._edges: set[tuple[str, str, str]] = set()
        self._elements: set[bytes] = set()
        self.blind = False

    def note(self, told: Iterable[Told], refused: Iterable[Place]) -> None:
        """Take in the rows of a batch whose places were refused."""
        places = set(refused)
        if not places:
            return
        for item in told:
            if item.place not in places:
                continue
            if isinstance(item, Rejection):
                self.blind = True
            elif isinstance(item, NodeAssertion):
                if item.key is None:
                    self.blind = True
                else:
                    self._keys.add(source_key(self._source, item.space, item.key))
            elif isinstance(item, EdgeAssertion):
                start, end = (reference_key(self._source, end) for end in (item.start, item.end))
                self._edges.add((item.type, start, end))

    def note_elements(self, elements: set[bytes]) -> None:
        """Take in what rows speak of that were told before."""
        self._elements |= elements

    def elements(self, ledger: LoadTarget) -> set[bytes]:
        """The elements, packed."""
        wanted = sorted(self._keys | {key for _, *ends in self._edges for key in ends})
        known = {key: element for key in wanted if (element := meant_element(key)) is not None}
        known |= {key: e for key, (e, _) in ledger.identities([k for k in wanted if k not in known]).items()}
        nodes = {known[key] for key in self._keys if key in known}
        edges = {
            relation_id(type_, known[start], known[end])
            for type_, start, end in self._edges
            if start in known and end in known
        }
        return self._elements | {packed(element) for element in nodes | edges}


class Sighted(Protocol):
    """What each source told last, packed; see `Sightings`."""

    def of(self, source: str) -> set[bytes]: ...

    def by_others(self, source: str, wanted: set[bytes]) -> set[bytes]: ...


class Retirements:
    """Finds what a complete run no longer tells, and makes the events that retire it."""

    def __init__(self, ledger: LoadTarget, source: str, schema: Schema, sightings: Sighted) -> None:
        self._ledger = ledger
        self._source = source
        self._discrepancies = Discrepancies(schema)
        self.sightings = sightings

    def partial(self, told: set[bytes]) -> set[bytes]:
        """What is known to be told after a run that is no whole: what was, and what this run adds."""
        before = self.sightings.of(self._source)
        return before if told <= before else before | told

    def whole(self, told: set[bytes], spared: SparedRows, brake: float) -> tuple[Retirement, list[Event], set[bytes]]:
        """What a complete run retires: the outcome, its events, and what is known to be told afterwards."""
        before = self.sightings.of(self._source)
        now = told | (before & spared.elements(self._ledger))
        missing = before - now
        if not missing:
            return Retirement(NOTHING, 0, len(before), brake=brake), [], now
        if spared.blind:
            return Retirement(BLIND, len(missing), len(before), brake=brake), [], now | missing
        if len(missing) > brake * len(before):
            return Retirement(STOPPED, len(missing), len(before), brake=brake), [], now | missing
        others = self.sightings.by_others(self._source, missing)
        events, kept = self._events({unpacked(key) for key in missing - others})
        retired = sum(packed(event.element) in missing for event in events)
        return Retirement(DONE, len(missing), len(before), retired, len(others) + kept, brake), events, now

    def _events(self, missing: set[str]) -> tuple[list[Event], int]:
        """Deletions of relations, then of nodes; a node stays while somebody else tells a relation of it."""
        states = self._ledger.states(sorted(missing))
        nodes = {e: s for e, s in states.items() if not s.edge}
        edges = {e: s for e, s in states.items() if s.edge}
        touching = {s.element: s for s in self._ledger.edges_of(sorted(nodes)) if s.element not in edges}
        told = self.sightings.by_others(self._source, {packed(element) for element in touching})
        needed = {end for e, s in touching.items() if packed(e) in told for end in (s.start, s.end)}
        kept = nodes.keys() & needed
        for element in kept:
            del nodes[element]
        gone = [s for s in touching.values() if s.start in nodes or s.end in nodes]
        ended = [deletion_of(state) for state in (*edges.values(), *gone, *nodes.values())]
        known = {event.element for event in ended}
        notes = (note for state in nodes.values() for note in self._discrepancies.changes(state, None))
        return [*ended, *(note for note in notes if note.element not in known)], len(kept)
