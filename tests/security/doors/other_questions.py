"""Questions that are not of GraphQL: Cypher, the catalogue, exports, questions in words, tools; and the routes that each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from services.catalogue import CatalogueService
from services.export.order import Format
from tests.api.estate import Estate
from tests.security.doors.asking import LAST, MID, MINE, OTHERS, Question, graphql

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
SIMULATED: Final = (
    "MATCH (r:SimulationRun) OPTIONAL MATCH (r)<-[:IN_RUN]-(p) RETURN r.name AS run, count(p) AS parts ORDER BY run",
    "MATCH (s:SimulatedSummary)-[:STATE_OF]->(c) RETURN s.name AS s, c.name AS c, s.availability AS a ORDER BY s",
    "MATCH (i:SimulatedIncident) RETURN i.name AS i, i.started_at AS b, i.ended_at AS e ORDER BY i",
    "MATCH (x:Scenario) OPTIONAL MATCH (x)<-[:OF_SCENARIO]-(r)<-[:IN_RUN]-(s)-[:STATE_OF]->(c) "
    "RETURN x.name AS x, count(DISTINCT r) AS runs, count(DISTINCT c) AS items ORDER BY x",
    "MATCH (s:Server) RETURN s.name AS s, COUNT { (s)<-[:STATE_OF]-() } AS parts ORDER BY s",
)
KINDS: Final = (["Server"], ["Team"], ["Element"], ["SimulationRun", "SimulatedSummary", "SimulatedIncident"])
MOMENTS: Final[Sequence[Mapping[str, str]]] = ({"as_of": LAST}, {"as_of": MID}, {"branch": MINE}, {"branch": OTHERS})

ROUTES: Final = frozenset(
    {
        ("POST", "/api/query"),
        ("POST", "/api/ask"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/v1/models"),
        ("GET", "/api/catalogue"),
        ("POST", "/api/catalogue/{name}"),
        ("POST", "/api/exports"),
        ("POST", "/api/health/scorecard"),
        ("GET", "/api/branches"),
        ("GET", "/api/simulation-runs"),
        ("GET", "/api/simulation-runs/{id}"),
        ("GET", "/api/simulation-runs/{id}/comparison"),
    }
)
"""Routes of questions: the answers are those of what is left."""
WHOLE_ROUTES: Final[Mapping[tuple[str, str], Mapping[str, Any] | None]] = {
    ("GET", "/metrics"): None,
    ("POST", "/api/history"): {"of": "srv-000"},
    ("POST", "/api/difference"): {"since": "#1"},
    ("POST", "/api/graph/verify"): None,
    ("GET", "/api/audit"): None,
    ("POST", "/api/audit/verify"): None,
    ("POST", "/api/persons/{name}/reveal"): {"reason": "on call"},
    ("POST", "/api/persons/{name}/erase"): {"reason": "request 17"},
    ("GET", "/api/persons/looks"): None,
    ("GET", "/api/accounts"): None,
    ("POST", "/api/accounts"): {"name": "eve", "password": "a long password", "whole_estate": True},
    ("PATCH", "/api/accounts/{name}"): {"whole_estate": True},
    ("POST", "/api/ingestions"): {"source": "csv"},
    ("GET", "/api/ingestions"): None,
    ("GET", "/api/ingestions/{id}"): None,
    ("PUT", "/api/ingestions/{id}/files/{name}"): None,
    ("POST", "/api/ingestions/{id}/start"): None,
    ("POST", "/api/ingestions/{id}/cancel"): None,
    ("DELETE", "/api/ingestions/{id}"): None,
    ("GET", "/api/ingestions/{id}/events"): None,
    ("POST", "/api/lines/{name}/readings"): {"readings": [{"stage": "bake", "minutes": 3}]},
    ("POST", "/api/simulations"): {"scenario": {"name": "a week", "duration": 168}},
    ("GET", "/api/simulations"): None,
    ("GET", "/api/simulations/{id}"): None,
    ("GET", "/api/simulations/{id}/result"): None,
    ("GET", "/api/simulations/{id}/events"): None,
    ("POST", "/api/simulations/{id}/cancel"): None,
    ("DELETE", "/api/simulations/{id}"): None,
    ("GET", "/api/simulation-runs/{id}/insight"): None,
    ("DELETE", "/api/simulation-runs/{id}"): None,
}
"""Routes that are of the whole estate, each with what it would take: refused to whoever is limited, whatever they send."""
OWN_ROUTES: Final[Mapping[tuple[str, str], Mapping[str, Any] | None]] = {
    ("GET", "/api/me"): None,
    ("GET", "/api/tokens"): None,
    ("POST", "/api/tokens"): {"hours": 1, "note": "own"},
    ("DELETE", "/api/tokens/{id}"): None,
    ("GET", "/api/webhooks"): None,
    ("POST", "/api/webhooks"): {"name": "own", "url": "https://192.0.2.1/", "ids": ["{hidden}"]},
    ("GET", "/api/webhooks/{name}"): None,
    ("DELETE", "/api/webhooks/{name}"): None,
    ("POST", "/api/webhooks/{name}/pause"): None,
    ("POST", "/api/webhooks/{name}/resume"): None,
    ("POST", "/api/webhooks/{name}/rotate"): None,
    ("POST", "/api/webhooks/{name}/test"): None,
    ("GET", "/api/webhooks/{name}/deliveries"): None,
    ("POST", "/api/webhooks/{name}/replay"): None,
    ("POST", "/api/branches"): {"name": "empty"},
    ("POST", "/api/branches/{name}/changes"): {"delete": ["{hidden}"]},
    ("POST", "/api/branches/{name}/apply"): {"dry_run": True},
    ("DELETE", "/api/branches/{name}"): None,
    ("POST", "/api/graph/catch-up"): None,
    ("GET", "/api/lines"): None,
    ("POST", "/api/lines/simulate"): {"name": "nothing"},
    ("POST", "/api/lines/live"): {"name": "nothing", "speed": "1s=1week"},
}
"""Routes of what is the asker's own, or of the twin as a machine: they tell nothing of the estate. `{hidden}`: an id outside."""

