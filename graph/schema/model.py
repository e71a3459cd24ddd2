"""The schema in memory: kinds, attributes, relations, enums, with everything that other rooms derive from it.

Frozen values, built once by `graph.schema.load`. Generics (abstract kinds) are inherited; one node has one concrete kind.
An attribute name has one type throughout a schema, so that a backend may keep all kinds in one table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class ValueType(StrEnum):
    """Types of attribute values. `money` is integer minor units; `instant` is UTC at microseconds; `date` a calendar date."""

    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    MONEY = "money"
    STRING_LIST = "string_list"


class PersonalData(StrEnum):
    """Class of personal data: none, a pseudonym, or data that identifies a person."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    IDENTIFYING = "identifying"


@dataclass(frozen=True, slots=True)
class Wording:
    """What people call a thing: a label and synonyms, in English and in French. `feminine`: the French label is."""

    en: str
    fr: str
    synonyms_en: tuple[str, ...] = ()
    synonyms_fr: tuple[str, ...] = ()
    feminine: bool = False


@dataclass(frozen=True, slots=True)
class SourceSpan:
    """Where a definition stands: file and 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class EnumType:
    """A closed list of string values, ordered as declared."""

    name: str
    values: tuple[str, ...]
    wording: Mapping[str, Wording] = field(default_factory=dict)  # value -> wording


@dataclass(frozen=True, slots=True)
class Attribute:
    """A typed attribute of a kind or of a relation. `unit` is for people (GB, minutes, EUR cents)."""

    name: str
    type: ValueType
    wording: Wording
    enum: str | None = None
    unit: str | None = None
    required: bool = False
    unique: bool = False
    indexed: bool = False
    personal: PersonalData = PersonalData.NONE
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""
    absent_means: str | None = None  # of a relation: the value that is read where none is kept
    declared_in: str = ""  # the kind or generic that declares it
    span: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class MatchRule:
    """Tells that elements of several sources are one: those of kinds below `family` with equal values of `by`.

    With `on`, only where both also have a relation of that type to the same element.
    """

    family: str
    by: tuple[str, ...]
    on: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A node kind. `ancestors` are its generics, nearest first; `attributes` include inherited ones, in declaration order."""

    name: str
    wording: Wording
    abstract: bool
    category: str  # configuration_items, reference, organisation, operations, simulation, bookkeeping, generics
    ancestors: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    identity: tuple[tuple[str, ...], ...] = ()  # natural keys: each a tuple of attributes that identify across sources
    matching: tuple[MatchRule, ...] = ()  # from the most to the least telling
    public: bool = False
    bookkeeping: bool = False
    simulated: bool = False  # state of a simulation run: seen by those who name it only
    description: str = ""
    span: SourceSpan | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The concrete kind, then its ancestors in order: what `labels()` answers."""
        return (self.name, *self.ancestors)


@dataclass(frozen=True, slots=True)
class Triple:
    """An allowed (kind, relation, kind); either end may be a generic."""

    start: str
    relation: str
    end: str


class PerimeterRule(StrEnum):
    """What a relation has to do with who may see its ends (graph.history.perimeters).

    `given`: it leads to the perimeter that its start is in. `from_end`: a start that is given none has the perimeters of
    the end. `from_start`: the other way round.
    """

    NONE = ""
    GIVEN = "given"
    FROM_END = "from_end"
    FROM_START = "from_start"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation type. `group` is dependency, redundancy, structure ... ; `acyclic` relations are containment: a cycle is refused.

    `max_out`/`max_in` bound how many relations of this type a node may have (None: any number).
    """

    name: str
    wording: Wording
    inverse: Wording
    group: str
    triples: tuple[Triple, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    acyclic: bool = False
    max_out: int | None = None
    max_in: int | None = None
    bookkeeping: bool = False
    simulated: bool = False
    perimeter: PerimeterRule = PerimeterRule.NONE
    description: str = ""
    span: SourceSpan | None = None


@dataclass(frozen=True)
class Schema:
    """A complete, checked schema: one or more packs together."""

    name: str
    version: int
    enums: Mapping[str, EnumType]
    kinds: Mapping[str, Kind]  # abstract and concrete, in declaration order
    relations: Mapping[str, Relation]
    meaningless: frozenset[str] = (
        frozenset()
    )  # values, case-folded, that stand for none in the serial numbers of sources

    @cached_property
    def concrete(self) -> tuple[str, ...]:
        """Names of the kinds that a node may have."""
        return tuple(kind.name for kind in self.kinds.values() if not kind.abstract)

    @cached_property
    def descendants(self) -> Mapping[str, tuple[str, ...]]:
        """For each kind, the concrete kinds that it covers (itself, when concrete)."""
        covered: dict[str, list[str]] = {name: [] for name in self.kinds}
        for name in self.concrete:
            for label in self.kinds[name].labels:
                covered[label].append(name)
        return {name: tuple(kinds) for name, kinds in covered.items()}

    @cached_property
    def pairs(self) -> Mapping[str, frozenset[tuple[str, str]]]:
        """For each relation, the allowed pairs of concrete kinds."""
        return {
            relation.name: frozenset(
                (start, end)
                for triple in relation.triples
                for start in self.descendants[triple.start]
                for end in self.descendants[triple.end]
            )
            for relation in self.relations.values()
        }

    @cached_property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """For each group of relations (dependency, structure ...), its relation types."""
        found: dict[str, list[str]] = {}
        for relation in self.relations.values():
            found.setdefault(relation.group, []).append(relation.name)
        return {group: tuple(names) for group, names in found.items()}

    @cached_property
    def node_attributes(self) -> Mapping[str, ValueType]:
        """Every attribute name of any kind, with its one type."""
        return {a.name: a.type for kind in self.kinds.values() for a in kind.attributes.values()}

    @cached_property
    def relation_attributes(self) -> Mapping[str, ValueType]:
        """Every attribute name of any relation, with its one type."""
        return {a.name: a.type for relation in self.relations.values() for a in relation.attributes.values()}

    @cached_property
    def bookkeeping_kinds(self) -> frozenset[str]:
        """Concrete kinds that stay out of checksums."""
        return frozenset(name for name in self.concrete if self.kinds[name].bookkeeping)

    @cached_property
    def simulated_kinds(self) -> frozenset[str]:
        """Concrete kinds of simulated state, which a query does not see unless it names one."""
        return frozenset(name for name in self.concrete if self.kinds[name].simulated)

    @cached_property
    def simulated_relations(self) -> frozenset[str]:
        """Relation types of simulated state."""
        return frozenset(r.name for r in self.relations.values() if r.simulated)

    @cached_property
    def perimeter_rules(self) -> Mapping[str, PerimeterRule]:
        """The relation types that give or pass on perimeters."""
        return {r.name: r.perimeter for r in self.relations.values() if r.perimeter}

    @cached_property
    def public_kinds(self) -> frozenset[str]:
        """Concrete kinds that everyone sees."""
        return frozenset(name for name in self.concrete if self.kinds[name].public)

    @cached_property
    def bookkeeping_relations(self) -> frozenset[str]:
        """Relation types that stay out of checksums."""
        return frozenset(r.name for r in self.relations.values() if r.bookkeeping)

    def concrete_kinds(self) -> Iterator[Kind]:
        """The kinds that a node may have, in declaration order."""
        return (self.kinds[name] for name in self.concrete)
