"""A load that is killed at any moment and run again leaves the same content as one that was never disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from ingest.estate_generator import generate_estate
from tests.acceptance.forked import run
from tests.conftest import NIGHTLY

pytestmark = pytest.mark.faults

MOMENTS = 60 if NIGHTLY else 20
SERVERS = 120 if NIGHTLY else 50
BATCH_ROWS = "100" if NIGHTLY else "350"


def jumeau(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"JUMEAU_HOME": str(home), "JUMEAU_BATCH_ROWS": BATCH_ROWS, "JUMEAU_NOW": "2025-01-01"}
    return run(arguments, {**os.environ, **settings, **environment}, timeout_s=300)


def checksum(home: Path) -> str:
    """The embedded store's checksum, once it is known to equal the ledger's."""
    done = jumeau(home, "graph", "verify", "--output", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["equal"]
    return str(report["backends"][0]["checksum"])


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    generate_estate(out, servers=SERVERS, seed=3, as_of=date(2025, 1, 1))
    return out


@pytest.fixture(scope="module")
def undisturbed(export: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """The checksum of a load that was left alone, and every moment it passed."""
    home = tmp_path_factory.mktemp("undisturbed")
    trace = home / "trace"
    done = jumeau(home, "ingest", str(export), "--source", "csv", JUMEAU_FAILPOINT_TRACE=str(trace))
    assert done.returncode == 0, done.stdout + done.stderr
    return checksum(home), trace.read_text().split()


def chosen_moments(passed: list[str]) -> list[tuple[str, int]]:
    """Twenty (name, visit), sixty at night: the first visit of every named moment, then visits spread over the whole load."""
    visits: Counter[str] = Counter()
    numbered = []
    for name in passed:
        visits[name] += 1
        numbered.append((name, visits[name]))
    first = [(name, 1) for name in visits]
    last = [(name, count) for name, count in visits.items() if count > 1]
    rest = [moment for moment in numbered if moment not in first and moment not in last]
    spread = rest[:: max(1, len(rest) // MOMENTS)]
    return list(dict.fromkeys([*first, *last, *spread]))[:MOMENTS]


@pytest.mark.parametrize("number", range(MOMENTS))
def test_a_load_killed_and_run_again_ends_with_the_same_content(
    number: int, export: Path, undisturbed: tuple[str, list[str]], tmp_path: Path
) -> None:
    expected, passed = undisturbed
    moments = chosen_moments(passed)
    assert len(moments) == MOMENTS
    name, visit = moments[number]
    log = tmp_path / "hits"
    home = tmp_path / "home"
    killed = jumeau(
        home,
        "ingest",
        str(export),
        "--source",
        "csv",
        JUMEAU_FAILPOINT=f"{name}:{visit}",
        JUMEAU_FAILPOINT_LOG=str(log),
    )
    assert killed.returncode == -signal.SIGKILL
    assert log.read_text().split() == [name]
    again = jumeau(home, "ingest", str(export), "--source", "csv")
    assert again.returncode == 0, again.stdout + again.stderr
    assert checksum(home) == expected


def test_every_commit_boundary_is_among_the_moments(undisturbed: tuple[str, list[str]]) -> None:
    names = {name for name, _ in chosen_moments(undisturbed[1])}
    assert {
        "ledger.append.before",
        "ledger.append.uncommitted",
        "ledger.append.committed",
        "ledger.run.finished",
        "projection.apply.before",
        "projection.apply.after",
    } <= names
