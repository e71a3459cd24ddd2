"""Attributes that waited for the end of a question: columns, figures, what is sorted by, the most common value, what is known."""

from __future__ import annotations

from typing import Final

from agent.language.frame import Measure, Node
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.phrases import Phrases
from agent.language.reading.words import DATES, NUMBERS, SUPERLATIVES, words
from agent.language.wordings import say
from agent.query.model import Attribute, Compare, Missing, Moment
from graph.schema.model import ValueType

NUMBER: Final = words("number")


class Attributes(Phrases):
    """Places attributes."""

    def _settle_attributes(self) -> None:
        frame = self.frame
        target = frame.target
        assert target is not None
        for at, name in self.pending_attributes:
            options = [m.name for m in self.items[at].means("attribute")] or [name]
            held = next(((o, n) for n in [target, *self._recent()] for o in options if self._holds(n.kind, o)), None)
            if held is None and self._of_what_is_absent(at):
                continue
            if held is None:
                node = next((n for o in options if (n := self._implicit(o)) is not None), None)
                if (
                    node is not None
                    and node.way is not None
                    and (len(node.way.steps) > 1 or self._another_time(node, options))
                ):
                    raise Unheld(self.items[at].text)
                if node is None:
                    relation = self.items[at].means("relation")
                    if relation:
                        continue
                    raise Unheld(self.items[at].text)
                held = (next(o for o in options if self._holds(node.kind, o)), node)
            attribute, node = held
            if node.absent:
                continue  # without an identified cause
            if self.negation and self.negated_at < at and not node.explicit and node is not target:
                raise Unheld(self.items[at].text)
            value = Attribute(node.name, attribute)
            counted = self._says_how_much(at, attribute)
            if counted:
                self.count_at = -1  # of the figure, and of nothing that comes later
            if (
                (counted or self._is_summed(at, attribute))
                and not frame.function
                and not (target.named and node is target)
            ):
                frame.functions.append((at, "sum"))
            if frame.function and self._type(attribute) in NUMBERS:
                frame.measures.append(Measure(value, attribute, at))
            elif (
                (self.superlative or self.wants_most or self.ranking)
                and self._type(attribute) in (*NUMBERS, *DATES)
                and not frame.order_by
            ):
                descending = SUPERLATIVES.get(self.superlative, ("", True))[1] and self.wants_most != "least"
                descending = descending and not (self.superlative == "worst" and attribute in self.idioms.desirable)
                if node is not target and node.way is not None and not node.explicit and not node.way.steps[-1].forward:
                    raise Unclear(say("which_figure", self.language))  # of each of several
                if self._type(attribute) in DATES and self.superlative == "" and self.ranking:
                    ahead = attribute in self.idioms.future_attributes and not self.sort_said
                    descending = self.sort_descending and not ahead
                frame.order_by.append((value, descending))
                if self.superlative == "soonest":
                    self._still_to_come(node, attribute)
                self.wants_most = ""
                if frame.limit is None and not target.plural and not self.ranking:
                    frame.limit, frame.ties = 1, True
                self.superlative = ""
            elif self.wants_most and not (frame.groups or frame.most) and self._type(attribute) is ValueType.STRING:
                self._most_common(at, node, attribute)
            elif self._one_of_its_own(at, node, attribute):
                node.where.append(Missing(value, negated=True))
            elif self.negation and self.negated_at < at:
                node.where.append(Missing(value))
                self.negation = ""
            else:
                self._refuse_of_several(at, node, attribute)
                if node is target and not target.named and self._is_to_come(at, attribute):
                    raise Unclear(say("which_period", self.language))
                frame.outputs.append((node, attribute))

    def _is_to_come(self, at: int, attribute: str) -> bool:
        """Whether it is said of elements that something comes, and neither until when nor that its date is asked for."""
        said = self.items[at].folded in self.idioms.coming and attribute in self.idioms.future_attributes
        return said and not any("when" in one.turns or one.period is not None for one in self.items)

    def _still_to_come(self, node: Node, attribute: str) -> None:
        """Leave out what has been where the next ones are asked for."""
        if attribute in self.idioms.future_attributes:
            today = "today" if self._type(attribute) is ValueType.DATE else "now"
            node.where.append(Compare(Attribute(node.name, attribute), ">=", Moment(today)))

    def _refuse_of_several(self, at: int, node: Node, attribute: str) -> None:
        """Refuse an attribute of elements that have it by any number of others: the RPO of contracts. Raises Unclear, Unheld."""
        target = self.frame.target
        several = node.way is not None and any(not step.forward for step in node.way.steps)
        if target is None or node.explicit or not several or target.named:
            return
        if at > target.at and self._type(attribute) in NUMBERS:
            raise Unheld(self.items[at].text)  # servers that changed team: how often their incidents did
        if at < target.at and all(one.empty for one in self.items[at + 1 : target.at]):
            raise Unclear(say("which_this", self.language))

    def _is_summed(self, at: int, attribute: str) -> bool:
        """Whether a figure that elements have is added up though no word counts it: number of cores by team, what it costs."""
        if self._type(attribute) not in NUMBERS:
            return False
        by_number = bool(self.frame.groups) and self.items[at].folded.split()[0] in NUMBER
        return by_number or (self.frame.mode == "count" and self._type(attribute) is ValueType.MONEY)

    def _says_how_much(self, at: int, attribute: str) -> bool:
        """Whether the words that something is counted by are said of a figure: how many cores do they have."""
        if self._type(attribute) not in NUMBERS or self.frame.mode != "count" or self.count_at < 0:
            return False
        by_number = self.frame.groups and self.items[at].folded.split()[0] in NUMBER
        between = any(self.count_at < node.at < at for node in self.frame.nodes)
        return not by_number and not between and self._same_phrase(self.count_at, at)

    def _of_what_is_absent(self, at: int) -> bool:
        """Whether a word is said of something that there is none of: no backup recorded."""
        before = next((node for node in self.frame.nodes if node.absent and node.at == at - 1), None)
        return before is not None and all(self._type(m.name) in DATES for m in self.items[at].means("attribute"))

    def _another_time(self, node: Node, options: list[str]) -> bool:
        """Whether an attribute is a time at which something else happened: servers opened are no servers of incidents."""
        steps = node.way.steps if node.way is not None else ()
        own = (*DATES, ValueType.BOOLEAN)
        return any(not step.forward for step in steps) and all(self._type(one) in own for one in options)

    def _one_of_its_own(self, at: int, node: Node, attribute: str) -> bool:
        """Whether it is said that there is one: cases with a regulatory deadline, contrats ayant une date de fin."""
        said = self.schema.kinds[node.kind].attributes[attribute]
        article = at > 1 and self.items[at - 1].folded in ("a", "an", "un", "une")
        lead = self.items[at - 2].folded.split() if article else []
        having = bool(lead) and lead[-1] in ("with", "have", "has", "having", "and", "avec", "ont", "ayant", "et")
        return having and not said.required and self.frame.mode != "yes"

    def _most_common(self, at: int, node: Node, attribute: str) -> None:
        """The value that most of the elements have: the most common OS, the most frequent category of incidents."""
        frame = self.frame
        if not self.schema.kinds[node.kind].attributes[attribute].required:
            node.where.append(Missing(Attribute(node.name, attribute), negated=True))
        frame.groups.append(Attribute(node.name, attribute))
        frame.group_names.append(attribute)
        frame.most, self.wants_most = self.wants_most, ""  # type: ignore[assignment]
        word = self.items[at].folded
        several = len(word) > 3 and word.endswith(("s", "x")) and not word.endswith("ss")
        if frame.limit is None and not several:
            frame.limit, frame.ties = 1, True
