"""Persons leave an export under pseudonyms: no source and no mapping can bring a name into the twin.

What the schema marks as a pseudonym is replaced wherever it stands: in the values of nodes and relations, in the keys by which a
source calls persons, and in the ends of relations that name them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph.history.subjects import Subjects
from graph.schema.model import Attribute, PersonalData, Schema
from ingest.assertion import EdgeAssertion, NodeAssertion, Reference, Told
from ingest.seen_rows import SeenRows
from ingest.sources.contract import Extract
from ingest.sources.wrapped import WrappedExtract


def with_pseudonyms(extract: Extract, schema: Schema, subjects: Subjects) -> Extract:
    """The same export without the names of persons."""
    holders = {name: kind.attributes for name, kind in schema.kinds.items()}
    holders.update((name, relation.attributes) for name, relation in schema.relations.items())
    marked = {name: names for name, attributes in holders.items() if (names := _marked(attributes))}
    persons = frozenset(
        kind.name
        for kind in schema.concrete_kinds()
        if any(name in marked.get(kind.name, ()) for names in kind.identity for name in names)
    )
    return _Pseudonymous(extract, marked, persons, subjects) if marked else extract


def _marked(attributes: Mapping[str, Attribute]) -> tuple[str, ...]:
    return tuple(a.name for a in attributes.values() if a.personal is PersonalData.PSEUDONYM)


class _Pseudonymous(WrappedExtract):
    """`marked` are attributes by kind or relation; `persons` are the kinds whose nodes are known by such an attribute."""

    def __init__(
        self, extract: Extract, marked: Mapping[str, tuple[str, ...]], persons: frozenset[str], subjects: Subjects
    ) -> None:
        super().__init__(extract)
        self._marked = marked
        self._spaces = persons | extract.spaces(persons)
        self._subjects = subjects

    def told(self, phase: str, seen: SeenRows | None = None) -> Iterator[Told]:
        marked, spaces = self._marked, self._spaces
        for item in self._extract.told(phase, seen):
            if isinstance(item, EdgeAssertion):
                named = item.start.space in spaces or item.end.space in spaces
                yield self._edge(item) if named or item.type in marked else item
            elif isinstance(item, NodeAssertion):
                yield self._node(item) if item.kind in marked else item
            else:
                yield item

    def _node(self, node: NodeAssertion) -> NodeAssertion:
        values = self._values(node.kind, node.values)
        key = self._name(node.key) if node.key and node.space in self._spaces else node.key
        return node._replace(values=values, key=key)

    def _edge(self, edge: EdgeAssertion) -> EdgeAssertion:
        values = self._values(edge.type, edge.values)
        return edge._replace(start=self._reference(edge.start), end=self._reference(edge.end), values=values)

    def _values(self, holder: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        names = [name for name in self._marked.get(holder, ()) if values.get(name)]
        return {**values, **{name: self._named(values[name]) for name in names}} if names else values

    def _reference(self, reference: Reference) -> Reference:
        if reference.space not in self._spaces or not reference.key:
            return reference
        return reference._replace(key=self._name(reference.key))

    def _named(self, value: Any) -> Any:
        return [self._name(str(item)) for item in value] if isinstance(value, list | tuple) else self._name(str(value))

    def _name(self, value: str) -> str:
        return self._subjects.pseudonym(value.strip())
