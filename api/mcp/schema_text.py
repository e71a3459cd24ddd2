"""What a program has to know of the schema before it asks: kinds, their attributes, and the relations between them."""

from __future__ import annotations

from typing import Any

from core.errors import NotFoundError
from graph.schema.fields import did_you_mean
from graph.schema.model import Kind, Schema


def describe(schema: Schema, kind: str | None) -> dict[str, Any]:
    """All kinds in brief, or one kind whole. Raises NotFoundError."""
    if kind is None:
        return {
            "schema": schema.name,
            "kinds": [_brief(each) for each in schema.kinds.values() if not each.bookkeeping],
            "relations": list(schema.relations),
        }
    found = schema.kinds.get(kind)
    if found is None:
        raise NotFoundError(f"no kind is called {kind!r}", where="kind", hint=did_you_mean(kind, list(schema.kinds)))
    own = {found.name, *found.ancestors}
    return {
        **_brief(found),
        "description": found.description,
        "is": list(found.ancestors),
        "attributes": [
            {
                "name": each.name,
                "type": each.type.value,
                "english": each.wording.en,
                "french": each.wording.fr,
                **({"unit": each.unit} if each.unit else {}),
                **({"values": list(schema.enums[each.enum].values)} if each.enum else {}),
            }
            for each in found.attributes.values()
        ],
        "relations": [
            {"start": triple.start, "relation": triple.relation, "end": triple.end}
            for relation in schema.relations.values()
            for triple in relation.triples
            if triple.start in own or triple.end in own
        ],
    }


def _brief(kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "category": kind.category,
        "english": kind.wording.en,
        "french": kind.wording.fr,
        "abstract": kind.abstract,
    }
