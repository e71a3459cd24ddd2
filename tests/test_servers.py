"""The servers that the tests start for themselves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from scripts.neo4j.distribution import Neo4jUnavailableError, is_complete, java, prepare_distribution
from scripts.neo4j.launch import start
from tests.neo4j_server import unavailable
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def distribution() -> Path:
    try:
        java()
        return prepare_distribution()
    except Neo4jUnavailableError as error:
        unavailable(str(error))
        raise


def test_a_postgresql_cluster_of_our_own_answers_on_the_loopback_interface(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version()")).scalar_one().startswith("PostgreSQL")
    engine.dispose()


def test_a_half_copied_distribution_is_not_taken_for_a_complete_one(tmp_path: Path) -> None:
    (tmp_path / "neo4j.jar").write_bytes(b"half")
    assert not is_complete(tmp_path)
    (tmp_path / "complete.json").write_text('{"neo4j.jar": 8}')
    assert not is_complete(tmp_path)
    (tmp_path / "neo4j.jar").write_bytes(b"complete")
    assert is_complete(tmp_path)


@pytest.mark.neo4j
def test_a_neo4j_server_listens_on_the_loopback_interface_only_and_its_temporary_home_is_removed(
    distribution: Path,
) -> None:
    server = start(lib=distribution, brief=True)
    try:
        listening = {
            c.laddr.ip.removeprefix("::ffff:")
            for c in psutil.Process(server.pid).net_connections()
            if c.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}
        assert server.password not in " ".join(psutil.Process(server.pid).cmdline())
    finally:
        server.stop()
        server.stop()
    assert not server.running
    assert not server.home.exists()


@pytest.mark.neo4j
@pytest.mark.faults
def test_a_neo4j_server_dies_with_the_process_that_started_it(distribution: Path, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from scripts.neo4j.launch import start; import time;"
        f"print(start(Path({str(tmp_path)!r}), lib=Path({str(distribution)!r}), brief=True).pid, flush=True); time.sleep(120)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    with starter:
        assert starter.stdout is not None
        server = psutil.Process(int(starter.stdout.readline()))
        os.kill(starter.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while _alive(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive(server)


@pytest.mark.neo4j
def test_a_server_that_cannot_start_says_the_end_of_its_log(distribution: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Neo4jUnavailableError, match="already in use"):
        start(tmp_path, taken.getsockname()[1], lib=distribution, brief=True)


def _alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
