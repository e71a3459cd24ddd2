"""Every door answers a restricted asker from the same reduced graph, says so, and tells no name from outside it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from bench.catalogue import parameters
from core.errors import NotFoundError, UsageError
from core.principal import LOCAL_OPERATOR, Principal, Sight
from core.settings import load_settings
from graph.cypher.cost import TooCostlyError
from graph.cypher.parameters import PERIMETERS, PerimeterMismatchError
from graph.cypher.passes.perimeter import LIMITED, LIMITED_KINDS
from graph.cypher.prepare import prepare
from graph.history.projection import Projector
from graph.model import EdgeChange, GraphDelta, Node, NodeChange, Operation
from graph.registry import BackendOptions, open_backend
from graph.repository import GraphRepository, ReadContext
from ingest.estate_generator import generate_estate
from services.catalogue import CatalogueService
from services.ingestion import ingest
from services.query import QueryService
from services.twin import Twin, open_twin
from tests.api.apps import create_app

AS_OF = date(2025, 1, 1)
SERVERS = "MATCH (s:Server) RETURN count(*) AS servers"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """A small bank, loaded as loads are."""
    home = tmp_path_factory.mktemp("bank")
    settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
    generate_estate(home / "export", servers=120, seed=7, as_of=AS_OF)
    ingest(settings, "csv", home / "export")
    with open_twin(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def memory(twin: Twin) -> GraphRepository:
    """The same bank in memory, from its ledger."""
    repository = open_backend("networkx", twin.schema, BackendOptions())
    Projector(twin.ledger, repository).catch_up()
    return repository


@pytest.fixture(scope="module")
def asker(twin: Twin) -> Principal:
    """Somebody who sees one perimeter of several."""
    rows = QueryService(twin).cypher("MATCH (p:Perimeter) RETURN p.name AS name ORDER BY name").answer.rows
    return Principal("asker", frozenset({"reader", "administrator"}), perimeters=frozenset({rows[0][0]}))


@pytest.fixture(scope="module")
def reduced(twin: Twin, memory: GraphRepository, asker: Principal) -> GraphRepository:
    """What is left of the bank for that asker."""
    return left_of(twin, [node for node in memory.nodes() if not set(node.perimeters).isdisjoint(asker.sees)], memory)


def left_of(twin: Twin, nodes: Sequence[Node], memory: GraphRepository) -> GraphRepository:
    """A graph of these nodes and the relations between them."""
    seen = {node.id for node in nodes}
    made = open_backend("networkx", twin.schema, BackendOptions())
    made.apply(
        GraphDelta(
            1,
            1,
            [
                NodeChange(Operation.CREATE, n.id, n.kind, {k: v for k, v in n.properties.items() if k != "id"})
                for n in nodes
            ],
            [
                EdgeChange(Operation.CREATE, e.id, e.type, e.start, e.end, e.properties)
                for e in memory.edges()
                if e.start in seen and e.end in seen
            ],
        )
    )
    return made


def on(twin: Twin, repository: GraphRepository) -> Twin:
    return Twin(twin.settings, twin.clock, twin.schema, twin.ledger, repository, twin.write_lock)


def test_an_asker_sees_a_part_of_the_bank(memory: GraphRepository, reduced: GraphRepository) -> None:
    everything, left = sum(memory.counts().values()), sum(reduced.counts().values())
    assert 0.02 * everything < left < 0.7 * everything


@pytest.mark.parametrize("where", ["embedded", "networkx"])
def test_every_query_of_the_catalogue_answers_from_the_reduced_bank(
    where: str, twin: Twin, memory: GraphRepository, reduced: GraphRepository, asker: Principal
) -> None:
    service = CatalogueService(twin if where == "embedded" else on(twin, memory))
    left = on(twin, reduced)
    plain, everywhere = CatalogueService(left), CatalogueService(twin)
    cut = 0
    for query in service.queries():
        try:
            given = parameters(left, query)
        except IndexError:
            continue  # the asker sees no element to ask about
        wanted = plain.run(query.name, given).answer
        found = service.run(query.name, given, asker).answer
        assert list(found.rows) == list(wanted.rows), query.name
        assert LIMITED in found.notes
        cut += list(everywhere.run(query.name, given).answer.rows) != list(wanted.rows)
    assert cut >= 20


def test_every_query_of_the_catalogue_answers_a_reader_of_some_kinds_from_what_is_left(
    twin: Twin, memory: GraphRepository
) -> None:
    """On the embedded store, whose index walks by kind as well; incidents, teams and service instances are hidden, so that ways break."""
    hidden = {"Incident", "Team", "ServiceInstance", "Person"}
    reader = LOCAL_OPERATOR.of_kinds(kind for kind in twin.schema.concrete if kind not in hidden)
    left = on(twin, left_of(twin, [node for node in memory.nodes() if node.kind not in hidden], memory))
    service, plain, everywhere = CatalogueService(twin), CatalogueService(left), CatalogueService(on(twin, memory))
    cut = 0
    for query in service.queries():
        try:
            given = parameters(left, query)
        except IndexError:
            continue  # there is no element to ask about
        wanted = plain.run(query.name, given).answer
        found = service.run(query.name, given, reader).answer
        assert list(found.rows) == list(wanted.rows), query.name
        assert LIMITED_KINDS in found.notes
        cut += list(everywhere.run(query.name, given).answer.rows) != list(wanted.rows)
    assert cut >= 15


def test_what_the_dialect_has_no_words_for_runs_on_a_snapshot_of_what_is_seen(
    twin: Twin, reduced: GraphRepository, asker: Principal
) -> None:
    text = "MATCH (s:Server) RETURN keys(s) AS known, count(*) AS servers ORDER BY servers DESC, size(known), known[0]"
    found = QueryService(twin).cypher(text, principal=asker).answer
    assert found.engine == "fallback"
    assert sum(row[1] for row in found.rows) == sum(
        row[1] for row in QueryService(on(twin, reduced)).cypher(text).answer.rows
    )


@pytest.mark.parametrize("where", ["embedded", "networkx"])
def test_askers_of_one_text_get_their_own_answers(where: str, twin: Twin, memory: GraphRepository) -> None:
    queries = QueryService(twin if where == "embedded" else on(twin, memory))
    names = [row[0] for row in queries.cypher("MATCH (p:Perimeter) RETURN p.name AS name").answer.rows]
    text = (
        "MATCH (p:Perimeter)<-[:IN_PERIMETER]-(s:Server) OPTIONAL MATCH (s)<-[:RUNS_ON*0..3]-(d) "
        "RETURN p.name AS perimeter, count(DISTINCT s) AS servers, count(DISTINCT d) AS behind ORDER BY perimeter"
    )
    everything = {row[0]: row for row in queries.cypher(text).answer.rows}
    for name in [*names, *names]:
        rows = queries.cypher(text, principal=LOCAL_OPERATOR.narrowed([name])).answer.rows
        assert [row[0] for row in rows] == ([name] if name in everything else [])
        assert [row[1] for row in rows] == [everything[name][1] for _ in rows]
    assert {row[0]: row for row in queries.cypher(text).answer.rows} == everything


def test_the_note_stands_in_restricted_answers_only(twin: Twin, asker: Principal) -> None:
    queries = QueryService(twin)
    assert queries.cypher(SERVERS, principal=asker).answer.notes == (LIMITED,)
    assert queries.cypher(SERVERS).answer.notes == ()


def test_a_parameter_cannot_widen_a_perimeter(twin: Twin, asker: Principal) -> None:
    queries = QueryService(twin)
    plain = queries.cypher(SERVERS, principal=asker).answer.rows
    everything = queries.cypher("MATCH (p:Perimeter) RETURN collect(p.name) AS names").answer.rows[0][0]
    smuggled = queries.cypher(SERVERS, {PERIMETERS: everything}, asker).answer.rows
    named = "MATCH (s:Server) WHERE $__perimeters IS NOT NULL RETURN count(*) AS servers"
    assert smuggled == plain == queries.cypher(named, {PERIMETERS: everything}, asker).answer.rows


@pytest.mark.parametrize("restricted", [True, False])
def test_a_query_is_never_read_without_the_perimeter_it_was_prepared_for(restricted: bool, twin: Twin) -> None:
    bound = prepare(SERVERS, twin.schema, restricted=restricted)
    context = ReadContext(datetime(2025, 1, 1, tzinfo=UTC), sees=None if restricted else Sight(("*",)))
    with pytest.raises(PerimeterMismatchError):
        twin.repository.run(bound, {}, context)


def test_a_hidden_name_is_not_found_and_never_proposed(twin: Twin, memory: GraphRepository, asker: Principal) -> None:
    service = CatalogueService(twin)
    hidden = next(
        n for n in memory.nodes() if n.kind == "BusinessApplication" and set(n.perimeters).isdisjoint(asker.sees)
    )
    name = str(hidden.properties["name"])
    assert service.resolve("BusinessApplication", name) == hidden.id
    with pytest.raises(NotFoundError) as caught:
        service.resolve("BusinessApplication", name, asker)
    nowhere = replace(asker, perimeters=frozenset())
    with pytest.raises(NotFoundError):
        service.resolve("BusinessApplication", hidden.id, nowhere)
    assert hidden.id not in str(caught.value.to_dict())


def test_several_of_one_name_are_told_apart_among_those_that_are_seen(twin: Twin, asker: Principal) -> None:
    service = CatalogueService(twin)
    rows = QueryService(twin).cypher(
        "MATCH (n:ConfigurationItem) WITH n.name AS name, count(*) AS many WHERE many > 1 RETURN name LIMIT 50"
    )
    for (name,) in rows.answer.rows:
        try:
            found = [service.resolve("ConfigurationItem", name, asker)]
        except NotFoundError:
            continue
        except UsageError as error:
            found = error.details["choices"]
        seen = QueryService(twin).cypher(
            "MATCH (n:ConfigurationItem {name: $name}) RETURN n.id AS id", {"name": name}, asker
        )
        assert set(found) <= {row[0] for row in seen.answer.rows}


def test_explanations_and_refusals_tell_a_restricted_asker_no_figures_of_the_whole(
    twin: Twin, asker: Principal
) -> None:
    queries = QueryService(twin)
    crossing = "MATCH (a:Element) MATCH (b:Element) MATCH (c:Element) RETURN count(*) AS many"
    limited = QueryService(replace(twin, settings=twin.settings.model_copy(update={"query_cost_limit": 1_000})))
    with pytest.raises(TooCostlyError) as whole:
        limited.cypher(crossing)
    with pytest.raises(TooCostlyError) as caught:
        limited.cypher(crossing, principal=asker)
    assert any(letter.isdigit() for letter in whole.value.seen)
    assert not any(letter.isdigit() for letter in caught.value.seen)
    stages = queries.cypher("EXPLAIN " + SERVERS, principal=asker).answer.rows
    assert "perimeter" in [row[0] for row in stages]
    assert not any("rows" in finding for row in stages for finding in row[2])


def post(twin: Twin, principal: Principal, path: str, body: Any) -> httpx.Response:
    """What the application answers to that principal."""

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(twin, follow=False, principal=principal))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post(path, json=body)

    return asyncio.run(call())


def test_http_narrows_to_the_perimeters_of_the_request_and_never_widens(twin: Twin, asker: Principal) -> None:
    name = next(iter(asker.perimeters or ()))
    wanted = QueryService(twin).cypher(SERVERS, principal=asker).to_dict()["rows"]

    def ask(principal: Principal, perimeters: list[str] | None) -> Any:
        body = {"query": SERVERS, "perimeters": perimeters}
        return post(twin, principal, "/api/query", body).json()["rows"]

    assert ask(LOCAL_OPERATOR, [name]) == ask(asker, None) == ask(asker, [name, "Crédits"]) == wanted
    assert ask(asker, ["no such perimeter"]) == [[0]]
    assert ask(LOCAL_OPERATOR, None) != wanted


def test_graphql_answers_from_what_is_seen(twin: Twin, asker: Principal) -> None:
    wanted = QueryService(twin).cypher("MATCH (s:Server) RETURN count(*) AS n", principal=asker).answer.rows[0][0]
    answer = post(twin, asker, "/graphql", {"query": "{ servers { count } }"}).json()
    assert answer["data"]["servers"]["count"] == wanted
    assert LIMITED in answer["extensions"]["jumeau"]["notes"]


@pytest.mark.parametrize(("path", "body"), [("/api/graph/verify", None), ("/api/history", {"of": "x"})])
def test_what_knows_no_perimeter_is_refused(path: str, body: Any, twin: Twin, asker: Principal) -> None:
    answer = post(twin, asker, path, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "RESTRICTED")
