"""Whether objectives of recovery are kept: by outages and data losses of runs, and by what recovery tests have shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from simulate.engines.data_loss import data_losses
from simulate.engines.history import History
from simulate.engines.summary import RunResult
from simulate.insight.causes import of_item
from simulate.model.items import Model


class Finding(StrEnum):
    """What speaks against an application's recovery."""

    NO_PLAN = "no_plan"
    PLAN_NOT_VALIDATED = "plan_not_validated"
    NEVER_TESTED = "never_tested"
    TEST_FAILED = "test_failed"
    TEST_BEYOND_RTO = "test_beyond_rto"
    TEST_BEYOND_RPO = "test_beyond_rpo"
    OUTAGES_BEYOND_RTO = "outages_beyond_rto"
    LOSSES_BEYOND_RPO = "losses_beyond_rpo"


@dataclass(frozen=True, slots=True)
class Plan:
    """A recovery plan, and its last test that was done; times in hours."""

    name: str
    validated: bool
    tested_on: date | None = None
    result: str | None = None
    recovery: float | None = None
    loss: float | None = None


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """One item with an objective. Objectives and losses in hours; outages and losses are means per replication.

    `lost` sums all losses of data that it stands on, `worst` is the largest of all replications. `findings` is empty where all is kept.
    """

    id: str
    name: str
    kind: str
    rto: float | None
    outages: float
    beyond_rto: float
    rpo: float | None
    losses: float
    lost: float
    worst: float
    beyond_rpo: float
    plan: Plan | None
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Lost:
    count: int = 0
    hours: float = 0.0
    worst: float = 0.0
    beyond: int = 0


@dataclass(slots=True)
class Losses:
    """Adds up data losses of replications, for every item with an objective that stands on what lost them."""

    model: Model
    replications: int = 0
    _lost: dict[int, _Lost] = field(default_factory=lambda: defaultdict(_Lost))
    _above: dict[int, list[int]] = field(default_factory=dict)
    _dependents: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for at, item in enumerate(self.model.items):
            for needed in item.needs:
                self._dependents.setdefault(needed, []).append(at)

    def add(self, history: History, seed: int, replication: int) -> None:
        """Take in one replication of a run."""
        self.replications += 1
        holders = [
            at for at, item in enumerate(self.model.items) if item.backup or (item.failover and item.failover.lag)
        ]
        if not holders:
            return
        for loss in data_losses(self.model, seed, replication, history.events(holders)):
            for at in self._those_above(loss.item):
                objective = self.model.items[at].recovery_point_objective
                lost = self._lost[at]
                lost.count += 1
                lost.hours += loss.lost
                lost.worst = max(lost.worst, loss.lost)
                lost.beyond += objective is not None and loss.lost > objective

    def of(self, item: int) -> tuple[float, float, float, float]:
        """Losses, hours lost, the worst of them, losses beyond the objective."""
        lost = self._lost.get(item, _Lost())
        count = max(1, self.replications)
        return lost.count / count, lost.hours / count, lost.worst, lost.beyond / count

    def _those_above(self, item: int) -> list[int]:
        """The item, and all with an objective for data that need it."""
        known = self._above.get(item)
        if known is None:
            seen, waiting = {item}, [item]
            while waiting:
                for dependent in self._dependents.get(waiting.pop(), ()):
                    if dependent not in seen:
                        seen.add(dependent)
                        waiting.append(dependent)
            known = sorted(
                at
                for at in seen
                if self.model.items[at].recovery_point_objective is not None
                and self.model.items[at].id == of_item(self.model.items[at].id)
            )
            self._above[item] = known
        return known


def recovery_rows(result: RunResult, losses: Losses, plans: Mapping[str, Plan]) -> list[RecoveryRow]:
    """Every item with an objective or a plan, those with most against them first."""
    rows = []
    for at, item in enumerate(result.model.items):
        rto, rpo = item.recovery_time_objective, item.recovery_point_objective
        plan = plans.get(item.id)
        if item.id != of_item(item.id) or (rto is None and rpo is None and plan is None):
            continue
        told = result.availability(at)
        count, lost, worst, beyond = losses.of(at)
        found = list(_of_plan(plan, rto, rpo))
        if rto is not None and told.breaches > 0.0:
            found.append(Finding.OUTAGES_BEYOND_RTO)
        if beyond > 0.0:
            found.append(Finding.LOSSES_BEYOND_RPO)
        rows.append(
            RecoveryRow(
                item.id,
                item.name,
                item.kind,
                rto,
                told.outages,
                told.breaches if rto is not None else 0.0,
                rpo,
                count,
                lost,
                worst,
                beyond,
                plan,
                tuple(found),
            )
        )
    return sorted(rows, key=lambda row: (-len(row.findings), row.name, row.id))


def _of_plan(plan: Plan | None, rto: float | None, rpo: float | None) -> Iterable[Finding]:
    if plan is None:
        yield Finding.NO_PLAN
        return
    if not plan.validated:
        yield Finding.PLAN_NOT_VALIDATED
    if plan.tested_on is None:
        yield Finding.NEVER_TESTED
        return
    if plan.result == "failed":
        yield Finding.TEST_FAILED
    if rto is not None and plan.recovery is not None and plan.recovery > rto:
        yield Finding.TEST_BEYOND_RTO
    if rpo is not None and plan.loss is not None and plan.loss > rpo:
        yield Finding.TEST_BEYOND_RPO
