"""A checked mapping: for each type of record, the nodes and relations that it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.mapping.expressions import Expression


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where the expression's value, as text, is among `values`; without values, where it is present."""

    expression: Expression
    values: frozenset[str] | None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class NodeRule:
    """One node of a record. `kind` may depend on the record; `shared` nodes are told by many records, the first counts."""

    name: str
    kind: Expression
    kinds: tuple[str, ...]
    space: str
    key: Expression | None
    natural: str | None  # the attribute of its natural key, for nodes without a key of the source
    attributes: Mapping[str, Expression]
    condition: Condition | None = None
    shared: bool = False
    spoken: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by kind: attributes that the kind has


@dataclass(frozen=True, slots=True)
class EndRule:
    """One end of a relation: a node of the same record, or a key of another, in a name space or by natural key."""

    node: str | None = None
    space: str = ""
    key: Expression | None = None
    natural: bool = False


@dataclass(frozen=True, slots=True)
class RelationRule:
    """One relation of a record, or one for each item of a list. A relation whose end is absent is not told."""

    type: str
    start: EndRule
    end: EndRule
    attributes: Mapping[str, Expression]
    each: Expression | None = None
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class RecordRule:
    """Everything that records of one type tell."""

    nodes: tuple[NodeRule, ...]
    relations: tuple[RelationRule, ...]


@dataclass(frozen=True, slots=True)
class MappingRules:
    """The mapping of one source. `folded` records give attributes to others; `ignored` ones are left out, and why."""

    source: str
    records: Mapping[str, RecordRule]
    folded: Mapping[str, str]
    ignored: Mapping[str, str]
    digest: bytes
