"""Requests that would cost more than they are worth are refused before the graph is asked, with a code and both numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query, parse

from api.deps import Services
from api.graphql.budget import RequestBudget
from api.graphql.context import GraphQLContext
from api.graphql.errors import FragmentCycleError, RequestTimeError
from api.graphql.extent import MOST, measure
from api.graphql.filters import MAX_CONDITIONS
from api.graphql.limits import STANDARD
from api.graphql.root import build_schema
from api.graphql.schema import TwinSchema
from core.principal import NOBODY, Principal
from core.settings import load_settings
from graph.schema.model import Schema
from services.query import QueryService
from tests.api.apps import create_app, shape_of
from tests.api.conftest import Asking, Server, served
from tests.api.estate import opened, small_estate

DOUBLING = "\n".join(f"fragment F{n} on Server {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
LAUGHS = "{ servers { nodes { ...F0 } } } " + DOUBLING + " fragment F60 on Server { name }"
CYCLE = "{ servers { nodes { ...A } } } fragment A on Server { ...B } fragment B on Server { name ...A }"
ALIASES = "{ servers { nodes { " + " ".join(f"a{n}: name" for n in range(1_500)) + " } } }"
FAR_ALIASES = "{ servers { nodes { " + " ".join(f"a{n}:id" for n in range(10_000)) + " } } }"
DIRECTIVES = "{ servers { nodes { name %s } } }" % ("@include(if: true) " * 200)
ROOTS = "{ " + " ".join(f"r{n}: servers {{ count }}" for n in range(21)) + " }"
OPERATIONS = " ".join(f"query Q{n} {{ servers {{ count }} }}" for n in range(11))
DEEP = "{ servers { nodes " + "{ runsOnInverse { nodes " * 20 + "{ id }" + " } }" * 20 + " } }"
INTROSPECTION = "{ __schema { types { name } } }"


def nested(pages: list[int]) -> str:
    text = "id"
    for first in reversed(pages[1:]):
        text = f"... on BusinessApplication {{ dependsOn(first: {first}) {{ nodes {{ {text} }} }} }}"
    return f"{{ businessApplications(first: {pages[0]}) {{ nodes {{ {text} }} }} }}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(LAUGHS, "GRAPHQL_FIELDS", id="fragments that double each other"),
        pytest.param(CYCLE, "GRAPHQL_FRAGMENT_CYCLE", id="fragments in a circle"),
        pytest.param(ALIASES, "GRAPHQL_ALIASES", id="aliases"),
        pytest.param(FAR_ALIASES, "GRAPHQL_TOKENS", id="ten thousand aliases"),
        pytest.param(DIRECTIVES, "GRAPHQL_DIRECTIVES", id="directives"),
        pytest.param(ROOTS, "GRAPHQL_ROOT_FIELDS", id="root fields"),
        pytest.param(OPERATIONS, "GRAPHQL_OPERATIONS", id="operations"),
        pytest.param(DEEP, "GRAPHQL_DEPTH", id="depth"),
        pytest.param("{ servers { count } } #" + "x" * 100_000, "GRAPHQL_DOCUMENT_SIZE", id="bytes"),
        pytest.param(nested([500, 500, 500]), "GRAPHQL_NODES", id="pages multiplied"),
        pytest.param("{ a: servers(first: 501) { nodes { id } } }", "PAGE_SIZE", id="a page"),
    ],
)
def test_an_attack_is_refused_before_the_graph_is_asked(memory: Asking, text: str, code: str) -> None:
    memory.repository.asked.clear()
    result = memory.schema.execute_sync(text)
    assert result.errors is not None
    assert (result.errors[0].extensions or {})["code"] == code
    assert memory.repository.asked == []


def test_a_refusal_says_what_was_seen_and_the_limit(memory: Asking) -> None:
    result = memory.schema.execute_sync(ROOTS)
    assert result.errors is not None
    assert result.errors[0].message == "fields at the root: 21, 20 are allowed"
    content = result.errors[0].extensions or {}
    assert content["details"] == {"seen": 21, "limit": 20}
    assert content["where"] == "JUMEAU_GRAPHQL_ROOT_FIELDS"


def test_every_node_is_visited_once_however_often_its_fragment_is_spread() -> None:
    extent = measure(parse(LAUGHS))
    assert extent.operations[0][1].fields == MOST
    assert extent.visited == 1 + 3 + 60 * 3 + 2, "definitions, fields and spreads as they are written"
    with pytest.raises(FragmentCycleError, match="'A' contains itself"):
        measure(parse(CYCLE))


def test_a_long_chain_of_fragments_needs_no_deep_calls() -> None:
    chain = " ".join(f"fragment C{n} on Server {{ name ...C{n + 1} }}" for n in range(5_000))
    extent = measure(parse("{ servers { nodes { ...C0 } } } " + chain))
    assert extent.operations[0][1].fields == 2 + 5_000


def test_fragments_count_where_they_are_spread() -> None:
    text = """query { ...R other: servers { nodes { ...N } } }
        fragment R on Query { servers { nodes { ...N ... on Server { b: name } } } }
        fragment N on Server { name a: id }"""
    ((_, extent),) = measure(parse(text)).operations
    assert (extent.roots, extent.fields, extent.aliases, extent.depth) == (2, 9, 4, 3)


def test_the_introspection_of_tools_is_within_the_limits(memory: Asking) -> None:
    result = memory.schema.execute_sync(get_introspection_query(input_value_deprecation=True))
    assert result.errors is None


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        pytest.param({"f": {"name": {"in": ["x" * 1_000] * 300}}}, "GRAPHQL_VARIABLES", id="bytes"),
        pytest.param({"f": {"OR": [{"name": {"eq": "x"}}] * (MAX_CONDITIONS + 1)}}, "FILTER", id="conditions"),
    ],
)
def test_large_variables_are_refused(memory: Asking, variables: dict[str, Any], code: str) -> None:
    memory.repository.asked.clear()
    assert memory.code("query ($f: ServerFilter) { servers(filter: $f) { count } }", **variables) == code
    assert memory.repository.asked == []


def test_deep_variables_are_refused_however_deep(memory: Asking) -> None:
    deep: dict[str, Any] = {"name": {"eq": "x"}}
    for _ in range(5_000):
        deep = {"NOT": deep}
    assert memory.code("query ($f: ServerFilter) { servers(filter: $f) { count } }", f=deep) == "GRAPHQL_VARIABLES"
    lists: list[Any] = []
    for _ in range(5_000):
        lists = [lists]
    assert memory.code('query ($f: JSON) { cypher(query: "RETURN 1", parameters: $f) }', f=lists) == "GRAPHQL_VARIABLES"


def test_as_many_conditions_as_are_allowed_are_answered(memory: Asking) -> None:
    names = [str(server["name"]) for server in memory.estate.of("VirtualMachine")]
    many = {"OR": [{"name": {"eq": names[n % len(names)]}} for n in range(MAX_CONDITIONS - 250)]}
    found = memory.graphql("query ($f: VirtualMachineFilter) { virtualMachines(filter: $f) { count } }", f=many)
    assert found["virtualMachines"]["count"] == len(names)


def limited(asking: Asking, principal: Principal | None = None, **settings: Any) -> TwinSchema:
    """The same twin with other settings."""
    held = replace_settings(asking.services, **settings)
    if principal is not None:
        held = held.asked_by(principal, held.call)
    shape = shape_of(asking.twin.schema)
    return TwinSchema(asking.schema.schema, lambda _: GraphQLContext(shape, held))


def replace_settings(services: Services, **settings: Any) -> Services:
    twin = replace(services.twin, settings=services.twin.settings.model_copy(update=settings))
    held = Services.of(twin, services.principal)
    assert isinstance(held.queries, QueryService)
    return held


def code_of(schema: TwinSchema, text: str) -> str | None:
    result = schema.execute_sync(text)
    return None if result.errors is None else str((result.errors[0].extensions or {})["code"])


JOIN = nested([10, 10, 10])


def test_the_cost_of_a_request_is_that_of_all_its_fields(memory: Asking) -> None:
    queries = memory.services.queries
    memory.repository.asked.clear()
    memory.graphql(JOIN)
    one = queries.expected_cost(memory.repository.asked[0])
    assert one > 0
    schema = limited(memory, query_cost_limit=one * 2.5)
    two, three = ("{ " + " ".join(f"r{n}: {JOIN[1:-1]}" for n in range(number)) + " }" for number in (2, 3))
    assert (code_of(schema, JOIN), code_of(schema, two)) == (None, None)
    memory.repository.asked.clear()
    assert code_of(schema, three) == "GRAPHQL_COST"
    assert [
        query for query in memory.repository.asked if "max(" not in query.text and "count(*)" not in query.text
    ] == []


def test_a_restricted_asker_is_not_told_how_large_the_estate_is(memory: Asking) -> None:
    schema = limited(memory, Principal("bob", frozenset({"reader"}), frozenset({"P"})), query_cost_limit=1.0)
    result = schema.execute_sync(f"{{ a: {JOIN[1:-1]} b: {JOIN[1:-1]} }}")
    assert result.errors is not None
    assert result.errors[0].message == "the fields of the request together would visit more than is allowed"
    assert (result.errors[0].extensions or {})["details"] == {}


def test_pages_of_all_fields_are_counted_together(memory: Asking) -> None:
    memory.repository.asked.clear()
    text = f"{{ a: {nested([500, 500])[1:-1]} b: {nested([500, 500])[1:-1]} }}"
    schema = limited(memory, graphql_nodes=400_000)
    assert code_of(schema, nested([500, 500])) is None
    memory.repository.asked.clear()
    assert code_of(schema, text) == "GRAPHQL_NODES"
    assert memory.repository.asked == []


DELETE = 'delete(ids: ["none", "neither", "nor"], reason: "r") { __typename }'
READ_BACK = nested([1, 500, 500, 500])
READ_BACK = READ_BACK[READ_BACK.index("... on") : -len(" } } }")]
UPDATE = f"""updateBusinessApplication(id: "none", data: {{}}, reason: "r") {{
    ... on BusinessApplicationChanged {{ node {{ {READ_BACK} }} }} }}"""


def test_mutations_count_together_and_none_is_made_of_a_request_beyond_the_limits(memory: Asking) -> None:
    before = memory.twin.ledger.sequence()
    few = limited(memory, graphql_nodes=5)
    assert code_of(few, f"mutation {{ {DELETE} }}") is None, "what is not there is told, in the answer"
    assert code_of(few, f"mutation {{ a: {DELETE} b: {DELETE} }}") == "GRAPHQL_NODES"
    cheap = limited(memory, query_cost_limit=1.0)
    assert code_of(cheap, f"mutation {{ {DELETE} }}") == "GRAPHQL_COST"
    assert code_of(cheap, 'mutation { createTeam(data: {name: "New"}, reason: "r") { __typename } }') == "GRAPHQL_COST"
    assert memory.twin.ledger.sequence() == before


def test_what_a_mutation_reads_back_is_reckoned_before_it_is_made(memory: Asking) -> None:
    before = memory.twin.ledger.sequence()
    assert code_of(memory.schema, f"mutation {{ {UPDATE} }}") == "GRAPHQL_NODES"
    assert memory.twin.ledger.sequence() == before
    allowed = UPDATE.replace("first: 500", "first: 5")
    assert code_of(memory.schema, f"mutation {{ {allowed} }}") is None


def test_a_mutation_is_not_begun_once_the_time_is_up(memory: Asking) -> None:
    late = limited(memory, graphql_time_s=1e-9)
    assert code_of(late, f"mutation {{ {DELETE} }}") == "GRAPHQL_TIME"


def test_a_cost_bomb_in_cypher_is_refused_before_the_graph_is_asked(memory: Asking) -> None:
    schema = limited(memory, query_cost_limit=10_000.0)
    memory.repository.asked.clear()
    bomb = "MATCH (a), (b), (c), (d) RETURN count(*)"
    assert code_of(schema, f'{{ cypher(query: "{bomb}") }}') == "TOO_COSTLY"
    assert memory.repository.asked == []


@pytest.mark.parametrize("pattern", ["'(a+)+$'", "$p"])
def test_a_regular_expression_that_explodes_is_refused_before_the_graph_is_asked(memory: Asking, pattern: str) -> None:
    memory.repository.asked.clear()
    text = f"MATCH (n:Server) WHERE n.name =~ {pattern} RETURN n.id"
    answer = "query ($q: String!, $p: JSON) { cypher(query: $q, parameters: $p) }"
    assert memory.code(answer, q=text, p={"p": "(.*a){12}(x*)*$"}) == "REGEX_TOO_COSTLY"
    assert memory.repository.asked == []


def test_time_is_for_the_whole_request() -> None:
    now = [0.0]
    budget = RequestBudget(load_settings(graphql_time_s=10), is_told=True, timer=lambda: now[0])
    now[0] = 7.5
    assert budget.left() == 2.5
    now[0] = 10.0
    with pytest.raises(RequestTimeError, match="10 s"):
        budget.left()


def test_fields_after_the_time_is_up_are_refused(memory: Asking) -> None:
    schema = limited(memory, graphql_time_s=1e-9)
    memory.repository.asked.clear()
    result = schema.execute_sync("{ servers { count } catalogue { name } }")
    assert [(error.extensions or {})["code"] for error in result.errors or ()] == ["GRAPHQL_TIME"]
    assert memory.repository.asked == []


def test_a_closed_schema_tells_nothing_of_itself(memory: Asking) -> None:
    limits = replace(STANDARD, introspection="closed")
    shape = shape_of(memory.twin.schema)
    schema = TwinSchema(build_schema(shape), lambda _: GraphQLContext(shape, memory.services), limits)
    assert code_of(schema, INTROSPECTION) == "GRAPHQL_INTROSPECTION"
    assert code_of(schema, "{ servers { __typename count } }") is None
    for text in ("{ server { count } }", "{ servers(filtre: {}) { count } }", "{ servers { nodes { nam } } }"):
        result = schema.execute_sync(text)
        assert result.errors is not None
        assert "Did you mean" not in result.errors[0].message
    assert "Did you mean" in str(memory.schema.execute_sync("{ server { count } }").errors)


def test_the_schema_is_told_to_those_who_say_who_asks(memory: Asking) -> None:
    nobody = limited(memory, NOBODY)
    assert code_of(nobody, INTROSPECTION) == "GRAPHQL_INTROSPECTION"
    reader = limited(memory, Principal("ana", frozenset({"reader"}), None))
    assert code_of(reader, INTROSPECTION) is None


# --- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("limits")
    with (
        opened("networkx", schema, folder, small_estate(), {"graphql_body_bytes": 20_000}) as twin,
        served(twin, create_app(twin, follow=False)) as server,
    ):
        yield server


MODERN = {"Accept": "application/graphql-response+json, application/json;q=0.9"}


def test_a_refused_document_has_a_status_for_clients_that_know_of_it(server: Server) -> None:
    body = {"query": ROOTS}
    modern = server.http.post("/graphql", json=body, headers=MODERN)
    assert (modern.status_code, "data" in modern.json()) == (400, False)
    assert modern.headers["content-type"].startswith("application/graphql-response+json")
    usual = server.http.post("/graphql", json=body)
    assert (usual.status_code, usual.json()["data"]) == (200, None)
    assert modern.json()["errors"] == usual.json()["errors"]


@pytest.mark.parametrize(
    "body",
    [
        {"query": "query ($n: Int!) { servers(first: $n) { count } }", "variables": {"n": "many"}},
        {"query": "query A { servers { count } } query B { teams { count } }"},
        {"query": "query A { servers { count } }", "operationName": "B"},
    ],
)
def test_a_request_that_cannot_begin_has_a_status_too(server: Server, body: dict[str, Any]) -> None:
    modern = server.http.post("/graphql", json=body, headers=MODERN)
    assert (modern.status_code, "data" in modern.json()) == (400, False)
    assert modern.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION"


def test_an_answer_with_errors_of_fields_is_an_answer(server: Server) -> None:
    body = {"query": '{ servers { count } cypher(query: "nonsense") }'}
    modern = server.http.post("/graphql", json=body, headers=MODERN)
    assert (modern.status_code, modern.json()["data"]["cypher"]) == (200, None)
    assert len(modern.json()["errors"]) == 1


def test_requests_in_an_array_are_refused(server: Server) -> None:
    answer = server.http.post("/graphql", json=[{"query": "{ servers { count } }"}] * 2)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "GRAPHQL_BATCH")


def test_a_body_is_read_no_further_than_is_accepted(server: Server) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 1_000

    answer = server.http.post("/graphql", content=endless(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "GRAPHQL_BODY_SIZE")


@pytest.mark.parametrize("body", ["[" * 15_000, '"text"', "7", "null", "{", ""])
def test_a_body_that_is_no_request_is_refused(server: Server, body: str) -> None:
    answer = server.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    "media_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_could_send_is_refused(server: Server, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = server.http.post("/graphql", content=b'{"query": "{ servers { count } }"}', headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "GRAPHQL_MEDIA_TYPE")
