"""A simulation that somebody asks a server for, and the job that plays it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.jobs.job import Job, JobState


@dataclass(frozen=True, slots=True)
class SimulationOrder:
    """What is to be played: a scenario, by itself or beside `others` with the same chance; or again what was kept as the run `of`.

    Scenarios are as their files say them. `keep`: into the graph, with at most `incidents`; `insight`: what it teaches as well, of
    which `detailed` replications are read event by event. `reason` is for the audit trail.
    """

    scenario: Mapping[str, Any] | None = None
    others: tuple[Mapping[str, Any], ...] = ()
    of: str | None = None
    branch: str | None = None
    as_of: str | None = None
    replications: int | None = None
    seed: int | None = None
    keep: bool = False
    incidents: int = 1_000
    insight: bool = False
    detailed: int = 50
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> SimulationOrder:
        """The order that JSON holds."""
        return cls(**{**told, "others": tuple(told["others"])})


@dataclass(slots=True)
class SimulationJob(Job):
    """`report` is in brief what was played; the whole of it lies beside, in `result`. `run` is the kept run's node."""

    order: SimulationOrder
    report: dict[str, Any] | None = None

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> SimulationJob:
        """The job that a file holds. Raises KeyError, TypeError, ValueError for one that is none."""
        return cls(
            **{**told, "order": SimulationOrder.from_dict(told["order"]), "state": JobState(told["state"])},
        )
