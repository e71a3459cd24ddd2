"""Play a scenario on the twin, and say what it does to what is watched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from core.settings import Settings
from services.moments import PRESENT, Asked
from services.simulation.calibrated import calibrated
from services.simulation.order import AS_IT_SAYS, Order, moment_of
from services.simulation.snapshot import Snapshot, snapshot
from simulate.builder.scenario import Scenario
from simulate.engines.summary import Availability, CrewUse, LoadUse, RunResult


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """Availability of what is watched, each with its 95 % interval (Student's t over replications); how busy crews and queues are.

    `replications` are done, `wanted` were asked for: fewer are done where somebody stopped it. `sequence` is the event of the
    ledger that the estate reflects, `items` how many items the model has.
    """

    scenario: str
    seed: int
    replications: int
    wanted: int
    hours: float
    items: int
    sequence: int
    notes: tuple[str, ...]
    rows: tuple[Availability, ...]
    crews: tuple[CrewUse, ...]
    queues: tuple[LoadUse, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data; what is not known is null."""
        told = {name: [_known(row) for row in getattr(self, name)] for name in ("rows", "crews", "queues")}
        return {**asdict(self), **told, "simulated": True}


def _known(row: Availability | CrewUse | LoadUse) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in asdict(row).items()}


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario that was played: what is told of it, and all that the run says."""

    scenario: Scenario
    report: SimulationReport
    result: RunResult


def simulate(
    settings: Settings,
    scenario: Scenario,
    asked: Asked = PRESENT,
    order: Order = AS_IT_SAYS,
    *,
    estate: Callable[[Asked], Snapshot] | None = None,
) -> SimulationReport:
    """What playing a scenario says of what it watches; see `play`."""
    return play(settings, scenario, asked, order, estate=estate).report


def play(
    settings: Settings,
    scenario: Scenario,
    asked: Asked = PRESENT,
    order: Order = AS_IT_SAYS,
    *,
    estate: Callable[[Asked], Snapshot] | None = None,
) -> Played:
    """Play a scenario; the twin is only read. `estate`: where the twin is open already, what takes its elements.

    Raises SimulationError and its kin, SimulationTooLargeError, UsageError, NotFoundError, BackendError.
    """
    scenario = calibrated(settings, scenario)
    moment = moment_of(scenario, asked)
    found = snapshot(settings, moment) if estate is None else estate(moment)
    result = order.run(order.model(found, scenario), scenario)
    return Played(scenario, report_of(scenario, result, order.wanted(scenario), found.sequence), result)


def report_of(scenario: Scenario, result: RunResult, wanted: int, sequence: int) -> SimulationReport:
    """What is told of a run."""
    model = result.model
    return SimulationReport(
        scenario.name,
        result.seed,
        result.replications,
        wanted,
        model.horizon,
        len(model.items),
        sequence,
        model.notes,
        tuple(result.watched()),
        tuple(result.crew_use()),
        tuple(result.load_use()),
    )
