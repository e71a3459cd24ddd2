"""What somebody may ask of a simulation, the same at every door: checked, and handed to the jobs that play it."""

from __future__ import annotations

from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Services
from core.errors import UsageError
from services.audit.entry import LONGEST_REASON
from services.simulation.job import SimulationJob, SimulationOrder
from services.simulation.jobs import MOST_OTHERS, parsed

MOST_INCIDENTS: Final = 10_000
MOST_DETAILED: Final = 1_000
FEWEST: Final = 2
_SCENARIO: Final = "As a scenario file has it: an object, or the text of a YAML file."


class SimulationRequest(BaseModel):
    """A scenario to be played, by itself or compared with others; or a kept run to be played again for what it teaches."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "scenario": {
                        "name": "A year",
                        "kinds": {"PhysicalServer": {"failure": {"mean": "3 years"}, "repair": {"mean": "8 h"}}},
                    },
                    "replications": 200,
                    "reason": "availability review",
                }
            ]
        },
    )

    scenario: dict[str, Any] | str | None = Field(default=None, description=_SCENARIO)
    compare_with: list[dict[str, Any] | str] = Field(
        default_factory=list,
        max_length=MOST_OTHERS,
        description="Scenarios that are played with the same chance, and told as differences from `scenario`.",
    )
    of: str | None = Field(
        default=None,
        description="In place of a scenario: a kept run, which is played again as it was for what it teaches.",
    )
    branch: str | None = Field(
        default=None, description="Play it on this branch; of a comparison, what is compared with the scenario."
    )
    as_of: str | None = Field(default=None, description="Play it on a past state: a date, an instant, or #123.")
    replications: int | None = Field(default=None, ge=FEWEST, description="In place of the scenario's.")
    seed: int | None = Field(default=None, ge=0, le=2**64 - 1, description="In place of the scenario's.")
    keep: bool | None = Field(
        default=None, description="Whether the run is kept in the graph; by default it is, and a comparison never."
    )
    incidents: int = Field(
        default=1_000, ge=0, le=MOST_INCIDENTS, description="Most incidents that are kept, of the first replication."
    )
    insight: bool = Field(default=False, description="Causes of downtime, single points, recovery and load as well.")
    detailed: int = Field(
        default=50, ge=FEWEST, le=MOST_DETAILED, description="Replications that are read event by event for that."
    )
    reason: str | None = Field(default=None, max_length=LONGEST_REASON, description="Why, for the audit trail.")

    def text(self) -> str:
        """What is asked for, as the audit trail tells it."""
        return orjson.dumps(self.model_dump(exclude={"reason"}), option=orjson.OPT_SORT_KEYS).decode()


def begin(services: Services, wanted: SimulationRequest) -> SimulationJob:
    """Have it played in its turn. Raises what `SimulationJobs.begin` raises."""
    services.call.reason = wanted.reason
    if wanted.compare_with and (wanted.keep or wanted.insight):
        raise UsageError(
            "a comparison is not kept, and teaches differences only",
            where="compare_with",
            hint="leave `keep` and `insight` out, or play the scenarios one by one",
        )
    order = SimulationOrder(
        None if wanted.scenario is None else _words(wanted.scenario, "scenario.yml"),
        tuple(_words(one, f"compare_with.{at}.yml") for at, one in enumerate(wanted.compare_with)),
        of=wanted.of,
        branch=wanted.branch,
        as_of=wanted.as_of,
        replications=wanted.replications,
        seed=wanted.seed,
        keep=not wanted.compare_with if wanted.keep is None else wanted.keep,
        incidents=wanted.incidents,
        insight=wanted.insight,
        detailed=wanted.detailed,
        reason=wanted.reason,
    )
    job = services.simulations.begin(order, services.actor)
    services.call.target = job.id
    return job


def _words(given: dict[str, Any] | str, shown: str) -> dict[str, Any]:
    return parsed(given, shown) if isinstance(given, str) else given
