"""The twin as a graph store of LangChain, so that its chains run on any backend, with the rights of whoever asks.

Every query takes the road of section 2 of the design: parsed, bound, guarded (read-only, bounded), limited to the asker's perimeters,
compiled. What a chain writes beyond reading is refused with the language's own error. Nothing can be added through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import orjson

from core.errors import QueryError
from core.principal import Principal
from graph.schema.model import PersonalData, Schema, ValueType
from services.access.rights import Action, require
from services.cells import to_json
from services.query import QueryService

_TYPES: Final[Mapping[ValueType, str]] = {
    ValueType.INTEGER: "INTEGER",
    ValueType.FLOAT: "FLOAT",
    ValueType.BOOLEAN: "BOOLEAN",
    ValueType.DATE: "DATE",
}


class ReadOnlyGraphError(QueryError):
    """A chain wants to write to the twin, which it only reads."""

    code = "GRAPH_READ_ONLY"


class TwinGraph:
    """What `langchain_neo4j.GraphCypherQAChain(graph=...)` and its kin take for a graph.

    `rows` and `bytes_` bound what one query hands to a chain, and so to a model.
    """

    def __init__(
        self, queries: QueryService, schema: Schema, principal: Principal, *, rows: int = 200, bytes_: int = 100_000
    ) -> None:
        require(principal, Action.READ)
        require(principal, Action.QUERY_FREELY)
        self._queries = queries
        self._principal = principal
        self._rows = rows
        self._bytes = bytes_
        self._structured = structured_schema(schema)

    @property
    def get_schema(self) -> str:
        """The schema as text for a prompt."""
        return _text(self._structured)

    @property
    def get_structured_schema(self) -> dict[str, Any]:
        """The schema as LangChain's chains read it: `node_props`, `rel_props`, `relationships`, `metadata`."""
        return self._structured

    @property
    def schema(self) -> str:
        """The same as `get_schema`."""
        return self.get_schema

    def refresh_schema(self) -> None:
        """Nothing to do: the schema is that of the pack, not guessed from what the store holds."""

    def query(self, query: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows as dictionaries of JSON-ready values, up to the bounds. Raises QueryError and its kin."""
        result = self._queries.cypher(query, params or {}, self._principal)
        columns = result.answer.columns
        told: list[dict[str, Any]] = []
        size = 0
        for row in result.answer.rows[: self._rows]:
            cells = dict(zip(columns, (to_json(cell) for cell in row), strict=True))
            size += len(orjson.dumps(cells, default=str))
            if size > self._bytes:
                break
            told.append(cells)
        return told

    def add_graph_documents(self, graph_documents: Any, include_source: bool = False) -> NoReturn:
        """Refused. Raises ReadOnlyGraphError."""
        raise ReadOnlyGraphError("nothing is written through a chain", hint="load a source, or propose a branch")


def structured_schema(schema: Schema) -> dict[str, Any]:
    """The schema without bookkeeping and without what is personal."""
    kinds = {kind.name: kind for kind in schema.concrete_kinds() if not kind.bookkeeping}
    relations = {name: one for name, one in schema.relations.items() if not one.bookkeeping}
    return {
        "node_props": {
            name: [
                {"property": one.name, "type": _TYPES.get(one.type, "STRING")}
                for one in kind.attributes.values()
                if one.personal is PersonalData.NONE
            ]
            for name, kind in kinds.items()
        },
        "rel_props": {
            name: [
                {"property": one.name, "type": _TYPES.get(one.type, "STRING")} for one in relation.attributes.values()
            ]
            for name, relation in relations.items()
            if relation.attributes
        },
        "relationships": sorted(
            (
                {"start": start, "type": name, "end": end}
                for name, relation in relations.items()
                for start, end in {(triple.start, triple.end) for triple in relation.triples}
            ),
            key=lambda one: (one["type"], one["start"], one["end"]),
        ),
        "metadata": {"constraint": [], "index": []},
    }


def _text(structured: Mapping[str, Any]) -> str:
    nodes = "\n".join(
        f"{name} {{" + ", ".join(f"{one['property']}: {one['type']}" for one in properties) + "}"
        for name, properties in structured["node_props"].items()
    )
    relations = "\n".join(f"(:{one['start']})-[:{one['type']}]->(:{one['end']})" for one in structured["relationships"])
    return f"Node properties:\n{nodes}\nThe relationships:\n{relations}"
