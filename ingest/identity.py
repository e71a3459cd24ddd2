"""Who is who: the identity keys of what a source tells, and what this run knows of them.

A natural key (a CVE number, the name of a product) is the same in every source; a source key holds within its source. The
identity of a new node is derived from its first key, natural ones first, so that it does not depend on who told it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.ids import uuid_of
from graph.model import Properties
from graph.schema.model import Schema
from ingest.assertion import Reference
from ingest.target import LoadTarget

SEPARATOR = "\x1f"
NATURAL = "natural"
KEY_CHARACTERS = 500
"""Longest key: a PostgreSQL index entry holds 2,700 bytes."""


ELEMENT = "\x1eelement"
"""The name space of references whose key is an element of the twin itself: no source's key, and never recorded as one."""


def source_key(source: str, space: str, key: str) -> str:
    """The identity key of what a source calls `key` within one of its name spaces."""
    if space == ELEMENT:
        return f"{ELEMENT}{SEPARATOR}{key}"
    return f"{source}{SEPARATOR}{space}{SEPARATOR}{key}"


_MEANT = f"{ELEMENT}{SEPARATOR}"


def meant_element(key: str) -> str | None:
    """The element of an identity key that says which one is meant; None for every other key."""
    return key.removeprefix(_MEANT) if key.startswith(_MEANT) else None


def natural_key(kind: str, *values: str) -> str:
    """The identity key of a node that is known by its own values."""
    return SEPARATOR.join((NATURAL, kind, *values))


def reference_key(source: str, reference: Reference) -> str:
    """The identity key that a relation's end refers to."""
    if reference.natural:
        return natural_key(reference.space, reference.key.strip())
    return source_key(source, reference.space, reference.key)


def element_of(key: str) -> str:
    """The identity of a new node whose first key this is."""
    return uuid_of(key)


class NaturalKeys:
    """The natural keys of each kind, as the schema declares them."""

    def __init__(self, schema: Schema) -> None:
        self._identity = {kind.name: kind.identity for kind in schema.concrete_kinds() if kind.identity}

    def of(self, kind: str, values: Properties) -> list[str]:
        """The natural keys for which every attribute has a value, in order of declaration."""
        declared = self._identity.get(kind)
        if declared is None:
            return []
        return [
            natural_key(kind, *(str(values[name]).strip() for name in names))
            for names in declared
            if all(name in values for name in names)
        ]


@dataclass(slots=True)
class KnownElements:
    """What this run has learnt: keys, kinds, and a digest of what it told of each element."""

    ledger: LoadTarget
    empty: bool  # the ledger held nothing when the run began: no need to ask it
    keys: dict[str, str] = field(default_factory=dict)  # identity key -> element
    kinds: dict[str, str] = field(default_factory=dict)  # element -> kind
    told: dict[str, int] = field(default_factory=dict)  # element -> digest of what this run told
    matched: dict[str, str] = field(default_factory=dict)  # source key -> element that another source told
    stored: set[str] = field(default_factory=set)  # elements that were in the ledger before this run told them

    def look_up(self, keys: Iterable[str]) -> None:
        """Ask the ledger for keys that are not known yet."""
        if self.empty:
            return
        unknown = [key for key in dict.fromkeys(keys) if key not in self.keys]
        if not unknown:
            return
        meant = {key: key.removeprefix(_MEANT) for key in unknown if key.startswith(_MEANT)}
        found = self.ledger.identities([key for key in unknown if key not in meant])
        found |= {key: (element, "") for key, element in meant.items()}
        elements = {element for element, _ in found.values()} - self.kinds.keys()
        present: Mapping[str, str] = self.ledger.kinds(sorted(elements)) if elements else {}
        self.kinds.update(present)
        self.stored.update(present)
        for key, (element, _) in found.items():
            self.keys[key] = element  # also of a deleted element: the key keeps its identity

    def resolve(self, source: str, reference: Reference) -> str | None:
        """The element that a reference means, if it exists."""
        space, key, natural, _ = reference
        if natural or space == ELEMENT:
            element = self.keys.get(reference_key(source, reference))
        else:  # as `source_key`: both ends of each relation come by here
            element = self.keys.get(f"{source}{SEPARATOR}{space}{SEPARATOR}{key}")
        return element if element in self.kinds else None
