"""Single models against the reference cases: closed forms, simulations, and how often intervals hold the exact value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from bench.figures import Figure
from simulate.single.answer import Method, answer
from simulate.single.model import Estimate, Value
from simulate.single.request import Request, read_request
from simulate.statistics.coverage import Coverage, coverage_of

CASES: Final = Path(__file__).parent.parent / "tests" / "simulate" / "single" / "simulation_reference.json"
EXPERIMENTS: Final = 2_000
LOW, HIGH = 0.935, 0.965


@dataclass(frozen=True, slots=True)
class Case:
    """A reference case with the request that it asks."""

    name: str
    request: Request
    metric: str
    expected: Value
    tolerance: float
    relative_tolerance: float

    def is_met(self, estimate: Estimate) -> bool:
        """Whether an exact answer is near enough."""
        return all(abs(a - b) <= self.tolerance + 1e-15 for a, b in zip(*_both(estimate, self), strict=True))

    def is_simulated(self, estimate: Estimate) -> bool:
        """Whether a simulated answer is near enough, item by item."""
        return all(abs(a - b) <= self.relative_tolerance * abs(b) for a, b in zip(*_both(estimate, self), strict=True))

    def precision(self) -> float:
        """The relative half-width, half of the tolerance, that a simulation of this case needs.

        What is precise of a probability near 1 is its distance to 1.
        """
        tolerance = self.relative_tolerance
        if self.metric == "availability" and isinstance(self.expected, float):
            tolerance *= self.expected / (1.0 - self.expected)
        return min(max(tolerance / 2.0, 1e-3), 0.1)


def _both(estimate: Estimate, case: Case) -> tuple[Sequence[float], Sequence[float]]:
    return items(estimate.mean), items(case.expected)


def items(value: Value) -> Sequence[float]:
    """The numbers of a metric, one of them where it is no list."""
    return value if isinstance(value, tuple) else (value,)


def cases() -> list[Case]:
    """All reference cases."""
    return [_case(content) for content in orjson.loads(CASES.read_bytes())]


def _case(content: Mapping[str, Any]) -> Case:
    expected = content["expected"]
    asked = {"model": content["model"], "parameters": content["parameters"], "metrics": [content["metric"]], "seed": 1}
    return Case(
        content["case"],
        read_request(asked),
        content["metric"],
        tuple(float(each) for each in expected) if isinstance(expected, list) else float(expected),
        content["tolerance_abs"],
        content["simulation_tolerance_rel"],
    )


@dataclass(frozen=True, slots=True)
class Family:
    """An experiment short enough to be repeated 2,000 times; `length` and `warm_up` are in the unit of its model."""

    model: str
    parameters: Mapping[str, Any]
    metric: str
    length: float
    warm_up: float


FAMILIES: Final = (
    Family("mmck", {"lam": 3, "mu": 2, "c": 2, "K": 5}, "p_block", 400.0, 20.0),
    Family("machine_repairman", {"machines": 3, "crews": 2, "mtbf": 10, "mttr": 8}, "machines_down", 4_000.0, 200.0),
    Family("serial_line", {"stations": 4, "buffers": [0, 0, 0], "mu": 1}, "throughput", 1_000.0, 100.0),
    Family("mmc", {"lam": 9, "mu": 5, "c": 4}, "Lq", 200.0, 10.0),
)


def covered(family: Family, experiments: int = EXPERIMENTS) -> Coverage:
    """How often the intervals of a family hold the exact value, with fixed seeds."""
    asked = {"model": family.model, "parameters": family.parameters, "metrics": [family.metric]}
    request = read_request(asked)
    exact = answer(request, Method.CLOSED)[family.metric].mean
    assert isinstance(exact, float)
    assert request.model.experiment is not None
    experiment = request.model.experiment(request.system)
    return coverage_of(experiment, family.metric, exact, experiments, family.length, family.warm_up)


def measure(experiments: int = EXPERIMENTS) -> list[Figure]:
    """The three figures: closed forms met, simulations met, and the coverage of each family."""
    known = cases()
    exact = [case.is_met(answer(case.request, Method.CLOSED)[case.metric]) for case in known]
    simulated = [
        case.is_simulated(answer(case.request, Method.SIMULATION, precision=case.precision())[case.metric])
        for case in known
    ]
    figures = [
        Figure(
            "D",
            f"reference cases of single models, {name} within the tolerance",
            sum(met),
            f"of {len(met)}",
            target=f"{len(met)}",
            met=all(met),
        )
        for name, met in (("closed forms", exact), ("simulations", simulated))
    ]
    return [*figures, *_coverages(experiments)]


def _coverages(experiments: int) -> Iterator[Figure]:
    for family in FAMILIES:
        share = covered(family, experiments).share
        yield Figure(
            "D",
            f"95 % intervals that hold the exact {family.metric} of {family.model}",
            round(100.0 * share, 2),
            f"% of {experiments} experiments",
            target="93.5-96.5 %",
            met=LOW <= share <= HIGH,
        )
