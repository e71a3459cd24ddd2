"""Made patterns: paths that the schema allows, from variables that are known or to new ones."""

from __future__ import annotations

from dataclasses import replace

from graph.cypher.ast import (
    Binary,
    BinaryOperator,
    Direction,
    Expression,
    Hops,
    LabelAnd,
    LabelExpression,
    LabelName,
    LabelNot,
    LabelOr,
    MapLiteral,
    NodePattern,
    PathPattern,
    RelationshipPattern,
    ShortestKind,
)
from graph.cypher.bound import TypeName
from graph.cypher.types import PATH, list_of
from graph.model import Edge, Node
from tests.differential.scope import Known, Making, Scope, of_type


class PatternMaker:
    """Makes patterns; expressions in them come from the subclass."""

    def __init__(self, making: Making) -> None:
        self.making = making
        self.choices = making.choices
        self.vocabulary = making.vocabulary
        self.at: Node | None = None
        self.near: list[str] = []

    def condition(self, scope: Scope, depth: int) -> Expression:
        raise NotImplementedError

    # --- nodes -----------------------------------------------------------------------------------------------------

    def present_kinds(self) -> int:
        """The kinds of which the graph has nodes: patterns of others would find nothing."""
        return self.vocabulary.mask({node.kind for node in self.making.graph.nodes})

    def labels(self, mask: int) -> LabelExpression | None:
        """A label expression that leaves something of the mask."""
        names = [n for n in self.making.schema.kinds if (self.vocabulary.covered(n) or 0) & mask]
        near, self.near = self.near, []
        one = LabelName(self.choices.pick(near or names))

        def other() -> LabelName:
            return LabelName(self.choices.pick(names))

        def wider() -> LabelName:
            """A label of some of the same kinds."""
            mine = self.kinds(one)
            return LabelName(self.choices.pick([n for n in names if (self.vocabulary.covered(n) or 0) & mine]))

        made: LabelExpression | None = self.making.option(
            [
                (40, "", lambda: None),
                (45, "", lambda: one),
                (8, "label expression", lambda: LabelOr((one, other()))),
                (3, "label conjunction", lambda: LabelAnd((one, wider()))),
                (2, "label negation", lambda: LabelNot(other())),
            ]
        )
        return made if made is None or self.kinds(made) & mask else one

    def kinds(self, labels: LabelExpression | None) -> int:
        """The kinds that a label expression covers."""
        match labels:
            case LabelName():
                return self.vocabulary.covered(labels.name) or 0
            case LabelOr():
                return self.kinds(labels.operands[0]) | self.kinds(labels.operands[1])
            case LabelAnd():
                return self.kinds(labels.operands[0]) & self.kinds(labels.operands[1])
            case LabelNot():
                return self.vocabulary.every_kind & ~self.kinds(labels.operand)
            case _:
                return self.vocabulary.every_kind

    def node(self, mask: int, scope: Scope, *, named: bool = True, at: Node | None = None) -> tuple[NodePattern, Known]:
        """A new node pattern within a set of kinds, that `at` fits where it can."""
        labels = self.labels(mask)
        mask &= self.kinds(labels)
        known = Known(self.making.fresh(), self.vocabulary.node_type(mask))
        pattern = NodePattern(known.name if named else None, labels)
        if self.choices.chance(12):
            pattern = replace(pattern, properties=self.properties(known, at))
        if named and (self.making.wants("inline WHERE") or self.choices.chance(4)):
            pattern = replace(
                pattern, where=self.condition((*scope, known) if self.choices.chance(20) else (known,), 1)
            )
        return pattern, known

    def properties(self, known: Known, at: Node | None) -> MapLiteral | None:
        """A property map that at least one node of the graph has."""
        kinds = known.type.kinds or frozenset()
        nodes = [node for node in self.making.graph.nodes if node.kind in kinds]
        if not nodes:
            return None
        node = at if at is not None and at in nodes and self.choices.chance(80) else self.choices.pick(nodes)
        items = [(n, v) for n, v in node.properties.items() if not isinstance(v, tuple) and n not in ("weight", "cvss")]
        name, value = self.choices.pick(items)
        return MapLiteral(((name, self.making.value(value)),))

    # --- relationships ---------------------------------------------------------------------------------------------

    def around(self, node: Node | None) -> list[Edge]:
        """The relations of a node of the graph."""
        return [] if node is None else [e for e in self.making.graph.edges if node.id in (e.start, e.end)]

    def step(
        self, mask: int, at: Node | None, *, named: bool, varied: bool, quiet: bool = False
    ) -> tuple[RelationshipPattern, int, Known | None] | None:
        """A relationship that leads somewhere from a set of kinds, the kinds there, and its variable.

        It is one of the relations of the node `at`, mostly, so that the pattern is found.
        """
        real = self.around(at)
        edge = self.choices.pick(real) if real and at is not None and self.choices.chance(80) else None
        self.at = None
        direction = self.making.option(
            [
                (45, "", lambda: Direction.OUT),
                (35, "", lambda: Direction.IN),
                (20, "undirected", lambda: Direction.BOTH),
            ]
        )
        if edge is not None and at is not None:
            if direction is not Direction.BOTH:
                direction = Direction.OUT if edge.start == at.id else Direction.IN
            other = edge.end if edge.start == at.id else edge.start
            self.at = next(n for n in self.making.graph.nodes if n.id == other)
        if not any(self.vocabulary.step((t,), direction, mask) for t in self.making.schema.relations):
            direction = Direction.BOTH
        present = {edge.type for edge in self.making.graph.edges}
        possible = [t for t in self.making.schema.relations if self.vocabulary.step((t,), direction, mask)]
        likely = [t for t in possible if t in present] or possible
        if not likely:
            return None
        if edge is not None and edge.type in likely:
            likely = [edge.type, *likely] if self.choices.chance(60) else [edge.type]
        narrow = [t for t in possible if t != "LINKED_TO"]
        if self.making.wanted == "zero length" and narrow:
            edge, likely = None, narrow  # of relations that some kinds do not have: they, too, have a path of no hop
            types, labels = self._named(narrow)
        else:
            types, labels = self._types(likely, first=edge is not None)
        hops = self._hops() if varied else None
        low, high = (1, 1) if hops is None else (1 if hops.minimum is None else hops.minimum, hops.maximum)
        reached = self.vocabulary.walk(types, direction, low, high, mask)
        if not reached:
            return None
        pattern = RelationshipPattern(None, labels, direction, hops=hops)
        known = None
        if named:
            of = self.vocabulary.relation_type(types)
            known = Known(self.making.fresh(), of if hops is None else list_of(of))
            pattern = replace(pattern, variable=known.name)
        if hops is None and known is not None and not quiet and self.choices.chance(8):
            pattern = replace(pattern, where=self.condition((known,), 1))
        return pattern, reached, known

    def _types(self, likely: list[str], *, first: bool = False) -> tuple[tuple[str, ...], LabelExpression | None]:
        one = likely[0] if first else self.choices.pick(likely)
        kind = self.choices.weighted([(55, "one"), (20, "two"), (25, "any")])
        if kind == "any":
            return self.vocabulary.every_relation, None
        other = self.choices.pick(likely)
        if kind == "one" or other == one:
            return (one,), LabelName(one)
        return (one, other), LabelOr((LabelName(one), LabelName(other)))

    def _named(self, likely: list[str]) -> tuple[tuple[str, ...], LabelExpression | None]:
        one = self.choices.pick(likely)
        return (one,), LabelName(one)

    def _hops(self) -> Hops:
        return self.making.option(
            [
                (40, "variable length", lambda: Hops(1, self.choices.number(1, 3))),
                (25, "zero length", lambda: Hops(0, self.choices.number(1, 3))),
                (10, "", lambda: Hops(None, 2)),
                (15, "", lambda: Hops(2, 3)),
                (10, "", lambda: Hops(2, 2)),
            ]
        )

    # --- paths -----------------------------------------------------------------------------------------------------

    def path(
        self, scope: Scope, steps: int, *, anonymous: bool = False, start: Known | None = None, apart: bool = False
    ) -> Path:
        """A path of as many steps as the schema lets go. `anonymous`: it names nothing new, as in a pattern predicate."""
        nodes = of_type(scope, TypeName.NODE)
        if start is None and not apart and nodes and self.choices.chance(60):
            start = self.choices.pick(nodes)
        known: list[Known] = []
        at: Node | None = self.choices.pick(self.making.graph.nodes)
        if start is None:
            first, made = self.node(self._near(self.present_kinds(), at), scope, named=not anonymous, at=at)
            mask = self.vocabulary.mask(made.type.kinds)
            if not anonymous:
                known.append(made)
        else:
            first, mask = NodePattern(start.name), self.vocabulary.mask(start.type.kinds)
            fitting = [n for n in self.making.graph.nodes if n.kind in (start.type.kinds or ())]
            at = self.choices.pick(fitting) if fitting else None
        taken: list[tuple[RelationshipPattern, NodePattern]] = []
        for _ in range(steps):
            if self.making.steps <= 0:
                break
            wanted = self.making.wanted in ("variable length", "zero length")
            varied = wanted or self.choices.chance(18)
            step = self.step(mask, at, named=not anonymous and self.choices.chance(45), varied=varied)
            if step is None:
                break
            relationship, reached, of_relation = step
            self.making.steps -= 1 if relationship.hops is None else 2
            at = self.at
            ends = [k for k in (*nodes, *known) if k.type.name is TypeName.NODE and self._meets(k, reached)]
            if ends and self.choices.chance(15):
                end = self.choices.pick(ends)
                taken.append((relationship, NodePattern(end.name)))
                mask = self.vocabulary.mask(end.type.kinds) & reached
            else:
                near = reached if relationship.hops is not None else self._near(reached, at)
                named = not anonymous and self.choices.chance(85)
                pattern, made = self.node(near, scope, named=named, at=at if relationship.hops is None else None)
                if pattern.variable is not None:
                    known.append(made)
                taken.append((relationship, pattern))
                mask = self.vocabulary.mask(made.type.kinds)
            if of_relation is not None:
                known.append(of_relation)
        path = PathPattern(first, tuple(taken))
        if not anonymous and taken and (self.making.wants("named path") or self.choices.chance(15)):
            name = self.making.fresh()
            known.append(Known(name, PATH))
            path = replace(path, variable=name)
        return Path(path, tuple(known))

    def _near(self, mask: int, at: Node | None) -> int:
        """The kinds of a label of that node, if it has one within the mask: labels are drawn from these."""
        if at is None or self.choices.chance(25):
            return mask
        self.near = [label for label in at.labels if (self.vocabulary.covered(label) or 0) & mask]
        return mask

    def _meets(self, known: Known, mask: int) -> bool:
        return bool(self.vocabulary.mask(known.type.kinds) & mask)

    def shortest(self, start: Known, end: Known) -> Path | None:
        """A shortest path between two known nodes. Of `shortestPath` only the length is the same everywhere."""
        kind = self.making.option(
            [(1, "shortestPath", lambda: ShortestKind.SINGLE), (1, "allShortestPaths", lambda: ShortestKind.ALL)]
        )
        direction = self.choices.weighted([(3, Direction.BOTH), (1, Direction.OUT), (1, Direction.IN)])
        present = sorted({edge.type for edge in self.making.graph.edges} | {"LINKED_TO"})
        types, labels = self._types(present)
        high = self.choices.number(1, 5)
        masks = [self.vocabulary.mask(k.type.kinds) for k in (start, end)]
        if not self.vocabulary.walk(types, direction, 1, high, masks[0]) & masks[1]:
            return None
        name = self.making.fresh()
        hops = Hops(1 if self.choices.chance(30) else None, high)
        relationship = RelationshipPattern(None, labels, direction, hops=hops)
        path = PathPattern(NodePattern(start.name), ((relationship, NodePattern(end.name)),), name, kind)
        return Path(path, (Known(name, PATH, stable=kind is ShortestKind.ALL),))


class Path:
    """A made path and the variables that it brings."""

    def __init__(self, pattern: PathPattern, known: tuple[Known, ...]) -> None:
        self.pattern = pattern
        self.known = known


def all_of(conditions: list[Expression]) -> Expression | None:
    if not conditions:
        return None
    found = conditions[0]
    for other in conditions[1:]:
        found = Binary(BinaryOperator.AND, found, other)
    return found
