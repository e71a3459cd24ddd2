"""A question as a row of marks: what each stretch of words is, with the small words before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import yaml

from agent.clauses.terms import Held, Term, Terms, folded_words
from agent.language.folding import composed
from agent.language.numbers import SPELLED, number_of
from agent.language.tokens import Token, tokenise
from agent.language.turns import LOADER

_SPELLED: Final = re.compile(SPELLED["en"])
_ARTICLES: Final = frozenset(["the", "a", "an", "number", "numbers"])
_ENDS: Final = frozenset(".?!;")


@dataclass(frozen=True, slots=True)
class Mark:
    """One of: turns of phrase, terms of the schema, a text, a number, a day, or words that nobody knows.

    `before`: the small words since the mark before. `gap`: signs since then. `near`: at most an article stood between.
    `quoted`: the text stood in quotation marks.
    """

    text: str
    turns: frozenset[str] = frozenset()
    terms: tuple[Term, ...] = ()
    held: tuple[Held, ...] = ()
    said: str = ""
    quoted: bool = False
    number: float | None = None
    day: str = ""
    before: tuple[str, ...] = ()
    gap: str = ""
    near: bool = True
    plural: bool = False

    def means(self, sort: str) -> list[str]:
        """The names of the schema that it may mean, of a sort."""
        return [term.name for term in self.terms if term.sort == sort]

    @property
    def valued(self) -> bool:
        """Whether it is a text that something is equal to."""
        return bool(self.said)

    @property
    def operand(self) -> bool:
        """Whether something may be compared with it."""
        return bool(self.said or self.day) or self.number is not None

    @property
    def unknown(self) -> bool:
        return not (self.turns or self.terms or self.operand)


@dataclass(frozen=True)
class Words:
    """What `words.yml` says."""

    turns: Mapping[tuple[str, ...], frozenset[str]]
    longest: int
    small: frozenset[str]
    empty: frozenset[str]


@lru_cache(maxsize=1)
def load_words() -> Words:
    """Read once how questions are built."""
    data: dict[str, Any] = yaml.load(
        resources.files("agent.clauses").joinpath("words.yml").read_text("utf-8"), Loader=LOADER
    )
    turns: dict[tuple[str, ...], set[str]] = {}
    for name, texts in data["turns"].items():
        for text in texts:
            turns.setdefault(tuple(token.folded for token in tokenise(str(text))), set()).add(name)
    return Words(
        {words: frozenset(names) for words, names in turns.items()},
        max(map(len, turns)),
        frozenset(data["small"]),
        frozenset(data["empty"]),
    )


def read_marks(question: str, literals: Mapping[str, str], terms: Terms) -> tuple[Mark, ...]:
    """The marks of a question. `literals`: texts in quotation marks, by the words that stand for them."""
    return tuple(_Reader(composed(question), literals, terms).marks())


class _Reader:
    def __init__(self, question: str, literals: Mapping[str, str], terms: Terms) -> None:
        self.question, self.literals, self.terms, self.words = question, literals, terms, load_words()
        self.tokens: tuple[Token, ...] = tokenise(question)
        self.stems = [terms.stem(token.folded) for token in self.tokens]

    def marks(self) -> list[Mark]:
        found: list[Mark] = []
        at, before, gap, near = 0, [], "", True
        while at < len(self.tokens):
            token = self.tokens[at]
            gap += self.question[self.tokens[at - 1].end if at else 0 : token.start].strip()
            mark, after = self._mark(at)
            if mark is None:
                if token.kind == "sign":
                    gap += token.text
                elif token.folded in self.words.small:
                    before.append(token.folded)
                near = near and token.folded in _ARTICLES
                at += 1
                continue
            gap = "".join(sign for sign in gap if sign in ".,;?!()")
            if self._of_property(found, mark, at, before, gap):
                at, before, gap, near = after, ["of"], "", True
                continue
            found.append(
                _placed(mark, tuple(before), gap, near, self.question[token.start : self.tokens[after - 1].end])
            )
            at, before, gap, near = after, [], "", True
        return found

    def _of_property(self, found: list[Mark], mark: Mark, at: int, before: list[str], gap: str) -> bool:
        """Whether a number is that of a property: the sequence number of 4."""
        said = "count" in mark.turns and self.tokens[at].folded == "number"
        return said and bool(found) and bool(found[-1].means("attribute")) and not before and not gap

    def _mark(self, at: int) -> tuple[Mark | None, int]:
        token = self.tokens[at]
        if token.folded in self.literals:
            said = self.literals[token.folded]
            return Mark(said, held=self.terms.texts(said), said=said, quoted=True), at + 1
        turns, turned = self._turn(at)
        terms, named = self.terms.phrase_at(self.stems, at)
        held, told = self._text(at)
        if held and told > max(named, turned) - (self._capital(at) and not terms and told >= turned):
            return Mark("", held=held, said=held[0].text), told
        if terms and named >= turned and not (named == turned and "named" in turns):
            plural = self.tokens[named - 1].folded.endswith("s") or token.folded == "people"
            return Mark("", terms=terms, plural=plural), named
        if turns:
            return Mark("", turns=turns), turned
        if (number := self._number(at)) is not None:
            return number
        if token.kind == "sign" or token.folded in self.words.small or token.folded in self.words.empty:
            return None, at + 1
        return Mark("", terms=self.terms.part(self.stems[at])), at + 1

    def _text(self, at: int) -> tuple[tuple[Held, ...], int]:
        """A text of the graph: written with a capital, or one of a list of values; no number, which may be any."""
        token = self.tokens[at]
        if (
            token.kind in ("number", "date")
            or token.folded in self.words.small
            or (token.folded in self.words.empty and not self._capital(at))
        ):
            return (), at
        held, after = self.terms.text_at(self.tokens, at)
        if not token.text[:1].isupper():
            held = tuple(one for one in held if one.attribute in self.terms.schema.enums)
        return held, after if held else at

    def _capital(self, at: int) -> bool:
        return at > 0 and self.tokens[at].text[:1].isupper()

    def _turn(self, at: int) -> tuple[frozenset[str], int]:
        for size in range(min(self.words.longest, len(self.tokens) - at), 0, -1):
            if names := self.words.turns.get(tuple(token.folded for token in self.tokens[at : at + size])):
                return names, at + size
        return frozenset(), at

    def _number(self, at: int) -> tuple[Mark, int] | None:
        token = self.tokens[at]
        if token.kind == "date":
            return Mark("", day=token.folded), at + 1
        if token.kind == "number":
            return Mark("", number=number_of(token.folded, "en")), at + 1
        if token.folded != "one" and _SPELLED.fullmatch(token.folded):
            return Mark("", number=number_of(token.folded, "en")), at + 1
        if (token.folded == "one" and at and self._turn(at - 1)[0]) or (token.folded == "one" and self._compared(at)):
            return Mark("", number=1.0), at + 1
        return None

    def _compared(self, at: int) -> bool:
        """Whether a comparison ends right before: more than one."""
        return any(
            self.words.turns.get(tuple(token.folded for token in self.tokens[at - size : at]), frozenset())
            & {"gt", "ge", "lt", "le", "eq"}
            for size in range(1, min(5, at) + 1)
        )


def _placed(mark: Mark, before: tuple[str, ...], gap: str, near: bool, text: str) -> Mark:
    return replace(mark, before=before, gap=gap, near=near, text=mark.said or text)


def ends(mark: Mark) -> bool:
    """Whether a sentence ended before a mark."""
    return bool(_ENDS & set(mark.gap))


def same_text(one: str, other: str) -> bool:
    """Whether two texts are one, but for case and accents."""
    return folded_words(one) == folded_words(other)
