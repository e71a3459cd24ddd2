"""Turns of phrase: counting, negation, comparison, ranking, yes or no."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent.language.items import Item
from agent.language.meanings import Meaning
from agent.language.outcome import Unclear, Unheld
from agent.language.reading.senses import Senses
from agent.language.reading.words import BUCKETS, COMPARISONS, FUNCTIONS, OPERATORS, SUPERLATIVES, words
from agent.language.wordings import say

_OVER_TIME: Final = frozenset({"evolution", "compare", "same", "previous", "rises", "better"})
"""Turns that nothing has taken up: what they ask for over time is not understood."""


_SORTED: Final = frozenset(
    {"sorted", "ordered", "order", "sort", "ranked", "rank", "trie", "tries", "triees", "classe", "classes", "classees"}
)
"""Words that something is sorted by, and do not say from which end."""
_FIRST: Final = frozenset({"first", "premier", "premiere", "premiers", "premieres"})
_BENEATH: Final = words("beneath")
_BOUNDS: Final = frozenset({"gt", "ge", "lt", "le", "between"})


class Phrases(Senses):
    """Reads turns of phrase."""

    def _turn(self, at: int, item: Item) -> None:
        turns = item.turns
        frame = self.frame
        if "and" in turns and self._verb_follows(at):
            self.subject = self._subject()
            self.scope = self.subject
        if item.folded in BUCKETS and self.grouping:
            self._bucket(at, BUCKETS[item.folded])
        elif self._count_turn(at, turns):
            self.count_at = at
            if self.grouping or self.ranking:
                self.wants_most, self.grouping = self.wants_most or "most", False
            elif (frame.mode == "list" and frame.target is None) or frame.mode == "yes":
                frame.mode = "count"
            elif (frame.target is not None and not frame.target.explicit) or frame.mode == "list":
                self.wants_count = True
                frame.mode = "count"
        elif "both" in turns:
            self.both_at = at
        elif ("only" in turns and self._only(at)) or "noise" in turns or ("none_of_it" in turns and self._none_of_it()):
            pass
        elif turns == ("none_of_it",):
            raise Unheld(item.text)  # of what, nobody can tell
        elif "without" in turns:
            self.negation, self.negated_at = "without", at
        elif "never" in turns:
            self.negation, self.negated_at = "never", at
        elif "no" in turns:
            self.negation, self.negated_at = "without", at
        elif any(turn in turns for turn in OPERATORS) and self._comparing(at):
            self.comparator = next(turn for turn in OPERATORS if turn in turns)
        elif "ratio" in turns and frame.mode in ("list", "count", "yes"):
            frame.mode = "ratio"
        elif "not" in turns and item.folded in ("n", "ne") and self.scope is not None and self.scope.absent:
            pass  # aucun serveur n'est: denied once
        elif "not" in turns:
            self.negation, self.negated_at = "not", at
        elif any(turn in turns for turn in SUPERLATIVES) and not self._plain_most(at, turns):
            self.superlative, self.superlative_at = next(turn for turn in SUPERLATIVES if turn in turns), at
            if self.scope is not None:
                self._the_extreme(self.scope)
        elif "most" in turns:
            self.wants_most = "most"
        elif "least" in turns:
            self.wants_most = "least"
        elif "top" in turns:
            self.ranking, self.ranking_at = True, at
            self.first_asked = item.folded.split()[-1] in _FIRST
        elif "sort_desc" in turns or "sort_asc" in turns:
            self.ranking, self.ranking_at, self.grouping = True, at, False
            self.sort_descending = "sort_desc" in turns
            self.sort_said = item.folded.split()[0] not in _SORTED
        elif "distribution" in turns:
            frame.mode = "count"
        elif "group" in turns:
            self.grouping = not (item.folded in ("par", "by") and self._has_turn(at - 1, "most", "least"))
        elif "percentile" in turns:
            self._percentile(at)
        elif any(turn in turns for turn in FUNCTIONS):
            frame.functions.append((at, next(FUNCTIONS[turn] for turn in FUNCTIONS if turn in turns)))
        elif "list" in turns and self._asks_which(at):
            frame.shown.append(frame.nodes[-1])
        elif frame.mode == "yes" and at and "list" in turns and self._asks_for_all(at):
            frame.mode = "list"
        elif ("yesno" in turns and at == 0) or (
            "yesno" in turns
            and frame.mode == "list"
            and not self._asked_list()
            and not self._has_turn(0, "when", "where")
            and self.language == "fr"
            and len(item.folded) > 1
        ):
            frame.mode = "yes"
        elif "where" in turns and at == 0 and len(self.items) > 1:
            self._where()
        elif "where" in turns and "or" not in turns and at > 1 and self.items[at - 1].folded in ("et", "and"):
            raise Unclear(say("one_at_a_time", self.language))
        elif "who" in turns:
            self._who(at)
        elif "indirect" in turns:
            self.frame.indirect = True
        elif item.folded == "twice" and self._has_turn(at - 1, "gt", "ge", "lt", "le"):
            before = self.items[at - 1].turns
            self.comparator = next(turn for turn in ("gt", "ge", "lt", "le") if turn in before)
            self._number(at, replace(item, number=2.0, turns=()))
        elif "several" in turns:
            self.comparator, self.number = "ge", replace(item, number=2.0)
        elif "onlyone" in turns:
            self._denies_no_more()
            self.comparator, self.number = "eq", replace(item, number=1.0)
        elif "between" in turns and self._between(at):
            pass
        elif "ge" in turns and self.items[min(at + 1, len(self.items) - 1)].folded in ("un", "une", "one", "a"):
            pass  # at least one: there is one
        elif item.folded in COMPARISONS and not self.compares and not self._has_turn(at + 1, "several"):
            raise Unclear(
                say("which_figure", self.language)
            )  # more of one than of another: nothing that is counted here
        elif (_OVER_TIME & set(turns) and not item.empty) or self._same_as(at):
            raise Unheld(item.text)
        elif item.folded in _BENEATH and self._leads_to_a_kind(at):
            pass
        elif _BOUNDS & set(turns) and not self.compares and not self._has_turn(at + 1, "several", "onlyone"):
            raise Unclear(say("which_figure", self.language))
        elif "or" in turns and frame.nodes and not self._first_of_two(at):
            self.or_at = at
        elif "when" in turns:
            self.when_asked = True
        elif "falls" in turns and not item.meanings:
            raise Unheld(item.text)
        elif "dependents" in turns and frame.nodes:
            self._lead(at, (Meaning("relation", "DEPENDS_ON"),))

    def _leads_to_a_kind(self, at: int) -> bool:
        """Whether a kind or a name is what stands behind, and no figure."""
        after = self._next(at)
        item = self.items[after] if after is not None else None
        return item is not None and item.number is None and bool(item.means("kind") or item.name)

    def _percentile(self, at: int) -> None:
        """The value that so many in a hundred do not exceed: percentile 95. Raises Unclear where it is not said which."""
        after = self._next(at)
        share = self.items[after].number if after is not None else None
        if after is None or share is None or not 0 < share < 100:
            raise Unclear(say("which_figure", self.language))
        self.used.add(after)
        self.frame.share = share / 100
        self.frame.functions.append((at, "percentile"))

    def _same_as(self, at: int) -> bool:
        """Whether it says that something is the same: nothing compares two elements here."""
        return at > 0 and self.items[at].folded in ("same", "meme", "memes") and "same" in self.items[at].turns

    def _first_of_two(self, at: int) -> bool:
        """Whether it says that two things come: either X or Y."""
        later = any("or" in one.turns for one in self.items[at + 1 :])
        return self.items[at].folded in ("soit", "either") and later

    def _only(self, at: int) -> bool:
        """Only: of what is said behind it. At the head of a follow-up it narrows what was asked before."""
        if at == 0 or self.frame.target is None:
            return False
        self._denies_no_more()
        if not self._all_of_them(at):
            self.only_at = at
        return True

    def _denies_no_more(self) -> None:
        """What denies in n'ont que des, n'ont qu'un seul: all but those, and nothing of them."""
        if self.negation == "not" and self.items[self.negated_at].folded.split()[0] in ("n", "ne"):
            self.negation = ""

    def _where(self) -> None:
        self.where_asked = True

    def _who(self, at: int) -> None:
        if at == 0 or self.language == "en":
            self.who_asked = True
