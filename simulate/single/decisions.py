"""The single models that prepare a decision: the allocation of replications, and what asynchronous replication may lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from simulate.closed_forms import allocation, replication
from simulate.closed_forms.allocation import Allocation
from simulate.closed_forms.replication import AsynchronousReplication
from simulate.single.errors import BadParameterError
from simulate.single.model import Metric, Model, Value
from simulate.single.parameters import Parameter, Shape

if TYPE_CHECKING:
    from simulate.statistics.replications import Experiment

MOST_BUDGET: Final = 1_000_000_000
DISASTERS: Final = 512
"""Replications: the greatest loss of each is far from normal, the mean of so many is not."""


def _allocation(values: Mapping[str, Any]) -> Allocation:
    lengths = {name: len(values[name]) for name in ("mean", "var", "n")}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"`{name}` has {length}" for name, length in lengths.items())
        raise BadParameterError(f"the lists disagree: {told}", where="parameters", hint="one item per design in each")
    means = sorted(values["mean"])
    if len(means) < 2:
        raise BadParameterError("there is one design", where="parameters.mean", hint="compare two or more")
    if means[0] == means[1]:
        raise BadParameterError(
            f"two designs share the best mean, {means[0]:g}",
            where="parameters.mean",
            hint="run both a little more, or leave one out: their distance decides how much each needs",
        )
    return Allocation(values["mean"], values["var"], values["n"], values["budget"])


OCBA: Final = Model(
    "ocba",
    "OCBA: how further replications are shared among designs, the least mean being best",
    (
        Parameter("mean", "mean of each design so far", Shape.NUMBERS, least=float("-inf")),
        Parameter("var", "variance of each design so far", Shape.NUMBERS),
        Parameter("n", "replications of each design so far", Shape.WHOLES, 1, open=False, most=MOST_BUDGET),
        Parameter("budget", "replications to add in all", Shape.WHOLE, 0, open=False, most=MOST_BUDGET),
    ),
    {"extra_replications": Metric("replications to add to each design")},
    _allocation,
    lambda found, _: {"extra_replications": tuple(allocation.extra_replications(found))},
    None,
)


def _closed_replication(link: AsynchronousReplication, _: Sequence[str]) -> Mapping[str, Value]:
    return {"rpo_mean_max_min": replication.lost_minutes(link)}


def _experiment_of_replication(link: AsynchronousReplication) -> Experiment:
    import numpy as np

    from simulate.randomness import uniforms
    from simulate.statistics.replications import Experiment

    def strike(seed: int, length: float, _: int) -> Any:
        """`length` disasters, each in a cycle of its own: their number, the minutes lost in all, and the most of one.

        The most that was seen is less than the most that may be: by 1 / (n + 1) of the spread, on average, where moments
        are equally likely (the largest of n uniform numbers), which is added.
        """
        moments = uniforms(seed, 0, 0, 0, max(round(length), 2)) * link.interval
        taken = -np.ceil((link.transfer - moments) / link.interval) * link.interval  # the last that has arrived
        lost = moments - taken
        number, most = len(lost), float(lost.max())
        return np.array([[float(number), float(lost.sum()), most + (most - link.transfer) / number]])

    return Experiment(
        strike,
        {"rpo_mean_max_min": lambda sums: np.stack((sums[..., 1] / sums[..., 0], sums[..., 2]), axis=-1)},
        events=1.0,
        has_warm_up=False,
        replications=DISASTERS,
    )


ASYNC_REPLICATION: Final = Model(
    "async_replication",
    "Asynchronous replication: what a disaster costs",
    (
        Parameter("interval_min", "minutes between snapshots"),
        Parameter("transfer_min", "minutes that a snapshot takes to arrive", open=False),
    ),
    {"rpo_mean_max_min": Metric("minutes lost: the mean, and the most")},
    lambda values: AsynchronousReplication(values["interval_min"], values["transfer_min"]),
    _closed_replication,
    _experiment_of_replication,
)
