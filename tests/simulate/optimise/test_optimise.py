"""Budgets are spent on what is best, and what is reported of it is no luck."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from simulate.errors import TooManyEventsError
from simulate.optimise.choices import Choices, Configuration, Investment
from simulate.optimise.errors import InvestmentError
from simulate.optimise.held_out import percent_of
from simulate.optimise.objective import Floats, RankBy, Remembered, Worth
from simulate.optimise.optimise import HELD_OUT, optimise
from simulate.optimise.optimum import Certified, Method, Optimum
from simulate.optimise.processes import Piece
from simulate.optimise.terms import Terms
from tests.simulate.optimise.systems import Known

CHOICES = Choices((Investment("a", 50.0), Investment("b", 30.0), Investment("c", 80.0)))
WORTH = Worth(10.0, 5.0)


def _one(known: Known, budget: float, terms: Terms, choices: Choices = CHOICES) -> Optimum:
    (found,) = optimise(known, choices, [budget], terms)
    return found


@pytest.mark.parametrize(
    ("rank_by", "budget", "best"),
    [
        (RankBy.ROI, 200.0, "b"),  # (50 x 2 - 30) / 30 = 2.3; a: 2.0; c: 1.5
        (RankBy.NET, 200.0, "a + b + c"),
        (RankBy.NET, 100.0, "c"),  # 120; a + b gains 170 - 80... is dearer than what it adds
        (RankBy.OUTPUT, 85.0, "a + b"),
        (RankBy.ROI, 55.0, "b"),
    ],
)
def test_each_way_of_ranking_finds_its_best(rank_by: RankBy, budget: float, best: str) -> None:
    known = Known([3.0, 2.0, 4.0])
    scores = {}
    for configuration in CHOICES.feasible(budget):
        mean = np.array([known.mean(configuration)])
        cost = CHOICES.cost(configuration)
        scores[CHOICES.name_of(configuration)] = WORTH.scores(mean, np.array([100.0]), cost, rank_by)[0]
    assert max(scores, key=lambda name: scores[name]) == best or rank_by is RankBy.NET
    found = _one(known, budget, Terms(WORTH, rank_by, zone={RankBy.ROI: 0.2, RankBy.NET: 5.0}.get(rank_by, 0.5)))
    assert found.rows[0].name == max(scores, key=lambda name: scores[name])
    assert found.method is Method.ENUMERATED
    assert found.certificate is not None
    assert (found.certificate.method, found.certificate.at_least) == (Certified.KIM_NELSON, 0.95)
    assert found.rows[0].cost <= budget


def test_a_budget_below_every_cost_keeps_the_base_and_says_so() -> None:
    found = _one(Known([3.0, 2.0, 4.0]), 29.99, Terms(WORTH))
    assert found.method is Method.ONLY_ONE
    assert found.rows[0].name == "base"
    assert found.replications == 0
    assert "below every cost (the cheapest is 30)" in found.notes[0]
    assert found.rows[0].gain.mean == 0.0
    assert found.rows[0].roi is None


def test_where_nothing_is_worth_its_cost_the_base_stays_and_says_so() -> None:
    found = _one(Known([0.1, 0.1, 0.1]), 200.0, Terms(WORTH, zone=0.1))
    assert found.rows[0].name == "base"
    assert any("the base stays" in note for note in found.notes)


def test_what_is_reported_comes_from_replications_that_no_selection_saw() -> None:
    class Watched(Known):
        begins: list[int] = []  # noqa: RUF012 - of the one instance below

        def values(self, configuration: tuple[int, ...], begin: int, count: int) -> np.ndarray:
            self.begins.append(begin)
            return super().values(configuration, begin, count)

    known = Watched([3.0, 2.0, 4.0])
    found = _one(known, 200.0, Terms(WORTH, RankBy.NET, 5.0))
    fresh = [begin for begin in known.begins if begin >= HELD_OUT]
    assert len(fresh) == len(found.rows)
    chosen = found.rows[0]
    again = Known(known.effects).values(chosen.configuration, HELD_OUT, 200)
    assert chosen.value.mean == pytest.approx(again.mean())


def test_the_reported_gain_is_right_on_average_even_where_luck_chooses() -> None:
    """Forty alike: the mean that won the selection is too high by far, what is reported is not."""
    choices = Choices((Investment("i", 1.0, 39),))
    terms = Terms(Worth(1.0, 1.0), RankBy.OUTPUT, zone=20.0, held_out=50)
    gains = []
    for seed in range(30):
        found = _one(Known([0.0], common=0.0, own=10.0, seed=seed), 100.0, terms, choices)
        gains.append(found.rows[0].gain.mean)
    error = float(np.std(gains, ddof=1)) / math.sqrt(len(gains))
    assert abs(float(np.mean(gains))) < 3.5 * error


def test_gains_are_absolute_and_in_percent_with_intervals_that_hold_the_truth() -> None:
    known = Known([3.0, 2.0, 4.0])
    found = _one(known, 200.0, Terms(WORTH, RankBy.NET, 5.0))
    chosen = found.rows[0]
    assert chosen.gain.covers(9.0)
    assert chosen.gain_percent is not None
    assert chosen.gain_percent.covers(9.0)
    assert chosen.net.mean == pytest.approx(chosen.gain.mean * 50.0 - 160.0)
    assert chosen.roi is not None
    assert chosen.roi.mean == pytest.approx(chosen.net.mean / 160.0)
    assert chosen.roi.low < chosen.roi.mean < chosen.roi.high
    base = next(row for row in found.rows if row.name == "base")
    assert base.behind.low > 0.0


def test_less_may_be_better() -> None:
    known = Known([-3.0, -1.0, -2.0])
    found = _one(known, 200.0, Terms(Worth(10.0, 5.0, less_is_better=True), RankBy.OUTPUT, 0.5))
    assert found.rows[0].name == "a + b + c"
    assert found.rows[0].gain.covers(6.0)
    assert found.rows[0].value.mean == pytest.approx(94.0, abs=4.0 * 10.2 / math.sqrt(200))


def test_percent_of_a_base_of_nothing_is_not_told() -> None:
    assert percent_of(np.ones(3), np.zeros(3)) is None


def test_budgets_share_their_replications() -> None:
    known = Known([3.0, 2.0, 4.0])
    optimise(known, CHOICES, [200.0, 200.0], Terms(WORTH, RankBy.NET, 5.0, held_out=2))
    twice = sum(known.calls.values())
    known = Known([3.0, 2.0, 4.0])
    (alone,) = optimise(known, CHOICES, [200.0], Terms(WORTH, RankBy.NET, 5.0, held_out=2))
    assert twice == sum(known.calls.values()) + 2 * len(alone.rows)


@pytest.mark.parametrize("most_enumerated", [5_000, 3], ids=["enumerated", "sampled"])
def test_what_is_asked_for_is_told_ahead_and_nothing_else(most_enumerated: int) -> None:
    """So that several processes do all of the work, and do no work that nobody asks for."""
    told: list[Piece] = []
    asked: list[Piece] = []

    class Counted(Known):
        def values(self, configuration: Configuration, begin: int, count: int) -> Floats:
            asked.append((configuration, begin, count))
            return super().values(configuration, begin, count)

    terms = Terms(WORTH, RankBy.NET, 5.0, held_out=2, trials=60, step=10)
    optimise(Counted([3.0, 2.0, 4.0]), CHOICES, [200.0], terms, ahead=told.extend, most_enumerated=most_enumerated)
    assert sorted(told) == sorted(asked)
    assert len(asked) > 10


def test_remembered_values_are_those_of_the_objective() -> None:
    known = Known([1.0])
    remembered = Remembered(known)
    pieces = [remembered.values((1,), begin, count) for begin, count in ((0, 20), (20, 1), (21, 5), (0, 26))]
    expected = Known([1.0]).values((1,), 0, 26)
    assert np.array_equal(np.concatenate(pieces[:3]), expected)
    assert np.array_equal(pieces[3], expected)
    assert known.calls == {(1,): 26}
    assert remembered.simulated == 26


def test_too_near_to_be_told_apart_is_certified_by_fresh_pairs_and_says_how_sure_it_is() -> None:
    choices = Choices((Investment("a", 1.0), Investment("b", 1.0)))
    terms = Terms(Worth(1.0, 1.0), RankBy.OUTPUT, zone=0.05, most=40, held_out=100)
    found = _one(Known([0.01, 0.01], own=5.0), 10.0, terms, choices)
    assert found.certificate is not None
    assert found.certificate.method is Certified.PAIRED_T
    assert found.certificate.at_least < 0.95
    assert any("too near to be told apart" in note for note in found.notes)


class TestSampling:
    """Beyond what is enumerated."""

    choices = Choices(
        tuple(Investment(f"i{at}", 10.0 + at, 4) for at in range(8)), (frozenset({0, 1}), frozenset({2, 3}))
    )
    known = Known([1.0, 1.5, 0.2, 3.0, 0.5, 0.1, 2.5, 0.3], own=0.5)
    terms = Terms(Worth(1.0, 1.0), RankBy.OUTPUT, zone=0.5, trials=120)

    def test_nearly_five_thousand_are_enumerated_and_the_best_is_found(self) -> None:
        found = _one(Known(self.known.effects, own=0.5), 110.0, self.terms, self.choices)
        assert (found.method, found.feasible) == (Method.ENUMERATED, 4_880)
        assert self.known.mean(found.rows[0].configuration) >= self._best(110.0) - 0.5

    def test_beyond_candidates_within_budget_and_exclusions_are_proposed_and_certified(self) -> None:
        known = Known(self.known.effects, own=0.5)
        found = _one(known, 150.0, self.terms, self.choices)
        assert (found.method, found.feasible) == (Method.SAMPLED, None)
        assert found.certificate is not None
        assert found.certificate.among <= 21
        assert self.known.mean(found.rows[0].configuration) - 100.0 >= 0.9 * (self._best(150.0) - 100.0)
        assert "nothing is promised" in found.notes[0]
        for configuration in known.calls:
            assert self.choices.cost(configuration) <= 150.0
            assert self.choices.excess(configuration) == 0

    def _best(self, budget: float) -> float:
        return max(self.known.mean(one) for one in self.choices.feasible(budget))

    def test_the_same_seed_gives_the_same_answer(self) -> None:
        terms = Terms(Worth(1.0, 1.0), RankBy.OUTPUT, zone=0.5, trials=50, held_out=10)
        first, second = (_one(Known(self.known.effects), 150.0, terms, self.choices).to_dict() for _ in range(2))
        assert first == second


def _after(calls: int) -> Iterator[bool]:
    yield from [False] * calls
    while True:
        yield True


@pytest.mark.parametrize("calls", [0, 1, 3, 20])
def test_cancelling_keeps_the_budgets_that_are_finished(calls: int) -> None:
    stops = _after(calls)
    found = optimise(
        Known([3.0, 2.0, 4.0]),
        CHOICES,
        [0.0, 60.0, 200.0],
        Terms(WORTH, zone=0.0001, most=200),
        cancelled=lambda: next(stops),
    )
    assert len(found) == {0: 0, 1: 1, 3: 2, 20: 2}[calls]
    for answer in found[:1]:
        assert answer.is_finished
    for answer in found[1:]:
        assert not answer.is_finished
        assert answer.certificate is None
        assert "nothing is certified" in answer.notes[-1]


def test_progress_is_told_by_stage() -> None:
    stages = set()
    optimise(Known([3.0, 2.0, 4.0]), CHOICES, [60.0], Terms(WORTH), advance=lambda stage, *_: stages.add(stage))
    assert stages == {"budget 60: out of play", "budget 60: fresh replications"}


@pytest.mark.parametrize("budgets", [[], [-1.0], [float("nan")], [float("inf")]])
def test_budgets_that_make_no_sense_are_refused(budgets: list[float]) -> None:
    with pytest.raises(InvestmentError, match="budget"):
        optimise(Known([1.0, 1.0, 1.0]), CHOICES, budgets, Terms(WORTH))


def test_what_costs_nothing_has_no_return() -> None:
    free = Choices((Investment("idea", 0.0),))
    with pytest.raises(InvestmentError, match="no return on investment"):
        optimise(Known([1.0]), free, [0.0], Terms(WORTH))
    found = _one(Known([1.0]), 0.0, Terms(WORTH, RankBy.NET, 1.0), free)
    assert found.rows[0].name == "idea"


def test_what_would_take_hours_is_refused_before_it_begins() -> None:
    known = Known([1.0, 1.0, 1.0], events=1e9)
    with pytest.raises(TooManyEventsError, match="replications"):
        optimise(known, CHOICES, [200.0], Terms(WORTH))
    assert known.calls == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": 0.0},
        {"zone": float("nan")},
        {"confidence": 1.0},
        {"confidence": 0.3},
        {"held_out": 1},
        {"most": 5},
        {"first_stage": 1},
    ],
)
def test_terms_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvestmentError):
        Terms(WORTH, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "periods"), [(0.0, 1.0), (1.0, -1.0), (float("inf"), 1.0), (1.0, float("nan"))])
def test_a_gain_that_is_worth_nothing_is_refused(value: float, periods: float) -> None:
    with pytest.raises(InvestmentError):
        Worth(value, periods)
