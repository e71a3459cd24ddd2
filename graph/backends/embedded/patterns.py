"""Patterns over tables: kinds and types become conditions, relationships of one MATCH are kept apart, closures are split.

A variable-length relationship of which only the ends matter (`ends_only`) becomes a call of the adjacency index:
`MATCH (a)<-[:T*1..8]-(b)` is `MATCH (a) UNWIND reach(a.id, closure) AS e MATCH (b {id: e})`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from graph.backends.embedded.index import FUNCTION, NOTHING, Closure
from graph.backends.embedded.layout import ID, KIND, TYPE, NodeTable, RelationTable, quoted
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Direction,
    Expression,
    FunctionCall,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    Literal,
    MapLiteral,
    Match,
    NodePattern,
    Parameter,
    PathPattern,
    PatternPredicate,
    Property,
    RelationshipPattern,
    ShortestKind,
    SubqueryExpression,
    Variable,
)
from graph.cypher.bound import TypeName
from graph.cypher.passes.pushdown import conjunction, conjuncts
from graph.cypher.printer import AND, PREDICATE
from graph.cypher.rewrite import descend, mentions

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler

MOST_HOPS = 30
"""ladybug's own limit of a recursive pattern."""

_REVERSED = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}

Step = tuple[RelationshipPattern, NodePattern]


@dataclass(slots=True)
class _Place:
    """A relationship of a MATCH with the kinds at its ends, for telling whether two could be one and the same."""

    relationship: RelationshipPattern
    types: frozenset[str]
    left: frozenset[str]
    right: frozenset[str]

    def could_be(self, other: _Place) -> bool:
        if not self.types & other.types:
            return False
        if Direction.BOTH in (self.relationship.direction, other.relationship.direction):
            return True
        one, two = self._ends(), other._ends()
        return bool(one[0] & two[0]) and bool(one[1] & two[1])

    def _ends(self) -> tuple[frozenset[str], frozenset[str]]:
        return (self.right, self.left) if self.relationship.direction is Direction.IN else (self.left, self.right)


