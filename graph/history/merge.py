"""What applying a branch to main would do: for each element that the branch changed, attribute by attribute, what main has
made of it since the branch began, and what stands against what.

An attribute that only one side changed is taken from that side. One that both changed differently is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from graph.history.branches import Branch, Told
from graph.history.difference import Change, Form, fold
from graph.history.events import Event, State, deletion_of, order_of
from graph.history.ledger import Ledger
from graph.model import Operation, Scalar

KIND: Final = "(kind)"
ELEMENT: Final = "(element)"
END: Final = "(end)"
RELATIONS: Final = "(relations)"
"""What a conflict is about where it is about no attribute."""

SEPARATOR: Final = "\x1f"
"""In provenance: an attribute and a source that says something else of it."""


class Wins(StrEnum):
    """Who wins where both sides changed the same: main (`ours`), or the branch (`theirs`)."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides changed differently. `settled` says that somebody may win: an end that is gone cannot be had back."""

    element: str
    kind: str
    name: str
    attribute: str
    reason: str
    base: Scalar | None = None
    main: Scalar | None = None
    branch: Scalar | None = None
    either: bool = True

    def to_dict(self) -> dict[str, Any]:
        return {
            "element": self.element,
            "kind": self.kind,
            "name": self.name,
            "attribute": self.attribute,
            "reason": self.reason,
            "base": self.base,
            "main": self.main,
            "branch": self.branch,
        }


@dataclass(slots=True)
class Merge:
    """Events that bring a branch's changes to main as it is at `sequence`, and what stands against them."""

    sequence: int
    events: dict[str, Event] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def ordered(self) -> list[Event]:
        """The events in an order that the ledger takes."""
        return sorted(self.events.values(), key=order_of)


