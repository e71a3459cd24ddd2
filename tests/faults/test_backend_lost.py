"""While the graph backend cannot be reached, questions are answered from the ledger, and the answers say so (R116)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.errors import BackendUnavailableError, StoreLockedError
from core.principal import LOCAL_OPERATOR
from core.settings import Settings, load_settings
from graph.registry import open_backend
from graph.schema.model import Schema
from services.ingestion import ingest
from services.lost_backend import LostBackend
from services.query import QueryService
from services.twin import backend_options, open_twin
from tests.acceptance.console import Console
from tests.acceptance.server import serving
from tests.patience import PATIENCE_S, until

pytestmark = pytest.mark.faults

NAMES = "MATCH (t:Team) RETURN t.name AS name ORDER BY name"


@pytest.fixture
def nowhere() -> Iterator[str]:
    """The address of a database that is not there: a port that is taken, and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"bolt://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(home=tmp_path / "home", backend="embedded", now="2025-01-01")
    load(made, tmp_path, "Network", "Systems")
    return made


def load(settings: Settings, folder: Path, *teams: str) -> None:
    export = folder / "export"
    export.mkdir(exist_ok=True)
    (export / "Team.csv").write_text("key,name\n" + "".join(f"{team},{team}\n" for team in teams))
    (export / "Perimeter.csv").write_text("key,name\nP,Paiements\n")
    (export / "relations").mkdir(exist_ok=True)
    (export / "relations" / "IN_PERIMETER.csv").write_text("from_kind,from,to_kind,to\nTeam,Systems,Perimeter,P\n")
    ingest(settings, "csv", export)


def test_a_question_is_answered_while_the_store_is_locked_and_by_the_store_again_afterwards(settings: Settings) -> None:
    with open_twin(settings) as holder:
        alone = QueryService(holder).cypher(NAMES)
        with pytest.raises(StoreLockedError), open_twin(settings):
            pass
        with open_twin(settings, to_ask=True) as twin:
            queries = QueryService(twin)
            answer = queries.cypher(NAMES).answer
            assert isinstance(twin.repository, LostBackend)
            assert answer.rows == alone.answer.rows == [("Network",), ("Systems",)]
            assert (answer.engine, answer.sequence) == ("fallback", holder.ledger.sequence())
            (note,) = answer.notes
            assert "the graph backend is lost" in note
            assert f"snapshot of the ledger at {answer.sequence}" in note
            holder.close()
            wait_until_back(twin.repository)
            again = queries.cypher(NAMES).answer
            assert (again.rows, again.engine, again.notes) == (answer.rows, "native", ())


def wait_until_back(repository: LostBackend) -> None:
    def is_back() -> bool:
        try:
            repository.watermark()
        except StoreLockedError:
            return False
        return True

    until(is_back)


def test_a_restricted_asker_sees_no_more_while_the_backend_is_lost(settings: Settings) -> None:
    asker = LOCAL_OPERATOR.narrowed(["Paiements"])
    with open_twin(settings), open_twin(settings, to_ask=True) as twin:
        answer = QueryService(twin).cypher(NAMES, principal=asker).answer
    assert (answer.rows, answer.engine) == ([("Systems",)], "fallback")


def test_the_last_snapshot_answers_for_a_while_though_the_ledger_goes_on(
    settings: Settings, schema: Schema, tmp_path: Path
) -> None:
    with open_twin(settings) as holder, open_twin(settings, to_ask=True) as twin:
        queries = QueryService(twin)
        first = queries.cypher(NAMES).answer
        elsewhere = settings.model_copy(update={"backend": "networkx"})
        load(elsewhere, tmp_path, "Network", "Systems", "Storage")
        later = queries.cypher(NAMES)
        assert (later.answer.rows, later.answer.sequence) == (first.rows, first.sequence)
        assert later.ledger_sequence == holder.ledger.sequence() > first.sequence
        fresh = QueryService(twin).cypher(NAMES).answer
        assert ("Storage",) in fresh.rows


def test_a_database_that_is_down_is_said_so_by_command_and_answer(
    settings: Settings, schema: Schema, nowhere: str
) -> None:
    with pytest.raises(BackendUnavailableError):
        open_backend(nowhere, schema, backend_options(settings))
    answer = Console(settings.home, {"JUMEAU_NEO4J_PASSWORD": "secret"}).json("query", "--backend", nowhere, NAMES)
    assert (answer["rows"], answer["backend"], answer["engine"]) == ([["Network"], ["Systems"]], "neo4j", "fallback")
    assert answer["sequence"] == answer["ledger_sequence"]
    assert any("the graph backend is lost" in note for note in answer["notes"])


def test_a_server_whose_store_is_elsewhere_starts_answers_and_follows_once_it_can(settings: Settings) -> None:
    console = Console(settings.home)
    with open_twin(settings) as holder, serving(console) as address:
        with httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE_S) as client:
            answer = client.post("/api/query", json={"query": NAMES}).json()
            selected = client.post("/graphql", json={"query": "{ teams { nodes { name } } }"}).json()
            health = client.get("/health")
            assert (answer["rows"], answer["engine"]) == ([["Network"], ["Systems"]], "fallback")
            assert any("the graph backend is lost" in note for note in answer["notes"])
            assert {team["name"] for team in selected["data"]["teams"]["nodes"]} == {"Network", "Systems"}
            assert (health.status_code, health.json()["error"]["code"]) == (503, "STORE_LOCKED")
            ready = client.get("/health/ready")
            assert (ready.status_code, ready.json()["error"]["details"]["reason"]) == (503, "backend")
            assert client.get("/health/live").json() == {"status": "live"}
            holder.repository.close()
            until(lambda: client.get("/health").status_code == 200)
            assert client.get("/health/ready").json() == {"status": "ready"}
            again = client.post("/api/query", json={"query": NAMES}).json()
        assert (again["rows"], again["engine"], again["notes"]) == (answer["rows"], "native", [])
