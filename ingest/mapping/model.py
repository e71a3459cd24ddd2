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
    known: str = ""  # kinds with | between: `key` is then the name of an element that the twin has


@dataclass(frozen=True, slots=True)
class EndRule:
    """One end of a relation: a node of the same record, a key of another, by name space or natural key, or a name in the twin."""

    node: str | None = None
    space: str = ""
    key: Expression | None = None
    natural: bool = False
    called: bool = False


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
    naming: tuple[RelationRule, ...] = ()  # those of the relations that lead to what the twin has under a name


@dataclass(frozen=True, slots=True)
class Heading:
    """How the tables of one type of record are told apart and read: what each column may be called, folded, in order.

    A table is of the type that has all `needed` columns, each an alternative of names of which one is enough.
    """

    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class MappingRules:
    """The mapping of one source. `folded` records give attributes to others; `ignored` ones are left out, and why."""

    source: str
    records: Mapping[str, RecordRule]
    folded: Mapping[str, str]
    ignored: Mapping[str, str]
    digest: bytes
    headings: Mapping[str, Heading] = field(default_factory=dict)

    @property
    def looks_up(self) -> bool:
        """Whether what a row means depends on what the twin has under some name."""
        return any(rule.naming or any(node.known for node in rule.nodes) for rule in self.records.values())
