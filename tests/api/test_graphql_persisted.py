"""Documents by their hash, lists of documents, and who may ask from where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from graphql import GraphQLField, GraphQLInt, GraphQLObjectType, GraphQLSchema

from api.audit import AuditMiddleware
from api.deps import SERVICES, Services, asking_graphql
from api.graphql.context import GraphQLContext
from api.graphql.persisted import PersistedDocuments, digest, read_documents
from api.graphql.router import TwinRouter
from api.graphql.schema import TwinSchema
from api.graphql.shape import Shape
from core.errors import ConfigurationError
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from tests.api.apps import create_app
from tests.api.conftest import Asking, Server, served
from tests.api.estate import opened, small_estate
from tests.services.access.conftest import CHEAP, PASSWORD, MovedClock

COUNT = "{ servers { count } }"
NAMES = "query Names { teams(orderBy: {name: ASC}) { nodes { name } } }"
SITE = "https://portal.example"


def persisted(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}


def code(answer: httpx.Response) -> str | None:
    content = answer.json()
    if "error" in content:
        return str(content["error"]["code"])
    return str(content["errors"][0]["extensions"]["code"]) if "errors" in content else None


Start = Callable[..., Server]


@pytest.fixture
def start(schema: Schema, tmp_path: Path) -> Iterator[Start]:
    """Starts a server on the small estate with further settings."""
    with ExitStack() as running:

        def start(keeper: bool = False, **settings: object) -> Server:
            twin = running.enter_context(opened("networkx", schema, tmp_path, small_estate(), settings))
            doorkeeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP) if keeper else None
            app = create_app(twin, follow=False, doorkeeper=doorkeeper)
            return running.enter_context(served(twin, app))

        yield start


def test_a_document_that_was_told_once_is_known_by_its_hash(start: Start) -> None:
    http = start().http
    asked = {"extensions": persisted(COUNT)}
    unknown = http.post("/graphql", json=asked)
    assert (unknown.status_code, code(unknown)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert http.post("/graphql", json={"query": COUNT, **asked}).json()["data"] == {"servers": {"count": 24}}
    assert http.post("/graphql", json=asked).json()["data"] == {"servers": {"count": 24}}
    parameters = {"extensions": orjson.dumps(asked["extensions"]).decode()}
    by_link = http.get("/graphql", params=parameters, headers={"Accept": "application/json"})
    assert by_link.json()["data"] == {"servers": {"count": 24}}
    assert http.get("/graphql", params=parameters).json()["data"] == {"servers": {"count": 24}}


@pytest.mark.parametrize(
    "extensions",
    [
        pytest.param(persisted(NAMES), id="of another text"),
        pytest.param({"persistedQuery": {"version": 1, "sha256Hash": "abc"}}, id="too short"),
        pytest.param({"persistedQuery": {"version": 1, "sha256Hash": digest(COUNT).upper()}}, id="in capitals"),
        pytest.param({"persistedQuery": {"version": 2, "sha256Hash": digest(COUNT)}}, id="of another version"),
        pytest.param({"persistedQuery": {"version": 1}}, id="missing"),
        pytest.param({"persistedQuery": digest(COUNT)}, id="no object"),
    ],
)
def test_a_wrong_hash_is_refused(start: Start, extensions: dict[str, Any]) -> None:
    answer = start().http.post("/graphql", json={"query": COUNT, "extensions": extensions})
    assert code(answer) == "PERSISTED_QUERY_HASH"


def test_what_cannot_run_is_not_kept(start: Start) -> None:
    http = start().http
    for text in ("{ nonsense }", "{ servers", "{ a: servers { nodes { " + "name " * 3_000 + "} } }"):
        http.post("/graphql", json={"query": text, "extensions": persisted(text)})
        assert code(http.post("/graphql", json={"extensions": persisted(text)})) == "PERSISTED_QUERY_NOT_FOUND"


def test_what_is_kept_is_bounded_and_the_least_used_goes() -> None:
    documents = PersistedDocuments(most_bytes=300)
    texts = [f"{{ servers(first: {n}) {{ count }} }}".ljust(100) for n in range(100)]
    for text in texts:
        documents.keep(text, persisted(text))
        assert documents.text(None, persisted(text), is_free=True) == text
        if text is not texts[0]:
            assert documents.text(None, persisted(texts[0]), is_free=True) == texts[0]
        assert documents.bytes <= 300
    documents.keep("x" * 301, persisted("x" * 301))
    assert documents.bytes <= 300


def test_only_registered_documents_are_answered_to_who_may_not_ask_freely(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_bytes(orjson.dumps({digest(COUNT): COUNT, "sha256:" + digest(NAMES): NAMES}))
    server = start(keeper=True, graphql_documents=file, graphql_registered_only=True)
    people = Doorkeeper(server.twin.ledger, MovedClock(), hasher=CHEAP)

    def header(role: str, **options: Any) -> dict[str, str]:
        name = f"{role}{len(options)}".replace("_", "-")
        account = people.accounts.create(name, PASSWORD, [role], None, by="test")
        secret, _ = people.tokens.issue(account, timedelta(hours=1), **options)
        return {"Authorization": f"Bearer {secret}"}

    def ask(body: dict[str, Any], headers: dict[str, str], path: str = "/graphql") -> httpx.Response:
        return server.http.post(path, json=body, headers=headers)

    reader, owner = header("reader"), header("owner")
    free = "{ servers { nodes { name } } }"
    assert ask({"query": COUNT}, reader).json()["data"] == {"servers": {"count": 24}}
    assert len(ask({"extensions": persisted(NAMES)}, reader).json()["data"]["teams"]["nodes"]) == 3
    assert code(ask({"query": free}, reader)) == "DOCUMENT_NOT_REGISTERED"
    assert code(ask({"query": free, "extensions": persisted(free)}, reader)) == "DOCUMENT_NOT_REGISTERED"
    assert code(ask({"query": free, "extensions": persisted(free)}, owner)) is None
    assert code(ask({"extensions": persisted(free)}, reader)) == "DOCUMENT_NOT_REGISTERED", "that others told"
    assert code(ask({"query": free}, header("administrator", actions=["read"]))) == "DOCUMENT_NOT_REGISTERED"
    cypher = {"query": "MATCH (n:Team) RETURN count(n)"}
    assert (ask(cypher, reader, "/api/query").status_code, ask(cypher, owner, "/api/query").status_code) == (403, 200)
    for wanted in (cypher, {"selection": {"kinds": ["Team"]}}):
        file_of = {**wanted, "format": "jsonl"}
        assert [ask(file_of, who, "/api/exports").status_code for who in (reader, owner)] == [403, 200]
    named = {"catalogue": "servers_not_restarted", "format": "jsonl"}
    assert ask(named, reader, "/api/exports").status_code == 200


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b'{"abc": "{ servers { count } }"}', orjson.dumps({digest(COUNT): NAMES})]
)
def test_a_list_of_documents_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "documents.json"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError):
        read_documents(file)


def test_registered_documents_only_need_a_list(schema: Schema, tmp_path: Path) -> None:
    with (
        opened("networkx", schema, tmp_path, more={"graphql_registered_only": True}) as twin,
        pytest.raises(ConfigurationError, match="no list"),
    ):
        create_app(twin, follow=False)


# --- by which way, and from where ---------------------------------------------------------------------------------------


@pytest.fixture
def changing(memory: Asking) -> Iterator[tuple[Server, list[int]]]:
    """A server with a mutation, and how often it was carried out."""
    done: list[int] = []

    def add(*_: object) -> int:
        done.append(1)
        return len(done)

    query = GraphQLObjectType("Query", {"number": GraphQLField(GraphQLInt, resolve=lambda *_: len(done))})
    built = GraphQLSchema(query, GraphQLObjectType("Mutation", {"add": GraphQLField(GraphQLInt, resolve=add)}))
    shape = Shape(memory.twin.schema)
    app = FastAPI()
    services = app.state.services = Services.of(memory.twin)
    app.add_middleware(AuditMiddleware, recorder=services.recorder, settings=memory.twin.settings)
    schema = TwinSchema(built, lambda asked: GraphQLContext(shape, asked[SERVICES]))
    app.include_router(TwinRouter(schema, memory.twin.settings, path="/graphql", context_getter=asking_graphql))
    with served(memory.twin, app) as server:
        yield server, done


@pytest.mark.parametrize("with_hash", [False, True])
def test_a_link_changes_nothing(changing: tuple[Server, list[int]], with_hash: bool) -> None:
    server, done = changing
    text = "mutation { add }"
    assert server.post("/graphql", {"query": text, "extensions": persisted(text)}).json()["data"] == {"add": 1}
    known = {"extensions": orjson.dumps(persisted(text)).decode()} if with_hash else {"query": text}
    answer = server.get("/graphql", params=known)
    assert (answer.status_code, code(answer), answer.headers["allow"]) == (405, "GRAPHQL_METHOD", "POST")
    both = {"query": "query Q { number } mutation M { add }", "operationName": "M"}
    assert server.get("/graphql", params=both).status_code == 405
    assert server.get("/graphql", params={**both, "operationName": "Q"}).json()["data"] == {"number": 1}
    assert done == [1]


def test_pages_of_other_sites_may_not_ask(start: Start) -> None:
    http = start().http
    own = str(http.base_url).rstrip("/")
    for headers in ({"Origin": SITE}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        posted = http.post("/graphql", json={"query": COUNT}, headers=headers)
        linked = http.get("/graphql", params={"query": COUNT}, headers=headers)
        assert [(answer.status_code, code(answer)) for answer in (posted, linked)] == [(403, "ORIGIN_REFUSED")] * 2
    assert http.post("/graphql", json={"query": COUNT}, headers={"Origin": own}).status_code == 200
    preflight = http.options("/graphql", headers={"Origin": SITE, "Access-Control-Request-Method": "POST"})
    assert "access-control-allow-origin" not in preflight.headers


def test_pages_of_named_sites_may_ask(start: Start) -> None:
    http = start(allowed_origins=(SITE,)).http
    preflight = http.options(
        "/graphql",
        headers={
            "Origin": SITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, SITE)
    assert "access-control-allow-credentials" not in preflight.headers
    answer = http.post("/graphql", json={"query": COUNT}, headers={"Origin": SITE})
    assert (answer.json()["data"], answer.headers["access-control-allow-origin"]) == ({"servers": {"count": 24}}, SITE)
    other = http.post("/graphql", json={"query": COUNT}, headers={"Origin": "https://portal.example.evil"})
    assert (other.status_code, other.headers.get("access-control-allow-origin")) == (403, None)
