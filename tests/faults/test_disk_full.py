"""A full disk stops a load with a clear error, keeps what was committed whole, and the next run repairs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from services.maintenance import verification_to_dict, verify_backends
from tests.conftest import NIGHTLY, ROOT

pytestmark = pytest.mark.faults

SCRIPT = """
import sys
from core.clock import SystemClock
from core.errors import DiskFullError
from core.ids import uuid_of
from graph.history.ledger import Event, Ledger
from graph.model import Operation
from graph.schema.load import load_schema

folder, ballast = sys.argv[1], sys.argv[2]
schema = load_schema("it_estate")
ledger = Ledger(f"sqlite:///{folder}/ledger.db", schema, SystemClock())
run = ledger.begin_run("csv", "tester", "x", "f")
def batch(number):
    return [
        Event(Operation.CREATE, uuid_of(str(number), str(i)), False, "Rack", None, {"name": "r" * 200}) for i in range(500)
    ]
committed = 0
try:
    while True:
        ledger.append(run, batch(committed))
        committed += 1
except DiskFullError as error:
    assert error.hint
assert committed > 0
assert ledger.sequence() == committed * 500
assert sum(1 for _ in ledger.events(1, 10**9)) == committed * 500
import os
os.remove(ballast)
ledger.append(run, batch(committed))
assert ledger.sequence() == (committed + 1) * 500
print("repaired after", committed, "batches")
"""


def can_mount() -> bool:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="a small tmpfs cannot be mounted here (needs root and unshare)")
def test_a_batch_on_a_full_disk_is_rolled_back_and_the_ledger_goes_on_when_there_is_space(tmp_path: Path) -> None:
    script = tmp_path / "fill.py"
    script.write_text(SCRIPT)
    disk = tmp_path / "disk"
    disk.mkdir()
    command = (
        f"mount -t tmpfs -o size=12m tmpfs {disk} && head -c 4000000 /dev/zero > {disk}/ballast"
        f" && {sys.executable} {script} {disk} {disk}/ballast"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "repaired after" in done.stdout


DISK_MB = 64
FREE_BYTES = {"while the ledger is written": 7_100_000, "while the graph follows": 9_100_000}
"""Room on the disk at the start of a load; the ledger takes 7 MB until its log is written back, the store 20 MB."""

CASES = [
    pytest.param(free, how, id=f"{when}, {'projected beside' if how == 'follow' else 'projected after'}")
    for how in ("follow", "after")
    for when, free in FREE_BYTES.items()
]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    generate_estate(out, servers=120, seed=3, as_of=date(2025, 1, 1))
    return out


@pytest.fixture(scope="module")
def undisturbed(export: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checksum of a load that has room."""
    settings = load_settings(home=tmp_path_factory.mktemp("undisturbed"), backend="networkx", now="2025-01-01")
    ingest(settings, "csv", export)
    return str(verification_to_dict(verify_backends(settings, ["networkx"]))["ledger"]["checksum"])


@pytest.mark.skipif(not can_mount(), reason="a small tmpfs cannot be mounted here (needs root and unshare)")
@pytest.mark.parametrize(("free", "how"), CASES if NIGHTLY else CASES[1:3])
def test_a_load_on_a_disk_that_fills_leaves_whole_batches_and_the_next_run_repairs(
    free: int, how: str, export: Path, undisturbed: str, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    ballast = (DISK_MB << 20) - free
    command = (
        f"mount -t tmpfs -o size={DISK_MB}m tmpfs {disk} && head -c {ballast} /dev/zero > {disk}/ballast"
        f" && {sys.executable} -m tests.faults.full_disk_load {export} {disk} {disk}/ballast {how}"
    )
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["code"] == "DISK_FULL"
    assert "free space" in told["hint"]
    assert told["whole"]
    assert told["committed"] == told["events"] > 0
    assert told["equal_before"], "what was committed can be read whole, once there is room"
    assert told["status"] in ("complete", "unchanged")
    assert told["equal"]
    assert told["checksum"] == undisturbed
