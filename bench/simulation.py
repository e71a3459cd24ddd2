"""What simulating an estate costs: the kernels beside the SimPy reference, and the reference beside SimPy itself.

Three estates of 28,000 servers that fail once in three years and are repaired in 8 hours (exponential), for one year:
independent; in clusters of four, three of them needed, four clusters under each of 1,500 services; and repaired by one
crew of 20 with three priorities. The kernels play 1,000 replications. The reference plays two, with its event log: its time
per replication stands for all (replications are alike, and it keeps nothing from one to the next). Both are measured in
seconds of one processor, in the same run, models built and code compiled beforehand.

The reference beside SimPy: events per second of 300 servers that fail every 500 hours for five years, against as many processes that only
wait, about as often; the best of five, in turn.
"""

from __future__ import annotations

import random
import resource
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from time import perf_counter, process_time
from typing import Any

import simpy

from bench.figures import Figure
from simulate.distributions import exponential
from simulate.engines.arrays import compile_model
from simulate.engines.monte_carlo import Player, run
from simulate.engines.reference import log_of, without_collection
from simulate.engines.room import Room
from simulate.model.items import Crew, Item, Model, Requirement

SERVERS = 28_000
SERVICES = 1_500
REPLICATIONS = 1_000
YEAR = 8_760.0
SEED = 42
YEARS = 5  # of the comparison with SimPy itself: what is played weighs more than its beginning
REFERENCE_REPLICATIONS = 2


def measure(servers: int = SERVERS, services: int = SERVICES, replications: int = REPLICATIONS) -> list[Figure]:
    """All figures; smaller numbers only show that it works."""
    estates = (
        ("independent failures", independent(servers), 300.0),
        ("k-of-n clusters under services", clustered(servers, services), 100.0),
        ("one crew with priorities", with_crew(servers), 20.0),
    )
    return [
        *(figure for name, model, target in estates for figure in _speed(name, model, replications, target)),
        *_frequent(servers, replications),
        *(_on_two(name, model, replications) for name, model, _ in estates),
        *_linearity(servers, services, replications),
        *_against_simpy(),
        *(_same(name, model, replications) for name, model, _ in estates[1:]),
        *(_memory(name, model, replications) for name, model, _ in estates[1:]),
    ]


def independent(servers: int, mtbf: float = 26_280.0) -> Model:
    return Model(tuple(_server(at, mtbf) for at in range(servers)), YEAR, (), (0,))


