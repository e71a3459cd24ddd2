"""Patterns compiled to operators: where a match starts, how it grows, and that it walks no relation twice.

A MATCH starts at the most selective end it can find (bound, by id, by an equality, by the smallest kinds), grows along
each path in both directions, and applies each condition of WHERE as soon as what it speaks of is bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.backends.networkx import values
from graph.backends.networkx.expressions import ExpressionCompiler
from graph.backends.networkx.frame import Environment, Row, Rows, Scope
from graph.backends.networkx.labels import label_test
from graph.backends.networkx.shortest import shortest_paths
from graph.backends.networkx.sight import sight
from graph.backends.networkx.traversal import EdgeTest, Walk, closure, follow, neighbours, trails
from graph.cypher import ast
from graph.cypher.passes.perimeter import without_visibility
from graph.cypher.passes.pushdown import conjuncts
from graph.model import Edge, Node, Path

_UNLIMITED = 1 << 30


@dataclass(slots=True)
class _Plan:
    """A MATCH under construction: operators so far, names bound, relations walked, conditions not yet applied."""

    scope: Scope
    bound: set[str]
    operators: list[Rows] = field(default_factory=list)
    walked: list[tuple[int, frozenset[str] | None]] = field(default_factory=list)  # slot, types
    pending: list[tuple[ast.Expression, set[str]]] = field(default_factory=list)


class PatternCompiler:
    """Compiles MATCH clauses and patterns inside expressions."""

    def __init__(self, environment: Environment, expressions: ExpressionCompiler) -> None:
        self._environment = environment
        self._store = environment.store
        self._expressions = expressions
        schema = environment.schema
        self._all_kinds = frozenset(environment.store.by_kind if schema is None else schema.concrete)
        self._all_types = None if schema is None else len(schema.relations)
        self._identifies = None if schema is None else "id"  # the property that is the identity of an element

    def compile(self, patterns: Sequence[ast.PathPattern], where: ast.Expression | None, scope: Scope) -> Rows:
        """An operator that gives, for each row, one row per match. Declares the patterns' variables in `scope`."""
        known = set(scope.names)
        for name in dict.fromkeys(name for pattern in patterns for name in _variables(pattern)):
            if name not in scope.names:
                scope.declare(name)
        plan = _Plan(scope, known)
        if where is not None:
            own = set(scope.names) - known
            plan.pending = [(condition, _mentioned(condition) & own) for condition in conjuncts(where)]
        self._apply_conditions(plan)
        remaining = list(patterns)
        while remaining:
            pattern = min(remaining, key=lambda p: self._cost(p, plan))
            remaining.remove(pattern)
            self._path(pattern, plan)
        operators = tuple(plan.operators)

        def run(rows: Iterator[Row]) -> Iterator[Row]:
            for operator in operators:
                rows = operator(rows)
            return rows

        return run

    # --- planning ----------------------------------------------------------------------------------------------------

    def _cost(self, pattern: ast.PathPattern, plan: _Plan) -> float:
        return min(self._start_cost(node, plan) for node in pattern.nodes)

    def _start_cost(self, node: ast.NodePattern, plan: _Plan) -> float:
        if node.variable in plan.bound:
            return 0
        kinds = self._kinds(node)
        if isinstance(node.properties, ast.MapLiteral):
            keys = {key for key, _ in node.properties.items}
            if self._identifies in keys:
                return 1
            if keys:
                return 2 + self._store.count(kinds) / 1_000
        return 3 + self._store.count(kinds)

    def _kinds(self, node: ast.NodePattern) -> frozenset[str]:
        return self._all_kinds if node.kinds is None else node.kinds

    def _path(self, pattern: ast.PathPattern, plan: _Plan) -> None:
        nodes = pattern.nodes
        if pattern.shortest is not None:
            self._shortest(pattern, plan)
            return
        first = min(range(len(nodes)), key=lambda place: self._start_cost(nodes[place], plan))
        self._node(nodes[first], plan)
        for place in range(first, len(pattern.steps)):
            relationship, target = pattern.steps[place]
            self._step(nodes[place], relationship, target, plan, reverse=False)
        for place in range(first - 1, -1, -1):
            relationship, _ = pattern.steps[place]
            self._step(nodes[place + 1], relationship, nodes[place], plan, reverse=True)
        if pattern.variable is not None:
            self._assemble(pattern, plan)

    def _bind(self, name: str | None, plan: _Plan) -> None:
        if name is not None:
            plan.bound.add(name)
        self._apply_conditions(plan)

    def _apply_conditions(self, plan: _Plan) -> None:
        ready = [condition for condition, names in plan.pending if names <= plan.bound]
        plan.pending = [(condition, names) for condition, names in plan.pending if not names <= plan.bound]
        for condition in ready:
            plan.operators.append(_filter(self._expressions.condition(condition, plan.scope)))

    # --- nodes -------------------------------------------------------------------------------------------------------

    def _node(self, node: ast.NodePattern, plan: _Plan) -> None:
        slot = self._slot(node.variable, plan)
        if node.variable in plan.bound:
            fits = self._acceptance(node, plan.scope)
            plan.operators.append(_filter(lambda row: row[slot] is not None and fits(row[slot], row)))
            return
        key = self._looked_up(node)
        candidates = self._candidates(node, key, plan)
        accept = self._acceptance(node, plan.scope, key)
        step = self._environment.deadline.step

        def scan(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                for found in candidates(row):
                    step()
                    if accept(found, row):
                        new = row.copy()
                        new[slot] = found
                        yield new

        plan.operators.append(scan)
        self._bind(node.variable, plan)

    def _looked_up(self, node: ast.NodePattern) -> str | None:
        """The property by which a node is found without looking at others: its identity, or one that an index serves."""
        if not isinstance(node.properties, ast.MapLiteral):
            return None
        keys = [key for key, _ in node.properties.items]
        return self._identifies if self._identifies in keys else next(iter(keys), None)

    def _candidates(self, node: ast.NodePattern, key: str | None, plan: _Plan) -> Callable[[Row], Any]:
        kinds, store = tuple(sorted(self._kinds(node))), self._store
        if key is None or not isinstance(node.properties, ast.MapLiteral):
            return lambda _row: store.of_kinds(kinds)
        value = self._expressions.compile(dict(node.properties.items)[key], plan.scope)
        if key != self._identifies:
            return lambda row: store.lookup(kinds, key, value(row))
        nodes = store.nodes

        def by_id(row: Row) -> Sequence[Node]:
            wanted = value(row)
            found = nodes.get(wanted) if isinstance(wanted, str) else None
            return () if found is None else (found,)

        return by_id

    def _acceptance(self, node: ast.NodePattern, scope: Scope, known: str | None = None) -> Callable[[Node, Row], bool]:
        """Whether a node fits the pattern: kind or labels, properties but the `known` one, and its inline WHERE."""
        tests: list[Callable[[Node, Row], bool]] = []
        where, asked = without_visibility(node.where)
        if asked is not None:  # before anything else is asked of a node that may be hidden
            sees = sight(asked, self._environment.parameters)
            tests.append(lambda found, _row: sees(found))
        if node.kinds is not None:
            if node.kinds != self._all_kinds:
                kinds = node.kinds
                tests.append(lambda found, _row: found.labels[0] in kinds)
        elif node.labels is not None:
            holds = label_test(node.labels)
            tests.append(lambda found, _row: holds(found.labels))
        tests += self._property_tests(node.properties, scope, known)
        if where is not None:
            slot = self._slot_of(node.variable, scope)
            condition = self._expressions.condition(where, scope)

            def inline(found: Node, row: Row) -> bool:
                row = row.copy()
                row[slot] = found
                return condition(row)

            tests.append(inline)
        return _all_of(tests)

    def _property_tests(
        self, properties: ast.MapLiteral | ast.Parameter | None, scope: Scope, known: str | None = None
    ) -> list[Callable[[Any, Row], bool]]:
        if properties is None:
            return []
        same = self._same
        if isinstance(properties, ast.Parameter):
            given = self._expressions.compile(properties, scope)
            return [lambda found, row: all(same(found, key, value) for key, value in (given(row) or {}).items())]
        tests: list[Callable[[Any, Row], bool]] = []
        for key, expression in properties.items:
            if key == known:
                continue
            value = self._expressions.compile(expression, scope)
            tests.append(lambda found, row, key=key, value=value: same(found, key, value(row)))  # type: ignore[misc]
        return tests

    def _same(self, element: Any, key: str, value: Any) -> bool:
        if type(value) is str and key != self._identifies:  # a text equals the same text only
            return bool(element.properties.get(key) == value)
        return values.equal(self._expressions.property_of(element, key), value) is True

    # --- steps -------------------------------------------------------------------------------------------------------

    def _step(
        self,
        source: ast.NodePattern,
        relationship: ast.RelationshipPattern,
        target: ast.NodePattern,
        plan: _Plan,
        *,
        reverse: bool,
    ) -> None:
        edge_slot = self._slot(relationship.variable, plan)
        types = self._types(relationship)
        clashing = tuple(slot for slot, others in plan.walked if types is None or others is None or types & others)
        if relationship.hops is None:
            operator = self._fixed(source, relationship, target, plan, edge_slot, clashing, reverse)
        else:
            operator = self._variable(source, relationship, target, plan, edge_slot, clashing, reverse)
        plan.operators.append(operator)
        plan.walked.append((edge_slot, types))
        if relationship.variable is not None:
            plan.bound.add(relationship.variable)
        self._bind(target.variable, plan)

    def _fixed(
        self,
        source: ast.NodePattern,
        relationship: ast.RelationshipPattern,
        target: ast.NodePattern,
        plan: _Plan,
        edge_slot: int,
        clashing: tuple[int, ...],
        reverse: bool,
    ) -> Rows:
        source_slot, target_slot = self._slot(source.variable, plan), self._slot(target.variable, plan)
        step = self._environment.deadline.step
        walk = self._walk(relationship, reverse)
        fits = self._edge_test(relationship, plan.scope)
        accept = self._acceptance(target, plan.scope)
        target_bound = target.variable in plan.bound or target.variable == source.variable
        edge_bound = relationship.variable in plan.bound
        nodes = self._store.nodes

        def expand(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                start = row[source_slot]
                if start is None:
                    continue
                wanted = row[target_slot] if target_bound else None
                if target_bound and wanted is None:
                    continue
                for edge, other in neighbours(walk, start.id):
                    step()
                    if wanted is not None and wanted.id != other:
                        continue
                    if edge_bound and row[edge_slot] != edge:
                        continue
                    if clashing and _walked(edge, row, clashing):
                        continue
                    found = nodes[other]
                    if (fits is None or fits(edge, row)) and accept(found, row):
                        new = row.copy()
                        new[edge_slot] = edge
                        new[target_slot] = found
                        yield new

        return expand

    def _variable(
        self,
        source: ast.NodePattern,
        relationship: ast.RelationshipPattern,
        target: ast.NodePattern,
        plan: _Plan,
        edge_slot: int,
        clashing: tuple[int, ...],
        reverse: bool,
    ) -> Rows:
        source_slot, target_slot = self._slot(source.variable, plan), self._slot(target.variable, plan)
        step = self._environment.deadline.step
        walk = self._walk(relationship, reverse)
        fits = self._edge_test(relationship, plan.scope)
        accept = self._acceptance(target, plan.scope)
        target_bound = target.variable in plan.bound or target.variable == source.variable
        low, high = _bounds(relationship)
        nodes = self._store.nodes
        ends_only = relationship.ends_only
        edge_bound = relationship.variable in plan.bound

        def expand(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                start = row[source_slot]
                if start is None:
                    continue
                wanted = row[target_slot] if target_bound else None
                if target_bound and wanted is None:
                    continue
                test = None if fits is None else lambda edge, row=row: fits(edge, row)
                ends: Iterator[tuple[str, list[Edge] | None]]
                if edge_bound:
                    given = row[edge_slot]
                    if not isinstance(given, list):
                        continue
                    if clashing and any(_walked(edge, row, clashing) for edge in given):
                        continue
                    end = follow(walk, start.id, low, high, given[::-1] if reverse else given, test)
                    ends = iter(() if end is None else ((end, given),))
                elif ends_only:
                    ends = ((end, None) for end in closure(walk, start.id, low, high, test, step))
                else:
                    used = {edge.id for slot in clashing for edge in _edges_in(row[slot])}
                    ends = trails(walk, start.id, low, high, test, used, step)
                for end, edges in ends:
                    if wanted is not None and wanted.id != end:
                        continue
                    found = nodes[end]
                    if accept(found, row):
                        new = row.copy()
                        if not edge_bound:
                            new[edge_slot] = edges[::-1] if edges is not None and reverse else edges
                        new[target_slot] = found
                        yield new

        return expand

    def _walk(self, relationship: ast.RelationshipPattern, reverse: bool) -> Walk:
        direction = relationship.direction
        if reverse and direction is not ast.Direction.BOTH:
            direction = ast.Direction.IN if direction is ast.Direction.OUT else ast.Direction.OUT
        return Walk(self._store, direction, self._named_types(relationship))

    def _named_types(self, relationship: ast.RelationshipPattern) -> tuple[str, ...] | None:
        """The types to look for; None for any type."""
        if relationship.types is None or len(relationship.types) == self._all_types:
            return None
        return relationship.types

    def _types(self, relationship: ast.RelationshipPattern) -> frozenset[str] | None:
        return None if relationship.types is None else frozenset(relationship.types)

    def _edge_test(self, relationship: ast.RelationshipPattern, scope: Scope) -> Callable[[Edge, Row], bool] | None:
        tests: list[Callable[[Edge, Row], bool]] = []
        where, asked = without_visibility(relationship.where)
        if asked is not None:
            sees, nodes = sight(asked, self._environment.parameters), self._store.nodes
            tests.append(lambda edge, _row: sees(nodes[edge.start]) and sees(nodes[edge.end]))
        tests += self._property_tests(relationship.properties, scope)
        if relationship.types is None and relationship.labels is not None:
            holds = label_test(relationship.labels)
            tests.append(lambda edge, _row: holds((edge.type,)))
        if where is not None:
            slot = self._slot_of(relationship.variable, scope)
            condition = self._expressions.condition(where, scope)

            def inline(edge: Edge, row: Row) -> bool:
                row = row.copy()
                row[slot] = edge
                return condition(row)

            tests.append(inline)
        return _all_of(tests) if tests else None

    # --- paths -------------------------------------------------------------------------------------------------------

    def _assemble(self, pattern: ast.PathPattern, plan: _Plan) -> None:
        slot = self._slot(pattern.variable, plan)
        start = self._slot(pattern.start.variable, plan)
        edges = [self._slot(relationship.variable, plan) for relationship in pattern.relationships]
        nodes = self._store.nodes

        def build(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                walked = [edge for place in edges for edge in _edges_in(row[place])]
                new = row.copy()  # the row may be one that OPTIONAL MATCH goes back to
                new[slot] = _path(nodes, row[start], walked)
                yield new

        plan.operators.append(build)
        self._bind(pattern.variable, plan)

    def _shortest(self, pattern: ast.PathPattern, plan: _Plan) -> None:
        ((relationship, target),) = pattern.steps
        self._node(pattern.start, plan)
        self._node(target, plan)
        start_slot, end_slot = self._slot(pattern.start.variable, plan), self._slot(target.variable, plan)
        edge_slot = self._slot(relationship.variable, plan)
        path_slot = None if pattern.variable is None else self._slot(pattern.variable, plan)
        walk = self._walk(relationship, False)
        fits = self._edge_test(relationship, plan.scope)
        low, high = _bounds(relationship) if relationship.hops is not None else (1, 1)
        every = pattern.shortest is ast.ShortestKind.ALL
        single = relationship.hops is None
        step = self._environment.deadline.step
        nodes = self._store.nodes

        def search(rows: Iterator[Row]) -> Iterator[Row]:
            for row in rows:
                start, end = row[start_slot], row[end_slot]
                if start is None or end is None:
                    continue
                test: EdgeTest = None if fits is None else lambda edge, row=row: fits(edge, row)
                for edges in shortest_paths(walk, start.id, end.id, low, high, test, step, every=every):
                    new = row.copy()
                    new[edge_slot] = edges[0] if single else edges
                    if path_slot is not None:
                        new[path_slot] = _path(nodes, start, edges)
                    yield new

        plan.operators.append(search)
        plan.bound.add(relationship.variable or "")
        self._bind(pattern.variable, plan)

    # --- slots -------------------------------------------------------------------------------------------------------

    def _slot(self, name: str | None, plan: _Plan) -> int:
        return self._slot_of(name, plan.scope)

    @staticmethod
    def _slot_of(name: str | None, scope: Scope) -> int:
        return scope.names[name] if name is not None else scope.slots.take()


def _variables(pattern: ast.PathPattern) -> list[str]:
    names = [node.variable for node in pattern.nodes]
    names += [relationship.variable for relationship in pattern.relationships]
    return [name for name in (*names, pattern.variable) if name is not None]


def _mentioned(expression: ast.Expression) -> set[str]:
    """Every variable that an expression names, in patterns and map projections too."""
    names: set[str] = set()
    for tree in ast.walk(expression):
        match tree:
            case ast.Variable(name=name):
                names.add(name)
            case ast.MapProjection(subject=subject):
                names.add(subject)
            case ast.NodePattern(variable=str(name)) | ast.RelationshipPattern(variable=str(name)):
                names.add(name)
            case ast.CallSubquery(imports=tuple(imports)):
                names.update(imports)
    return names


def _bounds(relationship: ast.RelationshipPattern) -> tuple[int, int]:
    hops = relationship.hops
    if hops is None:
        return 1, 1
    return (1 if hops.minimum is None else hops.minimum), (_UNLIMITED if hops.maximum is None else hops.maximum)


def _edges_in(value: Any) -> Sequence[Edge]:
    if value is None:
        return ()
    return (value,) if isinstance(value, Edge) else value


def _walked(edge: Edge, row: Row, slots: tuple[int, ...]) -> bool:
    return any(edge.id == other.id for slot in slots for other in _edges_in(row[slot]))


def _all_of(tests: list[Callable[[Any, Row], bool]]) -> Callable[[Any, Row], bool]:
    if not tests:
        return lambda _found, _row: True
    if len(tests) == 1:
        return tests[0]
    first, second = tests[0], _all_of(tests[1:])
    return lambda found, row: first(found, row) and second(found, row)


def _filter(condition: Callable[[Row], bool]) -> Rows:
    return lambda rows: (row for row in rows if condition(row))


def _path(nodes: dict[str, Node], start: Node, edges: list[Edge]) -> Path:
    walked = [start]
    for edge in edges:
        walked.append(nodes[edge.end if edge.start == walked[-1].id else edge.start])
    return Path(tuple(walked), tuple(edges))
