"""Traces through the road of a question, received as a collector receives them; and no values in traces or logs."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from core.errors import ConfigurationError
from services.rendezvous import running_server
from services.telemetry.traces import traces_for
from tests.acceptance.console import Console
from tests.cli.here import Here
from tests.conftest import ROOT
from tests.patience import PATIENCE_S

SECRETS = ("value-4711", "literal-4712", "horse battery staple", "wrong-password-4713", "jmo_forged4714")


@dataclass(slots=True)
class Collector:
    """What arrived over OTLP."""

    url: str
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)

    def spans(self) -> list[Any]:
        return [
            span for request in self.requests for r in request.resource_spans for s in r.scope_spans for span in s.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A receiver of OTLP over HTTP on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield received
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass(frozen=True, slots=True)
class Watched:
    """A server whose log is read, and what it answered."""

    log: str
    errors: list[str]


@pytest.fixture
def watched(tmp_path: Path, collector: Collector) -> Watched:
    """`jumeau serve` for people who sign in, logging all that it can, asked well and badly; ended."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "Team.csv").write_text("key,name\nT1,socle\n", encoding="utf-8")
    variables = {
        "JUMEAU_ACCESS": "accounts",
        "JUMEAU_LOG_LEVEL": "DEBUG",
        "JUMEAU_LOG_FORMAT": "json",
        "PASSWORD_OF_ANA": SECRETS[2],
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }
    console = Console(tmp_path / "home", variables)
    here = Here(console)
    here.json("ingest", str(source), "--source", "csv")
    arguments = ("--role", "administrator", "--whole-estate", "--password-env", "PASSWORD_OF_ANA")
    assert here.run("account", "create", "ana", *arguments).returncode == 0
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "serve", "--port", "0"], cwd=ROOT, env=console.variables(), stderr=log
        )
        try:
            deadline = time.monotonic() + PATIENCE_S
            while (found := running_server(console.home)) is None:
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
            errors = _asked(found.url)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
    return Watched((tmp_path / "log").read_text(), errors)


def _asked(url: str) -> list[str]:
    """Ask a server through its doors; the texts of the refusals that concern who asks."""
    with httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
        refused = [
            http.post("/api/sign-in", json={"name": "ana", "password": SECRETS[3]}),
            http.post("/api/query", json={"query": "RETURN 1 AS n"}, headers={"Authorization": f"Bearer {SECRETS[4]}"}),
            http.post("/api/sign-in", json={"name": ["ana"], "password": SECRETS[2]}),
        ]
        assert [answer.status_code for answer in refused] == [401, 401, 422]
        secret = http.post("/api/sign-in", json={"name": "ana", "password": SECRETS[2]}).json()["secret"]
        http.headers["Authorization"] = f"Bearer {secret}"
        text = f"MATCH (t:Team) WHERE t.name <> $n AND t.name <> '{SECRETS[1]}' RETURN t.name AS name"
        values = {"n": SECRETS[0]}
        answer = http.post("/api/query", json={"query": text, "parameters": values})
        assert answer.json()["rows"] == [["socle"]]
        failing = f"MATCH (t:Team) WHERE t.name <> '{SECRETS[1]}' RETURN toInteger($n) / 0 AS n, date($n) AS d"
        for body in ({"query": failing, "parameters": values}, {"query": f"RETURN '{SECRETS[1]}' AS"}):
            assert http.post("/api/query", json=body).status_code == 400
        http.get("/graphql", params={"query": f'{{ teams(filter: {{name: {{eq: "{SECRETS[0]}"}}}}) {{ count }} }}'})
        export = http.post("/api/exports", json={"format": "csv", "query": text, "parameters": values})
        assert export.text == "name\r\nsocle\r\n"
        assert http.get("/metrics").status_code == 200
    return [*(answer.text for answer in refused), secret]


def test_the_road_is_traced_and_no_secret_or_value_leaves(watched: Watched, collector: Collector) -> None:
    *refusals, token = watched.errors
    spans = collector.spans()
    names = [span.name for span in spans]
    assert {"POST query", "POST export", "question", "prepare", "guard", "run", "rows"} <= set(names)
    by_id = {span.span_id: span for span in spans}
    answered = next(s for s in spans if s.name == "question" and _told(s)["jumeau.outcome"] == "answered")
    assert by_id[answered.parent_span_id].name == "POST query"
    assert [s.name for s in spans if s.parent_span_id == answered.span_id] == ["prepare", "guard", "run"]
    assert _told(answered)["jumeau.rows"] == 1
    assert len(str(_told(answered)["jumeau.query.digest"])) == 16
    assert any(_told(span).get("jumeau.code") for span in spans if span.name == "question")
    assert all(not span.events for span in spans)
    traced = "".join(request.SerializeToString().decode("latin-1") for request in collector.requests)
    assert '"event": "request"' in watched.log
    assert "/api/exports" in watched.log
    for secret in (*SECRETS, token):
        assert secret not in watched.log, secret
        assert secret not in traced, secret
        assert secret not in "".join(refusals), secret


def _told(span: Any) -> dict[str, Any]:
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


def test_traces_are_off_unless_they_are_asked_for() -> None:
    assert traces_for(None, {}) is None
    assert traces_for(False, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}) is None


def test_traces_without_their_packages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigurationError, match=r"jumeau\[traces\]"):
        traces_for(True, dict(os.environ))
