"""Growth: whether a row of a large load costs more at its end than at its beginning. `make bench-large`; an hour, 15 GB of disk.

Batches differ in what they hold: nodes come before relations, and kinds in order of their files. So three things are told: the last
tenth of all batches beside the first; the same of nodes alone and of relations alone; and what a row costs on average beside a
load of a tenth of the size, made the same way, in the same run.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson

from bench.figures import Figure, write
from core.settings import load_settings
from ingest.estate_generator import generate_estate
from services.ingestion import ingest

SERVERS = 260_000
SMALLER = 10
AS_OF = date(2025, 1, 1)
GROWTH = 1.3
EMBEDDED, LEDGER = "embedded", "networkx"
"""The whole pipeline, or the ledger alone: a graph in memory is not kept."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of a load."""

    phase: str
    rows: int
    seconds: float


def measure(servers: int = SERVERS, backend: str = EMBEDDED) -> list[Figure]:
    """Load a tenth of an estate, then the estate, each in a process of its own."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        small = load(home / "small", _export(home / "of-small", servers // SMALLER), backend)
        large = load(home / "large", _export(home / "of-large", servers), backend)
    batches = [Batch(*told) for told in large["batches"]]
    of = f"{large['rows']:,} rows, {servers:,} servers, {'embedded' if backend == EMBEDDED else 'ledger alone'}"
    phases = {phase: [b for b in batches if b.phase == phase] for phase in dict.fromkeys(b.phase for b in batches)}
    beside = f"a row of a load of a tenth of the size, {of}"
    return [
        _ratio(f"microseconds per row, last tenth of the batches beside the first, {of}", *deciles(batches)),
        *(
            _ratio(f"microseconds per row, last tenth of the batches of {phase} beside the first, {of}", *deciles(some))
            for phase, some in phases.items()
            if len(some) >= 20
        ),
        _ratio(f"microseconds per row, beside {beside}", _per_row(large), _per_row(small)),
        Figure("C", f"load, rows per second, {of}", round(large["rows"] / large["seconds"]), "rows/s"),
        Figure("C", f"load, peak memory of the loading process, {of}", round(large["rss_mb"]), "MB"),
    ]


def deciles(batches: Sequence[Batch]) -> tuple[float, float]:
    """Microseconds per row in the last tenth of batches and in the first."""
    tenth = max(1, len(batches) // 10)
    return _cost(batches[len(batches) - tenth :]), _cost(batches[:tenth])


def load(home: Path, export: Path, backend: str) -> dict[str, Any]:
    """One load in a fresh process: its batches, rows, seconds and memory."""
    command = [sys.executable, "-m", "bench.growth", "--load", str(home), str(export), "--backend", backend]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def _load_here(home: Path, export: Path, backend: str) -> None:
    batches: list[tuple[str, int, float]] = []
    before = {"phase": "", "done": 0, "at": perf_counter()}

    def committed(phase: str, done: int, _total: int) -> None:
        now = perf_counter()
        if done:
            rows = done - (before["done"] if before["phase"] == phase else 0)  # type: ignore[operator]
            batches.append((phase, rows, now - before["at"]))  # type: ignore[operator]
        before.update(phase=phase, done=done, at=now)

    started = perf_counter()
    result = ingest(load_settings(home=home, backend=backend), "csv", export, loading=committed)
    told = {
        "seconds": perf_counter() - started,
        "rows": result.report.rows,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "batches": batches,
    }
    print(orjson.dumps(told).decode())


def _export(folder: Path, servers: int) -> Path:
    generate_estate(folder, servers=servers, seed=42, as_of=AS_OF)
    return folder


def _cost(batches: Sequence[Batch]) -> float:
    return 1e6 * sum(batch.seconds for batch in batches) / max(1, sum(batch.rows for batch in batches))


def _per_row(told: dict[str, Any]) -> float:
    return 1e6 * float(told["seconds"]) / max(1, int(told["rows"]))


def _ratio(name: str, value: float, first: float) -> Figure:
    ratio = value / first if first else 0.0
    target = f"<= {GROWTH:g}x"
    return Figure("C", name, round(value, 1), "us", target, round(first, 1), round(ratio, 3), ratio <= GROWTH)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("--backend", choices=(EMBEDDED, LEDGER), default=EMBEDDED)
    parser.add_argument("--dry-run", action="store_true", help="print the figures, leave bench/results.json alone")
    parser.add_argument("--load", nargs=2, type=Path, metavar=("HOME", "EXPORT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        home, export = given.load
        _load_here(home, export, given.backend)
        return 0
    figures = measure(given.servers, given.backend)
    for figure in figures:
        print(
            f"{figure.name}: {figure.value} {figure.unit}",
            figure.target or "",
            figure.baseline or "",
            figure.ratio or "",
        )
    if not given.dry_run:
        write(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
