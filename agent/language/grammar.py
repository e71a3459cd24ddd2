"""From items to a frame: which elements a question is about, how they are joined, what is said and asked of them.

One pass from left to right. What modifies goes to the nearest element that it can be said of; a kind is joined to the
element that it fits best, by the relation that the verb between them names. What cannot be placed raises.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.language.frame import Frame
from agent.language.items import Item
from agent.language.outcome import Unheld
from agent.language.periods import Shape
from agent.language.reading.quantifiers import ALL
from agent.language.reading.related import Related
from agent.language.reading.words import BUCKETS, NUMBERS

_ALL: Final = ALL | {"chaque", "each"}


class Grammar(Related):
    """Reads the items of one question."""

    def read(self) -> Frame:
        """Read all items. Raises Unclear, Unheld."""
        if self._stated():
            self.frame.mode = "yes"
        of_relations = self._set_apart()
        for at, item in enumerate(self.items):
            if at in self.used:
                continue
            if self._says(at):
                self._begin_nucleus(at)
            self.at = at
            self._item(at, item)
        self._settle()
        self._say_of_relations(of_relations)
        self._guard()
        if self.frame.mode == "yes":
            for item in self.items:
                if item.folded in _ALL and not any(node.every or node.divides for node in self.frame.nodes):
                    raise Unheld(item.text)  # whether all of them: one that is does not tell
        return self.frame

    def _item(self, at: int, item: Item) -> None:
        if item.number is not None:
            self._number(at, item)
        elif (
            item.period is not None and item.text.isdigit() and at and self.items[at - 1].folded in self.idioms.products
        ):
            raise Unheld(f"{self.items[at - 1].text} {item.text}")  # windows 2012: a version, not a year
        elif item.period is not None and (bound := self._bound_of(at, item)) is not None:
            self.comparator = "gt" if item.period.shape is Shape.OVER else "lt"
            self._number(at, bound)
        elif item.period is not None:
            self._period(at, item.period)
        elif item.name is not None and not (item.meanings and not self._name_first(at, item)):
            self._name(at, item)
        elif item.turns and not (item.meanings and self._meant(at, item)):
            self._turn(at, item)
        elif item.meanings:
            self._meanings(at, item)
        elif item.unknown:
            self._unknown(at, item)
        elif item.folded in ALL:
            self._all_of_them(at)

    def _bound_of(self, at: int, item: Item) -> Item | None:
        """A stretch of time that bounds a figure, no date: a RTO of more than 2 days, outages of more than a day."""
        period = item.period
        if period is None or period.unit not in ("day", "week") or item.folded.split()[0] not in ("de", "d"):
            return None
        if len(item.folded.split()) < 2 or item.folded.split()[1] not in ("plus", "moins", "au"):
            return None
        figure = any(self._type(name) in NUMBERS for _, name in self.pending_attributes)
        measured = any(one.means("measure") for one in self.items[max(0, at - 4) : at])
        lasts = any(self._measure(node, "duration") is not None for node in self._recent()[:1])
        if not (figure or measured or lasts):
            return None
        return replace(item, period=None, number=period.count * (7 if period.unit == "week" else 1), unit="jours")

    def _unknown(self, at: int, item: Item) -> None:
        if item.folded in self.literals and self._literal(at, self.literals[item.folded]):
            return
        if self.grouping and item.folded in BUCKETS:
            self._bucket(at, BUCKETS[item.folded])
            return
        if self.grouping and self.items[at].folded in BUCKETS:
            return
        raise Unheld(item.text)
