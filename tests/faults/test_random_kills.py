"""A load that is killed whenever chance wants it, once or twice, ends with the content of one that was left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from ingest.estate_generator import generate_estate
from tests.conftest import NIGHTLY, ROOT

pytestmark = pytest.mark.faults

KILLS = 100 if NIGHTLY else 6
SERVERS = 120 if NIGHTLY else 50


@pytest.mark.parametrize("how", ["after", pytest.param("beside", marks=pytest.mark.nightly)])
def test_loads_killed_at_random_lose_nothing_and_repeat_nothing(how: str, tmp_path: Path) -> None:
    export = tmp_path / "export"
    generate_estate(export, servers=SERVERS, seed=3, as_of=date(2025, 1, 1))
    command = [sys.executable, "-m", "tests.faults.random_kills", str(export), str(tmp_path), str(KILLS), "11"]
    command += ["beside"] if how == "beside" else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    undisturbed, *killed = (json.loads(line) for line in done.stdout.splitlines())
    assert sum(len(load["killed_at"]) for load in killed) >= KILLS
    assert undisturbed["equal"]
    assert sum(undisturbed["counts"].values()) > 500
    for load in killed:
        assert load["equal"], load
        assert load["checksum"] == undisturbed["checksum"], load
