"""Simulated state is seen by a MATCH that names it, and by no other: a question about the estate counts no simulated incident.

A MATCH names it by a kind of it, by a relation type of it, or by a variable that stands for some. In every other one, nodes
without labels and nodes of generics are real ones, and relationships without types are those of the estate.
docs/adr/0032-simulated-state.md has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from graph.cypher.ast import (
    Expression,
    HasLabels,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelWildcard,
    NodePattern,
    PathPattern,
    RelationshipPattern,
)
from graph.cypher.binder.narrowing import Arc
from graph.cypher.rewrite import descend
from graph.cypher.vocabulary import Vocabulary

NOTE: Final = "simulated: {}: what a kept simulation run says, not what the estate is"
"""The note of every answer that holds simulated state, with its kinds; the web pages and the agent know it by its beginning."""


def names_simulated(
    paths: Sequence[PathPattern],
    where: Expression | None,
    before: Iterable[frozenset[str] | None],
    vocabulary: Vocabulary,
) -> bool:
    """Whether a MATCH names simulated state; `before` are the kinds of the variables that it takes up."""
    schema = vocabulary.schema
    for kinds in before:
        if kinds is not None and len(kinds) < len(schema.concrete) and not kinds.isdisjoint(schema.simulated_kinds):
            return True
    known = schema.simulated_kinds | schema.simulated_relations
    return any(name in known for labels in _labels(paths, where) for name in _named(labels))


def _labels(paths: Sequence[PathPattern], where: Expression | None) -> Iterator[LabelExpression]:
    parts: list[NodePattern | RelationshipPattern] = []
    for path in paths:
        parts += [*path.nodes, *path.relationships]
    yield from (part.labels for part in parts if part.labels is not None)
    conditions = [where, *(part.where for part in parts)]
    for condition in conditions:
        if condition is not None:
            yield from (tree.labels for tree in descend(condition) if isinstance(tree, HasLabels))


def _named(labels: LabelExpression) -> Iterator[str]:
    """The names that a label expression asks for; what it excludes is not asked for."""
    if isinstance(labels, LabelName):
        yield labels.name
    elif isinstance(labels, LabelAnd | LabelOr):
        for operand in labels.operands:
            yield from _named(operand)


def hide(masks: dict[str, int], arcs: Sequence[Arc], vocabulary: Vocabulary) -> None:
    """Leave simulated kinds out of every node, and their relations out of every relationship, in place."""
    for name, mask in masks.items():
        masks[name] = mask & ~vocabulary.simulated or mask
    for arc in arcs:
        kept = tuple(name for name in arc.relations if name not in vocabulary.simulated_relations)
        arc.relations = kept or arc.relations


def spelt_out(path: PathPattern, mixed: frozenset[str], vocabulary: Vocabulary) -> PathPattern:
    """The path in words that dialects write down: without them the store would find everything.

    A relationship without type gets a wildcard, which is written as what is left possible; a node that could be simulated as
    well (`mixed`) says that it is not.
    """
    real = LabelNot(LabelOr(tuple(LabelName(kind) for kind in sorted(vocabulary.schema.simulated_kinds))))

    def node(pattern: NodePattern) -> NodePattern:
        if pattern.variable not in mixed:
            return pattern
        return replace(pattern, labels=real if pattern.labels is None else LabelAnd((pattern.labels, real)))

    def relationship(pattern: RelationshipPattern) -> RelationshipPattern:
        return replace(pattern, labels=LabelWildcard()) if pattern.labels is None else pattern

    steps = tuple((relationship(r), node(n)) for r, n in path.steps)
    return replace(path, start=node(path.start), steps=steps)


def walked_nodes(arcs: Sequence[Arc]) -> frozenset[str]:
    """The nodes at an end of a relation that is there in every match, of no walk of length zero: a real relation makes them real."""
    certain = (arc for arc in arcs if arc.pattern.hops is None or arc.pattern.hops.minimum != 0)
    return frozenset(end for arc in certain for end in (arc.left, arc.right))
