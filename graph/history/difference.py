"""What differs between two moments, element by element: from the events between them, so that it costs what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graph.history.branches import Branches
from graph.history.events import Event, order_of
from graph.history.ledger import Ledger
from graph.history.moment import Moment
from graph.history.projection import net_delta
from graph.model import GraphDelta, Operation, Properties


@dataclass(frozen=True, slots=True)
class Form:
    """An element at one moment."""

    edge: bool
    kind: str
    properties: Properties
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one element from one moment to another; None where it does not exist."""

    element: str
    before: Form | None
    after: Form | None

    @property
    def form(self) -> Form:
        """The element as it was last."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def operation(self) -> Operation:
        if self.before is None:
            return Operation.CREATE
        if self.after is None:
            return Operation.DELETE
        return Operation.UPDATE if self.before.kind == self.after.kind else Operation.RECLASSIFY

    def attributes(self) -> list[str]:
        """The attributes that differ, in order; of an element that came or went, all."""
        before: Properties = self.before.properties if self.before else {}
        after: Properties = self.after.properties if self.after else {}
        return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))

    def event(self) -> Event:
        """The event that makes the change."""
        form, operation = self.form, self.operation
        reclassified = self.before is not None and operation is Operation.RECLASSIFY
        return Event(
            operation,
            self.element,
            form.edge,
            form.kind,
            None if self.before is None else self.before.properties,
            None if self.after is None else self.after.properties,
            form.start,
            form.end,
            previous_kind=self.before.kind if reclassified and self.before else None,
        )


Changes = Mapping[str, Change]
"""Changes by element."""


def changes_between(ledger: Ledger, branches: Branches, one: Moment, other: Moment) -> dict[str, Change]:
    """What leads from one moment to another, forwards or backwards in time, onto a branch or off it."""
    found: dict[str, Change] = {}
    if one.branch and one.branch == other.branch:
        forwards = one.version <= other.version
        first, last = sorted((one.version, other.version))
        events = (item.event for item in branches.events(one.branch, first + 1, last))
        _then(found, events, forwards=forwards)
    else:
        if one.branch:
            _then(found, (i.event for i in branches.events(one.branch, 1, one.version)), forwards=False)
        forwards = one.sequence <= other.sequence
        first, last = sorted((one.sequence, other.sequence))
        if last > first:
            _then(found, (recorded.event for recorded in ledger.events(first + 1, last)), forwards=forwards)
        if other.branch:
            _then(found, (i.event for i in branches.events(other.branch, 1, other.version)), forwards=True)
    return {element: change for element, change in found.items() if change.before != change.after}


def fold(events: Iterable[Event], *, forwards: bool = True) -> dict[str, Change]:
    """The net change of each element over a stretch of events in their order, or of taking them back."""
    found: dict[str, Change] = {}
    _then(found, events, forwards=forwards)
    return {element: change for element, change in found.items() if change.before != change.after}


def events_of(changes: Iterable[Change]) -> list[Event]:
    """The events that make the changes: relations go before their nodes and come after them."""
    return sorted((change.event() for change in changes), key=order_of)


def delta_of(
    changes: Changes, place: int, ledger: Ledger, branches_states: Mapping[str, Form | None], sequence: int
) -> GraphDelta:
    """The delta `place..place` that makes the changes on a graph.

    Kinds of nodes that the changes do not name are those that the ledger knows at `sequence`, or a branch after it.
    """

    def kinds(nodes: Sequence[str]) -> dict[str, str]:
        known = {node: form.kind for node in nodes if (form := branches_states.get(node)) is not None}
        others = [node for node in nodes if node not in known]
        return {**known, **{element: state.kind for element, state in ledger.states_at(others, sequence).items()}}

    return net_delta(place, place, (event.outcome() for event in events_of(changes.values())), kinds)


def _then(found: dict[str, Change], events: Iterable[Event], *, forwards: bool) -> None:
    """Add a stretch of events after what was found so far."""
    for element, before, after in _nets(events):
        if not forwards:
            before, after = after, before
        known = found.get(element)
        found[element] = Change(element, known.before if known else before, after)


def _nets(events: Iterable[Event]) -> Iterator[tuple[str, Form | None, Form | None]]:
    """Each element's state before a stretch and after it."""
    nets: dict[str, tuple[Form | None, Form | None]] = {}
    for event in events:
        known = nets.get(event.element)
        nets[event.element] = (known[0] if known else _before(event), _after(event))
    for element, (before, after) in nets.items():
        yield element, before, after


def _before(event: Event) -> Form | None:
    if event.before is None:
        return None
    return Form(event.edge, event.previous_kind or event.kind, event.before, event.start, event.end)


def _after(event: Event) -> Form | None:
    return None if event.after is None else Form(event.edge, event.kind, event.after, event.start, event.end)
