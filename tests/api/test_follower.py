"""A follower tells when it has applied something, and when nothing more came of it."""

from __future__ import annotations

from pathlib import Path
from queue import Queue

from api.follower import LedgerFollower
from core.settings import load_settings
from ingest.job import IngestJob
from services.twin import open_ledger, open_twin

PATIENCE_S = 30


def test_a_follower_says_once_that_all_is_quiet_after_a_load(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", backend="networkx", now="2025-01-01")
    (tmp_path / "Team.csv").write_text("key,name\nT1,team one\n")
    told: Queue[int | str] = Queue()
    with open_twin(settings) as twin:
        schema, ledger = open_ledger(settings)
        try:
            IngestJob(schema, ledger, actor="tester").run("csv", tmp_path)
            loaded = ledger.sequence()
        finally:
            ledger.close()
        follower = LedgerFollower(twin, poll_s=0.01, applied=told.put, quiet=lambda: told.put("quiet"))
        follower.start()
        try:
            heard = [told.get(timeout=PATIENCE_S)]
            while heard[-1] != "quiet":
                heard.append(told.get(timeout=PATIENCE_S))
        finally:
            follower.stop()
        assert heard[-2:] == [loaded, "quiet"]
        assert told.empty(), "it is said once"
