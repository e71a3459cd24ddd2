"""A schema for a graph that nobody described: kinds from labels, wordings from the way names are written, lists of values
from what properties hold.

A label that never stands without another one is a kind of that other (`Knight` of `Person`). A property that holds few
texts is a list of values. One name has one type throughout, the widest that it has anywhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from agent.evaluation.open_graph import OpenGraph, OpenSchema
from graph.schema.model import Attribute, EnumType, Kind, Relation, Schema, Triple, ValueType, Wording

FEWEST_REPEATS: Final = 3
"""A list of values: each is held by that many nodes on average, at least."""
MOST_VALUES: Final = 60
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TYPES: Final = {
    "string": ValueType.STRING,
    "integer": ValueType.INTEGER,
    "float": ValueType.FLOAT,
    "boolean": ValueType.BOOLEAN,
    "date": ValueType.DATE,
    "datetime": ValueType.INSTANT,
    "list": ValueType.STRING_LIST,
}


def derive(graph: OpenGraph, name: str = "derived") -> Schema:
    """The schema of an open graph."""
    labels = _labels(graph.schema)
    above = _ancestors(graph.schema, labels)
    types = _types(graph.schema)
    enums = _enums(graph, types)
    held = _properties(graph.schema, labels)
    return Schema(
        name=name,
        version=1,
        enums={enum.name: enum for enum in enums.values()},
        kinds={
            label: Kind(
                name=label,
                wording=wording(label, plural=True),
                abstract=False,
                category="configuration_items",
                ancestors=above[label],
                attributes={a: _attribute(a, types[a], enums) for a in held[label]},
            )
            for label in labels
        },
        relations=_relations(graph.schema, above, enums),
    )


def wording(name: str, *, plural: bool = False) -> Wording:
    """What people call a thing whose name in the graph is known: its words, its name as written, its plural."""
    words = " ".join(part.lower() for part in _WORDS.findall(name)) or name.lower()
    before, _, last = words.rpartition(" ")
    irregular = [f"{before} {_IRREGULAR[last]}".strip()] if last in _IRREGULAR else []
    others = [name, *([_plural(words), *irregular] if plural else [])]
    synonyms = tuple(dict.fromkeys(text for text in others if text != words))
    return Wording(en=words, fr=words, synonyms_en=synonyms, synonyms_fr=synonyms)


_IRREGULAR: Final = {
    "person": "people", "man": "men", "woman": "women", "child": "children", "foot": "feet", "tooth": "teeth", "goose": "geese",
    "mouse": "mice", "datum": "data", "index": "indices", "vertex": "vertices", "axis": "axes", "analysis": "analyses",
    "basis": "bases", "crisis": "crises", "thesis": "theses", "criterion": "criteria", "phenomenon": "phenomena",
}  # fmt: skip
"""Plurals that no rule makes, beside those that one does."""


def _plural(words: str) -> str:
    if words.endswith(("s", "x", "ch", "sh")):
        return f"{words}es"
    return f"{words[:-1]}ies" if re.search(r"[^aeiou]y$", words) else f"{words}s"


def _labels(schema: OpenSchema) -> list[str]:
    """Labels that can be kinds, in the order in which they are told."""
    found = dict.fromkeys(label for combination in schema.labels for label in combination.split(":"))
    return [label for label in found if _IDENTIFIER.fullmatch(label)]


def _ancestors(schema: OpenSchema, labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each label, those without which it never stands; of two that always stand together, the first is above."""
    combinations = [frozenset(combination.split(":")) for combination in schema.labels]
    order = {label: place for place, label in enumerate(labels)}
    beside = {label: frozenset.intersection(*(c for c in combinations if label in c)) - {label} for label in order}
    above = {
        label: [o for o in others if o in order and (label not in beside[o] or order[o] < order[label])]
        for label, others in beside.items()
    }
    return {label: tuple(sorted(found, key=lambda o: (-len(above[o]), order[o]))) for label, found in above.items()}


def _types(schema: OpenSchema) -> dict[str, ValueType]:
    found: dict[str, set[ValueType]] = defaultdict(set)
    for properties in (*schema.labels.values(), *schema.relationship_properties.values()):
        for name, type_ in properties.items():
            if _IDENTIFIER.fullmatch(name):
                found[name].add(_TYPES.get(type_, ValueType.STRING))
    return {name: _widest(types) for name, types in found.items()}


def _widest(types: set[ValueType]) -> ValueType:
    if len(types) == 1:
        return next(iter(types))
    return ValueType.FLOAT if types == {ValueType.INTEGER, ValueType.FLOAT} else ValueType.STRING


def _properties(schema: OpenSchema, labels: Iterable[str]) -> dict[str, list[str]]:
    """The properties of each label, whatever stands beside it."""
    held: dict[str, dict[str, None]] = {label: {} for label in labels}
    for combination, properties in schema.labels.items():
        for label in combination.split(":"):
            if label in held:
                held[label].update(dict.fromkeys(name for name in properties if _IDENTIFIER.fullmatch(name)))
    return {label: list(names) for label, names in held.items()}


def _enums(graph: OpenGraph, types: Mapping[str, ValueType]) -> dict[str, EnumType]:
    """Lists of values, by attribute."""
    values: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    held = [n.properties for n in graph.store.nodes.values()] + [e.properties for e in graph.store.edges.values()]
    for properties in held:
        for name, value in properties.items():
            if isinstance(value, str) and types.get(name) is ValueType.STRING:
                values[name][value] += 1
    return {
        name: EnumType(name, tuple(sorted(found)), {value: Wording(value, value) for value in found})
        for name, found in values.items()
        if len(found) <= MOST_VALUES and sum(found.values()) >= FEWEST_REPEATS * len(found) and name != "name"
    }


def _attribute(name: str, type_: ValueType, enums: Mapping[str, EnumType]) -> Attribute:
    return Attribute(name, type_, wording(name), enum=name if name in enums else None)


def _relations(
    schema: OpenSchema, above: Mapping[str, tuple[str, ...]], enums: Mapping[str, EnumType]
) -> dict[str, Relation]:
    triples: dict[str, dict[Triple, None]] = defaultdict(dict)
    for told in schema.relationships:
        for start in _roots(told.start, above):
            for end in _roots(told.end, above):
                triples[told.type][Triple(start, told.type, end)] = None
    types = _types(schema)
    return {
        name: Relation(
            name=name,
            wording=wording(name),
            inverse=wording(name),
            group="structure",
            triples=tuple(ends),
            attributes={
                a: _attribute(a, types[a], enums) for a in schema.relationship_properties.get(name, {}) if a in types
            },
        )
        for name, ends in triples.items()
    }


def _roots(combination: str, above: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The labels of a combination that are no kind of another one of it."""
    labels = [label for label in combination.split(":") if label in above]
    return [label for label in labels if not set(above[label]) & set(labels)]
