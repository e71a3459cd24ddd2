"""How large a GraphQL document is once its fragments are expanded, reckoned without expanding them.

Every node of the document is visited once, however often a fragment is spread: a fragment's extent is reckoned after those
of the fragments in it, and added where it is spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
)

from api.graphql.errors import FragmentCycleError

MOST: Final = 10**12
"""From here on numbers do not grow: fragments that double each other would need numbers of a thousand digits."""

_SCHEMA: Final = frozenset({"__schema", "__type"})


@dataclass(slots=True)
class Extent:
    """What a selection holds, fragments expanded. `roots` are fields of its first level."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    roots: int = 0
    introspects: bool = False

    def take(self, other: Extent, depth: int) -> None:
        """Add a fragment's extent, spread below `depth` fields."""
        self.depth = max(self.depth, depth + other.depth)
        self.fields = min(MOST, self.fields + other.fields)
        self.aliases = min(MOST, self.aliases + other.aliases)
        self.roots = min(MOST, self.roots + other.roots) if depth == 0 else self.roots
        self.introspects = self.introspects or other.introspects


@dataclass(frozen=True, slots=True)
class DocumentExtent:
    """Every operation's extent, with the directives of the whole document and how many nodes were visited for it."""

    operations: tuple[tuple[OperationDefinitionNode, Extent], ...]
    directives: int
    visited: int


@dataclass(slots=True)
class _Own:
    """A definition's own extent, and the fragments that it spreads, each below how many fields."""

    extent: Extent = field(default_factory=Extent)
    spreads: list[tuple[str, int]] = field(default_factory=list)


def measure(document: DocumentNode) -> DocumentExtent:
    """The extent of a parsed document, valid or not. Raises FragmentCycleError."""
    walk = _Walk()
    own: dict[str, _Own] = {}
    operations: list[tuple[OperationDefinitionNode, _Own]] = []
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            own[definition.name.value] = walk.read(definition)
        elif isinstance(definition, OperationDefinitionNode):
            operations.append((definition, walk.read(definition)))
    fragments = _reckoned(own)
    return DocumentExtent(
        tuple((operation, _whole(read, fragments)) for operation, read in operations), walk.directives, walk.visited
    )


class _Walk:
    """Reads definitions, counting what it visits."""

    def __init__(self) -> None:
        self.directives = 0
        self.visited = 0

    def read(self, definition: FragmentDefinitionNode | OperationDefinitionNode) -> _Own:
        own = _Own()
        extent = own.extent
        self._count(definition)
        for variable in definition.variable_definitions or ():
            self._count(variable)
        pending: list[tuple[SelectionNode, int]] = [(node, 0) for node in definition.selection_set.selections]
        while pending:
            node, depth = pending.pop()
            self._count(node)
            if isinstance(node, FragmentSpreadNode):
                own.spreads.append((node.name.value, depth))
                continue
            if isinstance(node, FieldNode):
                depth += 1
                extent.depth = max(extent.depth, depth)
                extent.fields += 1
                extent.roots += depth == 1
                extent.aliases += node.alias is not None
                extent.introspects = extent.introspects or node.name.value in _SCHEMA
            inner = node.selection_set if isinstance(node, FieldNode | InlineFragmentNode) else None
            if inner is not None:
                pending.extend((one, depth) for one in inner.selections)
        return own

    def _count(self, node: Any) -> None:
        self.visited += 1
        self.directives += len(node.directives or ())


def _reckoned(own: Mapping[str, _Own]) -> dict[str, Extent]:
    """The extents of fragments, those that others contain first. Raises FragmentCycleError."""
    found: dict[str, Extent] = {}
    for start in own:
        open_: dict[str, Iterator[tuple[str, int]]] = {}
        if start not in found:
            open_[start] = iter(own[start].spreads)
        while open_:
            name = next(reversed(open_))
            inner = next((spread for spread, _ in open_[name] if spread in own and spread not in found), None)
            if inner is None:
                open_.pop(name)
                found[name] = _whole(own[name], found)
            elif inner in open_:
                raise FragmentCycleError(
                    f"the fragment {inner!r} contains itself",
                    where="document",
                    hint="spread it once, where it is needed",
                )
            else:
                open_[inner] = iter(own[inner].spreads)
    return found


def _whole(own: _Own, fragments: Mapping[str, Extent]) -> Extent:
    """An extent with what is spread in it; fragments that there are not add nothing, and are refused by validation."""
    whole = Extent()
    whole.take(own.extent, 0)
    for name, depth in own.spreads:
        if name in fragments:
            whole.take(fragments[name], depth)
    return whole
