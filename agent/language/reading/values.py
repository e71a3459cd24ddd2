"""What is said of elements: values of attributes, predicates, measures, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.language.frame import Measure, Node
from agent.language.meanings import Condition as Said
from agent.language.meanings import Meaning, Test, Way, holders, is_a, nearest
from agent.language.reading.elements import Elements, plural_of
from agent.language.reading.words import CATEGORY
from agent.query.model import (
    Arithmetic,
    Attribute,
    Compare,
    Condition,
    Constant,
    Elapsed,
    Entity,
    Exists,
    Hop,
    Missing,
    Moment,
    Pattern,
    Value,
)
from agent.query.model import (
    Negation as Not,
)
from graph.schema.model import ValueType

_LEADING: Final = frozenset(
    {"qui", "que", "dont", "that", "which", "who", "whose", "where", "ou", "and", "et", "but", "mais"}
)


class Values(Elements):
    """Says something of elements."""

    def _value(self, at: int, values: tuple[Meaning, ...]) -> bool:
        values = tuple(m for m in values if m.value != "other" or "autre" not in self.items[at].folded)
        if not values:
            return False
        negated = bool(self.negation)
        near = self._spoken_of(at)
        for node in sorted(near, key=lambda one: bool(one.named)):  # what has a name needs no more telling apart
            fitting = [(m, a) for m in values if (a := next(holders(self.schema, node.kind, m), None))]
            if not fitting:
                continue
            meaning, attribute = next(
                (one for one in fitting if self._joins_previous(node, one[1], at)), fitting[0]
            )  # personal or sensitive: of the same attribute, whatever else the word may mean
            if meaning.on and not is_a(self.schema, node.kind, meaning.on):
                node.kind = meaning.on
            value = Attribute(node.name, attribute)
            self.negation = ""
            if isinstance(meaning.value, bool):
                wanted = meaning.value != negated
                self._say(node, Compare(value, "=", Constant(wanted)))
                return True
            if self._joins_previous(node, attribute, at):
                previous = node.where[-1]
                assert isinstance(previous, Compare)
                assert isinstance(previous.right, Constant)
                old = previous.right.value
                node.where[-1] = Compare(
                    value,
                    "in" if not negated else "not in",
                    Constant([*(old if isinstance(old, list) else [old]), meaning.value]),
                )
                self.last_at, self.or_at = at, -1
                return True
            if self.comparator == "ne":
                negated, self.comparator = True, ""
            self._say(node, Compare(value, "<>" if negated else "=", Constant(meaning.value)))
            self.last_at = at
            return True
        if (
            (not self.frame.nodes or self.negation == "without" or self.grouping)
            and values
            and (kind := self._only_kind(values[0]))
        ):
            self._node(at, kind, (), plural=plural_of(self.items[at].folded))
            node = self.frame.nodes[-1]
            attribute = next(holders(self.schema, kind, values[0]))
            self._say(node, Compare(Attribute(node.name, attribute), "=", Constant(values[0].value)))
            return True
        if not self.frame.nodes:
            return False
        for meaning in values:
            names = (
                [meaning.name]
                if meaning.name not in self.schema.enums
                else [
                    a.name for k in self.schema.kinds.values() for a in k.attributes.values() if a.enum == meaning.name
                ]
            )
            for name in dict.fromkeys(names):
                if name in ("status", "criticality", "kind", "role", "result"):
                    continue
                brought = self._implicit(name)
                far = brought is not None and brought.way is not None and len(brought.way.steps) > 1
                event = brought is not None and not is_a(self.schema, brought.kind, CATEGORY)
                several = brought is not None and event and _several(brought.way)
                if brought is not None and (several or (far and isinstance(meaning.value, bool))):
                    self.frame.nodes.remove(
                        brought
                    )  # nothing that is said of a neighbour's neighbour, or of any of several
                    continue
                if brought is not None and next(holders(self.schema, brought.kind, meaning), None):
                    self.negation = ""
                    wanted = (meaning.value != negated) if isinstance(meaning.value, bool) else meaning.value
                    self._say(
                        brought,
                        Compare(
                            Attribute(brought.name, name),
                            "<>" if negated and not isinstance(wanted, bool) else "=",
                            Constant(wanted),
                        ),
                    )
                    return True
        return False

    def _spoken_of(self, at: int) -> list[Node]:
        """The elements that something may be said of, the subject of its verb first: which servers of X are not backed up."""
        near, target = self._recent(), self.frame.target
        denied = at > 0 and "not" in self.items[at - 1].turns and len(self.items[at - 1].folded.split()) > 1
        if target is None or target.at < 0 or target.at >= at or not (denied or self._being(at)):
            return near
        between = self.items[target.at + 1 : at]
        clause = any(one.folded.split()[:1] and one.folded.split()[0] in _LEADING for one in between)
        other = any("without" in one.turns or "no" in one.turns for one in between)
        if clause or other or any(one.means("relation") and not one.means("kind") for one in between[:-1]):
            return near
        return [target, *(node for node in near if node is not target)]

    def _only_kind(self, meaning: Meaning) -> str | None:
        """The one kind that a value can be said of: an architecture document, a regional bank."""
        if isinstance(meaning.value, bool) or meaning.name not in (
            "entity_kind",
            "document_type",
            "site_kind",
            "article_type",
            "product_category",
        ):
            return None
        kinds = [
            k.name for k in self.schema.concrete_kinds() if any(a.enum == meaning.name for a in k.attributes.values())
        ]
        return kinds[0] if len(kinds) == 1 else None

    def _predicate(self, at: int, predicates: tuple[Meaning, ...]) -> bool:
        for node in self._spoken_of(at):
            for meaning in predicates:
                said: Said | None = nearest(self.schema, node.kind, self.idioms.predicates[meaning.name])
                if said is None:
                    continue
                if said.steps and self._dated_by(at, said):
                    self._happened(at, node, said)
                    return True
                if said.steps and (through := self._through(node, said)) is not None:
                    node, said = through, Said((), said.tests)
                negated, self.negation = bool(self.negation), ""
                condition = self._condition(node, said)
                self._say(node, _not(condition) if negated else condition)
                if not negated and said.steps:
                    node.states.append((meaning.name, condition))
                self._without_subject(at)
                return True
        return False

    def _states_of(self, between: Node, node: Node) -> None:
        """Say of findings on a way what was said of the vulnerability by any of its findings: open ones on servers of X."""
        for name, condition in list(node.states):
            said = nearest(self.schema, between.kind, self.idioms.predicates[name])
            if said is not None and not said.steps and condition in node.where:
                node.where.remove(condition)
                node.states.remove((name, condition))
                between.where.append(self._condition(between, said))

    def _dated_by(self, at: int, said: Said) -> bool:
        """Whether a period stands behind a predicate that is something that happened: plans tested in 2024."""
        after = self._next(at)
        return (
            after is not None
            and self.items[after].period is not None
            and said.steps[-1].kind in self.idioms.times
            and all(step.most == 1 for step in said.steps)
        )

    def _happened(self, at: int, node: Node, said: Said) -> None:
        """What a predicate speaks of as an element of its own, which the period behind it is of."""
        kind = said.steps[-1].kind
        if not self.negation and (on_the_way := self._next_to(node, kind)) is not None:
            on_the_way.where += [self._test(on_the_way.name, kind, test) for test in said.tests]
            self.scope = on_the_way  # of that finding on the server, not of any of the vulnerability
            return
        event = self._new(kind, at)
        event.parent, event.way, event.explicit = node, Way(node.kind, said.steps), False
        event.where = [self._test(event.name, event.kind, test) for test in said.tests]
        event.absent, self.negation = bool(self.negation), ""
        self.scope = event

    def _next_to(self, node: Node, kind: str) -> Node | None:
        """An element of a kind that stands next to another in what is asked."""
        near = (one for one in self.frame.nodes if one.parent is node or node.parent is one)
        return next((one for one in near if one.kind == kind and not one.absent), None)

    def _without_subject(self, at: int) -> None:
        """Leave out an attribute that a predicate is said of, which is not asked for: whose OS is out of support."""
        for place, name in list(self.pending_attributes):
            between = self.items[place + 1 : at]
            text = self._type(name) is ValueType.STRING
            if place < at and text and all(one.empty or {"not", "never"} & set(one.turns) for one in between):
                self.pending_attributes.remove((place, name))

    def _through(self, node: Node, said: Said) -> Node | None:
        """The element that a predicate speaks of, where it is already part of the question."""
        if len(said.steps) != 1 or not said.tests:
            return None
        return self._next_to(node, said.steps[0].kind)

    def _condition(self, node: Node, said: Said) -> Condition:
        from agent.query.model import All

        def tests(name: str, kind: str) -> list[Condition]:
            return [self._test(name, kind, test) for test in said.tests]

        if not said.steps:
            conditions = tests(node.name, node.kind)
            return conditions[0] if len(conditions) == 1 else All(tuple(conditions))
        hops, entities, previous = [], [], node.name
        for step in said.steps:
            self.counter += 1
            name = f"{step.kind[:1].lower()}{step.kind[1:]}{self.counter}"
            hops.append(Hop(previous, (step.relation,), name, "out" if step.forward else "in", step.least, step.most))
            entities.append([name, step.kind])
            previous = name
        last = tests(previous, said.steps[-1].kind)
        if said.latest:
            last.append(_none_later(hops[-1], said.steps[-1].kind, said.latest))
        where = None if not last else last[0] if len(last) == 1 else All(tuple(last))
        return Exists(
            Pattern(tuple(Entity(n, (k,), where=where if n == previous else None) for n, k in entities), tuple(hops))
        )

    def _test(self, name: str, kind: str, test: Test) -> Condition:
        value = Attribute(name, test.attribute)
        if test.operator == "null":
            return Missing(value)
        if test.operator == "not_null":
            return Missing(value, negated=True)
        if test.operator == "in":
            return Compare(value, "in", Constant(list[bool | int | float | str](test.value.split(","))))
        if test.value.startswith("."):
            return Compare(value, test.operator, Attribute(name, test.value[1:]))  # type: ignore[arg-type]
        right: Value = Moment(test.value) if test.value in ("today", "now") else Constant(test.value)
        return Compare(value, test.operator, right)  # type: ignore[arg-type]

    def _missing(self, at: int, dated: list[Meaning]) -> bool:
        for meaning in dated:
            if (node := self._holder(meaning.name)) is not None:
                self.negation = ""
                self._say(node, Missing(Attribute(node.name, meaning.name)))
                return True
        return False

    def _measure(self, node: Node, name: str) -> Value | None:
        said = nearest(self.schema, node.kind, self.idioms.measures.get(name, {}))
        if said is None:
            return None
        start, end, unit = said
        if unit == "difference":
            return Arithmetic(Attribute(node.name, end), "-", Attribute(node.name, start))
        if unit == "ratio":
            return Arithmetic(Attribute(node.name, start), "/", Attribute(node.name, end))
        until = Moment(end) if end in ("today", "now") else Attribute(node.name, end)
        return Elapsed(Attribute(node.name, start), until, unit)

    def _measured(self, at: int, measures: tuple[Meaning, ...]) -> bool:
        for meaning in measures:
            for node in self._recent():
                value = self._measure(node, meaning.name)
                if value is not None:
                    self.frame.measures.append(Measure(value, meaning.name, at))
                    return True
        if not self.frame.nodes:
            self.pending_measures.append((at, measures))
            return True
        return self._measured_beside(at, measures)

    def _on_the_way(self, parent: Node, kind: str) -> Node | None:
        """The element of a kind that a way to another leads through, as one of its own: findings, by team."""
        for node in list(self.frame.nodes):
            steps = node.way.steps[:-1] if node.parent is parent and node.way is not None else ()
            if any(step.kind == kind for step in steps):
                self._split(node)
                return node.parent if node.parent is not None and node.parent.kind == kind else None
        return None

    def _measured_beside(self, at: int, measures: tuple[Meaning, ...]) -> bool:
        """A figure of what stands right beside what is mentioned: how long vulnerabilities took to be fixed, on average."""
        if not self.frame.function:
            return False
        for meaning in measures:
            for kind in self.idioms.measures.get(meaning.name, {}):
                for parent in self._recent():
                    found = self.ways.between(parent.kind, kind)
                    if parent.kind != "Vulnerability" or found is None or len(found[0].steps) != 1:
                        continue
                    node = self._on_the_way(parent, kind)
                    if node is None:
                        node = self._new(kind, at)
                        node.parent, node.way, node.explicit = parent, found[0], False
                    self.frame.measures.append(
                        Measure(self._measure(node, meaning.name) or Constant(0), meaning.name, at)
                    )
                    return True
        return False


def _several(way: Way | None) -> bool:
    """Whether a way leads to any number of elements: an outage of a change is not what the change is planned by."""
    return way is not None and any(not step.forward for step in way.steps)


def _none_later(hop: Hop, kind: str, attribute: str) -> Condition:
    """There is no later one of the same element: what its last backup was."""
    later = f"{hop.end}Later"
    again = replace(hop, end=later)
    beyond = Compare(Attribute(later, attribute), ">", Attribute(hop.end, attribute))
    return Exists(Pattern((Entity(later, (kind,)),), (again,), beyond), negated=True)


def _not(condition: Condition) -> Condition:
    if isinstance(condition, Exists):
        return replace(condition, negated=not condition.negated)
    if isinstance(condition, Missing):
        return replace(condition, negated=not condition.negated)
    return Not(condition)
