"""What an aggregate may group by and compute, for one schema: keys of a kind, of what is related to it, and figures.

Personal data is in no key and no figure. A relation to what may stand for people gives no keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.graphql.names import camel
from api.graphql.shape import NODE, RelationField, Shape
from graph.cypher.ast import Direction
from graph.schema.model import Attribute, ValueType
from services.access.small_groups import personal_attributes, stand_for_people

KIND: Final = "elementKind"
"""The key that is no attribute: the concrete kind of an element."""

TAKEN: Final = ("keys", "count", "suppressed")
"""Fields of a group that are no attribute's."""


class Figure(StrEnum):
    """What is computed of an attribute's values in a group."""

    COUNT = "count"
    COUNT_DISTINCT = "countDistinct"
    MIN = "min"
    MAX = "max"
    AVG = "avg"
    SUM = "sum"


OF_ANY: Final = (Figure.COUNT, Figure.COUNT_DISTINCT)
OF_MOMENTS: Final = (*OF_ANY, Figure.MIN, Figure.MAX)
OF_NUMBERS: Final = (*OF_MOMENTS, Figure.AVG, Figure.SUM)


def figures(of: ValueType) -> tuple[Figure, ...]:
    """The figures of an attribute's type; none of lists."""
    match of:
        case ValueType.INTEGER | ValueType.FLOAT | ValueType.MONEY:
            return OF_NUMBERS
        case ValueType.DATE | ValueType.INSTANT:
            return OF_MOMENTS
        case ValueType.STRING_LIST:
            return ()
        case _:
            return OF_ANY


class Groups:
    """Keys and figures by kind; `NODE` has no attributes of its own."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def attributes(self, kind: str) -> dict[str, Attribute]:
        """The attributes that may be keys and have figures, by name."""
        personal = personal_attributes(self._shape.schema, self._shape.covered(kind))
        return {name: held for name, held in self._countable(kind).items() if name not in personal}

    def figure_fields(self, kind: str) -> dict[str, Attribute]:
        """The attributes of `attributes` by the name of the field that tells their figures."""
        fields = ((camel(name), attribute) for name, attribute in self.attributes(kind).items())
        return {name if name not in TAKEN else f"{name}Values": attribute for name, attribute in fields}

    def relations(self, kind: str) -> Mapping[str, RelationField]:
        """The relations by whose far ends a kind may be grouped, by field name."""
        fields = self._shape.relation_fields(kind).items()
        return {name: field for name, field in fields if not self._leads_to_people(kind, field)}

    def related(self, kind: str, field: RelationField) -> tuple[str, dict[str, Attribute]]:
        """The attributes of the far end that may be keys, and what their types are called after.

        A generic may cover kinds that hold personal data though none of them is at this end.
        """
        plain, whole = self.attributes(field.far), self._countable(field.far)
        personal = personal_attributes(self._shape.schema, self._reached(kind, field))
        if whole.keys() == plain.keys() or personal & whole.keys():
            return field.far, plain
        return f"Related{field.far}", whole

    def of_people(self, kind: str) -> bool:
        """Whether a kind covers any whose elements stand for people."""
        return stand_for_people(self._shape.schema, self._shape.covered(kind))

    def _countable(self, kind: str) -> dict[str, Attribute]:
        held = {} if kind == NODE else self._shape.schema.kinds[kind].attributes
        return {name: attribute for name, attribute in held.items() if figures(attribute.type)}

    def _leads_to_people(self, kind: str, field: RelationField) -> bool:
        return stand_for_people(self._shape.schema, self._reached(kind, field))

    def _reached(self, kind: str, field: RelationField) -> frozenset[str]:
        """The concrete kinds at the far end."""
        near = self._shape.covered(kind)
        pairs = self._shape.schema.pairs[field.relation.name]
        if field.direction is Direction.OUT:
            return frozenset(end for start, end in pairs if start in near)
        return frozenset(start for start, end in pairs if end in near)
