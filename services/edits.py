"""Edits by hand: nodes and relations as somebody wants them, as events, checked against the schema and what is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, cast
from uuid import uuid4

from core.errors import JumeauError, NotFoundError
from core.ids import relation_id
from graph.history.branch_view import BranchView
from graph.history.events import Event, State, deletion_of
from graph.history.merge import name_of
from graph.model import Operation, Scalar
from graph.schema.model import Schema
from graph.schema.records import Problem, RecordValidator
from ingest.containment import RelationRules
from ingest.identity import NaturalKeys, element_of
from ingest.matching import AMBIGUOUS, Matcher
from ingest.precedence import KIND, OVERRIDE
from ingest.reconcile import Reconciler
from ingest.target import LoadTarget
from ingest.testimony import said_of

BY_HAND: Final = OVERRIDE
"""The source of what is changed by hand: a person's decision, believed before every system."""

ID: Final = "id"


class ChangeRefusedError(JumeauError):
    """A change that the schema does not admit; nothing of what was asked for was written."""

    code = "CHANGE_REFUSED"
    status = 422
    exit_code = 2


@dataclass(frozen=True, slots=True)
class NodeEdit:
    """A node as it is to be: a new one, or with `id` changes of one that is there. Attributes that are not named stay.

    `upsert`: without an id, the one that its natural key or the rules of identification mean; a new one where they mean none.
    """

    kind: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    upsert: bool = False


@dataclass(frozen=True, slots=True)
class RelationEdit:
    """A relation that is to be, with its attributes."""

    type: str
    start: str
    end: str
    properties: Mapping[str, Any] = field(default_factory=dict)


class _Ends(Protocol):
    """What rules about relations ask for."""

    def ends(self, relation: str) -> Iterator[tuple[str, str]]: ...


def rules_of(schema: Schema, ends: _Ends) -> RelationRules:
    """The rules that relations keep among each other: containment without circles, no more ends than are allowed."""
    return RelationRules(schema, cast(LoadTarget, ends), empty=False)


