"""From items to a frame: which elements a question is about, how they are joined, what is said and asked of them.

One pass from left to right. What modifies goes to the nearest element that it can be said of; a kind is joined to the
element that it fits best, by the relation that the verb between them names. What cannot be placed raises.
"""

from __future__ import annotations

from typing import Final

from agent.language.frame import Frame
from agent.language.items import Item
from agent.language.outcome import Unheld
from agent.language.reading.guards import Guards
from agent.language.reading.quantifiers import ALL
from agent.language.reading.words import BUCKETS

_ALL: Final = ALL | {"chaque", "each"}


class Grammar(Guards):
    """Reads the items of one question."""

    def read(self) -> Frame:
        """Read all items. Raises Unclear, Unheld."""
        if self._stated():
            self.frame.mode = "yes"
        for at, item in enumerate(self.items):
            if at in self.used:
                continue
            if self._says(at):
                self._begin_nucleus(at)
            self.at = at
            self._item(at, item)
        self._settle()
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

    def _unknown(self, at: int, item: Item) -> None:
        if item.folded in self.literals and self._literal(at, self.literals[item.folded]):
            return
        if self.grouping and item.folded in BUCKETS:
            self._bucket(at, BUCKETS[item.folded])
            return
        if self.grouping and self.items[at].folded in BUCKETS:
            return
        raise Unheld(item.text)
