"""Compositions: a closure and the optional relationship behind it become one road of the adjacency index.

`MATCH (a {id: $x})<-[:T*0..8]-(b) OPTIONAL MATCH (b)-[:U]->(c) WITH a.id AS a, collect(DISTINCT c.id) AS ids` never needs
`b`, and no more of `c` than its id: one call gives the list. Where more is asked of `c`, the store is asked for `c` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from graph.backends.embedded.closures import ClosurePrinter, closures_of, named
from graph.backends.embedded.elements import REVERSED
from graph.backends.embedded.index import FUNCTION, OR_NOTHING, Closure
from graph.backends.embedded.layout import ID, KIND
from graph.cypher.ast import (
    Clause,
    Direction,
    Expression,
    FunctionCall,
    Match,
    NodePattern,
    PathPattern,
    Property,
    RelationshipPattern,
    Return,
    Variable,
    With,
)
from graph.cypher.functions import IGNORES_DUPLICATES
from graph.cypher.passes.aggregates import aggregates_in
from graph.cypher.passes.perimeter import without_visibility

_GIVEN: Final = 2
"""The anchor of a node that is known or found by its id."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A relationship read from the end that is known: `towards` the other one."""

    relationship: RelationshipPattern
    direction: Direction
    start: NodePattern
    towards: NodePattern


