"""Turns of phrase: asking, counting, grouping, sorting, comparing."""

from __future__ import annotations

from typing import Final

from agent.clauses.elements import Elements
from agent.clauses.marks import Mark, ends
from agent.clauses.saying import OPERATORS, TEXTS, operator_of
from agent.language.outcome import Unheld
from agent.query.model import Function, Itself

_FIGURES: Final[dict[str, Function]] = {"average": "average", "sum": "sum", "maximum": "maximum", "minimum": "minimum"}


class Phrases(Elements):
    """Reads turns of phrase."""

    def _turn(self, at: int, mark: Mark) -> None:
        turns = mark.turns
        following = self._next(at)
        if (
            turns & set(OPERATORS)
            and following is not None
            and following.means("attribute")
            and self._bounded(at, mark, following)
        ):
            pass
        elif (
            turns & set(OPERATORS)
            and following is not None
            and (following.number is not None or following.day or "once" in following.turns)
        ):
            self.operator = operator_of(mark)
        elif "between" in turns and (span := self._span(at + 1)) is not None:
            self.used |= {at + 1, at + 2, at + 3}
            self._in_time(*span)
        elif "noise" in turns or ("between" in turns and following is not None and following.means("kind")):
            pass
        elif "times" in turns:
            self._times(mark)
        elif "once" in turns:
            self.number = 1.0
            self._times(mark)
        elif "count" in turns:
            self.counting = True
        elif "group" in turns:
            self.grouping = True
        elif "order" in turns:
            self.ordering = True
        elif turns & {"descending", "ascending"}:
            self._direction(mark, "descending" in turns)
        elif "distinct" in turns:
            self.asked.distinct = True
        elif turns & {"most", "fewest"}:
            self.most = "most" if "most" in turns else "fewest"
        elif "top" in turns and following is not None and following.number is not None:
            self.asked.limit = int(following.number)
            self.used.add(at + 1)
        elif turns & set(_FIGURES):
            self.function = next(_FIGURES[turn] for turn in _FIGURES if turn in turns)
        elif "same" in turns:
            self.same = True
        elif "also" in turns:
            self.also = following is not None and bool(following.means("relation"))
        elif "ask" in turns and not ("who" in turns and self._relative(at, mark)):
            self.zone = "ask"
        elif turns & {"who", "considering"}:
            if "who" in turns and self.last is not None:
                self.subject = self.last
            self.zone = "rel" if self._something_asked() or self.asked.groups else self.zone
        elif "they" in turns:
            self.theirs = True
            if self.grouping and self.asked.target is not None and not (following is not None and following.terms):
                self._group(Itself(self.asked.target.name))
        elif turns & set(TEXTS) and following is not None and following.terms:
            self.zone = "rel"
        elif turns & {"not", "or", "between", "ne", "top", *OPERATORS, *TEXTS}:
            raise Unheld(mark.text)
        elif "and" in turns and following is not None and following.terms and not following.means("relation"):
            self.grouping = self.grouping or self._grouped(at)

    def _relative(self, at: int, mark: Mark) -> bool:
        """Whether a word such as which begins a clause about what stands before it."""
        if at == 0 or ends(mark):
            return False
        following = self._next(at)
        return not (
            following is not None
            and following.means("kind")
            and not following.before
            and bool(self.marks[at - 1].turns)
        )

    def _grouped(self, at: int) -> bool:
        """Whether what stands right before is what is grouped by: by gender and state."""
        return at > 0 and self.marks[at - 1] is self.grouped

    def _direction(self, mark: Mark, descending: bool) -> None:
        if mark.text.endswith(" of"):
            self.ordering, self.descending = True, descending
        elif self.asked.order:
            value, _ = self.asked.order[-1]
            self.asked.order[-1] = (value, descending)
        else:
            self.descending = descending
