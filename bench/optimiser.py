"""How often the optimiser selects right: the reference line and a line of 62 configurations, 400 selections each.

What is right comes from a very long run of all configurations with random numbers that no selection has, made once per
bench: right is the configuration with the highest mean there, or one that is behind it by less than the indifference zone.
The bound is that of Clopper and Pearson (one-sided, 95 %).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaincinv

from bench.figures import Figure
from simulate.line.model import Line
from simulate.line.reference_line import ReferenceParameters, reference_line
from simulate.optimise.choices import Choices, Configuration, Investment
from simulate.optimise.kim_nelson import select
from simulate.optimise.objective import Floats, RankBy, Worth
from simulate.optimise.production import LineObjective

REPEATS: Final = 400
TRUTH: Final = 10_000
TRUTH_SEED: Final = 1 << 62
CONFIDENCE: Final = 0.95
LEAST: Final = 0.93
MOST_REPLICATIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A line, what can be bought for it with a budget, and what is best; `zone` is in units of `rank_by`."""

    name: str
    choices: Choices
    budget: float
    worth: Worth
    rank_by: RankBy
    zone: float
    mean_interarrival: float

    def line_of(self, configuration: Configuration) -> Line:
        """The line after purchases."""
        bought = dict(zip((one.name for one in self.choices.investments), configuration, strict=True))
        return reference_line(
            ReferenceParameters(
                machine_a_capacity=1 + bought["machine A"],
                machine_b_capacity=1 + bought.get("machine B", 0),
                qc_capacity=1 + bought.get("bench", 0),
                operators=2 + bought["operator"],
                machine_b_time=4.0 if bought["faster B"] else 5.0,
                mean_interarrival=self.mean_interarrival,
            )
        )

    def configurations(self) -> list[Configuration]:
        """What the budget pays, the cheapest first."""
        return sorted(self.choices.feasible(self.budget), key=lambda one: (self.choices.cost(one), one))

    def scores(self, objective: LineObjective, configuration: Configuration, begin: int, count: int) -> Floats:
        """What configurations are ranked by."""
        base = objective.values(self.choices.base, begin, count)
        values = objective.values(configuration, begin, count)
        return self.worth.scores(values, base, self.choices.cost(configuration), self.rank_by)


REFERENCE: Final = Case(
    "the reference line, 8 configurations",
    Choices(
        (Investment("machine A", 50_000.0), Investment("operator", 30_000.0), Investment("faster B", 80_000.0)),
    ),
    200_000.0,
    Worth(40.0, 250.0),
    RankBy.ROI,
    0.05,
    4.0,
)
LARGER: Final = Case(
    "a line of 62 configurations",
    Choices(
        (
            Investment("machine A", 50_000.0, 2),
            Investment("machine B", 60_000.0, 2),
            Investment("operator", 30_000.0, 2),
            Investment("bench", 25_000.0),
            Investment("faster B", 80_000.0),
        )
    ),
    205_000.0,
    Worth(40.0, 100.0),
    RankBy.NET,
    2_050.0,
    2.5,
)


@dataclass(frozen=True, slots=True)
class Repeated:
    """Selections of one case: which were right, how many chose the very best, and replications of all configurations together."""

    systems: int
    right: int
    best: int
    repeats: int
    replications: float

    @property
    def bound(self) -> float:
        return lower_bound(self.right, self.repeats)

    @property
    def per_configuration(self) -> float:
        return self.replications / self.systems


def lower_bound(successes: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """One-sided lower confidence bound of a probability: C. J. Clopper and E. S. Pearson (1934)."""
    if successes == 0:
        return 0.0
    return float(betaincinv(successes, trials - successes + 1, 1.0 - confidence))


def true_scores(case: Case, replications: int = TRUTH) -> Floats:
    """Mean scores of all configurations in a very long run."""
    objective = LineObjective(case.line_of, case.choices.base, seed=TRUTH_SEED)
    return np.array([case.scores(objective, one, 0, replications).mean() for one in case.configurations()])


def repeated(case: Case, truth: Floats, repeats: int = REPEATS) -> Repeated:
    """Select with the seeds 1, 2, 3 ... and compare with the truth."""
    configurations = case.configurations()
    best = int(np.argmax(truth))
    right = exactly = replications = 0
    objective = LineObjective(case.line_of, case.choices.base)
    for seed in range(1, repeats + 1):
        objective.seed = seed

        def scores(system: int, begin: int, count: int) -> Floats:
            return case.scores(objective, configurations[system], begin, count)

        found = select(scores, len(configurations), case.zone, CONFIDENCE)
        right += bool(truth[best] - truth[found.best] < case.zone)
        exactly += found.best == best
        replications += found.replications
    return Repeated(len(configurations), right, exactly, repeats, replications / repeats)


def measure(repeats: int = REPEATS, truth: int = TRUTH) -> list[Figure]:
    """Per line: the bound of the probability of correct selection, and what a selection takes."""
    figures = []
    for case in (REFERENCE, LARGER):
        found = repeated(case, true_scores(case, truth), repeats)
        figures += [
            Figure(
                "D",
                f"probability of correct selection, lower 95 % bound: {case.name}",
                round(found.bound, 4),
                f"of {repeats} selections ({found.right} right, {found.best} the very best)",
                target=f">= {LEAST}",
                met=found.bound >= LEAST,
            ),
            Figure(
                "D",
                f"replications per configuration on average: {case.name}",
                round(found.per_configuration, 1),
                f"replications ({found.replications:.0f} of {found.systems} configurations together)",
                target=f"<= {MOST_REPLICATIONS}",
                met=found.per_configuration <= MOST_REPLICATIONS,
            ),
        ]
    return figures
