"""Play a line many times with the kernel: `simulate_line` is the door of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from simulate.engines.arrays import Floats, Ints
from simulate.errors import SimulationError
from simulate.line import kernel
from simulate.line.arrays import BUCKETS, LineArrays, columns, compile_line
from simulate.line.check import check
from simulate.line.events import Event, What
from simulate.line.model import Line
from simulate.line.result import LineResult, metrics_of, stage_metrics_of
from simulate.randomness import seed_of_replication

_NO_TIMES: Final = np.empty(0)
_NO_LOG: Final = np.empty((0, 3), dtype=np.int64)

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


def simulate_line(
    line: Line,
    seed: int = 1,
    replications: int = 100,
    *,
    first: int = 0,
    progress: Progress | None = None,
    cancelled: Cancelled = lambda: False,
) -> LineResult:
    """Replications `first` to `first` + `replications` - 1 of a line, of this seed (0 to 2^64 - 1).

    Replication i of two lines shares its chance (common random numbers): the n-th piece arrives at the same time and takes as
    long at a stage of the same name, whatever else is changed. After a cancellation the result is of what is finished.
    Raises LineError and TooManyEventsError before anything is played.
    """
    if replications < 1 or first < 0:
        raise SimulationError(f"{replications} replications from number {first}", hint="one at least")
    if not 0 <= seed < 2**64:
        raise SimulationError(f"{seed} is no seed", hint="0 to 2^64 - 1")
    check(line, replications)
    arrays = compile_line(line)
    parts = _Parts.of(line, arrays)
    arrays = arrays._replace(edges=parts.edges)
    rows, cycles, lead_times, events = [], [], [], 0
    for done, number in enumerate(range(first, first + replications)):
        if done and cancelled():
            break
        series, lead, count = _once(arrays, seed, number)
        rows.append(parts.buckets(series))
        cycles.append(parts.cycles(series))
        counted = lead[1] >= line.warm_up
        lead_times.append(lead[0][counted])
        events += count
        if progress is not None:
            progress(done + 1, replications)
    table, of_cycles = np.stack(rows), np.stack(cycles)
    stages = tuple(stage_metrics_of(line, table, at, of_cycles) for at in range(len(line.stages)))
    return LineResult(line, seed, first, metrics_of(line, table), stages, table, tuple(lead_times), events)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a kernel adds up, cut for charts (BUCKETS parts of the counted time) and for what grows (whole cycles of shifts)."""

    edges: Floats
    counted: int  # where the counted time begins
    begins: Ints  # of the buckets
    turns: Ints  # of the cycles, and the end of the last one; none where fewer than two are whole

    @classmethod
    def of(cls, line: Line, arrays: LineArrays) -> _Parts:
        coarse = arrays.edges[-1 - BUCKETS :]
        whole = int(line.duration / line.cycle + 1e-9) if line.cycle else 0
        turns = line.warm_up + line.cycle * np.arange(whole + 1) if whole > 1 else np.empty(0)
        edges = np.union1d(arrays.edges, np.minimum(turns, line.horizon))
        counted = int(np.searchsorted(edges, coarse[0]))
        places = (np.searchsorted(edges, np.minimum(some, line.horizon)) - counted for some in (coarse[:-1], turns))
        return cls(edges, counted, *places)

    def buckets(self, series: Floats) -> Floats:
        """BUCKETS rows."""
        found: Floats = np.add.reduceat(series[self.counted :], self.begins, axis=0)
        return found

    def cycles(self, series: Floats) -> Floats:
        """A row for each whole cycle."""
        if not len(self.turns):
            return np.empty((0, series.shape[1]))
        found: Floats = np.add.reduceat(series[self.counted : self.counted + self.turns[-1]], self.turns[:-1], axis=0)
        return found


def series_of(arrays: LineArrays, seed: int, first: int, replications: int, *, buckets: int = BUCKETS) -> Floats:
    """What `simulate.line.result.metrics_of` is made from (replication x bucket x column of the counted time).

    For who plays a line that was checked and compiled before again and again, a few replications at a time.
    """
    return np.stack([_once(arrays, seed, number)[0][-buckets:] for number in range(first, first + replications)])


def _once(arrays: LineArrays, seed: int, replication: int) -> tuple[Floats, tuple[Floats, Floats], int]:
    """What is added up, all buckets; lead times of completed pieces with their completions; and the number of events."""
    key: Any = np.uint64(seed_of_replication(seed, replication))
    coming = kernel.arrivals(arrays, key)
    series = np.zeros((len(arrays.edges) - 1, columns(len(arrays.key))))
    lead = np.full(len(coming), np.nan)
    count = kernel.play(arrays, key, coming, series, lead, _NO_TIMES, _NO_LOG)
    done = ~np.isnan(lead)
    return series, (lead[done], coming[done] + lead[done]), count


def events_of(line: Line, seed: int, replication: int = 0) -> Iterator[Event]:
    """The event log of one replication, in order, from the kernel: what the reference engine gives. Raises LineError."""
    check(line)
    arrays = compile_line(line)
    key: Any = np.uint64(seed_of_replication(seed, replication))
    coming = kernel.arrivals(arrays, key)
    size = 0
    times, log = _NO_TIMES, _NO_LOG
    while True:
        series = np.zeros((len(arrays.edges) - 1, columns(len(arrays.key))))
        count = kernel.play(arrays, key, coming, series, np.full(len(coming), np.nan), times, log)
        if count <= size:
            break
        size = count
        times, log = np.empty(size), _log(size)
    order = np.lexsort((log[:, 2], log[:, 1], log[:, 0], times))
    for at in order:
        yield Event(float(times[at]), int(log[at, 0]), What(log[at, 1]), int(log[at, 2]))


def _log(rows: int) -> Ints:
    return np.empty((rows, 3), dtype=np.int64)
