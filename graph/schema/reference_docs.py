"""Renders the reference page of a schema in Markdown, from the schema alone. A test fails where the committed page differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graph.schema.model import Attribute, EnumType, Kind, PerimeterRule, PersonalData, Relation, Schema, Wording

_CATEGORIES = {
    "generics": "Generics",
    "configuration_items": "Configuration items",
    "reference": "Reference",
    "organisation": "Organisation",
    "operations": "Operations",
    "simulation": "Simulation",
    "bookkeeping": "Bookkeeping",
}


def render_reference(schema: Schema) -> str:
    """The reference page: kinds with their attributes, relations with their triples, enums with their values."""
    return "\n".join([*_head(schema), *_kinds(schema), *_relations(schema), *_enums(schema)]).rstrip() + "\n"


def _head(schema: Schema) -> Iterator[str]:
    yield f"# Schema `{schema.name}`, version {schema.version}"
    yield ""
    yield "Generated from the pack by `make docs`; edit the pack, not this page."
    yield ""
    yield (
        f"{len(schema.concrete)} kinds, {len(schema.kinds) - len(schema.concrete)} generics, "
        f"{len(schema.relations)} relations, {len(schema.enums)} enums. Every element has an `id` (a UUID). "
        "An attribute name has one type throughout. `money` is an integer in minor units, `instant` is UTC at "
        "microseconds, `date` a calendar date. A word in *italics* is a synonym."
    )
    yield ""
    yield "Flags: **required**, *unique*, `indexed`, and the class of personal data where there is one."
    yield ""


def _kinds(schema: Schema) -> Iterator[str]:
    categories = dict.fromkeys(kind.category for kind in schema.kinds.values())
    for category in categories:
        yield f"## {_CATEGORIES.get(category, category.replace('_', ' ').capitalize())}"
        yield ""
        for kind in schema.kinds.values():
            if kind.category == category:
                yield from _kind(kind, schema)


def _kind(kind: Kind, schema: Schema) -> Iterator[str]:
    yield f"### {kind.name}"
    yield ""
    yield _wording(kind.wording)
    yield ""
    facts = [
        f"Is a {', '.join(f'`{name}`' for name in kind.ancestors)}." if kind.ancestors else "",
        f"Identified by {' or '.join(' and '.join(f'`{n}`' for n in key) for key in kind.identity)}."
        if kind.identity
        else "",
        _matched(kind),
        "Public: visible whatever the perimeter." if kind.public else "",
        "Bookkeeping: kept out of checksums." if kind.bookkeeping else "",
        "Simulated: seen by queries that name it only." if kind.simulated else "",
    ]
    text = " ".join(part for part in (kind.description, *facts) if part)
    if text:
        yield text
        yield ""
    own = [a for a in kind.attributes.values() if a.declared_in == kind.name or _is_refined(a, kind, schema)]
    yield from _attributes(own)


def _matched(kind: Kind) -> str:
    """By what rows of other sources are matched, from the most to the least telling."""
    if not kind.matching:
        return ""
    rules = [
        " and ".join(f"`{n}`" for n in rule.by) + (f" on one `{rule.on}`" if rule.on else "") for rule in kind.matching
    ]
    return f"Matched across sources by {', then '.join(rules)}."


def _is_refined(attribute: Attribute, kind: Kind, schema: Schema) -> bool:
    """Whether the kind says something of its own of an attribute that it inherits."""
    inherited = [schema.kinds[name].attributes.get(attribute.name) for name in kind.ancestors]
    return attribute not in inherited


def _relations(schema: Schema) -> Iterator[str]:
    yield "## Relations"
    yield ""
    for group, names in schema.groups.items():
        yield f"### Group `{group}`"
        yield ""
        for name in names:
            yield from _relation(schema.relations[name])


_PERIMETER = {
    PerimeterRule.NONE: "",
    PerimeterRule.GIVEN: "Perimeter: its start is visible to those who hold the perimeter at its end.",
    PerimeterRule.FROM_END: "Perimeter: a start that is given none has those of the end.",
    PerimeterRule.FROM_START: "Perimeter: an end that is given none has those of the start.",
}


def _relation(relation: Relation) -> Iterator[str]:
    yield f"#### {relation.name}"
    yield ""
    yield f"{_wording(relation.wording)}. Inverse: {_wording(relation.inverse)}."
    yield ""
    facts = [
        relation.description,
        "A cycle is refused." if relation.acyclic else "",
        f"At most {relation.max_out} from a node." if relation.max_out else "",
        f"At most {relation.max_in} to a node." if relation.max_in else "",
        "Bookkeeping: kept out of checksums." if relation.bookkeeping else "",
        "Simulated: followed by queries that name simulated state only." if relation.simulated else "",
        _PERIMETER[relation.perimeter],
    ]
    text = " ".join(part for part in facts if part)
    if text:
        yield text
        yield ""
    for triple in relation.triples:
        yield f"- `({triple.start})-[{triple.relation}]->({triple.end})`"
    yield ""
    yield from _attributes(relation.attributes.values())


def _enums(schema: Schema) -> Iterator[str]:
    yield "## Enums"
    yield ""
    for enum in schema.enums.values():
        yield from _enum(enum)


def _enum(enum: EnumType) -> Iterator[str]:
    yield f"### `{enum.name}`"
    yield ""
    rows = []
    for value in enum.values:
        wording = enum.wording.get(value, Wording("", ""))
        rows.append((f"`{value}`", *_columns(wording)))
    yield from _table(("Value", "English", "French"), rows)


def _attributes(attributes: Iterable[Attribute]) -> Iterator[str]:
    rows = [(f"`{a.name}`", _type(a), _flags(a), *_columns(a.wording), a.description) for a in attributes]
    if rows:
        yield from _table(("Attribute", "Type", "Flags", "English", "French", "Note"), rows)


def _type(attribute: Attribute) -> str:
    shown = f"`{attribute.type.value}`"
    if attribute.enum:
        shown += f" of [`{attribute.enum}`](#{attribute.enum})"
    if attribute.unit:
        shown += f", {attribute.unit}"
    if attribute.minimum is not None or attribute.maximum is not None:
        low = "" if attribute.minimum is None else f"{attribute.minimum:g}"
        high = "" if attribute.maximum is None else f"{attribute.maximum:g}"
        shown += f", {low}..{high}"
    if attribute.absent_means is not None:
        shown += f", `{attribute.absent_means}` where absent"
    return shown


def _flags(attribute: Attribute) -> str:
    flags = (
        "**required**" if attribute.required else "",
        "*unique*" if attribute.unique else "",
        "`indexed`" if attribute.indexed else "",
        attribute.personal.value if attribute.personal is not PersonalData.NONE else "",
    )
    return ", ".join(flag for flag in flags if flag)


def _wording(wording: Wording) -> str:
    return " / ".join(_columns(wording))


def _columns(wording: Wording) -> tuple[str, str]:
    return _with_synonyms(wording.en, wording.synonyms_en), _with_synonyms(wording.fr, wording.synonyms_fr)


def _with_synonyms(label: str, synonyms: Sequence[str]) -> str:
    return f"{label} (*{', '.join(synonyms)}*)" if synonyms else label


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""
