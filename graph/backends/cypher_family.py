"""Dialects that are Cypher or nearly so: a bound tree printed, with the differences of the dialect in its tables.

What a person wrote reaches the backend as a parameter or as an escaped literal only. Names that nothing refers to are
left out, so that a planner need not keep what nobody reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.backends.base_compiler import BaseCompiler, Statement, constructs
from graph.cypher.ast import (
    CallSubquery,
    Expression,
    FunctionCall,
    HasLabels,
    NodePattern,
    Parameter,
    PathPattern,
    ProjectionItem,
    Query,
    RelationshipPattern,
    Unwind,
)
from graph.cypher.bound import BoundQuery
from graph.cypher.printer import POSTFIX, Printer, quote_name
from graph.cypher.rewrite import descend, mentions
from graph.schema.model import Schema


class CypherFamilyCompiler(BaseCompiler, Printer):
    """Compiles one bound query; subclasses are dialects.

    To override: `node_labels`, `relationship_types`, `has_labels`, `parameter`, `parameter_value`, or any method of
    `Printer`. What `LOWERED` gives for an expression must bind as closely as a call does: bracket it where it does not.
    """

    def __init__(self, bound: BoundQuery, schema: Schema | None) -> None:
        super().__init__(bound, schema)
        self.used = _uses(bound.query)
        self.parameters_used: dict[str, None] = {}

    def compile(self, parameters: Mapping[str, Any]) -> Statement:
        """The statement, with the values of the parameters that it mentions.

        `parameters` are complete (`graph.cypher.parameters.complete_parameters`). Raises UnsupportedConstructError.
        """
        self.check_supported()
        text = self.query(self.bound.query)
        return Statement(text, {name: self.parameter_value(parameters[name]) for name in self.parameters_used})

    # --- tables ----------------------------------------------------------------------------------------------------

    def expression(self, tree: Expression, level: int = 0) -> str:
        for name in constructs(tree):
            lowering = self.LOWERED.get(name)
            if lowering is None:
                continue
            if callable(lowering):
                return lowering(self, tree)
            assert isinstance(tree, FunctionCall)
            return lowering.format(*(self.expression(argument, POSTFIX) for argument in tree.arguments))
        return super().expression(tree, level)

    def _call(self, tree: FunctionCall) -> str:
        name = self.RENAMED.get(tree.name, tree.name)
        return f"{name}({'DISTINCT ' if tree.distinct else ''}{self.list_of(tree.arguments)})"

    # --- names -----------------------------------------------------------------------------------------------------

    def is_used(self, name: str | None) -> bool:
        """Whether anything but its own pattern refers to a variable."""
        return name is not None and self.used.get(name, 0) > 1

    def projection_item(self, item: ProjectionItem) -> str:
        return f"{self.expression(item.expression)} AS {self.variable(item.alias)}"

    # --- parameters ------------------------------------------------------------------------------------------------

    def _parameter(self, tree: Parameter) -> str:
        self.parameters_used[tree.name] = None
        return self.parameter(tree)

    def parameter(self, tree: Parameter) -> str:
        """A parameter as the dialect writes it."""
        return "$" + quote_name(tree.name)

    def parameter_value(self, value: Any) -> Any:
        """A parameter's value as the driver takes it."""
        return value

    # --- patterns --------------------------------------------------------------------------------------------------

    def path(self, path: PathPattern) -> str:
        if path.variable is not None and not self.is_used(path.variable):
            path = PathPattern(path.start, path.steps, None, path.shortest, span=path.span)
        return super().path(path)

    def node(self, node: NodePattern) -> str:
        variable = node.variable if self.is_used(node.variable) else None
        return f"({self.inside(variable, self.node_labels(node), node.properties, node.where)})"

    def node_labels(self, node: NodePattern) -> str:
        """The labels of a node pattern with their colon, or nothing.

        Where the text names labels: the fewest that cover the kinds which the schema leaves possible. Where it names
        none, none: the relations around the node say as much as labels would.
        """
        if node.labels is None:
            return ""
        if node.kinds is None or self.vocabulary is None:
            return ":" + self.labels(node.labels)
        return self.labels_of_kinds(node.kinds)

    def labels_of_kinds(self, kinds: frozenset[str]) -> str:
        """The fewest labels that cover exactly these kinds, with their colon."""
        assert self.vocabulary is not None
        labels = self.vocabulary.least_labels(kinds)
        return ":" + "|".join(quote_name(label) for label in labels) if labels else ""

    def relationship(self, relationship: RelationshipPattern) -> str:
        variable = relationship.variable if self.is_used(relationship.variable) else None
        labels = self.relationship_types(relationship)
        labels += "" if relationship.hops is None else self.hops(relationship.hops)
        inside = self.inside(variable, labels, relationship.properties, relationship.where)
        return self.arrow(relationship.direction, inside)

    def relationship_types(self, relationship: RelationshipPattern) -> str:
        """The types of a relationship pattern with their colon; nothing where the text names none."""
        if relationship.labels is None:
            return ""
        if relationship.types is None:
            return ":" + self.labels(relationship.labels)
        return ":" + "|".join(quote_name(name) for name in relationship.types)

    def _has_labels(self, tree: HasLabels) -> str:
        if tree.kinds is None or self.vocabulary is None:
            return super()._has_labels(tree)
        return self.has_labels(tree, tree.kinds)

    def has_labels(self, tree: HasLabels, kinds: frozenset[str]) -> str:
        """A test of labels; `kinds` are the concrete kinds (or relation types) that pass."""
        return super()._has_labels(tree)


def _uses(query: Query) -> dict[str, int]:
    """How often each variable stands anywhere: where it is read, in patterns, imports, and where it is given a name."""
    counts = mentions(query)
    for tree in descend(query):
        names: tuple[str | None, ...] = ()
        if isinstance(tree, NodePattern | RelationshipPattern | PathPattern):
            names = (tree.variable,)
        elif isinstance(tree, CallSubquery):
            names = tree.imports or ()
        elif isinstance(tree, ProjectionItem):
            names = (tree.alias,)
        elif isinstance(tree, Unwind):
            names = (tree.variable,)
        for name in names:
            if name is not None:
                counts[name] = counts.get(name, 0) + 1
    return counts
