"""The physical schema: one technical label with a uniqueness constraint, one index per indexed attribute.

Every element carries its concrete kind, its inherited kinds and the technical label. Indexes are on the technical
label, one per attribute name, instead of one per kind: a node is entered once and not once per label that it carries.
The compiler names the technical label where an index may serve.
"""

from __future__ import annotations

from collections.abc import Mapping

from graph.schema.model import Schema

ELEMENT = "JumeauElement"
WATERMARK = "JumeauWatermark"
TECHNICAL = frozenset({ELEMENT, WATERMARK})

_PREFIX = "jumeau_"
_BY = "jumeau_by_"


def quoted(name: str) -> str:
    """A name as an identifier of the language."""
    return "`" + name.replace("`", "``") + "`"


def indexed_attributes(schema: Schema) -> tuple[str, ...]:
    """Names of the node attributes that any kind wants indexed, sorted; `id` has its constraint."""
    return tuple(
        sorted(
            {a.name for kind in schema.kinds.values() for a in kind.attributes.values() if a.indexed or a.unique}
            - {"id"}
        )
    )


def constraints() -> Mapping[str, str]:
    """Name to statement of every constraint."""
    return {
        f"{_PREFIX}element_id": (
            f"CREATE CONSTRAINT {_PREFIX}element_id IF NOT EXISTS FOR (n:{ELEMENT}) REQUIRE n.id IS UNIQUE"
        ),
        f"{_PREFIX}watermark_name": (
            f"CREATE CONSTRAINT {_PREFIX}watermark_name IF NOT EXISTS FOR (n:{WATERMARK}) REQUIRE n.name IS UNIQUE"
        ),
    }


def indexes(schema: Schema) -> Mapping[str, str]:
    """Name to statement of every index that serves the schema."""
    return {
        f"{_BY}{name}": f"CREATE INDEX {quoted(_BY + name)} IF NOT EXISTS FOR (n:{ELEMENT}) ON (n.{quoted(name)})"
        for name in indexed_attributes(schema)
    }


def missing_and_stale(schema: Schema, present: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to run so that the database has this physical schema: (creations, drops). Indexes of others are left alone.

    `present` are the names of all indexes, those behind constraints among them.
    """
    wanted = {**constraints(), **indexes(schema)}
    creations = tuple(statement for name, statement in wanted.items() if name not in present)
    stale = sorted(name for name in present if name.startswith(_BY) and name not in wanted)
    return creations, tuple(f"DROP INDEX {quoted(name)} IF EXISTS" for name in stale)
