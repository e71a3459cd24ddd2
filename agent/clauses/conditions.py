"""Conditions: what properties are compared with, how often something was done, years."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.clauses.asked import Figure, Holder
from agent.clauses.dates import dated
from agent.clauses.joins import Joins
from agent.clauses.marks import Mark
from agent.clauses.pattern import Element, Link
from agent.clauses.saying import DATES, NUMBERS, OPERATORS, TEXTS, Use, constrain, operator_of, whole
from agent.language.outcome import Unclear, Unheld
from agent.language.wordings import say
from agent.query.model import Attribute, Compare, Constant, Operator
from graph.schema.model import ValueType

_TIMES: Final = frozenset(["count", "times", "frequency", "occurrences"])
"""Words of properties that say how often something was done."""


class Conditions(Joins):
    """Says something of elements and relations."""

    def _filtered(self, at: int, mark: Mark, names: list[str]) -> bool:
        """A property with what it is compared with right behind it."""
        following, beyond = self._next(at), self._next(at + 1)
        if following is None:
            return False
        used = [at + 1]
        if following.turns & set(OPERATORS) and beyond is not None and beyond.operand:
            use = self._test(operator_of(following), beyond)
            used.append(at + 2)
        elif following.turns & set(TEXTS) and beyond is not None and beyond.operand:
            operator = next(TEXTS[turn] for turn in TEXTS if turn in following.turns)
            use = self._test(operator, replace(beyond, said=beyond.said or beyond.text, number=None))
            used.append(at + 2)
        elif "between" in following.turns and (span := self._span(at + 2)) is not None:
            use = self._within(*span)
            used += [at + 2, at + 3, at + 4]
        elif following.valued and not following.gap and self._takes(names, following):
            if set(following.before) & {"from", "by", "with"}:
                return False
            use = self._test("=", following)
        elif not following.gap and self._reckoned(names, following):
            use = self._test("=", following)
        else:
            return False
        self.used.update(used)
        self._when(mark, names, use)
        return True

    def _test(self, operator: Operator, mark: Mark) -> Use:
        """A property compared with a number, a text or a day, as its type is."""

        def use(holder: Holder, name: str) -> None:
            value, type_ = Attribute(holder.name, name), self._type(holder, name)
            condition = dated(value, operator, mark) if type_ in DATES else None
            if condition is None:
                condition = Compare(value, operator, Constant(_operand(mark, type_)))
            holder.where.append(condition)

        return use

    def _within(self, low: Mark, high: Mark) -> Use:
        """A property between two numbers, years or days, both of them included."""

        def use(holder: Holder, name: str) -> None:
            self._test(">=", low)(holder, name)
            self._test("<=", high)(holder, name)

        return use

    def _span(self, at: int) -> tuple[Mark, Mark] | None:
        """Two numbers or days that `and` joins."""
        low, joined, high = (self.marks[p] if p < len(self.marks) else None for p in (at, at + 1, at + 2))
        if low is None or high is None or joined is None or low.valued or high.valued:
            return None
        return (low, high) if low.operand and high.operand and "and" in joined.turns else None

    def _type(self, holder: Holder, name: str) -> ValueType | None:
        table = self.schema.relation_attributes if isinstance(holder, Link) else self.schema.node_attributes
        return table.get(name)

    def _part(self, at: int, mark: Mark) -> None:
        """A word of the name of a property, with a number: launched after 1801. Else it says nothing of its own."""
        following = self._next(at)
        if following is None:
            return
        compared = bool(following.turns & {*OPERATORS, "between"})
        if compared or (following.operand and set(following.before) & {"in", "on"}):
            names = [n for n in mark.means("part") if self._numeric([n]) or self._dates([n])]
            if names:
                self._filtered(at, mark, names)

    def _bounded(self, at: int, mark: Mark, following: Mark) -> bool:
        """A property behind its comparison: after the year 2000."""
        beyond = self._next(at + 1)
        if beyond is None or beyond.valued or not beyond.operand or beyond.gap:
            return False
        self.used |= {at + 1, at + 2}
        self._when(following, following.means("attribute"), self._test(operator_of(mark), beyond))
        return True

    def _takes(self, names: list[str], value: Mark) -> bool:
        """Whether a text is one of a property: quoted it is, else it is among those that the graph holds."""
        return (value.quoted and not value.held) or any(held.attribute in names for held in value.held)

    def _numeric(self, names: list[str]) -> bool:
        tables = (self.schema.node_attributes, self.schema.relation_attributes)
        return any(table.get(name) in NUMBERS for name in names for table in tables)

    def _dates(self, names: list[str]) -> bool:
        tables = (self.schema.node_attributes, self.schema.relation_attributes)
        return any(table.get(name) in DATES for name in names for table in tables)

    def _reckoned(self, names: list[str], mark: Mark) -> bool:
        """Whether a number or a day is one that a property may have."""
        if mark.valued or not mark.operand:
            return False
        return self._dates(names) or (mark.number is not None and self._numeric(names))

    def _equal(self, said: str) -> Use:
        return lambda holder, name: constrain(holder, name, said)

    def _containing(self, said: str) -> Use:
        return lambda holder, name: holder.where.append(
            Compare(Attribute(holder.name, name), "contains", Constant(said))
        )

    def _when(self, mark: Mark, names: list[str], use: Use) -> None:
        """Say something of a property: of the relation that is being spoken of, of the last element that has it."""
        self._narrowed()
        if not self.hint_used and any(self._on_relation(name) for name in names):
            self.pending.append((mark, names, use))
            return
        for link in reversed(self.growing.links[-1:]):
            held = next((name for name in names if name in self.schema.relations[link.relation].attributes), None)
            if held is not None and self.zone == "rel":
                use(link, held)
                return
        at = self.marks.index(mark)
        near = at > 0 and (self.marks[at - 1].means("kind") or self.marks[at - 1].valued)
        found = self._holder(names, [self.last, self.subject] if near else [self.subject, self.last])
        if found is None:
            self.pending.append((mark, names, use))
        else:
            use(*found)

    def _narrowed(self) -> None:
        """What is said behind several figures may be said of one of them only."""
        if len(self.asked.figures) + (self.counting or self.function is not None) > 1:
            raise Unclear(say("which_figure", "en"))

    def _holder(self, names: list[str], first: list[Element | None]) -> tuple[Holder, str] | None:
        for element in dict.fromkeys([*first, *reversed(self.growing.elements)]):
            if element is not None:
                for name in names:
                    if name in self.schema.kinds[element.kind].attributes:
                        return element, name
        for link in reversed(self.growing.links):
            for name in names:
                if name in self.schema.relations[link.relation].attributes:
                    return link, name
        return None

    def _times(self, mark: Mark) -> None:
        """How often: a property of the relation that counts."""
        links = [
            link for link in reversed(self.growing.links) if not self.hint or link.relation in self.hint
        ] or self.growing.links[::-1]
        operator, number, function = self.operator, self.number, self.function
        self.operator, self.number, self.function, self.counting = None, None, None, False

        def use(holder: Holder, name: str) -> None:
            if operator is not None and number is not None:
                self._test(operator, replace(mark, number=number))(holder, name)
            else:
                self.asked.figures.append(Figure(function or "sum", Attribute(holder.name, name)))

        for link in links:
            for attribute in self.schema.relations[link.relation].attributes.values():
                if set(attribute.wording.en.split()) & _TIMES:
                    use(link, attribute.name)
                    return
        names = [
            a.name
            for r in self.schema.relations.values()
            for a in r.attributes.values()
            if set(a.wording.en.split()) & _TIMES
        ]
        if not names:
            raise Unheld(mark.text)
        self.pending.append((mark, names, use))

    def _number(self, at: int, mark: Mark) -> None:
        number = mark.number
        assert number is not None
        following = self._next(at)
        if (
            self.operator is not None
            and following is not None
            and (following.means("kind") or "times" in following.turns)
        ):
            self.number = number
            return
        if (
            self.operator is not None
            and following is not None
            and self._numeric(following.means("attribute"))
            and not following.gap
        ):
            use = self._test(self.operator, mark)
            self.operator = None
            self.used.add(at + 1)
            self._when(following, following.means("attribute"), use)
            return
        if following is not None and "times" in following.turns and not following.before:
            self.operator, self.number = "=", number
            return
        if (
            following is not None
            and following.means("kind")
            and self.asked.limit is None
            and self.most + str(self.function or "")
        ):
            self.asked.limit = int(number)
            return
        self._in_time(mark)

    def _in_time(self, mark: Mark, until: Mark | None = None) -> None:
        """A year or a day by itself (`until`: up to another): of the last element that has one date or year."""
        operator, self.operator = self.operator or "=", None
        said = set(mark.before) & {"in", "from", "of", "on"} or operator != "=" or until is not None
        for element in self._others_of_hint():
            name = self._time_of(element, mark)
            if name is not None and said:
                use = self._test(operator, mark) if until is None else self._within(mark, until)
                use(element, name)
                return
        raise Unheld(mark.text)

    def _time_of(self, element: Element, mark: Mark) -> str | None:
        """The year of an element, else its date, where it has just one."""
        attributes = self.schema.kinds[element.kind].attributes.values()
        years = [a.name for a in attributes if a.type is ValueType.INTEGER and "year" in a.wording.en.split()]
        dates = [a.name for a in attributes if a.type in DATES]
        for names in ([] if mark.day else years, dates):
            if len(names) == 1:
                return names[0]
        return None


def _operand(mark: Mark, type_: ValueType | None) -> str | float:
    """What is compared with; a text in quotation marks is a number where the property is one."""
    if mark.number is not None:
        return whole(mark.number)
    said = mark.said or mark.day
    if type_ in NUMBERS and said.lstrip("-").replace(".", "", 1).isdigit():
        return whole(float(said))
    return said
