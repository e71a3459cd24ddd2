"""A process that is killed while rows move from tier to tier leaves the batch before, whole, and can go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from tests.conftest import NIGHTLY, ROOT
from tests.graph.history.random_events import Estate
from tests.graph.history.tiered import answers, check_tiers

pytestmark = pytest.mark.faults

SEED, BATCHES, SIZE, STEP = 5, 40, 8, 6
COPIED, MOVED = "ledger.tier.copied", "ledger.tier.moved"
EVERY = [(moment, visit) for moment in (COPIED, MOVED) for visit in (1, 2, 5, 9, 40, 111, 160, 200)]
MOMENTS = EVERY if NIGHTLY else [(COPIED, 111), (MOVED, 5)]
FILL = """
import sys
from datetime import UTC, datetime
from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.load import load_schema
from tests.faults.test_tiers_killed import STEP, fill
fill(Ledger(sys.argv[1], load_schema("it_estate"), FrozenClock(datetime(2025, 1, 1, tzinfo=UTC)), tier_step=STEP))
"""


def fill(ledger: Ledger) -> None:
    """The same batches every time; those that are there already are passed over."""
    estate, run = Estate(SEED), ledger.begin_run("csv", "tester", "export/", "f1")
    there = len(ledger.batches_of(run.id))
    for number in range(BATCHES):
        events = estate.batch(SIZE)
        if number >= there:
            ledger.append(run, events)


@pytest.mark.parametrize(("moment", "visit"), MOMENTS)
def test_a_ledger_killed_in_the_middle_of_a_move_goes_on_from_the_batch_before(
    moment: str, visit: int, schema: Schema, tmp_path: Path
) -> None:
    clock = FrozenClock(datetime(2025, 1, 1, tzinfo=UTC))
    log = tmp_path / "hits"
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    armed = {"JUMEAU_FAILPOINT": f"{moment}:{visit}", "JUMEAU_FAILPOINT_LOG": str(log), "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", FILL, url], env={**os.environ, **armed}, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert log.read_text().split() == [moment]
    undisturbed = Ledger(f"sqlite:///{tmp_path / 'undisturbed.db'}", schema, clock, tier_step=STEP)
    fill(undisturbed)
    ledger = Ledger(url, schema, clock, tier_step=STEP)
    batches = ledger.batches(0)
    assert ledger.sequence() == (batches[-1][2] if batches else 0) < undisturbed.sequence()
    assert batches == undisturbed.batches(0)[: len(batches)]
    check_tiers(ledger, STEP, SIZE)
    fill(ledger)
    assert answers(ledger) == answers(undisturbed)
    assert check_tiers(ledger, STEP, SIZE) == check_tiers(undisturbed, STEP, SIZE)
    ledger.close()
    undisturbed.close()
