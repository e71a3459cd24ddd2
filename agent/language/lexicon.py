"""The words of one schema in one language: from its labels, synonyms, vocabularies and idioms, by stem.

Both languages are in every lexicon, since people mix them; words of the other language rank lower.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.language.folding import composed, fold
from agent.language.idioms import Idioms, load_idioms
from agent.language.meanings import Meaning
from agent.language.periods import UNITS
from agent.language.stems import Stems
from agent.language.tokens import Token, tokenise
from agent.language.turns import LANGUAGES, Language, load_turns
from graph.schema.model import Schema, ValueType, Wording

LEAST_LETTERS: Final = 5
"""Words shorter than this are never corrected: at that length most words are one typo away from another."""
LEAST_LIKENESS: Final = 0.80
MARGIN: Final = 0.06


_SKIPPED: Final = frozenset({"de", "du", "des", "d", "of"})
"""Words inside a phrase that need not be said; a definite article tells two things apart: `serveur de l'application`."""
AGGREGATES: Final = {
    "moyen": "mean", "moyenne": "mean", "moyens": "mean", "moyennes": "mean", "average": "mean", "mean": "mean",
    "total": "sum", "totale": "sum", "maximal": "maximum", "maximale": "maximum", "maximum": "maximum", "median": "median",
    "mediane": "median", "minimum": "minimum", "minimale": "minimum",
}  # fmt: skip
"""Words that may stand inside the name of what they are taken of: `durée moyenne de bascule`."""


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase found in a question: its meanings, the tokens [first, after)."""

    meanings: tuple[Meaning, ...]
    first: int
    after: int
    size: int  # words of the phrase


