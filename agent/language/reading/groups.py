"""Groupings: by team, per month, for each environment."""

from __future__ import annotations

from abc import abstractmethod

from agent.language.frame import Node
from agent.language.items import Item
from agent.language.meanings import Meaning, Way
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.named import Named
from agent.language.reading.words import DATES, NUMBERS
from agent.language.wordings import say
from agent.query.model import Attribute, Compare, Missing
from graph.schema.model import ValueType


class Groups(Named):
    """Places groupings."""

    @abstractmethod
    def _take(self, at: int, item: Item, meaning: Meaning) -> bool:
        """Of a room above."""

    def _bucket(self, at: int, period: str) -> None:
        self.grouping = False
        if not self.frame.nodes:
            self.pending_buckets.append(period)
            return
        said = self.frame.last_condition[1] if self.frame.last_condition is not None else None
        bound = said.left.name if isinstance(said, Compare) and isinstance(said.left, Attribute) else ""
        names = [*(name for _, name in self.pending_attributes), *([bound] if bound else [])]
        dear = self.superlative in ("costliest", "cheapest")
        if period == "year" and dear:
            return
        if period == "year" and any(self._type(name) is ValueType.MONEY for name in names):
            return  # costs are by year already
        node = self._timed()
        if node is None:
            raise Unclear(say("which_date", self.language))
        self._date_is_its_own(node)
        said_before = [name for place, name in self.pending_attributes if place == at - 2 and self._type(name) in DATES]
        if said_before and self._holds(node.kind, said_before[-1]):
            self.pending_attributes.remove((at - 2, said_before[-1]))
            attribute = said_before[-1]  # opened by month
        else:
            attribute = self._time_of(node, at)
        if said_before and not self.schema.kinds[node.kind].attributes[attribute].required:
            node.where.append(
                Missing(Attribute(node.name, attribute), negated=True)
            )  # decommissioned by year: those that were
        self.frame.groups.append(Attribute(node.name, attribute, period))  # type: ignore[arg-type]
        self.frame.group_names.append(period)

    def _group(self, at: int, item: Item) -> None:
        after = self._next(at)
        if after is not None and self.items[after].name is not None and item.means("kind") and after == at + 1:
            self.grouping = False  # by the team Linux: no group, an agent
            self._take(at, item, item.means("kind")[0])
            return
        kinds, attributes, roles = item.means("kind"), item.means("attribute"), item.means("role")
        if item.means("value") and not (kinds or attributes or roles) and not item.means("measure"):
            self.grouping = False  # par téléphone: how, not of each
            if not self._value(at, item.means("value")):
                raise Unheld(item.text)
            return
        target = self.frame.target
        numeric = [m for m in attributes if self._type(m.name) in NUMBERS]
        if (
            numeric
            and (self.ranking or self.frame.limit or self.superlative)
            and not (kinds and kinds[0].rank < numeric[0].rank)
        ):
            self.grouping = False
            self.pending_attributes.append(
                (at, next((m.name for m in numeric if target and self._holds(target.kind, m.name)), numeric[0].name))
            )
            self.superlative, self.superlative_at = self.superlative or "highest", at
            return
        for_most = self.ranking_at < at and (
            self.ranking or self.frame.limit
        )  # incidents by team, highest first: groups
        if for_most and kinds and target is not None and not attributes and not self._each():
            self.grouping = False
            self.wants_most = "most"
            self._take(at, item, kinds[0])
            return
        if target is None and kinds and self._mean_of(kinds[0].name):
            self.grouping = False  # mean memory by server: of all servers
            self._take(at, item, kinds[0])
            return
        chain = self._and_follows(at)
        held = next(
            (
                (m, n)
                for m in attributes
                for n in ([target] if target else []) + self._recent()
                if self._holds(n.kind, m.name)
            ),
            None,
        )
        self.grouping = chain
        if (held is not None and not (kinds and kinds[0].rank < held[0].rank)) or (
            held is not None and not kinds and not roles
        ):
            meaning, node = held
            self.frame.groups.append(Attribute(node.name, meaning.name))
            self.frame.group_names.append(meaning.name)
            return
        if target is None:
            if kinds or attributes:
                self.grouping = False
                self.pending_groups.append((at, item))
                return
            raise Unclear(say("of_what", self.language))
        if roles and (not kinds or roles[0].rank < kinds[0].rank):
            kind, way = self.idioms.roles[roles[0].name]
            self.hint, self.hint_at = (Meaning("relation", way.steps[0].relation),), at
        elif kinds:
            ranked = sorted(kinds, key=lambda m: (m.rank, (self.ways.between(target.kind, m.name) or (None, 99.0))[1]))
            kind = ranked[0].name
            existing = next(
                (n for n in self.frame.nodes if n.kind == kind and n is not target and not n.absent and not n.measured),
                None,
            )
            if existing is not None:
                self._group_by(existing)
                return
            if kind == target.kind:
                raise Unclear(say("of_what", self.language))
        elif attributes:
            brought = self._implicit(attributes[0].name)
            if brought is None:
                raise Unheld(item.text)
            self.frame.groups.append(Attribute(brought.name, attributes[0].name))
            self.frame.group_names.append(attributes[0].name)
            return
        else:
            raise Unheld(item.text)
        scope, self.scope = self.scope, target
        negation, self.negation = self.negation, ""
        node = self._new(kind, at)
        self._join_group(node, target)
        self.scope, self.negation = scope, negation
        self._group_by(node)

    def _mean_of(self, kind: str) -> bool:
        """Whether a mean is asked of a figure that each element of a kind has."""
        return self.frame.function == "average" and any(
            self._holds(kind, meaning.name) and self._type(meaning.name) in NUMBERS
            for at, _ in self.pending_attributes
            for meaning in self.items[at].means("attribute")
        )

    def _join_group(self, node: Node, target: Node) -> None:
        options = [(cost, way) for way, cost, _ in self._options(target, node)]
        for other in self.frame.nodes:
            if other not in (target, node) and not other.absent and not other.named and not other.measured:
                options += []
        if not options:
            self.frame.nodes.remove(node)
            raise Unheld(say("no_link", self.language, names=f"{self._label(target.kind)} / {self._label(node.kind)}"))
        node.parent, node.way = target, min(options, key=lambda o: o[0])[1]
        self.hint = ()
        first, *rest = node.way.steps
        passed = self._next_to(target, first.kind) if rest else None
        if passed is not None and not passed.explicit and passed.parent is target:
            node.parent, node.way = passed, Way(first.kind, tuple(rest))  # fixed in 2024, by team: those findings
        elif target.states:
            self._split(node)  # open vulnerabilities by team: those that are open on what the team has

    def _each(self) -> bool:
        """Whether what is ranked is ranked in each group: the two largest in each data centre, top 3 by cost per team."""
        return bool(self.superlative or self.frame.order_by or self.pending_attributes)

    def _group_beside(self, node: Node) -> None:
        self._group_by(node)

    def _group_by(self, node: Node) -> None:
        from agent.query.model import Itself

        self.frame.groups.append(Itself(node.name))
        self.frame.group_names.append(node.kind)
