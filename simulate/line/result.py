"""What replications of a line say: each metric as one value per replication, and its Student-t interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from simulate.engines.arrays import Floats
from simulate.line import arrays as at
from simulate.line.arrays import column
from simulate.line.model import Line
from simulate.statistics.student import CONFIDENCE, Interval, t_interval

HOUR: Final = 60.0

METRICS: Final[Mapping[str, str]] = {
    "throughput": "good pieces per hour of the clock",
    "completed": "good pieces",
    "avg_cycle_time": "minutes from arrival to completion, of completed pieces; null without any",
    "work_in_process": "pieces in the line, on average",
    "arrived": "pieces that arrived, those turned away included",
    "turned_away": "pieces that found the first buffer full",
    "scrapped": "pieces scrapped",
    "scrap_rate": "share of the pieces that left the line which are scrap",
    "sent_back": "times that a piece was reworked",
    "operator_utilisation": "share of the time of the operators who are there, or still at work, that they are busy; null without any",
    "value": "good pieces times the value of an item",
    "cost": "of material, machines and operators",
    "profit": "value less cost",
}
STAGE_METRICS: Final[Mapping[str, str]] = {
    "utilisation": "share of the time that its machines are open, or still at work, in processing, set-up and repair",
    "processing": "share of the time in processing",
    "setting_up": "share of the time in set-up",
    "down": "share of the time in repair",
    "blocked": "share of the whole time with a processed piece for which there is no room",
    "queue": "pieces waiting, on average",
    "queue_growth": "pieces per hour by which the queue grows (least squares); under shifts from one whole day or week of them to the next",
    "wait": "minutes that a piece waits, of those that began; null without any",
    "cycle_time": "minutes between two pieces when it never waits: occupied machine time per piece, over its machines; null without any",
    "processed": "pieces processed, reworked ones each time",
    "sent_back": "pieces sent back to be reworked",
    "scrapped": "pieces scrapped",
    "oee": "availability x performance x quality",
    "oee_availability": "time in processing over time in processing, set-up and repair",
    "oee_performance": "ideal time of what was processed over time in processing",
    "oee_quality": "pieces neither scrapped nor sent back over pieces processed",
}


@dataclass(frozen=True)
class LineResult:
    """Replications `first`, `first` + 1, ... of a line with a seed: rows of `metrics`; of stages by position in `stages`.

    A value that there is none of (the mean of no pieces) is not a number. `series` (replication x bucket x column of
    `simulate.line.arrays`) is of the counted time, `lead_times` of each replication, in the order of arrival.
    """

    line: Line
    seed: int
    first: int
    metrics: Mapping[str, Floats]
    stages: tuple[Mapping[str, Floats], ...]
    series: Floats
    lead_times: tuple[Floats, ...]
    events: int

    @property
    def replications(self) -> int:
        return len(self.series)

    def interval(self, metric: str, stage: str | None = None, confidence: float = CONFIDENCE) -> Interval | None:
        """Of the replications that have a value; None where fewer than two have. Raises KeyError."""
        values = self.metrics[metric] if stage is None else self.stages[self.line.place(stage)][metric]
        known = values[~np.isnan(values)]
        return t_interval(known, confidence) if len(known) > 1 else None

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data: intervals, and the pieces of the first replication; what is not known is null."""
        return {
            "line": self.line.name,
            "seed": self.seed,
            "replications": self.replications,
            "duration_minutes": self.line.duration,
            "warm_up_minutes": self.line.warm_up,
            "events": self.events,
            "metrics": {name: _shown(self.interval(name)) for name in METRICS},
            "stages": [
                {"name": stage.name, **{name: _shown(self.interval(name, stage.name)) for name in STAGE_METRICS}}
                for stage in self.line.stages
            ],
            "cycle_times": self.lead_times[0].tolist(),
        }


