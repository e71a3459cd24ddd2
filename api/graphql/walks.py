"""Walks along the relations of the pack's group `dependency`: where they lead, and which fields of a kind ask for them.

A walk is a field of the root, which begins at an element by its id, and of every kind from which it may lead anywhere. Where
a relation of the group has the name of a walk already (`dependsOn` of an application), one field is both, and is of one type on
all kinds, so that generics have it too: without a depth it is that relation, with one the walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from api.graphql.errors import PathError
from graph.cypher.ast import Direction

if TYPE_CHECKING:
    from api.graphql.shape import RelationField, Shape
    from graph.schema.model import Relation

GROUP: Final = "dependency"
FARTHEST: Final = 20
"""Relations that a walk has at most, and by default."""
LONGEST: Final = 12
"""Relations that a path has at most by default."""
PATH: Final = "pathTo"
"""The field that gives one path."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A list of what a walk reaches: elements of the concrete kinds `kinds`, which `far` covers, from those of `starts`."""

    name: str
    direction: Direction
    far: str
    kinds: frozenset[str]
    starts: frozenset[str]
    told: str

    @property
    def description(self) -> str:
        """What the root field says of itself."""
        return self.told.format("the element with that id")


@dataclass(frozen=True, slots=True)
class Walk:
    """A closure as it is asked of the elements of a list. `kinds` are the concrete ones that are listed, None for all."""

    name: str
    relations: tuple[str, ...]
    direction: Direction
    depth: int
    far: str
    kinds: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class WalkField:
    """A closure as a field of a kind, which lists elements of `far`.

    `named`: the relation that has its name; `relation`: the field of that relation, on a kind that has it.
    """

    closure: Closure
    far: str
    named: Relation | None = None
    relation: RelationField | None = None

    @property
    def description(self) -> str:
        """What the field says of itself."""
        return self.closure.told.format("this element")


