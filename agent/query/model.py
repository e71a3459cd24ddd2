"""The intermediate query: what a question asks, as values that a grammar or a model fills and code checks.

One `Question` holds one body: `Select` (elements, their attributes, figures), `Combination` (sets), `Versus` (two selects
side by side) or `Recipe` (a named query of the catalogue). A pattern is entities joined by directed hops; what stands in
a pattern must be there, what must not be there is `Exists(negated)`. Every part has a `type` in JSON, which tells unions
apart. JSON in and out, and its JSON Schema: `agent.query.codec`.

Names (`name` of an entity, of a hop, of a column) are chosen by the producer: letters, digits, underscores. Kinds,
relations and attributes are the schema's own names. Nothing here is a query text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Discriminator

STRICT: dict[str, Any] = {"extra": "forbid"}
"""Of every part: a key that is unknown is an error, so that a misspelt one is never left out in silence."""

Direction = Literal["out", "in", "both"]
Operator = Literal["=", "<>", "<", "<=", ">", ">=", "in", "not in", "contains", "starts with", "ends with"]
Unit = Literal["minutes", "hours", "days", "weeks", "months", "years"]
Period = Literal["day", "week", "month", "quarter", "year"]
Function = Literal[
    "count", "sum", "average", "minimum", "maximum", "median", "percentile", "standard deviation", "collect"
]

# --- values --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an entity, or of the relation of a hop.

    `of`: the entity's or the hop's name. `name`: the attribute, such as `criticality`; `id` is every element's.
    `period`: of a date or an instant, the first day of the day, week, month, quarter or year it is in (for grouping).
    """

    of: str
    name: str
    period: Period | None = None
    type: Literal["attribute"] = field(default="attribute", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class KindOf:
    """The concrete kind of an entity's elements, such as `VirtualMachine` where the entity is of the kind Server."""

    of: str
    type: Literal["kind"] = field(default="kind", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Itself:
    """An element as a whole. `of`: the entity. As a column it answers a name that people know it by; counted, elements."""

    of: str
    type: Literal["element"] = field(default="element", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Constant:
    """A value. `value`: text, number, boolean, or a list of these (for `in`).

    `parameter`: the name of a query parameter that carries it; without, it is written into the query. What a person
    typed (names, text, figures) goes into parameters, values of the schema's own lists may be written.
    """

    value: bool | int | float | str | list[bool | int | float | str]
    parameter: str | None = None
    type: Literal["constant"] = field(default="constant", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT

    def __hash__(self) -> int:
        return hash((repr(self.value), self.parameter))


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or an instant.

    `at`: `today`, `now`, or ISO 8601: `2025-03-31` is a day, `2025-03-31T00:00:00Z` an instant. `start_of`: moved back to
    the first day of its week, month, quarter or year. `shift`: then by so many `unit`, negative into the past. Three
    months ago: at today, shift -3, unit months. The first day of the last quarter: at today, start_of quarter,
    shift -3, unit months.
    """

    at: str = "today"
    start_of: Period | None = None
    shift: int = 0
    unit: Unit = "months"
    type: Literal["moment"] = field(default="moment", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Elapsed:
    """The time from `start` to `end` as a number of `unit` (minutes, hours, days or weeks), fractions for instants."""

    start: Value
    end: Value
    unit: Literal["minutes", "hours", "days", "weeks"] = "days"
    type: Literal["elapsed"] = field(default="elapsed", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right` on numbers; a division gives a fraction, and nothing where the right side is 0."""

    left: Value
    operator: Literal["+", "-", "*", "/"]
    right: Value
    type: Literal["arithmetic"] = field(default="arithmetic", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Length:
    """The number of relations of a hop of several. `of`: the hop's name; the hop must be a shortest path."""

    of: str
    type: Literal["length"] = field(default="length", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Way:
    """The names of the elements on a shortest path, from its start to its end. `of`: the hop's name."""

    of: str
    type: Literal["way"] = field(default="way", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """A column of the same select, in `having` and `order`. `name`: the column's name."""

    name: str
    type: Literal["column"] = field(default="column", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure over the rows of a group.

    `function`: count (rows, or what is `of`), sum, average, minimum, maximum, median, percentile (with `share` 0..1),
    standard deviation, collect (a list). `of`: the value; with an element, distinct elements are counted unless
    `distinct` is false. `where`: only rows for which it holds: "how many of them are in production".
    """

    function: Function
    of: Value | None = None
    distinct: bool = True
    where: Condition | None = None
    share: float | None = None
    type: Literal["aggregate"] = field(default="aggregate", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Ratio:
    """A rate: numerator over denominator times `scale` (100 for a percentage), nothing where the denominator is 0.

    Rounded to `digits` behind the point, so that the figure is the one that is shown.
    """

    numerator: Value
    denominator: Value
    scale: float = 100.0
    digits: int = 1
    type: Literal["ratio"] = field(default="ratio", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class HowMany:
    """For each row, how many elements `counted` (an entity of `pattern`) there are. Shares entities by their names."""

    pattern: Pattern
    counted: str
    type: Literal["how many"] = field(default="how many", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Overall:
    """One figure over elements of its own, the same beside every row: the mean of all servers.

    `select`: answers one column, a figure. It shares nothing with what is around it.
    """

    select: Select
    type: Literal["overall"] = field(default="overall", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


Value: TypeAlias = Annotated[
    Attribute
    | KindOf
    | Itself
    | Constant
    | Moment
    | Elapsed
    | Arithmetic
    | Length
    | Way
    | ColumnOf
    | Aggregate
    | Ratio
    | HowMany
    | Overall,
    Discriminator("type"),
]


# --- conditions ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`. `contains`, `starts with`, `ends with` are for text; `ignore_case` folds both sides.

    `in` and `not in` take a constant list on the right; an attribute that is a list on the right takes `in` too.
    A missing value compares with nothing, except that `not in` and `<>` leave it out as well: ask `Missing` for it.
    """

    left: Value
    operator: Operator
    right: Value
    ignore_case: bool = False
    type: Literal["compare"] = field(default="compare", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Within:
    """`value` lies in a window: from `start` on, before `end` (up to and with it where `closed`). Either may be absent."""

    value: Value
    start: Value | None = None
    end: Value | None = None
    closed: bool = False
    type: Literal["within"] = field(default="within", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Missing:
    """`value` is not known (`negated`: it is known)."""

    value: Value
    negated: bool = False
    type: Literal["missing"] = field(default="missing", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Exists:
    """The pattern is there, or with `negated` is not: "never tested", "without backup".

    Entities of the outer query take part by being named in the pattern's hops, without being declared again.
    """

    pattern: Pattern
    negated: bool = False
    type: Literal["exists"] = field(default="exists", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds."""

    conditions: tuple[Condition, ...]
    type: Literal["and"] = field(default="and", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Some:
    """At least one condition holds."""

    conditions: tuple[Condition, ...]
    type: Literal["or"] = field(default="or", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Negation:
    """The condition does not hold."""

    condition: Condition
    type: Literal["not"] = field(default="not", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


Condition: TypeAlias = Annotated[Compare | Within | Missing | Exists | All | Some | Negation, Discriminator("type")]


# --- patterns ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """The elements that a person named. `ids`: what the names stand for; `texts`: as they were written, in the same order.

    `parameter`: the name of the parameter that carries the ids; made from the entity's name where absent.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...] = ()
    parameter: str | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Entity:
    """Elements of a pattern. `name`: the variable. `kinds`: any of these, abstract ones included; empty: of any kind.

    `named`: only these. `where`: a condition that speaks of this entity only (others go to the pattern's).
    """

    name: str
    kinds: tuple[str, ...] = ()
    named: Named | None = None
    where: Condition | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Hop:
    """A relation from entity `start` to entity `end`, as the question reads; `direction` tells how the relation points.

    `out`: from start to end as the schema declares it, `in`: from end to start, `both`: either. `relations`: any of
    these types; empty: any. `minimum`, `maximum`: relations in a row; (1, 1) is one relation, more is a closure;
    `maximum` null is the twin's own bound. `optional`: rows without it stay. `shortest`: only a shortest path ("one") or
    all of them. `name`: to speak of the relation's attributes, of a path's length or way.
    """

    start: str
    relations: tuple[str, ...]
    end: str
    direction: Direction = "out"
    minimum: int = 1
    maximum: int | None = 1
    optional: bool = False
    shortest: Literal["one", "all"] | None = None
    name: str | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Pattern:
    """Entities joined by hops, and what must hold of them."""

    entities: tuple[Entity, ...]
    hops: tuple[Hop, ...] = ()
    where: Condition | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


def all_of(conditions: Sequence[Condition]) -> Condition | None:
    """Conditions that must all hold, as one; None of none."""
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else All(tuple(conditions))


# --- questions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer. Columns without aggregate beside others with one are what the figures are grouped by.

    `name`: unique. `label`: what people read, in the question's language; without, the schema's own.
    """

    name: str
    value: Value
    label: str | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Sort:
    """Rows in order of `by`. A missing value comes last in both directions."""

    by: Value
    descending: bool = False
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Select:
    """Rows of a pattern. `subject`: the entity that the question is about (the first where absent).

    `columns`: empty gives the subject's names. `having`: a condition on columns, after aggregation. `order`, `limit`,
    `skip`: a top-k is an order with a limit; `per` (names of columns) makes it the top-k of each group. `ties`: with a limit
    of 1, every row that is as far ahead by the first order. `distinct`: equal rows once. `form`: `rows`, or `yes or no`
    where the question is whether there are any, or `none` where it is whether there are none: whether all have a plan is whether
    none is without.
    """

    pattern: Pattern
    columns: tuple[Column, ...] = ()
    subject: str | None = None
    having: Condition | None = None
    order: tuple[Sort, ...] = ()
    limit: int | None = None
    skip: int = 0
    per: tuple[str, ...] = ()
    ties: bool = False
    distinct: bool = True
    form: Literal["rows", "yes or no", "none"] = "rows"
    type: Literal["select"] = field(default="select", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Combination:
    """Selects as sets. `union`: rows of any part (columns must be alike); `intersection`: subjects of the first part that
    are subjects of the others too; `except`: of the first and of no other. The first part's columns are answered.
    """

    operation: Literal["union", "intersection", "except"]
    parts: tuple[Select, ...]
    type: Literal["combination"] = field(default="combination", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison. `label`: what people call it. `as_of`: the moment of the twin that it reads, ISO 8601."""

    label: str
    select: Select
    as_of: str | None = None
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Versus:
    """Selects with the same columns side by side: this quarter and the last, team A and team B, now and in January.

    Each row of the answer begins with the label of its side. Where each side is one figure, `difference` adds the
    first figure less the second, and the change in percent of the second; `beside` makes the figures the columns of one
    row, of sides that may be about different elements: how many incidents, and how many changes.
    """

    sides: tuple[Side, ...]
    difference: bool = True
    beside: bool = False
    type: Literal["versus"] = field(default="versus", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named query of the catalogue (graph/queries), such as downstream_impact.

    `parameters`: values by name. `elements`: of the parameters that name an element, the element. `where`: a condition on
    its columns (`ColumnOf`). `columns`: figures over its rows, or some of its columns; empty: all as they are. `form`: `rows`,
    or `yes or no` where the question is whether it has any.
    """

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)
    elements: dict[str, Named] = field(default_factory=dict)
    where: Condition | None = None
    columns: tuple[Column, ...] = ()
    order: tuple[Sort, ...] = ()
    limit: int | None = None
    form: Literal["rows", "yes or no"] = "rows"
    type: Literal["recipe"] = field(default="recipe", kw_only=True)
    __pydantic_config__: ClassVar[Any] = STRICT

    def __hash__(self) -> int:
        return hash((self.name, repr(self.parameters), repr(self.elements)))


Body: TypeAlias = Annotated[Select | Combination | Versus | Recipe, Discriminator("type")]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `as_of`: the moment of the twin that is meant (ISO 8601), `branch`: the scenario branch.

    `assumptions`: what the producer took for granted, as sentences in the question's language.
    """

    body: Body
    language: Literal["fr", "en"] = "en"
    as_of: str | None = None
    branch: str | None = None
    assumptions: tuple[str, ...] = ()
    version: Literal[1] = 1
    __pydantic_config__: ClassVar[Any] = STRICT
