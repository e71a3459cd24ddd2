"""The reference line: machine A, machine B, quality control, with rework and scrap; its parameters by their usual names."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulate.distributions import Distribution, deterministic, exponential, lognormal_of
from simulate.line.check import LineError
from simulate.line.model import DAY, Line, Stage

MACHINE_A = "Machine A"
MACHINE_B = "Machine B"
QUALITY_CONTROL = "Quality control"


@dataclass(frozen=True, slots=True)
class ReferenceParameters:
    """Times in minutes. Deviations are standard deviations (often called variance), `mean_interarrival` is often called arrival rate.

    Quality control scraps with probability `scrap` and sends back to machine B with probability `rework`. Operators work at
    the machines; quality control has its own bench.
    """

    machine_a_capacity: int = 1
    machine_b_capacity: int = 1
    qc_capacity: int = 1
    operators: int = 2
    machine_a_time: float = 6.0
    machine_a_deviation: float = 1.0
    machine_b_time: float = 5.0
    machine_b_deviation: float = 1.0
    qc_time: float = 3.0
    qc_deviation: float = 0.5
    mean_interarrival: float = 4.0
    scrap: float = 0.03
    rework: float = 0.05
    duration: float = DAY
    warm_up: float = 0.0
    item_value: float = 40.0
    material_cost: float = 0.0
    machine_cost_per_hour: float = 0.0
    operator_cost_per_hour: float = 0.0


def reference_line(parameters: ReferenceParameters = ReferenceParameters()) -> Line:
    """The line of these parameters. Raises LineError, DistributionError for a time that is not positive."""
    given = parameters
    cost = given.machine_cost_per_hour
    return Line(
        name="A, B, quality control",
        stages=(
            Stage(
                MACHINE_A,
                around(given.machine_a_time, given.machine_a_deviation),
                given.machine_a_capacity,
                operators=1,
                cost_per_hour=cost,
            ),
            Stage(
                MACHINE_B,
                around(given.machine_b_time, given.machine_b_deviation),
                given.machine_b_capacity,
                operators=1,
                cost_per_hour=cost,
            ),
            Stage(
                QUALITY_CONTROL,
                around(given.qc_time, given.qc_deviation),
                given.qc_capacity,
                scrap=given.scrap,
                rework=given.rework,
                rework_to=MACHINE_B,
            ),
        ),
        arrivals=exponential(given.mean_interarrival),
        operators=given.operators,
        duration=given.duration,
        warm_up=given.warm_up,
        item_value=given.item_value,
        material_cost=given.material_cost,
        operator_cost_per_hour=given.operator_cost_per_hour,
    )


def around(mean: float, deviation: float) -> Distribution:
    """A time of this mean and standard deviation: lognormal, which is never negative; always the mean where the deviation is 0."""
    if not (math.isfinite(deviation) and deviation >= 0.0):
        raise LineError(f"a standard deviation of {deviation}", hint="0 or more")
    return deterministic(mean) if deviation == 0.0 else lognormal_of(mean, deviation)