@dataclass(slots=True)
class PatternPrinter:
    """Prints the MATCH clauses of one query for a compiler, which prints what stands in them."""

    compiler: LadybugCompiler
    bound: set[str] = field(default_factory=set)  # variables of earlier clauses
    walks: set[str] = field(default_factory=set)  # variables of variable-length relationships, lists in Cypher
    _conditions: list[str] = field(default_factory=list)
    _late: list[str] = field(default_factory=list)  # conditions that must not stand between two relations
    _apart_conditions: list[str] = field(default_factory=list)  # that no relation repeats
    _unwound: str = ""

    # --- clauses ---------------------------------------------------------------------------------------------------

    def match(self, clause: Match, *, inside: bool = False) -> str:
        """A MATCH; several clauses where closures are split off. `inside` a subquery nothing is split."""
        outer, self._conditions = self._conditions, []
        outer_late, self._late = self._late, []
        outer_apart, self._apart_conditions = self._apart_conditions, []
        known = set(self.bound)
        try:
            clause = self._named(clause)
            if not clause.optional and not inside:
                given = self._given_ids(clause)
                if given is not None:
                    return self._unwound + self._match(given, inside=inside)
            return self._match(clause, inside=inside)
        finally:
            self._conditions, self._late, self._apart_conditions = outer, outer_late, outer_apart
            self.bound = known if inside else self.bound

    def _match(self, clause: Match, *, inside: bool) -> str:
        if not inside and any(_closures(path) for path in clause.patterns):
            if not clause.optional:
                return self._split(clause)
            optional = self._optional_closure(clause)
            if optional is not None:
                return optional
        printed = ", ".join(self._path(path, clause) for path in clause.patterns)
        if not clause.optional and not inside:
            return f"MATCH {printed}{self._filter(clause.where)}"
        steps = sum(len(path.steps) for path in clause.patterns)
        early, late = self._divided(clause.where)
        if (steps > 1 and (self._late or late)) or (steps > 2 and self._apart_conditions):
            raise self.compiler.unsupported(
                "a condition between the relations of an OPTIONAL MATCH or a subquery",
                clause,
                "ladybug loses rows there",
            )
        self._conditions += [*self._apart_conditions, *self._late]
        return ("OPTIONAL " if clause.optional else "") + f"MATCH {printed}{self._where([*early, *late])}"

    def _filter(self, condition: Expression | None) -> str:
        """WHERE with what single nodes must fulfil; behind a barrier what speaks of relations or of several variables.

        ladybug 0.22 gives wrong rows where a filter that is no node's own stands between the scans of two relations. It
        merges MATCH clauses and moves filters forward, but not across a WITH.
        """
        early, late = self._divided(condition)
        text = self._where(early)
        after = [*self._apart_conditions, *self._late, *(self.compiler.expression(part, AND) for part in late)]
        self._apart_conditions, self._late = [], []
        return text + (f"\nWITH * WHERE {' AND '.join(after)}" if after else "")

    def _divided(self, condition: Expression | None) -> tuple[list[Expression], list[Expression]]:
        """The parts of a condition that ask something of one node only, and the others."""
        early: list[Expression] = []
        late: list[Expression] = []
        for part in [] if condition is None else conjuncts(condition):
            (early if self._is_of_a_node(part) else late).append(part)
        return early, late

    def _is_of_a_node(self, condition: Expression) -> bool:
        if any(isinstance(tree, SubqueryExpression | PatternPredicate) for tree in descend(condition)):
            return False
        names = list(mentions(condition))
        return not names or (len(names) == 1 and self.compiler.type_of(Variable(names[0])).name is TypeName.NODE)

    def _given_ids(self, clause: Match) -> Match | None:
        """`n.id IN $ids` as one look-up per id, which ladybug would else answer by reading the whole table."""
        conditions = [] if clause.where is None else conjuncts(clause.where)
        for condition in conditions:
            found = _ids_parameter(condition)
            if found is None or found[0] in self.bound or found[1] in self.compiler.given:
                continue
            variable, parameter = found
            for at, path in enumerate(clause.patterns):
                for node in path.nodes:
                    if node.variable == variable and len(self.tables_of_kinds(self.kinds_of(node))) == 1:
                        name = self.compiler.fresh("e")
                        keyed = _keyed(path, node, name)
                        if keyed is None:
                            continue
                        patterns = (*clause.patterns[:at], keyed, *clause.patterns[at + 1 :])
                        rest = conjunction([other for other in conditions if other is not condition])
                        self._unwound = (
                            f"UNWIND {self.compiler.distinct(parameter)} AS {self.compiler.variable(name)}\n"
                        )
                        return replace(clause, patterns=patterns, where=rest)
        return None

    def _where(self, conditions: Sequence[Expression]) -> str:
        """WHERE with these conditions and what the patterns ask of single nodes; forgets the latter."""
        parts = [*self._conditions, *(self.compiler.expression(condition, AND) for condition in conditions)]
        self._conditions = []
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _named(self, clause: Match) -> Match:
        """Names for relationships that must be told apart; their conditions are added."""
        places = list(_places(clause, self.compiler))
        names: dict[int, str] = {}

        def name(place: _Place) -> str:
            found = place.relationship.variable
            if found is not None and self.compiler.is_used(found):
                return self.compiler.variable(found)
            if id(place) not in names:
                names[id(place)] = self.compiler.fresh("r")
            return self.compiler.variable(names[id(place)])

        for one, other in combinations(places, 2):
            if one.could_be(other):
                self._apart_conditions.append(self._apart(one, name(one), other, name(other)))
        renamed = iter([names.get(id(place)) for place in places])
        patterns = []
        for path in clause.patterns:
            steps: list[Step] = []
            for relationship, node in path.steps:
                if not _counts(relationship):
                    steps.append((relationship, node))
                    continue
                new = next(renamed)
                steps.append((relationship if new is None else replace(relationship, variable=new), node))
                if new is not None:
                    self.compiler.used[new] = 2
            patterns.append(replace(path, steps=tuple(steps)))
        return replace(clause, patterns=tuple(patterns))

    def _apart(self, one: _Place, first: str, other: _Place, second: str) -> str:
        walks = [place.relationship.hops is not None for place in (one, other)]
        if all(walks):
            raise self.compiler.unsupported(
                "two variable-length relationships in one MATCH",
                other.relationship,
                "they may not share a relationship",
            )
        if not any(walks):
            return f"id({first}) <> id({second})"
        walk, step = (first, second) if walks[0] else (second, first)
        return f"NOT list_contains(properties(rels({walk}), '{ID}'), {step}.{ID})"

    # --- paths -----------------------------------------------------------------------------------------------------

    def _path(self, path: PathPattern, clause: Match) -> str:
        named = path.variable is not None and self.compiler.is_used(path.variable)
        if named and clause.optional:
            raise self.compiler.unsupported(
                "a named path in OPTIONAL MATCH", path, "ladybug gives a path where there is none"
            )
        if path.shortest is not None:
            self._check_shortest(path, clause)
        text = self._steps(path)
        if path.variable is not None:
            self.bound.add(path.variable)
        return f"{self.compiler.variable(path.variable)} = {text}" if named and path.variable else text

    def _steps(self, path: PathPattern) -> str:
        nodes = path.nodes
        sides: list[tuple[RelationshipPattern | None, RelationshipPattern | None]] = []
        around = (None, *path.relationships, None)
        for position in range(len(nodes)):
            sides.append((around[position], around[position + 1]))
        text = self._node(nodes[0], *sides[0])
        for position, (relationship, node) in enumerate(path.steps):
            ends = (self.kinds_of(nodes[position]), self.kinds_of(node))
            text += self._relationship(relationship, path.shortest, ends) + self._node(node, *sides[position + 1])
        return text

    def _check_shortest(self, path: PathPattern, clause: Match) -> None:
        relationship = path.relationships[0]
        minimum = 1 if relationship.hops is None else relationship.hops.minimum
        if minimum not in (None, 1):
            raise self.compiler.unsupported(path.shortest or "", path, "with a minimum other than one")
        told = {path.variable, relationship.variable} - {None}
        if clause.where is not None and told & mentions(clause.where).keys():
            raise self.compiler.unsupported(path.shortest or "", path, "with a condition on the path itself")

    # --- closures --------------------------------------------------------------------------------------------------

    def _split(self, clause: Match) -> str:
        """One clause after another: what is anchored best first, each closure from there."""
        plain = [path for path in clause.patterns if not _closures(path)]
        lines: list[str] = []
        if plain:
            lines.append("MATCH " + ", ".join(self._path(path, clause) for path in plain) + self._filter(None))
        for path in clause.patterns:
            if _closures(path):
                lines += self._follow(path, clause)
        self._conditions += [*self._apart_conditions, *self._late]
        self._apart_conditions, self._late = [], []
        rest = self._where([] if clause.where is None else [clause.where])
        if rest:
            lines.append(f"WITH *{rest}")
        return "\n".join(lines)

    def _follow(self, path: PathPattern, clause: Match) -> list[str]:
        segments, closures = _segments(path, self.compiler)
        first = max(range(len(segments)), key=lambda position: (self._anchor(segments[position]), -position))
        lines = self._segment(segments[first], clause)
        for position in range(first + 1, len(segments)):
            closure = closures[position - 1]
            lines += self._closure(
                segments[position - 1].nodes[-1], closure, closure.direction, segments[position], 0, clause
            )
        for position in range(first - 1, -1, -1):
            closure = closures[position]
            start = segments[position + 1].nodes[0]
            lines += self._closure(start, closure, _REVERSED[closure.direction], segments[position], -1, clause)
        return lines

    def _anchor(self, segment: PathPattern) -> int:
        """How well a segment can be found: known already, by its id, by a property, not at all."""
        return max(self._node_anchor(node) for node in segment.nodes)

    def _node_anchor(self, node: NodePattern) -> int:
        if node.variable in self.bound:
            return 3
        keys = [key for key, _ in node.properties.items] if isinstance(node.properties, MapLiteral) else []
        return 2 if ID in keys else 1 if keys else 0

    def _segment(self, segment: PathPattern, clause: Match) -> list[str]:
        start = segment.start
        if not segment.steps and start.variable in self.bound and start.properties is None:
            self._add_kinds(start, start.variable or "", None, None)
            return []
        text = "MATCH " + self._path(segment, clause)
        return [text + self._filter(None)]

    def _closure(
        self,
        start: NodePattern,
        relationship: RelationshipPattern,
        direction: Direction,
        segment: PathPattern,
        at: int,
        clause: Match,
    ) -> list[str]:
        """From `start`, which is known, to the node of the next segment that the closure reaches."""
        end = segment.nodes[at]
        call = (
            f"{FUNCTION}({self.compiler.variable(start.variable or '')}.{ID}, {self._number(relationship, direction)})"
        )
        if self._node_anchor(end) >= 2:
            lines = self._segment(segment, clause)
            self._late.append(f"list_contains({call}, {self.compiler.variable(end.variable or '')}.{ID})")
            return lines
        name = self.compiler.fresh("e")
        items = end.properties.items if isinstance(end.properties, MapLiteral) else ()
        keyed = replace(end, properties=MapLiteral((*items, (ID, Variable(name)))))
        if self._implied(start, relationship, direction, end):
            keyed = replace(keyed, labels=None)
        unwind = f"UNWIND {call} AS {self.compiler.variable(name)}"
        return [unwind, "MATCH " + self._path(_with_node(segment, at, keyed), clause) + self._filter(None)]

    def _implied(
        self, start: NodePattern, relationship: RelationshipPattern, direction: Direction, end: NodePattern
    ) -> bool:
        """Whether whatever the closure reaches has the labels of its end, by the schema alone."""
        vocabulary, hops = self.compiler.vocabulary, relationship.hops
        if end.labels is None or vocabulary is None or hops is None:
            return False
        mask = vocabulary.mask(self._labelled(start.labels))
        minimum = 1 if hops.minimum is None else hops.minimum
        types = tuple(sorted(self.types_of(relationship)))
        reached = vocabulary.kinds(vocabulary.walk(types, direction, minimum, hops.maximum, mask))
        homes = {kind for table in self.tables_of_kinds(self.kinds_of(end)) for kind in table.kinds}
        return reached & homes <= self._labelled(end.labels)

    def _number(self, relationship: RelationshipPattern, direction: Direction) -> int:
        hops = relationship.hops
        assert hops is not None
        assert hops.maximum is not None
        minimum = 1 if hops.minimum is None else hops.minimum
        types = tuple(sorted(self.types_of(relationship)))
        number = self.compiler.index.number(Closure(types, direction, minimum, hops.maximum))
        self.compiler.closures.add(number)
        return number

    def _optional_closure(self, clause: Match) -> str | None:
        """`OPTIONAL MATCH (a)<-[:T*0..8]-(b)` from a known `a` to whatever is reached; None for any other shape.

        Nothing may be asked of `b`: a condition could drop some of what is reached, and then a null row is one too many.
        """
        path = clause.patterns[0]
        if len(clause.patterns) > 1 or len(path.steps) > 1 or clause.where is not None:
            return None
        segments, closures = _segments(path, self.compiler)
        start, end, direction = segments[0].start, segments[1].start, closures[0].direction
        if start.variable not in self.bound:
            start, end, direction = end, start, _REVERSED[direction]
        asked = end.properties is not None or end.where is not None or start.properties is not None or start.labels
        if start.variable not in self.bound or end.variable in self.bound or asked:
            return None
        if end.labels is not None and not self._implied(start, closures[0], direction, end):
            return None
        name = self.compiler.variable(self.compiler.fresh("e"))
        number = self._number(closures[0], direction)
        call = f"{FUNCTION}_or_nothing({self.compiler.variable(start.variable or '')}.{ID}, {number})"
        self.bound.add(end.variable or "")
        tables = ":".join(table.name for table in self.tables_of_kinds(self.kinds_of(end)))
        found = self.compiler.variable(end.variable or "")
        return (
            f"UNWIND coalesce({call}, ['{NOTHING}']) AS {name}\n"
            f"OPTIONAL MATCH ({found}:{tables}) WHERE {found}.{ID} = {name}"
        )

    # --- nodes and relationships -----------------------------------------------------------------------------------

    def _node(self, node: NodePattern, left: RelationshipPattern | None, right: RelationshipPattern | None) -> str:
        if isinstance(node.properties, Parameter):
            raise self.compiler.unsupported("a parameter as a map of properties", node)
        compiler = self.compiler
        name = node.variable if compiler.is_used(node.variable) else None
        known = node.variable in self.bound
        if not known and self._missing_kinds(node, left, right):
            name = name or node.variable or compiler.fresh("n")
        if name is None and isinstance(node.properties, MapLiteral) and not all(map(_constant, node.properties.items)):
            name = node.variable or compiler.fresh("n")
        if node.where is not None:
            name = name or node.variable
            place = self._conditions if self._is_of_a_node(node.where) else self._late
            place.append(compiler.expression(node.where, AND))
        if not known or node.labels is not None:
            self._add_kinds(node, name or "", left, right)
        if node.variable is not None:
            self.bound.add(node.variable)
        labels = "" if known else ":" + ":".join(table.name for table in self.tables_of_kinds(self.kinds_of(node)))
        properties = "" if node.properties is None else self._properties(node.properties, node, name or "")
        return f"({compiler.variable(name) if name else ''}{labels}{properties})"

    def _properties(self, properties: MapLiteral, node: NodePattern, name: str) -> str:
        """The constant properties as a map; the others as conditions, since ladybug mistakes variables in a map."""
        columns = {name for table in self.tables_of_kinds(self.kinds_of(node)) for name in table.columns} | {ID}
        for key, _ in properties.items:
            if key not in columns:
                raise self.compiler.unsupported(f"property {key}", node, "no kind of this node has it")
        for item in properties.items:
            if not _constant(item):
                value = self.compiler.expression(item[1], PREDICATE)
                place = self._conditions if item[0] == ID else self._late
                place.append(f"{self.compiler.variable(name)}.{quoted(item[0])} = {value}")
        constant = tuple(item for item in properties.items if _constant(item))
        return " " + self.compiler.property_map(MapLiteral(constant)) if constant else ""

    def _add_kinds(
        self, node: NodePattern, name: str, left: RelationshipPattern | None, right: RelationshipPattern | None
    ) -> None:
        if self._missing_kinds(node, left, right):
            column = f"{self.compiler.variable(name)}.{KIND}"
            self._conditions.append(self.compiler.is_one_of(column, self.kinds_of(node)))

    def _missing_kinds(
        self, node: NodePattern, left: RelationshipPattern | None, right: RelationshipPattern | None
    ) -> bool:
        """Whether tables and relations around leave kinds that the labels exclude."""
        if node.labels is None:
            return False
        possible = {kind for table in self.tables_of_kinds(self.kinds_of(node)) for kind in table.kinds}
        if left is not None:
            possible &= self._end_kinds(left, left.direction)
        if right is not None:
            possible &= self._end_kinds(right, _REVERSED[right.direction])
        return not possible <= self._labelled(node.labels)

    def _labelled(self, labels: LabelExpression | None) -> frozenset[str]:
        """The kinds that the labels of a pattern allow by themselves: the binder knows fewer, from what is around."""
        schema = self.compiler.schema
        match labels:
            case LabelName():
                return frozenset(schema.descendants.get(labels.name, ()))
            case LabelAnd():
                return frozenset.intersection(*(self._labelled(operand) for operand in labels.operands))
            case LabelOr():
                return frozenset().union(*(self._labelled(operand) for operand in labels.operands))
            case LabelNot():
                return frozenset(schema.concrete) - self._labelled(labels.operand)
            case _:
                return frozenset(schema.concrete)

    def _end_kinds(self, relationship: RelationshipPattern, direction: Direction) -> frozenset[str]:
        """The kinds at the end that a relationship, seen along `direction`, points to."""
        if relationship.hops is not None and (relationship.hops.minimum == 0 or relationship.ends_only):
            return frozenset(self.compiler.schema.concrete)
        pairs = [pair for type_ in self.types_of(relationship) for pair in self.compiler.schema.pairs[type_]]
        ends: set[str] = set()
        if direction in (Direction.OUT, Direction.BOTH):
            ends.update(end for _, end in pairs)
        if direction in (Direction.IN, Direction.BOTH):
            ends.update(start for start, _ in pairs)
        return frozenset(ends)

    def _relationship(
        self,
        relationship: RelationshipPattern,
        shortest: ShortestKind | None,
        ends: tuple[frozenset[str], frozenset[str]],
    ) -> str:
        compiler = self.compiler
        if relationship.variable in self.bound:
            raise compiler.unsupported("a relationship that is bound already", relationship)
        if isinstance(relationship.properties, Parameter):
            raise compiler.unsupported("a parameter as a map of properties", relationship)
        name = relationship.variable if compiler.is_used(relationship.variable) else None
        if relationship.variable is not None:
            self.bound.add(relationship.variable)
        types = self.types_of(relationship)
        if relationship.direction is Direction.BOTH and shortest is None:
            loops = [t for t in types if any(a == b for a, b in compiler.schema.pairs[t])]
            if compiler.loops.among(sorted(loops)):
                raise compiler.unsupported("a relationship without direction", relationship, "where one is a loop")
        tables = self.tables_of_types(types)
        labels = ":" + "|".join(table.name for table in tables)
        some = not frozenset(type_ for table in tables for type_ in table.types) <= types
        if relationship.hops is None and shortest is None:
            if some:
                name = name or compiler.fresh("r")
                self._late.append(compiler.is_one_of(f"{compiler.variable(name)}.{TYPE}", types))
            if relationship.where is not None:
                self._late.append(compiler.expression(relationship.where, AND))
            if relationship.properties is not None:
                name = name or compiler.fresh("r")
                for key, value in relationship.properties.items:
                    column = f"{compiler.variable(name)}.{quoted(key)}"
                    self._late.append(f"{column} = {compiler.expression(value, PREDICATE)}")
            return compiler.arrow(relationship.direction, f"{compiler.variable(name) if name else ''}{labels}")
        if name is not None:
            self.walks.add(name)
        walk = self._walk(relationship, shortest, ends)
        condition = self._step_condition(relationship, types if some else frozenset())
        inside = f"{compiler.variable(name) if name else ''}{labels}{walk}{condition}"
        return compiler.arrow(relationship.direction, inside)

    def _walk(
        self,
        relationship: RelationshipPattern,
        shortest: ShortestKind | None,
        ends: tuple[frozenset[str], frozenset[str]],
    ) -> str:
        hops = relationship.hops
        minimum = 1 if hops is None or hops.minimum is None else hops.minimum
        maximum = 1 if hops is None else hops.maximum
        if maximum is None or maximum > MOST_HOPS:
            raise self.compiler.unsupported("variable length", relationship, f"more than {MOST_HOPS} hops")
        if maximum < 1 or maximum < minimum:
            raise self.compiler.unsupported("variable length", relationship, "of zero hops only")
        if shortest is not None:
            return f"*{'ALL ' if shortest is ShortestKind.ALL else ''}SHORTEST 1..{maximum}"
        if relationship.ends_only and minimum <= 1 and not ends[0] & ends[1]:
            return f"*SHORTEST 1..{maximum}"  # the start is no end: then a search once per node finds the same ends
        return f"*TRAIL {minimum}..{maximum}"

    def _step_condition(self, relationship: RelationshipPattern, types: frozenset[str]) -> str:
        if relationship.where is not None:
            raise self.compiler.unsupported("condition on each step of a variable-length relationship", relationship)
        edge, node = self.compiler.fresh("s"), self.compiler.fresh("v")
        parts = [self.compiler.is_one_of(f"{edge}.{TYPE}", types)] if types else []
        if isinstance(relationship.properties, MapLiteral):
            for key, value in relationship.properties.items:
                parts.append(f"{edge}.{quoted(key)} = {self.compiler.expression(value, AND)}")
        return f" ({edge}, {node} | WHERE {' AND '.join(parts)})" if parts else ""

    # --- tables ----------------------------------------------------------------------------------------------------

    def kinds_of(self, node: NodePattern) -> frozenset[str]:
        """The kinds that a node pattern may match."""
        return frozenset(self.compiler.schema.concrete) if node.kinds is None else node.kinds

    def types_of(self, relationship: RelationshipPattern) -> frozenset[str]:
        """The types that a relationship pattern may match."""
        return frozenset(self.compiler.schema.relations if relationship.types is None else relationship.types)

    def tables_of_kinds(self, kinds: frozenset[str]) -> list[NodeTable]:
        """The tables of some kinds; of none, any one, so that the pattern can be said."""
        tables = self.compiler.layout.nodes.values()
        return [t for t in tables if kinds.intersection(t.kinds)] or list(tables)[:1]

    def tables_of_types(self, types: frozenset[str]) -> list[RelationTable]:
        """The tables of some relation types; of none, any one."""
        tables = self.compiler.layout.relations.values()
        return [t for t in tables if types.intersection(t.types)] or list(tables)[:1]


