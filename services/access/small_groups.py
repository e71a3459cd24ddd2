"""Small groups of people: which kinds stand for people, and which groups of an aggregate are not told.

A group of fewer than `LEAST` is withheld. Withheld alone, it could be had by taking the others from the total: groups are
withheld, the smallest first, until there are two of them and `LEAST` people in them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from graph.cypher.passes.context import People
from graph.schema.model import Kind, PersonalData, Schema

LEAST: Final = 5
"""The smallest group of people that is told."""


def personal_attributes(schema: Schema, kinds: Iterable[str]) -> frozenset[str]:
    """The attributes that are personal data in any of these concrete kinds."""
    return frozenset(
        attribute.name
        for kind in kinds
        for attribute in schema.kinds[kind].attributes.values()
        if attribute.personal is not PersonalData.NONE
    )


def stand_for_people(schema: Schema, kinds: Iterable[str]) -> bool:
    """Whether an element of any of these concrete kinds stands for one person: it is one, or one person's own words."""
    return any(_stands_for_one(schema.kinds[kind]) for kind in kinds)


def people_of(schema: Schema) -> People:
    """What the language is told of people: see `graph.cypher.passes.small_groups`."""
    concrete = [kind for kind in schema.concrete_kinds() if not kind.bookkeeping]
    return People(
        frozenset(kind.name for kind in concrete if _stands_for_one(kind)),
        frozenset((kind.name, name) for kind in concrete for name in personal_attributes(schema, [kind.name])),
        LEAST,
    )


def withheld(counts: Sequence[int]) -> frozenset[int]:
    """The places of the groups, of these sizes, that are not told."""
    hidden = {place for place, count in enumerate(counts) if 0 < count < LEAST}
    if not hidden:
        return frozenset()
    others = sorted((place for place in range(len(counts)) if place not in hidden), key=lambda place: counts[place])
    for place in others:
        if len(hidden) >= 2 and sum(counts[at] for at in hidden) >= LEAST:
            break
        hidden.add(place)
    return frozenset(hidden)


def _stands_for_one(kind: Kind) -> bool:
    if kind.bookkeeping:
        return False
    personal = {name for name, attribute in kind.attributes.items() if attribute.personal is not PersonalData.NONE}
    identifying = any(kind.attributes[name].personal is PersonalData.IDENTIFYING for name in personal)
    return identifying or any(personal.intersection(key) for key in kind.identity)
