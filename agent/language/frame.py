"""What the grammar fills while it reads: the elements that a question speaks of, how they hang together, what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.language.meanings import Way
from agent.language.names import NamedElement
from agent.query.model import Attribute, Condition, Value
from graph.schema.model import ValueType

Negation = Literal["", "not", "without", "never"]


@dataclass(eq=False)
class Node:
    """Elements of a kind that the question mentions, and the way that joins them to another node."""

    name: str
    kind: str
    at: int
    named: tuple[NamedElement, ...] = ()
    where: list[Condition] = field(default_factory=list)
    joins: list[Way] = field(
        default_factory=list
    )  # conditions that are ways to something that must be there, with tests
    parent: Node | None = None
    way: Way | None = None
    absent: bool = False
    measured: bool = False  # its elements are counted for each target: `least` bounds that number
    bound: tuple[str, float] | None = None
    beyond: Value | None = None  # the number that it is compared with, where that is no constant
    bound_to: float | None = None  # of two bounds, the upper
    extreme: tuple[str, bool, bool] | None = (
        None  # the one with most, or least, of an attribute; of its parent's, or of all
    )
    plural: bool = True
    order: int = 0
    explicit: bool = True
    states: list[tuple[str, Condition]] = field(default_factory=list)  # predicates, and the conditions that they became
    every: bool = False  # what is said of it behind `nucleus_at` is true of every one
    nucleus_at: int = -1
    restricting: int = 0  # conditions before that: which ones
    adjectives: int = 0  # conditions that were said before its kind
    only: bool = False  # there are no others than it says
    among: str = ""  # the kind of those that there could be
    concrete: tuple[str, ...] = ()  # the kinds that there are, of `among`
    divides: bool = False  # every one of them is related
    edge: str = ""  # the name of the relation that joins it, where something is said of that
    edge_where: Condition | None = None
    both: int = 0  # the place, from 1, of the condition whose values must all be there, each with one

    @property
    def tested(self) -> bool:
        """Whether it is a condition of what it hangs from, and no part of the rows."""
        return self.absent or self.every or self.only or self.divides or bool(self.both)


@dataclass(frozen=True)
class Measure:
    """A value of which a figure is asked. `at`: the item that says it, near which its function is said."""

    value: Value
    name: str
    at: int


@dataclass(frozen=True)
class Window:
    """A period that a question says of an element: the condition that it became, on which date."""

    node: Node
    condition: Condition
    attribute: Attribute
    kind: ValueType


@dataclass(frozen=True)
class Versus:
    """Two periods side by side: the conditions that take one and the other, how people call them, whether the first is later."""

    conditions: tuple[Condition | None, Condition]
    labels: tuple[str, str]
    later_first: bool
    more: str = ""  # the sign that the first figure must bear to the second, where elements are asked for


@dataclass(eq=False)
class Frame:
    """The whole question so far."""

    mode: Literal["list", "count", "yes", "ratio", "impact", "depends", "dependents", "path"] = "list"
    nodes: list[Node] = field(default_factory=list)
    target: Node | None = None
    groups: list[Value] = field(default_factory=list)
    group_names: list[str] = field(default_factory=list)
    outputs: list[tuple[Node, str]] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    functions: list[tuple[int, str]] = field(default_factory=list)  # with the items that say them
    share: float | None = None  # of a percentile
    counted: bool = False  # how many of the target, beside other figures
    windows: list[Window] = field(default_factory=list)
    versus: Versus | None = None
    tally: list[tuple[str, Condition | None]] = field(default_factory=list)  # numbers of the target: what of, and which
    order_by: list[tuple[Value, bool]] = field(default_factory=list)
    most: Literal["", "most", "least"] = ""
    limit: int | None = None
    ties: bool = False
    last_condition: tuple[Node, Condition] | None = None
    rate: list[tuple[Node, Condition]] = field(default_factory=list)  # what the part of a rate is asked for
    apart: list[Node] = field(default_factory=list)  # elements that are there, or not, in the part alone
    said: list[tuple[int, Node, Condition, bool]] = field(default_factory=list)  # the item, and whether it is a period
    as_of: str | None = None
    indirect: bool = False
    shown: list[Node] = field(default_factory=list)  # elements that are asked for beside the target
    assumptions: list[str] = field(default_factory=list)

    @property
    def function(self) -> str:
        """The function that was said last, else nothing."""
        return self.functions[-1][1] if self.functions else ""
