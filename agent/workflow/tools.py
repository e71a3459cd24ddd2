"""What the steps of an investigation may use: questions with the asker's rights, simulation, branches and proposals. Nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

from agent.gateway.gateway import Gateway
from core.principal import Principal
from core.settings import Settings
from graph.schema.model import Schema
from services.branches import BranchService
from services.catalogue import CatalogueService
from services.cells import to_json
from services.proposals import ProposalService
from services.query import QueryResult, QueryService


class Played(Protocol):
    """What a simulated comparison tells: see `services.simulation.compare.Comparison`."""

    def to_dict(self) -> dict[str, Any]: ...


Compare = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]], int, Callable[[], bool]], Sequence[Played]]
"""A base scenario and others as data, replications, and whether time is over."""


@dataclass(frozen=True, slots=True)
class Tools:
    """For one asker. `gateway` and `compare` are there where models and simulations are; `actor` writes proposals."""

    queries: QueryService
    catalogue: CatalogueService
    schema: Schema
    principal: Principal
    branches: BranchService
    proposals: ProposalService
    actor: str
    gateway: Gateway | None = None
    compare: Compare | None = None
    timer: Callable[[], float] = perf_counter

    def ask(self, name: str, parameters: Mapping[str, Any], within_s: float) -> QueryResult:
        """A catalogue query with the asker's rights."""
        return self.catalogue.run(name, parameters, self.principal, within_s)

    def cypher(self, text: str, parameters: Mapping[str, Any], within_s: float) -> QueryResult:
        """A query of ours with the asker's rights."""
        return self.queries.cypher(text, parameters, self.principal, within_s)


def rows_of(result: QueryResult, most: int) -> dict[str, Any]:
    """An answer as the state keeps it: the first rows, how many there are, and how many elements of an impact may not be seen."""
    rows = [[to_json(cell) for cell in row] for row in result.answer.rows[:most]]
    told = {"columns": list(result.answer.columns), "rows": rows, "count": len(result.answer.rows)}
    return told if result.hidden is None else {**told, "hidden": result.hidden}


def comparing(settings: Settings) -> Compare:
    """Simulated comparisons on the twin of these settings; the extra is imported when one is played."""

    def compare(
        base: Mapping[str, Any], others: Sequence[Mapping[str, Any]], replications: int, over: Callable[[], bool]
    ) -> Sequence[Played]:
        from services.simulation.compare import compare as play
        from services.simulation.order import Order
        from simulate.builder.scenario import Scenario

        scenarios = [Scenario.model_validate(given) for given in (base, *others)]
        pressed = [0]

        def count() -> int:
            pressed[0] += 1 if over() else 0
            return pressed[0]

        return play(settings, scenarios[0], scenarios[1:], order=Order(replications, pressed=count))

    return compare
