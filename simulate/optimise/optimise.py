"""The best use of budgets: configurations are enumerated or proposed, the best is selected, fresh replications report it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from simulate.errors import SimulationError, TooManyEventsError
from simulate.optimise.choices import BASE_NAME, Choices, Configuration
from simulate.optimise.errors import InvestmentError
from simulate.optimise.held_out import HeldOut, outcomes, replicate
from simulate.optimise.kim_nelson import Selection, select
from simulate.optimise.objective import ZONES, Floats, Objective, RankBy, Remembered
from simulate.optimise.optimum import Certificate, Certified, Method, Optimum
from simulate.optimise.processes import Ahead, not_ahead
from simulate.optimise.sampled import sample
from simulate.optimise.terms import Terms

MOST_ENUMERATED: Final = 5_000
"""Configurations beyond which they are sampled."""

CERTIFIED: Final = 20
"""Candidates of a sampler that are certified."""

MOST_EVENTS: Final = 20_000_000_000
"""Expected events of a whole answer beyond which it is refused: hours of work."""

PROPOSING: Final = 1 << 40
HELD_OUT: Final = 1 << 41
PILOT: Final = 1 << 42
"""First replications of what must not share random numbers: the selection begins at 0."""

Advance = Callable[[str, int, int], None]


def optimise(
    objective: Objective,
    choices: Choices,
    budgets: Sequence[float],
    terms: Terms,
    *,
    ahead: Ahead = not_ahead,
    advance: Advance = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
    most_enumerated: int = MOST_ENUMERATED,
) -> list[Optimum]:
    """The best use of each budget, in the order given; fewer where it was cancelled, the last one perhaps not finished.

    `ahead` is told which values are asked for next.

    Raises InvestmentError for budgets and investments that make no sense, TooManyEventsError before anything is simulated.
    """
    _check(choices, budgets, terms)
    proposals = Remembered(objective, PROPOSING)
    search = _Search(Remembered(objective), proposals, objective, choices, terms, ahead, advance, cancelled)
    plans = [(budget, list(islice(choices.feasible(budget), most_enumerated + 1))) for budget in budgets]
    search.check_size([min(len(found), most_enumerated) for _, found in plans])
    answers: list[Optimum] = []
    for budget, found in plans:
        if cancelled():
            break
        answers.append(search.answer(budget, found if len(found) <= most_enumerated else None))
    return answers


def _check(choices: Choices, budgets: Sequence[float], terms: Terms) -> None:
    if not budgets:
        raise InvestmentError("there is no budget", where="budgets", hint="0 answers with the base")
    for budget in budgets:
        if not 0.0 <= budget < float("inf"):
            raise InvestmentError(f"a budget of {budget:g}", where="budgets", hint="0 or more")
    free = [one.name for one in choices.investments if one.cost == 0.0]
    if free and terms.rank_by is RankBy.ROI:
        raise InvestmentError(
            "what costs nothing has no return on investment",
            where=f"investments.{free[0]}",
            hint="give its cost, or rank by `net`",
        )


@dataclass(frozen=True, slots=True)
class _Search:
    """One objective, one set of choices, several budgets."""

    remembered: Remembered
    proposals: Remembered
    objective: Objective
    choices: Choices
    terms: Terms
    ahead: Ahead
    advance: Advance
    cancelled: Callable[[], bool]

    def check_size(self, sizes: Sequence[int]) -> None:
        """Raises TooManyEventsError where even the least that selections take is more than is allowed."""
        terms = self.terms
        proposals = terms.trials * terms.proposing if max(sizes) > CERTIFIED else 0
        replications = max(sizes) * terms.first_stage + proposals + len(sizes) * terms.compared * terms.held_out
        events = self.objective.events * replications
        if events > MOST_EVENTS:
            raise TooManyEventsError(
                f"about {events:,.0f} events in {replications:,} replications, {MOST_EVENTS:,} are allowed",
                hint="fewer investments, a shorter duration, or fewer fresh replications",
            )

    def answer(self, budget: float, feasible: list[Configuration] | None) -> Optimum:
        """The answer for a budget; without `feasible` there are too many to enumerate."""
        zone = self._zone(budget)
        if feasible is not None and len(feasible) == 1:
            note = (
                f"a budget of {budget:,.0f} is below every cost (the cheapest is {self.choices.cheapest:,.0f}): "
                "nothing can be bought, the base stays"
            )
            return self._report(budget, Method.ONLY_ONE, 1, feasible, None, zone, (note,))
        if feasible is not None:
            configurations = sorted(feasible, key=lambda one: (self.choices.cost(one), one))
            return self._select(budget, Method.ENUMERATED, len(feasible), configurations, zone, ())
        sampled = sample(
            self.choices,
            budget,
            self._proposal,
            trials=self.terms.trials,
            keep=CERTIFIED,
            seed=self.terms.seed,
            ahead=lambda some: self._ahead(self.proposals, some, PROPOSING, self.terms.proposing),
            advance=lambda done, wanted: self.advance(f"budget {budget:g}: proposals", done, wanted),
            cancelled=self.cancelled,
        )
        if sampled.is_interrupted:
            note = f"interrupted after {sampled.trials} of {self.terms.trials} proposals: nothing is certified"
            return Optimum(budget, Method.SAMPLED, None, "", (), None, 0, 0, (note,))
        configurations = sorted({self.choices.base, *sampled.candidates}, key=lambda one: (self.choices.cost(one), one))
        note = (
            f"there are more than {MOST_ENUMERATED:,} configurations: {sampled.simulated} of them were proposed and "
            f"simulated, the best {len(configurations)} of these (base included) are certified; among all others nothing is promised"
        )
        return self._select(budget, Method.SAMPLED, None, configurations, zone, (note,))

    def _select(
        self,
        budget: float,
        method: Method,
        feasible: int | None,
        configurations: list[Configuration],
        zone: float,
        notes: tuple[str, ...],
    ) -> Optimum:
        terms, remembered = self.terms, self.remembered

        def scores(system: int, begin: int, count: int) -> Floats:
            configuration = configurations[system]
            base = remembered.values(self.choices.base, begin, count)
            values = remembered.values(configuration, begin, count)
            return terms.worth.scores(values, base, self.choices.cost(configuration), terms.rank_by)

        selection = select(
            scores,
            len(configurations),
            zone,
            terms.confidence,
            first_stage=terms.first_stage,
            most=terms.most,
            step=terms.step,
            ahead=lambda systems, begin, count: self._ahead(
                remembered, [configurations[system] for system in systems], begin, count
            ),
            advance=lambda _, left: self.advance(
                f"budget {budget:g}: out of play", len(configurations) - left, len(configurations)
            ),
            cancelled=self.cancelled,
        )
        if selection.is_interrupted:
            note = (
                f"interrupted with {len(selection.in_play)} of {len(configurations)} configurations in play: "
                "nothing is certified"
            )
            return Optimum(budget, method, feasible, "", (), None, selection.replications, 0, (*notes, note))
        return self._report(budget, method, feasible, configurations, selection, zone, notes)

    def _report(
        self,
        budget: float,
        method: Method,
        feasible: int | None,
        configurations: list[Configuration],
        selection: Selection | None,
        zone: float,
        notes: tuple[str, ...],
    ) -> Optimum:
        """What fresh replications say of the chosen configuration, of those that came near it, and of the base."""
        terms = self.terms
        if selection is None:
            shown, rivals = [configurations[0]], 1
        else:
            open_ = [at for at in selection.in_play if at != selection.best] if not selection.is_decided else []
            by_mean = sorted(range(len(configurations)), key=lambda at: -selection.means[at])
            order = list(dict.fromkeys([selection.best, *open_, *by_mean]))
            rivals = 1 + len(open_)
            shown = [configurations[at] for at in order[: max(terms.compared, rivals)]]
            if self.choices.base not in shown:
                shown.append(self.choices.base)
        held = replicate(
            self.objective,
            self.choices,
            terms.worth,
            terms.rank_by,
            shown,
            HELD_OUT,
            terms.held_out,
            needed=rivals,
            ahead=self.ahead,
            advance=lambda done, wanted: self.advance(f"budget {budget:g}: fresh replications", done, wanted),
            cancelled=self.cancelled,
        )
        certificate = self._certificate(held, selection, rivals, zone, len(configurations))
        found = outcomes(held, self.choices, terms.worth)
        if certificate.at_least < terms.confidence:
            notes = (
                *notes,
                f"after {terms.most:,} replications each, {rivals} configurations are too near to be told apart: correct with "
                f"probability {certificate.at_least:.3f} at least, not {terms.confidence:g}",
            )
        if len(configurations) > 1 and found[0].name == BASE_NAME:
            notes = (*notes, "no investment is worth its cost over the horizon: the base stays")
        rows = (found[0], *sorted(found[1:], key=lambda row: row.behind.mean))
        taken = 0 if selection is None else selection.replications
        return Optimum(budget, method, feasible, found[0].name, rows, certificate, taken, held.replications, notes)

    def _certificate(
        self, held: HeldOut, selection: Selection | None, rivals: int, zone: float, among: int
    ) -> Certificate:
        """What the selection promises; where it ended undecided, the fresh replications decide on what it left."""
        confidence = self.terms.confidence
        if selection is None:
            return Certificate(1.0, Certified.NOTHING_TO_CHOOSE, zone, among)
        if selection.is_decided:
            return Certificate(confidence, Certified.KIM_NELSON, zone, among)
        lost = 0.0 if rivals == among else 1.0 - confidence  # who was eliminated may have been the best
        return Certificate(max(0.0, held.chance_that_best(zone, rivals) - lost), Certified.PAIRED_T, zone, among)

    def _proposal(self, configuration: Configuration) -> float:
        """The mean score of a proposal, in replications that are used for nothing else; the same ones for all."""
        terms = self.terms
        base = self.proposals.values(self.choices.base, PROPOSING, terms.proposing)
        values = self.proposals.values(configuration, PROPOSING, terms.proposing)
        return float(terms.worth.scores(values, base, self.choices.cost(configuration), terms.rank_by).mean())

    def _ahead(self, of: Remembered, configurations: Sequence[Configuration], begin: int, count: int) -> None:
        """Tell which values of an objective that remembers some are asked for next, those of the base among them."""
        wanted = dict.fromkeys([self.choices.base, *configurations])
        missing = (of.missing(one, begin, count) for one in wanted)
        self.ahead([piece for piece in missing if piece is not None])

    def _zone(self, budget: float) -> float:
        if self.terms.zone is not None:
            return self.terms.zone
        share = ZONES[self.terms.rank_by]
        if self.terms.rank_by is RankBy.ROI:
            return share
        if self.terms.rank_by is RankBy.NET:
            return share * budget if budget > 0.0 else share
        mean = abs(float(self.objective.values(self.choices.base, PILOT, self.terms.first_stage).mean()))
        if mean == 0.0:
            raise SimulationError(
                "the objective of the base is 0, and 1 % of it distinguishes nothing",
                where="indifference",
                hint="give the least difference that matters",
            )
        return share * mean
