"""Many replications with the kernels, on as many processes as wanted: the same result, bit for bit, whatever their number.

Replications are cut into blocks by their index alone, each block is added up by itself, and blocks are added in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal
from time import perf_counter
from typing import Any, Final, NamedTuple

import numpy as np

from simulate.engines.arrays import Floats, Ints, ModelArrays, compile_model
from simulate.engines.replication import replicate_many
from simulate.engines.room import Room
from simulate.engines.summary import RunResult
from simulate.errors import SimulationError, TooManyEventsError
from simulate.model.check import check, expected_events
from simulate.model.items import Model

BLOCK: Final = 10
"""Replications that are added up together. Part of what a result is: another number gives other last digits."""

MOST_EVENTS_OF_A_RUN: Final = 100_000_000_000
"""Expected events of all replications together beyond which a run is refused: hours of work."""

ALONE_S: Final = 10.0
"""Seconds that a run must still take for other processes to be begun: until the first of them plays, some seconds go by."""

Progress = Callable[[int, int], None]
"""Called with replications done, and wanted."""

Cancelled = Callable[[], bool]
"""Asked between blocks whether to stop; what is done is kept."""


class Block(NamedTuple):
    """What one block of replications gives; rows of the last four are replications, columns watched items, crews, loads."""

    total: Floats
    squares: Floats
    outages: Ints
    breaches: Ints
    downtime: Floats
    interruptions: Ints
    crews: Floats  # of each utilisation, repairs, hours waited for them
    loads: Floats


@dataclass(slots=True)
class Player:
    """Plays blocks of one run in the memory that it has."""

    arrays: ModelArrays
    seed: int
    room: Room

    def play(self, begin: int, count: int) -> Block:
        """Replications from `begin` on. Raises TooManyEventsError where one has more than memory is given for."""
        items, watched = len(self.arrays.key), len(self.arrays.watched)
        block = Block(
            np.zeros(items),
            np.zeros(items),
            np.zeros(items, dtype=np.int64),
            np.zeros(items, dtype=np.int64),
            np.zeros((count, watched)),
            np.zeros((count, watched), dtype=np.int64),
            np.zeros((count, 3 * len(self.arrays.crew_size))),
            np.zeros((count, len(self.arrays.load))),
        )
        done = 0
        seed: Any = np.uint64(self.seed)
        while done < count:
            rows = block._replace(
                downtime=block.downtime[done:],
                interruptions=block.interruptions[done:],
                crews=block.crews[done:],
                loads=block.loads[done:],
            )
            room = self.room
            done += replicate_many(
                self.arrays,
                seed,
                begin + done,
                count - done,
                room.begin,
                room.finish,
                room.started,
                room.owner,
                room.scratch,
                *rows,
            )
            if done < count:
                self.room = room.doubled()
        return block


def run(
    model: Model,
    replications: int,
    seed: int = 1,
    *,
    processes: int = 1,
    alone_s: float = ALONE_S,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> RunResult:
    """Play a run. Raises SimulationError and its kin before anything is played, TooManyEventsError also while it is.

    Of several `processes` this one is the first; the others are begun once the rest would take it longer than `alone_s` seconds.
    """
    check(model)
    _check_run(model, replications, seed, processes)
    blocks = [(at, min(BLOCK, replications - at)) for at in range(0, replications, BLOCK)]
    arrays = compile_model(model)
    result = _Sum(model, seed, blocks)
    stop = cancelled or _never
    with ExitStack() as others:
        player = Player(arrays, seed, Room.for_model(model))
        for place, block in _played(player, blocks, min(processes, len(blocks)) - 1, alone_s, stop, others):
            result.add(place, block)
            if progress is not None:
                progress(result.replications, replications)
    return result.result()


def _check_run(model: Model, replications: int, seed: int, processes: int) -> None:
    if replications < 2:
        raise SimulationError(f"{replications} replications give no interval", hint="two at least; a thousand is usual")
    if not 0 <= seed < 2**64:
        raise SimulationError(f"{seed} is no seed", hint="0 to 2^64 - 1")
    if processes < 1:
        raise SimulationError(f"{processes} processes", hint="one at least")
    events = expected_events(model) * replications
    if events > MOST_EVENTS_OF_A_RUN:
        raise TooManyEventsError(
            f"about {events:,.0f} events in {replications:,} replications, {MOST_EVENTS_OF_A_RUN:,} are allowed",
            hint="fewer replications, or a shorter duration",
        )


def _never() -> bool:
    return False


def _played(
    player: Player, blocks: list[tuple[int, int]], others: int, alone_s: float, cancelled: Cancelled, ending: ExitStack
) -> Iterator[tuple[int, Block]]:
    """Blocks as they are finished, here and by others; two for each of those are under way, so that cancelling waits for little."""
    begun, alone = perf_counter(), 0
    pool: ProcessPoolExecutor | None = None
    coming: dict[Future[Block], int] = {}
    following = 0
    while not cancelled() and following < len(blocks):
        if pool is None and others and (alone or not alone_s):
            left = (perf_counter() - begun) / max(1, alone) * (len(blocks) - following)
            pool = _begun(player, others, ending) if left >= alone_s else None
        while pool is not None and following < len(blocks) - 1 and len(coming) < 2 * others:
            coming[pool.submit(_play, *blocks[following])] = following
            following += 1
        mine, following, alone = following, following + 1, alone + 1
        yield mine, player.play(*blocks[mine])
        for future in [one for one in coming if one.done()]:
            yield coming.pop(future), future.result()
    for future in as_completed(coming):
        yield coming[future], future.result()


def _begun(player: Player, others: int, ending: ExitStack) -> ProcessPoolExecutor:
    """Processes that begin anew: one that was copied from a process with threads may wait for a lock forever."""
    sent = player.arrays, player.seed, len(player.room.begin)
    pool = ProcessPoolExecutor(others, get_context("spawn"), _begin, sent)
    ending.callback(pool.shutdown, wait=True, cancel_futures=True)
    return pool


_players: list[Player] = []
"""The one player of a process of a pool, from its beginning to its end."""


def _begin(arrays: ModelArrays, seed: int, size: int) -> None:
    signal(SIGINT, SIG_IGN)  # who interrupts the run is asked by it whether to stop; its blocks are finished
    _players.append(Player(arrays, seed, Room.of(size, size // 8 + 1_000)))


def _play(begin: int, count: int) -> Block:
    return _players[0].play(begin, count)


class _Sum:
    """Adds blocks up in their order, whichever comes first."""

    def __init__(self, model: Model, seed: int, blocks: list[tuple[int, int]]) -> None:
        items, watched = len(model.items), len(model.watched)
        self.model = model
        self.seed = seed
        self.blocks = blocks
        self.early: dict[int, Block] = {}
        self.following = 0
        self.replications = 0
        self.done: list[int] = []
        self.total, self.squares = np.zeros(items), np.zeros(items)
        self.outages, self.breaches = np.zeros(items, dtype=np.int64), np.zeros(items, dtype=np.int64)
        wanted = sum(count for _, count in blocks)
        self.downtime = np.zeros((wanted, watched))
        self.interruptions = np.zeros((wanted, watched), dtype=np.int64)
        self.crews = np.zeros((wanted, 3 * len(model.crews)))
        self.loads = np.zeros((wanted, len(model.loads)))

    def add(self, place: int, block: Block) -> None:
        begin, count = self.blocks[place]
        self.replications += count
        self.downtime[begin : begin + count] = block.downtime
        self.interruptions[begin : begin + count] = block.interruptions
        self.crews[begin : begin + count] = block.crews
        self.loads[begin : begin + count] = block.loads
        self.early[place] = block
        while self.following in self.early:
            self._take(self.following)
            self.following += 1

    def _take(self, place: int) -> None:
        block = self.early.pop(place)
        self.total += block.total
        self.squares += block.squares
        self.outages += block.outages
        self.breaches += block.breaches
        begin, count = self.blocks[place]
        self.done.extend(range(begin, begin + count))

    def result(self) -> RunResult:
        """The result, of what there is: after a cancellation there may be a hole before the last blocks."""
        for place in sorted(self.early):
            self._take(place)
        done = np.array(self.done, dtype=np.int64)
        return RunResult(
            model=self.model,
            seed=self.seed,
            replications=len(done),
            total=self.total,
            squares=self.squares,
            outages=self.outages,
            breaches=self.breaches,
            replication=done,
            downtime=self.downtime[done],
            interruptions=self.interruptions[done],
            crews=self.crews[done],
            loads=self.loads[done],
        )