@dataclass(slots=True)
class CompositionPrinter(ClosurePrinter):
    """Prints MATCH clauses, with their closures and compositions on the adjacency index."""

    def composed(self, first: Clause, second: Clause, then: Clause) -> tuple[str, int] | None:
        """Two MATCH clauses, or these and a WITH, as one, with how many they were.

        None for any other shape, and where a row more or less could be told.

        That is not so where the closure always reaches its own start, nobody else asks for the node in the middle, and
        what follows sees the end in aggregates only that ignore nulls and repetitions.
        """
        if not isinstance(first, Match) or not isinstance(second, Match) or not isinstance(then, With | Return):
            return None
        if first.optional or not second.optional or not closures_of(first.patterns[0]):
            return None
        closure = self._one_step(first)
        if closure is None or closure.relationship.hops is None or closure.relationship.hops.minimum != 0:
            return None
        step = self._one_step(second, closure.towards)
        if step is None or not self._untold(closure, step, then):
            return None
        collected = self._collected(closure, step, then)
        return (self._found(first, closure, step), 2) if collected is None else (collected, 3)

    def _one_step(self, clause: Match, middle: NodePattern | None = None) -> _Step | None:
        """The only relationship of a clause, from what is known (or from `middle`) to a node of which nothing is asked."""
        path = clause.patterns[0]
        if len(clause.patterns) > 1 or len(path.steps) != 1 or clause.where is not None or path.shortest is not None:
            return None
        (relationship, after), before = path.steps[0], path.start
        if without_visibility(relationship.where)[0] is not None or relationship.properties is not None:
            return None
        if any(name is not None and self.compiler.is_used(name) for name in (path.variable, relationship.variable)):
            return None
        if relationship.hops is not None and not closures_of(path):
            return None
        forward = _Step(relationship, relationship.direction, before, after)
        backward = _Step(relationship, REVERSED[relationship.direction], after, before)
        for step in (forward, backward):
            known = self._node_anchor(step.start) >= _GIVEN if middle is None else _is_same(step.start, middle)
            if known and self._is_open(step.towards):
                return step
        return None

    def _is_open(self, node: NodePattern) -> bool:
        plain = node.properties is None and without_visibility(node.where)[0] is None
        return plain and node.variable is not None and node.variable not in self.bound

    def _untold(self, closure: _Step, step: _Step, then: With | Return) -> bool:
        compiler, middle, last = self.compiler, closure.towards, step.towards
        if compiler.used.get(middle.variable or "", 0) != 2 or middle.variable == last.variable:
            return False
        aggregates = [a for item in then.projection.items for a in aggregates_in(item.expression)]
        seen = sum(_sees_only(aggregate, last.variable or "") for aggregate in aggregates)
        if not aggregates or compiler.used.get(last.variable or "", 0) != seen + 1:
            return False
        return self._middle_is_labelled(closure, step)

    def _middle_is_labelled(self, closure: _Step, step: _Step) -> bool:
        """Whether the start, and all that the closure reaches and that leads on, has the labels of the middle."""
        vocabulary, hops = self.compiler.vocabulary, closure.relationship.hops
        if vocabulary is None or hops is None:
            return False
        labelled, start = self._labelled(closure.towards.labels), self.kinds_of(closure.start)
        if step.start.labels is not None:
            labelled &= self._labelled(step.start.labels)
        types = tuple(sorted(self.types_of(closure.relationship)))
        walked = vocabulary.walk(types, closure.direction, 0, hops.maximum, vocabulary.mask(start))
        reached = self.compiler.read_of(vocabulary.kinds(walked))
        further = self._closure_of(step)
        wanted = vocabulary.mask(self.kinds_of(step.towards))
        leading = {
            kind
            for kind in reached
            if wanted
            & vocabulary.walk(
                further.types, further.direction, further.minimum, further.maximum, vocabulary.mask((kind,))
            )
        }
        return start <= labelled and leading <= labelled

    def _closure_of(self, step: _Step) -> Closure:
        types, hops = tuple(sorted(self.types_of(step.relationship))), step.relationship.hops
        if hops is None:
            return self.seen_closure(types, step.direction, 1, 1)
        assert hops.maximum is not None
        minimum = 1 if hops.minimum is None else hops.minimum
        return self.seen_closure(types, step.direction, minimum, hops.maximum)

    def _collected(self, closure: _Step, step: _Step, then: With | Return) -> str | None:
        """All three clauses, where the WITH makes a list of ids and nothing else of what was reached."""
        compiler, projection, last = self.compiler, then.projection, step.towards
        groups = [item for item in projection.items if not list(aggregates_in(item.expression))]
        lists = [item for item in projection.items if list(aggregates_in(item.expression))]
        plain = not projection.order and projection.skip is None and projection.limit is None
        if isinstance(then, Return) or self.bound or not groups or len(lists) != 1 or not plain:
            return None
        if not _collects_ids(lists[0].expression, last.variable or "") or step.direction is Direction.BOTH:
            return None
        further = self._closure_of(step)
        if last.labels is not None:
            if step.relationship.hops is not None:
                return None
            further = replace(further, kinds=self.kinds_of(last))
        start = named(closure.start, compiler)
        lines = self._segment(PathPattern(start), Match((PathPattern(start),), None))
        listed = self._call(FUNCTION, self.id_of(start.variable or ""), self._road(closure, further))
        items = [compiler.projection_item(item) for item in groups]
        items.append(f"{listed} AS {compiler.variable(lists[0].alias)}")
        self.bound = {item.alias for item in projection.items}
        self.walks, self.ids = set(), {}
        return "\n".join([*lines, f"WITH {', '.join(items)}{compiler.where(then.where)}"])

    def _road(self, closure: _Step, further: Closure) -> int:
        number = self.compiler.index.number(self._closure_of(closure), further)
        self.compiler.closures.add(number)
        return number

    def _found(self, first: Match, closure: _Step, step: _Step) -> str:
        """Both MATCH clauses: what is reached, or null."""
        compiler, last, self.unique = self.compiler, step.towards, None
        start = named(closure.start, compiler)
        lines = self._segment(PathPattern(start), first)
        number = self._road(closure, self._closure_of(step))
        name, found = compiler.variable(compiler.fresh("e")), compiler.variable(last.variable or "")
        self.bound.add(last.variable or "")
        kinds = self.kinds_of(last)
        tables = ":".join(table.name for table in self.tables_of_kinds(kinds))
        labelled = "" if last.labels is None else f" AND {compiler.is_one_of(f'{found}.{KIND}', kinds)}"
        return "\n".join(
            [
                *lines,
                f"UNWIND {self._call(OR_NOTHING, self.id_of(start.variable or ''), number)} AS {name}",
                f"OPTIONAL MATCH ({found}:{tables}) WHERE {found}.{ID} = {name}{labelled}",
            ]
        )


def _collects_ids(tree: Expression, name: str) -> bool:
    """`collect(DISTINCT n.id)` and nothing around it."""
    if not isinstance(tree, FunctionCall) or tree.name.lower() != "collect" or not tree.distinct:
        return False
    argument = tree.arguments[0]
    if isinstance(argument, FunctionCall) and argument.name == "elementId":
        argument = Property(argument.arguments[0], ID)
    return isinstance(argument, Property) and argument.key == ID and argument.subject == Variable(name)


def _is_same(node: NodePattern, middle: NodePattern) -> bool:
    return node.variable == middle.variable and node.properties is None and without_visibility(node.where)[0] is None


def _sees_only(aggregate: Expression, name: str) -> int:
    """How often an aggregate mentions a variable, if it ignores its nulls and repetitions; else a number too low."""
    if not isinstance(aggregate, FunctionCall) or len(aggregate.arguments) != 1:
        return 0
    if not aggregate.distinct and aggregate.name.lower() not in IGNORES_DUPLICATES:
        return 0
    argument = aggregate.arguments[0]
    subject = argument.subject if isinstance(argument, Property) else argument
    return 1 if isinstance(subject, Variable) and subject.name == name else 0