def _ids_parameter(condition: Expression) -> tuple[str, str] | None:
    """The variable and the parameter of `n.id IN $ids`."""
    if not isinstance(condition, Binary) or condition.operator is not BinaryOperator.IN:
        return None
    left, right = condition.left, condition.right
    if isinstance(left, FunctionCall) and left.name == "elementId":
        subject: Expression = left.arguments[0]
    elif isinstance(left, Property) and left.key == ID:
        subject = left.subject
    else:
        return None
    if isinstance(subject, Variable) and isinstance(right, Parameter):
        return subject.name, right.name
    return None


def _keyed(path: PathPattern, node: NodePattern, name: str) -> PathPattern | None:
    """The path with that node found by the id that `name` holds; None where the node has an id already."""
    items = node.properties.items if isinstance(node.properties, MapLiteral) else ()
    if isinstance(node.properties, Parameter) or any(key == ID for key, _ in items):
        return None
    keyed = replace(node, properties=MapLiteral((*items, (ID, Variable(name)))))
    start = keyed if path.start is node else path.start
    steps = tuple((relationship, keyed if other is node else other) for relationship, other in path.steps)
    return replace(path, start=start, steps=steps)


def _constant(item: tuple[str, Expression]) -> bool:
    return isinstance(item[1], Literal | Parameter)


