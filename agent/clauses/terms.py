"""The words of a graph that nobody prepared: of its labels, properties and relation types, by stem, and what its texts are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from agent.language.folding import composed, fold
from agent.language.names import Rows
from agent.language.stems import Stems
from agent.language.tokens import Token, tokenise
from graph.schema.model import Kind, Schema, ValueType

Sort = Literal["kind", "attribute", "relation", "part"]
TELLING: Final = ("name", "title", "label", "caption")
"""Properties that people call a thing by, the one they use first."""
_BARE: Final = frozenset(
    ["has", "have", "is", "in", "of", "to", "by", "on", "at", "for", "with", "from", "the", "a", "and"]
)
_LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Term:
    """What a phrase may mean: a kind, a property or a relation type of the schema, by its name; or a part of a property's name.

    `whole`: the phrase is its whole name, not a word of it.
    """

    sort: Sort
    name: str
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Held:
    """A text as the graph holds it: `owner` is a kind, or a relation type, and `attribute` its property."""

    owner: str
    attribute: str
    text: str


class Terms:
    """Phrases and texts of one graph. Read-only once built.

    `rows` runs a query text on the graph.
    """

    def __init__(self, schema: Schema, rows: Rows) -> None:
        self.schema = schema
        self.stem = Stems("en")
        self._phrases: dict[tuple[str, ...], list[Term]] = defaultdict(list)
        self._texts: dict[tuple[str, ...], list[Held]] = defaultdict(list)
        self._parts: dict[str, list[Term]] = defaultdict(list)
        self._prefixes: set[tuple[str, ...]] = set()
        self._text_prefixes: set[tuple[str, ...]] = set()
        self._read_schema()
        self._read_texts(rows)

    # --- what the schema says ------------------------------------------------------------------------------------------

    def _read_schema(self) -> None:
        for kind in self.schema.kinds.values():
            self._add(_said(kind), Term("kind", kind.name))
            own = self.words(kind.wording.en)
            for attribute in kind.attributes.values():
                said = _said(attribute)
                self._add(said, Term("attribute", attribute.name))
                words = self.words(attribute.wording.en)
                if len(words) > 1:
                    for word in words:
                        self._parts[word].append(Term("part", attribute.name, whole=False))
                if len(words) > len(own) and words[: len(own)] == own:
                    self._put(words[len(own) :], Term("attribute", attribute.name))  # the type of a battle: battle_type
        for relation in self.schema.relations.values():
            term = Term("relation", relation.name)
            self._add(_said(relation), term)
            words = self.words(relation.wording.en)
            carrying = [word for word in words if word not in _BARE and not word.isdigit()]
            part = Term("relation", relation.name, whole=len(carrying) == 1)
            if carrying and not any(word.isdigit() for word in words):
                self._put((carrying[0],), part)
                self._put((_past(carrying[0]),), part)
                if words[0] == carrying[0] and len(words) > 1:
                    self._put(words[:2], part)
            for attribute in relation.attributes.values():
                self._add(_said(attribute), Term("attribute", attribute.name))

    def _add(self, texts: Iterable[str], term: Term) -> None:
        for text in texts:
            self._put(self.words(text), term)

    def _put(self, words: tuple[str, ...], term: Term) -> None:
        if words and (term.sort, term.name) not in {(known.sort, known.name) for known in self._phrases[words]}:
            self._phrases[words].append(term)
            self._prefixes.update(words[:size] for size in range(1, len(words) + 1))

    def words(self, text: str) -> tuple[str, ...]:
        """The stems of a text."""
        return tuple(self.stem(token.folded) for token in tokenise(composed(text)) if token.kind != "sign")

    # --- what the graph holds ------------------------------------------------------------------------------------------

    def _read_texts(self, rows: Rows) -> None:
        for kind in self.schema.concrete_kinds():
            for name in _own_texts(self.schema, kind):
                query = f"MATCH (n:{kind.name}) WHERE n.{name} IS NOT NULL RETURN DISTINCT n.{name} AS text"
                self._take(kind.name, name, rows(query, {}))
        for relation in self.schema.relations.values():
            for attribute in relation.attributes.values():
                if attribute.type is ValueType.STRING:
                    of, name = relation.name, attribute.name
                    query = f"MATCH ()-[r:{of}]->() WHERE r.{name} IS NOT NULL RETURN DISTINCT r.{name} AS text"
                    self._take(relation.name, attribute.name, rows(query, {}))

    def _take(self, owner: str, attribute: str, texts: Sequence[Sequence[Any]]) -> None:
        for (text,) in texts:
            if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
                continue
            words = folded_words(text)
            if words:
                self._texts[words].append(Held(owner, attribute, text))
                self._text_prefixes.update(words[:size] for size in range(1, len(words) + 1))

    def knows(self, word: str) -> bool:
        """Whether a folded word is one of the graph's."""
        return (self.stem(word),) in self._prefixes or (word,) in self._text_prefixes

    # --- looking up ----------------------------------------------------------------------------------------------------

    def phrase_at(self, stems: Sequence[str], first: int) -> tuple[tuple[Term, ...], int]:
        """The longest phrase that begins at a word, and where it ends; nothing and `first` where there is none."""
        found: tuple[tuple[Term, ...], int] = ((), first)
        for after in range(first + 1, len(stems) + 1):
            key = tuple(stems[first:after])
            if key not in self._prefixes:
                break
            if self._phrases.get(key):
                found = (tuple(self._phrases[key]), after)
        return found

    def part(self, stem: str) -> tuple[Term, ...]:
        """The properties of whose name a word is a part: launched, of the year of launch."""
        return tuple(dict.fromkeys(self._parts.get(stem, ())))

    def text_at(self, tokens: Sequence[Token], first: int) -> tuple[tuple[Held, ...], int]:
        """The longest text of the graph that begins at a word, and where it ends."""
        found: tuple[tuple[Held, ...], int] = ((), first)
        for after in range(first + 1, len(tokens) + 1):
            key = tuple(token.folded for token in tokens[first:after])
            if key not in self._text_prefixes:
                break
            if self._texts.get(key):
                found = (tuple(self._texts[key]), after)
        return found

    def texts(self, said: str) -> tuple[Held, ...]:
        """Where a text stands in the graph: as it is written, else without regard to case and accents."""
        found = tuple(self._texts.get(folded_words(said), ()))
        return tuple(one for one in found if one.text == said) or found


