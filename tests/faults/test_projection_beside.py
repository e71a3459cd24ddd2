"""A large load is projected beside by a process of its own; whichever of the two dies, nothing is lost and nothing is applied twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import psutil
import pytest

from core.settings import Settings, load_settings
from ingest.estate_generator import generate_estate
from services.following import Worthwhile
from services.ingestion import ingest
from services.maintenance import verification_to_dict, verify_backends
from tests.conftest import NIGHTLY, ROOT
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.faults

SERVERS = 600 if NIGHTLY else 60
AT_ONCE = Worthwhile(rows=0, events=0)
MOMENTS = ["embedded.commit.before"]
MORE_MOMENTS = ["projection.apply.before", "projection.apply.after", "embedded.commit.after"]

LOAD = """
import os, signal, sys, time
from pathlib import Path
from core.settings import load_settings
from services.following import Worthwhile
from services.ingestion import ingest

home, export, graph = sys.argv[1:]
reached = []
def committed(stage, done, total):
    if stage == "relations":
        deadline = time.monotonic() + 120
        while not reached and time.monotonic() < deadline:
            time.sleep(0.02)
        assert reached, "what was committed before is in the graph"
        os.kill(os.getpid(), signal.SIGKILL)
settings = load_settings(home=Path(home), backend=graph, batch_rows=500, now="2025-01-01")
ingest(settings, "csv", Path(export), loading=committed, projecting=lambda done, all_: reached.append(done),
       follow=Worthwhile(rows=0, events=0))
"""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export")
    generate_estate(out, servers=SERVERS, seed=3, as_of=date(2025, 1, 1))
    return out


@pytest.fixture(scope="module")
def undisturbed(export: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    settings = settings_of(tmp_path_factory.mktemp("undisturbed"))
    ingest(settings, "csv", export)
    return checksum(settings)


def settings_of(home: Path) -> Settings:
    return load_settings(home=home, backend="embedded", batch_rows=500, now="2025-01-01")


def checksum(settings: Settings) -> str:
    """The content of the ledger, once the store is known to equal it."""
    found = verification_to_dict(verify_backends(settings, [settings.backend_url]))
    assert found["equal"], found
    return str(found["ledger"]["checksum"])


def followers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "services.follower_process" in " ".join(child.cmdline())]


def test_what_a_load_commits_can_be_read_while_it_goes_on(export: Path, undisturbed: str, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    told: list[tuple[int, str]] = []
    readable = threading.Event()
    waited: list[bool] = []
    groups: list[int] = []

    def committed(stage: str, _done: int, _total: int) -> None:
        if stage == "relations" and not waited:
            groups.extend(os.getpgid(follower.pid) for follower in followers())
            waited.append(readable.wait(PATIENCE_S))

    def reached(done: int, _wanted: int) -> None:
        told.append((done, threading.current_thread().name))
        readable.set()

    result = ingest(settings, "csv", export, loading=committed, projecting=reached, follow=AT_ONCE)
    assert waited == [True]
    assert len(groups) == 1
    assert os.getpgrp() not in groups  # Ctrl-C reaches the load only, which ends the other
    assert {name for _, name in told} == {"follower-reader"}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1][0] == result.sequence
    assert followers() == []
    assert checksum(settings) == undisturbed


@pytest.mark.parametrize("moment", [*MOMENTS, *MORE_MOMENTS] if NIGHTLY else MOMENTS)
def test_a_follower_that_is_killed_leaves_the_rest_to_the_load(
    moment: str, export: Path, undisturbed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = tmp_path / "hits"
    monkeypatch.setenv("JUMEAU_FAILPOINT", f"{moment}:1")  # this process has read its own already
    monkeypatch.setenv("JUMEAU_FAILPOINT_LOG", str(hits))
    settings = settings_of(tmp_path / "home")
    result = ingest(settings, "csv", export, follow=AT_ONCE)
    assert hits.read_text().split() == [moment]
    assert result.report.status == "complete"
    assert checksum(settings) == undisturbed


def test_a_load_that_is_killed_takes_its_follower_along_and_is_taken_up(
    export: Path, undisturbed: str, tmp_path: Path
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path), str(export), "embedded"], cwd=ROOT, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    settings = settings_of(tmp_path)
    again = ingest(settings, "csv", export)
    assert (again.report.status, again.report.resumed) == ("complete", True)
    assert checksum(settings) == undisturbed


def test_a_load_that_is_interrupted_ends_its_follower(export: Path, undisturbed: str, tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    seen: list[int] = []

    def interrupt(stage: str, _done: int, _total: int) -> None:
        if stage == "relations":
            seen.append(len(followers()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(settings, "csv", export, loading=interrupt, follow=AT_ONCE)
    assert seen == [1]
    assert followers() == []
    assert ingest(settings, "csv", export).report.resumed
    assert checksum(settings) == undisturbed