def _counts(relationship: RelationshipPattern) -> bool:
    """Whether a relationship takes part in the rule that none repeats within a MATCH."""
    return not (relationship.hops is not None and relationship.ends_only)


def _places(clause: Match, compiler: LadybugCompiler) -> Iterator[_Place]:
    for path in clause.patterns:
        nodes = path.nodes
        for position, relationship in enumerate(path.relationships):
            if _counts(relationship):
                types = frozenset(compiler.schema.relations if relationship.types is None else relationship.types)
                if relationship.hops is None:
                    left, right = (compiler.patterns.kinds_of(n) for n in nodes[position : position + 2])
                else:
                    left = right = frozenset(compiler.schema.concrete)
                yield _Place(relationship, types, left, right)


def _closures(path: PathPattern) -> list[RelationshipPattern]:
    """The relationships of a path that the adjacency index may follow."""
    if path.shortest is not None:
        return []
    return [
        r
        for r in path.relationships
        if r.hops is not None
        and r.ends_only
        and r.properties is None
        and r.where is None
        and (r.hops.minimum or 0) <= 1
        and r.hops.maximum is not None
    ]


def _segments(path: PathPattern, compiler: LadybugCompiler) -> tuple[list[PathPattern], list[RelationshipPattern]]:
    """The parts of a path between its closures, with names for the nodes on both sides of each."""
    closures = _closures(path)
    segments: list[PathPattern] = []
    start, steps = path.start, list[Step]()
    for relationship, node in path.steps:
        if not any(relationship is closure for closure in closures):
            steps.append((relationship, node))
            continue
        segments.append(PathPattern(start, tuple(steps)))
        start, steps = node, []
    segments.append(PathPattern(start, tuple(steps)))
    named = [
        _name_ends(segment, compiler, first=position > 0, last=position < len(segments) - 1)
        for position, segment in enumerate(segments)
    ]
    return named, closures


def _name_ends(segment: PathPattern, compiler: LadybugCompiler, *, first: bool, last: bool) -> PathPattern:
    for wanted, at in ((first, 0), (last, -1)):
        node = segment.nodes[at]
        if wanted:
            name = node.variable or compiler.fresh("n")
            compiler.used[name] = max(2, compiler.used.get(name, 0))
            segment = _with_node(segment, at, replace(node, variable=name))
    return segment


def _with_node(segment: PathPattern, at: int, node: NodePattern) -> PathPattern:
    if at == 0 or not segment.steps:
        return replace(segment, start=node)
    steps: Sequence[Step] = segment.steps
    return replace(segment, steps=(*steps[:-1], (steps[-1][0], node)))