def _past(stem: str) -> str:
    """The past of a short verb, which stems do not reach: used."""
    return f"{stem}d" if stem.endswith("e") else f"{stem}ed"


def folded_words(text: str) -> tuple[str, ...]:
    """The words of a text as texts are compared."""
    return tuple(token.folded for token in tokenise(composed(text)))


def telling(kind: Kind) -> list[str]:
    """The properties that tell people which element of a kind it is: its name or title, else what its label speaks of."""
    for name in TELLING:
        if name in kind.attributes:
            return [name]
    words = set(fold(kind.wording.en).split())
    texts = [a for a in kind.attributes.values() if a.type is ValueType.STRING]
    named = [a.name for a in texts if {"name", "title"} & set(a.wording.en.split())]
    same = [a.name for a in texts if set(a.wording.en.split()) <= words]
    return named or same


def _said(of: Any) -> Iterable[str]:
    return (of.wording.en, *of.wording.synonyms_en)


def _own_texts(schema: Schema, kind: Kind) -> Iterable[str]:
    """Texts of a kind that none above it has: a knight's name is a person's."""
    above = {name for ancestor in kind.ancestors for name in schema.kinds[ancestor].attributes}
    return [a.name for a in kind.attributes.values() if a.type is ValueType.STRING and a.name not in above]
