"""What formulas say of a line, to hold what was learned against: visits, the bottleneck's rate, and waiting by Allen and Cunneen.

Rework makes visits (a system of linear equations); the least of arrivals, stages and operators is the rate. Where a stage is not full, its
wait is that of M/M/c times half the squared variations (A. O. Allen, Probability, Statistics, and Queueing Theory, 2nd ed., 1990, section
5.3.4), and no more than a queue grows to from nothing at full load in the time that is played (reflected Brownian motion: W. Whitt,
Stochastic-Process Limits, 2002, section 9.6); where more arrives than leaves, what is left over grows in proportion (fluid). Buffers,
blocking, shifts and the bound of reworks are left out: that is what simulation is for.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from simulate.closed_forms.erlang import erlang_c
from simulate.engines.arrays import Floats
from simulate.line.model import Line, Stage
from simulate.line.result import HOUR
from simulate.load.queue import squared_variation

NAME: Final = "closed form (bottleneck rate, Allen-Cunneen)"


def visits(line: Line) -> Floats:
    """How often a piece that arrives is processed at each stage, on average."""
    count = len(line.stages)
    moves = np.zeros((count, count))  # from, to
    for at, stage in enumerate(line.stages):
        back = at if stage.rework_to is None else line.place(stage.rework_to)
        moves[at, back] += stage.rework
        if at + 1 < count:
            moves[at, at + 1] += 1.0 - stage.scrap - stage.rework
    arrives = np.zeros(count)
    arrives[0] = 1.0
    return np.asarray(np.linalg.solve(np.eye(count) - moves.T, arrives))


def closed_form(line: Line) -> dict[str, float]:
    """Each metric that formulas know, by name, those of stages as `stage/metric`."""
    often = visits(line)
    occupied = np.array([_occupied(stage) for stage in line.stages])
    need = np.array([stage.operators for stage in line.stages])
    arrivals = 1.0 / line.arrivals.mean
    hands = float((often * occupied * need).sum())
    limits = [stage.machines / (many * each) for stage, many, each in zip(line.stages, often, occupied, strict=True)]
    rate = min(arrivals, *limits, line.operators / hands if hands else math.inf)
    good = 1.0 - float((often * [stage.scrap for stage in line.stages]).sum())
    share = rate / arrivals
    left_over = (1.0 - share) * line.horizon / 2.0
    waits = [
        _wait(line, stage, rate * many, each) for stage, many, each in zip(line.stages, often, occupied, strict=True)
    ]
    full = max((wait for wait, most in zip(waits, limits, strict=True) if rate >= most * (1.0 - 1e-9)), default=0.0)
    passes = float((often * (occupied + waits)).sum())
    cycle = passes + max(0.0, left_over - full)
    hours = line.duration / HOUR
    found = {
        "throughput": rate * good * HOUR,
        "completed": rate * good * line.duration,
        "avg_cycle_time": cycle,
        "work_in_process": rate * passes + max(0.0, (arrivals - rate) * line.horizon / 2.0 - rate * full),
        "arrived": arrivals * line.duration,
        "value": rate * good * line.duration * line.item_value,
    }
    if line.operators:
        found["operator_utilisation"] = rate * hands / line.operators
    cost = line.material_cost * found["arrived"] + hours * (
        line.operators * line.operator_cost_per_hour
        + sum(stage.machines * stage.cost_per_hour for stage in line.stages)
    )
    found |= {"cost": cost, "profit": found["value"] - cost}
    for stage, many, each, wait in zip(line.stages, often, occupied, waits, strict=True):
        found[f"{stage.name}/utilisation"] = rate * float(many) * float(each) / stage.machines
        found[f"{stage.name}/queue"] = rate * float(many) * wait
        found[f"{stage.name}/wait"] = wait
        found[f"{stage.name}/cycle_time"] = float(each) / stage.machines
    return {name: float(value) for name, value in found.items()}


def _occupied(stage: Stage) -> float:
    """Minutes of a machine per piece: processing, its share of set-ups and of repairs."""
    minutes = stage.time.mean
    if stage.breakdowns is not None:
        minutes *= 1.0 + stage.breakdowns.repair.mean / stage.breakdowns.failure.mean
    return minutes if stage.setup is None else minutes + stage.setup.time.mean / stage.setup.every


def _wait(line: Line, stage: Stage, rate: float, occupied: float) -> float:
    """Minutes before a stage, on average over what is played."""
    load = rate * occupied
    variation = squared_variation(line.arrivals) + squared_variation(stage.time)
    most = math.sqrt(2.0 * line.horizon / math.pi * rate * variation) * occupied / stage.machines * 2.0 / 3.0
    if load >= stage.machines * (1.0 - 1e-9):
        return most
    waits = erlang_c(load, stage.machines) * occupied / (stage.machines - load)
    return min(waits * variation / 2.0, most)
