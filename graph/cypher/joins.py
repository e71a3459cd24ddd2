"""How many rows a MATCH is expected to give, and what it visits on the way: joins, expansions and walks.

The order in which a backend will join is not known here: a MATCH is supposed to start from its most selective node and
to take the cheapest relation next, as all of them try to. Walks are advanced kind by kind; closures (`ends_only`) and
shortest paths stop growing when everything within reach has been seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from graph.cypher.ast import (
    Direction,
    Expression,
    NodePattern,
    PathPattern,
    PatternComprehension,
    PatternPredicate,
    RelationshipPattern,
    Span,
    SubqueryExpression,
    Tree,
)
from graph.cypher.passes.pushdown import conjuncts
from graph.cypher.rewrite import children
from graph.cypher.selectivity import Selectivity, variables_in
from graph.cypher.statistics import LEAST, Spread, Statistics, Steps, advance, unseen

HIGHEST: Final = 1e18
"""Where estimates stop growing: beyond any limit, and safe from overflow."""

_LOOKED_AT: Final = 12
_UNBOUNDED: Final = 30


@dataclass(frozen=True, slots=True)
class Visit:
    """A part of a query: what it is, where it stands, what it costs, how many rows are there after it."""

    what: str
    span: Span
    cost: float
    rows: float
    lazy: bool = True  # whether a LIMIT behind it makes it end sooner


@dataclass(slots=True)
class Flow:
    """What is known between two clauses: expected rows, kinds of bound variables, lengths of lists."""

    rows: float = 1.0
    kinds: dict[str, Spread | None] = field(default_factory=dict)  # by variable; None: bound, kinds not known
    lists: dict[str, float] = field(default_factory=dict)

    def times(self, factor: float) -> None:
        self.rows = min(HIGHEST, self.rows * factor)

    def nested(self) -> Flow:
        return Flow(1.0, dict(self.kinds), dict(self.lists))


@dataclass(frozen=True, slots=True)
class Road:
    """A relationship of a MATCH between two of its nodes."""

    relationship: RelationshipPattern
    left: str
    right: str
    shortest: bool


def rounded(number: float) -> str:
    """A number as coarse as it is known: 3, 40, 1,200, 5.0e+09."""
    if number < 1:
        return "less than 1"
    if number >= 1e7:
        return f"{number:.0e}"
    return f"{float(f'{number:.1e}'):,.0f}"


class Joins:
    """Collects the visits of patterns; `flow` goes in as it is before a MATCH and comes out as it is after."""

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self.visits: list[Visit] = []

    def visit(self, what: str, span: Span, cost: float, rows: float, *, lazy: bool = True) -> None:
        """Note a part of the query."""
        self.visits.append(Visit(what, span, min(HIGHEST, cost), min(HIGHEST, rows), lazy))

    def scale(self, first: int, factor: float, *, eager: bool) -> None:
        """Multiply the visits from `first` on, those that a LIMIT does not end included or not."""
        for at in range(first, len(self.visits)):
            visit = self.visits[at]
            if eager or visit.lazy:
                self.visits[at] = replace(visit, cost=min(HIGHEST, visit.cost * factor))

    def join(self, patterns: Sequence[PathPattern], where: Expression | None, flow: Flow) -> list[Expression]:
        """Bind the patterns in a plausible order; returns the conditions that speak of several variables."""
        nodes: dict[str, NodePattern] = {}
        for path in patterns:
            for node in path.nodes:
                nodes.setdefault(node.variable or "", node)
        selectivity = self.selectivity(flow, nodes)
        fractions = {
            name: selectivity.of_map(name, node.properties) * selectivity.of(node.where) for name, node in nodes.items()
        }
        rest: list[Expression] = []
        for condition in conjuncts(where) if where is not None else ():
            names = variables_in(condition)
            if len(names) == 1 and next(iter(names)) in nodes and not _looks_elsewhere(condition):
                fractions[next(iter(names))] *= selectivity.of(condition)
            else:
                rest.append(condition)
        bound = {name for name in nodes if name in flow.kinds}
        for name in bound:
            flow.times(fractions[name])
            if flow.kinds[name] is None:
                flow.kinds[name] = _normal(self.statistics.spread(nodes[name].kinds))
        roads = [
            Road(relationship, left.variable or "", right.variable or "", path.shortest is not None)
            for path in patterns
            for left, (relationship, right) in zip(path.nodes, path.steps, strict=False)
        ]
        pending = set(nodes) - bound
        while roads or pending:
            road = self._next(roads, nodes, fractions, bound, flow)
            if road is None:
                name = min(pending, key=lambda name: (self.statistics.count(nodes[name].kinds) * fractions[name], name))
                self._anchor(name, nodes[name], fractions[name], flow)
                bound.add(name)
                pending.discard(name)
                continue
            roads.remove(road)
            start, end = (road.left, road.right) if road.left in bound else (road.right, road.left)
            self._expand(road, start, end, nodes[end], fractions, flow)
            bound.add(end)
            pending.discard(end)
        for path in patterns:
            if path.variable is not None:
                flow.kinds[path.variable] = None
            for relationship in path.relationships:
                flow.kinds[relationship.variable or ""] = None
        return rest

    def _next(
        self,
        roads: Sequence[Road],
        nodes: Mapping[str, NodePattern],
        fractions: Mapping[str, float],
        bound: set[str],
        flow: Flow,
    ) -> Road | None:
        """The road to take next: one between bound ends, else the one that leaves fewest rows; closures last."""
        best: Road | None = None
        least = HIGHEST * 10
        looked_at = 0
        for road in roads:
            left, right = road.left in bound, road.right in bound
            if left and right:
                return road
            if not left and not right:
                continue
            if road.relationship.hops is not None:
                growth = HIGHEST
            else:
                start, end = (road.left, road.right) if left else (road.right, road.left)
                reached = _within(advance(flow.kinds[start] or {}, self._steps(road, start)), nodes[end])
                growth = sum(reached.values()) * fractions[end]
            if growth < least:
                best, least = road, growth
            looked_at += 1
            if looked_at >= _LOOKED_AT:
                break
        return best

    def _anchor(self, name: str, node: NodePattern, fraction: float, flow: Flow) -> None:
        spread = self.statistics.spread(node.kinds)
        number = sum(spread.values())
        before = flow.rows
        flow.times(number * fraction)
        flow.kinds[name] = _normal(spread)
        keyed = node.properties is not None
        if before > 1 and number * fraction > 1:
            shown = name if not name.startswith("__") else "the nodes"
            what = f"the cartesian product of {rounded(before)} rows with {rounded(number * fraction)} for {shown}"
        else:
            what = f"looking at {rounded(number * fraction if keyed else number)} nodes"
        self.visit(what, node.span, flow.rows if keyed else before * number, flow.rows)

    def _expand(
        self,
        road: Road,
        start: str,
        end: str,
        node: NodePattern,
        fractions: Mapping[str, float],
        flow: Flow,
    ) -> None:
        relationship = road.relationship
        from_ = flow.kinds.get(start) or {}
        steps = self._steps(road, start)
        before = flow.rows
        if relationship.hops is None:
            reached: Spread = advance(from_, steps)
            cost = sum(reached.values())
            what = f"following {rounded(before * cost)} relations"
        else:
            reached, cost = self._walk(relationship, from_, steps, saturates=relationship.ends_only or road.shortest)
            what = f"following {rounded(before * cost)} relations, up to {relationship.hops.maximum} in a row"
        fraction = self.selectivity(flow, {}).of(relationship.where)
        if relationship.properties is not None:
            fraction *= 0.1
        kept = _within(reached, node)
        there = flow.kinds.get(end) if end in flow.kinds else None
        if there is not None and end in flow.kinds:
            nodes = self.statistics.nodes
            hit = sum(number * there.get(kind, 0.0) / nodes.get(kind, 1) for kind, number in kept.items())
            flow.times(fraction * (min(1.0, hit) if road.shortest or relationship.ends_only else hit))
        else:
            flow.times(fraction * fractions[end] * sum(kept.values()))
            flow.kinds[end] = _normal(kept) or _normal(self.statistics.spread(node.kinds))
        lazy = relationship.hops is None
        self.visit(what, relationship.span, min(HIGHEST, before * max(cost, 1.0)), flow.rows, lazy=lazy)

    def _steps(self, road: Road, start: str) -> Steps:
        direction = road.relationship.direction
        if start != road.left and direction is not Direction.BOTH:
            direction = Direction.IN if direction is Direction.OUT else Direction.OUT
        return self.statistics.steps(road.relationship.types, direction)

    def _walk(
        self, relationship: RelationshipPattern, start: Spread, steps: Steps, *, saturates: bool
    ) -> tuple[dict[str, float], float]:
        """Ends of the walks of a variable-length relationship from one row, by kind, and relations visited."""
        assert relationship.hops is not None
        least, most = relationship.hops.minimum, relationship.hops.maximum
        least = 1 if least is None else least
        most = _UNBOUNDED if most is None else most
        most = min(most, max(self.statistics.edges(relationship.types), 1))  # a trail repeats no relation
        ends = dict(start) if least == 0 else {}
        level: Spread = start
        before: Spread | None = None
        seen: dict[str, float] = {}
        cost = 0.0
        for hop in range(1, most + 1):
            following = advance(level, steps)
            if before is not None and relationship.direction is Direction.BOTH and not saturates:
                following = _without_return(following, before, sum(level.values()))
            cost = min(HIGHEST, cost + sum(following.values()))
            if saturates:
                following = unseen(following, seen, self.statistics.nodes)
            if hop >= least:
                for kind, number in following.items():
                    ends[kind] = min(HIGHEST, ends.get(kind, 0.0) + number)
            if cost >= HIGHEST or sum(following.values()) < LEAST:
                break
            before, level = level, following
        return ends, cost

    def selectivity(self, flow: Flow, nodes: Mapping[str, NodePattern]) -> Selectivity:
        """Fractions of conditions, given what is bound and what is being bound."""

        def holders(name: str) -> Sequence[str] | None:
            spread = flow.kinds.get(name)
            if spread is not None:
                return tuple(spread)
            node = nodes.get(name)
            if node is None:
                return None
            return tuple(self.statistics.nodes if node.kinds is None else node.kinds)

        return Selectivity(self.statistics.schema, self.statistics.count, holders)


def _looks_elsewhere(condition: Expression) -> bool:
    pending: list[Tree] = [condition]
    while pending:
        tree = pending.pop()
        if isinstance(tree, SubqueryExpression | PatternPredicate | PatternComprehension):
            return True
        pending.extend(children(tree))
    return False


def _normal(spread: Spread) -> Spread:
    every = sum(spread.values())
    return {kind: number / every for kind, number in spread.items()} if every else {}


def _within(spread: Spread, node: NodePattern) -> dict[str, float]:
    kinds = node.kinds
    return {kind: number for kind, number in spread.items() if kinds is None or kind in kinds}


def _without_return(following: Spread, before: Spread, walks: float) -> dict[str, float]:
    """Walks that do not go back by the relation that they came by."""
    every = sum(before.values()) or 1.0
    return {kind: max(0.0, number - walks * before.get(kind, 0.0) / every) for kind, number in following.items()}
