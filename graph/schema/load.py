"""Loads packs into a checked `Schema`."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from graph.schema.definitions import AttributeDefinition, KindDefinition, PackDefinition, RelationDefinition
from graph.schema.findings import Report
from graph.schema.inheritance import ancestors_of, attributes_of, over_common
from graph.schema.model import (
    Attribute,
    Kind,
    MatchRule,
    PerimeterRule,
    PersonalData,
    Relation,
    Schema,
    Triple,
    Wording,
)
from graph.schema.read import read_pack
from graph.schema.shelf import locate
from graph.schema.validate import Definitions, check_definitions, type_of

_NO_WORDING = Wording("", "")


def load_schema(pack: str | Path, *more: str | Path) -> Schema:
    """The schema of a pack, or of several together: each a name under `graph/schema/packs` or a directory.

    Raises NotFoundError where there is no such pack, SchemaError with the first finding (all in its details).
    """
    places = [locate(name) for name in (pack, *more)]
    return _load(tuple((directory, shown, _content(directory)) for directory, shown in places))


def _content(directory: Path) -> str:
    """A digest of what a pack is read from: the same names and bytes are the same schema."""
    digest = blake2b(digest_size=16)
    for path in sorted((*directory.glob("*.yml"), *directory.glob("*.yaml"))):
        digest.update(path.name.encode() + b"\0")
        with suppress(OSError):  # whoever reads it says what is wrong
            content = path.read_bytes()
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _load(places: tuple[tuple[Path, str, str], ...]) -> Schema:
    """Read once for each content: reading took a third of the time of a console command."""
    report = Report()
    packs = [read_pack(directory, shown, report) for directory, shown, _ in places]
    definitions = check_definitions(packs, report)
    report.raise_errors()
    return _build(packs, definitions)


def _build(packs: list[PackDefinition], definitions: Definitions) -> Schema:
    return Schema(
        name="+".join(pack.name for pack in packs),
        version=max(pack.version for pack in packs),
        enums={name: enum.type for name, enum in definitions.enums.items()},
        kinds={name: _kind(kind, definitions) for name, kind in definitions.kinds.items()},
        relations={name: _relation(relation, definitions) for name, relation in definitions.relations.items()},
        meaningless=frozenset(value.casefold() for pack in packs for value in pack.meaningless),
    )


def _kind(kind: KindDefinition, definitions: Definitions) -> Kind:
    inherited = attributes_of(kind.name, definitions.kinds, definitions.common)
    return Kind(
        name=kind.name,
        wording=kind.wording or _NO_WORDING,
        abstract=kind.abstract,
        category=kind.category,
        ancestors=ancestors_of(kind.name, definitions.kinds),
        attributes={name: _attribute(found.definition, found.declared_in) for name, found in inherited.items()},
        identity=kind.identity,
        matching=_matching(kind, definitions),
        public=kind.public,
        bookkeeping=kind.bookkeeping,
        simulated=kind.simulated,
        description=kind.description,
        span=kind.span,
    )


def _matching(kind: KindDefinition, definitions: Definitions) -> tuple[MatchRule, ...]:
    """The kind's own rules, then those of its generics, nearest first."""
    lineage = (kind.name, *ancestors_of(kind.name, definitions.kinds))
    return tuple(
        MatchRule(holder.name, by, holder.matching_on)
        for holder in (definitions.kinds[name] for name in lineage)
        for by in holder.matching
    )


def _relation(relation: RelationDefinition, definitions: Definitions) -> Relation:
    return Relation(
        name=relation.name,
        wording=relation.wording or _NO_WORDING,
        inverse=relation.inverse or _NO_WORDING,
        group=relation.group,
        triples=tuple(Triple(triple.start, relation.name, triple.end) for triple in relation.triples),
        attributes={
            name: _attribute(over_common(attribute, definitions.common), relation.name)
            for name, attribute in relation.attributes.items()
        },
        acyclic=relation.acyclic,
        max_out=relation.max_out,
        max_in=relation.max_in,
        bookkeeping=relation.bookkeeping,
        simulated=relation.simulated,
        perimeter=PerimeterRule(relation.perimeter or PerimeterRule.NONE),
        description=relation.description,
        span=relation.span,
    )


def _attribute(attribute: AttributeDefinition, declared_in: str) -> Attribute:
    return Attribute(
        name=attribute.name,
        type=type_of(attribute),
        wording=attribute.wording or _NO_WORDING,
        enum=attribute.enum,
        unit=attribute.unit,
        required=attribute.required or False,
        unique=attribute.unique or False,
        indexed=attribute.indexed or False,
        personal=PersonalData(attribute.personal or PersonalData.NONE),
        minimum=attribute.minimum,
        maximum=attribute.maximum,
        description=attribute.description or "",
        absent_means=attribute.absent_means,
        declared_in=declared_in,
        span=attribute.span,
    )
