"""Questions that are asked while a load runs see the state after some batch, whole: never half of one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.follower import LedgerFollower
from core.settings import Settings, load_settings
from ingest.job import IngestJob
from services.query import QueryService
from services.twin import Twin, open_ledger, open_twin
from tests.conftest import NIGHTLY

pytestmark = pytest.mark.faults

TEAMS = 400
VERSIONS = 30 if NIGHTLY else 5
STATES = "MATCH (t:Team) RETURN count(t) AS teams, count(DISTINCT t.description) AS states, min(t.description) AS state"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path / "home", backend="embedded", now="2025-01-01")


@pytest.fixture
def twin(settings: Settings, tmp_path: Path) -> Iterator[Twin]:
    """A twin as a server has it open."""
    load_versions(settings, tmp_path, range(1))
    with open_twin(settings) as opened:
        yield opened


def load_versions(settings: Settings, folder: Path, versions: range) -> None:
    """Tell every team anew for each version, all of them in one batch."""
    for version in versions:
        export = folder / f"version{version}"
        export.mkdir()
        rows = "".join(f"T{n},team {n},version {version:03}\n" for n in range(TEAMS))
        (export / "Team.csv").write_text("key,name,description\n" + rows)
        schema, ledger = open_ledger(settings)
        try:
            IngestJob(schema, ledger, actor="tester").run("csv", export)
        finally:
            ledger.close()


def asked_meanwhile(settings: Settings, folder: Path, ask: Callable[[], QueryService]) -> list[tuple[int, str]]:
    """The (sequence, state) of each answer while versions are loaded, none of which may hold two states."""
    loading = threading.Thread(target=load_versions, args=(settings, folder, range(1, VERSIONS)))
    loading.start()
    told: list[tuple[int, str]] = []
    while loading.is_alive() or not told or told[-1][1] != f"version {VERSIONS - 1:03}":
        result = ask().cypher(STATES)
        ((teams, states, state),) = result.answer.rows
        assert (teams, states) == (TEAMS, 1)
        assert result.ledger_sequence >= result.answer.sequence
        told.append((result.answer.sequence, state))
        assert len(told) < 100_000
    loading.join()
    return told


def test_a_server_shows_each_batch_of_a_load_whole(settings: Settings, twin: Twin, tmp_path: Path) -> None:
    queries = QueryService(twin)
    follower = LedgerFollower(twin, poll_s=0.01)
    follower.start()
    try:
        told = asked_meanwhile(settings, tmp_path, lambda: queries)
    finally:
        follower.stop()
    assert told == sorted(told), "no answer goes back in time"
    assert len({state for _, state in told}) > 1


def test_what_stands_in_for_a_lost_backend_shows_each_batch_of_a_load_whole(
    settings: Settings, twin: Twin, tmp_path: Path
) -> None:
    with open_twin(settings, to_ask=True) as beside:  # the other one has the store
        told = asked_meanwhile(settings, tmp_path, lambda: QueryService(beside))
    assert told == sorted(told)
    assert len({state for _, state in told}) > 1
