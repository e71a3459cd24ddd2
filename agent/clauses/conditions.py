"""Conditions: what properties are compared with, how often something was done, years."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent.clauses.asked import Figure, Holder
from agent.clauses.joins import Joins
from agent.clauses.marks import Mark
from agent.clauses.pattern import Element
from agent.clauses.saying import NUMBERS, OPERATORS, TEXTS, Use, compared, constrain, operand, whole
from agent.language.outcome import Unclear, Unheld
from agent.query.model import Attribute, Compare, Condition, Constant, Value, Within
from graph.schema.model import ValueType

_TIMES: Final = frozenset(["count", "times", "frequency", "occurrences"])
"""Words of properties that say how often something was done."""


class Conditions(Joins):
    """Says something of elements and relations."""

    def _filtered(self, at: int, mark: Mark, names: list[str]) -> bool:
        """A property with what it is compared with right behind it."""
        following = self._next(at)
        beyond = self._next(at + 1)
        if following is None:
            return False
        used = [at + 1]
        made: Callable[[Value], Condition]
        if following.turns & set(OPERATORS) and beyond is not None and (beyond.number is not None or beyond.valued):
            operator = next(OPERATORS[turn] for turn in OPERATORS if turn in following.turns)
            used.append(at + 2)
            made = compared(operator, operand(beyond))
        elif following.turns & set(TEXTS) and beyond is not None and (beyond.valued or beyond.number is not None):
            operator = next(TEXTS[turn] for turn in TEXTS if turn in following.turns)
            used.append(at + 2)
            made = compared(operator, beyond.said or beyond.text)
        elif "between" in following.turns and (ends_ := self._two_numbers(at + 2)) is not None:
            low, high = ends_
            used += [at + 2, at + 3, at + 4]

            def within(value: Value) -> Condition:
                return Within(value, Constant(low), Constant(high), closed=True)

            made = within
        elif (
            following.valued
            and not following.gap
            and not set(following.before) & {"from", "by", "with"}
            and self._takes(names, following)
        ):
            made = compared("=", self._typed(names, following.said))
        elif following.number is not None and not following.gap and self._numeric(names):
            made = compared("=", whole(following.number))
        else:
            return False
        self.used.update(used)
        self._when(mark, names, lambda holder, name: holder.where.append(made(Attribute(holder.name, name))))
        return True

    def _part(self, at: int, mark: Mark) -> None:
        """A word of the name of a property, with a number: launched after 1801. Else it says nothing of its own."""
        names = mark.means("part")
        following = self._next(at)
        compared_ = following is not None and bool(following.turns & {*OPERATORS, "between"})
        if compared_ or (following is not None and following.number is not None and set(following.before) & {"in"}):
            self._filtered(at, mark, [name for name in names if self._numeric([name])])

    def _bounded(self, at: int, mark: Mark, following: Mark) -> bool:
        """A property behind its comparison: after the year 2000."""
        beyond = self._next(at + 1)
        if beyond is None or beyond.number is None or beyond.gap:
            return False
        self.used |= {at + 1, at + 2}
        operator = next(OPERATORS[turn] for turn in OPERATORS if turn in mark.turns)
        made = compared(operator, whole(beyond.number))
        self._when(
            following,
            following.means("attribute"),
            lambda holder, name: holder.where.append(made(Attribute(holder.name, name))),
        )
        return True

    def _typed(self, names: list[str], said: str) -> str | float:
        """A text in quotation marks, as a number where the property is one."""
        if self._numeric(names) and said.lstrip("-").replace(".", "", 1).isdigit():
            return whole(float(said))
        return said

    def _two_numbers(self, at: int) -> tuple[float | int, float | int] | None:
        low, joined, high = (self.marks[p] if p < len(self.marks) else None for p in (at, at + 1, at + 2))
        if low is None or high is None or joined is None or low.number is None or high.number is None:
            return None
        return whole(low.number), whole(high.number)

    def _takes(self, names: list[str], value: Mark) -> bool:
        """Whether a text is one of a property: quoted it is, else it is among those that the graph holds."""
        return (value.quoted and not value.held) or any(held.attribute in names for held in value.held)

    def _numeric(self, names: list[str]) -> bool:
        tables = (self.schema.node_attributes, self.schema.relation_attributes)
        return any(table.get(name) in NUMBERS for name in names for table in tables)

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
            raise Unclear("")

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
                holder.where.append(compared(operator, whole(number))(Attribute(holder.name, name)))
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
            made = compared(self.operator, whole(number))
            self.operator = None
            self.used.add(at + 1)
            self._when(
                following,
                following.means("attribute"),
                lambda holder, name: holder.where.append(made(Attribute(holder.name, name))),
            )
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
        operator, self.operator = self.operator or "=", None
        for element in self._others_of_hint():
            years = [
                a.name
                for a in self.schema.kinds[element.kind].attributes.values()
                if a.type is ValueType.INTEGER and "year" in a.wording.en.split()
            ]
            if len(years) == 1 and set(mark.before) & {"in", "from", "of"} | ({operator} - {"="}):
                element.where.append(compared(operator, whole(number))(Attribute(element.name, years[0])))
                return
        raise Unheld(mark.text)
