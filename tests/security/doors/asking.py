"""Questions for every door, made from what the application has: each root field of GraphQL, each catalogue query, each export."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import httpx
from fastapi import FastAPI
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    is_required_argument,
)

from services.catalogue import CatalogueService
from tests.api.estate import Estate

DEPTH: Final = 3
LAST: Final = "#last"
"""The present as a moment of the past; each ledger has its own number for it."""
WIDE: Final = 6
"""Composite fields that are selected of one type."""

VOLATILE: Final = frozenset(
    {
        "extensions",
        "sequence",
        "ledger_sequence",
        "ledgerSequence",
        "elapsed_ms",
        "sources",
        "notes",
        "backend",
        "engine",
        "moment",
        "endCursor",
        "startCursor",
        "cursor",
        "cost",
        "lag",
        "estimate",
        "details",
        "trend",
        "restricted",
    }
)
"""What an answer says of itself and of the ledger, not of the estate."""

CYPHER: Final = (
    "MATCH (n) RETURN labels(n)[0] AS kind, count(*) AS n ORDER BY kind",
    "MATCH (n) RETURN n.name AS name ORDER BY name",
    "MATCH (s:Server) RETURN s.environment AS e, count(*) AS n, sum(s.yearly_cost) AS c ORDER BY e",
    "MATCH (s:Server)-[r:OWNED_BY]->(t:Team) RETURN s.name AS s, t.name AS t ORDER BY s, t",
    "MATCH (t:Team) OPTIONAL MATCH (t)<-[:OWNED_BY]-(s) RETURN t.name AS t, count(s) AS n ORDER BY t",
    "MATCH (t:Team) WHERE NOT EXISTS { (t)<-[:OWNED_BY]-() } RETURN count(t) AS n",
    "MATCH (a:Server)-[:OWNED_BY*1..2]-(b:Server) RETURN count(*) AS n",
    "MATCH (v:Vulnerability) RETURN v.cve AS cve",
    "MATCH (x:Perimeter) RETURN x.name AS name ORDER BY name",
)


class Client:
    """Asks an application in this process, without a network."""

    def __init__(self, app: FastAPI) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._http.request(method, path, **options))

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()


@dataclass(frozen=True, slots=True)
class Question:
    """A request. `named` are the ids that it names itself."""

    door: str
    method: str
    path: str
    body: Mapping[str, Any]
    named: frozenset[str] = field(default=frozenset())


def graphql(text: str, door: str = "graphql", named: frozenset[str] = frozenset(), **variables: Any) -> Question:
    return Question(door, "POST", "/graphql", {"query": text, "variables": variables}, named)


def root_fields(schema: GraphQLSchema, estate: Estate, draw: Random, kinds: int | None) -> Iterator[Question]:
    """Each root field of the schema, with the ids of elements where it takes ids; `kinds` of those that are of one kind."""
    assert schema.query_type is not None
    names = list(schema.query_type.fields)
    lists = [n for n in names if "Connection" in str(schema.query_type.fields[n].type) or n.endswith("Aggregate")]
    others = [n for n in names if n not in lists]
    asked = lists if kinds is None else [*_held(lists, estate), *draw.sample(lists, kinds)]
    for name in [*others, *dict.fromkeys(asked)]:
        of = schema.query_type.fields[name]
        for arguments, named in _arguments(name, of, estate, draw):
            text = f"{{ {name}{arguments} {_selection(of.type, DEPTH)} }}"
            yield graphql(text, f"graphql {name}", named)


def _held(lists: Sequence[str], estate: Estate) -> list[str]:
    wanted = {f"{thing.kind[0].lower()}{thing.kind[1:]}" for thing in estate.things}
    return [n for n in lists if any(n.startswith(kind) for kind in wanted)] + ["elements", "servers", "people"]


def _arguments(name: str, of: GraphQLField, estate: Estate, draw: Random) -> Iterator[tuple[str, frozenset[str]]]:
    """What a field is asked with: nothing beyond what it needs, and a moment where it takes one."""
    needed = [argument for argument, given in of.args.items() if is_required_argument(given)]
    for _ in range(3 if needed else 1):
        values: dict[str, Any] = {}
        for argument in needed:
            values[argument] = _value(name, argument, estate, draw)
        named = frozenset(str(value) for value in values.values())
        moments: list[dict[str, Any]] = [{}, {"asOf": LAST}] if "asOf" in of.args else [{}]
        for moment in moments:
            shown = ", ".join(f"{key}: {json.dumps(value)}" for key, value in {**values, **moment}.items())
            yield (f"({shown})" if shown else ""), named


def _value(name: str, argument: str, estate: Estate, draw: Random) -> str:
    if argument == "query":
        return draw.choice(CYPHER)
    if argument == "text":
        return draw.choice(("srv", "team", "north", "south", "p00"))
    if argument == "name":
        return "servers_not_restarted"
    if name == "difference":
        return "#1"
    return draw.choice(estate.things).id


def _selection(of: Any, depth: int) -> str:
    """All that a type has, so deep; of what it relates to, some."""
    named = get_named_type(of)
    if is_leaf_type(named) or isinstance(named, GraphQLScalarType | GraphQLEnumType):
        return ""
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType), named
    chosen, wide = ["__typename"], 0
    for name, of_field in named.fields.items():
        if name in VOLATILE or any(
            is_non_null_type(a.type) and is_required_argument(a) for a in of_field.args.values()
        ):
            continue
        if is_leaf_type(get_named_type(of_field.type)):
            chosen.append(name)
        elif depth > 1 and wide < WIDE and name not in ("edges", "pageInfo"):
            wide += 1
            chosen.append(f"{name} {_selection(of_field.type, depth - 1)}")
    return "{ " + " ".join(chosen) + " }"


def rest(catalogue: CatalogueService) -> Iterator[Question]:
    """What REST answers about the estate: Cypher, each catalogue query, exports, the scorecard."""
    for text in CYPHER:
        yield Question("cypher", "POST", "/api/query", {"query": text})
        yield Question("cypher as of", "POST", "/api/query", {"query": text, "as_of": LAST})
        yield Question("export", "POST", "/api/exports", {"query": text, "format": "csv"})
        yield graphql("query ($q: String!) { cypher(query: $q) }", "graphql cypher", q=text)
    for query in catalogue.queries():
        if not any(parameter.names_an_element for parameter in query.parameters):
            yield Question(f"catalogue {query.name}", "POST", f"/api/catalogue/{query.name}", {})
    for kinds in (["Server"], ["Team"], ["Element"]):
        body = {"selection": {"kinds": kinds}, "format": "jsonl"}
        yield Question("export of the graph", "POST", "/api/exports", body)
    yield Question("scorecard", "POST", "/api/health/scorecard", {"by": "kind"})


def ask(client: Client, question: Question, last: int) -> tuple[int, Any, str]:
    """The status, what is told of the estate, and the whole text."""
    body = json.loads(json.dumps(question.body).replace(LAST, f"#{last}"))
    found = client.request(question.method, question.path, json=body)
    if "json" in found.headers.get("content-type", "") and "export" not in question.door:
        return found.status_code, _settled(found.json()), found.text
    return found.status_code, sorted(found.text.splitlines()), found.text


def codes(told: Any) -> set[str]:
    """The codes of the errors in an answer."""
    if not isinstance(told, dict):
        return set()
    errors = [error.get("code") or "GRAPHQL" for error in told.get("errors") or ()]
    return {*errors, *([told["error"]["code"]] if "error" in told else [])}


def _settled(value: Any) -> Any:
    """An answer without what it says of itself, and of errors their codes alone."""
    if isinstance(value, dict):
        if "errors" in value:
            told = [{"code": e.get("extensions", {}).get("code")} for e in value["errors"]]
            return {"data": _settled(value.get("data")), "errors": told}
        return {key: _settled(item) for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    return value
