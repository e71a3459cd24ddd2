"""Words that orders are told by, with the forms of their verbs: what `words/orders.yml` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from agent.language.tokens import tokenise
from agent.language.turns import LANGUAGES, Language, read_words

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
class OrderWords:
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
    presenting: frozenset[str]
    prepositions: frozenset[str]
    showing: frozenset[str]
    standing: frozenset[Words]
    receiving: frozenset[str]
    carriers: frozenset[str]
    own: frozenset[str]
    needing: frozenset[str]
    relays: frozenset[str]
    infinitive: frozenset[str]
    modal: frozenset[str]
    having: frozenset[str]
    needed: frozenset[str]
    requests: frozenset[Words]
    left_out: frozenset[Words]
    giving: frozenset[str]
    to: frozenset[str]

    @cached_property
    def deeds(self) -> frozenset[str]:
        """The first words of all that is done to things."""
        every = [verbs for by_language in self.verbs.values() for verbs in by_language.values()]
        return frozenset(
            form[0]
            for one in every
            for part in (one.always, one.loose, one.objected, one.determined, one.gerunds, one.done)
            for form in part
        )


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
    first, gap, particle = verb.partition(" ")
    silent = first[:-1] if first.endswith("e") else first
    past = first + "d" if first.endswith("e") else first[:-1] + "ied" if first[-2:] in ("fy", "py") else first + "ed"
    return {"always": [verb], "gerunds": [f"{silent}ing{gap}{particle}"], "done": [past + gap + particle]}


def _said_first(verb: str, language: Language) -> list[str]:
    """The forms of a verb of one word that an order begins with."""
    made = (_french if language == "fr" else _english)(verb)
    return [*made["always"], *made.get("loose", ())]


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
def load_order_words() -> OrderWords:
    """Read once the words of orders."""
    data: dict[str, Any] = read_words("orders")

    def words(section: str) -> frozenset[str]:
        return frozenset(str(word) for language in LANGUAGES for word in data[section][language])

    def phrases(section: str) -> frozenset[Words]:
        return _split(str(text) for language in LANGUAGES for text in data[section][language])

    return OrderWords(
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
        presenting=frozenset(
            word for one in LANGUAGES for verb in data["presenting"][one] for word in _said_first(verb, one)
        ),
        showing=words("showing"),
        prepositions=words("prepositions"),
        standing=phrases("standing"),
        receiving=words("receiving"),
        carriers=words("carriers"),
        own=words("own"),
        needing=words("needing"),
        relays=words("relays"),
        infinitive=words("infinitive"),
        modal=words("modal"),
        having=words("having"),
        needed=words("needed"),
        requests=phrases("requests"),
        left_out=phrases("left_out"),
        giving=words("giving"),
        to=words("to"),
    )
