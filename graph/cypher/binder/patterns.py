"""Binding of patterns: every part named, labels turned into kinds, types into relations, both narrowed by the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from graph.cypher import types
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Comparison,
    Expression,
    Hops,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    LabelWildcard,
    Literal,
    MapLiteral,
    NodePattern,
    Parameter,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    Property,
    RelationshipPattern,
    Span,
    Variable,
)
from graph.cypher.binder.calls import CallBinder
from graph.cypher.binder.expressions import Bound
from graph.cypher.binder.impossible import impossible
from graph.cypher.binder.narrowing import Arc, narrow
from graph.cypher.binder.scope import Scope, quoted
from graph.cypher.binder.simulated import hide, names_simulated, spelt_out, walked_nodes
from graph.cypher.bound import CypherType, Feature, TypeName
from graph.cypher.diagnostics import (
    CypherSyntaxError,
    ImpossiblePatternError,
    UnknownRelationError,
    report,
)
from graph.cypher.quantified import STEP
from graph.cypher.vocabulary import Vocabulary


@dataclass(slots=True)
class Matching:
    """One MATCH being bound: the scope it makes, the kinds of its nodes, its arcs, and what it declares."""

    scope: Scope
    introduces: bool
    masks: dict[str, int] = field(default_factory=dict)
    arcs: list[Arc] = field(default_factory=list)
    relationships: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)


class PatternBinder(CallBinder):
    """Binds patterns, pattern predicates and pattern comprehensions."""

    def patterns(
        self,
        paths: Sequence[PathPattern],
        scope: Scope,
        *,
        introduces: bool = True,
        optional: bool = False,
        where: Expression | None = None,
    ) -> tuple[tuple[PathPattern, ...], Scope]:
        """The bound patterns of one MATCH, and the scope with what they declare; `where` is its condition, unbound."""
        matching = Matching(dict(scope), introduces)
        if self.depth:
            self.features.add(Feature.NESTED_PATTERN)
        named = [self._name_path(path, matching) for path in paths]
        if self.vocabulary is not None:
            if self.vocabulary.simulated:
                named = self._without_simulated(named, where, matching, self.vocabulary)
            self._narrow(matching, self.vocabulary, optional=optional)
        arcs = iter(matching.arcs)
        return tuple(self._finish_path(path, matching, arcs) for path in named), matching.scope

    # --- names -----------------------------------------------------------------------------------------------------

    def _name_path(self, path: PathPattern, matching: Matching) -> PathPattern:
        start = self._name_node(path.start, matching)
        left = start
        steps = []
        for relationship, node in path.steps:
            relationship = self._name_relationship(relationship, matching)
            node = self._name_node(node, matching)
            relations = self._relations(relationship)
            assert left.variable is not None
            assert node.variable is not None
            matching.arcs.append(Arc(left.variable, node.variable, relationship, node, relations))
            steps.append((relationship, node))
            left = node
        variable = path.variable
        if variable is not None:
            if self._known(variable, matching) is not None:
                self.conflict(f"the path {variable!r} is already a variable", path.span, "give the path another name")
            if not matching.introduces:
                raise self.unknown_variable(variable, matching.scope, path.span)
            variable = self.declare(variable, types.PATH, matching.scope)
        return PathPattern(start, tuple(steps), variable, path.shortest, span=path.span)

    def _name_node(self, node: NodePattern, matching: Matching) -> NodePattern:
        name = node.variable
        if name is None:
            internal = self.anonymous("n", types.NODE)
            matching.declared.add(internal)
        elif (known := self._known(name, matching)) is not None:
            internal = known
            of = self.types[internal]
            if of.name is not TypeName.NODE and of.name not in types.UNKNOWN:
                self.conflict(f"{name!r} is {types.describe(of, article=True)}, not a node", node.span)
        elif not matching.introduces:
            raise self.unknown_variable(
                name, self._in_sight(matching), Span(node.span.start + 1, node.span.start + 1 + len(name))
            )
        else:
            internal = self.declare(name, types.NODE, matching.scope)
            matching.declared.add(internal)
        if self.vocabulary is not None:
            mask = matching.masks.get(internal)
            if mask is None:
                mask = self.vocabulary.mask(self.types[internal].kinds)
            if node.labels is not None:
                mask &= self.label_mask(node.labels, self.vocabulary)
                if not mask:
                    written = self.text[node.labels.span.start : node.labels.span.end]
                    self.refuse(
                        ImpossiblePatternError,
                        f"no kind satisfies {written or 'these labels'}, given what else is said about the node",
                        node.labels.span,
                        "a node has one concrete kind and its generics; alternatives are written :A|B",
                    )
            matching.masks[internal] = _holding(node.properties, mask, self.vocabulary)
        return replace(node, variable=internal)

    def _known(self, name: str, matching: Matching) -> str | None:
        """The internal name of a variable that the pattern may refer to; None for one that it declares."""
        internal = matching.scope.get(name)
        return None if internal in self.behind else internal

    def _in_sight(self, matching: Matching) -> list[str]:
        return [name for name, internal in matching.scope.items() if internal not in self.behind]

    def _name_relationship(self, relationship: RelationshipPattern, matching: Matching) -> RelationshipPattern:
        name = relationship.variable
        of = types.RELATIONSHIP
        if relationship.hops is not None:
            of = types.list_of(types.RELATIONSHIP)
            self.features.add(Feature.VARIABLE_LENGTH)
            if relationship.hops.maximum is None:
                self.features.add(Feature.UNBOUNDED)
        if name is None:
            internal = self.anonymous("r", of)
        elif (known := self._known(name, matching)) is not None:
            internal = known
            declared = self.types[internal]
            if declared.name is not of.name and declared.name not in types.UNKNOWN:
                self.conflict(
                    f"{name!r} is {types.describe(declared, article=True)}, not {types.describe(of, article=True)}",
                    relationship.span,
                )
            if internal in matching.relationships:
                self.conflict(
                    f"the relationship {name!r} stands twice in one MATCH",
                    relationship.span,
                    "a relationship is walked once per MATCH: give the second its own name",
                )
        elif not matching.introduces:
            raise self.unknown_variable(name, self._in_sight(matching), relationship.span)
        else:
            internal = self.declare(name, of, matching.scope)
        matching.relationships.add(internal)
        matching.declared.add(internal)
        return replace(relationship, variable=internal)

    # --- relation types --------------------------------------------------------------------------------------------

    def _relations(self, relationship: RelationshipPattern) -> tuple[str, ...]:
        vocabulary = self.vocabulary
        if vocabulary is None:
            return ()
        if relationship.labels is None:
            return vocabulary.every_relation
        wanted = self.relation_set(relationship.labels, vocabulary)
        if not wanted:
            self.refuse(
                ImpossiblePatternError,
                "no relation type satisfies this expression",
                relationship.labels.span,
                "a relationship has one type; alternatives are written :A|B",
            )
        return tuple(relation for relation in vocabulary.every_relation if relation in wanted)

    def relation_set(self, labels: LabelExpression, vocabulary: Vocabulary) -> set[str]:
        if isinstance(labels, LabelName):
            if labels.name not in vocabulary.schema.relations:
                raise self._unknown_relation(labels, vocabulary)
            return {labels.name}
        if isinstance(labels, LabelWildcard):
            return set(vocabulary.every_relation)
        if isinstance(labels, LabelNot):
            return set(vocabulary.every_relation) - self.relation_set(labels.operand, vocabulary)
        assert isinstance(labels, LabelAnd | LabelOr)
        sets = [self.relation_set(operand, vocabulary) for operand in labels.operands]
        return set.intersection(*sets) if isinstance(labels, LabelAnd) else set.union(*sets)

    def _unknown_relation(self, label: LabelName, vocabulary: Vocabulary) -> Exception:
        suggestions = vocabulary.suggest_relations(label.name)
        return report(
            UnknownRelationError,
            f"the schema has no relation {label.name!r}",
            text=self.text,
            span=label.span,
            suggestions=suggestions,
            corrected=self.corrected(label.span, suggestions),
        )

    def _without_simulated(
        self, paths: list[PathPattern], where: Expression | None, matching: Matching, vocabulary: Vocabulary
    ) -> list[PathPattern]:
        """The named patterns of a MATCH that does not see simulated state, unless it names some."""
        taken_up = [self.types[name].kinds for name in matching.masks if name not in matching.declared]
        if names_simulated(paths, where, taken_up, vocabulary):
            self.sees_simulated = True
            return paths
        mixed = {
            name for name in matching.declared & matching.masks.keys() if matching.masks[name] & vocabulary.simulated
        }
        hide(matching.masks, matching.arcs, vocabulary)
        free = frozenset(mixed) - walked_nodes(matching.arcs)
        return [spelt_out(path, free, vocabulary) for path in paths]

    # --- narrowing -------------------------------------------------------------------------------------------------

    def _narrow(self, matching: Matching, vocabulary: Vocabulary, *, optional: bool) -> None:
        stuck = narrow(matching.arcs, matching.masks, vocabulary)
        if stuck is not None:
            names = (self.name_kinds(vocabulary.kinds(matching.masks[end])) for end in (stuck.left, stuck.right))
            raise impossible(stuck, matching.masks, vocabulary, self.text, *names)
        for internal, mask in matching.masks.items():
            own = internal in matching.declared
            if own or (not optional and self.depths[internal] == self.depth):
                self.types[internal] = vocabulary.node_type(mask)
        for arc in matching.arcs:
            variable = arc.pattern.variable
            assert variable is not None
            of = vocabulary.relation_type(arc.relations)
            self.types[variable] = of if arc.pattern.hops is None else types.list_of(of)

    # --- bound patterns --------------------------------------------------------------------------------------------

    def _finish_path(self, path: PathPattern, matching: Matching, arcs: Iterator[Arc]) -> PathPattern:
        start = self._finish_node(path.start, matching)
        steps = []
        for relationship, node in path.steps:
            arc = next(arcs)
            steps.append((self._finish_relationship(relationship, arc, matching), self._finish_node(node, matching)))
        return PathPattern(start, tuple(steps), path.variable, path.shortest, span=path.span)

    def _finish_node(self, node: NodePattern, matching: Matching) -> NodePattern:
        variable = node.variable
        assert variable is not None
        properties = self._pattern_properties(node.properties, variable, matching.scope)
        where = None if node.where is None else self.predicate(node.where, matching.scope)
        kinds = None
        if self.vocabulary is not None:
            kinds = self.vocabulary.kinds(matching.masks[variable])
        return NodePattern(variable, node.labels, properties, where, kinds, span=node.span)

    def _finish_relationship(
        self, relationship: RelationshipPattern, arc: Arc, matching: Matching
    ) -> RelationshipPattern:
        variable = relationship.variable
        assert variable is not None
        whole = self.types[variable]
        single = (whole.item if whole.name is TypeName.LIST else whole) or types.RELATIONSHIP
        self.types[variable] = single  # conditions inside a variable-length relationship speak of each step
        properties = self._pattern_properties(relationship.properties, variable, matching.scope)
        where = None
        if relationship.where is not None:
            where = self.predicate(relationship.where, {**matching.scope, STEP: variable})
        properties, where = self._with_absences(properties, where, variable, single)
        self.types[variable] = whole
        hops = relationship.hops
        if hops is not None and hops.minimum is None:
            hops = Hops(1, hops.maximum, span=hops.span)
        relations = arc.relations if self.vocabulary is not None else _plain_types(relationship.labels)
        return replace(relationship, properties=properties, where=where, hops=hops, types=relations)

    def _with_absences(
        self, properties: MapLiteral | None, where: Expression | None, variable: str, of: CypherType
    ) -> tuple[MapLiteral | None, Expression | None]:
        """A property that may be asked for by what its absence means is compared in WHERE, where absence is looked at."""
        if properties is None or self.vocabulary is None:
            return properties, where
        kept: list[tuple[str, Expression]] = []
        for key, value in properties.items:
            absence = self.vocabulary.absence(of.types, key)
            if absence is None or (isinstance(value, Literal) and value.value not in (absence, None)):
                kept.append((key, value))
                continue
            place = self.meant(Property(Variable(variable), key, span=value.span), of)
            test = Comparison((place, value), (BinaryOperator.EQ,), span=value.span)
            where = test if where is None else Binary(BinaryOperator.AND, where, test, span=value.span)
        return (MapLiteral(tuple(kept), span=properties.span) if kept else None), where

    def _pattern_properties(
        self, properties: MapLiteral | Parameter | None, variable: str, scope: Scope
    ) -> MapLiteral | None:
        if properties is None:
            return None
        if isinstance(properties, Parameter):
            self.refuse(
                CypherSyntaxError,
                "a map parameter cannot stand for the properties of a pattern",
                properties.span,
                f"name the properties: {{name: ${quoted(properties.name)}.name}}, or compare them in WHERE",
            )
        items: list[tuple[str, Expression]] = []
        for key, value in properties.items:
            place = Property(Variable(variable), key, span=self._map_key_span(key, value))
            found = self.element_property(self.types[variable], key, place)
            bound, value_type = self.expression(value, scope)
            self.compare(BinaryOperator.EQ, (place, found), (bound, value_type), value)
            items.append((key, bound))
        return MapLiteral(tuple(items), span=properties.span)

    def _map_key_span(self, key: str, value: Expression) -> Span:
        found = re.search(rf"`?{re.escape(key)}`?\s*:[\s(]*$", self.text[: value.span.start]) if self.text else None
        if found is None:
            return value.span
        return Span(found.start(), found.start() + len(found.group().split(":")[0].rstrip()))

    # --- patterns as expressions -----------------------------------------------------------------------------------

    def _pattern_predicate(self, tree: PatternPredicate, scope: Scope) -> Bound:
        self.depth += 1
        bound, _ = self.patterns([tree.pattern], scope, introduces=False)
        self.depth -= 1
        of = types.BOOLEAN if tree.pattern.shortest is None else types.PATH
        return PatternPredicate(bound[0], span=tree.span), of

    def _pattern_comprehension(self, tree: PatternComprehension, scope: Scope) -> Bound:
        self.depth += 1
        bound, inner = self.patterns([tree.pattern], scope)
        predicate = None if tree.predicate is None else self.condition(tree.predicate, inner)
        projection, of = self.body(tree.projection, inner)
        self.depth -= 1
        for name in inner.values():
            if self.depths[name] > self.depth:
                self.locals[name] = None
        return PatternComprehension(bound[0], predicate, projection, span=tree.span), types.list_of(of)


def _holding(properties: MapLiteral | Parameter | None, mask: int, vocabulary: Vocabulary) -> int:
    """The kinds that have the properties asked for; a property that none has is left to be refused by name."""
    if isinstance(properties, MapLiteral):
        for key, _ in properties.items:
            mask = (mask & vocabulary.holders(key)) or mask
    return mask


def _plain_types(labels: LabelExpression | None) -> tuple[str, ...] | None:
    """The types of an expression without schema: known where it is a name or alternatives of names."""
    if isinstance(labels, LabelName):
        return (labels.name,)
    if isinstance(labels, LabelOr) and all(isinstance(operand, LabelName) for operand in labels.operands):
        return tuple(operand.name for operand in labels.operands if isinstance(operand, LabelName))
    return None


PatternBinder.RULES = MappingProxyType(
    {
        **CallBinder.RULES,
        PatternPredicate: PatternBinder._pattern_predicate,
        PatternComprehension: PatternBinder._pattern_comprehension,
    }
)
