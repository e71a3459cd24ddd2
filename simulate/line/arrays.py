"""A line as arrays, the form that the kernel reads, and the columns that it adds up."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from simulate.engines.arrays import NONE, Floats, Ints, Words, law_of
from simulate.line.calendar import OPERATORS, changes_of, open_spans
from simulate.line.model import ARRIVALS_KEY, Line

BUCKETS: Final = 48
"""Parts of the counted time, for charts and for what grows."""
NO_LIMIT: Final = 1 << 60

# Columns of a bucket. Areas are minutes of pieces (machines, operators); the others are counts, and two sums of minutes.
WIP, BUSY_OPERATORS, ARRIVED, TURNED_AWAY, COMPLETED, SCRAPPED, LEAD_TIME, OPERATOR_TIME = range(8)
FIXED: Final = 8
QUEUE, WORKING, SETTING_UP, DOWN, BLOCKED, PROCESSED, SENT_BACK, LOST, WAITED, STARTED, STAFFED = range(11)
OF_A_STAGE: Final = 11
"""OPERATOR_TIME: operators that are there, or still at work; STAFFED: machines that are open, or still at work."""


class LineArrays(NamedTuple):
    """Rows are stages; machines are numbered through, in the order of stages."""

    arrivals_key: int
    arrival_family: int
    arrival_law: Floats
    operators: int  # at the beginning
    most_reworks: int
    key: Words
    table: Floats
    family: Ints  # stage x 4: time, set-up, failure, repair
    law: Floats  # stage x 8
    need: Ints
    buffer: Ints
    setup_every: Ints
    scrap: Floats
    rework: Floats
    rework_to: Ints
    first: Ints  # of its machines; one more than there are stages
    stage_of: Ints
    edges: Floats  # of buckets, from 0 to the horizon
    is_open: Ints  # of stages, at the beginning
    change_time: Floats  # of shifts
    change: Ints  # of what (a stage, or the operators), and its new value
    open_begin: Floats  # when pieces arrive; empty: always
    open_end: Floats


def columns(stages: int) -> int:
    """How many a bucket has."""
    return FIXED + OF_A_STAGE * stages


def column(stage: int, what: int) -> int:
    """Where a number of a stage stands."""
    return FIXED + OF_A_STAGE * stage + what


def compile_line(line: Line) -> LineArrays:
    """The arrays of a line that `simulate.line.check` has passed."""
    table: list[float] = []
    arrival = law_of(line.arrivals, table)
    laws = [
        [
            law_of(stage.time, table),
            law_of(stage.setup.time if stage.setup else None, table),
            law_of(stage.breakdowns.failure if stage.breakdowns else None, table),
            law_of(stage.breakdowns.repair if stage.breakdowns else None, table),
        ]
        for stage in line.stages
    ]
    machines = [stage.machines for stage in line.stages]
    changes = changes_of(line.operator_shifts, [stage.shifts for stage in line.stages], line.week_offset, line.horizon)
    warm_up = [] if line.warm_up == 0.0 else np.linspace(0.0, line.warm_up, 1 + BUCKETS)[:-1].tolist()
    return LineArrays(
        ARRIVALS_KEY,
        arrival[0],
        np.array(arrival[1:], dtype=np.float64),
        line.at_first(OPERATORS),
        line.most_reworks,
        np.array([stage.key for stage in line.stages], dtype=np.uint64),
        np.array([0.0, *table]),
        np.array([[one[0] for one in some] for some in laws], dtype=np.int64),
        np.array([[number for one in some for number in one[1:]] for some in laws], dtype=np.float64),
        np.array([stage.operators for stage in line.stages], dtype=np.int64),
        np.array([NO_LIMIT if stage.buffer is None else stage.buffer for stage in line.stages], dtype=np.int64),
        np.array([stage.setup.every if stage.setup else 0 for stage in line.stages], dtype=np.int64),
        np.array([stage.scrap for stage in line.stages]),
        np.array([stage.rework for stage in line.stages]),
        np.array(
            [at if stage.rework_to is None else line.place(stage.rework_to) for at, stage in enumerate(line.stages)],
            dtype=np.int64,
        ),
        np.concatenate([[0], np.cumsum(machines)]).astype(np.int64),
        np.repeat(np.arange(len(machines)), machines).astype(np.int64),
        np.concatenate([warm_up, np.linspace(line.warm_up, line.horizon, 1 + BUCKETS)]),
        np.array([line.at_first(at) for at in range(len(line.stages))], dtype=np.int64),
        np.array([change.time for change in changes]),
        np.array([[change.of, change.value] for change in changes], dtype=np.int64).reshape(-1, 2),
        *open_spans(line.arrival_shifts, line.week_offset, line.horizon),
    )


__all__ = ["NONE", "Floats", "Ints", "LineArrays", "column", "columns", "compile_line"]
