"""The single models of what fails and is repaired: components, k of n, crews, series systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simulate.closed_forms import component, repair_crews, series_system
from simulate.closed_forms.component import Lifetime
from simulate.closed_forms.repair_crews import RepairedGroup
from simulate.closed_forms.series_system import SeriesSystem
from simulate.single.errors import BadParameterError, TooManyEventsError
from simulate.single.model import Metric, Model, Value
from simulate.single.parameters import Parameter, Shape

if TYPE_CHECKING:
    from simulate.statistics.replications import Experiment

MOST_MACHINES: Final = 100_000
MOST_FAILURES: Final = 1_000_000
_LIVES: Final = (
    Parameter("mtbf", "mean time of work until a failure"),
    Parameter("mttr", "mean time of a repair"),
)


def _count(name: str, meaning: str, *, needed: bool = True) -> Parameter:
    return Parameter(name, meaning, Shape.WHOLE, 1, open=False, most=MOST_MACHINES, needed=needed)


def _crews(values: Mapping[str, Any]) -> RepairedGroup:
    return RepairedGroup(values["machines"], min(values["crews"], values["machines"]), values["mtbf"], values["mttr"])


_GROUP: Final = {
    "p_crew_busy": repair_crews.crew_utilisation,
    "availability": repair_crews.machine_availability,
    "machines_down": repair_crews.machines_down,
    "p_all_crews_busy": repair_crews.all_crews_busy,
}


def _experiment_of_group(group: RepairedGroup, *, whole: bool = False) -> Experiment:
    from simulate.event_loops import repaired_group as loop
    from simulate.statistics.replications import Experiment

    down, busy, all_busy, group_down, time = range(len(loop.REPAIRED_GROUP))
    return Experiment(
        lambda seed, length, batches: loop.repaired_group(
            seed, group.machines, group.crews, group.mtbf, group.mttr, group.needed, length, batches
        ),
        {
            "p_crew_busy": lambda sums: sums[..., busy] / sums[..., time] / group.crews,
            "availability": (
                (lambda sums: 1.0 - sums[..., group_down] / sums[..., time])
                if whole
                else (lambda sums: 1.0 - sums[..., down] / sums[..., time] / group.machines)
            ),
            "machines_down": lambda sums: sums[..., down] / sums[..., time],
            "p_all_crews_busy": lambda sums: sums[..., all_busy] / sums[..., time],
        },
        events=2.0 * min(group.machines / (group.mtbf + group.mttr), group.crews / group.mttr),
        rare=frozenset({"availability"}),
    )


MACHINE_REPAIRMAN: Final = Model(
    "machine_repairman",
    "Machines that share repair crews",
    (_count("machines", "machines"), _count("crews", "repair crews"), *_LIVES),
    {
        "p_crew_busy": Metric("share of time in which a crew is busy"),
        "availability": Metric("share of time in which a machine works"),
        "machines_down": Metric("mean number of machines that are down"),
        "p_all_crews_busy": Metric("probability that all crews are busy"),
    },
    _crews,
    lambda group, metrics: {name: _GROUP[name](group) for name in metrics},
    _experiment_of_group,
)


def _needed(values: Mapping[str, Any]) -> RepairedGroup:
    if values["k"] > values["n"]:
        raise BadParameterError(
            f"{values['k']} of {values['n']} can never work",
            where="parameters.k",
            hint=f"k is how many of the n must work: 1 to {values['n']}",
        )
    crews = min(values.get("crews", values["n"]), values["n"])
    return RepairedGroup(values["n"], crews, values["mtbf"], values["mttr"], values["k"])


K_OF_N: Final = Model(
    "k_of_n",
    "k of n: the whole works while at least k components do",
    (
        *_LIVES,
        _count("n", "components"),
        _count("k", "components that must work"),
        _count("crews", "repair crews; without it every component has its own", needed=False),
    ),
    {"availability": Metric("probability that the whole works")},
    _needed,
    lambda group, _: {"availability": repair_crews.group_availability(group)},
    lambda group: _experiment_of_group(group, whole=True),
)
COMPONENT: Final = Model(
    "component",
    "One component that fails and is repaired",
    _LIVES,
    {"availability": Metric("share of time in which it works")},
    lambda values: RepairedGroup(1, 1, values["mtbf"], values["mttr"]),
    lambda group, _: {"availability": component.availability(group.mtbf, group.mttr)},
    _experiment_of_group,
)


def _experiment_of_reliability(lifetime: Lifetime) -> Experiment:
    import numpy as np

    from simulate.randomness import uniforms
    from simulate.statistics.replications import Experiment

    def live(seed: int, length: float, _: int) -> Any:
        """`length` components: how many outlive the age, and how many there were."""
        lives = -np.log(1.0 - uniforms(seed, 0, 0, 0, max(round(length), 1))) / lifetime.failure_rate
        return np.array([[float((lives > lifetime.age).sum()), float(len(lives))]])

    return Experiment(live, {"reliability": lambda sums: sums[..., 0] / sums[..., 1]}, events=1.0, has_warm_up=False)


COMPONENT_RELIABILITY: Final = Model(
    "component_reliability",
    "One component that is not repaired",
    (
        Parameter("failure_rate", "failures per unit of time"),
        Parameter("t", "the age that is asked about", open=False),
    ),
    {"reliability": Metric("probability to live longer than t")},
    lambda values: Lifetime(values["failure_rate"], values["t"]),
    lambda lifetime, _: {"reliability": component.reliability(lifetime)},
    _experiment_of_reliability,
)


def _series(values: Mapping[str, Any]) -> SeriesSystem:
    system = SeriesSystem((values["A_fails_every"], values["B_fails_every"]), values["repair"], values["horizon"])
    # the one fails every n hours of work, and the other at most as often in between
    failures = 2.0 * system.horizon / (min(system.fails_every) + system.repair)
    if failures > MOST_FAILURES:
        raise TooManyEventsError(
            f"up to {failures:.3g} failures within the horizon",
            where="parameters.horizon",
            hint=f"at most {MOST_FAILURES}: shorten the horizon to {system.horizon * MOST_FAILURES / failures:.4g}",
        )
    return system


def _down(told: tuple[float, int], metrics: Sequence[str]) -> Mapping[str, Value]:
    answers: Mapping[str, Value] = {"down_hours": told[0], "downing_events": told[1]}
    return {name: answers[name] for name in metrics}


def _walked(system: SeriesSystem, metrics: Sequence[str]) -> Mapping[str, Value]:
    from simulate.event_loops import series_system as loop

    return _down(loop.down_time(system), metrics)


SERIES_DETERMINISTIC: Final = Model(
    "series_deterministic",
    "Two components in series that fail after fixed hours of work",
    (
        Parameter("A_fails_every", "hours of work after which A fails"),
        Parameter("B_fails_every", "hours of work after which B fails"),
        Parameter("repair", "hours of a repair"),
        Parameter("horizon", "hours that are looked at"),
    ),
    {
        "down_hours": Metric("hours in which the system is down"),
        "downing_events": Metric("how often the system goes down"),
    },
    _series,
    lambda system, metrics: _down(series_system.down_time(system), metrics),
    walk=_walked,
)
