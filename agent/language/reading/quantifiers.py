"""All of them, only these, both: what is said of every element that hangs from another, and not of any one."""

from __future__ import annotations

from typing import Final

from agent.language.frame import Node
from agent.language.items import Item
from agent.language.meanings import is_a, nearest
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.joining import Joining
from agent.language.reading.words import SUPERLATIVES, words
from agent.language.wordings import say
from agent.query.model import Compare, Constant

ALL: Final = words("all")
_SAYING: Final = words("saying")
_WHOSE: Final = words("whose")
_FAMILIES: Final = ("Server", "Deployable")


class Quantifiers(Joining):
    """Tells what is said of every one from what is said of some."""

    def _quantify(self, at: int, node: Node) -> None:
        """How much of its kind an element that was just made stands for."""
        self._the_extreme(node)
        before = {one.folded for one in self._determiners(at)}
        if self.only_at >= 0 and node is not self.frame.target and not node.absent and not node.measured:
            self._only_these(node)
        elif before & ALL and node is not self.frame.target and not node.named and not node.absent:
            if self.verbs and self.verbs[-1][0] > (node.parent.at if node.parent else at) and self._near_verb(at):
                node.divides = True
            elif not self._preposition(at):
                node.every, node.nucleus_at = True, len(self.items)

    def _the_extreme(self, node: Node) -> None:
        """The last, the dearest of something that hangs from another: whose last backup, servers of the dearest application."""
        target = self.frame.target
        if not self.superlative or target is None or node is target or node.named or node.plural or not target.plural:
            return
        first, last = sorted((self.superlative_at, node.at))
        if not self._same_phrase(first, last):
            return
        family, descending = SUPERLATIVES[self.superlative]
        attribute = nearest(self.schema, node.kind, self.idioms.adjectives.get(family, {})) if family else None
        if attribute is None:
            return
        if family == "coming":
            raise Unheld(self.items[self.superlative_at].text)  # what hangs from the next of another
        own = any(one.folded in _WHOSE for one in self.items[target.at : first + 1])
        node.extreme, node.nucleus_at, self.superlative = (attribute, descending, not own), len(self.items), ""

    def _only_these(self, node: Node) -> None:
        """There are no others: a kind says it among its family, a name among its kind."""
        self.only_at = -1
        node.only = True
        family = next((one for one in _FAMILIES if node.kind != one and is_a(self.schema, node.kind, one)), "")
        if family and not node.named and node.parent is not None:
            node.among = family
            node.concrete = tuple(k.name for k in self.schema.concrete_kinds() if is_a(self.schema, k.name, node.kind))

    def _all_of_them(self, at: int) -> bool:
        """All, or only, behind a verb: whose servers are all in production, whose servers run only Linux."""
        node = self.scope
        if node is None or node is self.frame.target or node.named or node.absent or not self._being(at):
            return False
        node.every, node.nucleus_at, node.restricting = True, at, len(node.where)
        return True

    def _begin_nucleus(self, at: int) -> None:
        """Behind a verb stands what is said of all of them; before it, which ones are meant."""
        for node in self.frame.nodes:
            waiting = node.every or node.extreme is not None
            if waiting and node.nucleus_at == len(self.items) and at > node.at:
                node.nucleus_at, node.restricting = at, len(node.where)

    def _says(self, at: int) -> bool:
        return self.items[at].folded.split()[0] in _SAYING if self.items[at].folded else False

    def _settle_quantifiers(self) -> None:
        """What only some elements have cannot be said of all of them. Raises Unclear."""
        for node in self.frame.nodes:
            if node.extreme is not None and node.nucleus_at == len(self.items):
                node.restricting = len(node.where)
            if node.every and node.nucleus_at == len(self.items):
                node.nucleus_at = node.at  # all their servers in Lyon: whatever stands behind it
                node.restricting = node.adjectives
            if node.both:
                return
        if self.both_at >= 0:
            self._both()
        if self.only_at > 0 and self.only_at < len(self.items):
            raise Unclear(say("which_this", self.language))

    def _both(self) -> None:
        """Both of two values: each has one that has it. Two elements that are named are both there anyway."""
        for node in self.frame.nodes:
            for place, one in enumerate(node.where):
                listed = (
                    isinstance(one, Compare) and isinstance(one.right, Constant) and isinstance(one.right.value, list)
                )
                if not listed:
                    continue
                if node is self.frame.target:
                    raise Unclear(say("which_this", self.language))  # nothing is Windows and Linux
                node.both = place + 1

    def _determiners(self, at: int) -> list[Item]:
        """The small words and adjectives right before an item."""
        found: list[Item] = []
        before = at - 1
        while before >= 0 and (self.items[before].empty or self.items[before].means("value")) and len(found) < 4:
            found.append(self.items[before])
            before -= 1
        return found

    def _preposition(self, at: int) -> bool:
        """Whether a preposition leads to the element: on all servers of Paie is on any of them."""
        before = next((one for one in range(at - 1, -1, -1) if self.items[one].folded in ALL), at)
        word = self.items[before - 1].folded if before else ""
        return word in (
            "sur",
            "de",
            "d",
            "a",
            "pour",
            "dans",
            "par",
            "of",
            "on",
            "for",
            "in",
            "across",
            "to",
            "from",
            "by",
            "at",
        )

    def _near_verb(self, at: int) -> bool:
        """Whether a verb of several letters stands right before: serve all regional banks."""
        verb = self.verbs[-1][0]
        return all(one.empty for one in self.items[verb + 1 : at]) and not self.lexicon.turns.empty(
            self.items[verb].folded.split()[0]
        )
