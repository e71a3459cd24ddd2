"""How near learned figures of a line are to played ones: the reference line over six of its parameters, on points that were held out.

The baseline is the closed form on the same points; the noise, what the held-out runs are uncertain by themselves, is the least that any
prediction can be off by. The share within intervals is of all held-out points and figures together.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from bench.figures import Figure
from simulate.line_prediction.learn import learn
from simulate.line_prediction.study import parse_study

SEEDS: Final = 5
STUDY: Final = """
name: the reference line
line: {name: reference, reference: {}}
parameters:
  reference/machine_a_time: {low: 3, high: 8}
  reference/machine_b_time: {low: 3, high: 8}
  reference/qc_time: {low: 1, high: 5}
  reference/arrival_rate: {low: 3, high: 8}
  reference/machine_a_capacity: {low: 1, high: 2, whole: true}
  reference/operators: {low: 1, high: 4, whole: true}
metrics: [throughput, avg_cycle_time, work_in_process, Machine A/utilisation]
runs: 192
calibration: 96
held_out: 96
replications: 20
"""


def measure(seeds: int = SEEDS) -> list[Figure]:
    """Mean absolute errors over studies of several seeds, beside those of the closed form, and the share within intervals."""
    study, line = parse_study(STUDY)
    told = [learn(study.model_copy(update={"seed": seed}), line).held_out for seed in range(1, seeds + 1)]
    figures = []
    for metric in study.metrics:
        error, formula, noise = (
            float(np.mean([one[metric][name] if whole else one[metric][name]["mean"] for one in told]))
            for name, whole in (("error", False), ("baseline_error", False), ("noise_of_runs", True))
        )
        points = seeds * study.held_out
        figures.append(
            Figure(
                "D",
                f"learned figures of a line, mean absolute error held out: {metric}",
                round(error, 4),
                f"of {points} points (noise of the runs themselves {noise:.4f}; baseline: closed form)",
                baseline=round(formula, 4),
                ratio=round(error / formula, 3),
            )
        )
    within = float(np.mean([one[metric]["within_interval"] for one in told for metric in study.metrics]))
    figures.append(
        Figure(
            "D",
            "learned figures of a line, held-out points within their intervals",
            round(within, 4),
            f"of {seeds * study.held_out * len(study.metrics)} ({study.confidence:.0%} wanted)",
        )
    )
    return figures
