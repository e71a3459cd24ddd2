"""Checkpoints come by themselves after enough events, and go by policy."""

from __future__ import annotations

from pathlib import Path

from core.clock import clock_for
from core.settings import load_settings
from graph.history.checkpoints import Checkpoints
from services.ingestion import keep_checkpoint
from services.twin import open_ledger
from tests.graph.history.random_events import Estate, write


def test_one_is_made_when_enough_has_happened_since_the_last_and_the_newest_stay(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", now="2025-01-01")
    schema, ledger = open_ledger(settings)
    estate = Estate(1)
    made: list[int] = []
    try:
        for _ in range(14):
            write(ledger, estate, 1)
            sequence = ledger.sequence()
            keep_checkpoint(settings, sequence, after=10)
            if sequence - (made[-1] if made else 0) >= 10:
                made.append(sequence)
        found = Checkpoints(ledger, schema, settings.home, clock_for(settings.now)).all()
    finally:
        ledger.close()
    assert len(made) > 4
    assert [checkpoint.sequence for checkpoint in found] == made[-4:]
