"""A server that is used for hours holds no more at the end than at the beginning: no memory, thread, file, place or listener."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import httpx
import pytest

from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from tests.acceptance.console import Console
from tests.acceptance.server import started
from tests.conftest import NIGHTLY
from tests.soak.visitors import Visitors, until_nothing_is_held
from tests.soak.watch import Sample, growth, held, look

AS_OF = date(2025, 1, 1)
SERVERS = 2_000 if NIGHTLY else 60
EXPORTS_AT_ONCE = 4
MOST_THREADS = 60
"""The pool's forty, and those of the server's own."""
KEPT_FILES = 8
"""Files that the ledger may open once more when it is first asked from another thread."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a soak goes, in seconds: until all is warm, then watched; between two acts of a visitor, and between two loads."""

    warm: float
    lasts: float
    visit: float
    load: float


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was seen: at rest before and after, meanwhile, and of visitors."""

    before: Sample
    after: Sample
    meanwhile: list[Sample]
    visitors: Visitors


def soak(home: Path, pace: Pace) -> Soaked:
    """Serve an estate to visitors while loads go on, until it is warm; then again, and watch it."""
    settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
    for number in (0, 1):  # two exports, loaded in turn: each load has something to change
        generate_estate(home / str(number), servers=SERVERS, seed=42, as_of=AS_OF.replace(day=1 + number))
    ingest(settings, "csv", home / "0")
    loads = (home / str(number % 2) for number in count(1))
    console = Console(home, {"JUMEAU_EXPORTS_AT_ONCE": str(EXPORTS_AT_ONCE)})
    with started(console) as (process, url), httpx.Client(base_url=url, trust_env=False, timeout=60) as client:

        def watched(lasts_s: float, seed: int) -> tuple[list[Sample], Visitors]:
            visitors, samples = Visitors(url, pace.visit, seed), list[Sample]()
            with visitors.coming(), ThreadPoolExecutor(1) as beside:
                ends, next_load, load = time.monotonic() + lasts_s, 0.0, None
                while time.monotonic() < ends:
                    if time.monotonic() >= next_load and (load is None or load.done()):
                        if load is not None:
                            load.result()
                        next_load = time.monotonic() + pace.load
                        load = beside.submit(ingest, settings, "csv", next(loads))  # the server is told of it
                    time.sleep(0.5)
                    samples.append(look(process.pid))
                if load is not None:
                    load.result(300)
            assert visitors.failed == []
            assert not any(until_nothing_is_held(lambda: held(client)).values())
            return samples, visitors

        watched(pace.warm, seed=7)
        before = look(process.pid)
        samples, visitors = watched(pace.lasts, seed=8)
        after = look(process.pid)
        _exports_all_at_once(client)
        assert client.get("/health").json()["freshness"]["up_to_date"]
    return Soaked(before, after, samples, visitors)


def _exports_all_at_once(client: httpx.Client) -> None:
    """No export that was left holds its place: as many as may be are opened, and read."""
    body = {"format": "csv", "query": "MATCH (s:Server) RETURN s.name AS name"}
    with ExitStack() as open_:
        for _ in range(EXPORTS_AT_ONCE):
            answer = open_.enter_context(client.stream("POST", "/api/exports", json=body))
            assert answer.status_code == 200
            answer.read()


def check_nothing_is_left(seen: Soaked) -> None:
    assert set(seen.visitors.done) >= {"read", "list", "export", "leave_an_export", "listen", "vanish", "err"}
    # workers of the pool and readers of the store are kept for the next who asks: as many as were ever busy at once
    assert seen.after.threads <= max(seen.before.threads, MOST_THREADS)
    assert seen.after.files <= seen.before.files + KEPT_FILES


def test_nothing_is_left_of_visitors_once_they_have_gone(tmp_path: Path) -> None:
    seen = soak(tmp_path, Pace(warm=2, lasts=3, visit=0.05, load=60))
    check_nothing_is_left(seen)
    assert seen.after.memory <= seen.before.memory * 1.5, [round(sample.memory) for sample in seen.meanwhile]


@pytest.mark.nightly
def test_eight_hours_of_use_in_fifteen_minutes_leave_memory_where_it_was(tmp_path: Path) -> None:
    # between two checkpoints of its own the store keeps what loads changed: memory goes up and down with them, and a slope
    # that is not nought over many of them is one
    pace = Pace(warm=300, lasts=600, visit=0.02, load=20)  # a load every 20 s is one every ten minutes of eight hours
    seen = soak(tmp_path, pace)
    check_nothing_is_left(seen)
    rise, level = growth(seen.meanwhile, pace.lasts), seen.before.memory
    assert rise <= 0.03 * level, f"{rise:.1f} MiB in {pace.lasts:g} s, of {level:.0f} MiB"


def test_the_slope_is_that_of_most_samples_whatever_jumps_between() -> None:
    steady = [Sample(float(second), 300.0 + second % 3 + 200 * (second == 7), 1, 1) for second in range(60)]
    assert abs(growth(steady, over_s=60.0)) < 1
    leaking = [Sample(float(second), 300.0 + 0.5 * second + second % 3, 1, 1) for second in range(60)]
    assert growth(leaking, over_s=60.0) == pytest.approx(30, abs=1)
