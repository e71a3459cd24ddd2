"""A server that is killed leaves a whole trail: every change is in it, and what had begun is told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest

from services.audit.entry import Outcome
from services.audit.trail import Trail, Wanted, audit_url
from services.rendezvous import running_server
from tests.acceptance.console import Console
from tests.acceptance.server import serving
from tests.patience import PATIENCE_S, until

pytestmark = pytest.mark.faults


def test_a_killed_server_leaves_every_change_in_a_trail_that_is_whole(tmp_path: Path) -> None:
    home = tmp_path / "home"
    console = Console(home, {"JUMEAU_BACKEND": "embedded"})
    made: list[str] = []
    with serving(console) as url:
        found = running_server(home)
        assert found is not None
        for number in range(5):
            httpx.post(
                f"{url}/api/query", json={"query": "MATCH (n) RETURN count(n)"}, timeout=PATIENCE_S
            ).raise_for_status()
            name = f"plan-{number}"
            httpx.post(f"{url}/api/branches", json={"name": name}, timeout=PATIENCE_S).raise_for_status()
            made.append(name)
        os.kill(found.pid, signal.SIGKILL)
        until(lambda: running_server(home) is None)
    trail = Trail(audit_url(f"sqlite:///{home / 'ledger.db'}"))
    try:
        assert trail.verify().whole
        entries = [recorded.entry for recorded in trail.page(Wanted(door="POST /api/branches"))]
        for outcome in (Outcome.BEGUN, Outcome.ANSWERED):
            assert sum(entry.outcome is outcome for entry in entries) == len(made)
        assert {entry.target for entry in entries if entry.outcome is Outcome.ANSWERED} == set(made)
        questions = trail.page(Wanted(door="POST /api/query"))
        assert len(questions) == 5, "what waits is written with the next change"
        (serve,) = trail.page(Wanted(door="console serve"))
        assert trail.unfinished() == [serve.number]
    finally:
        trail.close()
    done = console.run("audit", "verify")
    assert done.returncode == 0, done.stderr
    assert f"not ended: {serve.number}" in done.stderr
