"""What a request is after beside an answer, told by the sorts of words that stand together in one clause of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from agent.language.tokens import Token, tokenise
from agent.language.turns import LANGUAGES, read_words

WITHIN: Final = 4
"""Words that may stand between two sorts of a rule that says no number."""
BEGIN: Final = "begin"
"""The sort that stands where a clause begins."""
_ENDS: Final = frozenset(".;!:\n")

Words = tuple[str, ...]
Spans = Mapping[str, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """Sorts of words that stand in this order in one clause, no more than `within` words apart (one number, or one a gap).

    `unless`: sorts that must be nowhere in the clause. `over`: sorts that must not stand between. `after`: sorts that must
    not stand before: which servers ignore the policy is a question about them.
    """

    say: tuple[str, ...]
    within: tuple[int, ...] = (WITHIN,)
    unless: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def holds(self, spans: Spans) -> bool:
        """Whether the clause that these words stand in says it."""
        if not all(spans.get(sort) for sort in self.say) or any(spans.get(sort) for sort in self.unless):
            return False
        return any(self._goes_on(spans, 1, first, end) for first, end in spans[self.say[0]])

    def _goes_on(self, spans: Spans, at: int, first: int, end: int) -> bool:
        if at == len(self.say):
            return not any(before < first for sort in self.after for before, _ in spans.get(sort, ()))
        return any(
            end <= start <= end + self.within[min(at, len(self.within)) - 1]
            and not any(end <= one < start for sort in self.over for one, _ in spans.get(sort, ()))
            and self._goes_on(spans, at + 1, first, after)
            for start, after in spans[self.say[at]]
        )


@dataclass(frozen=True)
class Intents:
    """What `words/intents.yml` says: phrases of each sort, by their first word, and the rules by why one refuses."""

    phrases: Mapping[str, tuple[tuple[Words, str], ...]]
    shapes: Mapping[str, re.Pattern[str]]
    rules: Mapping[str, tuple[Rule, ...]]

    def refusal(self, question: str, tokens: tuple[Token, ...]) -> str | None:
        """Why a request is refused, None where no rule says so. `tokens`: without names of several words."""
        for clause in _clauses(question, tokens):
            spans = self._spans(clause)
            for reason, rules in self.rules.items():
                if any(rule.holds(spans) for rule in rules):
                    return reason
        return None

    def _spans(self, words: Words) -> Spans:
        """Where the words of each sort stand."""
        found: dict[str, list[tuple[int, int]]] = {BEGIN: [(0, 0)]}
        for at, word in enumerate(words):
            for phrase, sort in self.phrases.get(word, ()):
                if words[at : at + len(phrase)] == phrase:
                    found.setdefault(sort, []).append((at, at + len(phrase)))
            for sort, shape in self.shapes.items():
                if shape.fullmatch(word):
                    found.setdefault(sort, []).append((at, at + 1))
        return found


def _clauses(question: str, tokens: tuple[Token, ...]) -> Iterator[Words]:
    """The words of each sentence, or part of one that a colon or a semicolon ends. A question mark stays a word of its own."""
    words: list[str] = []
    end = 0
    for token in tokens:
        if words and (words[-1] == "?" or _ENDS.intersection(question[end : token.start])):
            yield tuple(words)
            words = []
        words.append(token.folded)
        end = token.end
    if words:
        yield tuple(words)


def _rule(said: Any) -> Rule:
    if isinstance(said, list):
        return Rule(tuple(said))

    def sorts(name: str) -> tuple[str, ...]:
        return tuple(said.get(name, ()))

    within = said.get("within", str(WITHIN))
    gaps = tuple(map(int, within if isinstance(within, list) else [within]))
    return Rule(sorts("say"), gaps, unless=sorts("unless"), over=sorts("over"), after=sorts("after"))


@lru_cache(maxsize=1)
def load_intents() -> Intents:
    """Read once the sorts of words and the rules. Raises KeyError where a rule names a sort that there is not."""
    data: dict[str, Any] = read_words("intents")
    phrases: dict[str, list[tuple[Words, str]]] = {}
    for sort, said in data["sorts"].items():
        for language in LANGUAGES:
            for text in said[language]:
                words = tuple(token.folded for token in tokenise(str(text)))
                if (words, sort) not in phrases.setdefault(words[0], []):
                    phrases[words[0]].append((words, sort))
    rules = {reason: tuple(map(_rule, said)) for reason, said in data["rules"].items()}
    known = {*data["sorts"], *data["shapes"], BEGIN}
    for one in (rule for some in rules.values() for rule in some):
        if unknown := {*one.say, *one.unless, *one.over, *one.after} - known:
            raise KeyError(f"no sort of words is called {', '.join(sorted(unknown))}")
    return Intents(
        {first: tuple(some) for first, some in phrases.items()},
        {sort: re.compile(shape) for sort, shape in data["shapes"].items()},
        rules,
    )
