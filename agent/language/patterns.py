"""What must be there of a frame, as patterns: elements joined by hops, those that must not be there, those that all must."""

from __future__ import annotations

from dataclasses import replace

from agent.language.frame import Frame, Node
from agent.language.meanings import Way, reversed_way
from agent.language.outcome import Unclear
from agent.language.turns import Language
from agent.language.wordings import say
from agent.query import model as m
from agent.query.rename import renamed


class Patterns:
    """Builds the patterns of one frame."""

    def __init__(self, frame: Frame, language: Language) -> None:
        self.frame, self.language = frame, language
        self.counter = 0

    def _entity(self, node: Node, where: list[m.Condition] | None = None) -> m.Entity:
        conditions = node.where if where is None else where
        named = m.Named(tuple(e.id for e in node.named), tuple(e.name for e in node.named)) if node.named else None
        kinds = (node.kind,)
        return m.Entity(node.name, kinds, named, m.all_of(conditions))

    def _hops(self, start: str, way: Way, end: str, edge: str = "") -> tuple[list[m.Entity], list[m.Hop]]:
        entities, hops, previous = [], [], start
        endless = self.frame.indirect and len(way.steps) == 1 and way.steps[0].relation == "DEPENDS_ON"
        for at, step in enumerate(way.steps):
            last = at == len(way.steps) - 1
            if last:
                name = end
            else:
                self.counter += 1
                name = f"{step.kind[:1].lower()}{step.kind[1:]}By{self.counter}"
                entities.append(m.Entity(name, (step.kind,)))
            hops.append(
                m.Hop(
                    previous,
                    (step.relation,),
                    name,
                    "out" if step.forward else "in",
                    step.least,
                    None if endless else step.most,
                    name=edge or None,
                )
            )
            previous = name
        return entities, hops

    def children(self, node: Node) -> list[Node]:
        return [other for other in self.frame.nodes if other.parent is node]

    def below(self, node: Node) -> m.Pattern:
        """The pattern of a node and what hangs from it, joined to its parent."""
        return self._alone(node, self.children(node))

    # --- what is there, is not there, is of every one --------------------------------------------------------------

    def _tests(self, node: Node) -> list[m.Condition]:
        """The conditions that elements which are only tested for make."""
        if node.absent:
            return [m.Exists(self.below(node), negated=True)]
        if node.both:
            at = node.both - 1
            sides = [
                replace(node, where=[*node.where[:at], one, *node.where[at + 1 :]]) for one in _each(node.where[at])
            ]
            return [m.Exists(self._alone(side, self.children(node))) for side in sides]
        if node.divides:
            return [self._all_related(node)]
        return self._of_every_one(node)

    def _of_every_one(self, node: Node) -> list[m.Condition]:
        """There is one, and none of which it is not true."""
        kept = replace(
            node,
            where=node.where[: node.restricting],
            kind=node.among or node.kind,
            named=() if node.only else node.named,
        )
        restricting = [c for c in self.children(node) if not node.only and c.at < node.nucleus_at]
        truths: list[m.Condition] = list(node.where[node.restricting :])
        if node.only and node.among:
            truths.append(m.Compare(m.KindOf(node.name), "in", m.Constant(list(node.concrete))))
        if node.only and node.named:
            ids = m.Constant([e.id for e in node.named], f"{node.name}Ids")
            truths.append(m.Compare(m.Attribute(node.name, "id"), "in", ids))
        for child in self.children(node):
            if child not in restricting:
                truths += self._tests(child) if child.tested else [m.Exists(self.below(child))]
        if not truths:
            raise Unclear(say("which_this", self.language))
        base = self._alone(kept, restricting)
        failing = m.Negation(m.All(tuple(truths))) if len(truths) > 1 else _denied(truths[0])
        where = m.all_of([*([] if base.where is None else [base.where]), failing])
        without = m.Pattern(base.entities, base.hops, where)
        return [m.Exists(base), m.Exists(without, negated=True)]

    def _all_related(self, node: Node) -> m.Condition:
        """There is none of them that is not related: served all regional banks."""
        assert node.parent is not None
        assert node.way is not None
        between, hops = self._hops(node.parent.name, node.way, node.name)
        related = m.Exists(m.Pattern(tuple(between), tuple(hops)), negated=True)
        inner = self._alone(replace(node, way=None), self.children(node))
        where = m.all_of([*([] if inner.where is None else [inner.where]), related])
        return m.Exists(m.Pattern(inner.entities, inner.hops, where), negated=True)

    def _alone(self, node: Node, children: list[Node]) -> m.Pattern:
        """The pattern of a node with only some of what hangs from it."""
        entities, hops = [self._entity(node)], list[m.Hop]()
        conditions: list[m.Condition] = []
        if node.parent is not None and node.way is not None:
            between, joins = self._hops(node.parent.name, node.way, node.name, node.edge)
            entities, hops = [*between, *entities], list(joins)
        if node.edge_where is not None:
            conditions.append(node.edge_where)
        if node.extreme is not None:
            conditions.append(self._none_beyond(node, *node.extreme))
        for child in children:
            if child.tested:
                conditions += self._tests(child)
                continue
            inner = self.below(child)
            entities += inner.entities
            hops += list(inner.hops)
            if inner.where is not None:
                conditions.append(inner.where)
        return m.Pattern(tuple(entities), tuple(hops), m.all_of(conditions))

    def _none_beyond(self, node: Node, attribute: str, descending: bool, of_all: bool) -> m.Condition:
        """There is none that is later, or dearer: among those of its parent, or among all."""
        restricting = node.where[: node.restricting] if node.restricting or not of_all else node.where
        plain = replace(node, extreme=None, where=restricting, way=None if of_all else node.way)
        other = renamed(self._alone(plain, []), "Beyond")
        beyond = m.Compare(
            m.Attribute(f"{node.name}Beyond", attribute), ">" if descending else "<", m.Attribute(node.name, attribute)
        )
        where = m.all_of([*([] if other.where is None else [other.where]), beyond])
        return m.Exists(m.Pattern(other.entities, other.hops, where), negated=True)

    def reroot(self) -> None:
        """Make the target the root, so that everything hangs from it."""
        frame = self.frame
        target = frame.target
        assert target is not None
        chain, node = [], target
        while node.parent is not None:
            chain.append(node)
            node = node.parent
        for below in reversed(chain):
            above, way = below.parent, below.way
            assert above is not None
            assert way is not None
            above.edge, above.edge_where = below.edge, below.edge_where
            below.edge, below.edge_where = "", None
            back = reversed_way(way)
            last = back.steps[-1]
            above.parent, above.way = below, Way(below.kind, (*back.steps[:-1], replace(last, kind=above.kind)))
        target.parent, target.way = None, None


def _each(condition: m.Condition) -> list[m.Condition]:
    """A condition of several values as one of each."""
    assert isinstance(condition, m.Compare)
    assert isinstance(condition.right, m.Constant)
    assert isinstance(condition.right.value, list)
    return [m.Compare(condition.left, "=", m.Constant(value)) for value in condition.right.value]


def _denied(condition: m.Condition) -> m.Condition:
    """The condition does not hold, said as plainly as can be."""
    if isinstance(condition, m.Exists | m.Missing):
        return replace(condition, negated=not condition.negated)
    return m.Negation(condition)
