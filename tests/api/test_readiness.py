"""A process that answers lives; a server that takes questions is ready, and says why where it is not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from api.deps import Services
from api.server import TwinServer
from core.errors import BackendUnavailableError
from graph.schema.model import Schema
from tests.api.apps import create_app
from tests.api.conftest import served
from tests.api.estate import created, opened, small_estate, write


@dataclass(slots=True)
class Away:
    """The real part, unless it is told to be away."""

    inner: Any
    error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        if self.error is not None:
            raise self.error
        return getattr(self.inner, name)


@dataclass(frozen=True, slots=True)
class Probed:
    services: Services
    http: httpx.Client
    app: Any

    def reason(self) -> str | None:
        """Why it is not ready, None where it is. It lives all the same, and tells nothing but the reason."""
        assert self.http.get("/health/live").json() == {"status": "live"}
        answer = self.http.get("/health/ready")
        if answer.status_code == 200:
            assert answer.json() == {"status": "ready"}
            return None
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], answer.headers["Retry-After"]) == (503, "NOT_READY", "5")
        assert error["details"].keys() == {"reason", "retry_after_s"}
        assert "bolt" not in answer.text
        assert not any(character.isdigit() for character in error["message"] + error["hint"])
        return str(error["details"]["reason"])


@pytest.fixture
def probed(schema: Schema, tmp_path: Any) -> Iterator[Probed]:
    with opened("networkx", schema, tmp_path, small_estate()) as twin:
        app = create_app(twin, follow=False)
        with served(twin, app) as server:
            yield Probed(app.state.services, server.http, app)


def test_a_server_is_ready_while_its_graph_follows_a_load(probed: Probed) -> None:
    twin, changes = probed.services.twin, probed.services.changes
    assert probed.reason() is None
    changes.publish(twin.repository.watermark())
    write(twin.ledger, [created("Team", "Nouvelle")], fingerprint="later")
    assert twin.ledger.sequence() > twin.repository.watermark()
    assert probed.reason() is None


def test_a_graph_that_is_projected_anew_is_not_ready_until_it_is_whole(probed: Probed) -> None:
    twin = probed.services.twin
    probed.services.changes.publish(twin.repository.watermark())
    twin.repository.reset()
    assert probed.reason() == "projection"
    twin.catch_up()
    assert probed.reason() is None


def test_a_graph_that_this_server_never_saw_up_to_date_is_not_ready(probed: Probed) -> None:
    twin = probed.services.twin
    write(twin.ledger, [created("Team", "Nouvelle")], fingerprint="later")
    assert probed.reason() == "projection"
    probed.services.changes.publish(twin.catch_up())
    assert probed.reason() is None


def test_a_backend_and_a_ledger_that_are_away_are_said_so_and_nothing_else(probed: Probed) -> None:
    twin = probed.services.twin
    backend, ledger = Away(twin.repository), Away(twin.ledger)
    twin.repository = backend
    twin.ledger = ledger  # type: ignore[assignment]
    try:
        backend.error = BackendUnavailableError("nobody answers at bolt://10.1.2.3:7687", where="JUMEAU_BACKEND")
        assert probed.reason() == "backend"
        ledger.error = OperationalError("SELECT 1", {}, OSError("bolt"))
        assert probed.reason() == "ledger"
        backend.error = ledger.error = None
        assert probed.reason() is None
    finally:
        twin.repository, twin.ledger = backend.inner, ledger.inner


def test_a_server_that_is_told_to_stop_is_not_ready_and_still_answers(probed: Probed) -> None:
    server = TwinServer(
        probed.app, log_level="critical", stop_s=3600, message_bytes=1, told=probed.services.readiness.leave
    )
    assert probed.reason() is None
    server.handle_exit(signal.SIGTERM, None)
    for waiting in threading.enumerate():
        if isinstance(waiting, threading.Timer) and waiting.interval == 3600:
            waiting.cancel()  # what would end this process where it is overdue
    assert probed.reason() == "stopping"
    assert probed.http.post("/api/query", json={"query": "RETURN 1 AS one"}).json()["rows"] == [[1]]
