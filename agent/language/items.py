"""A question as a row of items: what each stretch of words is, before anybody asks how they go together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rapidfuzz.distance import OSA

from agent.language.folding import composed, fold
from agent.language.lexicon import AGGREGATES, LEAST_LETTERS, Found, Lexicon
from agent.language.meanings import Meaning
from agent.language.names import NameFound, NameIndex
from agent.language.numbers import SPELLED, number_of
from agent.language.order_words import load_order_words
from agent.language.periods import Period, find_periods
from agent.language.tokens import Token, tokenise
from agent.language.turns import Turn

import re  # isort: skip


@dataclass(frozen=True, slots=True)
class Item:
    """Tokens [first, after) and what they are. One of the fields tells, `text` is how they are written.

    `turns`: names of turns of phrase. `empty`: a function word. None of them: a word that nobody knows.
    """

    first: int
    after: int
    text: str
    meanings: tuple[Meaning, ...] = ()
    turns: tuple[str, ...] = ()
    name: NameFound | None = None
    period: Period | None = None
    number: float | None = None
    unit: str = ""
    empty: bool = False
    aggregates: tuple[str, ...] = ()  # what is taken of it, said inside its name
    folded: str = ""
    corrected: bool = False
    trusted: bool = False  # a name that is meant as one, though its words mean something else too

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.meanings or self.turns or self.name or self.period or self.empty or self.number is not None)

    def means(self, sort: str) -> tuple[Meaning, ...]:
        """Its meanings of a sort."""
        return tuple(meaning for meaning in self.meanings if meaning.sort == sort)


_KEPT: Final = frozenset(
    {
        "without",
        "no",
        "not",
        "never",
        "group",
        "gt",
        "ge",
        "lt",
        "le",
        "ne",
        "and",
        "or",
        "most",
        "least",
        "count",
        "list",
        "direct",
        "indirect",
    }
)
"""Turns of phrase that carry the grammar: they stay so where a term of the domain is as long."""


_JOINING: Final = frozenset({"ou", "or", "et", "and"})
_MEANS: Final = frozenset({"mttr", "mtta"})
"""Names of figures that are means by themselves."""
_BESIDE: Final = frozenset({"mean", "sum", "maximum", "minimum", "median", "rises"})
"""Turns of phrase whose words are terms of the domain as well: what stands around them tells."""


_ASKING: Final = frozenset({"quel", "quelle", "quels", "quelles", "which", "what"})
_PARTICIPLES: Final = ("é", "ée", "és", "ées", "ed", "es", "e")


def read_items(question: str, lexicon: Lexicon, names: NameIndex, now: datetime) -> tuple[Item, ...]:
    """The items of a question, in order, none overlapping another."""
    question = composed(question)
    tokens = tokenise(question)
    return _Reader(question, tokens, lexicon, names, now).items()


class _Reader:
    def __init__(
        self, question: str, tokens: tuple[Token, ...], lexicon: Lexicon, names: NameIndex, now: datetime
    ) -> None:
        self.question, self.tokens, self.lexicon, self.names = question, tokens, lexicon, names
        self.corrected: set[int] = set()
        self.conditional = any(token.folded in ("si", "if", "when", "s") for token in tokens)
        words = [self._word(at, token) for at, token in enumerate(tokens)]
        self.words = tuple(words)
        self.tokens = tuple(replace(t, folded=w) if w != t.folded else t for t, w in zip(tokens, words, strict=True))
        self.stems = tuple(lexicon.stem(word) for word in words)
        self.periods = {
            self._token_at(period.first): (period, self._token_after(period.after))
            for period in find_periods(fold(question), lexicon.language, now)
        }
        self.spelled = re.compile(rf"{SPELLED[lexicon.language]}\b")

    def _word(self, at: int, token: Token) -> str:
        """A word, or what it was meant to be. What may be a name is left as it is."""
        word = token.folded
        if token.kind != "word" or self.lexicon.knows(word) or len(word) < 5 or self._presents(at):
            return word
        if self.names.at(self.tokens, at) is not None or any(c.isdigit() for c in word):
            return word
        if at and token.text[:1].isupper() and self._in_name(at):
            return word
        fixed = self.lexicon.correction(word)
        if fixed is not None:
            self.corrected.add(at)
            return fixed
        return word

    def _presents(self, at: int) -> bool:
        """Whether a word only asks that what is behind it be shown: cross, examine, grab."""
        if not all(self.lexicon.turns.empty(token.folded) for token in self.tokens[:at]):
            return False
        orders, word = load_order_words(), self.tokens[at].folded
        if word in orders.presenting:
            return True
        behind = self.tokens[at + 1].folded if at + 1 < len(self.tokens) else ""
        misspelt = len(word) >= LEAST_LETTERS - 1 and behind in orders.objects and not self.lexicon.knows(word)
        return misspelt and any(OSA.distance(word, one) <= 1 for one in orders.showing)

    def _in_name(self, at: int) -> bool:
        return any(
            (found := self.names.at(self.tokens, start)) is not None and found.after > at
            for start in range(max(0, at - 4), at)
        )

    def _token_at(self, character: int) -> int:
        return next((at for at, token in enumerate(self.tokens) if token.end > character), len(self.tokens))

    def _token_after(self, character: int) -> int:
        return next((at for at, token in enumerate(self.tokens) if token.start >= character), len(self.tokens))

    def items(self) -> tuple[Item, ...]:
        items, at = [], 0
        while at < len(self.tokens):
            item = self._item(at)
            items.append(item)
            at = item.after
        return tuple(items)

    def _text(self, first: int, after: int) -> str:
        return self.question[self.tokens[first].start : self.tokens[after - 1].end]

    def _made(self, first: int, after: int, **said: object) -> Item:
        return Item(
            first,
            after,
            self._text(first, after),
            folded=" ".join(self.words[first:after]),
            corrected=any(at in self.corrected for at in range(first, after)),
            **said,  # type: ignore[arg-type]
        )

    def _item(self, at: int) -> Item:
        token = self.tokens[at]
        period = self.periods.get(at)
        name = self.names.at(self.tokens, at) if token.folded not in self.lexicon.turns.articles else None
        found = self._before_period(self._before_version(self._not_by(self.lexicon.at(self.words, self.stems, at))))
        if (name is None and found is None) or self._version_before(at):
            name = self._product(at) or name
        if name is not None and name.after - at >= 2:
            within = self.lexicon.at(self.words, self.stems, name.after - 1)
            shorter = self.lexicon.at(self.words[: name.after - 1], self.stems[: name.after - 1], at)
            if (
                within is not None
                and within.after > name.after
                and within.meanings[0].sort == "kind"
                and shorter is not None
            ) and any(m.sort == "value" for m in shorter.meanings):
                name, found = None, shorter  # Oracle | database instance
        if self.lexicon.language == "en" and (short := self._before_its_kind(at)) is not None:
            return self._made(at, short.after, name=short, trusted=True)
        turn = self._shortened(self.lexicon.turns.at(self.tokens, at))
        if found is None and (version := self._version(at)) is not None:
            name = version
        elif found is not None and (version := self._version(at)) is not None and version.after >= found.after:
            return self._made(at, version.after, name=version, trusted=True)
        if turn is not None and token.folded in self.lexicon.turns.articles and self._within_term(at + 1, turn.after):
            return self._made(at, at + 1, empty=True)  # le dernier redémarrage: the attribute, no superlative
        if name is not None and self._trusted(name, found.after if found else at, at, period[1] if period else at):
            return self._made(
                at,
                name.after,
                name=name,
                trusted=True,
                meanings=found.meanings if found and found.after == name.after else (),
            )
        if period is not None and not (found is not None and found.after > period[1]):
            return self._made(at, period[1], period=period[0])
        if (number := self._number(at)) is not None and not (found is not None and found.after > number.after):
            return number
        if (
            found is not None
            and not (turn is not None and turn.after == found.after and self._mean(turn, at))
            and (
                turn is None
                or found.after > turn.after
                or (
                    found.after == turn.after
                    and self._strong(found.meanings)
                    and not _KEPT & set(turn.names)
                    and not ("falls" in turn.names and self.conditional)
                )
            )
        ):
            inside = tuple(AGGREGATES[w] for w in self.words[at + 1 : found.after] if w in AGGREGATES)
            if not inside and self.words[at] in _MEANS and found.meanings[0].sort == "measure":
                inside = ("mean",)
            return self._made(
                at,
                found.after,
                meanings=found.meanings,
                aggregates=inside,
                turns=_BESIDE & set(turn.names) and turn.names
                if turn is not None and found.after == turn.after
                else (),
            )
        if turn is not None and not any(
            start > at and start < turn.after and end > turn.after for start, (_, end) in self.periods.items()
        ):
            same = (
                found.meanings if found is not None and found.after == turn.after and not self._mean(turn, at) else ()
            )
            return self._made(
                at,
                turn.after,
                turns=turn.names,
                meanings=same,
                empty=self.lexicon.turns.empty(token.folded) and turn.after == at + 1,
            )
        if found is not None:
            return self._made(at, found.after, meanings=found.meanings)
        if token.kind == "sign":
            return self._made(at, at + 1, empty=True)
        if self.lexicon.turns.empty(token.folded) or (name is None and self._presents(at)):
            return self._made(at, at + 1, empty=True)
        return self._made(at, at + 1, name=name)

    def _shortened(self, turn: Turn | None) -> Turn | None:
        """A turn without a last word with which a longer one begins: et | au moins."""
        if turn is not None and turn.names == ("follow",) and turn.first > 0 and turn.after - turn.first > 1:
            joined = self.lexicon.turns.phrases.get((self.tokens[turn.first].folded,))
            return (
                Turn(joined, turn.first, turn.first + 1) if joined else None
            )  # et | sans: goes on within the question
        while turn is not None and turn.after - turn.first > 1:
            other = self.lexicon.turns.at(self.tokens, turn.after - 1)
            names = self.lexicon.turns.phrases.get(tuple(t.folded for t in self.tokens[turn.first : turn.after - 1]))
            if other is None or other.after <= turn.after or not names or "follow" not in turn.names:
                return turn
            turn = Turn(names, turn.first, turn.after - 1)
        return turn

    def _within_term(self, at: int, after: int) -> bool:
        """Whether a term of the domain begins at a token and ends behind another."""
        found = self.lexicon.at(self.words, self.stems, at) if at < len(self.tokens) else None
        return found is not None and found.after > after and any(m.sort == "attribute" for m in found.meanings)

    def _version(self, at: int) -> NameFound | None:
        """A version of a product that is called by its short name: RHEL 7, windows 2012 R2."""
        for size in (3, 2, 1):
            beginning = self.lexicon.idioms.products.get(" ".join(self.words[at : at + size]))
            if not beginning:
                continue
            for more in (2, 1):
                end = at + size + more
                following = self.words[at + size : end]
                if end <= len(self.words) and any(c.isdigit() for c in following[0]):
                    elements = self.names.of_version(beginning, following)
                    if elements:
                        return self._more_versions(NameFound(elements, at, end, True), beginning)
        return None

    def _more_versions(self, found: NameFound, beginning: str) -> NameFound:
        """A version with others of the same product behind it, whose product is not said again: 2016 or 2019."""
        at = found.after
        while at < len(self.words) and self.words[at] in _JOINING:
            at += 1
        if not at < len(self.words) or not self.words[at][:1].isdigit() or self._is_unit(at + 1):
            return found
        for more in (2, 1):
            other = self.names.of_version(beginning, self.words[at : at + more]) if at + more <= len(self.words) else ()
            if other:
                return self._more_versions(
                    NameFound((*found.elements, *other), found.first, at + more, True), beginning
                )
        return found

    def _before_period(self, found: Found | None) -> Found | None:
        """A phrase of a relation without the preposition that a period begins with: planned | for Q1."""
        if found is None or found.after - found.first < 2 or found.meanings[0].sort != "relation":
            return found
        cut = next((at for at in range(found.first + 1, found.after) if at in self.periods), None)
        if cut is None or self.periods[cut][1] <= found.after:
            return found
        return self.lexicon.at(self.words[:cut], self.stems[:cut], found.first)

    def _before_version(self, found: Found | None) -> Found | None:
        """A phrase without the product in it whose version follows: sous windows | 2012."""
        if found is None or found.after - found.first < 2:
            return found
        for at in range(found.first + 1, found.after):
            version = self._version(at)
            if version is not None and version.after > found.after:
                return self.lexicon.at(self.words[:at], self.stems[:at], found.first)
        return found

    def _mean(self, turn: Turn, at: int) -> bool:
        """Whether a mean is meant and no middle value: a figure stands right before it (mean RTO, RTO moyen)."""
        if "mean" not in turn.names:
            return False
        figures = ("integer", "float", "money", "date", "instant")
        for start in range(max(0, at - 4), at):
            found = self.lexicon.at(self.words[:at], self.stems[:at], start)
            if found is not None and found.after == at:
                types = self.lexicon.schema.node_attributes
                return any(
                    m.sort == "measure" or (m.sort == "attribute" and str(types[m.name].value) in figures)
                    for m in found.meanings
                    if m.sort == "measure" or m.name in types
                )
        return False

    def _not_by(self, found: Found | None) -> Found | None:
        """A relation that would take the word of a grouping with it: changes by outcome."""
        if (
            found is not None
            and found.size > 1
            and self.words[found.first] in ("est", "is")
            and found.meanings[0].rank > 1
        ):
            rest = self.lexicon.at(self.words, self.stems, found.first + 1)
            if rest is not None and any(m.sort == "predicate" for m in rest.meanings):
                return None  # est sauvegardé: said of it
        if found is None or found.size < 2 or self.words[found.after - 1] not in ("by", "par"):
            return found
        following = self.words[found.after] if found.after < len(self.words) else ""
        if following in self.lexicon.turns.articles and self.tokens[found.first].text.lower().endswith(_PARTICIPLES):
            return found  # causés par un changement
        alone = self.lexicon.at(self.words[: found.after - 1], self.stems[: found.after - 1], found.first)
        if (
            alone is not None
            and any(m.sort == "kind" for m in alone.meanings)
            and alone.meanings[0].rank < found.meanings[0].rank + 2
        ):
            return alone
        return found

    def _bare_follows(self, at: int) -> bool:
        """Whether a term stands there without an article: a key of a grouping, not an agent."""
        if (
            at >= len(self.tokens)
            or self.words[at] in self.lexicon.turns.articles
            or self.names.at(self.tokens, at) is not None
        ):
            return False
        return self.lexicon.at(self.words, self.stems, at) is not None

    def _version_before(self, at: int) -> bool:
        """Whether versions are spoken of right before: versions of Kubernetes, the product and no team of that name."""
        before = at - 1
        while before > 0 and self.words[before] in (*self.lexicon.turns.articles, "pour", "for"):
            before -= 1
        found = self.lexicon.at(self.words[:at], self.stems[:at], before) if before >= 0 else None
        return found is not None and any(m.name in ("SoftwareVersion", "SoftwareProduct") for m in found.meanings)

    def _product(self, at: int) -> NameFound | None:
        for size in (3, 2, 1):
            beginning = self.lexicon.idioms.products.get(" ".join(self.words[at : at + size]))
            elements = self.names.of_product(beginning) if beginning and at + size <= len(self.words) else ()
            if elements:
                return NameFound(elements, at, at + size, True)
        return None

    @staticmethod
    def _strong(meanings: tuple[Meaning, ...]) -> bool:
        return meanings[0].rank == 0 and meanings[0].sort in (
            "kind",
            "predicate",
            "value",
            "attribute",
            "role",
            "measure",
        )

    def _trusted(self, name: NameFound, known_after: int, at: int, period_after: int) -> bool:
        """Whether words that are a name are meant as one, though they may be words of the language too."""
        if name.after < max(known_after, period_after):
            return False
        size = name.after - name.first
        token = self.tokens[at]
        if token.kind in ("identifier",) or any(c.isdigit() for c in token.folded):
            return True
        capital = token.text[:1].isupper() and (at > 0 or not self.lexicon.knows(token.folded))
        if size == 1:
            if self.spelled.fullmatch(token.folded):
                return False
            common = self.lexicon.knows(token.folded)
            if not name.exact:
                return not common and (token.text[:1].isupper() or self._kind_before(at))
            return capital or not common
        if not name.exact and known_after >= name.after:
            return False
        if name.exact and not capital and at and self.words[at - 1] in _ASKING and self._begins_with_a_kind(at):
            return False  # which certificates expire: none that is called so
        if name.exact:
            return capital or name.after > known_after
        return name.after > known_after or capital

    def _begins_with_a_kind(self, at: int) -> bool:
        found = self.lexicon.at(self.words, self.stems, at)
        return found is not None and any(m.sort == "kind" for m in found.meanings)

    def _before_its_kind(self, at: int) -> NameFound | None:
        """What goes by a short name before the word of its kind, though the name is a word of ours: the Linux team."""
        nameable = self.lexicon.idioms.nameable
        for after in range(at + 1, min(at + 4, len(self.words))):
            found = self.lexicon.at(self.words, self.stems, after)
            kind = found.meanings[0].name if found is not None and found.meanings[0].sort == "kind" else ""
            if kind in nameable:
                named = self.names.of_kind(self.tokens[:after], at, frozenset({kind}))
                return named if named is not None and named.exact and named.after == after else None
        return None

    def _is_unit(self, at: int) -> bool:
        if at >= len(self.tokens):
            return False
        word = self.tokens[at].folded
        return any(word in units for units in self.lexicon.idioms.units.values())

    def _kind_before(self, at: int) -> bool:
        """Whether a word of a kind stands right before: the application crédit."""
        before = at - 1
        while before >= 0 and self.words[before] in self.lexicon.turns.articles:
            before -= 1
        found = self.lexicon.at(self.words[:at], self.stems[:at], before) if before >= 0 else None
        return found is not None and any(m.sort == "kind" for m in found.meanings)

    def _number(self, at: int) -> Item | None:
        token = self.tokens[at]
        language = self.lexicon.language
        if token.kind == "number":
            value, after = number_of(token.folded, language), at + 1
        elif (match := self.spelled.match(fold(self.question), token.start)) and match.start() == token.start:
            after = self._token_after(match.end())
            if match.group() in ("un", "une", "one", "a") and not self._is_unit(after):
                return None
            if self.tokens[after - 1].end != match.end():
                return None
            try:
                value = number_of(match.group(), language)
            except ValueError:
                return None
        else:
            return None
        unit = ""
        if after < len(self.tokens):
            word = self.tokens[after].folded
            if self._is_unit(after):
                unit, after = word, after + 1
        return self._made(at, after, number=value, unit=unit)