class Lexicon:
    """Phrases of one schema for one language. Read-only once built."""

    def __init__(self, schema: Schema, language: Language, idioms: Idioms | None = None) -> None:
        self.schema, self.language = schema, language
        self.idioms = load_idioms(schema.name) if idioms is None else idioms
        self.turns = load_turns(language)
        self.stem = Stems(language)
        self._phrases: dict[tuple[str, ...], list[Meaning]] = {}
        self._prefixes: set[tuple[str, ...]] = set()
        self._exact: dict[str, list[Meaning]] = {}  # single words as they are written: stems are coarse
        self._words: dict[str, None] = {}
        self._of_language: set[str] = set()  # words of the texts of this language
        self._fill()
        self._without_kinds()
        self._known = {self.stem(word) for word in self._words}
        self._measures = frozenset(UNITS).union(*self.idioms.units.values())  # words of periods and units
        self._corrections: dict[str, str | None] = {}

    # --- filling ---------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        schema = self.schema
        for kind in schema.kinds.values():
            if kind.name != "Element":
                self._wording(kind.wording, Meaning("kind", kind.name))
            if kind.category in ("simulation", "bookkeeping"):
                continue
            for attribute in kind.attributes.values():
                if attribute.name.endswith("_by"):
                    continue  # "opened by" would hide "opened, by team"
                self._wording(attribute.wording, Meaning("attribute", attribute.name))
                if attribute.type is ValueType.BOOLEAN:
                    self._wording(attribute.wording, Meaning("value", attribute.name, True))
        for enum in schema.enums.values():
            for value in enum.values:
                self._add((value.replace("_", " "),), Meaning("value", enum.name, value), 1)
                if value in enum.wording:
                    self._wording(enum.wording[value], Meaning("value", enum.name, value))
        for relation in schema.relations.values():
            for attribute in relation.attributes.values():
                self._wording(attribute.wording, Meaning("attribute", attribute.name, rank=1))
            if not relation.bookkeeping:
                self._wording(relation.wording, Meaning("relation", relation.name, rank=1))
                self._wording(relation.inverse, Meaning("relation", relation.name, inverse=True, rank=1))
        for names in self.idioms.wordings.values():
            for said in names.values():
                ours = [text for part in ("", "_also", "_inverse") for text in said.get(f"{self.language}{part}", ())]
                self._of_language.update(word.folded for text in ours for word in tokenise(fold(composed(text))))
        for section, sort in (("kinds", "kind"), ("roles", "role"), ("attributes", "attribute"), ("predicates", "predicate"),
                              ("measures", "measure")):  # fmt: skip
            for name, said in self.idioms.wordings.get(section, {}).items():
                for language in LANGUAGES:
                    rank = language != self.language
                    self._add(said.get(language, ()), Meaning(sort, name), rank)  # type: ignore[arg-type]
                    self._add(said.get(f"{language}_also", ()), Meaning(sort, name), rank + 1)  # type: ignore[arg-type]
        for name, said in self.idioms.wordings.get("relations", {}).items():
            for language in LANGUAGES:
                rank = language != self.language
                for texts, inverse in ((said.get(language, ()), False), (said.get(f"{language}_inverse", ()), True)):
                    self._add(texts, Meaning("relation", name, inverse=inverse), rank)
                    self._add(_bare_verbs(texts), Meaning("relation", name, inverse=inverse), rank + 1)
        for text, said in self.idioms.wordings.get("values", {}).items():
            name, _, value = text.partition("=")
            on, _, holder = name.rpartition(".")
            meaning = Meaning("value", holder, {"true": True, "false": False}.get(value, value), on)
            for language in LANGUAGES:
                self._add(said.get(language, ()), meaning, language != self.language)
                self._add(said.get(f"{language}_also", ()), meaning, 2 + (language != self.language))

    def _without_kinds(self) -> None:
        """Leave out values whose words hold the kind, where the rest says as much: major incident, incident majeur."""
        for key, meanings in list(self._phrases.items()):
            if len(key) < 2:
                continue
            said_of = any(m.sort in ("predicate", "value") for m in self._phrases.get(key[:1], ()))
            if len(key) == 2 and said_of and any(m.sort == "kind" for m in self._phrases.get(key[1:], ())):
                meanings[:] = [m for m in meanings if m.sort != "relation"]  # open incidents: nothing that opened one
            named = {m.name for m in self._phrases.get(key[:1], ()) if m.sort == "kind"}
            meanings[:] = [
                m for m in meanings if not (m.sort == "relation" and named & self._ends(m.name))
            ]  # alerts on
            for kind, rest in ((key[:1], key[1:]), (key[-1:], key[:-1])):
                if any(m.sort == "kind" for m in self._phrases.get(kind, ())):
                    same = {(m.name, m.value) for m in self._phrases.get(rest, ()) if m.sort == "value"}
                    meanings[:] = [m for m in meanings if not (m.sort == "value" and (m.name, m.value) in same)]

    def _ends(self, relation: str) -> frozenset[str]:
        """The kinds that a relation joins."""
        return frozenset(kind for one in self.schema.relations[relation].triples for kind in (one.start, one.end))

    def _wording(self, wording: Wording, meaning: Meaning) -> None:
        for language in LANGUAGES:
            rank = meaning.rank + (language != self.language)
            if language == self.language:
                own = (wording.fr, *wording.synonyms_fr) if language == "fr" else (wording.en, *wording.synonyms_en)
                self._of_language.update(word.folded for text in own for word in tokenise(fold(composed(text))))
            self._add((wording.fr if language == "fr" else wording.en,), meaning, rank)
            self._add(wording.synonyms_fr if language == "fr" else wording.synonyms_en, meaning, rank + 1)

    def _add(self, texts: Iterable[str], meaning: Meaning, rank: int) -> None:
        for text in texts:
            words = tokenise(fold(composed(text)))
            self._put(self.key(words), text, meaning, rank)
            if len(words) > 2 and any(word.folded in self.turns.articles for word in words[1:]):
                self._put(tuple(self.stem(word.folded) for word in words), text, meaning, rank)  # with its articles

    def _put(self, key: tuple[str, ...], text: str, meaning: Meaning, rank: int) -> None:
        if key:
            meanings = self._phrases.setdefault(key, [])
            ranked = Meaning(meaning.sort, meaning.name, meaning.value, meaning.on, meaning.inverse, int(rank))
            same = [
                m
                for m in meanings
                if (m.sort, m.name, m.value, m.on, m.inverse)
                == (ranked.sort, ranked.name, ranked.value, ranked.on, ranked.inverse)
            ]
            word = fold(composed(text)).strip()
            if len(key) > 1 or word.isalnum():
                self._exact.setdefault(word, []).append(ranked)
            if same:
                if same[0].rank <= ranked.rank:
                    return
                meanings.remove(same[0])
            meanings.append(ranked)
            for size in range(1, len(key) + 1):
                self._prefixes.add(key[:size])

    def key(self, tokens: Iterable[Token]) -> tuple[str, ...]:
        """The stems of a phrase, without articles."""
        kept = [token.folded for token in tokens if token.kind != "sign" or token.folded in "%€$"]
        words = [word for word in kept if word not in self.turns.articles] or kept
        for word in words:
            self._words.setdefault(word)
        return tuple(self.stem(word) for word in words)

    # --- looking up ------------------------------------------------------------------------------------------------

    def at(self, words: tuple[str, ...], stems: tuple[str, ...], first: int) -> Found | None:
        """The longest phrase that begins at a token. Articles inside it do not count."""
        key: tuple[str, ...] = ()
        best: Found | None = None
        taken = False
        articles = self.turns.articles
        if words[first] in articles:
            return None
        for at in range(first, len(stems)):
            if key and (words[at] in _SKIPPED or words[at] in AGGREGATES) and (*key, stems[at]) not in self._prefixes:
                taken = taken or words[at] in AGGREGATES
                continue
            key = (*key, stems[at])
            if key not in self._prefixes:
                break
            if (meanings := self._phrases.get(key)) and not (len(key) == 1 and words[at] in self.turns.function):
                if len(key) == 1:
                    meanings = self._as_written(words[at]) or meanings
                elif {"kind", "predicate"} <= {m.sort for m in meanings}:  # a load test, load tested
                    meanings = self._as_written(" ".join(words[first : at + 1])) or meanings
                if taken and not any(m.sort in ("attribute", "measure") for m in meanings):
                    continue  # nothing that a mean is taken of: complétude moyenne des fiches
                best = Found(tuple(sorted(meanings, key=lambda m: m.rank)), first, at + 1, len(key))
        return best

    def _as_written(self, word: str) -> list[Meaning]:
        """The meanings of a word, its singular and its plural, without those of other words with the same stem."""
        forms = [word, word + "s", word + "e", word + "es", word + "x"]
        forms += [word[:-cut] for cut in (1, 2) if len(word) > 3 + cut and word[-cut:] in ("s", "x", "e", "es")]
        found: dict[tuple[object, ...], Meaning] = {}
        is_said_of = any(m.sort == "predicate" for m in self._exact.get(word, ()))
        for form in forms:
            for m in self._exact.get(form, ()):
                if is_said_of and m.sort == "value" and form != word:
                    continue  # teste is said of a plan; test is an environment
                same = (m.sort, m.name, m.value, m.on, m.inverse)
                if same not in found or found[same].rank > m.rank:
                    found[same] = m
        return list(found.values())

    def knows(self, word: str) -> bool:
        """Whether a folded word is one of the lexicon or of the language's own."""
        return (
            self.turns.empty(word)
            or self.stem(word) in self._known
            or word in self.turns.words
            or word in self._measures
        )

    def own_words(self, words: Iterable[str]) -> int:
        """How many of some folded words the language has of its own, whatever the other one lends it."""
        return sum(self._own_word(word) for word in words)

    def _own_word(self, word: str) -> bool:
        forms = (word, word[:-1]) if word.endswith("s") else (word, word + "s")
        return self.turns.empty(word) or word in self.turns.words or any(form in self._of_language for form in forms)

    def correction(self, word: str) -> str | None:
        """The word that a misspelt one was meant to be, where exactly one comes close enough."""
        if word not in self._corrections:
            self._corrections[word] = self._correct(word)
        return self._corrections[word]

    def _correct(self, word: str) -> str | None:
        if len(word) < LEAST_LETTERS or any(c.isdigit() for c in word):
            return None
        close = process.extract(
            word, self._vocabulary(), scorer=OSA.normalized_similarity, score_cutoff=LEAST_LIKENESS - 0.06, limit=8
        )
        close = [found for found in close if found[0][0] == word[0] or found[1] >= 0.87]
        if not close or close[0][1] < (LEAST_LIKENESS if len(word) > 5 else 0.79):
            return None
        best = self._sense(close[0][0])
        rival = next((found for found in close if self._sense(found[0]) != best), None)
        if rival is not None and close[0][1] - rival[1] < MARGIN:
            return None
        return str(close[0][0])

    def _sense(self, word: str) -> object:
        """What tells words apart: what they mean alone, else their stem."""
        stem = self.stem(word)
        meanings = self._phrases.get((stem,))
        return (meanings[0].sort, meanings[0].name, meanings[0].value) if meanings else stem

    def _vocabulary(self) -> list[str]:
        if not hasattr(self, "_list"):
            own = {phrase[0] for phrase in self.turns.phrases if len(phrase) == 1}
            self._list = [
                w for w in {**self._words, **dict.fromkeys(own)} if len(w) >= LEAST_LETTERS - 1 and w.isalpha()
            ]
        return self._list


_PREPOSITIONS: Final = frozenset(
    [
        "sur",
        "par",
        "de",
        "a",
        "dans",
        "vers",
        "sous",
        "avec",
        "au",
        "on",
        "by",
        "to",
        "in",
        "of",
        "from",
        "with",
        "at",
        "through",
        "into",
        "for",
        "d",
    ]
)


def _bare_verbs(texts: Iterable[str]) -> Iterable[str]:
    """The verbs alone of phrases that end in a preposition, which may stand elsewhere: on which servers does it run?"""
    for text in texts:
        words = text.split()
        words = words[1:] if words[0] in ("s", "se") else words
        if len(words) == 2 and words[1] in _PREPOSITIONS and len(words[0]) >= 3:
            yield words[0]
