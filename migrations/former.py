"""Migrations looked at backwards: what today's kinds, relations and attributes were called before some operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.history.former import FormerKind, FormerNames
from graph.schema.model import Schema, ValueType
from migrations.operations import Operation


@dataclass(slots=True)
class _Draft:
    """A kind or relation type on its way back. `today` is its name in the pack, None where it is no more there."""

    edge: bool
    today: str | None
    name: str
    attributes: dict[str, tuple[ValueType, str | None]]


def former_names(schema: Schema, operations: Sequence[Operation]) -> FormerNames:
    """The names before these operations, which led to today's pack in this order."""
    drafts = [_draft(schema, name, edge=False) for name in schema.concrete]
    drafts += [_draft(schema, name, edge=True) for name in schema.relations]
    for operation in reversed(operations):
        if operation.verb in ("drop_kind", "drop_relation"):
            drafts.append(_Draft(operation.verb == "drop_relation", None, operation.name, {}))
        for draft in drafts:
            _undo(operation, draft, schema)
    changed = [d for d in drafts if d.today is None or FormerKind(d.name, d.attributes) != _today(d, schema)]
    found = {
        edge: {d.name: FormerKind(d.today, d.attributes) for d in changed if d.edge is edge} for edge in (False, True)
    }
    return FormerNames(found[False], found[True])


def _draft(schema: Schema, name: str, *, edge: bool) -> _Draft:
    holder = schema.relations[name] if edge else schema.kinds[name]
    return _Draft(edge, name, name, {a.name: (a.type, a.name) for a in holder.attributes.values()})


def _today(draft: _Draft, schema: Schema) -> FormerKind:
    assert draft.today is not None
    return FormerKind(draft.today, _draft(schema, draft.today, edge=draft.edge).attributes)


def _undo(operation: Operation, draft: _Draft, schema: Schema) -> None:
    verb = operation.verb
    if verb in ("rename_kind", "rename_relation"):
        if draft.name == operation.to and draft.edge is (verb == "rename_relation"):
            draft.name = operation.name
    elif not operation.on or not _covers(operation.on, draft, schema):
        return
    elif verb == "rename_attribute" and operation.to in draft.attributes:
        draft.attributes[operation.name] = draft.attributes.pop(operation.to)
    elif verb == "drop_attribute" and operation.type is not None:
        draft.attributes[operation.name] = (operation.type, None)
    elif verb == "retype_attribute" and operation.was is not None and operation.name in draft.attributes:
        draft.attributes[operation.name] = (operation.was, draft.attributes[operation.name][1])


def _covers(on: str, draft: _Draft, schema: Schema) -> bool:
    """Whether an operation on a kind, a generic or a relation is about this one."""
    return on in (draft.name, draft.today) or (not draft.edge and draft.today in schema.descendants.get(on, ()))
