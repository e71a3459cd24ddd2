"""Where the bottleneck of a line is, by three rules that may disagree; if they do, it is told.

A stage is suspected for its utilisation (above 85 %), its queue (it grows, at 95 %; under shifts from one whole day or week of them to the
next), and its cycle time (longer than that of every other stage, at 95 %). The bottleneck is the stage that most rules name first; of equal
ones the one that is used most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from simulate.line.calendar import DAY, WEEK
from simulate.line.result import LineResult
from simulate.statistics.paired import paired_difference

BUSY: Final = 0.85
"""A utilisation above this, strictly, is suspect."""

_NAMES: Final = {DAY: "days", WEEK: "weeks"}
UTILISATION, QUEUE, CYCLE_TIME = "utilisation", "growing queue", "cycle time"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule says: the stage that it names first, all that it suspects (worst first), and what it looked at by stage."""

    rule: str
    stage: str | None
    suspects: tuple[str, ...]
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """`stage` is None where no rule names one. `is_agreed`: all rules that name a stage name this one. `reason` in words."""

    stage: str | None
    is_agreed: bool
    reason: str
    rules: tuple[Rule, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def find_bottleneck(result: LineResult) -> Bottleneck:
    """By a result of two replications at least; with one there are no intervals, and queues and cycle times name nothing."""
    names = [stage.name for stage in result.line.stages]
    rules = (_utilisation(result, names), _queue(result, names), _cycle_time(result, names))
    votes = {name: sum(rule.stage == name for rule in rules) for name in names}
    most = max(votes.values())
    if most == 0:
        return Bottleneck(None, True, _told("no rule names a stage", result, rules[1]), rules)
    used = rules[0].values
    stage = max((name for name in names if votes[name] == most), key=lambda name: used[name] or 0.0)
    named = [rule for rule in rules if rule.stage is not None]
    others = [f"{rule.rule}: {rule.stage}" for rule in named if rule.stage != stage]
    silent = [rule.rule for rule in rules if rule.stage is None]
    told = f"{stage} by {', '.join(rule.rule for rule in named if rule.stage == stage)}"
    if others:
        told += f"; the rules disagree ({'; '.join(others)})"
    if silent:
        told += f"; {' and '.join(silent)} name none"
    return Bottleneck(stage, not others, _told(told, result, rules[1]), rules)


def _told(told: str, result: LineResult, queue: Rule) -> str:
    """The reason, and what is to be known beside it."""
    if result.line.cycle and all(value is None for value in queue.values.values()):
        told += f"; whether a queue grows is known after two whole {_NAMES[result.line.cycle]} of shifts"
    busy = result.metrics["operator_utilisation"].mean()
    return f"{told}; operators are busy {busy:.0%} of the time" if busy > BUSY else told


def _utilisation(result: LineResult, names: list[str]) -> Rule:
    values: dict[str, float | None] = {}
    busy: dict[str, float] = {}
    for at, name in enumerate(names):
        shares = result.stages[at]["utilisation"]
        shares = shares[~np.isnan(shares)]  # of a stage that is never open there is none
        values[name] = float(shares.mean()) if len(shares) else None
        if len(shares) and shares.mean() > BUSY:
            busy[name] = float(shares.mean())
    suspects = tuple(sorted(busy, key=lambda name: -busy[name]))
    return Rule(UTILISATION, suspects[0] if suspects else None, suspects, values)


def _queue(result: LineResult, names: list[str]) -> Rule:
    values: dict[str, float | None] = {}
    growing: dict[str, float] = {}
    for name in names:
        interval = result.interval("queue_growth", name)
        values[name] = None if interval is None else interval.mean
        if interval is not None and interval.low > 0.0:
            growing[name] = interval.mean
    suspects = tuple(sorted(growing, key=lambda name: -growing[name]))
    return Rule(QUEUE, suspects[0] if suspects else None, suspects, values)


def _cycle_time(result: LineResult, names: list[str]) -> Rule:
    values: dict[str, float | None] = {}
    known: dict[str, float] = {}
    for name in names:
        interval = result.interval("cycle_time", name)
        values[name] = None if interval is None else interval.mean
        if interval is not None:
            known[name] = interval.mean
    if len(known) < 2:
        return Rule(CYCLE_TIME, None, (), values)
    first = max(known, key=lambda name: known[name])
    longest = result.stages[names.index(first)]["cycle_time"]
    for name in known:
        other = result.stages[names.index(name)]["cycle_time"]
        both = ~np.isnan(longest) & ~np.isnan(other)
        if name == first:
            continue
        if both.sum() < 2 or paired_difference(other[both], longest[both]).interval.low <= 0.0:
            return Rule(CYCLE_TIME, None, (), values)  # as long, as far as can be told
    return Rule(CYCLE_TIME, first, (first,), values)
