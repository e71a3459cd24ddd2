"""The answer for one budget, and what its certificate says."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from simulate.optimise.held_out import Outcome


class Method(StrEnum):
    """How configurations were looked at."""

    ONLY_ONE = "only the base can be bought"
    ENUMERATED = "enumerated"
    SAMPLED = "sampled"


class Certified(StrEnum):
    """What the probability of correct selection rests on."""

    NOTHING_TO_CHOOSE = "nothing to choose"
    KIM_NELSON = "Kim-Nelson"
    PAIRED_T = "paired t interval"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The chosen configuration is within `zone` of the best of `among` with probability `at_least`, as far as `method` promises."""

    at_least: float
    method: Certified
    zone: float
    among: int


@dataclass(frozen=True, slots=True)
class Optimum:
    """The answer for one budget.

    `feasible` counts the configurations that the budget pays, None where there are more than are enumerated. `rows` are
    the chosen configuration, then others by how far they are behind; their values come from `held_out` fresh replications.
    `replications` is what the selection took, of all configurations together. An interrupted one has neither rows nor certificate.
    """

    budget: float
    method: Method
    feasible: int | None
    chosen: str
    rows: tuple[Outcome, ...]
    certificate: Certificate | None
    replications: int
    held_out: int
    notes: tuple[str, ...] = field(default=())

    @property
    def is_finished(self) -> bool:
        return bool(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "budget": self.budget,
            "method": str(self.method),
            "feasible": self.feasible,
            "finished": self.is_finished,
            "chosen": self.rows[0].to_dict() if self.rows else None,
            "probability_of_correct_selection": None if self.certificate is None else asdict(self.certificate),
            "replications": self.replications,
            "held_out_replications": self.held_out,
            "compared": [row.to_dict() for row in self.rows],
            "notes": list(self.notes),
        }
