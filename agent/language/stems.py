"""Words without their inflection, so that plurals, genders and tenses meet: stems of Snowball over folded words."""

# ruff: noqa: E501  # word lists and patterns read better whole

from __future__ import annotations

from typing import Final

import snowballstemmer

from agent.language.turns import Language

_NAMES: Final = {"fr": "french", "en": "english"}
_IRREGULAR: Final = {
    "fr": {"vitaux": "vital", "vitales": "vital", "vitale": "vital", "reseaux": "reseau", "bdds": "bdd", "ouverte": "ouvert",
           "ouvertes": "ouvert", "ouverts": "ouvert", "baies": "baie", "locaux": "local", "geree": "gere", "gerees": "gere", "servent": "servent",
           "developpe": "developpe", "developpee": "developpe", "developpes": "developpe", "developpees": "developpe"},
    "en": {"data": "data", "databases": "databas", "analyses": "analysi", "boxes": "box", "indices": "index", "developed": "developed", "lasted": "lasted", "lasting": "lasting"},
}  # fmt: skip


class Stems:
    """The stem of a folded word of one language. Not for several threads at once: each parser has its own."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._stemmer = snowballstemmer.stemmer(_NAMES[language])
        self._irregular = _IRREGULAR[language]
        self._known: dict[str, str] = {}

    def __call__(self, word: str) -> str:
        """The stem. Short words, and words that hold a digit, stay as they are but for a plural s."""
        known = self._known.get(word)
        if known is None:
            known = self._stem(word)
            if len(self._known) < 50_000:
                self._known[word] = known
        return known

    def _stem(self, word: str) -> str:
        if word in self._irregular:
            return self._irregular[word]
        if any(c.isdigit() for c in word):
            return word
        if len(word) <= 4:
            return word[:-1] if len(word) >= 3 and word[-1] == "s" and word[-2] not in "asuio" else word
        stem = str(self._stemmer.stemWord(word))
        if self.language == "fr":
            if stem.endswith("ent") and not stem.endswith("ment") and len(stem) > 5:
                stem = stem[:-3]  # the third person plural, which the stemmer leaves: tournent
            stem = stem.rstrip("e") if len(stem) > 4 else stem
            stem = stem[:-1] if len(stem) > 5 and stem.endswith("s") else stem
        return stem
