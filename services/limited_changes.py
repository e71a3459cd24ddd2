"""What somebody limited may change: decided here and nowhere else, whichever door the change comes by.

Whoever has perimeters changes what lies in them. What everybody sees is not theirs; what they do not see is answered as if it
did not exist. Nothing leaves their perimeters by a change, nothing comes into them but what is new, and perimeters themselves
stay as they are. Whoever may change some kinds of element changes elements of these, and relations at one of them.
docs/adr/0023-changes-within-perimeters.md and 0048-rights-by-kind-of-element.md have the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import JumeauError, NotFoundError
from core.principal import EVERYONE, OutsideKindsError, Sight
from graph.history.branch_perimeters import BranchPerimeters
from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Told
from graph.history.draft import Draft
from graph.history.events import Event, State
from graph.history.ledger import Ledger
from graph.history.merge import Conflict
from graph.history.ownership import rules_of
from graph.history.perimeters import Names
from graph.model import Operation
from graph.schema.model import PerimeterRule, Schema
from services.edits import Edits, RelationEdit
from services.seen_view import SeenView

_NONE: frozenset[str] = frozenset()


class OutsidePerimeterError(JumeauError):
    """A change that reaches beyond the perimeters of whoever makes it; nothing was written."""

    code = "OUTSIDE_PERIMETER"
    status = 403
    exit_code = 2


@dataclass(frozen=True, slots=True)
class LimitedChanges:
    """Changes by whoever holds these perimeters, reads these kinds and may change these of them; None for all."""

    ledger: Ledger
    schema: Schema
    held: frozenset[str] | None
    reads: frozenset[str] | None = None
    kinds: frozenset[str] | None = None

    @property
    def sees(self) -> Sight | None:
        """What is seen; None where nothing is hidden."""
        if self.held is None and self.reads is None:
            return None
        return Sight(None if self.held is None else tuple(sorted({EVERYONE, *self.held})), self.reads)

    def view(self, told: Told, branch: Branch) -> BranchView:
        """What of a branch is seen."""
        sees = self.sees
        if sees is None:
            return BranchView(self.ledger, told, branch)
        return SeenView(self.ledger, self.schema, told, branch, sees)

    def place(self, edits: Edits, view: BranchView, perimeter: str | None) -> None:
        """Put new nodes that would be in none of the perimeters into the one that is named, or the only one there is.

        Raises OutsidePerimeterError.
        """
        if self.held is None:
            return
        after = BranchPerimeters(self.ledger, self.schema, view.branch.base, _over(view, list(edits.events.values())))
        new = [e for e in edits.events.values() if not e.edge and e.operation is Operation.CREATE]
        names = after.names([e.element for e in new])
        for event in new:
            if names.get(event.element, _NONE).isdisjoint(self.held) and event.kind not in self.schema.public_kinds:
                self._give(edits, view, event, self.held, perimeter)

    def _give(self, edits: Edits, view: BranchView, new: Event, held: frozenset[str], perimeter: str | None) -> None:
        wanted = sorted(held) if perimeter is None else [perimeter]
        rules = rules_of(self.schema)
        if len(wanted) != 1 or wanted[0] not in held:
            raise OutsidePerimeterError(
                f"a new {new.kind} would be in none of your perimeters",
                where=new.kind,
                hint=f"name one as `perimeter`: {', '.join(sorted(held)) or 'you have none'}",
            )
        for node, kind, values in view.nodes(rules.kinds):
            if values.get("name") == wanted[0]:
                for relation, rule in rules.relations.items():
                    if rule is PerimeterRule.GIVEN and (new.kind, kind) in self.schema.pairs[relation]:
                        edits.relation(RelationEdit(relation, new.element, node))
                        return
        raise OutsidePerimeterError(
            f"a new {new.kind} cannot be put into {wanted[0]!r}",
            where=new.kind,
            hint="relate it, in the same change, to what is in it",
        )

    def check(self, told: Told, branch: Branch, events: Sequence[Event]) -> int:
        """How many of these events, to be told on a branch, whoever makes them may know of.

        Raises NotFoundError, OutsidePerimeterError where they reach beyond the perimeters, OutsideKindsError where they change
        an element of a kind that is not theirs to change.
        """
        return _Check(self, BranchView(self.ledger, told, branch), events).run()

    def shown(self, standing: Sequence[Conflict], told: Told, branch: Branch, sequence: int) -> list[Conflict]:
        """Those of the conflicts of a branch with main at `sequence` that are about what is seen."""
        if self.sees is None:
            return list(standing)
        elements = sorted({conflict.element for conflict in standing})
        now = Draft(sequence, "", branch.created_at)
        there = BranchView(self.ledger, now, now.branch).states(elements)
        seen = self.view(now, now.branch).states(elements).keys()
        gone = self.view(told, branch).states(elements).keys() - there.keys()
        return [conflict for conflict in standing if conflict.element in seen | gone]


class _Check:
    """Events held against the branch before and after them."""

    def __init__(self, limits: LimitedChanges, view: BranchView, events: Sequence[Event]) -> None:
        self._schema, self._limits, self._held = limits.schema, limits, limits.held
        self._events = {event.element: event for event in events}
        self._before: Names = {}
        self._after: Names = {}
        self._moved: set[str] = set()
        ends = {end for e in events if e.edge for end in (e.start, e.end) if end}
        nodes = sorted(ends | {e.element for e in events if not e.edge})
        if self._held is not None:
            base, ledger = view.branch.base, limits.ledger
            before = BranchPerimeters(ledger, self._schema, base, view.own_states())
            after = BranchPerimeters(ledger, self._schema, base, _over(view, events))
            seeds = before.seeds(events)
            self._moved = before.dependents(seeds) | after.dependents(seeds)
            nodes = sorted(self._moved.union(nodes))
            self._before, self._after = before.names(nodes), after.names(nodes)
        self._states = {node: state for node, state in view.states(nodes).items() if not state.edge}
        self._perimeter_kinds = frozenset[str]() if self._held is None else rules_of(self._schema).kinds

    def run(self) -> int:
        for event in self._events.values():
            if event.edge:
                self._relation(event)
            else:
                self._node(event)
        for node in sorted((self._moved & self._states.keys()) - self._events.keys()):
            self._follower(node)
        return sum(not event.edge or self._is_seen_whole(event) for event in self._events.values())

    def _node(self, event: Event) -> None:
        if {event.kind, event.previous_kind} & self._perimeter_kinds:
            raise _outside("perimeters are changed by those who see the whole estate", event.kind)
        if event.element in self._states:
            self._check_own(event.element)
        self._check_kinds(event)
        if event.operation is not Operation.DELETE and not self._inside(event.element, event.kind, self._after):
            reason = (
                "it would leave your perimeters" if event.element in self._states else "it would be in none of yours"
            )
            raise _outside(reason, f"{event.kind} {event.element}")

    def _check_own(self, node: str) -> None:
        """Raises NotFoundError for a node that is not seen, OutsidePerimeterError for one that everybody sees."""
        kind = self._states[node].kind
        if not self._is_read(kind):
            raise unseen(node)
        if self._held is not None and kind in self._schema.public_kinds:
            raise _outside("what everybody sees is changed by those who see the whole estate", f"{kind} {node}")
        if not self._inside(node, kind, self._before):
            raise unseen(node)

    def _check_kinds(self, event: Event) -> None:
        """Raises OutsideKindsError for a node of a kind that is not theirs to change, or that would become one of such a kind."""
        before = self._states[event.element].kind if event.element in self._states else event.kind
        for kind in (before, event.kind):
            if not self._is_changed(kind):
                raise _not_theirs(kind, f"{kind} {event.element}" if event.element in self._states else kind)

    def _relation(self, event: Event) -> None:
        ends = [event.start or "", event.end or ""]
        if event.operation is Operation.DELETE and any(self._goes(end) for end in ends):
            return  # with one of its ends, which is looked at by itself
        for end in ends:
            if not self._is_seen(end):
                raise unseen(end)
        own = [end for end in ends if self._is_own(end)]
        if not own:
            raise _outside("neither end is in your perimeters", f"{event.kind} {ends[0]} -> {ends[1]}")
        if not any(self._is_changed(self._kind(end) or "") for end in own):
            raise _not_theirs(self._kind(own[0]) or "", f"{event.kind} {ends[0]} -> {ends[1]}")

    def _follower(self, node: str) -> None:
        """A node without an event, whose perimeters may follow from those of others."""
        if self._before.get(node, _NONE) == self._after.get(node, _NONE):
            return
        kind = self._states[node].kind
        if kind in self._schema.simulated_kinds:
            return  # what a simulation says of an element goes where the element goes
        was, is_ = (self._inside(node, kind, names) for names in (self._before, self._after))
        if was and not is_:
            raise _outside("it would leave your perimeters", f"{kind} {node}")
        if not was:
            raise _outside("it would change who sees what is not yours", "perimeters")

    def _is_seen_whole(self, relation: Event) -> bool:
        return all(self._is_seen(end) for end in (relation.start or "", relation.end or ""))

    def _goes(self, node: str) -> bool:
        event = self._events.get(node)
        return event is not None and event.operation is Operation.DELETE

    def _is_seen(self, node: str) -> bool:
        kind = self._kind(node)
        if kind is None or not self._is_read(kind):
            return False
        return self._is_own(node) or kind in self._schema.public_kinds

    def _is_read(self, kind: str) -> bool:
        return self._limits.reads is None or kind in self._limits.reads

    def _is_changed(self, kind: str) -> bool:
        return self._limits.kinds is None or kind in self._limits.kinds

    def _is_own(self, node: str) -> bool:
        kind = self._kind(node)
        names = self._before if node in self._states else self._after
        return kind is not None and self._inside(node, kind, names)

    def _kind(self, node: str) -> str | None:
        """The kind of a node that is there, or is made by these events."""
        if node in self._states:
            return self._states[node].kind
        event = self._events.get(node)
        return None if event is None or event.edge or event.after is None else event.kind

    def _inside(self, node: str, kind: str, names: Names) -> bool:
        if self._held is None:
            return True
        return kind not in self._schema.public_kinds and not names.get(node, _NONE).isdisjoint(self._held)


def unseen(element: str) -> NotFoundError:
    """What is said of an element that is not there, and of one that is not seen."""
    return NotFoundError(f"the branch has no element {element!r}", where="change", hint="give its id")


def _outside(reason: str, where: str) -> OutsidePerimeterError:
    return OutsidePerimeterError(reason, where=where, hint="ask somebody who sees the whole estate")


def _not_theirs(kind: str, where: str) -> OutsideKindsError:
    return OutsideKindsError(
        f"{kind} is no kind of element that you may change",
        where=where,
        hint="ask an administrator of the twin for the right",
    )


def _over(view: BranchView, events: Sequence[Event]) -> Mapping[str, State | None]:
    """What stands over main once these events are told on a branch as well."""
    return {**view.own_states(), **{event.element: _state(event) for event in events}}


def _state(event: Event) -> State | None:
    if event.after is None:
        return None
    return State(event.element, event.edge, event.kind, event.after, event.provenance, 0, event.start, event.end)
