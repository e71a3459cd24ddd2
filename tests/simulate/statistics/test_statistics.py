"""Intervals, batch means, warm-up, paired differences and coverage say what textbooks say they do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulate.statistics.batch_means import batch_means
from simulate.statistics.coverage import Coverage, coverage
from simulate.statistics.paired import paired_difference
from simulate.statistics.student import Interval, t_interval
from simulate.statistics.warm_up import mser


def test_an_interval_is_students() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, 12)
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    found = t_interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high), rel=1e-12)
    assert found.half_width == pytest.approx((high - low) / 2)


def test_one_replication_has_no_interval() -> None:
    with pytest.raises(ValueError, match="two replications"):
        t_interval([1.0])


def test_batch_means_of_what_remembers_are_wider_than_observations_are_apart() -> None:
    noise = np.random.default_rng(2).normal(size=20_000)
    series = np.zeros_like(noise)
    for place in range(1, len(noise)):
        series[place] = 0.95 * series[place - 1] + noise[place]
    found = batch_means(series)
    assert found.interval.covers(0.0)
    assert found.interval.half_width > 4.0 * t_interval(series).half_width
    assert abs(found.lag_one) < 0.5 < batch_means(series, batches=5_000).lag_one


def test_a_run_that_does_not_fill_its_batches_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fill"):
        batch_means([1.0, 2.0, 3.0], batches=2)


def test_the_warm_up_ends_where_the_series_has_settled() -> None:
    noise = np.random.default_rng(3).normal(size=50)
    settled = np.concatenate((np.linspace(20.0, 0.0, 10), np.zeros(40))) + noise * 0.5
    assert 7 <= (mser(settled) or 0) <= 14
    assert mser(np.linspace(0.0, 50.0, 50)) is None
    assert mser(np.zeros(3)) is None


def test_common_random_numbers_tell_two_systems_apart_sooner() -> None:
    chance = np.random.default_rng(4).normal(size=20)
    base, changed = 10.0 + chance, 10.3 + 1.02 * chance
    found = paired_difference(base, changed)
    assert found.is_told_apart
    assert found.correlation > 0.99
    unpaired = paired_difference(base, np.roll(changed, 7))
    assert unpaired.interval.half_width > 5.0 * found.interval.half_width
    with pytest.raises(ValueError, match="pair up"):
        paired_difference(base, changed[:-1])


def test_coverage_counts_and_says_how_sure_the_share_is() -> None:
    held = [Interval(0.0, -1.0, 1.0)] * 95 + [Interval(3.0, 2.0, 4.0)] * 5
    found = coverage(held, 0.5)
    assert found == Coverage(95, 100)
    assert (found.interval().low, found.interval().high) == pytest.approx(
        (0.8882, 0.9785), abs=2e-4
    )  # Wilson, 95 of 100
