"""Branches: begin one, change it, see what it changes, apply it to main, drop it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast
from uuid import uuid4

from core.clock import Clock, clock_for
from core.errors import JumeauError, NotFoundError
from core.failpoints import reach
from core.ids import relation_id
from core.settings import Settings
from graph.history.branch_view import BranchView
from graph.history.branches import Branch, Branches
from graph.history.events import deletion_of, order_of
from graph.history.ledger import Event, Ledger, LedgerMovedError, State
from graph.history.merge import KIND, SEPARATOR, Conflict, Merge, Merger, Wins, open_conflicts
from graph.model import Operation
from graph.schema.model import Schema
from graph.schema.records import Problem, RecordValidator
from ingest.containment import RelationRules
from ingest.target import LoadTarget

SOURCE: Final = "branch"
"""The source of runs that apply branches."""

BY_HAND: Final = "override"
"""The source of what is changed on a branch by hand: a person's decision, believed before every system."""

_TRIES: Final = 3


class BranchConflictError(JumeauError):
    """Main has changed what the branch changes; nothing was applied. `details` lists the conflicts."""

    code = "BRANCH_CONFLICT"
    status = 409
    exit_code = 1


class ChangeRefusedError(JumeauError):
    """A change that the schema does not admit; nothing of what was asked for was written."""

    code = "CHANGE_REFUSED"
    status = 422
    exit_code = 2


@dataclass(frozen=True, slots=True)
class NodeEdit:
    """A node as it is to be: a new one, or with `id` changes of one that is there. Attributes that are not named stay."""

    kind: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RelationEdit:
    """A relation that is to be, with its attributes."""

    type: str
    start: str
    end: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a branch did, or would do. `sequence` is main's last event after it."""

    branch: str
    events: int
    conflicts: tuple[Conflict, ...]
    sequence: int
    run: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "branch": self.branch,
            "events": self.events,
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "sequence": self.sequence,
            "run": self.run or None,
        }


class BranchService:
    """The branches of one ledger."""

    def __init__(self, ledger: Ledger, schema: Schema, clock: Clock, actor: str) -> None:
        self.ledger = ledger
        self.schema = schema
        self._actor = actor
        self._validator = RecordValidator(schema)
        self.branches = Branches(ledger, schema, clock)

    @classmethod
    def of(cls, settings: Settings, schema: Schema, ledger: Ledger) -> BranchService:
        """The branches of an installation."""
        return cls(ledger, schema, clock_for(settings.now), settings.actor)

    def by(self, actor: str) -> BranchService:
        """The same branches for somebody else: what is written is theirs."""
        other = copy(self)
        other._actor = actor
        return other

    def create(self, name: str, *, base: int | None = None, note: str = "") -> Branch:
        """Begin a branch, by default at the present. Raises UsageError."""
        return self.branches.create(name, base=base, actor=self._actor, note=note)

    def drop(self, name: str) -> Branch:
        """Delete a branch with all that was told on it. Raises NotFoundError."""
        return self.branches.drop(name)

    def all(self) -> list[dict[str, Any]]:
        """Every branch, as JSON-ready data; `behind` counts the events of main that it does not see."""
        last = self.ledger.sequence()
        return [describe(branch, last) for branch in self.branches.all()]

    def view(self, name: str) -> BranchView:
        """What a branch holds. Raises NotFoundError."""
        return BranchView(self.ledger, self.branches, self.branches.get(name))

    # --- changing --------------------------------------------------------------------------------------------------

    def change(
        self,
        name: str,
        *,
        nodes: Sequence[NodeEdit] = (),
        relations: Sequence[RelationEdit] = (),
        delete: Sequence[str] = (),
        source: str = BY_HAND,
    ) -> tuple[Branch, list[str]]:
        """Change nodes and relations on a branch, all or nothing; a deleted node takes its relations with it.

        Returns the branch and the ids of `nodes` and `relations`, in order. Raises NotFoundError, ChangeRefusedError.
        """
        view = self.view(name)
        edits = _Edits(self.schema, self._validator, view, source)
        edits.delete(delete)
        made = [edits.node(edit) for edit in nodes] + [edits.relation(edit) for edit in relations]
        events = sorted(edits.events.values(), key=order_of)
        return self.branches.append(view.branch, events, source=source, actor=self._actor), made

    # --- applying --------------------------------------------------------------------------------------------------

    def apply(self, name: str, *, wins: Wins | None = None, dry_run: bool = False) -> Applied:
        """Bring a branch's changes to main in one batch, or refuse and show what stands against it.

        Raises NotFoundError, BranchAppliedError, BranchConflictError, LedgerError.
        """
        for _ in range(_TRIES - 1):
            try:
                return self._apply(name, wins, dry_run=dry_run)
            except LedgerMovedError:
                continue  # somebody wrote meanwhile: it is worked out again
        return self._apply(name, wins, dry_run=dry_run)

    def _apply(self, name: str, wins: Wins | None, *, dry_run: bool) -> Applied:
        branch = self.branches.get(name)
        merge = Merger(self.ledger, self.branches, branch, wins).merge()
        standing = [*open_conflicts(merge, wins), *self._rules(merge)]
        if dry_run:
            shown = (*merge.conflicts, *(c for c in standing if c not in merge.conflicts))
            return Applied(name, len(merge.events), shown, merge.sequence)
        if standing:
            raise _refused(name, standing)
        run = self.ledger.begin_run(SOURCE, self._actor, f"branch {name}", f"{branch.id} {branch.version}")
        known = self.branches.identities(branch)
        new = {key: known[key] for key in known.keys() - self.ledger.identities(list(known)).keys()}
        counters = {"created": 0, "updated": len(merge.events), "unchanged": 0, "rejected": 0}
        _, last = self.ledger.append(
            run,
            merge.ordered(),
            identities=new,
            counters=counters,
            statuses={run.id: "complete"},
            expected=merge.sequence,
            also=self.branches.mark_applied(branch),
        )
        reach("branch.applied")
        return Applied(name, len(merge.events), tuple(merge.conflicts), last, run.id)

    def _rules(self, merge: Merge) -> Iterator[Conflict]:
        """What the relations of main and of the branch together would break: cycles of containment, too many ends."""
        rules = _rules(self.schema, _MainAfter(self.ledger, merge))
        made = [e for e in merge.ordered() if e.edge and e.operation is Operation.CREATE and rules.watches(e.kind)]
        present = self.ledger.kinds(sorted({end for e in made for end in (e.start, e.end) if end}))
        for event in made:
            start, end = event.start or "", event.end or ""
            kinds = [m.kind if (m := merge.events.get(n)) else present.get(n, "") for n in (start, end)]
            reason = rules.excess(event.kind, start, end)
            if not reason and rules.cycle(event.kind, start, end, kinds[0], kinds[1]):
                reason = "it would close a cycle with relations of main"
            if reason:
                yield Conflict(event.element, event.kind, f"{start} -> {end}", "(end)", reason, either=False)
            else:
                rules.add(event.kind, start, end)