class Walks:
    """The walks of one schema."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self.relations = shape.schema.groups.get(GROUP, ())
        self.closures = self._closures()
        self._fields = {kind: self._of(kind) for kind in shape.kinds}
        ends = frozenset().union(*(closure.starts for closure in self.closures))
        self._has_path = {kind for kind in shape.kinds if shape.covered(kind) <= ends and self._is_free(kind, PATH)}

    @cached_property
    def _items(self) -> str:
        """The least kind that covers whatever depends and is depended on."""
        both = (closure.kinds & closure.starts for closure in self.closures)
        return self._shape.cover(frozenset().union(*both))

    def fields(self, kind: str) -> Mapping[str, WalkField]:
        """The closures that may be asked of a kind, by name."""
        return self._fields.get(kind, {})

    def has_path(self, kind: str) -> bool:
        """Whether a path may be asked for from a kind."""
        return kind in self._has_path

    def reached(self, kinds: frozenset[str], direction: Direction, depth: int) -> frozenset[str]:
        """The concrete kinds that a walk of so many relations may reach from any of these."""
        seen: frozenset[str] = frozenset()
        front, steps = kinds, self._steps[direction]
        for _ in range(depth):
            front = frozenset(far for kind in front for far in steps.get(kind, ())) - seen
            if not front:
                break
            seen |= front
        return seen

    @cached_property
    def _steps(self) -> Mapping[Direction, Mapping[str, set[str]]]:
        """Concrete kind to those one relation of dependency away."""
        steps: dict[Direction, dict[str, set[str]]] = {Direction.OUT: {}, Direction.IN: {}}
        for relation in self.relations:
            for start, end in self._shape.schema.pairs[relation]:
                steps[Direction.OUT].setdefault(start, set()).add(end)
                steps[Direction.IN].setdefault(end, set()).add(start)
        return steps

    def asked(self, field: WalkField, arguments: Mapping[str, Any]) -> Walk | RelationField:
        """What a field of a kind means with these arguments. Raises PathError."""
        if field.named is not None and arguments.get("depth") is None:
            return self._alone(field, arguments)
        closure = field.closure
        listed = listed_kinds(self._shape, closure, arguments) & self._shape.covered(field.far)
        if not listed:
            raise PathError(
                f"none of {', '.join(arguments['kinds'])} is listed here",
                where="kinds",
                hint=f"kinds of {field.far}, or the root field {closure.name}(id:)",
            )
        return Walk(
            closure.name,
            self.relations,
            closure.direction,
            length(arguments.get("depth"), FARTHEST, "depth"),
            field.far,
            None if listed == closure.kinds else listed,
        )

    def _closures(self) -> tuple[Closure, ...]:
        """None where the schema has no relation of dependency."""
        pairs = [pair for relation in self.relations for pair in self._shape.schema.pairs[relation]]
        if not pairs:
            return ()
        ends, starts = frozenset(end for _, end in pairs), frozenset(start for start, _ in pairs)
        depth = f"directly or through others, to `depth` relations ({FARTHEST} at most)"
        return (
            Closure(
                "dependsOn",
                Direction.OUT,
                self._shape.cover(ends),
                ends,
                starts,
                f"What {{}} depends on, {depth}; each element once, itself not among them.",
            ),
            Closure(
                "impactedBy",
                Direction.IN,
                self._shape.cover(starts),
                starts,
                ends,
                f"What depends on {{}}, {depth}: what may stop when it stops. Only relations of dependency "
                "are followed; the catalogue's `downstream_impact` goes on from a service instance to the application that it "
                "realises.",
            ),
        )

    def _alone(self, field: WalkField, arguments: Mapping[str, Any]) -> RelationField:
        """The relation that a field is where no depth is said. Raises PathError."""
        name, hint = field.closure.name, f"say how far with `depth`: 1 to {FARTHEST} relations"
        if field.relation is None:
            raise PathError(f"{name} has no depth, and is no relation of this kind", where="depth", hint=hint)
        if arguments.get("kinds") is not None:
            raise PathError(
                f"{name} has no depth, but kinds: without a depth it is one relation", where="kinds", hint=hint
            )
        return field.relation

    def _of(self, kind: str) -> dict[str, WalkField]:
        found = {}
        for closure in self.closures:
            named = self._named(closure)
            if named is not None:
                if self._shape.covered(kind) <= closure.starts | self._shape.covered(self._items):
                    relation = self._shape.relation_fields(kind).get(closure.name)
                    found[closure.name] = WalkField(closure, self._items, named, relation)
            elif self._shape.covered(kind) <= closure.starts and self._is_free(kind, closure.name):
                found[closure.name] = WalkField(closure, closure.far)
        return found

    def _named(self, closure: Closure) -> Relation | None:
        """The relation of the group whose field has the name of a closure and its direction, where it leads to items."""
        items = self._shape.covered(self._items)
        for (relation, direction), name in self._shape.relation_names.items():
            if name == closure.name and relation in self.relations and direction is closure.direction:
                pairs = self._shape.schema.pairs[relation]
                return (
                    self._shape.schema.relations[relation] if {end for pair in pairs for end in pair} <= items else None
                )
        return None

    def _is_free(self, kind: str, name: str) -> bool:
        """Whether neither an attribute nor a relation of the kind, or of one that inherits it, has that name."""
        family = (kind, *self._shape.covered(kind))
        return name not in self._shape.attributes and not any(name in self._shape.relation_fields(k) for k in family)


def listed_kinds(shape: Shape, closure: Closure, arguments: Mapping[str, Any]) -> frozenset[str]:
    """The concrete kinds that a closure lists with these arguments. Raises PathError where it never reaches any."""
    named: Iterable[str] | None = arguments.get("kinds")
    if named is None:
        return closure.kinds
    kinds = closure.kinds & frozenset(one for kind in named for one in shape.covered(kind))
    if not kinds:
        raise PathError(f"none of {', '.join(named)} is ever reached", where="kinds", hint=f"kinds of {closure.far}")
    return kinds


def length(given: int | None, usual: int, where: str) -> int:
    """How many relations are followed. Raises PathError."""
    most = usual if given is None else given
    if not 1 <= most <= FARTHEST:
        raise PathError(f"{where} is {most}", where=where, hint=f"follow 1 to {FARTHEST} relations")
    return most