class Merger:
    """Works out the merge of one branch. `wins` settles what can be settled; what cannot stays a conflict."""

    def __init__(self, ledger: Ledger, branches: Told, branch: Branch, wins: Wins | None = None) -> None:
        self._ledger = ledger
        self._wins = wins
        own = [item.event for item in branches.events(branch.id, 1, branch.version)]
        self._changes = fold(own)
        self._states = branches.states(branch)
        self._kept: set[str] = set()  # nodes that main keeps, with their relations
        self._merge = Merge(ledger.sequence())
        self._main = ledger.states(sorted(self._changes))

    def merge(self) -> Merge:
        """The merge with main as it is now."""
        nodes = [change for change in self._changes.values() if not change.form.edge]
        edges = [change for change in self._changes.values() if change.form.edge]
        for change in nodes:
            self._element(change)
        self._relations_of_the_gone()
        for change in edges:
            if change.after is None and not self._kept.isdisjoint((change.form.start or "", change.form.end or "")):
                continue
            self._element(change)
        self._ends()
        return self._merge

    def _element(self, change: Change) -> None:
        main = self._main.get(change.element)
        if change.after is None:
            self._deleted(change, main)
        elif main is None and change.before is not None:
            reason = "main has deleted it since"
            if self._conflict(change, ELEMENT, reason) is Wins.THEIRS:
                self._create(change, change.after)
        elif main is None:
            self._create(change, change.after)
        else:
            self._changed(change, change.after, main)

    def _deleted(self, change: Change, main: State | None) -> None:
        if main is None:
            return
        since = main.properties != change.form.properties or main.kind != change.form.kind
        if (
            since
            and self._conflict(change, ELEMENT, "the branch deletes it, main has changed it since") is not Wins.THEIRS
        ):
            self._kept.add(change.element)
            return
        self._merge.events[change.element] = deletion_of(main)

    def _create(self, change: Change, after: Form) -> None:
        state = self._states[change.element]
        assert state is not None
        self._merge.events[change.element] = Event(
            Operation.CREATE,
            change.element,
            after.edge,
            after.kind,
            None,
            after.properties,
            after.start,
            after.end,
            _said(state, [*after.properties, *([] if after.edge else [KIND])]),
        )

    def _changed(self, change: Change, wanted: Form, main: State) -> None:
        """An element that is on both sides: take from the branch what only the branch has changed."""
        before = {} if change.before is None else change.before.properties
        after: dict[str, Scalar] = dict(main.properties)
        taken: list[str] = []
        for name in change.attributes():
            told, now = wanted.properties.get(name), main.properties.get(name)
            if told == now:
                continue
            if now != before.get(name):
                reason = "both sides changed it" if change.before else "both sides made the element"
                values = (before.get(name), now, told)
                if self._conflict(change, name, reason, *values) is not Wins.THEIRS:
                    continue
            taken.append(name)
            if told is None:
                del after[name]
            else:
                after[name] = told
        kind = self._kind(change, wanted, main)
        if kind != main.kind:
            taken.append(KIND)
        if taken:
            state = self._states[change.element]
            assert state is not None
            reclassified = kind != main.kind
            provenance = {**_said(main, [n for n in [*after, KIND] if n not in taken]), **_said(state, taken)}
            if main.edge:
                provenance.pop(KIND, None)
            self._merge.events[change.element] = Event(
                Operation.RECLASSIFY if reclassified else Operation.UPDATE,
                change.element,
                main.edge,
                kind,
                main.properties,
                after,
                main.start,
                main.end,
                provenance,
                main.kind if reclassified else None,
            )

    def _kind(self, change: Change, wanted: Form, main: State) -> str:
        before = None if change.before is None else change.before.kind
        if wanted.kind in (before, main.kind):
            return main.kind
        if main.kind != before:
            reason = "both sides gave it another kind"
            if self._conflict(change, KIND, reason, before, main.kind, wanted.kind) is not Wins.THEIRS:
                return main.kind
        return wanted.kind

    # --- relations and their ends ------------------------------------------------------------------------------------

    def _relations_of_the_gone(self) -> None:
        """A node that the branch deletes may have relations on main that the branch has never seen."""
        gone = [e for e, event in self._merge.events.items() if event.operation is Operation.DELETE]
        held: dict[str, list[State]] = {}
        simulated: list[State] = []  # what was simulated since holds nothing back, and goes with its element
        for edge in self._ledger.edges_of(gone):
            change = self._changes.get(edge.element)
            if edge.kind in self._ledger.schema.simulated_relations:
                simulated.append(edge)
            elif change is None or change.after is not None:
                for end in {edge.start, edge.end} & set(gone):
                    held.setdefault(str(end), []).append(edge)
        for node, edges in held.items():
            change = self._changes[node]
            reason = f"the branch deletes it, main has {len(edges)} relations of it that the branch does not know"
            if self._conflict(change, RELATIONS, reason) is Wins.THEIRS:
                self._merge.events.update((edge.element, deletion_of(edge)) for edge in edges)
            else:
                self._kept.add(node)
                del self._merge.events[node]
        for edge in simulated:
            if not self._kept.issuperset({edge.start, edge.end} & set(gone)):
                self._merge.events[edge.element] = deletion_of(edge)

    def _ends(self) -> None:
        """A relation needs both its ends."""
        wanted = [e for e in self._merge.events.values() if e.edge and e.operation is Operation.CREATE]
        present = self._ledger.kinds(sorted({end for e in wanted for end in (e.start, e.end) if end is not None}))
        for event in wanted:
            for end in (event.start or "", event.end or ""):
                coming = self._merge.events.get(end)
                there = end in present if coming is None else coming.operation is not Operation.DELETE
                if not there:
                    change = self._changes[event.element]
                    self._conflict(change, END, f"its end {end} is gone on main", either=False)
                    self._merge.events.pop(event.element, None)
                    break

    def _conflict(
        self,
        change: Change,
        attribute: str,
        reason: str,
        base: Scalar | None = None,
        main: Scalar | None = None,
        branch: Scalar | None = None,
        *,
        either: bool = True,
    ) -> Wins | None:
        """Note a conflict; who wins it."""
        form = change.form
        name = name_of(form.properties, change.element)
        self._merge.conflicts.append(
            Conflict(change.element, form.kind, name, attribute, reason, base, main, branch, either)
        )
        return self._wins


def name_of(properties: Mapping[str, Scalar], element: str) -> str:
    """What people call an element."""
    return next((str(properties[n]) for n in ("name", "number", "cve", "pseudonym") if n in properties), element)


def open_conflicts(merge: Merge, wins: Wins | None) -> Sequence[Conflict]:
    """The conflicts that stand in the way of applying: all, or where somebody wins, those that nobody can win."""
    if wins is None:
        return merge.conflicts
    return [] if wins is Wins.OURS else [conflict for conflict in merge.conflicts if not conflict.either]


def _said(state: State, names: Iterable[str]) -> dict[str, str]:
    """The source of each of these attributes, and what other sources say of them."""
    wanted = set(names)
    found = {name: state.provenance.get(name, state.source) for name in wanted}
    found |= {key: told for key, told in state.provenance.items() if key.partition(SEPARATOR)[0] in wanted}
    return found
