"""The schema as TigerGraph would have it: vertex and edge types with their attributes and pairs, for the checker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph.backends.tigergraph.ddl import ATTRIBUTE_TYPES, PRESENT
from graph.backends.tigergraph.words import identifier
from graph.schema.model import Attribute, Schema


@dataclass(frozen=True, slots=True)
class Catalog:
    """Attributes with their types by vertex type and by edge type, and the pairs that an edge type joins."""

    vertices: Mapping[str, Mapping[str, str]]
    edges: Mapping[str, Mapping[str, str]]
    pairs: Mapping[str, frozenset[tuple[str, str]]]

    @staticmethod
    def of(schema: Schema) -> Catalog:
        """What `ddl` makes of a schema pack."""
        pairs = {
            identifier(name): frozenset((identifier(start), identifier(end)) for start, end in found)
            for name, found in schema.pairs.items()
            if found
        }
        return Catalog(
            {identifier(kind.name): _attributes(kind.attributes.values()) for kind in schema.concrete_kinds()},
            {
                identifier(relation.name): _attributes(relation.attributes.values())
                for relation in schema.relations.values()
                if schema.pairs[relation.name]
            },
            pairs,
        )

    def step(self, edges: Iterable[str], start: frozenset[str] | None, left: bool, right: bool) -> frozenset[str]:
        """The vertex types that edges lead to, forwards (`right`), backwards (`left`) or both."""
        found: set[str] = set()
        for edge in edges:
            for one, other in self.pairs[edge]:
                if right and (start is None or one in start):
                    found.add(other)
                if left and (start is None or other in start):
                    found.add(one)
        return frozenset(found)


def _attributes(attributes: Iterable[Attribute]) -> Mapping[str, str]:
    found = {"id": "STRING", "type": "STRING", PRESENT: "SET<STRING>"}
    found.update({identifier(a.name): ATTRIBUTE_TYPES[a.type] for a in attributes if a.name != "id"})
    return found
