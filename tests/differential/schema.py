"""The schema of generated graphs: the front end's small one over several categories, with a relation between anything.

Every value type stands on nodes and on relations; categories differ, so that a store that keeps kinds apart must join.
"""

from __future__ import annotations

from dataclasses import replace

from graph.schema.model import Attribute, Relation, Schema, Triple, ValueType, Wording
from tests.graph.cypher.small_schema import SCHEMA as SMALL

_CATEGORIES = {"Vulnerability": "reference", "SoftwareVersion": "reference", "Team": "organisation"}
_ON_RELATIONS = {
    "since": ValueType.DATE,
    "weight": ValueType.FLOAT,
    "note": ValueType.STRING,
    "rank": ValueType.INTEGER,
    "active": ValueType.BOOLEAN,
    "seen_at": ValueType.INSTANT,
    "tags": ValueType.STRING_LIST,
}
_WORDING = Wording("linked to", "lié à")

SCHEMA = Schema(
    "differential",
    1,
    SMALL.enums,
    {
        name: kind if kind.abstract else replace(kind, category=_CATEGORIES.get(name, "configuration_items"))
        for name, kind in SMALL.kinds.items()
    },
    {
        **SMALL.relations,
        "LINKED_TO": Relation(
            "LINKED_TO",
            _WORDING,
            _WORDING,
            "structure",
            (Triple("Element", "LINKED_TO", "Element"),),
            {name: Attribute(name, of, Wording(name, name)) for name, of in _ON_RELATIONS.items()},
        ),
    },
)
