"""What a phrase may mean in terms of a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graph.schema.model import Schema

Sort = Literal["kind", "role", "attribute", "value", "relation", "predicate", "measure"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning. `name`: of the kind, role, attribute, relation, predicate or measure; of a value, its enum or attribute.

    `value`: of a value. `on`: the only kind that it is said of. `inverse`: a relation read from its end to its start.
    `rank`: how usual it is, 0 for a label of the language.
    """

    sort: Sort
    name: str
    value: Any = None
    on: str = ""
    inverse: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A relation that is followed: with it (`forward`) or against it, so many times, to elements of a kind."""

    relation: str
    forward: bool
    kind: str
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class Way:
    """Steps from a kind."""

    start: str
    steps: tuple[Step, ...]

    @property
    def end(self) -> str:
        return self.steps[-1].kind if self.steps else self.start


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on an attribute, as data writes it: `status in open,planned`, `closed_at null`, `ends_on < today`."""

    attribute: str
    operator: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a predicate says of a kind: tests of the element itself, or of one that steps lead to."""

    steps: tuple[Step, ...]
    tests: tuple[Test, ...]
    latest: str = ""  # the date by which only the last of several is meant


def is_a(schema: Schema, kind: str, family: str) -> bool:
    """Whether a kind is another, or below it."""
    return kind == family or family in schema.kinds[kind].ancestors


def nearest(schema: Schema, kind: str, said: Mapping[str, Any]) -> Any:
    """What is said of a kind or of its nearest ancestor, else None."""
    for label in schema.kinds[kind].labels:
        if label in said:
            return said[label]
    return None


def holders(schema: Schema, kind: str, meaning: Meaning) -> Iterator[str]:
    """The attributes of a kind that may have a value."""
    if meaning.on and not (is_a(schema, kind, meaning.on) or is_a(schema, meaning.on, kind)):
        return
    for attribute in attributes_of(schema, kind).values():
        if attribute.enum == meaning.name or (attribute.name == meaning.name and attribute.enum is None):
            yield attribute.name


def attributes_of(schema: Schema, kind: str) -> Mapping[str, Any]:
    """The attributes of a kind."""
    return schema.kinds[kind].attributes


def read_way(text: str) -> Way:
    """A way as data writes it: `Server >RUNS_VERSION SoftwareVersion <...`; `*0..2` behind a relation for several."""
    words = text.split()
    start = "" if words[0][0] in "<>" else words.pop(0)
    steps = []
    for relation, kind in zip(words[::2], words[1::2], strict=True):
        name, _, several = relation[1:].partition("*")
        least, _, most = several.partition("..")
        steps.append(Step(name, relation[0] == ">", kind, int(least or 1), int(most or 1)))
    return Way(start, tuple(steps))


def reversed_way(way: Way) -> Way:
    """The same way from its end."""
    kinds = [way.start, *(step.kind for step in way.steps)]
    steps = [
        Step(step.relation, not step.forward, kinds[at], step.least, step.most)
        for at, step in reversed(list(enumerate(way.steps)))
    ]
    return Way(way.end, tuple(steps))


def read_test(text: str) -> Test:
    """A test as data writes it."""
    attribute, operator, *value = text.split(" ", 2)
    return Test(attribute, operator, value[0] if value else "")
