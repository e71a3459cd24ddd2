"""How a scenario is to be played: what is wanted in place of what it says, on how many processes, who watches and who may end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from services.moments import Asked
from services.simulation.bounds import Bounds
from services.simulation.snapshot import Snapshot
from simulate.builder.build import build
from simulate.builder.scenario import Scenario
from simulate.engines.monte_carlo import run
from simulate.engines.summary import RunResult
from simulate.model.items import Model

Stage = Callable[[str, int, int], None]
"""Called with what is under way, how much of it is done, and how much is wanted."""

Pressed = Callable[[], int]
"""How often somebody has wanted it to end; what is finished by then is kept."""

REPLICATIONS = "replications"


def _unseen(_stage: str, _done: int, _wanted: int) -> None:
    return None


def _never() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Order:
    """`replications` and `seed` in place of the scenario's. The result is the same for any number of processes.

    `bounds` are held before anything is played.
    """

    replications: int | None = None
    seed: int | None = None
    processes: int = 1
    progress: Stage = _unseen
    pressed: Pressed = _never
    bounds: Bounds | None = None

    def wanted(self, scenario: Scenario) -> int:
        """How many replications."""
        return scenario.replications if self.replications is None else self.replications

    def seed_for(self, scenario: Scenario) -> int:
        """Whose random numbers."""
        return scenario.seed if self.seed is None else self.seed

    def is_over(self) -> bool:
        """Whether somebody wanted it to end."""
        return self.pressed() > 0

    def model(self, estate: Snapshot, scenario: Scenario, replications: int | None = None) -> Model:
        """The model of a scenario. Raises SimulationError and its kin, SimulationTooLargeError."""
        if self.bounds is not None:
            self.bounds.check_elements(len(estate.nodes) + len(estate.edges))
        model = build(estate.nodes, estate.edges, estate.schema, scenario)
        if self.bounds is not None:
            self.bounds.check_model(model, self.wanted(scenario) if replications is None else replications)
        return model

    def run(self, model: Model, scenario: Scenario) -> RunResult:
        """Play a model that was built of a scenario. Raises SimulationError and its kin."""
        return run(
            model,
            self.wanted(scenario),
            self.seed_for(scenario),
            processes=self.processes,
            progress=lambda done, wanted: self.progress(REPLICATIONS, done, wanted),
            cancelled=self.is_over,
        )


AS_IT_SAYS = Order()
"""The replications and the seed of the scenario, on one process."""


def moment_of(scenario: Scenario, asked: Asked) -> Asked:
    """The moment that a scenario is played at: on its own branch, unless another one is asked for."""
    return asked if asked.branch or not scenario.branch else replace(asked, branch=scenario.branch)
