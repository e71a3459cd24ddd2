"""Issue F's figures: the service of a 28,000-server twin under load from a second process on loopback.

The server is `jumeau serve` with the settings that it has by default. Simple reads (one server by its id) are asked by more and more
clients until they get no more answers; then three times as often as that, whether answered or not. What the server cannot take it
must refuse with 429 or 503 and Retry-After, in as much memory as before, and be its old self within 5 s.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.figures import Figure
from bench.loopback import QUESTION, Load, from_another_process
from bench.service_pages import ids_of, measure_pages, measure_statements
from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from services.rendezvous import running_server

SERVERS = 28_000
AS_OF = date(2025, 1, 1)
PAGES = 30
CLIENTS = (1, 2, 4, 8, 16, 32)
SECONDS = 4.0
OVERLOAD_S = 15.0
TIMES_SATURATION = 3
RECOVERY_S = 5.0
GROWTH = 1.1
"""Memory after the overload beside that before it: no growth, within what an allocator keeps."""


@dataclass(frozen=True, slots=True)
class Overload:
    """What three times the saturating load did to a server. Memory in MiB, times in seconds."""

    load: Load
    rate: float
    memory_before: float
    memory_after: float
    slowest_health_s: float
    recovery_s: float


def measure(servers: int = SERVERS, home: Path | None = None, seconds: float = SECONDS) -> list[Figure]:
    """Make an estate, or take the twin in `home`; serve it, and put it under load."""
    with TemporaryDirectory() as folder:
        at = home or Path(folder)
        settings = load_settings(home=at, backend="embedded", now=AS_OF.isoformat())
        if home is None:
            generate_estate(at / "export", servers=servers, seed=42, as_of=AS_OF)
            ingest(settings, "csv", at / "export")
        ids = Path(folder) / "ids.txt"
        ids_of(settings, ids)
        figures = measure_statements(settings)
        with serving(at) as url:
            figures += measure_pages(url, PAGES)
            from_another_process(url, ids, seconds, clients=4)  # caches fill, code is warm
            curve = {clients: from_another_process(url, ids, seconds, clients=clients) for clients in CLIENTS}
            saturation = max(load.per_second for load in curve.values())
            rate = TIMES_SATURATION * saturation
            from_another_process(url, ids, seconds, rate=rate)  # what an overload makes once is there before it counts
            overload = overloaded(url, ids, rate, OVERLOAD_S * seconds / SECONDS, curve[1])
        return figures + curve_figures(curve) + overload_figures(overload, saturation)


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[str]:
    """The address of a server of its own process on a twin; it is told to stop at the end."""
    environment = {**os.environ, "JUMEAU_HOME": str(home), "JUMEAU_NOW": AS_OF.isoformat(), **settings}
    command = [sys.executable, "-m", "cli.main", "serve", "--host", "127.0.0.1", "--port", "0", "--backend", "embedded"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 120
            while (server := running_server(home)) is None:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the server on {home} does not start")
                time.sleep(0.1)
            yield server.url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def overloaded(url: str, ids: Path, rate: float, seconds: float, alone: Load) -> Overload:
    """Ask so many times a second; beside it look whether health answers, and after it when all is as before."""
    before = memory_mb(url)
    slowest, done = [0.0], threading.Event()

    def watch() -> None:
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            while not done.is_set():
                began = time.perf_counter()
                client.get("/health").raise_for_status()
                slowest.append(time.perf_counter() - began)
                done.wait(0.2)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        load = from_another_process(url, ids, seconds, rate=rate)
    finally:
        done.set()
        watching.join()
    recovery = recovered(url, ids, alone)
    return Overload(load, rate, before, memory_mb(url), max(slowest), recovery)


def recovered(url: str, ids: Path, alone: Load) -> float:
    """Seconds until a look-up takes no longer than twice what 99 of 100 took before the load, ten times in a row."""
    began, in_a_row = time.perf_counter(), 0
    body = {"query": QUESTION, "parameters": {"id": ids.read_text(encoding="ascii").split()[0]}}
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        while in_a_row < 10 and time.perf_counter() - began < 60:
            asked = time.perf_counter()
            answer = client.post("/api/query", json=body)
            is_well = answer.status_code == 200 and (time.perf_counter() - asked) * 1000 <= max(2 * alone.p99, 50.0)
            in_a_row = in_a_row + 1 if is_well else 0
    return time.perf_counter() - began


def memory_mb(url: str) -> float:
    """Resident memory of the server, as it says itself."""
    text = httpx.get(f"{url}/metrics", trust_env=False, timeout=30).text
    line = next(line for line in text.splitlines() if line.startswith("process_resident_memory_bytes "))
    return float(line.split()[1]) / 2**20


def curve_figures(curve: dict[int, Load]) -> list[Figure]:
    """The saturation curve."""
    found: list[Figure] = []
    for clients, load in curve.items():
        of = f"simple reads over HTTP, {clients:02d} clients"
        found.append(Figure("F", f"{of}: answers", round(load.per_second), "per s"))
        found += [Figure("F", f"{of}: {name}", round(getattr(load, name), 2), "ms") for name in ("p50", "p95", "p99")]
    failed = sum(load.errors + load.shed for load in curve.values())
    clients = max(curve)
    name = f"simple reads over HTTP, 1 to {clients} clients: errors and refusals"
    found.append(Figure("F", name, failed, "questions", "0", met=failed == 0))
    return found


def overload_figures(seen: Overload, saturation: float) -> list[Figure]:
    """What three times saturation does."""
    load, of = seen.load, "three times saturation"
    sent = sum(load.statuses.values())
    wrong = load.errors + load.without_retry_after
    rows: Sequence[Figure] = (
        _beside(f"{of}: asked", sent / load.seconds, "per s", saturation),
        _beside(f"{of}: answers", load.per_second, "per s", saturation),
        Figure("F", f"{of}: questions that the load itself could not send", load.unsent, "questions"),
        Figure("F", f"{of}: refused with 429 or 503", round(100 * load.shed / max(sent, 1), 1), "%"),
        Figure("F", f"{of}: errors, and refusals without Retry-After", wrong, "questions", "0", met=wrong == 0),
        Figure("F", f"{of}: p50 of answers", round(load.p50, 1), "ms"),
        Figure("F", f"{of}: p99 of answers", round(load.p99, 1), "ms"),
        Figure("F", f"{of}: slowest /health", round(seen.slowest_health_s * 1000), "ms"),
        _beside(f"{of}: memory after beside before", seen.memory_after, "MiB", seen.memory_before, GROWTH),
        Figure(
            "F", f"{of}: recovery after the load ends", round(seen.recovery_s, 2), "s", f"<= {RECOVERY_S:g}",
            met=seen.recovery_s <= RECOVERY_S,
        ),
    )  # fmt: skip
    return list(rows)


def _beside(name: str, value: float, unit: str, baseline: float, most: float | None = None) -> Figure:
    ratio = value / baseline
    target, met = (None, None) if most is None else (f"<= {most:g}x", ratio <= most)
    return Figure("F", name, round(value), unit, target, round(baseline), round(ratio, 3), met)