class _Ends(Protocol):
    """What rules about relations ask for."""

    def ends(self, relation: str) -> Iterator[tuple[str, str]]: ...


def _rules(schema: Schema, ends: _Ends) -> RelationRules:
    return RelationRules(schema, cast(LoadTarget, ends), empty=False)


class _MainAfter:
    """Main's relations without those that a merge takes away."""

    def __init__(self, ledger: Ledger, merge: Merge) -> None:
        self._main = ledger
        self._sequence = merge.sequence
        self._gone = {e for e, event in merge.events.items() if event.operation is Operation.DELETE}

    def ends(self, relation: str) -> Iterator[tuple[str, str]]:
        for element, start, end in self._main.ends_at(relation, self._sequence):
            if element not in self._gone:
                yield start, end


class _Edits:
    """Edits as events, checked one by one against the schema and what the branch holds."""

    def __init__(self, schema: Schema, validator: RecordValidator, view: BranchView, source: str) -> None:
        self.events: dict[str, Event] = {}
        self._schema = schema
        self._validator = validator
        self._view = view
        self._source = source
        self._rules = _rules(schema, view)

    def node(self, edit: NodeEdit) -> str:
        if edit.id is None:
            values, problems = self._validator.node(edit.kind, edit.properties)
            _check(edit.kind, problems)
            element = str(uuid4())
            self._note(Event(Operation.CREATE, element, False, edit.kind, None, values))
            return element
        state = self._there(edit.id, edge=False)
        wanted = _changed(state.properties, edit.properties)
        values, problems = self._validator.node(edit.kind, wanted)
        _check(edit.kind, problems)
        taken = {
            name for name in values.keys() | state.properties.keys() if values.get(name) != state.properties.get(name)
        }
        reclassified = edit.kind != state.kind
        if taken or reclassified:
            said = _said(state, taken | ({KIND} if reclassified else set()), self._source)
            operation = Operation.RECLASSIFY if reclassified else Operation.UPDATE
            previous = state.kind if reclassified else None
            self._note(
                Event(operation, edit.id, False, edit.kind, state.properties, values, None, None, said, previous)
            )
        return edit.id

    def relation(self, edit: RelationEdit) -> str:
        kinds = [self._there(end, edge=False).kind for end in (edit.start, edit.end)]
        element = relation_id(edit.type, edit.start, edit.end)
        state = self._state(element)
        wanted = _changed({} if state is None else state.properties, edit.properties)
        values, problems = self._validator.edge(edit.type, kinds[0], kinds[1], wanted)
        _check(edit.type, problems)
        if state is None and self._rules.watches(edit.type):
            reason = self._rules.excess(edit.type, edit.start, edit.end)
            if not reason and self._rules.cycle(edit.type, edit.start, edit.end, kinds[0], kinds[1]):
                reason = "the relation would close a cycle"
            if reason:
                raise ChangeRefusedError(reason, where=f"{edit.type} {edit.start} -> {edit.end}")
            self._rules.add(edit.type, edit.start, edit.end)
        if state is None:
            self._note(Event(Operation.CREATE, element, True, edit.type, None, values, edit.start, edit.end))
        elif values != state.properties:
            taken = {n for n in values.keys() | state.properties.keys() if values.get(n) != state.properties.get(n)}
            said = _said(state, taken, self._source)
            self._note(
                Event(Operation.UPDATE, element, True, edit.type, state.properties, values, edit.start, edit.end, said)
            )
        return element

    def delete(self, elements: Sequence[str]) -> None:
        """Delete elements, and the relations of nodes among them."""
        states = self._view.states(elements)
        for element in elements:
            if element not in states:
                raise NotFoundError(f"the branch has no element {element!r}", where="delete", hint="give its id")
        nodes = [element for element in elements if not states[element].edge]
        for state in [*self._view.edges_of(nodes), *states.values()]:
            self.events[state.element] = deletion_of(state)

    def _note(self, event: Event) -> None:
        if event.element in self.events:
            raise ChangeRefusedError(
                "an element is changed once at a time", where=event.element, hint="put its changes together"
            )
        self.events[event.element] = event

    def _there(self, element: str, *, edge: bool) -> State:
        state = self._state(element)
        if state is None or state.edge is not edge:
            raise NotFoundError(f"the branch has no element {element!r}", where="change", hint="give its id")
        return state

    def _state(self, element: str) -> State | None:
        event = self.events.get(element)
        if event is None:
            return self._view.states([element]).get(element)
        if event.after is None:
            return None
        return State(element, event.edge, event.kind, event.after, event.provenance, 0, event.start, event.end, BY_HAND)


