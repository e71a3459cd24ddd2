"""What a migration does to the present state, as events of the ledger: one pass over every element."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import orjson

from core.ids import relation_id
from graph.history.events import order_of
from graph.history.ledger import Event, Ledger, State
from graph.model import Operation as Change
from graph.model import Properties, Scalar
from graph.schema.model import Schema, ValueType
from graph.schema.records import RecordValidator
from migrations.operations import MigrationError, Operation

MARK: Final = "\x1f"
KIND: Final = "(kind)"
SHOWN: Final = 20


class UnconvertibleError(MigrationError):
    """Values that cannot be taken to their new type; `details` lists the first."""

    code = "MIGRATION_VALUES"


class IrreversibleMigrationError(MigrationError):
    """A migration that cannot be taken back without losing what it, or loads since, have written."""

    code = "MIGRATION_IRREVERSIBLE"


@dataclass(slots=True)
class Effects:
    """The events of a migration. `renamed` are relations that got a new identity, `moved` nodes that got a new kind."""

    events: list[Event] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    moved: dict[str, tuple[str, str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)  # what each operation touched, by its line
    left_out: int = 0  # values that a retype dropped


@dataclass(slots=True)
class _Draft:
    """An element on its way through the operations."""

    kind: str
    properties: dict[str, Scalar]
    provenance: dict[str, str]
    gone: bool = False
    touched: bool = False


class Migrator:
    """Works out effects. `taking_back`: what an addition added must be empty."""

    def __init__(self, schema: Schema, *, taking_back: bool = False) -> None:
        self._schema = schema
        self._validator = RecordValidator(schema)
        self._taking_back = taking_back

    def effects(self, ledger: Ledger, operations: Sequence[Operation], where: str) -> Effects:
        """What the operations do, one after the other. Raises UnconvertibleError, IrreversibleMigrationError."""
        found = Effects(counts={operation.describe(): 0 for operation in operations})
        refused: list[str] = []
        gone: list[str] = []
        for state in ledger.present():
            draft = _draft(state)
            for operation in operations:
                if not draft.gone and self._apply(operation, state, draft, found, refused, where):
                    found.counts[operation.describe()] += 1
            if draft.gone:
                gone.append(state.element) if not state.edge else None
                found.events.append(_deleted(state))
            elif draft.touched:
                found.events.extend(_changed(state, draft, found))
        if refused:
            raise UnconvertibleError(
                f"{len(refused)} values do not convert: {'; '.join(refused[:3])}",
                where=where,
                hint="correct them first, or say `otherwise: drop`",
                details={"values": refused[:SHOWN]},
            )
        named = {event.element for event in found.events}
        found.events.extend(_deleted(edge) for edge in ledger.edges_of(gone) if edge.element not in named)
        found.events.sort(key=order_of)
        return found

    def _apply(
        self, op: Operation, state: State, draft: _Draft, found: Effects, refused: list[str], where: str
    ) -> bool:
        if op.verb in ("add_attribute", "add_kind", "add_relation"):
            return False
        if op.verb.endswith(("_kind", "_relation")):
            if draft.kind != op.name or state.edge is not op.verb.endswith("_relation"):
                return False
            self._refuse_loss(op, where)
            draft.gone = op.verb.startswith("drop_")
            draft.kind = op.to or draft.kind
        elif not self._covers(op.on, draft.kind):
            return False
        elif op.verb == "backfill":
            if op.name in draft.properties:
                return False
            value = self._converted(draft.kind, state, op.name, op.value)
            if value is None:
                refused.append(f"{draft.kind}.{op.name}: {op.value!r}")
                return False
            draft.properties[op.name] = value
        elif op.name not in draft.properties:
            return False
        elif op.verb == "rename_attribute":
            draft.properties[op.to] = draft.properties.pop(op.name)
            draft.provenance = {_renamed(key, op.name, op.to): told for key, told in draft.provenance.items()}
        elif op.verb == "drop_attribute":
            self._refuse_loss(op, where)
            del draft.properties[op.name]
            draft.provenance = {k: v for k, v in draft.provenance.items() if k.partition(MARK)[0] != op.name}
        else:
            self._retype(op, state, draft, found, refused)
        draft.touched = True
        return True

    def _retype(self, op: Operation, state: State, draft: _Draft, found: Effects, refused: list[str]) -> None:
        former = draft.properties.pop(op.name)
        value = self._converted(draft.kind, state, op.name, former)
        # What other sources said had the former type: they are asked again by their next load.
        draft.provenance = {k: v for k, v in draft.provenance.items() if not k.startswith(op.name + MARK)}
        if value is not None:
            draft.properties[op.name] = value
        elif op.drops:
            found.left_out += 1
        else:
            refused.append(f"{draft.kind} {state.element} {op.name}: {former!r}")

    def _converted(self, kind: str, state: State, name: str, value: object) -> Scalar | None:
        """The value as the pack wants it, or None where it cannot be."""
        holder = (self._schema.relations if state.edge else self._schema.kinds).get(kind)
        if holder is None or name not in holder.attributes:
            return None
        given = as_text(value, holder.attributes[name].type)
        if state.edge:
            start, end = next(iter(sorted(self._schema.pairs[kind])))
            typed, problems = self._validator.edge(kind, start, end, {name: given}, complete=False)
        else:
            typed, problems = self._validator.node(kind, {name: given}, complete=False)
        return None if problems else typed.get(name)

    def _covers(self, on: str, kind: str) -> bool:
        return kind == on or kind in self._schema.descendants.get(on, ())

    def _refuse_loss(self, op: Operation, where: str) -> None:
        if self._taking_back and op.verb.startswith("drop_"):
            raise IrreversibleMigrationError(
                f"{op.on or op.name} {op.name if op.on else ''} has values by now".replace("  ", " "),
                where=where,
                hint="taking it back would lose them: drop them by a migration of their own",
            )


def as_text(value: object, wanted: ValueType) -> object:
    """A value as a table would give it, so that the rules of loading convert it."""
    if wanted is ValueType.STRING_LIST:
        return list(value) if isinstance(value, tuple) else [as_text(value, ValueType.STRING)]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime) and wanted is ValueType.DATE:
        return value.date().isoformat()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z" if wanted is ValueType.INSTANT else value.isoformat()
    if isinstance(value, float) and value.is_integer() and wanted in (ValueType.INTEGER, ValueType.MONEY):
        return str(int(value))
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else "|".join(value)
    return str(value)


def _draft(state: State) -> _Draft:
    names = [*state.properties] if state.edge else [*state.properties, KIND]
    provenance = {name: state.provenance.get(name, state.source) for name in names}
    provenance.update({key: told for key, told in state.provenance.items() if MARK in key})
    return _Draft(state.kind, dict(state.properties), provenance)


def _renamed(key: str, old: str, new: str) -> str:
    name, mark, source = key.partition(MARK)
    return f"{new}{mark}{source}" if name == old else key


def _changed(state: State, draft: _Draft, found: Effects) -> Iterable[Event]:
    """A node is changed or gets another kind; a relation of another type is another relation."""
    after: Properties = draft.properties
    if not state.edge:
        moved = draft.kind != state.kind
        if moved:
            found.moved[state.element] = (state.kind, draft.kind)
        operation = Change.RECLASSIFY if moved else Change.UPDATE
        previous = state.kind if moved else None
        yield Event(
            operation, state.element, False, draft.kind, state.properties, after, None, None, _said(draft), previous
        )
    elif draft.kind == state.kind:
        yield Event(
            Change.UPDATE,
            state.element,
            True,
            state.kind,
            state.properties,
            after,
            state.start,
            state.end,
            _said(draft),
        )
    else:
        element = relation_id(draft.kind, state.start or "", state.end or "")
        found.renamed[state.element] = element
        yield _deleted(state)
        yield Event(Change.CREATE, element, True, draft.kind, None, after, state.start, state.end, _said(draft))


def _said(draft: _Draft) -> Mapping[str, str]:
    """What is recorded as the sources behind the values; a value that nobody told is the migration's own."""
    words = dict(draft.provenance)
    for key, text in draft.provenance.items():
        name, mark, _ = key.partition(MARK)
        if mark:
            words[key] = _reworded(text, name)
    return words


def _reworded(text: str, name: str) -> str:
    """What another source says, as `{attribute: value}` with the attribute's present name."""
    content = orjson.loads(text)
    if isinstance(content, dict) and len(content) == 1:
        return orjson.dumps({name: next(iter(content.values()))}).decode()
    return text


def _deleted(state: State) -> Event:
    return Event(Change.DELETE, state.element, state.edge, state.kind, state.properties, None, state.start, state.end)
