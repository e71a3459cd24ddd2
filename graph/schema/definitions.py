"""A pack as written: definitions with their places, before inheritance and before names are resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph.schema.model import EnumType, SourceSpan, Wording


@dataclass(frozen=True, slots=True)
class AttributeDefinition:
    """An attribute as written: None means not said here, so taken from a generic or from the pack's common attributes."""

    name: str
    span: SourceSpan
    type: str | None = None
    wording: Wording | None = None
    enum: str | None = None
    unit: str | None = None
    required: bool | None = None
    unique: bool | None = None
    indexed: bool | None = None
    personal: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    description: str | None = None
    absent_means: str | None = None


@dataclass(frozen=True, slots=True)
class KindDefinition:
    """A kind or a generic as written; `parents` are the generics that `is:` names."""

    name: str
    span: SourceSpan
    abstract: bool
    category: str
    parents: tuple[str, ...] = ()
    wording: Wording | None = None
    description: str = ""
    identity: tuple[tuple[str, ...], ...] = ()
    matching: tuple[tuple[str, ...], ...] = ()
    matching_on: str = ""
    attributes: Mapping[str, AttributeDefinition] = field(default_factory=dict)
    public: bool = False
    bookkeeping: bool = False
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class TripleDefinition:
    """`Start -> End` as written."""

    start: str
    end: str
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class RelationDefinition:
    """A relation type as written."""

    name: str
    span: SourceSpan
    wording: Wording | None = None
    inverse: Wording | None = None
    group: str = ""
    triples: tuple[TripleDefinition, ...] = ()
    attributes: Mapping[str, AttributeDefinition] = field(default_factory=dict)
    acyclic: bool = False
    max_out: int | None = None
    max_in: int | None = None
    bookkeeping: bool = False
    simulated: bool = False
    description: str = ""
    perimeter: str = ""


@dataclass(frozen=True, slots=True)
class EnumDefinition:
    """An enum and its place."""

    type: EnumType
    span: SourceSpan


@dataclass(frozen=True, slots=True)
class PackDefinition:
    """Everything that the files of one pack define, in the order of the files."""

    name: str
    version: int
    enums: tuple[EnumDefinition, ...] = ()
    attributes: tuple[AttributeDefinition, ...] = ()
    kinds: tuple[KindDefinition, ...] = ()
    relations: tuple[RelationDefinition, ...] = ()
    meaningless: tuple[str, ...] = ()