def _changed(properties: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Properties with what is given in their place; None takes one away."""
    return {name: value for name, value in {**properties, **given}.items() if value is not None and name != "id"}


def _said(state: State, taken: Collection[str], source: str) -> dict[str, str]:
    """Who says what of an element of which `source` has set the attributes `taken`."""
    names = [*state.properties] if state.edge else [*state.properties, KIND]
    holders = {name: state.provenance.get(name, state.source) for name in names}
    others = {key: told for key, told in state.provenance.items() if SEPARATOR in key}
    kept = {name: holder for name, holder in holders.items() if name not in taken and holder != source}
    return {**kept, **others}


def describe(branch: Branch, last: int) -> dict[str, Any]:
    """A branch as JSON-ready data."""
    return {
        "name": branch.name,
        "base": branch.base,
        "events": branch.version,
        "behind": last - branch.base,
        "actor": branch.actor,
        "created_at": branch.created_at.isoformat(),
        "note": branch.note,
        "applied": branch.applied,
    }


def _check(what: str, problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        first = found[0]
        where = f"{what}.{first.attribute}" if first.attribute else what
        raise ChangeRefusedError(
            f"{first.code}: {first.seen}",
            where=where,
            hint=first.hint,
            details={"problems": [{"code": p.code, "attribute": p.attribute, "seen": p.seen} for p in found]},
        )


def _refused(name: str, standing: Sequence[Conflict]) -> BranchConflictError:
    first = "; ".join(f"{c.kind} {c.name} {c.attribute}: {c.reason}" for c in standing[:3])
    return BranchConflictError(
        f"{len(standing)} conflicts with main, nothing was applied: {first}",
        where=f"branch {name}",
        hint="--dry-run lists them; --ours keeps what main has, --theirs takes what the branch has",
        details={"conflicts": [conflict.to_dict() for conflict in standing[:100]]},
    )
