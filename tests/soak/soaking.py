"""A soak: an estate is served to visitors while loads go on, until it is warm; then again, and the server is watched."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

import httpx

from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from tests.acceptance.console import Console
from tests.acceptance.server import started
from tests.soak.visitors import Visitors, until_nothing_is_held
from tests.soak.watch import Sample, growth, held, look

AS_OF = date(2025, 1, 1)
EXPORTS_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """How a soak goes, in seconds: until all is warm, then watched; between two acts of a visitor, and between two loads."""

    warm: float
    lasts: float
    visit: float
    load: float


EIGHT_HOURS = Pace(warm=300, lasts=600, visit=0.02, load=20)
"""In fifteen minutes: a load every 20 s is one every ten minutes of eight hours."""
FLAT = 0.03
"""Of the memory at its beginning: what is less is no slope."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """What was seen: at rest before and after, meanwhile, and of visitors."""

    before: Sample
    after: Sample
    meanwhile: list[Sample]
    visitors: Visitors
    left: float  # requests, subscriptions and connections that are held although everybody has gone

    def rise(self, over_s: float) -> float:
        """How much memory grew within so many seconds, in MiB, whatever loads did meanwhile."""
        return growth(self.meanwhile, over_s)


def soak(home: Path, pace: Pace, servers: int) -> Soaked:
    """Serve an estate to visitors while loads go on, until it is warm; then again, and watch it."""
    settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
    for number in (0, 1):  # two exports, loaded in turn: each load has something to change
        generate_estate(home / str(number), servers=servers, seed=42, as_of=AS_OF.replace(day=1 + number))
    ingest(settings, "csv", home / "0")
    loads = (home / str(number % 2) for number in count(1))
    console = Console(home, {"JUMEAU_EXPORTS_AT_ONCE": str(EXPORTS_AT_ONCE)})
    with started(console) as (process, url), httpx.Client(base_url=url, trust_env=False, timeout=60) as client:

        def watched(lasts_s: float, seed: int) -> tuple[list[Sample], Visitors, float]:
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
            return samples, visitors, sum(until_nothing_is_held(lambda: held(client)).values())

        _, visitors, left = watched(pace.warm, seed=7)
        assert visitors.failed == []
        assert left == 0
        before = look(process.pid)
        samples, visitors, left = watched(pace.lasts, seed=8)
        after = look(process.pid)
        _exports_all_at_once(client)
        assert client.get("/health").json()["freshness"]["up_to_date"]
    return Soaked(before, after, samples, visitors, left)


def _exports_all_at_once(client: httpx.Client) -> None:
    """No export that was left holds its place: as many as may be are opened, and read."""
    body = {"format": "csv", "query": "MATCH (s:Server) RETURN s.name AS name"}
    with ExitStack() as open_:
        for _ in range(EXPORTS_AT_ONCE):
            answer = open_.enter_context(client.stream("POST", "/api/exports", json=body))
            assert answer.status_code == 200
            answer.read()
