"""Orders to write or to send, told from questions by how they are built: verbs where a clause begins, wishes, duties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import yaml

from agent.language.tokens import Token, tokenise
from agent.language.turns import LANGUAGES, LOADER, Language

_TYPO: Final = 6
"""Letters from which on a verb may be misspelt by one."""
_LONG_TYPO: Final = 9
"""Letters from which on it may be misspelt by two."""
_NEEDING: Final = frozenset({"has", "have", "had", "needs", "need", "ought", "got", "want", "like"})
"""Words before "to be" that make it a duty: it has to be restarted, but not: servers to be decommissioned."""
_SHORT: Final = 2
"""Letters up to which a word is no verb."""
_STEM: Final = 4
"""Letters from which on the beginning of a verb of telling may be misspelt."""
_OPENING: Final = 4
"""Words of the clause behind in which a question shows itself."""
_ELIDED: Final = 2
"""Letters that may stand between tokens without being a name: the genitive."""
_MODAL: Final = frozenset({"can", "could", "may", "might", "shall"})
_HAVING: Final = frozenset({"have", "get"})
Words = tuple[str, ...]


@dataclass(frozen=True)
class Verbs:
    """Forms of the verbs of one kind of order in one language.

    `always`: orders where a clause begins. `loose`: French forms that are participles without their accent, so that inside a
    sentence they need an object. `of_you`: forms behind "tu". `objected`, `determined`: what needs an object, a determiner.
    """

    always: frozenset[Words]
    loose: frozenset[Words]
    of_you: frozenset[Words]
    objected: frozenset[Words]
    determined: frozenset[Words]
    gerunds: frozenset[Words]
    done: frozenset[Words]


@dataclass(frozen=True)
class Orders:
    """What `words/orders.yml` says."""

    verbs: Mapping[str, Mapping[Language, Verbs]]
    objects: frozenset[str]
    things: frozenset[str]
    leads: frozenset[str]
    asked: frozenset[Words]
    joining: frozenset[str]
    wishes: frozenset[Words]
    duties: frozenset[str]
    being: frozenset[str]
    asking: frozenset[str]
    wanting: frozenset[Words]
    telling: tuple[str, ...]
    standing: frozenset[Words]
    receiving: frozenset[str]
    carriers: frozenset[str]
    own: frozenset[str]
    needing: frozenset[str]
    relays: frozenset[str]
    infinitive: frozenset[str]

    def order(
        self, question: str, tokens: tuple[Token, ...], known: Callable[[str], bool], named: frozenset[int]
    ) -> str | None:
        """Which kind of order a question is: write or send, None where it is none.

        `tokens`: those of the question, but for names of several words. `known`: whether a word means something, so that it
        is no misspelt verb. `named`: positions in `tokens` of names of one word.
        """
        sentence = _Sentence(question, tokens, known, named, self)
        for kind, by_language in self.verbs.items():
            for verbs in by_language.values():
                if (
                    sentence.relays(verbs)
                    or sentence.begins_with(verbs, told=kind == "send")
                    or sentence.wishes_for(verbs)
                ):
                    return kind
        return "write" if sentence.wants_a_deed() else None


class _Sentence:
    def __init__(
        self,
        question: str,
        tokens: tuple[Token, ...],
        known: Callable[[str], bool],
        named: frozenset[int],
        orders: Orders,
    ) -> None:
        self.tokens, self.known, self.named, self.orders = tokens, known, named, orders
        self.words = tuple(token.folded for token in tokens)
        ends = [0, *(token.end for token in tokens)]
        self.gaps = [question[end : token.start] for end, token in zip(ends, tokens, strict=False)]
        self.starts = self._starts()

    def _starts(self) -> dict[int, bool]:
        """Where an order may begin, and whether a sentence does so there (rather than a part of one)."""
        found: dict[int, bool] = {}
        self.wanted: dict[int, bool] = {}
        for at, word in enumerate(self.words):
            gap = self.gaps[at].strip()
            if self._of_oneself(at):
                continue
            if at == 0 or any(sign in gap for sign in ".;!:\n") or word == "?" or self.words[at - 1] == "?":
                self._follow(at, found, whole=True)
            elif "," in gap or self.words[at - 1] in self.orders.joining:
                self._follow(at, found, whole=False)
            for length in range(1, 6):
                said = self.words[at - length : at] if at >= length else ()
                if said in self.orders.asked:
                    self._follow(at, found, whole=True)
                if said in self.orders.wanting:
                    self._follow(at, self.wanted, whole=True)
        return found

    def _of_oneself(self, at: int) -> bool:
        """Whether a clause tells what somebody else is about to do, and a question follows: before I delete X, what depends on it?"""
        if self.words[at] not in self.orders.own or not self._opens(at):
            return False
        ends = (end for end in range(at + 1, len(self.words)) if set(self.gaps[end].strip()) & set(",:;.!?"))
        end = next(ends, len(self.words))
        addressed = {"tu", "vous", "you"} & set(self.words[at:end])
        rest = self.words[end : end + _OPENING]
        return not addressed and any(word in self.orders.asking for word in rest)

    def _opens(self, at: int) -> bool:
        return at == 0 or bool(set(self.gaps[at].strip()) & set(",:;.!?\n")) or self.words[at - 1] == "?"

    def _follow(self, at: int, found: dict[int, bool], *, whole: bool) -> None:
        """Mark a place and those behind the words that lead up to an order."""
        found[at] = found.get(at, False) or whole
        while at < len(self.words) and self.words[at] in self.orders.leads and not self._gap_named(at + 1):
            at += 1
            found[at] = found.get(at, False) or whole

    def _gap_named(self, at: int) -> bool:
        """Whether a name of several words was taken out before a token."""
        return at < len(self.gaps) and sum(character.isalnum() for character in self.gaps[at]) > _ELIDED

    def wants_a_deed(self) -> bool:
        """Whether somebody is asked for what is no telling: can you V the servers, I want you to V; or a deed told before: do it."""
        for at in self.wanted:
            if at >= len(self.words) or self.tokens[at].kind != "word" or at in self.named:
                continue
            word = self.words[at]
            tells = word.startswith(self.orders.telling) or word in self.orders.leads or word in self.orders.asking
            if (
                not tells
                and len(word) > _SHORT
                and self._object(at + 1, things=True)
                and not self._misspelt_telling(word)
            ):
                return True
        return any(
            self.words[at : at + len(said)] == said and self._closes(at + len(said))
            for said in self.orders.standing
            for at in range(len(self.words))
            if self._opens(at)
        )

    def _closes(self, at: int) -> bool:
        return at >= len(self.words) or self.words[at] == "?" or bool(set(self.gaps[at].strip()) & set(",.;!:\n"))

    def _misspelt_telling(self, word: str) -> bool:
        from rapidfuzz.distance import OSA

        told = (one for one in (*self.orders.telling, *self.orders.asking) if len(one) >= _STEM)
        return any(OSA.distance(word[: len(one)], one) <= 1 for one in told)

    def _told_to_us(self, after: int) -> bool:
        """Whether what is sent goes to the asker, by no carrier: send me the list."""
        if after >= len(self.words) or self.words[after] not in self.orders.receiving:
            return False
        return not any(word in self.orders.carriers for word in self.words[after:])

    def begins_with(self, verbs: Verbs, *, told: bool = False) -> bool:
        """Whether an order begins somewhere. `told`: of a kind that is none where the asker gets it: send me the list."""
        for at, whole in self.starts.items():
            if at >= len(self.words) or (told and self._told_to_us(at + 1)):
                continue
            for length in (3, 2, 1):
                said = self.words[at : at + length]
                if len(said) < length:
                    continue
                participle = length == 1 and self.tokens[at].text.lower().endswith(("é", "és"))
                after = at + length
                if participle:
                    continue
                if said in verbs.always or (said in verbs.loose and (whole or self._object(after))):
                    return True
                if said in verbs.of_you and "tu" in self.words[max(0, at - 3) : at]:
                    return True
                if said in verbs.gerunds and at and self.words[at - 1] in ("mind", "of", "about"):
                    return True
                if said in verbs.objected and self._object(after, things=True):
                    return True
                if said in verbs.determined and self._object(after):
                    return True
            if whole and self._misspelt(at, verbs):
                return True
        return False

    def _object(self, at: int, *, things: bool = False) -> bool:
        """Whether what is acted on stands here."""
        if self._gap_named(at):
            return True
        if at >= len(self.words):
            return False
        word = self.words[at]
        if word in self.orders.objects:
            return True
        identifier = self.tokens[at].kind == "identifier" or (
            len(word) > 4 and any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
        )
        return things and (identifier or at in self.named or word in self.orders.things)

    def _misspelt(self, at: int, verbs: Verbs) -> bool:
        word = self.words[at]
        if len(word) < _TYPO - 1 or self.known(word) or at in self.named or any(c.isdigit() for c in word):
            return False
        from rapidfuzz.distance import OSA

        return any(
            len(form) == 1
            and len(form[0]) >= _TYPO
            and form[0][0] == word[0]
            and OSA.distance(form[0], word) <= (2 if min(len(form[0]), len(word)) >= _LONG_TYPO else 1)
            for form in verbs.always | verbs.loose
        )

    def relays(self, verbs: Verbs) -> bool:
        """Whether somebody else is to be told to do something: ask the team to restart it."""
        forms = verbs.always | verbs.objected | verbs.determined
        for first in range(len(self.words) - 1):
            if self.words[first] not in self.orders.relays or not self._opens(first):
                continue
            if self.words[first + 1] in self.orders.receiving:  # tell me how to restart it
                continue
            for at in range(first + 2, len(self.words)):
                behind = {self.words[at : at + length] for length in (1, 2, 3)}
                if self.words[at - 1] in self.orders.infinitive and behind & forms:
                    return True
        return False

    def wishes_for(self, verbs: Verbs) -> bool:
        """Whether something is to be done to something: X must be restarted, can X be deleted. No question about others is."""
        if any(word in self.orders.asking for word in self.words):
            return False
        if self._may_be_done(verbs):
            return True
        if "?" in self.words:
            return False
        wish = any(self.words[: len(said)] == said for said in self.orders.wishes)
        for at in range(1, len(self.words)):
            said = [self.words[at : at + length] for length in (1, 2, 3)]
            if self._needs(at) and self._gerund(self.words[at], verbs):
                return True
            if not any(one in verbs.done for one in said):
                continue
            before = self.words[at - 1]
            if before in self.orders.being and (wish or (at > 1 and self._duty(at - 2))):
                return True
            if wish and (at - 1 in self.named or self.tokens[at - 1].kind == "identifier"):
                return True  # I need X rebooted
        return False

    def _may_be_done(self, verbs: Verbs) -> bool:
        """Whether it is asked that something be done to one thing: can X be restarted, possible to have X restarted."""
        for at in range(2, len(self.words)):
            if (self.words[at],) not in verbs.done:
                continue
            modal = self.words[0] in _MODAL and self.words[at - 1] == "be"
            if modal and any(self._one(before) for before in range(at - 1)):
                return True
            if self._one(at - 1) and self.words[at - 2] in _HAVING:
                return True
        return False

    def _needs(self, at: int) -> bool:
        """Whether one thing needs what is said here: X needs patching."""
        return self.words[at - 1] in self.orders.needing and at > 1 and self._one(at - 2)

    def _one(self, at: int) -> bool:
        """Whether one thing is named here, so that a need is of it and not of those that are looked for."""
        return at in self.named or self.tokens[at].kind == "identifier" or self._gap_named(at + 1)

    def _gerund(self, word: str, verbs: Verbs) -> bool:
        if (word,) in verbs.gerunds:
            return True
        if not word.endswith("ing") or len(word) < _LONG_TYPO or self.known(word):
            return False
        from rapidfuzz.distance import OSA

        return any(len(form) == 1 and OSA.distance(form[0], word) <= _SHORT for form in verbs.gerunds)

    def _duty(self, at: int) -> bool:
        """Whether something must be done: it must be, it has to be."""
        if self.words[at] == "to":
            return at > 0 and self.words[at - 1] in _NEEDING
        return self.words[at] in self.orders.duties


def _french(verb: str) -> dict[str, list[str]]:
    """Forms of an order, of a regular verb; else the text itself."""
    if " " in verb or not verb.endswith("er"):
        return {"always": [verb]}
    stem = verb[:-2]
    soft = stem + "e" if stem.endswith("g") else stem
    done = [stem + end for end in ("e", "ee", "es", "ees")]
    mute = stem[:-1] + "i" if stem.endswith(("oy", "uy")) else stem  # déployer: déploie
    return {"always": [verb, stem + "ez", soft + "ons"], "loose": [mute + "e"], "of_you": [mute + "es"], "done": done}


def _english(verb: str) -> dict[str, list[str]]:
    if " " in verb:
        return {"always": [verb]}
    silent = verb[:-1] if verb.endswith("e") else verb
    past = verb + "d" if verb.endswith("e") else verb[:-1] + "ied" if verb[-2:] in ("fy", "py") else verb + "ed"
    return {"always": [verb], "gerunds": [silent + "ing"], "done": [past]}


def _split(texts: Iterable[str]) -> frozenset[Words]:
    return frozenset(tuple(token.folded for token in tokenise(text)) for text in texts)


def _verbs(said: Mapping[str, list[str]], done: list[str], language: Language) -> Verbs:
    forms = _french if language == "fr" else _english
    made = {part: [forms(str(verb)) for verb in verbs] for part, verbs in said.items()}

    def of(part: str, *names: str) -> list[str]:
        return [form for one in made[part] for name in names for form in one.get(name, [])]

    polite = [form for verb in made["with_object"] for form in verb["always"]] if language == "fr" else []
    unmistakable = [form for form in polite if form.endswith(("er", "ez", "ons"))]
    every = ("plain", "with_object", "with_determiner")
    return Verbs(
        always=_split([*of("plain", "always"), *(form for form in unmistakable if form != "passer")]),
        loose=_split(of("plain", "loose")),
        of_you=_split([form for part in every for form in of(part, "of_you")]),
        objected=_split(of("with_object", "always", "loose")),
        determined=_split(of("with_determiner", "always", "loose")),
        gerunds=_split([form for part in every for form in of(part, "gerunds")]),
        done=_split([*done, *(form for part in every for form in of(part, "done"))]),
    )


@lru_cache(maxsize=1)
def load_orders() -> Orders:
    """Read once the words of orders."""
    data: dict[str, Any] = yaml.load(
        resources.files("agent.language").joinpath("words", "orders.yml").read_text("utf-8"), Loader=LOADER
    )

    def words(section: str) -> frozenset[str]:
        return frozenset(str(word) for language in LANGUAGES for word in data[section][language])

    def phrases(section: str) -> frozenset[Words]:
        return _split(str(text) for language in LANGUAGES for text in data[section][language])

    return Orders(
        verbs={
            kind: {one: _verbs(said[one], data["done"][one], one) for one in LANGUAGES}
            for kind, said in data["verbs"].items()
        },
        objects=words("objects"),
        things=words("things"),
        leads=words("leads"),
        asked=phrases("asked"),
        joining=frozenset(data["joining"]),
        wishes=phrases("wishes"),
        duties=words("duties"),
        being=words("being"),
        asking=words("asking"),
        wanting=phrases("wanting"),
        telling=tuple(sorted(words("telling"))),
        standing=phrases("standing"),
        receiving=words("receiving"),
        carriers=words("carriers"),
        own=words("own"),
        needing=words("needing"),
        relays=words("relays"),
        infinitive=words("infinitive"),
    )
