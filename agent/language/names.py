"""The estate's own names, found in questions: exactly, without accents and case, then with typos and a margin.

An index holds what one asker may see, so that nobody learns of a name by a suggestion. It is built at the first question
that names something, from rows that the caller reads with the asker's rights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.language.folding import composed, fold
from agent.language.tokens import Token, tokenise

LEAST_LETTERS: Final = 6
LIKENESS: Final = 0.86
MARGIN: Final = 0.05
CHOICES: Final = 8

Rows = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]
"""Runs a query text with the asker's rights."""


@dataclass(frozen=True, slots=True)
class NamedElement:
    """An element that a question may name."""

    id: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class NameFound:
    """A name in a question, tokens [first, after): the elements that it may be of.

    `exact` where the whole name, a code or an alias was written; else a part of the name, or one with typos.
    """

    elements: tuple[NamedElement, ...]
    first: int
    after: int
    exact: bool
    corrected: bool = False


@dataclass
class NameIndex:
    """Names of the elements that an asker may see, by their folded words. Filled once, then only read."""

    dropped: Mapping[str, frozenset[str]] = field(default_factory=dict)  # kind -> words of names that say the kind
    nameable: frozenset[str] = frozenset()  # kinds that may be called by a part of their name
    _whole: dict[tuple[str, ...], list[NamedElement]] = field(default_factory=dict)
    _short: dict[tuple[str, ...], list[NamedElement]] = field(
        default_factory=dict
    )  # the name without the words of its kind
    _parts: dict[tuple[str, ...], list[NamedElement]] = field(default_factory=dict)
    _prefixes: set[tuple[str, ...]] = field(default_factory=set)
    _fuzzy: list[str] = field(default_factory=list)
    _of_fuzzy: dict[str, list[NamedElement]] = field(default_factory=dict)
    _versions: dict[str, list[NamedElement]] = field(default_factory=dict)  # names that hold a figure, signs left out

    def add(self, element: NamedElement, others: Iterable[str] = ()) -> None:
        """Take an element in, with the codes and aliases that it has beside its name."""
        words = self._words(element.name)
        if not words:
            return
        self._put(self._whole, words, element)
        for other in others:
            if other and (alias := self._words(other)):
                self._put(self._whole, alias, element)
        if element.kind not in self.nameable:
            return
        if any(character.isdigit() for character in element.name):
            self._versions.setdefault(_plain(words), []).append(element)
        drop = self.dropped.get(element.kind, frozenset())
        kept = tuple(word for word in words if word not in drop)
        while kept and kept[0] in _SMALL:
            kept = kept[1:]
        if kept and kept != words:
            self._put(self._short, kept, element)
        text = " ".join(words)
        if len(text) >= LEAST_LETTERS:
            if text not in self._of_fuzzy:
                self._fuzzy.append(text)
            self._of_fuzzy.setdefault(text, []).append(element)
        for size in range(1, len(words)):
            for start in range(len(words) - size + 1):
                part = words[start : start + size]
                if (
                    part[0] not in _SMALL
                    and part[-1] not in _SMALL
                    and part not in (words, kept)
                    and not part[0][:1].isdigit()
                ):
                    self._put(self._parts, part, element)

    def _put(
        self, index: dict[tuple[str, ...], list[NamedElement]], words: tuple[str, ...], element: NamedElement
    ) -> None:
        known = index.setdefault(words, [])
        if all(one.id != element.id for one in known[:50]):
            known.append(element)
        for size in range(1, len(words) + 1):
            self._prefixes.add(words[:size])

    @staticmethod
    def _words(text: str) -> tuple[str, ...]:
        return tuple(token.folded for token in tokenise(composed(text)) if token.kind != "sign")

    def at(self, tokens: tuple[Token, ...], first: int) -> NameFound | None:
        """The longest name, whole or shortened, that begins at a token; else the longest part of one."""
        best: tuple[int, tuple[NamedElement, ...], bool] | None = None
        part: tuple[int, tuple[NamedElement, ...]] | None = None
        for after, key in self._beginnings(tokens, first):
            if whole := self._whole.get(key):
                best = (after, tuple(whole), True)
            elif short := self._short.get(key):
                best = (after, tuple(short), False)
            if some := self._parts.get(key):
                part = (after, tuple(some))
        if part and (best is None or part[0] > best[0]):
            return NameFound(part[1], first, part[0], False)
        return NameFound(best[1], first, best[0], best[2]) if best else None

    def of_kind(self, tokens: tuple[Token, ...], first: int, kinds: frozenset[str]) -> NameFound | None:
        """The longest whole, short or part name of one of some kinds that begins at a token."""
        best: NameFound | None = None
        for after, key in self._beginnings(tokens, first):
            for index, exact in ((self._whole, True), (self._short, True), (self._parts, False)):
                some = tuple(one for one in index.get(key, ()) if one.kind in kinds)
                if some:
                    best = NameFound(some, first, after, exact)
                    break
        return best

    def _beginnings(self, tokens: tuple[Token, ...], first: int) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Words from a token on, as long as a name or a part of one begins with them, and where they end."""
        key: tuple[str, ...] = ()
        for at in range(first, len(tokens)):
            key = (*key, tokens[at].folded)
            if tokens[at].kind == "sign" or key not in self._prefixes:
                return
            yield at + 1, key

    def near(self, text: str, kinds: frozenset[str] = frozenset()) -> tuple[NamedElement, ...]:
        """Elements whose name is close to a folded text: one where it is clear, some where it is not."""
        if len(text) < LEAST_LETTERS:
            return ()
        close = process.extract(
            text, self._fuzzy, scorer=OSA.normalized_similarity, score_cutoff=LIKENESS - MARGIN, limit=CHOICES
        )
        found = [
            (name, score) for name, score, _ in close if not kinds or any(e.kind in kinds for e in self._of_fuzzy[name])
        ]
        if not found or found[0][1] < LIKENESS:
            return ()
        if len(found) > 1 and found[0][1] - found[1][1] < MARGIN:
            return tuple(element for name, _ in found for element in self._of_fuzzy[name])[:CHOICES]
        return tuple(self._of_fuzzy[found[0][0]])

    def of_product(self, beginning: str) -> tuple[NamedElement, ...]:
        """The products and versions whose name begins with a product's name."""
        words = self._words(beginning)
        return tuple(self._whole.get(words, ()))

    def of_version(self, beginning: str, following: Sequence[str]) -> tuple[NamedElement, ...]:
        """The versions of a product whose name goes on like this: 7, 2012 R2, 19c."""
        said = _plain((*self._words(beginning), *following))
        exact = self._versions.get(said, []) or self._versions.get(said.rstrip("cg"), [])
        if exact or not said[-1:].isdigit():
            return tuple(exact)
        longer = [name for name in self._versions if name.startswith(said) and name[len(said)].isalpha()]
        return tuple(self._versions[longer[0]]) if len(longer) == 1 else ()  # 2008, where there is a 2008 R2 alone


def _plain(words: Iterable[str]) -> str:
    """Words run together, without their signs."""
    return "".join(character for word in words for character in word if character.isalnum())


_SMALL: Final = frozenset(
    ["de", "du", "des", "d", "la", "le", "les", "l", "et", "of", "the", "and", "a", "au", "aux", "en"]
)


def read_names(
    rows: Rows, kinds: Iterable[str], attributes: Mapping[str, Sequence[str]]
) -> Iterable[tuple[NamedElement, list[str]]]:
    """The elements of some kinds with their other names, read by queries. `attributes`: of a kind, those beside its name."""
    for kind in kinds:
        more = "".join(f", n.{attribute} AS a{at}" for at, attribute in enumerate(attributes.get(kind, ())))
        for row in rows(f"MATCH (n:{kind}) RETURN n.id AS id, n.name AS name{more}", {}):
            others = [text for cell in row[2:] for text in (cell if isinstance(cell, list) else [cell]) if text]
            if row[1]:
                yield NamedElement(str(row[0]), kind, str(row[1])), others


def folded_name(text: str) -> str:
    """A name as it is compared."""
    return fold(composed(text))
