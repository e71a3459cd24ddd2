"""A production line as data, of any sector: stages in series, machines, operators, buffers, and what goes wrong.

Times are minutes: of working time, or of the clock where there are shifts. Money is in the currency of whoever gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from hashlib import blake2b
from typing import Final

from simulate.distributions import Distribution
from simulate.line.calendar import OPERATORS, Shift, changes_of, level, most, period_of

DAY: Final = 480.0
"""Minutes of a shift, the default duration."""


class Stream(IntEnum):
    """Which random numbers of a stage; those of arrivals are of the line itself."""

    ARRIVAL = 0
    TIME = 1
    OUTCOME = 2
    SETUP = 3
    FAILURE = 4
    REPAIR = 5


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """A machine fails after some time of processing (it does not age while it stands), and goes on with its piece once repaired."""

    failure: Distribution
    repair: Distribution


@dataclass(frozen=True, slots=True)
class Setup:
    """After every so many pieces a machine is set up before the next one."""

    time: Distribution
    every: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Equal machines in parallel, and the queue before them, first come first served.

    A piece that begins takes a machine and `operators` of the line's until it is processed (set-up and repair included).
    With a `buffer` so many pieces may wait; a piece that finds it full keeps its machine (blocking after service), one that
    arrives from outside is turned away, one that is reworked waits all the same. After processing a piece is scrapped with
    probability `scrap`, else sent back to the stage `rework_to` (itself by default) with probability `rework`.
    `ideal_time` (minutes per piece, the mean of `time` by default) is what performance is measured against.
    With `shifts` its machines begin pieces in these hours alone; what was begun is finished.
    """

    name: str
    time: Distribution
    machines: int = 1
    operators: int = 0
    buffer: int | None = None
    setup: Setup | None = None
    breakdowns: Breakdowns | None = None
    scrap: float = 0.0
    rework: float = 0.0
    rework_to: str | None = None
    ideal_time: float | None = None
    cost_per_hour: float = 0.0
    shifts: tuple[Shift, ...] = ()

    @property
    def key(self) -> int:
        """The component of the keys of its random numbers: a stage keeps its chance when others come or go."""
        return key_of(f"stage {self.name}")

    @property
    def best_time(self) -> float:
        return self.time.mean if self.ideal_time is None else self.ideal_time


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces arrive one by one (`arrivals`: time between two) and pass all stages in their order.

    What happens before `warm_up` is not counted; `duration` comes after it. A piece that would be reworked more than
    `most_reworks` times is scrapped. Free operators go to the last stage that can begin: what is nearly done comes first.
    With `operator_shifts`, so many are there as shifts say, at most `operators`; with `arrival_shifts`, pieces arrive in these
    hours alone. `week_offset`: minutes of the week that have gone by when playing begins (0: Monday midnight).
    """

    name: str
    stages: tuple[Stage, ...]
    arrivals: Distribution
    operators: int = 0
    duration: float = DAY
    warm_up: float = 0.0
    most_reworks: int = 3
    item_value: float = 0.0
    material_cost: float = 0.0
    operator_cost_per_hour: float = 0.0
    operator_shifts: tuple[Shift, ...] = ()
    arrival_shifts: tuple[Shift, ...] = ()
    week_offset: float = 0.0
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def horizon(self) -> float:
        """Minutes that are played."""
        return self.warm_up + self.duration

    @property
    def machines(self) -> int:
        return sum(stage.machines for stage in self.stages)

    @property
    def has_shifts(self) -> bool:
        """Of operators or machines: what is staffed changes as time goes by."""
        return bool(self.operator_shifts) or any(stage.shifts for stage in self.stages)

    @property
    def cycle(self) -> float:
        """Minutes after which its shifts come again; 0 where none of them begins or ends in the counted time."""
        others = [self.arrival_shifts, *(stage.shifts for stage in self.stages)]
        changes = changes_of(self.operator_shifts, others, self.week_offset, self.horizon)
        return period_of(self.operator_shifts, others) if any(one.time > self.warm_up for one in changes) else 0.0

    @property
    def most_operators(self) -> int:
        """That are there at one time."""
        return most(self.operator_shifts) if self.operator_shifts else self.operators

    def at_first(self, of: int) -> int:
        """How many operators are there at the beginning (`OPERATORS`), or whether a stage is open (1 or 0)."""
        shifts = self.operator_shifts if of == OPERATORS else self.stages[of].shifts
        if not shifts:
            return self.operators if of == OPERATORS else 1
        return level(shifts, self.week_offset, counted=of == OPERATORS)

    def place(self, name: str) -> int:
        """The position of a stage. Raises KeyError."""
        for at, stage in enumerate(self.stages):
            if stage.name == name:
                return at
        raise KeyError(name)

    def with_stage(self, name: str, **changes: object) -> Line:
        """The same line with another stage in place of this one. Raises KeyError."""
        at = self.place(name)
        stage = replace(self.stages[at], **changes)  # type: ignore[arg-type]
        return replace(self, stages=(*self.stages[:at], stage, *self.stages[at + 1 :]))


def key_of(name: str) -> int:
    """56 bits of a name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest())


ARRIVALS_KEY: Final = key_of("arrivals")
VISITS: Final = 1_024
"""Numbers of a piece at a stage, one per visit: its n-th piece is numbered from n * VISITS."""
MACHINE: Final = 1 << 40
"""Numbers of a machine of a stage begin at its place times this."""
