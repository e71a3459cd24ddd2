"""A server that dies while it loads what was sent to it: the next one tells so, and the load goes on where it stopped."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import pytest

from tests.acceptance.console import Console
from tests.acceptance.server import started
from tests.api.loading import ROWS, Loading, sites
from tests.patience import PATIENCE_S


@pytest.mark.nightly  # two servers: a restart in order is in tests/api/test_ingestions.py, every time
def test_a_load_whose_server_was_killed_goes_on_with_the_next_one(tmp_path: Path) -> None:
    console = Console(tmp_path, {"JUMEAU_BATCH_ROWS": "2"})
    with started(console) as (process, url), httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
        loading = Loading(http)
        job = loading.sent(sites())
        loading.start(job)
        first = next(event for event in loading.events(job) if event.type == "progress" and event.data["rows"])
        process.kill()
        process.communicate()
    assert first.data["rows"] < ROWS
    with started(console) as (process, url), httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as http:
        loading = Loading(http)
        cut = loading.see(job)
        assert (cut["state"], cut["error"]["code"], cut["may_start"]) == ("interrupted", "JOB_INTERRUPTED", True)
        assert loading.start(job).status_code == 202
        done = loading.ended(job)
        assert (done["state"], done["report"]["resumed"], done["run"]) == ("complete", True, first.data["run"])
        assert done["report"]["counters"]["created"] == ROWS
        answer = http.post("/api/query", json={"query": "MATCH (s:Site) RETURN count(*) AS n"}).json()
        assert (answer["rows"], answer["sequence"]) == ([[ROWS]], done["graph_sequence"])
        watching = loading.events(loading.open())
        assert next(watching).data == {"state": "open"}
        process.send_signal(signal.SIGTERM)
        assert [event for event in watching if event.type] == [], "the stream ends with the server"
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
