"""Names that a model wrote, looked up in the twin with the rights of who asks: as they are written, then without regard to case."""

from __future__ import annotations

from collections.abc import Sequence

from agent.models.producer import Link
from core.principal import Principal
from graph.schema.model import Schema
from services.query import QueryService

MOST = 5
"""Elements that one name may stand for; beyond, it stands for none."""


def links_by_query(queries: QueryService, schema: Schema) -> Link:
    """Names by questions to the twin, within the perimeters of who asks."""

    def link(text: str, kinds: Sequence[str], principal: Principal) -> tuple[str, ...]:
        label = ":" + "|".join(kind for kind in kinds if kind in schema.kinds) if kinds else ""
        if label == ":" or not text.strip():
            return ()
        for test in ("n.name = $text", "toLower(n.name) = toLower($text)"):
            asked = f"MATCH (n{label}) WHERE {test} RETURN elementId(n) AS id ORDER BY id LIMIT {MOST + 1}"
            rows = queries.cypher(asked, {"text": text}, principal).answer.rows
            if rows:
                return tuple(str(row[0]) for row in rows) if len(rows) <= MOST else ()
        return ()

    return link
