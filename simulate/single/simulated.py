"""From an experiment to the estimates of its metrics: in the long run, or over a horizon; refused beyond the events allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from simulate.single.errors import TooManyEventsError, TooRareError
from simulate.single.model import SIMULATION, Estimate
from simulate.statistics.replications import (
    Advance,
    Experiment,
    Replicated,
    over_horizon,
    relative_half_width,
    until_precise,
)
from simulate.statistics.student import t_intervals


@dataclass(frozen=True, slots=True)
class Effort:
    """How a simulation is run: `precision` is the relative half-width that is aimed at, `most_events` what it may cost.

    With a `horizon` each replication starts empty and ends there, nothing is left out as warm-up, and means are over that
    time; without one they are of the long run.
    """

    seed: int
    precision: float
    most_events: int
    horizon: float | None
    advance: Advance


def estimates(experiment: Experiment, metrics: Sequence[str], effort: Effort) -> Mapping[str, Estimate]:
    """The estimates of these metrics. Raises TooManyEventsError, TooRareError."""
    chosen = replace(experiment, metrics={name: experiment.metrics[name] for name in metrics})
    if effort.horizon is None:
        run = until_precise(chosen, effort.seed, effort.precision, effort.most_events, effort.advance)
    else:
        events = experiment.events * effort.horizon * experiment.replications
        if events > effort.most_events:
            raise TooManyEventsError(
                f"{experiment.replications} replications of this horizon take about {events:.3g} events",
                where="horizon",
                hint=f"shorten it to {effort.horizon * effort.most_events / events:.3g}, or allow more events",
            )
        run = over_horizon(chosen, effort.seed, effort.horizon, effort.precision, effort.most_events, effort.advance)
    return _told(chosen, run, effort)


def _told(experiment: Experiment, run: Replicated, effort: Effort) -> Mapping[str, Estimate]:
    found = {}
    for name, table in run.values.items():
        reached = relative_half_width(experiment, {name: table})
        if math.isinf(reached):
            raise TooRareError(
                f"`{name}` was the same in every replication: what it counts was not seen, or nothing else",
                where=f"metrics.{name}",
                hint="ask for the closed form, or allow more events",
            )
        note = None
        if reached > effort.precision:
            of = "its distance to 1" if name in experiment.rare else "the mean"
            note = f"`{name}`: {reached:.2%} of {of} is reached within {effort.most_events} events, {effort.precision:.2%} was asked"
        is_complete = run.finished == run.planned
        if not is_complete:
            note = f"`{name}`: interrupted after {run.finished} of {run.planned} replications"
        means, halves = t_intervals(table.reshape(len(table), -1))
        ends = [[float(each) for each in side] for side in (means, means - halves, means + halves)]
        values = [tuple(side) if table.ndim > 1 else side[0] for side in ends]
        found[name] = Estimate(values[0], values[1], values[2], SIMULATION, note, is_complete)
    return found
