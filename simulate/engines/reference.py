"""The reference engine: SimPy, one process per thing that happens, one record per event. Read it to know what is simulated.

All that happens at one instant is taken in before anything is concluded from it: then crews choose their next repair and
states follow from requirements. So the order in which two events of one instant are met means nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import chain
from typing import Any

import numpy as np

from simulate.compiled import missing
from simulate.distributions import Distribution
from simulate.engines.arrays import Floats, Ints, law_of
from simulate.engines.events import Event, What
from simulate.engines.shifts import at_work, next_opening
from simulate.model.items import Backup, ChangePlan, Crew, Item, MaintenanceWindow, Model, Stream
from simulate.model.order import groups_in_order
from simulate.randomness import draw, draws, seed_of_replication, uniform

try:
    import simpy
except ImportError as absent:
    raise missing(absent) from absent

Process = Generator[Any, Any, None]

FAILURE, REPAIR = int(Stream.FAILURE), int(Stream.REPAIR)
FIRST_BLOCK, LATER_BLOCKS = 2, 32
"""Draws that are made by one call: few items fail often."""

CODES = 16
"""A record is a time and a code, 16 times the position of the item and what happened: numbers, which cost no collection."""


def play(model: Model, seed: int, replication: int = 0) -> list[Event]:
    """The event log of one replication of a run, in order."""
    times, codes = log_of(model, seed, replication)
    return [
        Event(time, code // CODES, What(code % CODES))
        for time, code in zip(times.tolist(), codes.tolist(), strict=True)
    ]


def log_of(model: Model, seed: int, replication: int = 0) -> tuple[Floats, Ints]:
    """The same as numbers: times, and codes (`CODES`)."""
    with without_collection():
        return Reference(model, seed, replication).run()


class Reference:
    """One replication."""

    def __init__(self, model: Model, seed: int, replication: int = 0) -> None:
        self.model = model
        self.seed: Any = np.uint64(
            seed_of_replication(seed, replication)
        )  # what the compiled function takes without asking
        self.env = simpy.Environment()
        self.times: list[float] = []
        self.codes: list[int] = []
        self.laws: dict[Distribution, tuple[int, float, float, Floats]] = {}
        count = len(model.items)
        self.reasons = [0] * count  # how many reasons of its own an item has to be down
        self.down = [False] * count
        self.unsettled: list[int] = []
        self.crews = [Dispatch(self, crew) for crew in model.crews]
        self.calls: list[Dispatch] = []
        self.states = States(self)
        for at, item in enumerate(model.items):
            if item.failure is not None and item.repair is not None:
                self.env.process(self.life(at, item, model.keys[at], item.failure, item.repair))
            for window in item.maintenance:
                self.env.process(self.maintenance(at, window))
            if item.changes:
                self.changes(at, item)

    def run(self) -> tuple[Floats, Ints]:
        """Play until the horizon; the times and codes of the log, in order."""
        if self.crews or any(self.states.matters):
            self.play_and_settle()
        else:
            self.env.run(until=self.model.horizon)
        times, codes = np.array(self.times), np.array(self.codes, dtype=np.int64)
        order = np.lexsort((codes, times))
        return times[order], codes[order]

    def play_and_settle(self) -> None:
        """Play instant after instant."""
        env, horizon = self.env, self.model.horizon
        peek, step = env.peek, env.step
        unsettled, calls = self.unsettled, self.calls
        while peek() < horizon:
            step()
            if (calls or unsettled) and peek() > env.now:
                self.settle()

    def record(self, at: int, what: What) -> None:
        """One event, now."""
        self.times.append(self.env.now)
        self.codes.append(CODES * at + what)

    def settle(self) -> None:
        """Conclude from all that happened at this instant."""
        for crew in self.calls:
            crew.choose()
        self.calls.clear()
        if self.unsettled:
            self.states.follow(self.unsettled)
            self.unsettled.clear()

    def life(self, at: int, item: Item, key: int, failure: Distribution, repair: Distribution) -> Process:
        """Failure, repair, failure, and so on."""
        timeout, matters = self.env.timeout, self.states.matters[at]
        env, log_time, log_code = self.env, self.times.append, self.codes.append
        failed, repaired = CODES * at + int(What.FAILED), CODES * at + int(What.REPAIRED)
        crew = None if item.crew is None else self.crews[item.crew]
        backup = item.backup
        now = 0.0
        number = 0
        repairs = self.stream(repair, key, REPAIR)
        for until_failure in self.stream(failure, key, FAILURE):
            yield timeout(until_failure)
            now += until_failure
            log_time(now)
            log_code(failed)
            if matters:
                self.begins(at)
            if crew is not None:
                yield crew.call(at, item.priority)
                now = env.now
            until_repaired = next(repairs)
            yield timeout(until_repaired)
            now += until_repaired
            if backup is not None:
                if self.needs_restoration(key, backup, number):
                    yield timeout(self.one(backup.restore, key, Stream.RESTORE, number))
                    now = env.now
                number += 1
            log_time(now)
            log_code(repaired)
            if crew is not None:
                crew.ends()
            if matters:
                self.ends(at)

    def maintenance(self, at: int, window: MaintenanceWindow) -> Process:
        """Down on purpose, again and again."""
        yield self.env.timeout(window.begin)
        while True:
            self.record(at, What.MAINTENANCE_STARTED)
            self.begins(at)
            yield self.env.timeout(window.duration)
            self.record(at, What.MAINTENANCE_ENDED)
            self.ends(at)
            if window.every <= 0.0:
                return
            yield self.env.timeout(window.every - window.duration)

    def changes(self, at: int, item: Item) -> None:
        """Changes of an item; those of one plan are numbered after those of the plan before."""
        number = 0
        for plan in item.changes:
            self.env.process(self.changing(at, item, plan, number))
            time = plan.begin
            while time < min(self.model.horizon, plan.until):
                number += 1
                if plan.every <= 0.0:
                    break
                time += plan.every

    def changing(self, at: int, item: Item, plan: ChangePlan, number: int) -> Process:
        """One change after another, some of which fail."""
        yield self.env.timeout(plan.begin)
        while self.env.now < plan.until:
            if uniform(self.seed, item.key, int(Stream.CHANGE_OUTCOME), number) < plan.failure_probability:
                self.env.process(self.recovery(at, self.one(plan.recovery, item.key, Stream.CHANGE_RECOVERY, number)))
            if plan.every <= 0.0:
                return
            number += 1
            yield self.env.timeout(plan.every)

    def recovery(self, at: int, duration: float) -> Process:
        """Down from a change that failed until it is recovered from."""
        self.record(at, What.CHANGE_FAILED)
        self.begins(at)
        yield self.env.timeout(duration)
        self.record(at, What.CHANGE_RECOVERED)
        self.ends(at)

    def begins(self, at: int) -> None:
        """One more reason to be down."""
        self.reasons[at] += 1
        self.unsettled.append(at)

    def ends(self, at: int) -> None:
        """One reason less."""
        self.reasons[at] -= 1
        self.unsettled.append(at)

    def needs_restoration(self, key: int, backup: Backup, number: int) -> bool:
        return uniform(self.seed, key, int(Stream.RESTORE_NEEDED), number) < backup.restore_probability

    def stream(self, law: Distribution, key: int, stream: int) -> Iterator[float]:
        """The draws of a stream, from the first on."""
        return chain.from_iterable(self.blocks(law, key, stream))

    def blocks(self, law: Distribution, key: int, stream: int) -> Iterator[list[float]]:
        """The same, as many as one call makes."""
        family, first, second, values = self.numbers_of(law)
        seed, begin, block = self.seed, 0, FIRST_BLOCK
        while True:
            yield draws(family, first, second, values, seed, key, stream, begin, block).tolist()
            begin += block
            block = LATER_BLOCKS

    def numbers_of(self, law: Distribution) -> tuple[int, float, float, Floats]:
        """A law as the compiled functions take it."""
        known = self.laws.get(law)
        if known is None:
            table: list[float] = []
            numbers = law_of(law, table)
            known = self.laws[law] = (*numbers, np.array([0.0, *table]))
        return known

    def one(self, law: Distribution, key: int, stream: Stream, number: int) -> float:
        """One draw of a stream."""
        return draw(*self.numbers_of(law), self.seed, key, int(stream), number)


@contextmanager
def without_collection() -> Iterator[None]:
    """Nothing becomes garbage in cycles while a replication is played: looking for it would take half the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Dispatch:
    """A crew: who waits for it, and who comes next."""

    def __init__(self, run: Reference, crew: Crew) -> None:
        self.run = run
        self.env = run.env
        self.begins = np.array([begin for begin, _ in crew.shifts], dtype=np.float64)
        self.ends_of_shifts = np.array([end for _, end in crew.shifts], dtype=np.float64)
        self.free = crew.size
        self.waiting: list[tuple[int, float, int, Any]] = []

    def call(self, at: int, priority: int) -> Any:
        """Ask for a repair; what is returned happens when it begins."""
        begun = self.env.event()
        heappush(self.waiting, (priority, self.env.now, at, begun))
        self.run.calls.append(self)
        return begun

    def ends(self) -> None:
        """A repair is over."""
        self.free += 1
        if self.waiting:
            self.run.calls.append(self)

    def choose(self) -> None:
        """Begin what can begin now, or come back when the next shift does."""
        if not (self.waiting and self.free):
            return
        now = self.env.now
        offset = self.run.model.week_offset
        if len(self.begins) and not at_work(now, self.begins, self.ends_of_shifts, offset):
            opening = next_opening(now, self.begins, offset)
            self.env.process(self.open(opening - now))
            return
        while self.waiting and self.free:
            _, _, at, begun = heappop(self.waiting)
            self.free -= 1
            self.run.record(at, What.REPAIR_STARTED)
            begun.succeed()

    def open(self, wait: float) -> Process:
        yield self.env.timeout(wait)
        self.run.calls.append(self)


