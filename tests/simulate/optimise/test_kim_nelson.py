"""The selection keeps what it promises, on systems whose best one is known."""

from __future__ import annotations

import numpy as np
import pytest

from simulate.optimise.kim_nelson import FIRST_STAGE, boundary_factor, eliminate, select
from simulate.optimise.objective import Floats
from tests.simulate.optimise.systems import Known


def _select(known: Known, systems: int, zone: float, step: int = 1) -> tuple[int, float, bool]:
    found = select(lambda at, begin, count: known.values((at,), begin, count), systems, zone, step=step)
    return found.best, found.replications / systems, found.is_decided


@pytest.mark.parametrize("exponential", [False, True], ids=["normal", "exponential"])
def test_the_best_is_selected_as_often_as_promised_in_the_slippage_configuration(exponential: bool) -> None:
    """All others are behind by exactly the indifference zone: the hardest case that the promise covers."""
    repeats, systems, zone = 100, 6, 2.0 if not exponential else 20.0
    right = 0
    for seed in range(repeats):
        known = Known([0.0], own=4.0, seed=seed, exponential=exponential)
        ahead = Known([0.0], base=known.base + zone, own=4.0, seed=seed, exponential=exponential)

        def scores(at: int, begin: int, count: int, known: Known = known, ahead: Known = ahead) -> Floats:
            return (ahead if at == 3 else known).values((at,), begin, count)

        right += select(scores, systems, zone, 0.9, first_stage=30 if exponential else FIRST_STAGE).best == 3
    assert right / repeats >= 0.9


def test_common_random_numbers_make_it_short() -> None:
    shared = _select(Known([1.0], own=1.0, common=20.0), 10, 0.8)
    apart = _select(Known([1.0], own=8.0, common=0.0), 10, 0.8)
    assert shared[0] == 9
    assert shared[1] < 25
    assert apart[1] > 3 * shared[1]


def test_more_replications_at_a_time_change_little() -> None:
    one, ten = (_select(Known([1.0], own=6.0, seed=5), 10, 1.0, step=step) for step in (1, 10))
    assert one[0] == ten[0]
    assert one[1] <= ten[1] < 1.3 * one[1] + 10


def test_systems_that_are_exactly_alike_end_in_a_tie_for_the_first() -> None:
    best, replications, decided = _select(Known([0.0], own=0.0), 5, 0.1)
    assert (best, replications, decided) == (0, FIRST_STAGE, True)


def test_a_bound_leaves_it_undecided_and_says_who_is_left() -> None:
    known = Known([0.1], own=30.0)
    found = select(lambda at, begin, count: known.values((at,), begin, count), 4, 0.01, most=50)
    assert not found.is_decided
    assert len(found.in_play) > 1
    assert found.best in found.in_play
    assert found.taken.max() == 50


def test_an_interrupt_ends_it_at_once() -> None:
    known = Known([0.1], own=30.0)
    found = select(lambda at, begin, count: known.values((at,), begin, count), 4, 0.01, cancelled=lambda: True)
    assert found.is_interrupted
    assert found.replications == 0
    looks = iter([False] * 7)
    found = select(
        lambda at, begin, count: known.values((at,), begin, count), 4, 0.01, cancelled=lambda: next(looks, True)
    )
    assert found.is_interrupted
    assert found.taken.min() == FIRST_STAGE + 3


def test_who_goes_is_what_the_source_says() -> None:
    """Against the rule of the paper, written as it stands there."""
    random = np.random.default_rng(3)
    stage = random.normal(0.0, 1.0, (7, 12)) + np.linspace(0.0, 4.0, 7)[:, None]
    sums, zone, factor = stage.sum(axis=1), 0.3, boundary_factor(7, 0.95, 12)
    assert factor == pytest.approx(11.0 * ((0.1 / 6.0) ** (-2.0 / 11.0) - 1.0))
    stays = []
    for i in range(7):
        slack = [
            max(0.0, zone / (2 * 12) * (factor * np.var(stage[i] - stage[other], ddof=1) / zone**2 - 12))
            for other in range(7)
        ]
        stays.append(all(sums[i] / 12 >= sums[other] / 12 - slack[other] for other in range(7) if other != i))
    in_play = np.ones(7, np.bool_)
    order = np.ascontiguousarray(np.argsort(-sums))
    assert eliminate(stage - stage.mean(axis=1, keepdims=True), sums, in_play, order, 12, zone, factor)
    assert in_play.tolist() == stays
    assert 0 < sum(stays) < 7


@pytest.mark.parametrize("wrong", [{"zone": 0.0}, {"confidence": 0.4}, {"first_stage": 2}, {"most": 5}, {"step": 0}])
def test_what_promises_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"promise nothing|first stage"):
        select(lambda *_: np.zeros(20), 3, **{"zone": 1.0, **wrong})  # type: ignore[arg-type]
