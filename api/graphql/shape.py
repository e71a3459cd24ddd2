"""The schema as GraphQL sees it: which fields a type has, what they mean in the graph, and where they lead.

A relation is one field name throughout: the relation in camel case where it goes out (`runsOn`), its inverse wording
where it comes in (`hosts`), `...Inverse` where that wording is missing or taken. A field leads to the least kind that
covers every kind it may reach, and to the same type on a generic and on all that inherit it, as GraphQL demands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from graphql import GraphQLSchema

from api.graphql.names import camel, plural
from api.graphql.walks import Walks
from core.errors import SchemaError
from graph.cypher.ast import Direction
from graph.schema.model import Relation, Schema, ValueType

NODE = "Node"
"""The interface of everything: what a field leads to where no kind covers all that it may reach."""
HIDDEN = "HiddenElement"
"""What stands on a path for an element that its asker may not see."""

DIRECTIONS = (Direction.OUT, Direction.IN)


@dataclass(frozen=True, slots=True)
class RelationField:
    """A field that follows a relation. `far` is a kind, or `NODE`."""

    name: str
    relation: Relation
    direction: Direction
    far: str

    @property
    def wording(self) -> str:
        """How people read the field."""
        return (self.relation.wording if self.direction is Direction.OUT else self.relation.inverse).en


class Shape:
    """What GraphQL types are made of, for one schema. Raises SchemaError where two names fall together."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.built: dict[bool, GraphQLSchema] = {}  # of it, by whether the twin only answers
        self.kinds = tuple(name for name in schema.kinds if schema.descendants[name])
        self.attributes = _camel_names(schema.node_attributes, "attributes of kinds")
        self.relation_attributes = _camel_names(schema.relation_attributes, "attributes of relations")
        self._covered = {kind: frozenset(kinds) for kind, kinds in schema.descendants.items()}
        self._covered[NODE] = frozenset(schema.concrete)
        self.relation_names = self._name_relations()
        self._fields = self._place_relations()

    @cached_property
    def roots(self) -> Mapping[str, str]:
        """Root field to kind."""
        found: dict[str, str] = {}
        for kind in self.kinds:
            name = plural(kind)
            found[name if name not in found else f"{name}Of{kind}"] = kind
        return found

    @cached_property
    def value_types(self) -> Mapping[str, ValueType]:
        """Attribute to type, `id` among them."""
        return {**self.schema.node_attributes, "id": ValueType.STRING}

    @cached_property
    def walks(self) -> Walks:
        """The walks along dependencies, of the root and of kinds."""
        return Walks(self)

    def covered(self, type_name: str) -> frozenset[str]:
        """The concrete kinds that a GraphQL type covers."""
        return self._covered[type_name]

    def relation_fields(self, kind: str) -> Mapping[str, RelationField]:
        """The relation fields of a kind, by name."""
        return self._fields.get(kind, {})

    def attributes_of(self, kinds: frozenset[str]) -> frozenset[str]:
        """The attributes that any of these concrete kinds has."""
        return frozenset(name for kind in kinds for name in self.schema.kinds[kind].attributes)

    def leads_to(self, kinds: frozenset[str], field: RelationField) -> frozenset[str]:
        """The concrete kinds at the other end of a relation from any of these."""
        ends = self._ends_of[field.relation.name, field.direction]
        return frozenset(far for kind in kinds for far in ends.get(kind, ()))

    @cached_property
    def _ends_of(self) -> Mapping[tuple[str, Direction], Mapping[str, set[str]]]:
        return {(name, way): self._ends(name, way) for name in self.schema.relations for way in DIRECTIONS}

    def cover(self, kinds: Iterable[str]) -> str:
        """The least kind that covers all of these, or `NODE`."""
        wanted = set(kinds)
        fitting = [name for name in self.kinds if wanted <= self._covered[name]]
        return min(fitting, key=lambda name: len(self._covered[name]), default=NODE)

    def _name_relations(self) -> dict[tuple[str, Direction], str]:
        taken = {"id", *self.attributes}
        names: dict[tuple[str, Direction], str] = {}
        for relation in self.schema.relations:
            name = camel(relation)
            names[relation, Direction.OUT] = name if name not in taken else f"{name}Relation"
        taken.update(names.values())
        wordings = {r.name: camel(r.inverse.en) for r in self.schema.relations.values()}
        uses = Counter(wordings.values())
        for relation, name in wordings.items():
            free = bool(name) and name not in taken and uses[name] == 1 and not name[0].isdigit()
            names[relation, Direction.IN] = name if free else f"{camel(relation)}Inverse"
        return names

    def _place_relations(self) -> dict[str, dict[str, RelationField]]:
        placed: dict[str, dict[str, RelationField]] = {kind: {} for kind in self.kinds}
        for direction in DIRECTIONS:
            for relation in self.schema.relations.values():
                ends = self._ends(relation.name, direction)
                for family in self._families(ends):
                    reached = {far for kind in family for one in self.schema.descendants[kind] for far in ends[one]}
                    field = RelationField(
                        self.relation_names[relation.name, direction], relation, direction, self.cover(reached)
                    )
                    for kind in family:
                        placed[kind][field.name] = field
        return placed

    def _ends(self, relation: str, direction: Direction) -> dict[str, set[str]]:
        """Concrete kind to the concrete kinds that the relation leads to from there."""
        ends: dict[str, set[str]] = {}
        for start, end in sorted(self.schema.pairs[relation]):
            near, far = (start, end) if direction is Direction.OUT else (end, start)
            ends.setdefault(near, set()).add(far)
        return ends

    def _families(self, ends: Mapping[str, set[str]]) -> list[list[str]]:
        """The kinds that have the field, grouped by inheritance; a generic has it where all it covers have it."""
        holders = [kind for kind in self.kinds if all(one in ends for one in self.schema.descendants[kind])]
        family = {kind: {kind} for kind in holders}
        for kind in holders:
            for ancestor in self.schema.kinds[kind].ancestors:
                if ancestor in family and family[ancestor] is not family[kind]:
                    joined = family[ancestor] | family[kind]
                    family.update(dict.fromkeys(joined, joined))
        distinct = {id(members): members for members in family.values()}
        return [[kind for kind in holders if kind in members] for members in distinct.values()]


def _camel_names(attributes: Iterable[str], where: str) -> dict[str, str]:
    """Field name to attribute name."""
    found: dict[str, str] = {}
    for attribute in attributes:
        name = camel(attribute)
        if found.setdefault(name, attribute) != attribute:
            raise SchemaError(
                f"{found[name]!r} and {attribute!r} are both {name!r} in GraphQL",
                where=where,
                hint="rename one of them",
            )
    return found
