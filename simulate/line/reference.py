"""The reference engine of a line: SimPy, one process per machine. Read it to know what is simulated.

All that happens at one instant is taken in before anything is concluded from it (`settle`), so that the order in which two
events of one instant are met means nothing.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Generator
from typing import Any

from simulate.compiled import missing
from simulate.distributions import Distribution
from simulate.engines.arrays import law_of
from simulate.line.calendar import OPERATORS, changes_of, clock_time, open_spans
from simulate.line.check import check
from simulate.line.events import Event, What
from simulate.line.model import ARRIVALS_KEY, MACHINE, VISITS, Line, Stage, Stream
from simulate.randomness import draws, seed_of_replication, uniform

try:
    import simpy
except ImportError as absent:
    raise missing(absent) from absent

import numpy as np

Process = Generator[Any, Any, None]


def play(line: Line, seed: int, replication: int = 0) -> list[Event]:
    """The event log of one replication, in order. Raises LineError and its kin."""
    check(line)
    return Reference(line, seed_of_replication(seed, replication)).run()


class Machine:
    """A machine of a stage; `holds` is the piece that is on it, `since` when it began to be held after processing."""

    def __init__(self, number: int, stage: int, place: int) -> None:
        self.number = number
        self.stage = stage
        self.place = place
        self.holds: int | None = None
        self.since: float | None = None
        self.told = True
        self.pieces_since_setup = 0
        self.setups = 0
        self.failures = 0
        self.life = float("inf")


class Reference:
    """One replication."""

    def __init__(self, line: Line, seed: int) -> None:
        self.line = line
        self.seed: Any = np.uint64(seed)
        self.env = simpy.Environment()
        self.log: list[Event] = []
        self.free = line.at_first(OPERATORS)
        self.taken_in = False  # whether anything happened at this instant from which something may follow
        self.queues: list[list[tuple[float, int]]] = [[] for _ in line.stages]  # (entered, piece), in order
        self.machines: list[list[Machine]] = []
        self.visits: dict[tuple[int, int], int] = {}
        self.reworks: dict[int, int] = {}
        self.pending: int | None = None  # has arrived, and is not yet in the first queue
        self.present = self.free
        self.is_open = [bool(line.at_first(at)) for at in range(len(line.stages))]
        number = 0
        for at, stage in enumerate(line.stages):
            self.machines.append([Machine(number + place, at, place) for place in range(stage.machines)])
            number += stage.machines
            for machine in self.machines[at]:
                if stage.breakdowns is not None:
                    machine.life = self.draw(
                        stage.breakdowns.failure, stage.key, Stream.FAILURE, MACHINE * machine.place
                    )

    def run(self) -> list[Event]:
        """Play instant after instant until the horizon."""
        env = self.env
        env.process(self.arrivals())
        env.process(self.shifts())
        while env.peek() < self.line.horizon:
            now = env.peek()
            self.taken_in = False
            while env.peek() == now:
                env.step()
            if self.taken_in:  # else only processes have begun
                self.settle()
        return sorted(self.log)

    def arrivals(self) -> Process:
        piece = 0
        worked = 0.0
        begins, ends = open_spans(self.line.arrival_shifts, self.line.week_offset, self.line.horizon)
        while True:
            gap = self.draw(self.line.arrivals, ARRIVALS_KEY, Stream.ARRIVAL, piece)
            if self.line.arrival_shifts:
                worked += gap
                gap = clock_time(worked, begins, ends) - self.env.now
            yield self.env.timeout(gap)
            self.record(None, What.ARRIVED, piece)
            self.pending = piece
            piece += 1

    def shifts(self) -> Process:
        """Operators come and go, stages open and close; who is at work ends the piece."""
        line = self.line
        for change in changes_of(
            line.operator_shifts, [stage.shifts for stage in line.stages], line.week_offset, line.horizon
        ):
            yield self.env.timeout(change.after)
            if change.of == OPERATORS:
                self.free += change.value - self.present
                self.present = change.value
            else:
                self.is_open[change.of] = bool(change.value)
            self.taken_in = True

    def work(self, machine: Machine, stage: Stage, piece: int) -> Process:
        """One piece on one machine, from its beginning to the end of its processing."""
        timeout = self.env.timeout
        if stage.setup is not None and machine.pieces_since_setup >= stage.setup.every:
            self.record(machine, What.SETUP_STARTED, piece)
            index = MACHINE * machine.place + machine.setups
            machine.setups += 1
            machine.pieces_since_setup = 0
            machine.pieces_since_setup += 1
            yield timeout(self.draw(stage.setup.time, stage.key, Stream.SETUP, index))
        else:
            machine.pieces_since_setup += 1
        self.record(machine, What.STARTED, piece)
        visit = self.visits.get((piece, machine.stage), 0)
        self.visits[piece, machine.stage] = visit + 1
        rest = self.draw(stage.time, stage.key, Stream.TIME, piece * VISITS + visit)
        while machine.life < rest and stage.breakdowns is not None:
            yield timeout(machine.life)
            rest -= machine.life
            self.record(machine, What.FAILED, piece)
            index = MACHINE * machine.place + machine.failures
            yield timeout(self.draw(stage.breakdowns.repair, stage.key, Stream.REPAIR, index))
            self.record(machine, What.REPAIRED, piece)
            machine.failures += 1
            machine.life = self.draw(stage.breakdowns.failure, stage.key, Stream.FAILURE, index + 1)
        yield timeout(rest)
        machine.life -= rest
        self.record(machine, What.PROCESSED, piece)
        self.free += stage.operators
        self.outcome(machine, stage, piece, uniform(self.seed, stage.key, int(Stream.OUTCOME), piece * VISITS + visit))

    def outcome(self, machine: Machine, stage: Stage, piece: int, chance: float) -> None:
        """Scrapped, sent back, completed, or held until there is room before the next stage."""
        is_reworked = stage.scrap <= chance < stage.scrap + stage.rework
        if chance < stage.scrap or (is_reworked and self.reworks.get(piece, 0) >= self.line.most_reworks):
            what = What.SCRAPPED
        elif is_reworked:
            self.reworks[piece] = self.reworks.get(piece, 0) + 1
            back = machine.stage if stage.rework_to is None else self.line.place(stage.rework_to)
            insort(self.queues[back], (self.env.now, piece))
            what = What.SENT_BACK
        elif machine.stage == len(self.line.stages) - 1:
            what = What.COMPLETED
        else:
            machine.since, machine.told = self.env.now, False
            return
        machine.holds = None
        self.record(machine, what, piece)

    def settle(self) -> None:
        """Conclude from all that happened at this instant: what is nearly done comes first."""
        for at in reversed(range(len(self.line.stages))):
            self.begin(at)
            while self.one_enters(at):
                self.begin(at)
        if self.pending is not None:
            self.record(None, What.TURNED_AWAY, self.pending)
            self.pending = None
        for machines in self.machines:
            for machine in machines:
                if not machine.told and machine.holds is not None:
                    machine.told = True
                    self.record(machine, What.BLOCKED, machine.holds)

    def begin(self, at: int) -> None:
        """Pieces that wait go to machines that stand, as long as there are operators."""
        stage, queue = self.line.stages[at], self.queues[at]
        for machine in self.machines[at] if self.is_open[at] else ():
            if machine.holds is None and queue and (stage.operators == 0 or self.free >= stage.operators):
                self.free -= stage.operators
                _, machine.holds = queue.pop(0)
                work = self.work(machine, stage, machine.holds)
                self.env.process(_after(next(work), work))

    def one_enters(self, at: int) -> bool:
        """One piece enters the queue of a stage, if there is one and room for it."""
        buffer, queue, now = self.line.stages[at].buffer, self.queues[at], self.env.now
        if buffer is not None and len(queue) >= buffer:
            return False
        if at == 0:
            if self.pending is None:
                return False
            insort(queue, (now, self.pending))
            self.pending = None
            return True
        holding = [one for one in self.machines[at - 1] if one.since is not None]
        if not holding:
            return False
        machine = min(holding, key=lambda one: (one.since, one.holds))
        assert machine.holds is not None
        insort(queue, (now, machine.holds))
        self.record(machine, What.MOVED_ON, machine.holds)
        machine.holds, machine.since, machine.told = None, None, True
        return True

    def record(self, machine: Machine | None, what: What, piece: int) -> None:
        self.taken_in = True
        self.log.append(Event(self.env.now, -1 if machine is None else machine.number, what, piece))

    def draw(self, law: Distribution, key: int, stream: Stream, index: int) -> float:
        table: list[float] = []
        family, first, second = law_of(law, table)
        return float(draws(family, first, second, np.array([0.0, *table]), self.seed, key, int(stream), index, 1)[0])


def _after(first: Any, rest: Process) -> Process:
    """A process that has begun: its first event, then the rest of it."""
    yield first
    yield from rest
