"""What a query reads of its nodes and relations, by variable: only that is fetched while patterns are matched.

Attributes are readable inside a SELECT only, so each SELECT that finds an element puts what later statements read of it
into maps by id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from graph.cypher.ast import (
    CallSubquery,
    Expression,
    FunctionCall,
    HasLabels,
    MapProjection,
    NodePattern,
    PathPattern,
    ProjectionItem,
    Property,
    Query,
    RelationshipPattern,
    Tree,
    Variable,
)
from graph.cypher.bound import TypeName
from graph.cypher.inference import TypeReader
from graph.cypher.rewrite import children

ID: Final = "id"
KIND: Final = "__kind"
"""Stands among the attributes for the kind of a node, or the type of a relation."""


@dataclass(slots=True)
class Reads:
    """`keys` are read of a variable itself, `through` of elements that came through lists, aliases or subqueries."""

    keys: dict[str, set[str]] = field(default_factory=dict)
    through_nodes: set[str] = field(default_factory=set)
    through_relations: set[str] = field(default_factory=set)
    travelling: set[str] = field(default_factory=set)  # variables whose elements go elsewhere under another name
    patterns: dict[str, int] = field(default_factory=dict)  # in how many patterns a node stands
    named: set[str] = field(default_factory=set)  # what any expression mentions

    def of_node(self, name: str) -> list[str]:
        """What is read of the nodes of a variable of a pattern, sorted."""
        found = set(self.keys.get(name, ()))
        return sorted(found | self.through_nodes if name in self.travelling else found)

    def of_relation(self, name: str) -> list[str]:
        """What is read of the relations of a variable, sorted."""
        found = set(self.keys.get(name, ()))
        return sorted(found | self.through_relations if name in self.travelling else found)

    def is_start(self, name: str) -> bool:
        """Whether the nodes of a variable may be where another pattern starts."""
        return self.patterns.get(name, 0) > 1 or name in self.travelling


def reads_of(query: Query, types: TypeReader) -> Reads:
    """Everything that a query reads, found in one walk."""
    found = Reads()
    patterns: set[str] = set()
    _visit(query, found, types, patterns)
    return found


def _visit(tree: Tree, found: Reads, types: TypeReader, patterns: set[str]) -> None:
    if isinstance(tree, NodePattern) and tree.variable is not None:
        found.patterns[tree.variable] = found.patterns.get(tree.variable, 0) + 1
    elif isinstance(tree, ProjectionItem) and isinstance(tree.expression, Variable):
        found.named.add(tree.expression.name)
        if tree.expression.name != tree.alias:
            found.travelling.add(tree.expression.name)
        return
    elif isinstance(tree, Variable):
        found.named.add(tree.name)
        found.travelling.add(tree.name)
        return
    elif isinstance(tree, PathPattern) and tree.variable is not None:
        found.travelling.update(names_of_parts(tree))
    elif isinstance(tree, CallSubquery):
        found.named.update(tree.imports or ())
    elif isinstance(tree, MapProjection):
        found.named.add(tree.subject)
        for item in tree.items:
            if item.value is None:
                found.keys.setdefault(tree.subject, set()).add(item.key)
    else:
        subject = _subject(tree)
        if subject is not None:
            inner, key = subject
            _note(found, types, inner, key)
            if isinstance(inner, Variable):
                found.named.add(inner.name)
            else:
                _visit(inner, found, types, patterns)
            return
        if _compares_identity(tree):
            for child in children(tree):
                if isinstance(child, Variable):
                    found.named.add(child.name)
                else:
                    _visit(child, found, types, patterns)
            return
    for child in children(tree):
        _visit(child, found, types, patterns)


def _subject(tree: Tree) -> tuple[Expression, str] | None:
    """The element of which an expression reads something, and what."""
    if isinstance(tree, Property):
        return tree.subject, tree.key
    if isinstance(tree, HasLabels):
        return tree.subject, KIND
    if isinstance(tree, FunctionCall):
        if tree.name in ("labels", "type"):
            return tree.arguments[0], KIND
        if tree.name in ("elementId", "count"):
            return (tree.arguments[0], ID) if isinstance(tree.arguments[0], Variable) else None
    return None


def _compares_identity(tree: Tree) -> bool:
    return type(tree).__name__ in ("Comparison", "IsNull")


def _note(found: Reads, types: TypeReader, subject: Expression, key: str) -> None:
    if key == ID:
        return
    of = types.type_of(subject).name
    if isinstance(subject, Variable):
        found.keys.setdefault(subject.name, set()).add(key)
    if of is TypeName.NODE or of is TypeName.ANY:
        found.through_nodes.add(key)
    if of is TypeName.RELATIONSHIP or of is TypeName.ANY:
        found.through_relations.add(key)


def names_of_parts(path: PathPattern) -> list[str]:
    """The names of the nodes and relationships of a path."""
    parts: list[NodePattern | RelationshipPattern] = [*path.nodes, *path.relationships]
    return [part.variable for part in parts if part.variable is not None]


def names_in(tree: Tree) -> set[str]:
    """Every variable that a tree mentions, in expressions and in patterns."""
    return set(_names(tree))


def _names(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Variable):
        yield tree.name
    elif isinstance(tree, MapProjection):
        yield tree.subject
    elif isinstance(tree, NodePattern | RelationshipPattern | PathPattern) and tree.variable is not None:
        yield tree.variable
    elif isinstance(tree, CallSubquery):
        yield from tree.imports or ()
    for child in children(tree):
        yield from _names(child)