class Edits:
    """Edits as events, checked one by one against the schema and what the branch holds.

    `events` by element, `identities` the natural keys that come with them. Raises ChangeRefusedError, NotFoundError.
    """

    def __init__(self, schema: Schema, validator: RecordValidator, reconciler: Reconciler, view: BranchView) -> None:
        self.events: dict[str, Event] = {}
        self.identities: dict[str, tuple[str, str]] = {}
        self._schema = schema
        self._validator = validator
        self._view = view
        self._rules = rules_of(schema, view)
        self._keys = NaturalKeys(schema)
        self._matcher = Matcher(schema, view.main, BY_HAND, view)
        self._reconciler = reconciler

    def node(self, edit: NodeEdit) -> str:
        """Note a node as it is to be; its id."""
        if edit.kind in self._schema.bookkeeping_kinds | self._schema.simulated_kinds:
            raise ChangeRefusedError("the twin keeps these itself", where=edit.kind, hint="choose another kind")
        if edit.id is not None:
            return self._change(edit, edit.id)
        meant = self._meant(edit) if edit.upsert else None
        return self._create(edit) if meant is None else self._change(edit, meant)

    def _create(self, edit: NodeEdit) -> str:
        values, problems = self._validator.node(edit.kind, edit.properties)
        _check(edit.kind, problems)
        keys = self._keys.of(edit.kind, values)
        known = self._known(keys)
        for element in self._alive(known):
            raise ChangeRefusedError(
                f"there is one already: {element}",
                where=f"{edit.kind} {name_of(values, '')}".strip(),
                hint="give its id to change it, or upsert",
                details={"element": element},
            )
        element = next(iter(known.values()), None) or (element_of(keys[0]) if keys else str(uuid4()))
        self._note(Event(Operation.CREATE, element, False, edit.kind, None, values))
        self._identify(keys, known, element, edit.kind)
        return element

    def _change(self, edit: NodeEdit, element: str) -> str:
        state = self._there(element, edge=False)
        values, problems = self._validator.node(edit.kind, _changed(state.properties, edit.properties))
        _check(edit.kind, problems)
        event = self._decided(state, edit.kind, edit.properties, values)
        if event is None:
            return element
        keys = self._keys.of(event.kind, event.after or {})
        known = self._known(keys)
        for other in self._alive(known):
            if other != element:
                raise ChangeRefusedError(
                    f"{other} is called that already",
                    where=f"{edit.kind} {element}",
                    hint="two elements with one natural key are one: merge them",
                    details={"element": other},
                )
        self._note(event)
        self._identify(keys, known, element, edit.kind)
        return element

    def _decided(self, state: State, kind: str, given: Mapping[str, Any], values: Mapping[str, Scalar]) -> Event | None:
        """What a person's decision makes of an element; what the sources say is kept beside it. None where nothing changes."""
        said = said_of(state, self._reconciler.decoder)
        for name in given.keys() - {ID}:
            value = values.get(name)
            if value == state.properties.get(name):
                continue
            if value is None:
                said.pop(name, None)
            else:
                said.setdefault(name, {})[BY_HAND] = value
        if kind != state.kind:
            said[KIND][BY_HAND] = kind
        return self._reconciler.settled(state, said)

    def _meant(self, edit: NodeEdit) -> str | None:
        """The element that an upsert means, None for a new one. Two are not chosen between."""
        values, problems = self._validator.node(edit.kind, edit.properties, complete=False)
        _check(edit.kind, problems)
        found = set(self._alive(self._known(self._keys.of(edit.kind, values))))
        if not found:
            (verdict,) = self._matcher.verdicts([(edit.kind, values, frozenset())])
            found = set(verdict.candidates)
            if verdict.outcome == AMBIGUOUS:
                raise _unsure(edit.kind, verdict.reason, found)
        if len(found) > 1:
            raise _unsure(edit.kind, "its natural keys are of several elements", found)
        return next(iter(found), None)

    def _known(self, keys: Sequence[str]) -> dict[str, str]:
        """The elements that hold natural keys, on the branch or by an edit before this one."""
        found = {key: element for key, (element, _) in self._view.identities(keys).items()} if keys else {}
        return found | {key: self.identities[key][0] for key in keys if key in self.identities}

    def _alive(self, known: Mapping[str, str]) -> list[str]:
        """Those of the elements that hold natural keys which exist: a key keeps its element beyond a deletion."""
        return [element for element in known.values() if self._state(element) is not None]

    def _identify(self, keys: Iterable[str], known: Mapping[str, str], element: str, kind: str) -> None:
        self.identities.update({key: (element, kind) for key in keys if key not in known})

    def relation(self, edit: RelationEdit) -> str:
        """Note a relation as it is to be; its id."""
        if edit.type in self._schema.bookkeeping_relations | self._schema.simulated_relations:
            raise ChangeRefusedError("the twin keeps these itself", where=edit.type, hint="choose another relation")
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
        elif (event := self._decided(state, edit.type, edit.properties, values)) is not None:
            self._note(event)
        return element

    def delete(self, elements: Sequence[str]) -> None:
        """Note that elements go, and the relations of nodes among them."""
        states = self._view.states(elements)
        own = self._schema.bookkeeping_kinds | self._schema.bookkeeping_relations
        own |= self._schema.simulated_kinds | self._schema.simulated_relations
        for element in elements:
            if element not in states:
                raise NotFoundError(f"the branch has no element {element!r}", where="delete", hint="give its id")
            if states[element].kind in own:
                raise ChangeRefusedError("the twin keeps these itself", where=element, hint="choose another element")
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
    return {name: value for name, value in {**properties, **given}.items() if value is not None and name != ID}


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


def _unsure(kind: str, reason: str, candidates: Collection[str]) -> ChangeRefusedError:
    return ChangeRefusedError(
        f"several elements may be meant: {reason}",
        where=kind,
        hint="give the id of the one that is meant",
        details={"candidates": sorted(candidates)},
    )
