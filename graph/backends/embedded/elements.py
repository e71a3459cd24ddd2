"""Nodes and relationships over tables: kinds and types become tables, and conditions where tables hold more than is meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from graph.backends.embedded.layout import ID, KIND, TYPE, NodeTable, RelationTable, quoted
from graph.cypher.ast import (
    Direction,
    Expression,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    Literal,
    MapLiteral,
    NodePattern,
    Parameter,
    PatternPredicate,
    RelationshipPattern,
    SubqueryExpression,
    Variable,
)
from graph.cypher.bound import TypeName
from graph.cypher.passes.perimeter import without_visibility
from graph.cypher.printer import AND, PREDICATE
from graph.cypher.rewrite import descend, mentions

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler

MOST_HOPS: Final = 30
"""ladybug's own limit of a recursive pattern."""

REVERSED: Final = {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT, Direction.BOTH: Direction.BOTH}


@dataclass(slots=True)
class ElementPrinter:
    """Prints the parts of patterns for a compiler, and gathers the conditions that they add to their MATCH."""

    compiler: LadybugCompiler
    bound: set[str] = field(default_factory=set)  # variables of earlier clauses
    walks: set[str] = field(default_factory=set)  # variables of variable-length relationships, lists in Cypher
    ids: dict[str, str] = field(
        default_factory=dict
    )  # nodes of which there is only the id, and the variable that holds it
    later: set[str] = field(default_factory=set)  # what the clauses after this one name
    _maps_apart: bool = False  # whether constant properties, too, are conditions
    _conditions: list[str] = field(default_factory=list)
    _late: list[str] = field(default_factory=list)  # conditions that must not stand between two relations
    _apart_conditions: list[str] = field(default_factory=list)  # that no relation repeats

    def id_of(self, variable: str) -> str:
        """The id of a node, which may be all that there is of it."""
        held = self.ids.get(variable)
        return f"{self.compiler.variable(variable)}.{ID}" if held is None else self.compiler.variable(held)

    # --- nodes and relationships -----------------------------------------------------------------------------------

    def _node(self, node: NodePattern, left: RelationshipPattern | None, right: RelationshipPattern | None) -> str:
        if isinstance(node.properties, Parameter):
            raise self.compiler.unsupported("a parameter as a map of properties", node)
        compiler = self.compiler
        known = node.variable in self.bound
        name = node.variable if known or compiler.is_used(node.variable) else None
        if not known and self._missing_kinds(node, left, right):
            name = name or node.variable or compiler.fresh("n")
        if (
            name is None
            and isinstance(node.properties, MapLiteral)
            and (self._maps_apart or not all(map(is_constant, node.properties.items)))
        ):
            name = node.variable or compiler.fresh("n")
        where, asked = without_visibility(node.where)
        if asked is not None and not known:  # what is known was seen when it was found
            name = name or node.variable or compiler.fresh("n")
        if where is not None:
            name = name or node.variable
        if not known or node.labels is not None:  # first, since a kind is compared for less than a perimeter
            self._add_kinds(node, name or "", left, right)
        if asked is not None and not known:
            self._conditions.append(compiler.is_seen(compiler.variable(name or "")))
        if where is not None:
            place = self._conditions if self._is_of_a_node(where) else self._late
            place.append(compiler.expression(where, AND))
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
            if self._maps_apart or not is_constant(item):
                value = self.compiler.expression(item[1], PREDICATE)
                place = self._conditions if item[0] == ID else self._late
                place.append(f"{self.compiler.variable(name)}.{quoted(item[0])} = {value}")
        constant = tuple(item for item in properties.items if is_constant(item) and not self._maps_apart)
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
        if not self.kinds_of(node):
            return True  # of no kind: the table is any one, and says nothing
        possible = {kind for table in self.tables_of_kinds(self.kinds_of(node)) for kind in table.kinds}
        if left is not None:
            possible &= self._end_kinds(left, left.direction)
        if right is not None:
            possible &= self._end_kinds(right, REVERSED[right.direction])
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
        if relationship.direction is Direction.BOTH:
            loops = [t for t in types if any(a == b for a, b in compiler.schema.pairs[t])]
            if compiler.loops.among(sorted(loops)):
                raise compiler.unsupported("a relationship without direction", relationship, "where one is a loop")
        tables = self.tables_of_types(types)
        labels = ":" + "|".join(table.name for table in tables)
        some = not frozenset(type_ for table in tables for type_ in table.types) <= types
        if relationship.hops is None:
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
        walk = self._walk(relationship, ends)
        condition = self._step_condition(relationship, types if some else frozenset())
        inside = f"{compiler.variable(name) if name else ''}{labels}{walk}{condition}"
        return compiler.arrow(relationship.direction, inside)

    def _walk(
        self,
        relationship: RelationshipPattern,
        ends: tuple[frozenset[str], frozenset[str]],
    ) -> str:
        hops = relationship.hops
        minimum = 1 if hops is None or hops.minimum is None else hops.minimum
        maximum = 1 if hops is None else hops.maximum
        if maximum is None or maximum > MOST_HOPS:
            raise self.compiler.unsupported("variable length", relationship, f"more than {MOST_HOPS} hops")
        if minimum == 0 and not self._all_joined(relationship, ends):
            raise self.compiler.unsupported(
                "variable length", relationship, "of zero hops from nodes whose table has no such relation"
            )
        if maximum < 1 or maximum < minimum:
            raise self.compiler.unsupported("variable length", relationship, "of zero hops only")
        if relationship.ends_only and minimum <= 1 and not ends[0] & ends[1]:
            return f"*SHORTEST 1..{maximum}"  # the start is no end: then a search once per node finds the same ends
        return f"*TRAIL {minimum}..{maximum}"

    def _all_joined(self, relationship: RelationshipPattern, ends: tuple[frozenset[str], frozenset[str]]) -> bool:
        """Whether every table of the ends has some of the relations: ladybug finds no path of zero hops elsewhere."""
        pairs = [pair for table in self.tables_of_types(self.types_of(relationship)) for pair in table.pairs]
        joined = {name for pair in pairs for name in pair}
        return all(table.name in joined for kinds in ends for table in self.tables_of_kinds(kinds))

    def _step_condition(self, relationship: RelationshipPattern, types: frozenset[str]) -> str:
        where, asked = without_visibility(relationship.where)
        if where is not None:
            raise self.compiler.unsupported("condition on each step of a variable-length relationship", relationship)
        edge, node = self.compiler.fresh("s"), self.compiler.fresh("v")
        parts = [self.compiler.is_one_of(f"{edge}.{TYPE}", types)] if types else []
        if isinstance(relationship.properties, MapLiteral):
            for key, value in relationship.properties.items:
                parts.append(f"{edge}.{quoted(key)} = {self.compiler.expression(value, AND)}")
        if asked is not None:  # of the nodes between both ends
            if asked.kinds is not None:
                parts.append(self.compiler.is_one_of(f"{node}.{KIND}", asked.kinds))
            if asked.bounded:
                parts.append(self.compiler.is_seen(node))
        return f" ({edge}, {node} | WHERE {' AND '.join(parts)})" if parts else ""

    def _is_of_a_node(self, condition: Expression) -> bool:
        if any(isinstance(tree, SubqueryExpression | PatternPredicate) for tree in descend(condition)):
            return False
        names = list(mentions(condition))
        return not names or (len(names) == 1 and self.compiler.type_of(Variable(names[0])).name is TypeName.NODE)

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


def is_constant(item: tuple[str, Expression]) -> bool:
    return isinstance(item[1], Literal | Parameter)
