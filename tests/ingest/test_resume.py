"""A load that is killed at a commit boundary and run again leaves what an undisturbed one leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graph.history.ledger import Ledger
from tests.conftest import ROOT
from tests.ingest.twin import TestTwin, write_files

pytestmark = pytest.mark.faults

SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.load import load_schema
from ingest.job import IngestJob

schema, clock = load_schema("it_estate"), FrozenClock(datetime(2025, 1, 1, tzinfo=UTC))
ledger = Ledger(f"sqlite:///{sys.argv[1]}", schema, clock)
report = IngestJob(schema, ledger, actor="tester", batch_rows=int(sys.argv[3]), clock=clock).run("csv", Path(sys.argv[2]))
print(sorted(report.counters.items()))
"""
EXPORT = {
    "Room.csv": "key,name\n" + "".join(f"M{n},room {n}\n" for n in range(20)) + "M1,again\n,no key\n",
    "Rack.csv": "key,name,height_units\n" + "".join(f"R{n},rack {n},{'x' if n == 7 else n}\n" for n in range(20)),
    "relations/LOCATED_IN.csv": "from_kind,from,to_kind,to\n"
    + "".join(f"Rack,R{n},Room,M{n}\n" for n in range(20))
    + "".join(f"Room,M{n},Room,M{n + 1}\n" for n in range(5))
    + "Room,M5,Room,M0\nRoom,M6,Room,nowhere\nRack,R1,Room,M1\n",
}
MOMENTS = [
    ("ingest.run.opened:1", 7),
    ("ingest.batch.ready:3", 7),
    ("ledger.append.uncommitted:4", 50),
    ("ingest.batch.committed:1", 50),
    ("ingest.batch.committed:5", 7),
    ("ingest.batch.committed:8", 3),
    ("ingest.run.loaded:1", 7),
    ("ingest.run.closed:1", 7),
]


def load(ledger: Path, export: Path, batch_rows: int = 7, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(ledger), str(export), str(batch_rows)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("export"), EXPORT)


@pytest.fixture(scope="module")
def undisturbed(export: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    ledger = tmp_path_factory.mktemp("undisturbed") / "ledger.db"
    done = load(ledger, export)
    assert done.returncode == 0, done.stderr
    assert "('rejected', 6)" in done.stdout
    return ledger, done.stdout


def content(twin: TestTwin, path: Path) -> tuple[str, set[tuple[str, int, str]], int]:
    ledger = Ledger(f"sqlite:///{path}", twin.schema, twin.clock)
    opened = TestTwin(twin.schema, ledger, twin.clock, path.parent)
    try:
        return opened.checksum(), opened.quarantined(), len(opened.states("ImportRun"))
    finally:
        ledger.close()


@pytest.mark.parametrize(("moment", "batch_rows"), MOMENTS)
def test_a_load_killed_at_any_boundary_is_finished_by_the_next(
    moment: str, batch_rows: int, twin: TestTwin, export: Path, undisturbed: tuple[Path, str], tmp_path: Path
) -> None:
    """The batch size may even differ between the two."""
    expected, told = undisturbed
    ledger, log = tmp_path / "killed.db", tmp_path / "log"
    killed = load(ledger, export, JUMEAU_FAILPOINT=moment, JUMEAU_FAILPOINT_LOG=str(log))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert log.read_text().split() == [moment.partition(":")[0]]
    again = load(ledger, export, batch_rows)
    assert again.returncode == 0, again.stderr
    assert again.stdout == told
    assert content(twin, ledger) == content(twin, expected)
