"""Rows and where things stand in them: a row is a list, a variable is a slot.

All clauses of a part share one allocator, so that a row is as wide as the part needs and a clause copies it at most once.
Rows of subqueries extend the rows they stand in: outer variables keep their slots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from core.errors import QueryTimeoutError
from graph.backends.networkx.memory import MemoryBudget
from graph.backends.networkx.store import GraphStore
from graph.schema.model import Schema

Row = list[Any]
Evaluate = Callable[[Row], Any]
Procedure = Callable[[Sequence[Any]], Iterable[Mapping[str, Any]]]
"""What a procedure does: from its arguments to rows of its results, by name."""

Rows = Callable[[Iterator[Row]], Iterator[Row]]
"""An operator: rows in, rows out, lazily."""

_CHECK_EVERY = 1_024


@dataclass(slots=True)
class Slots:
    """Hands out places in a row."""

    width: int = 0

    def take(self) -> int:
        self.width += 1
        return self.width - 1


@dataclass(slots=True)
class Scope:
    """The variables that can be named at one point, and the slots that a projection must carry on for the outside."""

    slots: Slots
    names: dict[str, int] = field(default_factory=dict)
    carried: tuple[int, ...] = ()

    def declare(self, name: str) -> int:
        """A slot for a new variable."""
        self.names[name] = slot = self.slots.take()
        return slot

    def inner(self) -> Scope:
        """A scope that sees everything of this one; what it declares stays inside. Its projections carry this one's."""
        return Scope(self.slots, dict(self.names), (*self.carried, *self.names.values()))

    def nested(self) -> Scope:
        """A scope for a local variable of an expression."""
        return Scope(self.slots, dict(self.names), self.carried)


@dataclass(slots=True)
class Deadline:
    """Counts units of work and looks at the clock now and then. Raises QueryTimeoutError when time is up."""

    seconds: float
    until: float = 0.0
    left: int = _CHECK_EVERY  # units until the clock is looked at

    def __post_init__(self) -> None:
        self.restart(self.seconds)

    def restart(self, seconds: float) -> None:
        """So many seconds from now on."""
        self.seconds = seconds
        self.until = monotonic() + seconds

    def step(self, units: int = 1) -> None:
        """So many units of work, each about as long as looking at one relation."""
        self.left -= units
        if self.left <= 0:
            self.left = _CHECK_EVERY
            if monotonic() > self.until:
                raise QueryTimeoutError(
                    f"the query ran longer than {self.seconds:g} s",
                    where="networkx",
                    hint="bound its patterns, or raise JUMEAU_QUERY_TIMEOUT_S",
                )


@dataclass(frozen=True, slots=True)
class Environment:
    """What every closure of a compiled query may use. `parameters` may be filled anew between two runs."""

    store: GraphStore
    schema: Schema | None  # None in open mode
    parameters: Mapping[str, Any]
    deadline: Deadline
    procedures: Mapping[str, Procedure] = field(default_factory=dict)
    random: Random = field(default_factory=Random)
    memory: MemoryBudget = field(default_factory=MemoryBudget)
