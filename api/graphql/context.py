"""One request's way to the twin: fetches what a root field selects, one query a field, and one more for a total."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLResolveInfo

from api.deps import Services
from api.graphql.compile import compile_count, compile_node, compile_page
from api.graphql.pages import Page, Record, root_page, root_record
from api.graphql.selection import SelectionReader
from api.graphql.shape import NODE, Shape
from graph.cypher.ast import Query
from services.catalogue import CatalogueService
from services.moments import Asked
from services.query import QueryResult


@dataclass(slots=True)
class GraphQLContext:
    """The services of one request, and what its queries said about themselves."""

    shape: Shape
    services: Services
    results: list[QueryResult] = field(default_factory=list)

    @property
    def catalogue(self) -> CatalogueService:
        """The named queries of the present."""
        return self.services.catalogue

    def load_list(
        self, kind: str, info: GraphQLResolveInfo[GraphQLContext], arguments: Mapping[str, Any], asked: Asked
    ) -> Page:
        """The page of a root list, with every list nested in it."""
        selection = SelectionReader(self.shape, info).read_list(kind, arguments)
        page = Page([], None, False, selection.after is not None)
        if selection.listed:
            compiled = compile_page(selection, self.shape)
            answer = self._run(compiled.query, compiled.parameters, asked).answer
            page = root_page(compiled, answer.columns, answer.rows, selection)
            page.has_next = page.has_next or answer.truncated
        if selection.counted:
            query, parameters = compile_count(selection, self.shape)
            page.count = int(self._run(query, parameters, asked).answer.rows[0][0])
        return page

    def load_node(
        self, info: GraphQLResolveInfo[GraphQLContext], identity: str, asked: Asked, type_name: str = NODE
    ) -> Record | None:
        """The node with that id, of a kind or of any; None where there is none."""
        compiled = compile_node(SelectionReader(self.shape, info).read_node(type_name), identity, self.shape)
        answer = self._run(compiled.query, compiled.parameters, asked).answer
        return root_record(compiled, answer.columns, answer.rows[0]) if answer.rows else None

    def cypher(self, text: str, parameters: Mapping[str, Any] | None, asked: Asked) -> dict[str, Any]:
        """The envelope of a Cypher query's answer."""
        with self.services.moments.reading(asked) as (queries, _):
            return self._noted(queries.cypher(text, parameters, self.services.principal)).to_dict()

    def run_catalogue(self, name: str, parameters: Mapping[str, Any] | None, asked: Asked) -> dict[str, Any]:
        """The envelope of a named query's answer."""
        with self.services.moments.reading(asked) as (_, catalogue):
            return self._noted(catalogue.run(name, parameters, self.services.principal)).to_dict()

    def extensions(self) -> dict[str, Any]:
        """What every answer says about itself: the sequence it reflects, that of the ledger, and how it was run."""
        if not self.results:
            return {}
        first = self.results[0]
        present = [result for result in self.results if result.moment is None]
        moments = [result.moment for result in self.results if result.moment is not None]
        return {
            "jumeau": {
                "backend": first.backend,
                "engines": sorted({result.answer.engine for result in self.results}),
                "sequence": min(result.answer.sequence for result in present or self.results),
                "ledgerSequence": max(result.ledger_sequence for result in self.results),
                "queries": len(self.results),
                "queryMs": round(sum(result.elapsed_ms for result in self.results), 3),
                "sources": {source: instant.isoformat() for source, instant in first.sources.items()},
                "notes": [note for result in self.results for note in result.answer.notes],
                **({"moments": [dict(m) for n, m in enumerate(moments) if m not in moments[:n]]} if moments else {}),
            }
        }

    def _run(self, query: Query, parameters: Mapping[str, Any], asked: Asked) -> QueryResult:
        with self.services.moments.reading(asked) as (queries, _):
            return self._noted(queries.tree(query, parameters, self.services.principal))

    def _noted(self, result: QueryResult) -> QueryResult:
        self.results.append(result)
        return result
