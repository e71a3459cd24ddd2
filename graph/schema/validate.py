"""Checks of a pack across its definitions: unknown names, cycles, conflicts of types, words that a backend reserves.

Every check is one function over the definitions; it notes findings and goes on, so that one run tells all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graph.schema import vocabulary as words
from graph.schema.definitions import (
    AttributeDefinition,
    EnumDefinition,
    KindDefinition,
    PackDefinition,
    RelationDefinition,
)
from graph.schema.fields import did_you_mean
from graph.schema.findings import Finding, Report
from graph.schema.inheritance import attributes_of, over_common
from graph.schema.model import SourceSpan, ValueType
from graph.schema.read import read_pack
from graph.schema.shelf import locate


@dataclass(frozen=True, slots=True)
class Definitions:
    """The definitions of one or more packs together, by name; of two with one name the first counts."""

    enums: Mapping[str, EnumDefinition]
    common: Mapping[str, AttributeDefinition]
    kinds: Mapping[str, KindDefinition]
    relations: Mapping[str, RelationDefinition]


def check_pack(pack: str | Path, *more: str | Path) -> list[Finding]:
    """Every flaw of a pack (or of packs together), errors first, by file and line.

    `pack` is a name under `graph/schema/packs` or a directory. Raises NotFoundError where there is none.
    """
    report = Report()
    located = [locate(name) for name in (pack, *more)]
    check_definitions([read_pack(directory, shown, report) for directory, shown in located], report)
    return sorted(report.findings, key=lambda f: (f.severity.value, f.file, f.line, f.code))


def check_definitions(packs: Iterable[PackDefinition], report: Report) -> Definitions:
    """Note every flaw across the definitions of packs; answers them merged."""
    definitions = _merge(list(packs), report)
    sound = _check_parents(definitions, report)
    _check_attributes(definitions, sound, report)
    _check_identities(definitions, sound, report)
    _check_matching(definitions, sound, report)
    _check_relations(definitions, report)
    _check_use(definitions, report)
    _check_reserved(definitions, report)
    _check_labels(definitions, report)
    return definitions


def _merge(packs: list[PackDefinition], report: Report) -> Definitions:
    enums: dict[str, EnumDefinition] = {}
    common: dict[str, AttributeDefinition] = {}
    kinds: dict[str, KindDefinition] = {}
    relations: dict[str, RelationDefinition] = {}
    for pack in packs:
        for enum in pack.enums:
            if _is_new(enum.type.name, enum.span, {n: e.span for n, e in enums.items()}, "ENUM", report):
                enums[enum.type.name] = enum
        for attribute in pack.attributes:
            if _is_new(attribute.name, attribute.span, {n: a.span for n, a in common.items()}, "ATTRIBUTE", report):
                common[attribute.name] = attribute
        for kind in pack.kinds:
            if _is_new(kind.name, kind.span, {n: k.span for n, k in kinds.items()}, "KIND", report):
                kinds[kind.name] = kind
        for relation in pack.relations:
            if _is_new(relation.name, relation.span, {n: r.span for n, r in relations.items()}, "RELATION", report):
                relations[relation.name] = relation
    return Definitions(enums, common, kinds, relations)


def _is_new(name: str, span: SourceSpan, known: Mapping[str, SourceSpan], what: str, report: Report) -> bool:
    if name not in known:
        return True
    seen = f"{what.lower()} `{name}` is defined twice, first at {known[name]}"
    report.error(span, f"DUPLICATE_{what}", seen, "keep one of the two, or rename one")
    return False


def _check_parents(definitions: Definitions, report: Report) -> frozenset[str]:
    """The kinds whose line of generics is known and free of cycles."""
    kinds = definitions.kinds
    generics = [kind.name for kind in kinds.values() if kind.abstract]
    broken: set[str] = set()
    for kind in kinds.values():
        for parent in kind.parents:
            if parent not in kinds:
                seen = f"`{kind.name}` is a `{parent}`, which is not defined"
                report.error(kind.span, "UNKNOWN_GENERIC", seen, did_you_mean(parent, generics))
                broken.add(kind.name)
            elif not kinds[parent].abstract:
                seen = f"`{kind.name}` is a `{parent}`, which is no generic"
                report.error(kind.span, "NOT_A_GENERIC", seen, f"move `{parent}` to {words.GENERICS_FILE}")
                broken.add(kind.name)
    for kind in kinds.values():
        cycle = _cycle_from(kind.name, kinds)
        if cycle:
            broken.update(cycle)
            if kind.name == min(cycle):
                seen = "generics in a circle: " + " is ".join((*cycle, cycle[0]))
                report.error(kind.span, "GENERIC_CYCLE", seen, "remove one `is:` of the circle")
    sound: dict[str, bool] = {}

    def is_sound(name: str) -> bool:
        if name not in sound:
            sound[name] = name not in broken and all(is_sound(parent) for parent in kinds[name].parents)
        return sound[name]

    return frozenset(name for name in kinds if is_sound(name))


def _cycle_from(name: str, kinds: Mapping[str, KindDefinition]) -> tuple[str, ...]:
    """The names of a circle of generics through this one, or nothing."""
    trail: list[tuple[str, ...]] = [(name,)]
    visited: set[str] = set()
    while trail:
        path = trail.pop()
        for parent in kinds[path[-1]].parents:
            if parent == name:
                return path
            if parent in kinds and parent not in visited:
                visited.add(parent)
                trail.append((*path, parent))
    return ()


def _check_attributes(definitions: Definitions, sound: frozenset[str], report: Report) -> None:
    types: dict[str, tuple[ValueType, SourceSpan]] = {}
    for name, attribute in definitions.common.items():
        _check_one_type(types, attribute, name, report)
        _check_enum_and_bounds(attribute, definitions.enums, report)
    for kind in definitions.kinds.values():
        if kind.name in sound:
            resolved = attributes_of(kind.name, definitions.kinds, definitions.common)
            for name, attribute in kind.attributes.items():
                _check_attribute(resolved[name].definition, kind.name, types, definitions.enums, report)
                if resolved[name].definition.absent_means is not None:
                    seen = f"`{kind.name}.{name}` says what absence means"
                    report.error(
                        attribute.span, "BAD_ABSENCE", seen, "only attributes of relations do: write the value"
                    )
    for relation in definitions.relations.values():
        for attribute in relation.attributes.values():
            complete = over_common(attribute, definitions.common)
            _check_attribute(complete, relation.name, types, definitions.enums, report)


def _check_attribute(
    attribute: AttributeDefinition,
    holder: str,
    types: dict[str, tuple[ValueType, SourceSpan]],
    enums: Mapping[str, EnumDefinition],
    report: Report,
) -> None:
    shown = f"`{holder}.{attribute.name}`"
    if attribute.name in words.RESERVED_ATTRIBUTES or attribute.name.startswith("_"):
        hint = "every element has an `id` already; names that start with `_` belong to the stores"
        report.error(attribute.span, "RESERVED_NAME", f"{shown} takes a reserved name", hint)
    if attribute.type is None and attribute.enum is None:
        seen = f"{shown} has no type"
        report.error(attribute.span, "MISSING_TYPE", seen, "add `type:`, one of " + ", ".join(words.TYPES))
    if attribute.wording is None:
        report.error(attribute.span, "MISSING_LABEL", f"{shown} has no label", "add `label: {en: ..., fr: ...}`")
    _check_one_type(types, attribute, f"{holder}.{attribute.name}", report)
    _check_enum_and_bounds(attribute, enums, report)


def _check_one_type(
    types: dict[str, tuple[ValueType, SourceSpan]], attribute: AttributeDefinition, shown: str, report: Report
) -> None:
    type_ = type_of(attribute)
    known, place = types.setdefault(attribute.name, (type_, attribute.span))
    if known is not type_:
        seen = f"`{shown}` is {type_.value}, but {known.value} at {place}"
        hint = "an attribute name has one type in the whole schema: choose another name, or the same type"
        report.error(attribute.span, "TYPE_CONFLICT", seen, hint)


def type_of(attribute: AttributeDefinition) -> ValueType:
    """The type of an attribute; one that is bound to an enum is a string unless it says otherwise."""
    return ValueType(attribute.type or ValueType.STRING)


def _check_enum_and_bounds(attribute: AttributeDefinition, enums: Mapping[str, EnumDefinition], report: Report) -> None:
    type_ = type_of(attribute)
    if attribute.enum is not None:
        if attribute.enum not in enums:
            seen = f"`{attribute.name}` takes its values from `{attribute.enum}`, which is not defined"
            report.error(attribute.span, "UNKNOWN_ENUM", seen, did_you_mean(attribute.enum, enums))
        if type_ not in (ValueType.STRING, ValueType.STRING_LIST):
            seen = f"`{attribute.name}` is {type_.value} and has an enum"
            report.error(attribute.span, "ENUM_NEEDS_STRING", seen, "make it a string, or remove the enum")
    _check_absence(attribute, enums, report)
    low, high = attribute.minimum, attribute.maximum
    if (low is not None or high is not None) and type_ not in words.NUMERIC_TYPES:
        seen = f"`{attribute.name}` is {type_.value} and has bounds"
        report.error(attribute.span, "BAD_BOUNDS", seen, "remove `min` and `max`, or make it a number")
    if low is not None and high is not None and low > high:
        seen = f"`{attribute.name}` has min {low} above max {high}"
        report.error(attribute.span, "BAD_BOUNDS", seen, "swap them")


def _check_absence(attribute: AttributeDefinition, enums: Mapping[str, EnumDefinition], report: Report) -> None:
    """What absence means is a text, and one of the enum."""
    meant = attribute.absent_means
    if meant is None:
        return
    if type_of(attribute) is not ValueType.STRING:
        seen = f"`{attribute.name}` is {type_of(attribute).value} and says what absence means"
        report.error(attribute.span, "BAD_ABSENCE", seen, "make it a string, or remove `absent_means`")
    enum = enums.get(attribute.enum or "")
    if enum is not None and meant not in enum.type.values:
        seen = f"where `{attribute.name}` is absent it means `{meant}`, which `{attribute.enum}` does not have"
        report.error(attribute.span, "BAD_ABSENCE", seen, did_you_mean(meant, enum.type.values))


def _check_identities(definitions: Definitions, sound: frozenset[str], report: Report) -> None:
    for kind in definitions.kinds.values():
        if kind.name not in sound or not kind.identity:
            continue
        known = attributes_of(kind.name, definitions.kinds, definitions.common)
        for name in (name for key in kind.identity for name in key if name not in known):
            seen = f"`{kind.name}` is identified by `{name}`, which it does not have"
            report.error(kind.span, "IDENTITY_UNKNOWN_ATTRIBUTE", seen, did_you_mean(name, known))


def _check_matching(definitions: Definitions, sound: frozenset[str], report: Report) -> None:
    """What tells elements of several sources to be one: by attributes that the kind has, and never by an address alone."""
    for kind in definitions.kinds.values():
        if kind.name not in sound:
            continue
        known = attributes_of(kind.name, definitions.kinds, definitions.common)
        for name in (name for key in kind.matching for name in key if name not in known):
            seen = f"`{kind.name}` is matched by `{name}`, which it does not have"
            report.error(kind.span, "MATCHING_UNKNOWN_ATTRIBUTE", seen, did_you_mean(name, known))
        for key in kind.matching:
            if words.ADDRESSES.issuperset(key):
                seen = f"`{kind.name}` is matched by {' and '.join(key)} alone"
                hint = "addresses are given anew: add a name to it, or remove it"
                report.error(kind.span, "MATCHING_BY_ADDRESS", seen, hint)
        if kind.matching_on and kind.matching_on not in definitions.relations:
            seen = f"`{kind.name}` is matched on `{kind.matching_on}`, which is no relation"
            hint = did_you_mean(kind.matching_on, definitions.relations)
            report.error(kind.span, "MATCHING_UNKNOWN_RELATION", seen, hint)
        if kind.matching_on and not kind.matching:
            seen = f"`{kind.name}` has `matching_on` and no `matching`"
            report.error(kind.span, "MISSING_KEY", seen, "say by which attributes, such as [[port], [path]]")


def _check_relations(definitions: Definitions, report: Report) -> None:
    kinds = definitions.kinds
    for relation in definitions.relations.values():
        pairs: set[tuple[str, str]] = set()
        for triple in relation.triples:
            for end in dict.fromkeys((triple.start, triple.end)):
                if end not in kinds:
                    seen = f"`{relation.name}` joins `{end}`, which is not defined"
                    report.error(triple.span, "UNKNOWN_KIND", seen, did_you_mean(end, kinds))
                elif kinds[end].bookkeeping and not relation.bookkeeping:
                    seen = f"`{relation.name}` joins the bookkeeping kind `{end}` and is not bookkeeping itself"
                    hint = "add `bookkeeping: true`: an end that stays out of checksums takes its relations with it"
                    report.error(triple.span, "BOOKKEEPING_MIX", seen, hint)
                elif kinds[end].simulated and not relation.simulated:
                    seen = f"`{relation.name}` joins the simulated kind `{end}` and is not simulated itself"
                    hint = "add `simulated: true`: questions about the real estate must not walk into a simulation"
                    report.error(triple.span, "SIMULATED_MIX", seen, hint)
            if (triple.start, triple.end) in pairs:
                seen = f"`{relation.name}` lists `{triple.start} -> {triple.end}` twice"
                report.error(triple.span, "DUPLICATE_TRIPLE", seen, "remove one")
            pairs.add((triple.start, triple.end))


def _holders(definitions: Definitions) -> Iterator[tuple[str, SourceSpan, Mapping[str, AttributeDefinition]]]:
    for kind in definitions.kinds.values():
        yield kind.name, kind.span, kind.attributes
    for relation in definitions.relations.values():
        yield relation.name, relation.span, relation.attributes


def _check_use(definitions: Definitions, report: Report) -> None:
    kinds = definitions.kinds.values()
    attributes = [a for _, _, held in _holders(definitions) for a in held.values()]
    enums = {a.enum for a in (*attributes, *definitions.common.values())}
    names = {a.name for a in attributes}
    parents = {parent for kind in kinds for parent in kind.parents}
    for enum in definitions.enums.values():
        if enum.type.name not in enums:
            report.warn(enum.span, "UNUSED", f"no attribute takes values from `{enum.type.name}`", "bind or remove it")
    for attribute in definitions.common.values():
        if attribute.name not in names:
            report.warn(attribute.span, "UNUSED", f"nothing has the common attribute `{attribute.name}`", "remove it")
    for kind in kinds:
        if kind.abstract and kind.name not in parents:
            report.warn(kind.span, "UNUSED", f"no kind is a `{kind.name}`", "give it kinds, or remove it")


def _check_reserved(definitions: Definitions, report: Report) -> None:
    hint = "choose another name, or the TigerGraph backend will have to rename it"
    for holder, place, held in _holders(definitions):
        for name, span in ((holder, place), *((a.name, a.span) for a in held.values())):
            if name.lower() in words.GSQL_RESERVED:
                report.warn(span, "RESERVED_IN_GSQL", f"`{name}` is a word of GSQL", hint)


def _check_labels(definitions: Definitions, report: Report) -> None:
    """Two kinds of one label cannot be told apart by people nor by the semantic parser."""
    for language in words.LANGUAGES:
        first: dict[str, str] = {}
        for kind in definitions.kinds.values():
            label = getattr(kind.wording, language).casefold() if kind.wording else ""
            holder = first.setdefault(label, kind.name) if label else kind.name
            if holder != kind.name:
                seen = f"`{kind.name}` and `{holder}` are both called `{label}` in language `{language}`"
                report.warn(kind.span, "AMBIGUOUS_LABEL", seen, "give one of them a label of its own")
