"""Look-ahead under an aggregate: its keys, the figures that are asked for, and what may not be asked together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graphql import GraphQLResolveInfo, SelectionSetNode

from api.graphql.aggregate_types import OF, OWN
from api.graphql.aggregates import AggregateSelection, GroupKey, GroupOrder
from api.graphql.errors import GroupingError
from api.graphql.groups import Figure, Groups
from api.graphql.selection import SelectionReader, page_size
from api.graphql.shape import Shape
from services.access.small_groups import personal_attributes

MAX_KEYS: Final = 5


class AggregateReader(SelectionReader):
    """Reads the selection under one root field that gives an aggregate."""

    def __init__(self, shape: Shape, info: GraphQLResolveInfo[Any], groups: Groups) -> None:
        super().__init__(shape, info)
        self._groups = groups

    def read_aggregate(self, kind: str, arguments: Mapping[str, Any]) -> AggregateSelection:
        """What is asked for. Raises GroupingError, PageSizeError."""
        people = self._groups.of_people(kind)
        given = arguments.get("filter") or {}
        if people:
            self._check_filter(kind, given)
        keys = self._keys(kind, arguments.get("groupBy") or ())
        order = tuple(_order(one) for one in arguments.get("orderBy") or ())
        figures: dict[tuple[str, Figure], None] = {}
        for one in order:
            if one.attribute is not None and one.figure is not None:
                figures[one.attribute, one.figure] = None
        for node in self._info.field_nodes:
            for selected, _ in self._fields(node.selection_set, ""):
                if selected.name.value == "groups":
                    self._read_group(kind, selected.selection_set, keys, figures)
        if people:
            figures = dict.fromkeys((*figures, *((attribute, Figure.COUNT) for attribute, _ in figures)))
        return AggregateSelection(kind, given, keys, tuple(figures), order, page_size(arguments.get("first")), people)

    def _keys(self, kind: str, given: Any) -> tuple[GroupKey, ...]:
        relations = self._groups.relations(kind)
        pairs = dict.fromkeys(pair for one in given for pair in one.items())
        keys = tuple(GroupKey(attribute, None if name == OWN else relations[name]) for name, attribute in pairs)
        if len(keys) > MAX_KEYS:
            raise GroupingError(f"{len(keys)} keys", where="groupBy", hint=f"group by at most {MAX_KEYS}")
        followed = sorted({key.relation.name for key in keys if key.relation is not None})
        if len(followed) > 1:
            raise GroupingError(
                f"keys of {' and '.join(followed)}", where="groupBy", hint="group by keys of one relation at a time"
            )
        return keys

    def _read_group(
        self,
        kind: str,
        selections: SelectionSetNode | None,
        keys: tuple[GroupKey, ...],
        figures: dict[tuple[str, Figure], None],
    ) -> None:
        fields = self._groups.figure_fields(kind)
        for selected, _ in self._fields(selections, ""):
            name = selected.name.value
            if name == "keys":
                self._check_keys(selected.selection_set, keys)
            elif name in fields:
                for figure, _ in self._fields(selected.selection_set, ""):
                    if figure.name.value != "__typename":
                        figures[fields[name].name, Figure(figure.name.value)] = None

    def _check_keys(self, selections: SelectionSetNode | None, keys: tuple[GroupKey, ...]) -> None:
        """A key that is not grouped by would be told as null, as if there were no value."""
        grouped = {(key.relation.name if key.relation else None, key.attribute) for key in keys}
        for relation, name in self._selected_keys(selections):
            if name != "__typename" and (relation, self._shape.attributes.get(name, name)) not in grouped:
                path = name if relation is None else f"{relation}.{name}"
                raise GroupingError(f"{path} is no key of these groups", where="keys", hint="add it to groupBy")

    def _selected_keys(self, selections: SelectionSetNode | None) -> Iterator[tuple[str | None, str]]:
        for selected, _ in self._fields(selections, ""):
            if selected.selection_set is None:
                yield None, selected.name.value
                continue
            for inner, _ in self._fields(selected.selection_set, ""):
                yield selected.name.value, inner.name.value

    def _check_filter(self, kind: str, given: Mapping[str, Any]) -> None:
        """Two aggregates, one of them without a certain person, would tell of that person by their difference."""
        telling = {"id", *personal_attributes(self._shape.schema, self._shape.covered(kind))}
        for name in sorted(telling.intersection(_filtered(given))):
            raise GroupingError(
                f"{name} tells one person from another",
                where="filter",
                hint="filter aggregates of people by what many share",
            )


def _filtered(given: Mapping[str, Any]) -> Iterator[str]:
    """The attributes that a filter speaks of, however deep."""
    for name, content in given.items():
        if name in ("AND", "OR"):
            for one in content or ():
                yield from _filtered(one)
        elif name == "NOT":
            yield from _filtered(content or {})
        else:
            yield name


def _order(given: Mapping[str, Any]) -> GroupOrder:
    ((name, content),) = given.items()
    if name == "keys":
        return GroupOrder(None, None, content == "DESC")
    if not name.startswith(OF):
        return GroupOrder(Figure.COUNT, None, content == "DESC")
    ((figure, direction),) = content.items()
    return GroupOrder(Figure(figure), name.removeprefix(OF), direction == "DESC")
