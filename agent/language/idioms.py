"""How people speak of what a schema pack holds, as data beside the pack: idioms, preferred ways, measures, names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from agent.language.meanings import Condition, Way, read_test, read_way, reversed_way
from agent.language.turns import LOADER


@dataclass(frozen=True)
class Idioms:
    """What `idioms/<pack>.yml` says. Empty where there is no such file: a schema alone does, less well."""

    wordings: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = field(
        default_factory=dict
    )  # section -> name -> fr, en
    roles: Mapping[str, tuple[str, Way]] = field(default_factory=dict)  # role -> kind, way
    predicates: Mapping[str, Mapping[str, Condition]] = field(default_factory=dict)  # predicate -> kind -> condition
    measures: Mapping[str, Mapping[str, tuple[str, str, str]]] = field(default_factory=dict)  # kind -> from, to, unit
    times: Mapping[str, str] = field(default_factory=dict)
    default_kinds: Mapping[str, str] = field(
        default_factory=dict
    )  # attribute -> kind that its values alone are said of
    installed_on: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # kind -> beginnings of products that it runs
    shorthand: tuple[tuple[re.Pattern[str], str], ...] = ()  # what people write -> how it is read
    ahead: Mapping[str, str] = field(default_factory=dict)
    future_attributes: frozenset[str] = frozenset()
    coming: frozenset[str] = frozenset()  # verbs that such a date is said by, of which it is to be told until when
    adjectives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ways: tuple[Way, ...] = ()
    units: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    nameable: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    products: Mapping[str, str] = field(default_factory=dict)
    desirable: frozenset[str] = frozenset()  # attributes of which less is worse
    implied: Mapping[str, str] = field(default_factory=dict)  # attribute that says a need -> kind that is needed
    impact: tuple[str, ...] = ()  # relations against which a failure spreads
    simulated: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)  # of a summary -> fr, en
    value_attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)  # kind -> texts that questions name


def _texts(said: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(str(text) for text in texts) for key, texts in said.items() if isinstance(texts, list)}


@lru_cache(maxsize=4)
def load_idioms(pack: str) -> Idioms:
    """Read once the idioms of a pack."""
    file = resources.files("agent.language").joinpath("idioms", f"{pack}.yml")
    if not file.is_file():
        return Idioms()
    data: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader=LOADER)
    predicates = {
        name: {
            kind: Condition(
                read_way(one["hops"]).steps if one.get("hops") else (),
                tuple(read_test(test) for test in one["where"]),
                one.get("latest", ""),
            )
            for kind, one in said["of"].items()
        }
        for name, said in data["predicates"].items()
    }
    ways = [read_way(text) for text in data["paths"]]
    return Idioms(
        wordings={
            section: {str(name): _texts(said) for name, said in data[section].items()}
            for section in ("kinds", "roles", "attributes", "values", "relations", "predicates", "measures")
        },
        roles={name: (said["kind"], read_way(said["via"])) for name, said in data["roles"].items()},
        predicates=predicates,
        measures={name: {k: tuple(v) for k, v in said["of"].items()} for name, said in data["measures"].items()},
        times=data["times"],
        default_kinds=data["default_kinds"],
        installed_on=data["installed_on"],
        shorthand=tuple((re.compile(one["said"], re.IGNORECASE), one["read"]) for one in data["shorthand"]),
        ahead=data["ahead"],
        future_attributes=frozenset(data["future_attributes"]),
        coming=frozenset(str(word) for words in data["coming"].values() for word in words),
        adjectives=data["adjectives"],
        ways=(*ways, *map(reversed_way, ways)),
        units={
            unit: {str(word): float(factor) for word, factor in said.items()} for unit, said in data["units"].items()
        },
        nameable=data["nameable"],
        desirable=frozenset(data["desirable"]),
        implied=data["implied"],
        simulated={str(name): _texts(said) for name, said in data["simulated"].items()},
        impact=tuple(data["impact"]["relations"]),
        value_attributes=data["value_attributes"],
        products={str(word): str(name) for word, name in data["products"].items()},
    )
