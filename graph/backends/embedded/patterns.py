"""MATCH clauses over tables: which conditions may stand where, and that no relationship repeats within one.

ladybug 0.22 gives wrong rows where a filter that is no node's own stands between the scans of two relations; it merges
MATCH clauses and moves filters forward, but not across a WITH. Such conditions go behind a `WITH *`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

from graph.backends.embedded.elements import ElementPrinter
from graph.backends.embedded.holders import FUNCTION
from graph.backends.embedded.layout import ID
from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Direction,
    Expression,
    FunctionCall,
    Literal,
    MapLiteral,
    Match,
    NodePattern,
    Parameter,
    PathPattern,
    Property,
    RelationshipPattern,
    Variable,
)
from graph.cypher.passes.perimeter import without_visibility
from graph.cypher.passes.pushdown import conjunction, conjuncts
from graph.cypher.printer import AND
from graph.cypher.rewrite import mentions

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler

MOST_STEPS: Final = 2
"""Relations that ladybug 0.22 joins without losing rows where a node is filtered first."""

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
class PatternPrinter(ElementPrinter):
    """Prints the MATCH clauses of one query; the compiler prints what stands in them."""

    _unwound: str = ""
    _inside: bool = False  # a subquery
    open_steps: int = 0  # relations of MATCH clauses since the last WITH: ladybug plans them together

    def follow(self, clause: Match) -> str | None:
        """The clause with its closures on the adjacency index; None for a clause without, or where they cannot be."""
        return None

    def shortest(self, clause: Match, *, inside: bool) -> str:
        """A clause with shortest paths, which are searched in memory."""
        raise NotImplementedError

    # --- clauses ---------------------------------------------------------------------------------------------------

    def match(self, clause: Match, *, inside: bool = False) -> str:
        """A MATCH; several clauses where closures are split off. `inside` a subquery nothing is split."""
        outer, self._conditions = self._conditions, []
        outer_late, self._late = self._late, []
        outer_apart, self._apart_conditions = self._apart_conditions, []
        known = set(self.bound)
        outside, self._inside = self._inside, inside
        try:
            clause = self._named(clause)
            if not clause.optional and not inside:
                given = self._given_ids(clause) or self._held_values(clause)
                if given is not None:
                    return self._unwound + self._match(given, inside=inside)
            return self._match(clause, inside=inside)
        finally:
            self._conditions, self._late, self._apart_conditions = outer, outer_late, outer_apart
            self.bound = known if inside else self.bound
            self._inside = outside

    def _match(self, clause: Match, *, inside: bool) -> str:
        if any(path.shortest is not None for path in clause.patterns):
            return self.shortest(clause, inside=inside)
        followed = None if inside else self.follow(clause)
        if followed is not None:
            return followed
        steps = sum(len(path.steps) for path in clause.patterns)
        if not clause.optional and not inside:
            return self._barrier(steps) + (
                self._anchored(clause)
                if steps > MOST_STEPS
                else f"MATCH {', '.join(self._path(path, clause) for path in clause.patterns)}{self._filter(clause.where)}"
            )
        printed = ", ".join(self._path(path, clause) for path in clause.patterns)
        early, late = self._divided(clause.where)
        filtered = self._conditions or early or any(n.properties is not None for p in clause.patterns for n in p.nodes)
        if (steps > 1 and (self._late or late)) or (steps > MOST_STEPS and (self._apart_conditions or filtered)):
            raise self.compiler.unsupported(
                "a condition between the relations of an OPTIONAL MATCH or a subquery",
                clause,
                "ladybug loses rows there",
            )
        self._conditions += [*self._apart_conditions, *self._late]
        return ("OPTIONAL " if clause.optional else "") + f"MATCH {printed}{self._where([*early, *late])}"

    def _barrier(self, steps: int) -> str:
        """What keeps ladybug from planning a MATCH together with those before it, where they are too many for it."""
        apart = bool(steps and self.open_steps and self.open_steps + steps > MOST_STEPS)
        self.open_steps = steps if apart else self.open_steps + steps
        return "WITH *\n" if apart else ""

    def _anchored(self, clause: Match) -> str:
        """A MATCH of many relations: first the node that is found best, then the others from there, then every condition.

        ladybug 0.22 loses rows where a filter on a node stands before the scans of three relations or more.
        """
        conditions = [] if clause.where is None else conjuncts(clause.where)
        nodes = [n for path in clause.patterns for n in path.nodes if n.variable not in self.bound]
        anchor = max(nodes, key=lambda node: self._found_by(node, conditions), default=None)
        text, paths = "", clause.patterns
        if anchor is not None and anchor.variable is not None and self._found_by(anchor, conditions) > 0:
            own = [c for c in conditions if self._is_of_a_node(c) and set(mentions(c)) == {anchor.variable}]
            conditions = [c for c in conditions if not any(c is other for other in own)]
            self.compiler.used[anchor.variable] = max(2, self.compiler.used.get(anchor.variable, 0))
            text = f"MATCH {self._node(anchor, None, None)}{self._where(own)}\nWITH *\n"
            known = NodePattern(anchor.variable, kinds=anchor.kinds)
            paths = tuple(_with(path, anchor, known) for path in paths)
        self._maps_apart = True
        paths, closing = self._opened(paths)
        printed = ", ".join(self._path(path, clause) for path in paths)
        for path in closing:
            printed += f"\nWITH *\nMATCH {self._path(path, clause)}"
        self._maps_apart = False
        after = [*self._conditions, *self._apart_conditions, *self._late]
        self._conditions, self._apart_conditions, self._late = [], [], []
        after += [self.compiler.expression(part, AND) for part in conditions]
        return f"{text}MATCH {printed}" + (f"\nWITH * WHERE {' AND '.join(after)}" if after else "")

    def _opened(self, paths: tuple[PathPattern, ...]) -> tuple[tuple[PathPattern, ...], list[PathPattern]]:
        """The paths without the steps that lead back to a node of the clause, and those steps, each by itself.

        ladybug 0.22 loses rows where it plans a circle together with other relations.
        """
        seen: set[str | None] = set()
        open_, closing = [], []
        for path in paths:
            named = self._with_named_nodes(path) if self._leads_back(path, seen) else path
            pieces = [PathPattern(named.start)]
            seen.add(named.start.variable)
            for relationship, node in named.steps:
                start = pieces[-1].nodes[-1]
                if node.variable is not None and node.variable in seen:
                    closing.append(PathPattern(_again(start), ((relationship, _again(node)),)))
                    pieces.append(PathPattern(_again(node)))
                else:
                    pieces[-1] = replace(pieces[-1], steps=(*pieces[-1].steps, (relationship, node)))
                seen.add(node.variable)
            if len(pieces) > 1 and self.compiler.is_used(path.variable):
                raise self.compiler.unsupported("a named path in a circle", path, "ladybug loses rows there")
            open_ += (
                [named] if len(pieces) == 1 else [piece for at, piece in enumerate(pieces) if not at or piece.steps]
            )
        return tuple(open_), closing

    def _leads_back(self, path: PathPattern, seen: set[str | None]) -> bool:
        names = [node.variable for node in path.nodes if node.variable is not None]
        return len(set(names)) < len(names) or bool(seen.intersection(names[1:]))

    def _with_named_nodes(self, path: PathPattern) -> PathPattern:
        """The path with a name for every node, so that a step can stand apart."""

        def name(node: NodePattern) -> NodePattern:
            variable = node.variable or self.compiler.fresh("n")
            self.compiler.used[variable] = max(2, self.compiler.used.get(variable, 0))
            return replace(node, variable=variable)

        return replace(path, start=name(path.start), steps=tuple((r, name(n)) for r, n in path.steps))

    def _found_by(self, node: NodePattern, conditions: Sequence[Expression]) -> int:
        """How well a new node can be found: by its id, by other properties, by a condition, not at all."""
        if isinstance(node.properties, MapLiteral):
            return 3 if any(key == ID for key, _ in node.properties.items) else 2
        where, _ = without_visibility(node.where)
        own = where is not None and self._is_of_a_node(where)
        return 1 if own or any(self._is_of_a_node(c) and set(mentions(c)) == {node.variable} for c in conditions) else 0

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

    def _held_values(self, clause: Match) -> Match | None:
        """A node with `name: $name`, where nothing in the clause is known better: its ids first, one look-up for each."""
        nodes = [(at, node) for at, path in enumerate(clause.patterns) for node in path.nodes]
        if any(self._has_id(node) or node.variable in self.bound for _, node in nodes):
            return None
        for at, node in nodes:
            items = node.properties.items if isinstance(node.properties, MapLiteral) else ()
            for key, value in items:
                number = self._holder(node, key, value)
                if number is None:
                    continue
                name = self.compiler.fresh("e")
                keyed = _keyed(clause.patterns[at], node, name)
                if keyed is None:
                    continue
                self.compiler.held.add(number)
                call = f"{FUNCTION}({self.compiler.expression(value)}, {number})"
                self._unwound = f"UNWIND {call} AS {self.compiler.variable(name)}\n"
                return replace(clause, patterns=(*clause.patterns[:at], keyed, *clause.patterns[at + 1 :]))
        return None

    def _has_id(self, node: NodePattern) -> bool:
        return isinstance(node.properties, MapLiteral) and any(key == ID for key, _ in node.properties.items)

    def _holder(self, node: NodePattern, key: str, value: Expression) -> int | None:
        """The number of an attribute by which the node is found faster than by reading its table."""
        text = isinstance(value, Literal) and isinstance(value.value, str)
        sent = isinstance(value, Parameter) and value.name not in self.compiler.given
        if not (text or sent) or len(self.tables_of_kinds(self.kinds_of(node))) != 1:
            return None
        return self.compiler.holders.number(key)

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
        if named and self._inside:
            raise self.compiler.unsupported("a named path in a subquery", path, "ladybug gives another path there")
        if named and clause.optional:
            raise self.compiler.unsupported(
                "a named path in OPTIONAL MATCH", path, "ladybug gives a path where there is none"
            )
        if (
            named
            and len(path.steps) > 1
            and any(r.hops is not None and r.hops.minimum == 0 for r in path.relationships)
        ):
            raise self.compiler.unsupported(
                "a named path with a part of no hops", path, "ladybug tells the node of such a part twice"
            )
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
            self._check_round_trip(path, relationship, nodes[position], node)
            ends = (self.kinds_of(nodes[position]), self.kinds_of(node))
            text += self._relationship(relationship, ends) + self._node(node, *sides[position + 1])
        return text

    def _check_round_trip(
        self, path: PathPattern, relationship: RelationshipPattern, start: NodePattern, end: NodePattern
    ) -> None:
        """A walk from a node to itself: ladybug finds it, and tells its relations from either side; not in a subquery."""
        if relationship.hops is None or start.variable is None or start.variable != end.variable:
            return
        if self._inside or any(self.compiler.is_used(name) for name in (relationship.variable, path.variable)):
            raise self.compiler.unsupported(
                "a walk from a node to itself",
                relationship,
                "ladybug counts some twice, and tells relations in either order",
            )


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


def _again(node: NodePattern) -> NodePattern:
    """A node that is asked for elsewhere: its name, and what the store looks for it in."""
    return NodePattern(node.variable, kinds=node.kinds)


def _with(path: PathPattern, node: NodePattern, other: NodePattern) -> PathPattern:
    """The path with another node in the place of one."""
    start = other if path.start is node else path.start
    return replace(path, start=start, steps=tuple((r, other if n is node else n) for r, n in path.steps))


def _keyed(path: PathPattern, node: NodePattern, name: str) -> PathPattern | None:
    """The path with that node found by the id that `name` holds; None where the node has an id already."""
    items = node.properties.items if isinstance(node.properties, MapLiteral) else ()
    if isinstance(node.properties, Parameter) or any(key == ID for key, _ in items):
        return None
    keyed = replace(node, properties=MapLiteral((*items, (ID, Variable(name)))))
    return _with(path, node, keyed)


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