WHOLE_TOOLS: Final[Mapping[str, Mapping[str, Any]]] = {
    "history": {"of": "srv-000"},
    "simulate": {"scenario": {"name": "a week", "duration": 168, "watch": ["Server"]}, "replications": 2},
}
"""Tools that are of the whole estate."""


def in_words(estate: Estate, draw: Random) -> list[str]:
    """Questions in French and English, about kinds, about elements by name, some of them misspelt, and about what is simulated."""
    servers = [str(thing["name"]) for thing in draw.sample(estate.of("VirtualMachine", "PhysicalServer"), 3)]
    teams = [str(thing["name"]) for thing in draw.sample(estate.of("Team"), 3)]
    return [
        "Combien de serveurs ?",
        "Which servers are in production?",
        "Combien de serveurs par équipe ?",
        "List the vulnerabilities",
        "Combien d'incidents simulés ?",
        "Quels périmètres existent ?",
        *(f"Who owns {server}?" for server in servers),
        *(f"Quels serveurs appartiennent à l'équipe {team} ?" for team in teams),
        f"Quel est l'environnement de {servers[0].replace('-', '-0')} ?",
        f"What depends on {servers[1]}?",
    ]


def rest(catalogue: CatalogueService, estate: Estate, draw: Random, named: int | None) -> Iterator[Question]:
    """What REST answers about the estate; of the catalogue `named` queries, or all."""
    for number, text in enumerate((*CYPHER, *SIMULATED)):
        yield Question("cypher", "POST", "/api/query", {"query": text})
        moments = MOMENTS if number in (0, len(CYPHER)) else [draw.choice(MOMENTS)]
        for moment in moments:
            yield Question("cypher of a moment", "POST", "/api/query", {"query": text, **moment})
        yield graphql("query ($q: String!) { cypher(query: $q) }", "graphql cypher", q=text)
    yield from _catalogue(catalogue, draw, named)
    yield from _exports(draw)
    yield Question("scorecard", "POST", "/api/health/scorecard", {"by": "kind"})
    yield Question("branches", "GET", "/api/branches", None)
    yield Question("simulation runs", "GET", "/api/simulation-runs", None)
    for run in estate.of("SimulationRun"):
        address = f"/api/simulation-runs/{run.id}"
        yield Question("simulation run", "GET", f"{address}?first=1000", None, frozenset({run.id}))
        yield Question("comparison of runs", "GET", f"{address}/comparison?base={run.id}", None, frozenset({run.id}))
    yield Question("models", "GET", "/v1/models", None)
    yield Question("catalogue", "GET", "/api/catalogue", None)
    yield from _questions(estate, draw)


