"""What a query being made knows: its variables with their types, its parameters, its free names, what it must contain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graph.cypher.ast import Expression, Literal, Parameter, Variable
from graph.cypher.bound import CypherType, TypeName
from graph.cypher.vocabulary import Vocabulary, vocabulary_of
from graph.schema.model import Schema
from tests.differential.choices import Choices
from tests.differential.graphs import Graph

T = TypeVar("T")

_NAMES = ("n", "N", "m", "M", "a", "A", "b", "x", "X", "y", "my name", "count", "e")


@dataclass(frozen=True, slots=True)
class Known:
    """A variable. Not `stable`: its value is a list without order, or a float that depends on the order of a sum, so that
    it may be returned and measured, but not compared, grouped or sorted. `large`: integers too big to compute with.
    """

    name: str
    type: CypherType
    stable: bool = True
    large: bool = False

    @property
    def variable(self) -> Variable:
        return Variable(self.name)


Scope = tuple[Known, ...]


@dataclass(slots=True)
class Making:
    """The state of one query while it is made. `wanted` is the construct that it must contain."""

    choices: Choices
    schema: Schema
    graph: Graph
    wanted: str | None
    parameters: dict[str, Any] = field(default_factory=dict)
    names: int = 0
    steps: int = 6  # relationships that may still be written: more multiply into too many rows
    vocabulary: Vocabulary = field(init=False)

    def __post_init__(self) -> None:
        self.vocabulary = vocabulary_of(self.schema)

    def fresh(self) -> str:
        """A name that the query does not have yet; some differ from others in case only."""
        self.names += 1
        return _NAMES[self.names - 1] if self.names <= len(_NAMES) else f"v{self.names}"

    def option(self, options: Sequence[tuple[int, str, Callable[[], T]]]) -> T:
        """One of the options (weight, construct, maker); the wanted construct where it is among them."""
        for weight, name, make in options:
            if weight and name and name == self.wanted:
                self.wanted = None
                return make()
        return self.choices.weighted([(weight, make) for weight, _, make in options if weight])()

    def wants(self, *names: str) -> bool:
        """Whether one of these is what the query must contain; then it counts as given."""
        if self.wanted in names:
            self.wanted = None
            return True
        return False

    def value(self, value: Any) -> Expression:
        """A value as a literal or as a parameter."""
        if self.wants("parameter") or self.choices.chance(20):
            name = f"p{len(self.parameters)}"
            self.parameters[name] = value
            return Parameter(name)
        return Literal(value)


def of_type(scope: Scope, *names: TypeName) -> list[Known]:
    """The variables of these types."""
    return [known for known in scope if known.type.name in names]
