"""An aggregate as ONE query: rows grouped by keys, an element counted once in each of its groups.

    MATCH (n0:Server) WHERE ...
    OPTIONAL MATCH (n0)-[:OWNED_BY]->(n1:Team)               // where keys of a related element are asked for
    WITH DISTINCT n0, n1.id IS NOT NULL AS h, n1.name AS g1  // two owners of one name are one group
    RETURN n0.environment AS g0, h AS h, g1 AS g1, count(*) AS n, sum(n0.cpu_cores) AS f0
    ORDER BY ... LIMIT $p0

Of people, all groups are fetched: which ones are withheld follows from the sizes of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.graphql.compile import matched
from api.graphql.errors import GroupingError
from api.graphql.groups import KIND, Figure
from api.graphql.shape import RelationField, Shape
from api.graphql.trees import Names, any_of, as_itself, query_of, value_of
from graph.cypher import ast
from services.access.small_groups import LEAST, withheld

NUMBER, HELD = "n", "h"
"""Columns: how many are in a group, and whether the relation leads anywhere."""
_FUNCTIONS: Final = {Figure.COUNT_DISTINCT: "count"}


@dataclass(frozen=True, slots=True)
class GroupKey:
    """A key: an attribute or the kind, of the elements themselves or of what a relation leads to."""

    attribute: str
    relation: RelationField | None = None


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """One key of an order of groups: all keys (`figure` None), the size (no attribute), or a figure of an attribute."""

    figure: Figure | None
    attribute: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class AggregateSelection:
    """What is wanted: `figures` are pairs of attribute and figure, each once. `people`: small groups are withheld."""

    kind: str
    filter: Mapping[str, Any]
    keys: tuple[GroupKey, ...]
    figures: tuple[tuple[str, Figure], ...]
    order: tuple[GroupOrder, ...]
    first: int
    people: bool

    @property
    def relation(self) -> RelationField | None:
        """The relation that keys are asked of."""
        return next((key.relation for key in self.keys if key.relation is not None), None)


@dataclass(frozen=True, slots=True)
class Group:
    """A group. `related` is by relation field, None where the relation leads nowhere; a suppressed one has no figures."""

    keys: Mapping[str, Any]
    related: Mapping[str, Mapping[str, Any] | None]
    count: int | None
    figures: Mapping[str, Mapping[Figure, Any]]
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class GroupPage:
    """The groups that were asked for, and whether there are more."""

    groups: Sequence[Group]
    has_more: bool


def compile_aggregate(selection: AggregateSelection, shape: Shape) -> tuple[ast.Query, Mapping[str, Any]]:
    """The query of an aggregate: a row per group."""
    names = Names()
    clauses: list[ast.Clause] = [matched(selection.kind, selection.filter, shape, names)]
    keys = {f"g{at}": key for at, key in enumerate(selection.keys)}
    relation = selection.relation
    if relation is not None:
        clauses.extend(_related(relation, keys))
    items = [(name, ast.Variable(name) if key.relation else _key("n0", key)) for name, key in keys.items()]
    if relation is not None:
        items.append((HELD, ast.Variable(HELD)))
    items.append((NUMBER, ast.CountStar()))
    items.extend((f"f{at}", _figure(*figure)) for at, figure in enumerate(selection.figures))
    projected = tuple(ast.ProjectionItem(expression, name) for name, expression in items)
    paged: dict[str, Any] = {}
    if not selection.people and selection.keys:
        paged = {"order": _order(selection, keys), "limit": names.bind(selection.first + 1)}
    clauses.append(ast.Return(ast.Projection(projected, **paged)))
    return query_of(clauses), names.parameters


def groups_of(
    selection: AggregateSelection, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, truncated: bool
) -> GroupPage:
    """The groups in the rows of an answer. Raises GroupingError where people are in more groups than were read."""
    held = [dict(zip(columns, row, strict=True)) for row in rows]
    if not selection.people:
        return GroupPage(
            [_group(selection, row) for row in held[: selection.first]], len(held) > selection.first or truncated
        )
    if truncated:
        raise GroupingError(
            f"people are in more than {len(rows)} groups", where="groupBy", hint="group by fewer keys, or filter"
        )
    hidden = withheld([row[NUMBER] for row in held])
    told = _sorted(selection, [row for at, row in enumerate(held) if at not in hidden])
    last = _sorted(selection, [held[at] for at in sorted(hidden)], by_keys=True)
    groups = [*(_group(selection, row) for row in told), *(_group(selection, row, suppressed=True) for row in last)]
    return GroupPage(groups[: selection.first], len(groups) > selection.first)


def _related(relation: RelationField, keys: Mapping[str, GroupKey]) -> Iterable[ast.Clause]:
    step = ast.RelationshipPattern(None, ast.LabelName(relation.relation.name), direction=relation.direction)
    path = ast.PathPattern(ast.NodePattern("n0"), ((step, any_of("n1", relation.far)),))
    yield ast.Match((path,), optional=True)
    there = ast.ProjectionItem(ast.IsNull(value_of("n1", "id"), negated=True), HELD)
    far = (ast.ProjectionItem(_key("n1", key), name) for name, key in keys.items() if key.relation)
    yield ast.With(ast.Projection((as_itself("n0"), there, *far), distinct=True))


def _key(variable: str, key: GroupKey) -> ast.Expression:
    if key.attribute != KIND:
        return value_of(variable, key.attribute)
    return ast.Index(ast.FunctionCall("labels", (ast.Variable(variable),)), ast.Literal(0))


def _figure(attribute: str, figure: Figure) -> ast.Expression:
    function = _FUNCTIONS.get(figure, figure.value)
    return ast.FunctionCall(function, (value_of("n0", attribute),), distinct=figure is Figure.COUNT_DISTINCT)


def _order(selection: AggregateSelection, keys: Iterable[str]) -> tuple[ast.SortItem, ...]:
    """The order that was asked for; ties are broken by the keys, so that it is the same each time."""
    columns = list(keys) if selection.relation is None else [*keys, HELD]
    items: dict[str, ast.SortItem] = {}
    for order in (*selection.order, GroupOrder(None)):
        for column in columns if order.figure is None else [_column(selection, order)]:
            items.setdefault(column, ast.SortItem(ast.Variable(column), order.descending))
    return tuple(items.values())


def _column(selection: AggregateSelection, order: GroupOrder) -> str:
    if order.attribute is None or order.figure is None:
        return NUMBER
    return f"f{selection.figures.index((order.attribute, order.figure))}"


def _sorted(
    selection: AggregateSelection, rows: list[dict[str, Any]], *, by_keys: bool = False
) -> list[dict[str, Any]]:
    """Rows in the order that the query would have given them; by the keys alone where nothing else may be told."""
    wanted = selection if not by_keys else _without_order(selection)
    items = _order(wanted, [f"g{at}" for at in range(len(selection.keys))])
    for item in reversed(items):
        assert isinstance(item.expression, ast.Variable)
        name = item.expression.name
        rows = sorted(rows, key=lambda row: ((value := row[name]) is None, value), reverse=item.descending)
    return rows


def _without_order(selection: AggregateSelection) -> AggregateSelection:
    return AggregateSelection(selection.kind, selection.filter, selection.keys, selection.figures, (), 0, True)


def _group(selection: AggregateSelection, row: Mapping[str, Any], *, suppressed: bool = False) -> Group:
    own: dict[str, Any] = {}
    related: dict[str, Any] = {}
    for at, key in enumerate(selection.keys):
        if key.relation is None:
            own[key.attribute] = row[f"g{at}"]
        elif not row[HELD]:
            related[key.relation.name] = None
        else:
            related.setdefault(key.relation.name, {})[key.attribute] = row[f"g{at}"]
    figures: dict[str, dict[Figure, Any]] = {}
    for at, (attribute, figure) in enumerate(selection.figures):
        figures.setdefault(attribute, {})[figure] = row[f"f{at}"]
    if suppressed:
        return Group(own, related, None, {}, suppressed=True)
    if selection.people:  # what few of them have a value of is told of none
        figures = {name: told for name, told in figures.items() if not 0 < told[Figure.COUNT] < LEAST}
    return Group(own, related, row[NUMBER], figures)
