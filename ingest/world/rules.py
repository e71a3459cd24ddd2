"""The rules by which spellings are matched, as data. Patterns are anchored at the start of a normalised spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from core.errors import IngestError

SHELF: Final = Path(__file__).parent / "rules"
_KEYS: Final = {"name", "product", "pattern", "cycle", "values", "confidence"}


class MatchingRulesError(IngestError):
    """Rules of matching that cannot be read."""

    code = "MATCHING_RULES"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it looks for, the product that it means, and how the cycle is made of what was found."""

    name: str
    product: str
    pattern: re.Pattern[str]
    confidence: float
    cycle: str | None
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule, in order; `noise` are words before a product's name, `editions` words that say nothing about its version."""

    rules: tuple[Rule, ...]
    noise: tuple[str, ...]
    editions: frozenset[str]


def normalised(spelling: str) -> str:
    """A spelling in lower case, without accents, trade marks and doubled spaces."""
    text = unicodedata.normalize("NFKD", re.sub(r"\((r|tm|c)\)|[®™©]", "", spelling, flags=re.IGNORECASE))
    text = "".join(character for character in text if not unicodedata.combining(character)).casefold()
    return " ".join(re.sub(r"[_/,]", " ", text).split())


def load_rules(pack: str, path: Path | None = None) -> Rules:
    """The rules of a pack, or of a file. Raises MatchingRulesError."""
    chosen = path or SHELF / f"{pack.split('+')[0]}.yml"
    try:
        content = yaml.safe_load(chosen.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MatchingRulesError(
            f"the rules cannot be read: {error}", where=str(chosen), hint="give a YAML file"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise MatchingRulesError(
            "there is no list of `rules`", where=str(chosen), hint="rules: [{name, product, pattern}]"
        )
    return Rules(
        rules=tuple(_rule(entry, f"{chosen}: rule {number}") for number, entry in enumerate(content["rules"], 1)),
        noise=tuple(str(word) for word in content.get("noise") or ()),
        editions=frozenset(str(word) for word in content.get("editions") or ()),
    )


def _rule(entry: Any, where: str) -> Rule:
    if (
        not isinstance(entry, dict)
        or set(entry) - _KEYS
        or not {"name", "product", "pattern", "confidence"} <= set(entry)
    ):
        raise MatchingRulesError("a rule has wrong keys", where=where, hint=", ".join(sorted(_KEYS)))
    try:
        pattern = re.compile(str(entry["pattern"]))
    except re.error as error:
        raise MatchingRulesError(
            f"the pattern is broken: {error}", where=where, hint="write a regular expression"
        ) from error
    confidence = entry["confidence"]
    if not isinstance(confidence, (int, float)) or not 0 < confidence <= 1:
        raise MatchingRulesError(
            f"the confidence is {confidence!r}", where=where, hint="give a number above 0, at most 1"
        )
    cycle = entry.get("cycle")
    groups = set(re.findall(r"\{(\w+)\}", str(cycle or "{version}")))
    if groups - pattern.groupindex.keys():
        raise MatchingRulesError(
            f"the pattern has no group {sorted(groups - pattern.groupindex.keys())[0]!r}",
            where=where,
            hint="(?P<name>...)",
        )
    values = {str(key): str(value) for key, value in (entry.get("values") or {}).items()}
    return Rule(str(entry["name"]), str(entry["product"]), pattern, float(confidence), cycle, values)
