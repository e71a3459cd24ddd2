"""The terms of an answer: what a gain is worth, what counts as better, and how sure one wants to be."""

from __future__ import annotations

from dataclasses import dataclass

from simulate.optimise.errors import InvestmentError
from simulate.optimise.kim_nelson import FIRST_STAGE
from simulate.optimise.objective import RankBy, Worth


@dataclass(frozen=True, slots=True)
class Terms:
    """What is wanted, and how sure.

    `zone` (None: `ZONES`) is in units of `rank_by`: ROI as a share, net in money, output in units of the objective. `most` bounds
    the replications of a configuration in a selection, `held_out` is how many fresh ones report, `compared` how many
    configurations are reported at most; `step` replications come at a time; `trials` are
    those of the sampler, of `proposing` replications each.
    """

    worth: Worth
    rank_by: RankBy = RankBy.ROI
    zone: float | None = None
    confidence: float = 0.95
    seed: int = 1
    first_stage: int = FIRST_STAGE
    most: int = 5_000
    held_out: int = 200
    compared: int = 20
    step: int = 1
    trials: int = 400
    proposing: int = 10

    def __post_init__(self) -> None:
        if self.zone is not None and not self.zone > 0.0:
            raise InvestmentError(f"an indifference zone of {self.zone:g}", where="indifference", hint="above 0")
        if not 0.5 < self.confidence < 1.0:
            raise InvestmentError(f"a confidence of {self.confidence:g}", where="confidence", hint="0.95 is usual")
        if self.held_out < 2:
            raise InvestmentError(f"{self.held_out} fresh replications", where="held_out", hint="two at least")
        if self.first_stage < 3 or self.most < self.first_stage:
            raise InvestmentError(
                f"{self.most} replications at most, {self.first_stage} of them in the first stage",
                where="most_replications",
                hint=f"{max(3, self.first_stage)} at least",
            )
