"""Inheritance of generics: the order of ancestors and the attributes that a kind ends up with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from graph.schema.definitions import AttributeDefinition, KindDefinition

_MERGED = tuple(f.name for f in fields(AttributeDefinition) if f.name not in ("name", "span"))


@dataclass(frozen=True, slots=True)
class Inherited:
    """An attribute of a kind with everything said about it on the way down, and the kind that declared it first."""

    definition: AttributeDefinition
    declared_in: str


def ancestors_of(name: str, kinds: Mapping[str, KindDefinition]) -> tuple[str, ...]:
    """The generics of a kind, nearest first; a generic that is reached twice stands after all that refine it.

    Expects known parents and no cycle.
    """
    line = [ancestor for parent in kinds[name].parents for ancestor in (parent, *ancestors_of(parent, kinds))]
    last = {ancestor: position for position, ancestor in enumerate(line)}
    return tuple(ancestor for position, ancestor in enumerate(line) if last[ancestor] == position)


def attributes_of(
    name: str, kinds: Mapping[str, KindDefinition], common: Mapping[str, AttributeDefinition]
) -> dict[str, Inherited]:
    """All attributes of a kind: inherited ones first, from the furthest generic, then its own.

    What a kind says of an inherited attribute refines it; what it leaves out is inherited, then common to the pack.
    """
    found: dict[str, Inherited] = {}
    for holder in (*reversed(ancestors_of(name, kinds)), name):
        for attribute in kinds[holder].attributes.values():
            known = found.get(attribute.name)
            if known is None:
                found[attribute.name] = Inherited(over_common(attribute, common), holder)
            else:
                found[attribute.name] = Inherited(_refine(known.definition, attribute), known.declared_in)
    return found


def over_common(attribute: AttributeDefinition, common: Mapping[str, AttributeDefinition]) -> AttributeDefinition:
    """An attribute with what it leaves out taken from the attribute of that name that is common to the pack."""
    shared = common.get(attribute.name)
    return attribute if shared is None else _refine(shared, attribute)


def _refine(base: AttributeDefinition, said: AttributeDefinition) -> AttributeDefinition:
    merged = {key: getattr(base, key) if getattr(said, key) is None else getattr(said, key) for key in _MERGED}
    return AttributeDefinition(name=said.name, span=said.span, **merged)
