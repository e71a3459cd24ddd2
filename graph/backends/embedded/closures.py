"""Closures: a variable-length relationship of which only the ends matter becomes a call of the adjacency index.

`MATCH (a)<-[:T*1..8]-(b)` is `MATCH (a) UNWIND reach(a.id, closure) AS e MATCH (b) WHERE b.id = e`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from graph.backends.embedded.elements import REVERSED, is_constant
from graph.backends.embedded.index import FROM_ALL, FUNCTION, NOTHING, OR_NOTHING, SEEN, Closure
from graph.backends.embedded.known_ids import KnownIds
from graph.backends.embedded.layout import ID, KIND
from graph.backends.embedded.patterns import Step
from graph.backends.embedded.shortest import ShortestPrinter
from graph.cypher.ast import Direction, MapLiteral, Match, NodePattern, PathPattern, RelationshipPattern, Variable
from graph.cypher.passes.perimeter import without_visibility
from graph.cypher.rewrite import mentions

if TYPE_CHECKING:
    from graph.backends.embedded.compiler import LadybugCompiler


@dataclass(slots=True)
class ClosurePrinter(ShortestPrinter):
    """Prints MATCH clauses, with their closures on the adjacency index."""

    unique: frozenset[str] | None = None  # variables of which no two rows of the last clause hold the same
    known: KnownIds = field(init=False)  # of nodes that were found, behind the clauses before this one
    unwinds: bool = False  # whether the text of this clause does what the UNWIND before it says

    def __post_init__(self) -> None:
        self.forget_ids()

    def forget_ids(self) -> None:
        """Nothing is known at the start of a query."""
        self.known = KnownIds(self._labelled)

    def follow(self, clause: Match) -> str | None:
        if not any(closures_of(path) for path in clause.patterns):
            return None
        return self._optional_closure(clause) if clause.optional else self._split(clause)

    def _split(self, clause: Match) -> str:
        """One clause after another: what is anchored best first, each closure from there."""
        plain = [path for path in clause.patterns if not closures_of(path)]
        lines: list[str] = []
        if plain:
            lines.append("MATCH " + ", ".join(self._path(path, clause) for path in plain) + self._filter(None))
        for path in clause.patterns:
            if closures_of(path):
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
            lines += self._closure(start, closure, REVERSED[closure.direction], segments[position], -1, clause)
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
        asked, _ = without_visibility(start.where)
        if not segment.steps and start.variable in self.bound and start.properties is None and asked is None:
            self._add_kinds(start, start.variable or "", None, None)
            return []
        if not segment.steps and asked is None and self._is_found(start, clause):
            return []
        text = "MATCH " + self._path(segment, clause)
        return [text + self._filter(None)]

    def _is_found(self, node: NodePattern, clause: Match) -> bool:
        """Whether all that is asked of a node is an id, which a variable holds; it stands for the node from here."""
        items = node.properties.items if isinstance(node.properties, MapLiteral) else ()
        if len(items) != 1 or items[0][0] != ID or not isinstance(items[0][1], Variable):
            return False
        name, ids = items[0][1].name, self.known.held(items[0][1])
        labelled = ids is not None and not ids.depth and ids.kinds <= self._labelled(node.labels)
        names = [n.variable for path in clause.patterns for n in path.nodes]
        elsewhere = self.later if clause.where is None else self.later | mentions(clause.where).keys()
        if not labelled or node.variable in elsewhere or node.variable in self.bound or names.count(node.variable) > 1:
            return False
        self.ids[node.variable or ""] = name
        self.bound.add(node.variable or "")
        return True

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
        call = self._call(FUNCTION, self.id_of(start.variable or ""), self._number(relationship, direction))
        if self._node_anchor(end) >= 2:
            lines = self._segment(segment, clause)
            self._late.append(f"list_contains({call}, {self.id_of(end.variable or '')})")
            return lines
        if relationship.where is not None:
            end = replace(end, where=without_visibility(end.where)[0])  # the index leads to what is seen only
        name = self.compiler.fresh("e")
        items = end.properties.items if isinstance(end.properties, MapLiteral) else ()
        keyed = replace(end, properties=MapLiteral((*items, (ID, Variable(name)))))
        if self._implied(start, relationship, direction, end):
            keyed = replace(keyed, labels=None)
        unwind = f"UNWIND {call} AS {self.compiler.variable(name)}"
        if not segment.steps and keyed.labels is None and not items and end.where is None and self._only_id(end):
            self.ids[end.variable or ""] = name
            self.bound.add(end.variable or "")
            return [unwind]
        if not is_given(start):
            unwind = self._from_all(start, relationship, direction, name, clause) or unwind
        text = "MATCH " + self._path(_with_node(segment, at, keyed), clause) + self._filter(None)
        if self.unique is not None:  # rows are unique still where the closure leads to the last node of all
            last = not segment.steps and len(clause.patterns) == 1 and len(clause.patterns[0].steps) == 1
            self.unique = self.unique | {end.variable or ""} if last else None
        return [unwind, text]

    def _call(self, function: str, starts: str, number: int) -> str:
        """A call of the index; for an asker with perimeters with those."""
        if self.compiler.bound.bounded:
            return f"{function}{SEEN}({starts}, {number}, {self.compiler.sees()})"
        return f"{function}({starts}, {number})"

    def _only_id(self, node: NodePattern) -> bool:
        """Whether the query reads nothing of a node but its id, and names it in no other pattern."""
        name = node.variable or ""
        return self.compiler.used.get(name, 0) == self.compiler.id_uses.get(name, -1) + 1

    def _from_all(
        self, start: NodePattern, relationship: RelationshipPattern, direction: Direction, name: str, clause: Match
    ) -> str | None:
        """One call from every start of a group, where only ends matter; None where more is read of the start or its row.

        A group is what is read later: repeated rows do not matter, so that each reached id is wanted once in each.
        """
        read = set(self.later)
        if clause.where is not None:
            read |= mentions(clause.where).keys()
        for node in (n for path in clause.patterns for n in path.nodes if n.variable != start.variable):
            read |= mentions(replace(node, labels=None)).keys() | {node.variable or ""}
        kept = [self.ids.get(v, v) for v in sorted(self.bound) if v in read]
        if start.variable in read or self.walks:
            return None
        self.unique = frozenset(v for v in self.bound if v in read)
        number, reached = self._number(relationship, direction), self.compiler.variable(name)
        if self._is_group(start, set(kept), read):
            self.unwinds = True
            return f"UNWIND {self._call(FROM_ALL, self._listed(), number)} AS {reached}"
        starts = self.compiler.variable(self.compiler.fresh("s"))
        group = "".join(f"{self.compiler.variable(v)}, " for v in dict.fromkeys(kept))
        return (
            f"WITH {group}collect(DISTINCT {self.id_of(start.variable or '')}) AS {starts}\n"
            f"UNWIND {self._call(FROM_ALL, starts, number)} AS {reached}"
        )

    def _is_group(self, start: NodePattern, kept: set[str], read: set[str]) -> bool:
        """Whether the starts are the list of the UNWIND just before, and a row before that is a group of what is read."""
        unwound = self.known.unwound
        if unwound is None or unwound.clause.variable in read:
            return False
        return self.ids.get(start.variable or "") == unwound.clause.variable and unwound.apart <= kept

    def _listed(self) -> str:
        assert self.known.unwound is not None
        return self.compiler.expression(self.known.unwound.clause.source)

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
        reached = self.compiler.read_of(
            vocabulary.kinds(vocabulary.walk(types, direction, minimum, hops.maximum, mask))
        )
        homes = {kind for table in self.tables_of_kinds(self.kinds_of(end)) for kind in table.kinds}
        return reached & homes <= self._labelled(end.labels)

    def _number(self, relationship: RelationshipPattern, direction: Direction) -> int:
        hops = relationship.hops
        assert hops is not None
        assert hops.maximum is not None
        minimum = 1 if hops.minimum is None else hops.minimum
        types = tuple(sorted(self.types_of(relationship)))
        number = self.compiler.index.number(self.seen_closure(types, direction, minimum, hops.maximum))
        self.compiler.closures.add(number)
        return number

    def seen_closure(self, types: tuple[str, ...], direction: Direction, minimum: int, maximum: int) -> Closure:
        """A closure that leads no further than the asker sees."""
        bound, pairs = self.compiler.bound, self.compiler.schema.pairs
        ends = {kind for name in types for pair in pairs[name] for kind in pair}
        passes = None if ends == self.compiler.read_of(frozenset(ends)) else bound.seen_kinds
        return Closure(types, direction, minimum, maximum, visible=bound.bounded, passes=passes)

    def _optional_closure(self, clause: Match) -> str | None:
        """`OPTIONAL MATCH (a)<-[:T*0..8]-(b)` from a known `a` to whatever is reached; None for any other shape.

        Of `a` labels may be asked, without which it reaches nothing. Nothing may be asked of `b`: a condition could drop some of
        what is reached, and then a null row is one too many.
        """
        path = clause.patterns[0]
        if len(clause.patterns) > 1 or len(path.steps) > 1 or clause.where is not None:
            return None
        segments, closures = _segments(path, self.compiler)
        start, end, direction = segments[0].start, segments[1].start, closures[0].direction
        if start.variable not in self.bound:
            start, end, direction = end, start, REVERSED[direction]
        condition, _ = without_visibility(end.where)
        asked = end.properties is not None or condition is not None or start.properties is not None
        if start.variable not in self.bound or end.variable in self.bound or asked:
            return None
        if start.labels is not None and start.variable in self.ids:  # nothing is known of it but its id
            return None
        if end.labels is not None and not self._implied(start, closures[0], direction, end):
            return None
        name = self.compiler.variable(self.compiler.fresh("e"))
        number = self._number(closures[0], direction)
        call = self._call(OR_NOTHING, self.id_of(start.variable or ""), number)
        if start.labels is not None:
            kind = f"{self.compiler.variable(start.variable or '')}.{KIND}"
            call = f"CASE WHEN {self.compiler.is_one_of(kind, self._labelled(start.labels))} THEN {call} END"
        self.bound.add(end.variable or "")
        tables = ":".join(table.name for table in self.tables_of_kinds(self.kinds_of(end)))
        found = self.compiler.variable(end.variable or "")
        return (
            f"UNWIND coalesce({call}, ['{NOTHING}']) AS {name}\n"
            f"OPTIONAL MATCH ({found}:{tables}) WHERE {found}.{ID} = {name}"
        )


def is_given(node: NodePattern) -> bool:
    """Whether a node is found by a constant id, so that there is one at most."""
    items = node.properties.items if isinstance(node.properties, MapLiteral) else ()
    return any(key == ID and is_constant((key, value)) for key, value in items)


def closures_of(path: PathPattern) -> list[RelationshipPattern]:
    """The relationships of a path that the adjacency index may follow."""
    if path.shortest is not None:
        return []
    return [
        r
        for r in path.relationships
        if r.hops is not None
        and r.ends_only
        and r.properties is None
        and without_visibility(r.where)[0] is None
        and (r.hops.minimum or 0) <= 1
        and r.hops.maximum is not None
    ]


def _segments(path: PathPattern, compiler: LadybugCompiler) -> tuple[list[PathPattern], list[RelationshipPattern]]:
    """The parts of a path between its closures, with names for the nodes on both sides of each."""
    closures = closures_of(path)
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
        if wanted:
            segment = _with_node(segment, at, named(segment.nodes[at], compiler))
    return segment


def named(node: NodePattern, compiler: LadybugCompiler) -> NodePattern:
    """The node with a name that is printed."""
    name = node.variable or compiler.fresh("n")
    compiler.used[name] = max(2, compiler.used.get(name, 0))
    return replace(node, variable=name)


def _with_node(segment: PathPattern, at: int, node: NodePattern) -> PathPattern:
    if at == 0 or not segment.steps:
        return replace(segment, start=node)
    steps: Sequence[Step] = segment.steps
    return replace(segment, steps=(*steps[:-1], (steps[-1][0], node)))
