"""A server that is used for hours holds no more at the end than at the beginning: no memory, thread, file, place or listener."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
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
CONNECTIONS_OF_LOADS = 8
"""Files that the ledger and the store may open once more when they are first used from another thread."""


def soak(home: Path, warm_s: float, lasts_s: float, pause_s: float) -> tuple[list[Sample], list[Sample], Visitors]:
    """Serve an estate to visitors while loads go on. Looks at rest before and after, and looks meanwhile after warming up."""
    settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
    for number in (1, 2):  # two exports, loaded in turn: each load has something to change
        generate_estate(home / f"export-{number}", servers=SERVERS, seed=42, as_of=AS_OF.replace(day=number))
    ingest(settings, "csv", home / "export-1")
    console = Console(home, {"JUMEAU_EXPORTS_AT_ONCE": str(EXPORTS_AT_ONCE)})
    samples: list[Sample] = []
    with started(console) as (process, url), httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        first = Visitors(url, pause_s)
        with first.coming():
            time.sleep(warm_s)
        assert first.failed == []
        assert not any(until_nothing_is_held(lambda: held(client)).values())
        at_rest = [look(process.pid)]
        visitors = Visitors(url, pause_s, seed=8)
        with visitors.coming(), ThreadPoolExecutor(1) as loads:
            ends, number, load = time.monotonic() + lasts_s, 0, None
            while time.monotonic() < ends:
                if load is None or load.done():
                    if load is not None:
                        load.result()
                    number += 1  # a load beside the server, which is told of it
                    load = loads.submit(ingest, settings, "csv", home / f"export-{1 + number % 2}")
                time.sleep(0.5)
                samples.append(look(process.pid))
            assert load is not None
            load.result(120)
        assert not any(until_nothing_is_held(lambda: held(client)).values())
        at_rest.append(look(process.pid))
        _exports_all_at_once(client)
        assert client.get("/health").json()["freshness"]["up_to_date"]
    return samples, at_rest, visitors


def _exports_all_at_once(client: httpx.Client) -> None:
    """No export that was left holds its place: as many as may be are opened, and read."""
    body = {"format": "csv", "query": "MATCH (s:Server) RETURN s.name AS name"}
    with ExitStack() as open_:
        for _ in range(EXPORTS_AT_ONCE):
            answer = open_.enter_context(client.stream("POST", "/api/exports", json=body))
            assert answer.status_code == 200
            answer.read()


def check_nothing_is_left(at_rest: list[Sample], visitors: Visitors) -> None:
    before, after = at_rest
    assert visitors.failed == []
    assert set(visitors.done) >= {"read", "list", "export", "leave_an_export", "listen", "vanish", "err"}
    # workers of the pool and readers of the store are kept for the next who asks: as many as were ever busy at once
    assert after.threads <= max(before.threads, 60)
    assert after.files <= before.files + CONNECTIONS_OF_LOADS


def test_nothing_is_left_of_visitors_once_they_have_gone(tmp_path: Path) -> None:
    samples, at_rest, visitors = soak(tmp_path, warm_s=2.0, lasts_s=4.0, pause_s=0.05)
    check_nothing_is_left(at_rest, visitors)
    assert at_rest[1].memory <= at_rest[0].memory * 1.25, [round(sample.memory) for sample in samples]


@pytest.mark.nightly
def test_eight_hours_of_use_in_fifteen_minutes_leave_memory_where_it_was(tmp_path: Path) -> None:
    samples, at_rest, visitors = soak(tmp_path, warm_s=240.0, lasts_s=660.0, pause_s=0.02)
    check_nothing_is_left(at_rest, visitors)
    rise, level = growth(samples, over_s=660.0), at_rest[0].memory
    assert rise <= 0.03 * level, f"{rise:.1f} MiB in eleven minutes, of {level:.0f} MiB"


def test_the_slope_is_that_of_most_samples_whatever_jumps_between() -> None:
    steady = [Sample(float(second), 300.0 + second % 3 + 200 * (second == 7), 1, 1) for second in range(60)]
    assert abs(growth(steady, over_s=60.0)) < 1
    leaking = [Sample(float(second), 300.0 + 0.5 * second + second % 3, 1, 1) for second in range(60)]
    assert growth(leaking, over_s=60.0) == pytest.approx(30, abs=1)