class States:
    """What is down because of something else."""

    def __init__(self, run: Reference) -> None:
        items = run.model.items
        self.run = run
        self.items = items
        self.derived = [bool(item.requires or item.failover or item.maintenance or item.changes) for item in items]
        self.dependents: list[list[int]] = [[] for _ in items]
        for at, item in enumerate(items):
            for needed in item.needs:
                self.dependents[needed].append(at)
        self.groups = groups_in_order([item.needs for item in items])
        self.rank = {at: rank for rank, group in enumerate(self.groups) for at in group}
        self.matters = [self.derived[at] or bool(self.dependents[at]) for at in range(len(items))]
        self.broken = [False] * len(items)  # down, were it not for the failover
        self.outages = [0] * len(items)
        self.taken_over = [False] * len(items)
        self.told_taken_over = [False] * len(items)

    def follow(self, changed: list[int]) -> None:
        """Bring states up to date after these items changed: what is needed first, each group once."""
        ranks = [self.rank[at] for at in set(changed)]
        ranks.sort()
        seen = set(ranks)
        while ranks:
            rank = heappop(ranks)
            seen.discard(rank)
            for at in self.settle_group(self.groups[rank]):
                for dependent in self.dependents[at]:
                    other = self.rank[dependent]
                    if other != rank and other not in seen:
                        seen.add(other)
                        heappush(ranks, other)

    def settle_group(self, group: tuple[int, ...]) -> list[int]:
        """New states of a group; those that changed. A cycle begins with what is down by itself, and adds what follows."""
        before = [self.run.down[at] for at in group]
        if len(group) > 1:
            for at in group:
                self.run.down[at] = self.run.reasons[at] > 0
            while True:
                more = [at for at in group if not self.run.down[at] and self.is_broken(at)]
                if not more:
                    break
                for at in more:
                    self.run.down[at] = True
        else:
            (at,) = group
            self.run.down[at] = False  # what requires itself is not down for that
            broken = self.is_broken(at)
            self.run.down[at] = broken if self.items[at].failover is None else self.failed_over(at, broken)
        changed = [at for at, was in zip(group, before, strict=True) if self.run.down[at] != was]
        for at in changed:
            if self.derived[at]:
                self.run.record(at, What.DOWN if self.run.down[at] else What.UP)
        return changed

    def is_broken(self, at: int) -> bool:
        """Whether the item is down but for its failover."""
        down = self.run.down
        return self.run.reasons[at] > 0 or any(
            sum(1 for member in one.of if not down[member]) < one.needed for one in self.items[at].requires
        )

    def failed_over(self, at: int, broken: bool) -> bool:
        """Whether the item is down in spite of its failover."""
        failover = self.items[at].failover
        assert failover is not None
        if broken and not self.broken[at]:
            number = self.outages[at]
            self.outages[at] += 1
            duration = self.run.one(failover.duration, self.items[at].key, Stream.FAILOVER, number)
            self.run.env.process(self.take_over(at, duration, number))
        if not broken:
            self.taken_over[at] = self.told_taken_over[at] = False
        self.broken[at] = broken
        if broken and self.taken_over[at] and not self.told_taken_over[at]:
            self.told_taken_over[at] = True
            self.run.record(at, What.FAILED_OVER)
        return broken and not (self.taken_over[at] and not self.run.down[failover.standby])

    def take_over(self, at: int, duration: float, number: int) -> Process:
        yield self.run.env.timeout(duration)
        if self.broken[at] and self.outages[at] == number + 1:
            self.taken_over[at] = True
            self.run.unsettled.append(at)
