"""Play a scenario on the twin, and say what it does to what is watched."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from core.settings import Settings
from services.moments import PRESENT, Asked
from services.simulation.snapshot import snapshot
from simulate.builder.build import build
from simulate.builder.scenario import Scenario
from simulate.engines.monte_carlo import Cancelled, Progress, run
from simulate.engines.summary import Availability


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """Availability of what is watched, each with its 95 % interval (Student's t over replications).

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

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data; what is not known is null."""
        rows = [{name: None if value != value else value for name, value in asdict(row).items()} for row in self.rows]
        return {**asdict(self), "rows": rows}


def simulate(
    settings: Settings,
    scenario: Scenario,
    asked: Asked = PRESENT,
    *,
    replications: int | None = None,
    seed: int | None = None,
    processes: int = 1,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> SimulationReport:
    """Play a scenario; the twin is only read. Raises SimulationError and its kin, UsageError, NotFoundError, BackendError."""
    found = snapshot(settings, asked)
    model = build(found.nodes, found.edges, found.schema, scenario)
    wanted = scenario.replications if replications is None else replications
    chosen = scenario.seed if seed is None else seed
    result = run(model, wanted, chosen, processes=processes, progress=progress, cancelled=cancelled)
    return SimulationReport(
        scenario.name,
        chosen,
        result.replications,
        wanted,
        model.horizon,
        len(model.items),
        found.sequence,
        model.notes,
        tuple(result.watched()),
    )