def _catalogue(catalogue: CatalogueService, draw: Random, named: int | None) -> Iterator[Question]:
    queries = [q for q in catalogue.queries() if not any(parameter.names_an_element for parameter in q.parameters)]
    for query in queries if named is None else draw.sample(list(queries), named):
        for moment in ({}, draw.choice(MOMENTS)):
            yield Question(f"catalogue {query.name}", "POST", f"/api/catalogue/{query.name}", dict(moment))


def _exports(draw: Random) -> Iterator[Question]:
    of_rows = [{"query": text} for text in draw.sample((*CYPHER, *SIMULATED), 4)]
    of_graph = [{"selection": {"kinds": kinds}} for kinds in KINDS]
    asked: list[dict[str, Any]] = [*of_rows, *of_graph, {"catalogue": "servers_not_restarted"}]
    for number, body in enumerate(asked):
        for moment in ({}, MOMENTS[number % len(MOMENTS)]):
            format_ = Format.CSV if "selection" not in body else Format.JSON_LINES
            yield Question("export", "POST", "/api/exports", {**body, **moment, "format": format_.value})
    for format_ in (Format.GRAPHML, Format.PARQUET):
        yield Question(
            f"export as {format_.value}",
            "POST",
            "/api/exports",
            {"selection": {"kinds": ["Server", "SimulatedSummary"]}, "format": format_.value},
        )


def _questions(estate: Estate, draw: Random) -> Iterator[Question]:
    for number, text in enumerate(in_words(estate, draw)):
        moment = MOMENTS[number % len(MOMENTS)] if number < 4 else {}
        yield Question("ask", "POST", "/api/ask", {"question": text})
        if moment:
            yield Question("ask of a moment", "POST", "/api/ask", {"question": text, **moment})
        messages = [{"role": "user", "content": "Combien de serveurs ?"}, {"role": "user", "content": text}]
        yield Question("chat", "POST", "/v1/chat/completions", {"messages": messages, "stream": number % 2 == 1})


def tools(estate: Estate, draw: Random) -> Iterator[Question]:
    """What tools of the Model Context Protocol answer about the estate."""
    for number, text in enumerate(draw.sample((*CYPHER, *SIMULATED), 5)):
        yield tool("query", {"cypher": text, **(MOMENTS[number] if number < len(MOMENTS) else {})})
    for text in in_words(estate, draw)[::3]:
        yield tool("ask", {"question": text})
    for thing in draw.sample(estate.of("VirtualMachine", "PhysicalServer", "SimulationRun"), 4):
        yield tool("impact", {"of": thing["name"]})
        yield tool("impact", {"of": thing.id})
    yield tool("schema", {"kind": "Server"})


def tool(name: str, given: Mapping[str, Any]) -> Question:
    params = {"name": name, "arguments": dict(given)}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return Question(f"tool {name}", "POST", "/mcp", body)
