"""A nested page over HTTP beside the same rows in hand-written Cypher, page by page in turn.

100 servers, what runs on them, and who owns that: three levels. Both are asked by this process of a server of another, with one
client that only reads and parses. Pages are taken along the whole estate, one after another, each beside its equivalent; their
rows are compared. Statements are counted where the driver of the embedded store is called.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import ladybug
import orjson

from api.deps import Services
from api.graphql.context import GraphQLContext
from api.graphql.root import build_schema
from api.graphql.schema import TwinSchema
from api.graphql.shape import Shape
from bench.figures import Figure
from bench.loopback import Connection, posted
from core.settings import Settings
from services.twin import open_twin

PAGE = 100
REPEATS = 5
TIMES_CYPHER = 2.0
P95_MS = 150.0

THREE_LEVELS = f"""query ($after: String) {{
  servers(first: {PAGE}, orderBy: [{{name: ASC}}], after: $after) {{
    pageInfo {{ endCursor }}
    nodes {{ id name runs {{ nodes {{ name ownedBy {{ nodes {{ name }} }} }} }} }} }} }}"""
BY_HAND = f"""
MATCH (s:Server)
WHERE $id IS NULL OR s.name > $name OR (s.name = $name AND s.id > $id)
WITH s ORDER BY s.name, s.id LIMIT {PAGE}
OPTIONAL MATCH (s)<-[:RUNS_ON]-(a)
OPTIONAL MATCH (a)-[:OWNED_BY]->(t)
RETURN s.id AS id, s.name AS server, a.name AS application, t.name AS owner"""
SIX_LEVELS = """{ servers(first: 10, orderBy: [{name: ASC}]) { nodes { name runs { nodes { name ownedBy { nodes { name
  hasAsTeamMember { nodes { id memberOfTeam { nodes { name partOf { nodes { name } } } } } } } } } } } } }"""


@dataclass(frozen=True, slots=True)
class Pair:
    """One page in both languages. Milliseconds, the best of a few in turn; `spread` has every time of the GraphQL page."""

    graphql: float
    cypher: float
    at_store: float  # the Cypher query within the server, without HTTP and JSON
    rows: int
    spread: tuple[float, ...]


def measure_pages(url: str, pages: int) -> list[Figure]:
    """Ask for the pages of a server, each in both languages in turn, and compare rows and times."""
    pairs = asyncio.run(_pairs(url, pages))
    graphql, cypher = (statistics.median(getattr(p, name) for p in pairs) for name in ("graphql", "cypher"))
    ratio = statistics.median(p.graphql / p.cypher for p in pairs)
    store = statistics.median(p.graphql / p.at_store for p in pairs)
    times = sorted(time for p in pairs for time in p.spread)
    p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
    what = f"nested page, {PAGE} servers, what runs on them and its owners"
    of = f"{len(pairs)} pages of {statistics.median(p.rows for p in pairs):g} rows"
    return [
        Figure(
            "F", f"{what}: GraphQL beside the same rows in Cypher, both over HTTP", round(graphql, 2), "ms",
            f"<= {TIMES_CYPHER:g}x", round(cypher, 2), round(ratio, 2), ratio <= TIMES_CYPHER,
        ),
        Figure("F", f"{what}: p95 over HTTP, {of}, embedded", round(p95, 1), "ms", f"<= {P95_MS:g}", met=p95 <= P95_MS),
        Figure(
            "F", f"{what}: GraphQL over HTTP beside the Cypher query within the server, without its HTTP and JSON",
            round(graphql, 2), "ms", None, round(statistics.median(p.at_store for p in pairs), 2), round(store, 2),
        ),
    ]  # fmt: skip


async def _pairs(url: str, pages: int) -> list[Pair]:
    connection = Connection(urlsplit(url).hostname or "", urlsplit(url).port or 0)
    pairs, cursor, last = [], None, (None, None)
    for number in range(pages + 1):
        asked = posted("/graphql", {"query": THREE_LEVELS, "variables": {"after": cursor}})
        by_hand = posted("/api/query", {"query": BY_HAND, "parameters": {"name": last[0], "id": last[1]}})
        times: list[tuple[float, float]] = []
        stores: list[float] = []
        for _ in range(REPEATS):
            graphql_ms, answer = await _timed(connection, asked)
            cypher_ms, plain = await _timed(connection, by_hand)
            times.append((graphql_ms, cypher_ms))
            stores.append(plain["elapsed_ms"])
        page = answer["data"]["servers"]
        if _flat(page["nodes"]) != _rows(plain["rows"]):
            raise AssertionError(f"page {number}: GraphQL and Cypher have different rows")
        if not page["nodes"]:
            break
        if number:  # the first fills caches
            spread = tuple(graphql for graphql, _ in times)
            best = min(spread), min(cypher for _, cypher in times)
            pairs.append(Pair(*best, min(stores), len(plain["rows"]), spread))
        cursor, last = page["pageInfo"]["endCursor"], (page["nodes"][-1]["name"], page["nodes"][-1]["id"])
    connection.close()
    return pairs


async def _timed(connection: Connection, request: bytes) -> tuple[float, Any]:
    started = perf_counter()
    status, _, body = await connection.ask(request)
    elapsed = (perf_counter() - started) * 1000
    answer = orjson.loads(body)
    if status != 200 or "errors" in answer:
        raise AssertionError(f"status {status}: {body[:500]!r}")
    return elapsed, answer


def _flat(nodes: list[Any]) -> list[list[Any]]:
    """The rows that the nested page means: none below is a row with nothing in it."""
    return _rows(
        [server["id"], server["name"], application.get("name"), owner.get("name")]
        for server in nodes
        for application in server["runs"]["nodes"] or [{}]
        for owner in application.get("ownedBy", {"nodes": []})["nodes"] or [{}]
    )


def _rows(rows: Any) -> list[list[Any]]:
    return sorted((list(row) for row in rows), key=repr)


def measure_statements(settings: Settings) -> list[Figure]:
    """How often the driver is called for three levels and for six, on a twin that nobody else has open."""
    with open_twin(settings) as twin:
        services, shape = Services.of(twin), Shape(twin.schema)
        schema = TwinSchema(build_schema(shape), lambda _: GraphQLContext(shape, services))
        found = []
        for name, text in (("three levels", THREE_LEVELS), ("six levels", SIX_LEVELS)):
            # once before: statistics and statements are then known
            if errors := schema.execute_sync(text, {}).errors:
                raise AssertionError(f"{name} are not answered: {errors}")
            with _counted() as executed:
                schema.execute_sync(text, {})
            count = len(executed)
            found.append(
                Figure("F", f"backend queries of a nested page, {name}", count, "statements", "1", met=count == 1)
            )
        return found


@contextmanager
def _counted() -> Iterator[list[str]]:
    """What is executed by ladybug within the context, in this process."""
    executed: list[str] = []
    original = ladybug.Connection.execute

    def execute(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        executed.append(str(query))
        return original(self, query, *arguments, **options)

    ladybug.Connection.execute = execute  # type: ignore[method-assign]
    try:
        yield executed
    finally:
        ladybug.Connection.execute = original  # type: ignore[method-assign]


def ids_of(settings: Settings, path: Path, most: int = 2_000) -> None:
    """Write the ids of servers, one a line, for questions about single ones."""
    with open_twin(settings) as twin:
        path.write_text(
            "\n".join(i for i, _ in zip(_ids(twin.repository), range(most), strict=False)), encoding="ascii"
        )


def _ids(repository: Any) -> Iterator[str]:
    return (node.id for node in repository.nodes() if node.kind in {"PhysicalServer", "VirtualMachine"})
