"""Secrets that stand out are carried through every door, right and wrong ones: none of them is in an answer, a log or the trail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.app import describe_rest
from core.log import configure_logging
from graph.schema.model import Schema
from services.access.doorkeeper import Doorkeeper
from services.twin import Twin
from tests.api.apps import create_app
from tests.api.estate import opened, small_estate
from tests.security.doors.asking import Client
from tests.services.access.conftest import CHEAP, MovedClock

CANARY = "kanarienvogel-7713"
PASSWORD = f"a long {CANARY} password"
SETTINGS = {
    "neo4j_password": f"{CANARY}-neo4j",
    "metrics_token": f"{CANARY}-metrics-0123456789abcdef0123456789",
    "personal_secret": f"{CANARY}-personal-0123456789abcdef0123456789abcdef",
}


@pytest.fixture
def twin(schema: Schema, tmp_path: Path) -> Iterator[Twin]:
    with opened("networkx", schema, tmp_path, small_estate(), SETTINGS) as twin:
        yield twin


def bodies(path: str) -> list[Any]:
    """What is sent to a route: nothing, something wrong, and what carries a secret where it does not belong."""
    wrong = {"name": "ana", "password": f"{CANARY}-wrong", "query": "RETURN nonsense(", "nonsense": 1}
    return [None, {}, wrong] if "sign-in" not in path else [{"name": "ana", "password": PASSWORD}, wrong]


def test_no_secret_leaves(twin: Twin, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("DEBUG", "json")
    keeper = Doorkeeper(twin.ledger, MovedClock(), hasher=CHEAP)
    account = keeper.accounts.create("ana", PASSWORD, ["administrator"], None, by="test")
    token, _ = keeper.tokens.issue(account, timedelta(hours=1))
    app = create_app(twin, follow=False, doorkeeper=keeper)
    client, told, asked = Client(app), list[str](), 0
    askers = (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Bearer jmo_{CANARY}"},
        {"Authorization": f"Basic {CANARY}"},
    )
    try:
        for path, methods in describe_rest()["paths"].items():
            for method in methods:
                for headers in askers:
                    for body in bodies(path):
                        filled = path.replace("{name}", "nothing").replace("{id}", "nothing")
                        answer = client.request(method.upper(), filled, json=body, headers=headers)
                        told.append(f"{answer.status_code} {answer.text} {dict(answer.headers)}")
                        asked += 1
        for text in ("{ servers { count } }", "{ nonsense }", "{ audit { entries { asked } } }", "{ health { lag } }"):
            for headers in askers:
                told.append(client.request("POST", "/graphql", json={"query": text}, headers=headers).text)
        app.state.services.recorder.start()
        app.state.services.recorder.settled()
    finally:
        app.state.services.recorder.close()
        app.state.services.moments.close()
        client.close()
        configure_logging("CRITICAL")
    logged = capsys.readouterr()
    told += [logged.out, logged.err, repr(twin.settings)]
    secrets = [PASSWORD, CANARY, token]
    assert asked >= 80
    assert [text[:200] for text in told for secret in secrets if secret in text] == []
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    found = [(path.name, secret) for path in kept for secret in secrets if secret.encode() in path.read_bytes()]
    assert found == []


def test_what_people_ask_is_in_no_log_and_in_no_file(
    twin: Twin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer may repeat a question to whoever asked it; nothing that is kept does, understood or not."""
    question = f"Combien de serveurs s'appellent {CANARY} ?"
    broken = f"MATCH (n:Server {{name: '{CANARY}'}}) RETURN nonsense(n)"
    messages = [{"role": "system", "content": CANARY}, {"role": "user", "content": question}]
    asked: list[tuple[str, Any]] = [
        ("/api/ask", {"question": question, "after": [f"Qui possède {CANARY} ?"]}),
        ("/api/ask", {"question": CANARY, "understood": {"body": CANARY}, "after": ["x"]}),
        ("/v1/chat/completions", {"messages": messages, "stream": True}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": CANARY}], "user": CANARY}),
        ("/graphql", {"query": "query ($q: String!) { ask(question: $q) { answer } }", "variables": {"q": question}}),
        ("/graphql", {"query": f'{{ ask(question: "{CANARY}") {{ nonsense }} }}'}),
        ("/api/query", {"query": broken}),
        ("/api/query", {"query": "MATCH (n:Server) WHERE n.name = $x RETURN n.name", "parameters": {"x": CANARY}}),
        ("/api/exports", {"query": broken, "format": "csv"}),
        ("/api/catalogue/downstream_impact", {"parameters": {"ci": CANARY}}),
    ]
    configure_logging("DEBUG", "json")
    app = create_app(twin, follow=False)
    client = Client(app)
    try:
        statuses = [client.request("POST", path, json=body).status_code for path, body in asked]
        app.state.services.recorder.start()
        app.state.services.recorder.settled()
    finally:
        app.state.services.recorder.close()
        app.state.services.moments.close()
        client.close()
        configure_logging("CRITICAL")
    assert {200, 400} <= set(statuses)
    assert max(statuses) < 500
    logged = capsys.readouterr()
    assert '"event": "request"' in logged.out + logged.err
    assert CANARY not in logged.out + logged.err
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if CANARY.encode() in path.read_bytes()] == []
