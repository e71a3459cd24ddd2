"""What stands around an item: whether a word is a noun, an adjective, an auxiliary, a comparison."""

from __future__ import annotations

import re
from typing import Final

from agent.language.folding import fold
from agent.language.frame import Node
from agent.language.items import Item
from agent.language.meanings import Meaning, holders, nearest
from agent.language.periods import Shape
from agent.language.reading.state import Reading
from agent.language.reading.words import BUCKETS, FUNCTIONS, NUMBERS, SUPERLATIVES, words
from agent.query.model import Attribute, Compare

_BEING: Final = words("being")
_THEM: Final = words("them")
_TURNED: Final = re.compile(r"^(?:\S+ ){1,8}?\w+(?:-t)?-(?:il|elle|ils|elles)\b")
"""A verb with its subject behind it: Paie tourne-t-elle sur ..."""
_WHICH: Final = words("which")


class Neighbours(Reading):
    """Questions about an item that its neighbours answer."""

    def _meant(self, at: int, item: Item) -> bool:
        """Whether words that are both a turn and a term of the domain are the term here."""
        if any(
            turn in item.turns
            for turn in (
                "no",
                "without",
                "group",
                "gt",
                "lt",
                "count",
                "and",
                "or",
                "list",
                "most",
                "ne",
                "direct",
                "indirect",
            )
        ):
            return False
        if set(item.turns) & set(FUNCTIONS) and self._taken_of_something(at):
            return False
        if "impact" in item.turns or "falls" in item.turns or "depends" in item.turns:
            return True
        return (
            item.meanings[0].rank == 0
            and not item.empty
            and item.meanings[0].sort in ("kind", "predicate", "value", "attribute")
        )

    def _taken_of_something(self, at: int) -> bool:
        """Whether a number stands right before a word such as `moyen`, or one is counted: CPU moyen, nombre moyen."""
        before = self._before(at)
        if before is None:
            return False
        numbers = any(self._type(m.name) in NUMBERS for m in before.means("attribute"))
        return numbers or bool(before.means("measure")) or "count" in before.turns

    def _count_turn(self, at: int, turns: tuple[str, ...]) -> bool:
        if "count" not in turns:
            return False
        if "sum" in turns:
            return self.frame.target is None and self._first_meaning(at, "attribute", "measure") is None
        return True

    def _first_meaning(self, at: int, *sorts: str) -> Item | None:
        after = self._next(at)
        item = self.items[after] if after is not None else None
        return item if item is not None and item.meanings and item.meanings[0].sort in sorts else None

    def _plain_most(self, at: int, turns: tuple[str, ...]) -> bool:
        return "most" in turns and "highest" not in turns

    def _comparing(self, at: int) -> bool:
        """Whether a comparison follows: a number is near."""
        after = self._next(at)
        if after is not None and self.items[after].number is not None:
            return True
        if any(turn in self.items[at].turns for turn in ("ge", "le")) and self.number is not None:
            return True
        return "ne" in self.items[at].turns and "not" not in self.items[at].turns

    def _asked_list(self) -> bool:
        return any("list" in item.turns or "count" in item.turns or "who" in item.turns for item in self.items[:4])

    def _asks_for_all(self, at: int) -> bool:
        """Whether a list is asked for behind a question of yes or no: are there any? list them."""
        item = self.items[at]
        before = self.question[: self.question.find(item.text)].rstrip()
        return (
            before.endswith(("?", ".", ",", ";", "!"))
            or item.folded in _THEM
            or item.folded.split()[0] in ("lesquels", "lesquelles")
        )

    def _kind_soon(self, at: int | None) -> bool:
        """Whether a kind follows behind words that describe it: five OS versions, the 3 critical ones, the 5 latest changes."""
        for item in self.items[at : at + 3] if at is not None else ():
            if item.means("kind") and item.meanings[0].sort == "kind":
                return True
            described = item.means("attribute") or item.means("value") or item.means("predicate")
            if not (item.empty or described or set(item.turns) & SUPERLATIVES.keys()):
                return False
        return False

    def _same_phrase(self, first: int, at: int) -> bool:
        return all(item.empty for item in self.items[first + 1 : at])

    def _leads_on(self, at: int) -> bool:
        """Whether an element follows that a verb could lead to."""
        after = self._next(at)
        while after is not None and (
            self._has_turn(after, "most", "least", "gt", "ge", "lt", "le", "onlyone", "several", "only")
            or self.items[after].number is not None
            or (self.items[after].meanings and self.items[after].meanings[0].sort in ("value", "predicate"))
        ):
            after = self._next(after)
        return (
            after is not None
            and (self.items[after].name is not None or bool(self.items[after].means("kind")))
            and (self.items[at].means("kind")[0].name != "Cause" or self._participle(at))
        )

    def _participle(self, at: int) -> bool:
        """Whether a word is a form of a verb: by its accent, or by the auxiliary before it."""
        return self.items[at].text.lower().endswith(("é", "ée", "és", "ées", "ed")) or self._being(at)

    def _of_name(self, at: int, attributes: tuple[Meaning, ...]) -> str | None:
        """The attribute that is asked of an element named right behind: the IP of X."""
        after = self._next(at)
        name = self.items[after].name if after is not None else None
        if name is None or after is None or not (self.items[after].trusted or not self.items[after].meanings):
            return None
        if after != at + 1 and self._has_turn(at + 1, "and"):
            return None
        return next(
            (m.name for m in attributes for e in name.elements if "." not in e.kind and self._holds(e.kind, m.name)),
            None,
        )

    def _determined(self, at: int) -> bool:
        """Whether a determiner stands before a word: it is a noun there."""
        before = self._before(at)
        return before is not None and before.folded in (
            "un",
            "une",
            "le",
            "la",
            "l",
            "les",
            "des",
            "a",
            "an",
            "the",
            "any",
            "aucun",
            "aucune",
            "no",
        )

    def _asks_which(self, at: int) -> bool:
        """ "... and which one?": of the elements that were said last."""
        word = self.items[at].folded
        one = word in ("lequel", "laquelle", "lesquels", "lesquelles")
        if not one and word == "which" and at + 1 < len(self.items) and self.items[at + 1].folded in ("one", "ones"):
            one = True
            self.used.add(at + 1)
        self.grouping = self.grouping and not one  # by which one
        return one and len(self.frame.nodes) > 1 and self.frame.nodes[-1] is not self.frame.target

    def _being(self, at: int) -> bool:
        before = at - 1
        while before >= 0 and (
            self.items[before].folded
            in (
                "not",
                "pas",
                "plus",
                "jamais",
                "never",
                "still",
                "encore",
                "actuellement",
                "currently",
                "now",
                "toujours",
                "bien",
            )
        ):
            before -= 1
        word = self.items[before].folded.split()[-1] if before >= 0 else ""
        return word in _BEING and not (word == "a" and self.language == "en")

    def _period_near(self, at: int) -> bool:
        for step in (1, -1):
            position = at + step
            while 0 <= position < len(self.items) and self.items[position].empty and not self.items[position].period:
                position += step
            period = self.items[position].period if 0 <= position < len(self.items) else None
            if period is not None and period.shape is not Shape.AS_OF:
                return step == 1
        return self._by_time(at)

    def _by_time(self, at: int) -> bool:
        """Whether a grouping by periods follows: opened by month."""
        behind = [item.folded for item in self.items[at + 1 : at + 3]]
        return self._has_turn(at + 1, "group") and len(behind) == 2 and behind[1] in BUCKETS and not self._lasting(at)

    def _lasting(self, at: int) -> bool:
        """Whether a state goes on: still open."""
        return any(one.folded in ("encore", "toujours", "still") for one in self.items[max(0, at - 2) : at])

    def _asked_late(self, at: int) -> bool:
        """Whether a question word stands right before, and none earlier: X runs on which servers."""
        late = at > 1 and self.items[at - 1].folded in _WHICH
        return late and not any(
            {"list", "count", "who", "when", "where"} & set(one.turns) for one in self.items[: at - 1]
        )

    def _stated(self) -> bool:
        """Whether a question is worded as a statement about something named: Paie a un plan de reprise ?"""
        if self.language != "fr" or len(self.items) < 3 or self.items[0].name is None:
            return False
        asked = {"list", "count", "who", "when", "where", "ratio", "group"}
        turned = _TURNED.search(fold(self.question)) is not None
        if turned and not any(asked & set(one.turns) for one in self.items):
            return True
        return (
            self.question.rstrip().endswith("?")
            and self.items[1].folded in ("a", "ont", "est", "sont")
            and not any(asked & set(one.turns) - ({"where"} if one.folded == "ou" else set()) for one in self.items[1:])
        )

    def _over_near(self, at: int) -> bool:
        after = self._next(at)
        period = self.items[after].period if after is not None else None
        return period is not None and (period.shape is Shape.OVER)

    def _next_is_name(self, at: int) -> bool:
        after = self._next(at)
        return after is not None and self.items[after].name is not None

    def _superlative_near(self, at: int) -> bool:
        after = self._next(at)
        return self._has_turn(after, *SUPERLATIVES)

    def _numeric_near(self, at: int) -> bool:
        after = self._next(at)
        return after is not None and (
            self.items[after].number is not None
            or self._has_turn(after, "gt", "ge", "lt", "le", "between", *SUPERLATIVES)
        )

    def _counted_kind(self, at: int, kinds: tuple[Meaning, ...]) -> bool:
        return bool(kinds) and kinds[0].rank == 0 and self.frame.target is None

    def _adjective_place(self, at: int) -> bool:
        """Whether a word stands where an adjective does: right behind a kind (French), or right before one (English)."""
        if self.language == "en":
            return self._prenominal(at)
        before = self._before(at)
        return before is not None and bool(before.means("kind")) and self.frame.target is not None and not self.negation

    def _prenominal(self, at: int) -> bool:
        """Whether a kind follows at once: an adjective of it."""
        after = at + 1
        while after < len(self.items) and (
            (
                self.items[after].meanings
                and self.items[after].meanings[0].sort in ("value", "predicate")
                and not self.items[after].means("kind")
            )
            or (self._has_turn(after, "or") and self.language == "en")
        ):
            after += 1
        if (
            after >= len(self.items)
            or not self.items[after].means("kind")
            or self.items[after].meanings[0].rank < self.items[after].means("kind")[0].rank
        ):
            return False
        if self.language == "fr" and self.frame.nodes:
            return False
        kind = self.items[after].means("kind")[0].name
        return any(next(holders(self.schema, kind, m), None) for m in self.items[at].means("value")) or any(
            nearest(self.schema, kind, self.idioms.predicates.get(m.name, {}))
            for m in self.items[at].means("predicate")
        )

    def _and_follows(self, at: int) -> bool:
        """Whether a second key follows: by team and by month, by team and priority."""
        if at + 2 < len(self.items) and self._has_turn(at + 1, "and"):
            following = self.items[at + 2]
            return (
                bool(following.meanings) and following.meanings[0].sort in ("kind", "attribute")
            ) or following.folded in BUCKETS
        return False

    def _joins_previous(self, node: Node, attribute: str, at: int) -> bool:
        if not node.where or not isinstance(node.where[-1], Compare):
            return False
        previous = node.where[-1]
        same = (
            isinstance(previous.left, Attribute)
            and previous.left.name == attribute
            and previous.operator in ("=", "in")
        )
        between = self.items[self.last_at + 1 : at]
        return (
            same
            and 0 <= self.last_at < at
            and all(one.empty or any(t in ("or", "and") for t in one.turns) or one.folded == "," for one in between)
        )
