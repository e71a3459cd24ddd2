"""Words of the domain that mean several things: the meaning that fits what has been read."""

from __future__ import annotations

from typing import Final

from agent.language.items import Item
from agent.language.meanings import Meaning, holders
from agent.language.outcome import Unheld
from agent.language.periods import Shape
from agent.language.reading.groups import Groups
from agent.language.reading.words import DATES, FUNCTIONS, NUMBERS, POSSESSIVES
from agent.query.model import Attribute, Compare, Constant, Missing

_ORDER: Final = {"kind": 0, "role": 1, "predicate": 2, "value": 3, "measure": 4, "attribute": 5, "relation": 6}

_STILL: Final = frozenset({"encore", "toujours", "still"})


class Senses(Groups):
    """Chooses among the meanings of an item."""

    def _opened_within(self, at: int) -> bool:
        """Whether what is "ouvert" was opened in a period that is said later: incidents ouverts sur X en 2024."""
        said = self.language == "fr" and self.items[at].folded.startswith("ouvert")
        return said and any(one.period is not None and one.period.shape is Shape.WITHIN for one in self.items[at + 1 :])

    def _meanings(self, at: int, item: Item) -> None:
        if item.aggregates:
            self.frame.functions.append((at, FUNCTIONS[item.aggregates[0]]))
        kinds, predicates = item.means("kind"), item.means("predicate")
        values, attributes = item.means("value"), item.means("attribute")
        relations, roles, measures = item.means("relation"), item.means("role"), item.means("measure")
        best = item.meanings[0]
        if self.grouping and measures and not (kinds or attributes or roles or values) and self.ranking:
            self.grouping = False  # top 5 outages by duration
        if self.grouping and (kinds or attributes or roles or values):
            self._group(at, item)
            return
        if values and self._value_of_attribute(at, values):
            return
        if attributes and at and self.items[at - 1].folded in POSSESSIVES and not kinds:
            held = next((m.name for m in attributes if self._holder(m.name) is not None), None)
            if held is not None:
                self.pending_attributes.append((at, held))  # with their operating system
                return
        being = self._being(at)
        dated = [m for m in attributes if self._type(m.name) in DATES]
        dated.sort(key=lambda m: self._holder(m.name) is None)
        coming = [m for m in dated if m.name in self.idioms.future_attributes]
        if coming and not kinds and any("soonest" in one.turns for one in self.items):
            self.pending_attributes.append((at, coming[0].name))  # whichever is planned, or expires, next
            return
        still = at > 0 and self.items[at - 1].folded in _STILL and any(one.name == "open" for one in predicates)
        if still and self._predicate(at, predicates):
            return  # encore ouverts, et depuis plus de 6 mois
        if self.led_by and any(m.name == self.led_by for m in dated) and not self._lasting(at):
            return  # last month, how many were opened: the period is about that already
        if (
            dated
            and (self._period_near(at) or self._opened_within(at))
            and any(self._dated_exists(m.name) for m in dated)
            and not (kinds and not being and kinds[0].rank <= dated[0].rank and not self.frame.nodes)
        ):
            dated.sort(key=lambda m: self._holder(m.name) is None)
            self.pending_attributes.append((at, next(m.name for m in dated if self._dated_exists(m.name))))
            if any(one.name == "open" for one in predicates) and self._over_near(at):
                self._predicate(at, predicates)
            return
        if (
            self.superlative == "oldest"
            and any(one.name == "open" for one in predicates)
            and self._predicate(at, predicates)
        ):
            return  # the oldest that is still open, for all were opened once
        if (
            dated
            and (self.superlative or self._superlative_near(at))
            and any(self._holder(m.name) for m in dated)
            and not kinds
        ):
            self.pending_attributes.append((at, next(m.name for m in dated if self._holder(m.name))))
            return
        asked_when = not self.negation and any("when" in one.turns for one in self.items[:at])
        if asked_when and dated and not kinds and self._holder(dated[0].name) and self.frame.target is None:
            self.pending_attributes.append((at, dated[0].name))  # when was it resolved?
            return
        if (being or self.negation in ("not", "never")) and predicates and self._predicate(at, predicates):
            return
        if self.negation == "never" and dated and self._missing(at, dated):
            return  # never patched: without a date of it, whatever else was done
        if self.negation == "without" and attributes and not kinds and self._is_without(at, attributes):
            return
        if (
            self.negation
            and dated
            and any("when" in one.turns for one in self.items[:at])
            and self._holder(dated[0].name)
        ):
            self.negation = ""
            self.pending_attributes.append((at, dated[0].name))
            return  # since when has it not been restarted: the last time that it was
        if self.negation in ("not", "never") and dated and self._held_alone(dated, values) and self._missing(at, dated):
            return  # not patched: the server has a date of it, an action of that type is another matter
        if (being or self.negation in ("not", "never")) and not (
            kinds and kinds[0].rank == 0 and (self._next_is_name(at) or self._determined(at))
        ):
            if values and best.sort in ("value", "attribute", "kind") and self._value(at, values):
                return
            if self.negation in ("not", "never") and dated and self._missing(at, dated):
                return
        if measures and best.sort == "measure" and self._measured(at, measures):
            return
        if (
            self.frame.function
            and attributes
            and not self._counted_kind(at, kinds)
            and any(self._type(m.name) in NUMBERS for m in attributes)
        ):
            self.pending_attributes.append((at, next(m.name for m in attributes if self._type(m.name) in NUMBERS)))
            return
        if kinds and attributes and (held := self._of_name(at, attributes)) is not None:
            self.pending_attributes.append((at, held))
            return
        if kinds and values and self._determined(at):
            values = ()
        ordered = sorted(item.meanings, key=lambda m: (m.rank, _ORDER[m.sort]))
        if self.negation == "without" and kinds and not self._prenominal(at) and kinds[0].rank <= ordered[0].rank + 1:
            ordered = [*kinds, *ordered]
        if kinds and values and best.rank == kinds[0].rank and self._adjective_place(at) and self._fits(values):
            ordered = [*values, *ordered]
        elif kinds and predicates and best.rank == kinds[0].rank and self._adjective_place(at):
            ordered = [*predicates, *ordered]
        elif kinds and attributes and self._numeric_near(at) and any(self._type(m.name) in NUMBERS for m in attributes):
            ordered = [*attributes, *ordered]
        if (
            kinds
            and relations
            and self.frame.target is not None
            and relations[0].rank <= kinds[0].rank + being
            and not (item.means("value") and self._prenominal(at))
            and self._leads_on(at)
        ):
            ordered = [*relations, *ordered]
        for meaning in ordered:
            if self._take(at, item, meaning):
                return
        if values or predicates:
            self.pending.append((at, bool(self.negation)))
            self.negation = ""
            return
        if relations:
            self._lead(at, relations)
            return
        raise Unheld(item.text)

    def _is_without(self, at: int, attributes: tuple[Meaning, ...]) -> bool:
        """Whether an attribute that need not be there is what is absent, whatever stands behind it: without risk analysis on X."""
        for node in self._recent()[:1]:
            held = next((m.name for m in attributes if self._holds(node.kind, m.name)), None)
            if held is None or self.schema.kinds[node.kind].attributes[held].required:
                return False
            self.negation = ""
            self._say(node, Missing(Attribute(node.name, held)))
            return True
        return False

    def _fits(self, values: tuple[Meaning, ...]) -> bool:
        """Whether the element right before may have one of some values, or (English) the kind behind: apps | incidents."""
        if self.language == "en" or not self.frame.nodes:
            return True
        return any(next(holders(self.schema, node.kind, m), None) for node in self._recent()[:1] for m in values)

    def _held_alone(self, dated: list[Meaning], values: tuple[Meaning, ...]) -> bool:
        """Whether an element has one of some dates, and none that is mentioned has one of some values."""
        if not values or not any(self._holder(m.name) is not None for m in dated):
            return False
        return not any(next(holders(self.schema, n.kind, m), None) for n in self.frame.nodes for m in values)

    def _value_of_attribute(self, at: int, values: tuple[Meaning, ...]) -> bool:
        """A value whose attribute is said beside it: the outcome incident, in the database category."""
        before = next((p for p in range(at - 1, max(-1, at - 3), -1) if self.items[p].means("attribute")), None)
        after = at + 1 if at + 1 < len(self.items) else None
        for place in (before, after):
            if place is None:
                continue
            if place == before and not all(item.empty for item in self.items[place + 1 : at]):
                continue
            names = {m.name for m in self.items[place].means("attribute")}
            for node in self._recent():
                for meaning in values:
                    attribute = next((a for a in holders(self.schema, node.kind, meaning) if a in names), None)
                    if attribute is None or isinstance(meaning.value, bool):
                        continue
                    self.pending_attributes = [one for one in self.pending_attributes if one[0] != place]
                    self.used.add(place)
                    negated, self.negation = bool(self.negation), ""
                    self._say(
                        node,
                        Compare(Attribute(node.name, attribute), "<>" if negated else "=", Constant(meaning.value)),
                    )
                    return True
        return False

    def _lead(self, at: int, relations: tuple[Meaning, ...]) -> None:
        self.hint, self.hint_at = relations, at
        self.verbs.append((at, relations))

    def _hint_after(self) -> None:
        """A verb behind its elements: which servers does X run on?"""
        node = self.frame.nodes[-1] if self.frame.nodes else None
        if node is None or node.parent is None:
            return
        options = [(cost, way) for way, cost, hinted in self._options(node.parent, node) if hinted]
        if options:
            node.way = min(options, key=lambda option: option[0])[1]
        self.hint = ()

    def _take(self, at: int, item: Item, meaning: Meaning) -> bool:
        if meaning.sort == "kind":
            self._kind(at, item, meaning.name)
            return True
        if meaning.sort == "role":
            return self._role(at, meaning.name)
        if meaning.sort == "predicate":
            if self._prenominal(at):
                self.pending.append((at, self.negation in ("not", "never")))
                self.negation = "without" if self.negation == "without" else ""  # no open incidents: of the incidents
                return True
            return self._predicate(at, item.means("predicate"))
        if meaning.sort == "value":
            if self._prenominal(at):
                self.pending.append((at, self.negation in ("not", "never")))
                self.negation = "without" if self.negation == "without" else ""
                return True
            return self._value(at, item.means("value"))
        if meaning.sort == "measure":
            return self._measured(at, item.means("measure"))
        if meaning.sort == "attribute":
            if self._type(meaning.name) in DATES and at > 1 and self.items[at - 1].folded in ("etre", "be"):
                raise Unheld(item.text)  # must be patched: that it has to be is not held
            if meaning.name in self.idioms.future_attributes and at > 1 and self._was(at):
                raise Unheld(item.text)  # were renewed: a date ahead tells of no deed
            self.pending_attributes.append((at, meaning.name))
            return True
        self._lead(at, item.means("relation"))
        if self._next(at) is None or all(one.empty for one in self.items[at + 1 :]):
            self._hint_after()
        return True

    def _was(self, at: int) -> bool:
        """Whether something is said to have been done."""
        before = self.items[at - 1].folded.split()
        return bool(before) and before[-1] in ("been", "ete") and self.frame.target is not None

    def _dated_exists(self, attribute: str) -> bool:
        if not self.frame.nodes:
            return True
        return (
            self._dated(attribute) is not None
            if self._holder(attribute) is None and attribute in self.idioms.future_attributes
            else self._holder(attribute) is not None
        )
