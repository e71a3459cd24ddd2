"""The end of a question: what waited finds its place, or the question is unclear."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from agent.language.frame import Node
from agent.language.meanings import Meaning, Step, Way, is_a, nearest
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.attributes import NUMBER
from agent.language.reading.extremes import Extremes
from agent.language.reading.words import CATEGORY, words
from agent.language.wordings import say
from agent.query.model import Attribute, Compare, Constant, Missing

_WHAT: Final = words("what")
_OWNING: Final = words("owning")
_DOES: Final = words("does")


class Settling(Extremes):
    """Places what waited."""

    def _settle(self) -> None:
        frame = self.frame
        if self.who_asked and frame.nodes and (frame.target is None or self._is_looked_after(frame.target)):
            self._team_of(frame.nodes[0])
        elif frame.target is not None and self._are_looked_after(frame.target):
            self.hint = ()
            self._team_of(frame.target)
        if self.items[0].folded in _WHAT and len(frame.nodes) == 1 and self._is_looked_after(frame.nodes[0]):
            self._what_does_it(frame.nodes[0])
        elif self._does_something():
            self._what_does_it(frame.nodes[0], done=True)
        if frame.target is None and self.where_asked and frame.nodes:
            self._place_of(frame.nodes[0])
        if frame.target is None and frame.nodes:
            told = [node for node in frame.nodes if not node.named] if frame.mode == "ratio" else []
            frame.target = (told or frame.nodes)[0]  # the share of RHEL 7 in the servers
        if (
            frame.target is None
            and self.pending_attributes
            and self.pending_groups
            and frame.mode == "list"
            and not frame.function
            and (kinds := self.pending_groups[-1][1].means("kind"))
            and not self._is_of_others(kinds[0].name)
        ):
            self._node(self.pending_groups.pop()[0], kinds[0].name, ())
        if frame.target is None and self.pending_attributes:
            if self._asks_of_nothing():
                raise Unclear(say("of_what", self.language))
            self._declaring()
        if frame.target is None and self.pending_measures:
            self._measuring()
        if frame.target is None:
            self._by_values()
        if frame.target is None:
            raise Unclear(say("of_what", self.language))
        self._installed_on()
        for bucket in self.pending_buckets:
            self._bucket(len(self.items), bucket)
        for at in list(self.pending_periods):
            self.pending_periods.remove(at)
            self._period(at, self.items[at].period)  # type: ignore[arg-type]
        for at, measures in self.pending_measures:
            if not self._measured(at, measures):
                raise Unheld(self.items[at].text)
        for at, item in self.pending_groups:
            self.grouping = True
            self._group(at, item)
        for at, negated in self.pending:
            self.negation = "not" if negated else ""
            item = self.items[at]
            if self._value(at, item.means("value")) or self._predicate(at, item.means("predicate")):
                continue
            if not self._stands_for(at):
                raise Unheld(item.text)
        for at, _ in self.pending_texts:
            raise Unheld(self.items[at].text)
        if (self.superlative or self.wants_most) and self._which_one():
            frame.target.plural = False
        self._settle_attributes()
        self._versions_of_systems()
        self._settle_negation()
        self._join_values()
        self._settle_quantifiers()
        frame.counted = self.count_at >= 0 and self._counts(frame.target)
        if (
            (self.superlative or self.ranking)
            and frame.measures
            and not (frame.order_by or frame.function or frame.groups)
        ):
            self._by_measure(frame.target)
        if self.superlative and not frame.order_by:
            self._superlative()
        if self.wants_most and not frame.most and frame.measures and not frame.function and not frame.groups:
            frame.order_by.append((frame.measures.pop().value, self.wants_most == "most"))
            if frame.limit is None and not frame.target.plural:
                frame.limit, frame.ties = 1, True
        if self.wants_most and not frame.most:
            measured = next(
                (
                    n
                    for n in reversed(frame.nodes)
                    if n is not frame.target and not n.named and not n.absent and n.explicit
                ),
                None,
            )
            if measured is None and frame.target.kind == "SoftwareVersion" and not frame.order_by:
                measured = self._users_of(frame.target)
            if measured is not None:
                measured.measured, frame.most = True, self.wants_most  # type: ignore[assignment]
            elif not frame.order_by:
                raise Unclear(say("by_what", self.language))
        if self.first_asked and frame.limit is None and not frame.target.plural and not frame.groups:
            frame.limit = 1  # the first incident of 2024
        if self.ranking and frame.limit and not frame.order_by and not frame.most and not frame.groups:
            self._counted_beside()
        if (self.ranking or frame.limit) and not frame.order_by and not frame.most:
            if frame.groups:
                frame.most = "most" if self.sort_descending else "least"
            elif self.first_asked and self._first_in_time(frame.target):
                pass
            else:
                raise Unclear(say("by_what", self.language))
        if self._says_nothing(frame.target):
            raise Unclear(say("which_this", self.language))
        if self.number is not None:
            raise Unclear(say("which_figure", self.language))
        if self.comparator:
            raise Unclear(say("which_figure", self.language))
        if self.grouping:
            raise Unclear(say("by_what", self.language))

    def _settle_negation(self) -> None:
        """What a negation at the end is of: the attribute before it (whose RTO is not told), else nobody can tell."""
        if not self.negation or self.items[self.negated_at].folded in ("non", "no", "ne", "n"):
            return
        frame = self.frame
        waiting = [at for at, _ in self.pending_attributes if at < self.negated_at]
        if not waiting or not frame.outputs or not all(one.empty for one in self.items[self.negated_at + 1 :]):
            raise Unclear(say("which_this", self.language))
        node, attribute = frame.outputs.pop()
        node.where.append(Missing(Attribute(node.name, attribute)))
        self.negation = ""

    def _counts(self, target: Node) -> bool:
        """Whether the target itself is counted, beside what else is asked of it: number of servers and average CPU."""
        return target.at > self.count_at and self._same_phrase(self.count_at, target.at)

    def _says_nothing(self, target: Node) -> bool:
        """Whether one element is asked about and nothing says which: where is the server?"""
        frame = self.frame
        alone = len(frame.nodes) == 1 or all(n is target or not n.explicit for n in frame.nodes)
        return (
            not target.plural
            and not target.named
            and not target.where
            and alone
            and frame.mode == "list"
            and not (frame.groups or frame.order_by or frame.most or frame.measures or frame.function)
        )

    def _is_of_others(self, kind: str) -> bool:
        """Whether a number is asked by elements that do not have it: reopenings by team are those of incidents."""
        return any(
            self.items[at].folded.split()[0] in NUMBER and not self._holds(kind, name)
            for at, name in self.pending_attributes
        )

    def _asks_of_nothing(self) -> bool:
        """Whether an attribute is all that is said: EOL date? The RTO?"""
        said = [item for item in self.items if not item.empty and "list" not in item.turns]
        return len(said) == len(self.pending_attributes) == 1 and self.frame.mode == "list"

    def _declaring(self) -> None:
        """The elements that a question is about where it names an attribute alone: the total of CPU cores."""
        for at, name in self.pending_attributes:
            declared = {k.attributes[name].declared_in for k in self.schema.concrete_kinds() if name in k.attributes}
            if (
                len(declared) == 1
                and (kind := next(iter(declared))) in self.schema.kinds
                and kind not in ("Element", CATEGORY)
            ):
                self.frame.target = self._new(kind, at)
                return

    def _stands_for(self, at: int) -> bool:
        """Whether a value that nothing takes stands for what it is said of: the causes of the P1."""
        for meaning in self.items[at].means("value"):
            kind = self.idioms.default_kinds.get(meaning.name)
            if kind is not None and all(node.kind != kind for node in self.frame.nodes):
                self.negation = ""
                self._node(at, kind, ())
                way = self.frame.nodes[-1].way
                if way is not None and len(way.steps) > 1:
                    raise Unheld(self.items[at].text)
                return self._value(at, (meaning,))
        return False

    def _versions_of_systems(self) -> None:
        """Kinds whose words say a condition too, where nothing else says as much: OS versions, of no server."""
        for node in self.frame.nodes:
            item = self.items[node.at] if 0 <= node.at < len(self.items) else None
            if item is None or node.kind != "SoftwareVersion" or node.named or not item.means("kind"):
                continue
            beside = [n for n in self.frame.nodes if n.parent is node or node.parent is n]
            for meaning in item.means("predicate"):
                said = nearest(self.schema, node.kind, self.idioms.predicates[meaning.name])
                if said is not None and not any(is_a(self.schema, n.kind, "Server") for n in beside):
                    node.where.append(self._condition(node, said))

    def _which_one(self) -> bool:
        """Whether one is asked for of several that were said: and which one costs the most?"""
        words = [item.folded for item in self.items]
        return bool({"lequel", "laquelle", "which one"} & set(words)) or ("which", "one") in pairwise(words)

    def _first_in_time(self, target: Node) -> bool:
        """The first few of what happens, where nothing else says what they are first by: the first 5 incidents of 2024."""
        attribute = nearest(self.schema, target.kind, self.idioms.times)
        if attribute is None or is_a(self.schema, target.kind, CATEGORY) or self.frame.limit is None:
            return False
        self.frame.order_by.append((Attribute(target.name, attribute), False))
        return True

    def _installed_on(self) -> None:
        """What runs a version that is named alone, where that is what is counted or placed: RHEL 7 in production."""
        frame = self.frame
        target = frame.target
        if (
            target is None
            or len(frame.nodes) != 1
            or not (self.pending or self.pending_groups or frame.mode in ("count", "yes", "ratio") or frame.groups)
        ):
            return
        names = [element.name for element in target.named]
        if target.kind not in ("SoftwareVersion", "SoftwareProduct") or not names:
            return
        for kind, products in self.idioms.installed_on.items():
            if all(any(name.startswith(product) for product in products) for name in names):
                node = self._new(kind, len(self.items))
                self._join(node)
                self._be_target(node)
                return

    def _by_values(self) -> None:
        """The elements that a value alone is said of, as data tells: the P1 of last month, how many Windows in production."""
        for at, _ in self.pending:
            for meaning in self.items[at].means("value"):
                kind = self.idioms.default_kinds.get(meaning.name)
                if kind is not None:
                    self._node(at, kind, ())
                    return

    def _measuring(self) -> None:
        """The elements that a measure alone is taken of, where it is of one kind: the MTTR in November."""
        at, measures = self.pending_measures[0]
        kinds = {kind for m in measures for kind in self.idioms.measures.get(m.name, {})}
        if len(kinds) == 1:
            self._node(at, kinds.pop(), ())

    def _does_something(self) -> bool:
        """Whether it is asked what one thing does something to: what does the change X touch."""
        if self.items[0].folded not in _DOES or len(self.frame.nodes) != 1 or not self.verbs or self.pending_attributes:
            return False
        node, (at, _) = self.frame.nodes[0], self.verbs[0]
        return bool(node.named) and node.at < at and all(item.empty for item in self.items[at + 1 :])

    def _what_does_it(self, node: Node, *, done: bool = False) -> None:
        """The elements that a verb can be said of, whatever they are: what runs on X; or those it is `done` to: what X touches."""
        said = self.verbs[0][1] if self.verbs else ()
        for meaning in (one for one in said if not done or one.rank == said[0].rank):
            triples = self.schema.relations[meaning.name].triples
            backward = meaning.inverse != done
            ends = [(one.end, one.start) if backward else (one.start, one.end) for one in triples]
            kinds = {first for first, last in ends if self.ways.overlap(last, node.kind) and first in self.schema.kinds}
            if len(kinds) > 1 and all(is_a(self.schema, kind, CATEGORY) for kind in kinds):
                kinds = {CATEGORY}
            if len(kinds) == 1:
                kind = kinds.pop()
                what = self._new(kind, len(self.items))
                self.frame.nodes.insert(0, self.frame.nodes.pop())
                node.parent = what
                node.way = Way(kind, (Step(meaning.name, not backward, node.kind),))
                self.frame.target = what
                return

    def _is_looked_after(self, node: Node) -> bool:
        """Whether an element is what somebody does something to: who manages the server X."""
        said = self.verbs[0][0] if self.verbs else node.at
        return bool(node.named) and len(self.frame.nodes) == 1 and said < node.at and not self.pending_attributes

    def _are_looked_after(self, target: Node) -> bool:
        """Whether elements are what somebody does something to: who owns the vital applications."""
        if "who" not in self.items[0].turns or target.kind == "Team" or self.frame.mode != "list":
            return False
        owning = next(((at, ()) for at, one in enumerate(self.items) if one.folded in _OWNING), None)
        verb = owning or (self.verbs[0] if self.verbs else None)
        if verb is None:
            return False
        at, said = verb
        to_teams = verb is owning or any(self.ways.between(target.kind, "Team", one.name, None) for one in said)
        between = all(item.empty for item in self.items[1:at])
        return to_teams and between and at < target.at and not self.frame.groups

    def _team_of(self, node: Node) -> None:
        if node.kind == "Team":
            self.frame.target = node
            return
        hint = self.hint or (self.verbs[-1][1] if self.verbs else ()) or (Meaning("relation", "OWNED_BY"),)
        team = self._new("Team", len(self.items))
        options = [o for m in hint if (o := self.ways.between(node.kind, "Team", m.name, None))]
        said = self.verbs[0] if self.verbs else None
        if not options and (said is None or hint != said[1]):  # else who uses it: not whose it is
            options = [o] if (o := self.ways.between(node.kind, "Team")) else []
        if not options:
            raise Unheld(self.items[said[0]].text if said is not None else self._label("Team"))
        self.frame.nodes.remove(team)
        self.frame.nodes.append(team)
        team.parent, team.way = node, options[0][0]
        self.frame.target = team

    def _place_of(self, node: Node) -> None:
        place = self._new("DataCenter", len(self.items))
        option = self.ways.between(node.kind, "DataCenter")
        if option is None:
            raise Unheld(self._label("DataCenter"))
        place.parent, place.way = node, option[0]
        self.frame.target = place

    def _join_values(self) -> None:
        """Several values of one attribute: either of them is meant, and what is counted is counted of each."""
        for node in self.frame.nodes:
            of: dict[str, list[Compare]] = {}
            for one in node.where:
                if not isinstance(one, Compare) or one.operator != "=" or not isinstance(one.left, Attribute):
                    continue
                if isinstance(one.right, Constant) and isinstance(one.right.value, str):
                    of.setdefault(one.left.name, []).append(one)
            for name, said in of.items():
                if len({one.right.value for one in said if isinstance(one.right, Constant)}) < 2:
                    continue
                value = Attribute(node.name, name)
                values: list[bool | int | float | str] = [
                    str(one.right.value) for one in said if isinstance(one.right, Constant)
                ]
                node.where[node.where.index(said[0])] = Compare(value, "in", Constant(values))
                for one in said[1:]:
                    node.where.remove(one)
                if self.frame.mode == "count" and not self.frame.groups:
                    self.frame.groups.append(value)
                    self.frame.group_names.append(name)

    def _users_of(self, target: Node) -> Node:
        """The servers that run a version: what most used means."""
        old = next((n for n in self.frame.nodes if n is not target and n.kind == "Server"), None)
        if old is not None:
            return old
        node = self._new("Server", len(self.items))
        self._join(node)
        return node

    def _counted_beside(self) -> None:
        """What a ranking without a word of measure counts: the one other kind that it mentions (top 5 apps incidents)."""
        others = [
            n for n in self.frame.nodes if n is not self.frame.target and n.explicit and not n.named and not n.absent
        ]
        if len(others) == 1:
            others[0].measured, self.frame.most = True, "most"
