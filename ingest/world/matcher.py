"""Matches one spelling to a product and a cycle of the world's catalogue, with a confidence; never guesses beyond the rules.

In order: the rules; the name of a catalogue's product at the start of the spelling (0.9, or 0.7 where other words follow); a name
that differs by a few letters (0.6). A match without a cycle that the catalogue knows counts 0.7 of itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rapidfuzz import fuzz, process

from ingest.world.rules import Rules, normalised

BY_NAME: Final = 0.9
BY_NAME_AND_MORE: Final = 0.7
BY_LETTERS: Final = 0.6
WITHOUT_CYCLE: Final = 0.7
LIKENESS: Final = 90.0
MARGIN: Final = 5.0
_VERSION = re.compile(r"\bv?(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class WorldProduct:
    """A product of the catalogue: its element, cycles (cycle to element), and CPE names."""

    name: str
    element: str
    cycles: Mapping[str, str]
    cpes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What a spelling means: product, cycle and its element where the catalogue has it, CPE name, how sure, by which rule."""

    product: str
    product_element: str
    cycle: str | None
    cycle_element: str | None
    cpe: str | None
    confidence: float
    rule: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "product": self.product,
            "cycle": self.cycle,
            "cpe": self.cpe,
            "confidence": self.confidence,
            "rule": self.rule,
        }


class Matcher:
    """Matches spellings against one catalogue."""

    def __init__(self, products: Mapping[str, WorldProduct], rules: Rules) -> None:
        self._products = products
        self._rules = rules
        self._titles = {normalised(name): product for name, product in products.items()}

    def match(self, spelling: str, version: str | None = None) -> Match | None:
        """What a spelling means; `version` is what stands in a field of its own. None where nothing fits."""
        text = normalised(spelling)
        beside = normalised(version) if version else ""
        if beside and beside not in text:
            text = f"{text} {beside}"
        return self._by_rule(text) or self._by_name(text) or self._by_letters(text)

    def _by_rule(self, text: str) -> Match | None:
        for rule in self._rules.rules:
            found = rule.pattern.match(text)
            product = self._products.get(rule.product)
            if found is None or product is None:
                continue
            groups = {name: (value or "").replace(" ", "") for name, value in found.groupdict().items()}
            wanted = (rule.cycle or "{version}").format(**groups)
            written = groups.get("version") or wanted
            return self._made(product, rule.values.get(wanted, wanted), written, rule.confidence, f"rule {rule.name}")
        return None

    def _by_name(self, text: str) -> Match | None:
        for start in self._starts(text):
            for end in range(len(start), 0, -1):
                product = self._titles.get(" ".join(start[:end]))
                if product is None:
                    continue
                rest = " ".join(start[end:])
                found = _VERSION.match(rest) or _VERSION.search(rest)
                number = found.group(1) if found else ""
                others = set(_VERSION.sub(" ", rest, count=1).split()) - self._rules.editions
                sure = BY_NAME_AND_MORE if others else BY_NAME
                return self._made(product, number, number, sure, "name of the product")
        return None

    def _starts(self, text: str) -> list[list[str]]:
        """The words of a spelling, as they are, then without and with what may stand before a name."""
        starts = [text.split()]
        for noise in self._rules.noise:
            if text.startswith(f"{noise} "):
                starts.append(text[len(noise) :].split())
            else:
                starts.append(f"{noise} {text}".split())
        return starts

    def _by_letters(self, text: str) -> Match | None:
        found = _VERSION.search(text)
        name = (text[: found.start()] if found else text).strip()
        if len(name) < 5:
            return None
        best = process.extract(name, list(self._titles), scorer=fuzz.ratio, limit=2)
        if not best or best[0][1] < LIKENESS or (len(best) > 1 and best[0][1] - best[1][1] < MARGIN):
            return None
        number = found.group(1) if found else ""
        return self._made(self._titles[best[0][0]], number, number, BY_LETTERS, "name but for a few letters")

    def _made(self, product: WorldProduct, wanted: str, written: str, sure: float, rule: str) -> Match:
        cycle = _cycle_of(product, wanted)
        confidence = round(sure if cycle is not None else sure * WITHOUT_CYCLE, 3)
        element = None if cycle is None else product.cycles[cycle]
        return Match(product.name, product.element, cycle, element, _cpe(product, written), confidence, rule)


def _cycle_of(product: WorldProduct, wanted: str) -> str | None:
    """The cycle of that name, or the nearest that holds it: 8.6 is in 8."""
    known = {cycle.casefold(): cycle for cycle in product.cycles}
    text = wanted.casefold()
    while text:
        if text in known:
            return known[text]
        text = text.rpartition(".")[0]
    return None


def _cpe(product: WorldProduct, version: str) -> str | None:
    """The CPE 2.3 name of a version of the product, of the first CPE that the catalogue gives for it."""
    for cpe in sorted(product.cpes, key=lambda name: not name.startswith("cpe:2.3:")):
        parts = cpe.removeprefix("cpe:2.3:").removeprefix("cpe:/").split(":")
        if len(parts) < 3 or parts[0] not in ("a", "o", "h"):
            continue
        number = re.sub(r"([^\w.-])", r"\\\1", version) or "*"
        return ":".join(["cpe:2.3", *parts[:3], number, *["*"] * 7])
    return None