def _shown(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else {"mean": interval.mean, "low": interval.low, "high": interval.high}


def _over(some: Floats, other: Floats) -> Floats:
    """Quotients; not a number where the other is zero."""
    found: Floats = np.divide(some, other, out=np.full(len(some), np.nan), where=other != 0.0)
    return found


def metrics_of(line: Line, series: Floats) -> dict[str, Floats]:
    """The metrics of the line from what was added up in the counted time."""
    total = series.sum(axis=1)
    completed, scrapped = total[:, at.COMPLETED], total[:, at.SCRAPPED]
    hours = line.duration / HOUR
    none, zeros = np.full(len(total), np.nan), np.zeros(len(total))
    entered = total[:, at.ARRIVED] - total[:, at.TURNED_AWAY]
    operator_time = total[:, at.OPERATOR_TIME] if line.operator_shifts else line.operators * line.duration
    wages = operator_time / HOUR * line.operator_cost_per_hour
    running = sum(machine_time(line, total, place) * stage.cost_per_hour for place, stage in enumerate(line.stages))
    value = line.item_value * completed
    cost = line.material_cost * entered + wages + running / HOUR
    sent_back = sum((total[:, column(stage, at.SENT_BACK)] for stage in range(len(line.stages))), np.zeros(len(total)))
    return {
        "throughput": completed / hours,
        "completed": completed,
        "avg_cycle_time": _over(total[:, at.LEAD_TIME], completed),
        "work_in_process": total[:, at.WIP] / line.duration,
        "arrived": total[:, at.ARRIVED],
        "turned_away": total[:, at.TURNED_AWAY],
        "scrapped": scrapped,
        "scrap_rate": _over(scrapped, scrapped + completed),
        "sent_back": sent_back,
        "operator_utilisation": _over(total[:, at.BUSY_OPERATORS], operator_time + zeros) if line.operators else none,
        "value": value,
        "cost": cost,
        "profit": value - cost,
    }


def machine_time(line: Line, total: Floats, place: int) -> Floats:
    """Minutes that the machines of a stage are open, or still at work, in each replication."""
    stage = line.stages[place]
    if stage.shifts:
        staffed: Floats = total[:, column(place, at.STAFFED)]
        return staffed
    return np.full(len(total), stage.machines * line.duration)


def stage_metrics_of(line: Line, series: Floats, place: int, cycles: Floats | None = None) -> dict[str, Floats]:
    """The metrics of one stage. `cycles`: the same sums for each whole cycle of shifts, without which nobody knows what grows there."""
    stage = line.stages[place]
    total = series.sum(axis=1)

    def sums(what: int) -> Floats:
        found: Floats = total[:, column(place, what)]
        return found

    there_is = machine_time(line, total, place)
    occupied = sums(at.WORKING) + sums(at.SETTING_UP) + sums(at.DOWN)
    processed = sums(at.PROCESSED)
    availability = _over(sums(at.WORKING), occupied)
    performance = _over(stage.best_time * processed, sums(at.WORKING))
    quality = _over(processed - sums(at.LOST) - sums(at.SENT_BACK), processed)
    return {
        "utilisation": _over(occupied, there_is),
        "processing": _over(sums(at.WORKING), there_is),
        "setting_up": _over(sums(at.SETTING_UP), there_is),
        "down": _over(sums(at.DOWN), there_is),
        "blocked": sums(at.BLOCKED) / (stage.machines * line.duration),
        "queue": sums(at.QUEUE) / line.duration,
        "queue_growth": _growth(line, series, cycles, column(place, at.QUEUE)),
        "wait": _over(sums(at.WAITED), sums(at.STARTED)),
        "cycle_time": _over(occupied, processed) / stage.machines,
        "processed": processed,
        "sent_back": sums(at.SENT_BACK),
        "scrapped": sums(at.LOST),
        "oee": availability * performance * quality,
        "oee_availability": availability,
        "oee_performance": performance,
        "oee_quality": quality,
    }


def _growth(line: Line, series: Floats, cycles: Floats | None, queue: int) -> Floats:
    """The slope of the mean queue over parts of equal length: a queue that shifts make rise and fall is as long a cycle later."""
    cycle = line.cycle
    sums = cycles if cycle else series
    if sums is None or sums.shape[1] < 2:
        return np.full(len(series), np.nan)
    length = cycle or line.duration / sums.shape[1]
    hours = (np.arange(sums.shape[1]) + 0.5) * length / HOUR
    centred = hours - hours.mean()
    slopes: Floats = sums[:, :, queue] / length @ centred / (centred @ centred)
    return slopes