def with_crew(servers: int, mtbf: float = 26_280.0) -> Model:
    items = tuple(replace(_server(at, mtbf), crew=0, priority=at % 3) for at in range(servers))
    return Model(items, YEAR, (Crew("operators", max(1, servers // 1_400)),), (0,))


def clustered(servers: int, services: int) -> Model:
    items = [_server(at, 26_280.0) for at in range(servers)]
    clusters = servers // 4
    for at in range(clusters):
        items.append(
            Item(f"cluster {at}", "cluster", "Cluster", requires=(Requirement(3, tuple(range(4 * at, 4 * at + 4))),))
        )
    for at in range(services):
        under = tuple(servers + (4 * at + k) % clusters for k in range(4))
        items.append(Item(f"service {at}", "service", "BusinessService", requires=(Requirement(4, under),)))
    return Model(tuple(items), YEAR, (), tuple(range(len(items) - services, len(items))))


def _server(at: int, mtbf: float) -> Item:
    return Item(f"server {at}", f"server {at}", "Server", exponential(mtbf), exponential(8.0))


def _seconds(action: Callable[[], object]) -> float:
    begin = process_time()
    action()
    return process_time() - begin


def _compared(model: Model, replications: int) -> tuple[float, float]:
    """Seconds of the kernels for all replications, and of the reference for one."""
    run(model, 2, SEED)
    kernels = _seconds(lambda: run(model, replications, SEED))
    reference = _seconds(lambda: [log_of(model, SEED, at) for at in range(REFERENCE_REPLICATIONS)])
    return kernels, reference / REFERENCE_REPLICATIONS


def _speed(name: str, model: Model, replications: int, target: float) -> list[Figure]:
    kernels, one = _compared(model, replications)
    ratio = one * replications / kernels
    of = f"{name}, {len(model.items):,} items, one year, {replications:,} replications"
    return [
        Figure(
            "D",
            f"kernels against SimPy: {of}",
            round(kernels, 3),
            "s of one core",
            f">= {target:.0f}x",
            round(one * replications, 1),
            round(ratio, 1),
            ratio >= target,
        )
    ]


def _frequent(servers: int, replications: int) -> list[Figure]:
    """The same with failures thrice as frequent: the more of them, the nearer both come to the price of one draw."""
    few = max(2, replications // 5)
    found = []
    for name, model in (
        ("independent failures", independent(servers, YEAR)),
        ("one crew with priorities", with_crew(servers, YEAR)),
    ):
        kernels, one = _compared(model, few)
        text = (
            f"kernels against SimPy: {name}, one failure a year and server, {servers:,} servers, {few:,} replications"
        )
        figures = round(kernels, 3), "s of one core", None, round(one * few, 1), round(one * few / kernels, 1)
        found.append(Figure("D", text, *figures))
    return found


def _on_two(name: str, model: Model, replications: int) -> Figure:
    """What somebody waits who has two processors, the beginning of a second process included where it is worth it."""
    begin = perf_counter()
    run(model, replications, SEED, processes=2)
    seconds = perf_counter() - begin
    return Figure("D", f"a run on two processes: {name}, {replications:,} replications", round(seconds, 1), "s")


def _linearity(servers: int, services: int, replications: int) -> list[Figure]:
    """Linear is about 2; more than that for servers is memory that no longer fits the caches of the processor."""
    few = max(2, replications // 5)
    found = []
    for name, whole, half in (
        ("independent failures", independent(servers), independent(servers // 2)),
        (
            "k-of-n clusters under services",
            clustered(servers, services),
            clustered(servers // 8 * 4, max(1, services // 2)),
        ),
        ("one crew with priorities", with_crew(servers), with_crew(servers // 2)),
    ):
        once, twice, smaller = (
            _playing(model, count) for model, count in ((whole, few), (whole, 2 * few), (half, 2 * few))
        )
        for what, ratio in (("replications", twice / once), ("servers", twice / smaller)):
            found.append(Figure("D", f"cost of kernels, {name}: twice as many {what}", round(ratio, 3), "x", "about 2"))
    return found


def _playing(model: Model, count: int) -> float:
    """Seconds of replications alone, without making arrays of the model."""
    player = Player(compile_model(model), SEED, Room.for_model(model))
    player.play(0, 2)
    return _seconds(lambda: player.play(0, count))


def _waiting(env: Any, delay: float) -> Generator[Any, Any, None]:
    while True:
        yield env.timeout(delay)


def _bare(processes: int, delay: float) -> float:
    """Seconds per event of SimPy with processes that only wait."""
    chance = random.Random(SEED)
    delays = [delay * chance.uniform(0.5, 1.5) for _ in range(processes)]

    def play() -> None:
        with without_collection():
            env = simpy.Environment()
            for one in delays:
                env.process(_waiting(env, one))
            env.run(until=YEARS * YEAR)

    return _seconds(play) / sum(int(YEARS * YEAR / one) for one in delays)


def _against_simpy(servers: int = 300) -> list[Figure]:
    alone = replace(independent(servers, 500.0), horizon=YEARS * YEAR)
    crew = replace(with_crew(servers, 500.0), horizon=YEARS * YEAR, crews=(Crew("operators", 6),))
    figures = []
    for name, model, target in (("independent failures", alone, 0.45), ("one crew with priorities", crew, 0.30)):
        bare, ours = [], []
        for _ in range(5):
            bare.append(_bare(servers, 254.0))
            events = [0]
            seconds = _seconds(lambda: events.__setitem__(0, len(log_of(model, SEED)[0])))  # noqa: B023
            ours.append(seconds / events[0])
        ratio = min(bare) / min(ours)
        figures.append(
            Figure(
                "D",
                f"SimPy reference against a bare timeout loop: {name}, events per second, log on",
                round(1.0 / min(ours)),
                "events/s",
                f">= {target:.2f}x",
                round(1.0 / min(bare)),
                round(ratio, 3),
                ratio >= target,
            )
        )
    return figures


def _same(name: str, model: Model, replications: int) -> Figure:
    few = max(20, replications // 10)
    results = [run(model, few, SEED, processes=processes, alone_s=0.0) for processes in (1, 2, 4)]
    prints = {
        (one.total.tobytes(), one.squares.tobytes(), one.outages.tobytes(), one.downtime.tobytes(), one.crews.tobytes())
        for one in results
    }
    text = f"results of 1, 2 and 4 processes that differ in any bit: {name}"
    return Figure("D", text, float(len(prints) - 1), "results", "0", met=len(prints) == 1)


def _memory(name: str, model: Model, replications: int) -> Figure:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        peak = pool.submit(_peak, model, replications).result()
    text = f"memory of a run: {name}, {len(model.items):,} items, {replications:,} replications"
    return Figure("D", text, round(peak, 1), "MB", "<= 2000", met=peak <= 2_000.0)


def _peak(model: Model, replications: int) -> float:
    run(model, replications, SEED)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000.0
