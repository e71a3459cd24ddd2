"""Kinds and roles: the elements that a question is about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from agent.language.folding import fold
from agent.language.frame import Node
from agent.language.items import Item
from agent.language.meanings import Meaning, is_a
from agent.language.names import NamedElement
from agent.language.outcome import Unclear
from agent.language.periods import Period
from agent.language.reading.quantifiers import Quantifiers
from agent.language.reading.words import OPERATORS, POSSESSIVES, words
from agent.language.wordings import say
from agent.query.model import Attribute, Compare, Condition, Constant, KindOf, Negation

_ONE_ALONE: Final = frozenset(
    [
        "ASSIGNED_TO", "OWNED_BY", "SUPPORTED_BY", "LOCATED_IN", "HOSTED_ON", "PART_OF", "SUPPLIED_BY", "MEMBER_OF",
        "MEMBER_OF_TEAM", "RAISED_ON", "FOUND_ON", "CONCERNS", "BACKS_UP", "CHECKS", "HAS_CAUSE", "VERSION_OF", "RUNS_VERSION",
        "REALISES", "AFFECTS", "TESTS", "COVERS", "DOCUMENTS",
    ]
)  # fmt: skip
"""Relations of which an element has one as a rule: of two that are named, either is meant."""
_WHICH: Final = words("which")
_SHORT: Final = 3
"""Letters up to which a word may be the same in the plural."""
_ONE: Final = words("one")
_COPULAS: Final = words("copulas")
_A: Final = words("indefinite articles")


class Elements(Quantifiers, ABC):
    """Makes elements of kinds."""

    @abstractmethod
    def _period(self, at: int, period: Period) -> None:
        """Of a room above."""

    @abstractmethod
    def _predicate(self, at: int, predicates: tuple[Meaning, ...]) -> bool:
        """Of a room above."""

    @abstractmethod
    def _text_value(self, at: int, texts: tuple[NamedElement, ...]) -> bool:
        """A text that is an attribute's value: issued by the authority X, servers AX-640, sites in Lyon."""

    @abstractmethod
    def _value(self, at: int, values: tuple[Meaning, ...]) -> bool:
        """Of a room above."""

    def _node_for(self, kind: str, at: int) -> Node:
        self._node(at, kind, ())
        return self.frame.nodes[-1]

    def _none_of_it(self) -> bool:
        """ "... and have none": of what was said to be needed, or of the kind that was said last."""
        target = self.frame.target
        if target is None:
            return False
        for condition in reversed(target.where):
            if (
                isinstance(condition, Compare)
                and isinstance(condition.left, Attribute)
                and condition.left.name in self.idioms.implied
            ):
                kind = self.idioms.implied[condition.left.name]
                self.negation = "without"
                self.scope = target
                self._node(len(self.items), kind, ())
                return True
        return False

    def _kind(self, at: int, item: Item, kind: str) -> None:
        kinds = [m.name for m in item.means("kind")]
        if len(kinds) > 1 and self.frame.nodes:
            anchor = self.frame.target or self.frame.nodes[0]
            ranked = sorted(
                (m for m in item.means("kind")),
                key=lambda m: (m.rank, (self.ways.between(anchor.kind, m.name) or (None, 99.0))[1]),
            )
            kind = ranked[0].name
        if self._is_one_of(at, kind):
            return
        self._node(at, kind, (), plural=self._plural(at, item))
        for meaning in item.means("value"):
            names = [meaning.name] if meaning.on else ["kind", "status"]
            own = [a for name in names if (a := self.schema.kinds[kind].attributes.get(name)) is not None]
            sort = next((a for a in own if meaning.on == kind or (not meaning.on and a.enum == meaning.name)), None)
            if sort is not None and self.frame.nodes[-1].kind == kind:
                node = self.frame.nodes[-1]
                self._say(node, Compare(Attribute(node.name, sort.name), "=", Constant(meaning.value)))
                node.adjectives = node.restricting = len(node.where)

    def _plural(self, at: int, item: Item) -> bool:
        """Whether a kind is said in the plural. Of what is as short as VM the words around it tell: which app has, quelle VM."""
        if len(item.folded) > _SHORT or item.folded.endswith("s"):
            return plural_of(item.folded) or (item.corrected and plural_of(fold(item.text)))
        before = self.items[at - 1].folded.split()[-1:] if at else []
        return self.language == "fr" and not set(before) & _ONE

    def _is_one_of(self, at: int, kind: str) -> bool:
        """Whether elements are said to be of a kind of their own: which servers are virtual machines."""
        target = self.frame.target
        alone = self.frame.nodes[0] if len(self.frame.nodes) == 1 else None
        named = target is None and alone is not None and bool(alone.named) and self.frame.mode == "yes"
        if named:
            target = alone  # is X a virtual machine?
        if target is None or not (named or (kind != target.kind and is_a(self.schema, kind, target.kind))):
            return False
        before = at - 1
        while before > target.at and self._indefinite(before):
            before -= 1
        if before == at - 1 and (named or self.language == "fr"):
            return False  # est sauvegardé: what was done to it
        led = self.items[0 if named and before == target.at else before].folded.split()
        if not set(led) & _COPULAS:
            return False
        concrete = [one.name for one in self.schema.concrete_kinds() if is_a(self.schema, one.name, kind)]
        condition: Condition = Compare(KindOf(target.name), "in", Constant(list[bool | int | float | str](concrete)))
        if self.negation:
            condition, self.negation = Negation(condition), ""
        self._say(target, condition)
        return True

    def _indefinite(self, at: int) -> bool:
        return self.items[at].folded in _A and not (self.language == "fr" and self.items[at].folded == "a")

    def _node(self, at: int, kind: str, elements: tuple[NamedElement, ...], *, plural: bool = True) -> None:
        frame = self.frame
        if self._bare_repeat(at, kind, elements):
            return
        node = self._new(kind, at)
        node.named, node.plural = elements, plural
        pending, self.pending = self.pending, []
        if self._beside(node) or self._left_out(node):
            return
        self._two_subjects(at, node)
        if frame.target is None and not elements and not (frame.mode == "yes" and len(frame.nodes) > 1):
            self._be_target(node)
            if len(frame.nodes) > 1:
                self._join(node)
        elif len(frame.nodes) > 1:
            if self.wants_most and not elements and frame.target is not None:
                node.measured = True
                frame.most, self.wants_most = self.wants_most, ""  # type: ignore[assignment]
            elif self.number is not None and not elements:
                node.measured = True
                node.bound = (OPERATORS[self.comparator or "eq"], float(self.number.number or 0))
                if self.number_to is not None:
                    node.bound_to, self.number_to = float(self.number_to.number or 0), None
                self.number, self.comparator = None, ""
            elif not elements and frame.target is not None and frame.target.named and self._asked_behind(at):
                self._be_target(node)
            if self._possessed(at) and frame.target is not None and self._options(frame.target, node):
                self.subject = None
                self._join_to(frame.target, node)
            else:
                self._join(node)
        if self.negation and node is not frame.target:
            node.absent = True
            if node.measured:
                node.measured = False
            self.negation = ""
        elif self.negation and node is frame.target and frame.mode != "yes" and self.negation in ("without", "never"):
            self.negation = ""
            frame.mode = "yes" if frame.mode == "list" and self._has_turn(0, "yesno") else frame.mode
        self.scope = node
        for position, negated in pending:
            self.at = position
            self.negation = "not" if negated else ""
            item = self.items[position]
            if (
                not (
                    item.means("predicate")
                    and item.means("predicate")[0].rank <= item.meanings[0].rank
                    and self._predicate(position, item.means("predicate"))
                )
                and not self._value(position, item.means("value"))
                and not self._predicate(position, item.means("predicate"))
            ):
                self.pending.append((position, negated))
            self.negation = ""
        self.at = at
        node.adjectives = len(node.where)
        self._quantify(at, node)
        self._show(at, node)
        for position, texts in list(self.pending_texts):
            if self._text_value(position, texts):
                self.pending_texts.remove((position, texts))
        for position in list(self.pending_periods):
            self.pending_periods.remove(position)
            self._period(position, self.items[position].period)  # type: ignore[arg-type]

    def _asked_behind(self, at: int) -> bool:
        """Whether a kind behind an element that is named is what is asked for."""
        return self.wants_count or (self.frame.mode == "list" and (self._asked_late(at) or self._asks_what(at)))

    def _asks_what(self, at: int) -> bool:
        """Whether what stands behind tells of which kind is what is asked for: what does X depend on, among applications?"""
        words = self.items[0].folded.split()
        led = words[:1] == ["what"] or words[-1:] == ["quoi"] or self.items[0].folded in ("de quoi", "sur quoi")
        return led and not self._possessed(at) and self.hint_at >= 0

    def _beside(self, node: Node) -> bool:
        """Whether an element that is named stands beside another of its kind: of team A and team B, on A or B.

        Either is meant where one is all that there can be; else both are there, each joined as the other is.
        """
        last = self.frame.nodes[-2] if len(self.frame.nodes) > 1 else None
        if last is None or not (node.named and last.named) or last.way is None or last.kind != node.kind:
            return False
        between = self.items[last.at + 1 : node.at]
        joining = [one for one in between if {"and", "or"} & set(one.turns) or one.folded == ","]
        if not joining or not all(one.empty or one in joining or self._kind_of(one, node.kind) for one in between):
            return False
        alternative = any("or" in one.turns and "and" not in one.turns for one in joining)
        last_step = last.way.steps[-1]
        if alternative or (self.both_at < 0 and not last.absent and last_step.relation in _ONE_ALONE):
            last.named = (*last.named, *node.named)
            self.frame.nodes.remove(node)
            self.or_at = -1
            if not alternative and self.frame.mode == "count" and not self.frame.groups:
                self._group_beside(last)
        elif last.absent:
            last.named = (*last.named, *node.named)  # of neither
            self.frame.nodes.remove(node)
        else:
            node.parent, node.way = last.parent, last.way
        last.at = node.at
        self.scope = last
        return True

    def _left_out(self, node: Node) -> bool:
        """What is excepted: all servers except virtual machines, but those of team A."""
        target = self.frame.target
        if self.comparator != "ne" or target is None or node is target:
            return False
        self.comparator = ""
        if node.named or not is_a(self.schema, node.kind, target.kind):
            self.negation = "without"
            return False
        self.frame.nodes.remove(node)
        kinds = [k.name for k in self.schema.concrete_kinds() if is_a(self.schema, k.name, node.kind)]
        self._say(target, Compare(KindOf(target.name), "not in", Constant(list[bool | int | float | str](kinds))))
        self.scope = target
        return True

    def _two_subjects(self, at: int, node: Node) -> None:
        """Two kinds beside one another, each of which may be asked for: servers and applications. Raises Unclear."""
        target = self.frame.target
        between = self.items[target.at + 1 : at] if target is not None and target.at >= 0 else ()
        if not between or node.named or self.negation or self.frame.nodes[-2:-1] != [target]:
            return
        joined = [one for one in between if {"and", "or"} & set(one.turns)]
        if joined and all(one.empty or one in joined for one in between) and not self._possessed(at):
            assert target is not None
            found = self.ways.between(target.kind, node.kind)
            if (
                found
                and len(found[0].steps) == 1
                and found[0].steps[0].relation in ("PART_OF", "REALISES", "VERSION_OF")
            ):
                return  # causes and their parts
            raise Unclear(say("of_what", self.language), (self._label(target.kind), self._label(node.kind)))

    def _possessed(self, at: int) -> bool:
        return any(one.folded in POSSESSIVES for one in self._determiners(at))

    def _show(self, at: int, node: Node) -> None:
        """What is asked for beside the target: with their team, and its data centre, and for which teams."""
        target = self.frame.target
        plain = not (node.named or node.tested or node.measured or node.extreme or node is target)
        if plain and target is not None and self.frame.mode == "list" and self._and_which(target.at, at):
            self.frame.shown.append(node)
            return
        if plain and target is not None and self.frame.mode == "list" and self._possessed(at):
            behind = [one.folded for one in self.items[target.at : at]]
            if not {"dont", "whose"} & set(behind):
                self.frame.shown.append(node)

    def _and_which(self, after: int, at: int) -> bool:
        """Whether a kind is asked for by a second question word, behind "and": late plans, and for which teams?"""
        lead = at - 1
        while lead > after and self.items[lead].empty and self.items[lead].folded not in _WHICH:
            lead -= 1
        if lead <= after or self.items[lead].folded.split()[-1] not in _WHICH:
            return False
        words = [word for item in self.items[max(after + 1, lead - 2) : lead + 1] for word in item.folded.split()]
        return bool({"et", "and"} & set(words))

    def _kind_of(self, item: Item, kind: str) -> bool:
        return any(self.ways.overlap(m.name, kind) for m in item.means("kind"))

    @abstractmethod
    def _group_beside(self, node: Node) -> None:
        """Of a room above: count of each of several elements."""

    def _bare_repeat(self, at: int, kind: str, elements: tuple[NamedElement, ...]) -> bool:
        """Whether a kind is said that something said before has brought in: by severity of vulnerability."""
        if elements or self.negation or self.number is not None or self.wants_most or at >= len(self.items):
            return False
        brought = self.frame.nodes[-1] if self.frame.nodes else None
        if brought is not None and brought.named and brought.at == at - 1 and self._names_its_kind(at, brought.kind):
            return True  # the k8s-prod-01 cluster
        if brought is None or brought.explicit or brought.kind != kind or not self.frame.groups:
            return False
        brought.explicit, brought.at, self.scope = True, at, brought
        return True

    def _names_its_kind(self, at: int, kind: str) -> bool:
        """Whether a word is part of what a kind is called."""
        wording = self.schema.kinds[kind].wording
        return self.items[at].folded in {word for text in (wording.en, wording.fr) for word in fold(text).split()}

    def _role(self, at: int, role: str) -> bool:
        """The owner, the support team: an element named by its relation to another."""
        kind, way = self.idioms.roles[role]
        relation = way.steps[0].relation
        if self.frame.target is None:
            self.hint, self.hint_at = (Meaning("relation", relation),), at
            self._node(at, kind, (), plural=False)
            self.hint, self.hint_at = (Meaning("relation", relation),), at
            return True
        target = next((n for n in self._recent() if self.ways.between(n.kind, kind, relation, None)), None)
        if target is None:
            return False
        existing = self.frame.target
        if existing.kind == kind and not existing.named and existing.way is None and len(self.frame.nodes) == 1:
            self.hint, self.hint_at = (Meaning("relation", relation),), at
            return True
        self.hint, self.hint_at = (Meaning("relation", relation),), at
        self._node(at, kind, ())
        self.hint = ()
        return True


def plural_of(text: str) -> bool:
    """Whether a kind is said in the plural, or so that nobody can tell."""
    words = [word for word in text.split() if len(word) > 3]
    return (
        not words
        or any(word.endswith(("s", "x")) and not word.endswith("ss") for word in words)
        or text in ("people", "staff")
    )
