"""Content checksums: equal content gives equal checksums, whatever the backend and the order of elements.

Each element has a 128-bit digest of its canonical JSON; a kind's checksum is the sum of its digests modulo 2^128, so
that elements may come in any order and kinds that differ can be told apart before elements are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import orjson

from graph.model import Properties
from graph.repository import GraphRepository
from graph.schema.model import Schema

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z
_MODULUS = 1 << 128

PERIMETERS: Final = "(perimeters)"
"""What the perimeters of a node are called beside its attributes."""


def element_digest(
    kind: str, identity: str, start: str, end: str, properties: Properties, perimeters: Sequence[str] = ()
) -> int:
    """The digest of one element; `start` and `end` are empty for a node. The property `id` does not count twice."""
    values: dict[str, Any] = {name: value for name, value in properties.items() if name != "id"}
    if perimeters:
        values[PERIMETERS] = perimeters
    return int.from_bytes(
        blake2b(orjson.dumps((kind, identity, start, end, values), option=_OPTIONS), digest_size=16).digest()
    )


@dataclass(slots=True)
class ContentChecksum:
    """Accumulates elements; bookkeeping kinds and relations are counted but do not enter the checksum."""

    schema: Schema
    sums: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(
        self, kind: str, identity: str, start: str, end: str, properties: Properties, perimeters: Sequence[str] = ()
    ) -> None:
        """Count one element and add its digest to the sum of its kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if not self.is_bookkeeping(kind):
            digest = element_digest(kind, identity, start, end, properties, perimeters)
            self.sums[kind] = (self.sums.get(kind, 0) + digest) % _MODULUS

    def is_bookkeeping(self, kind: str) -> bool:
        """Whether the kind or relation type stays out of checksums."""
        return kind in self.schema.bookkeeping_kinds or kind in self.schema.bookkeeping_relations

    def checksum(self) -> str:
        """32 hexadecimal digits over all kinds, with their counts."""
        content = [
            (kind, self.counts[kind], f"{total:032x}") for kind, total in sorted(self.sums.items()) if self.counts[kind]
        ]
        return blake2b(orjson.dumps(content), digest_size=16).hexdigest()


def checksum_of(repository: GraphRepository) -> ContentChecksum:
    """Scan a backend and sum up what it holds."""
    total = ContentChecksum(repository.schema)
    for node in repository.nodes():
        total.add(node.kind, node.id, "", "", node.properties, node.perimeters)
    for edge in repository.edges():
        total.add(edge.type, edge.id, edge.start, edge.end, edge.properties)
    return total


def differing_kinds(one: Mapping[str, int], other: Mapping[str, int]) -> Iterable[str]:
    """Kinds whose sums differ, in order of name."""
    return sorted(kind for kind in one.keys() | other.keys() if one.get(kind, 0) != other.get(kind, 0))
