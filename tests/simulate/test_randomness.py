"""Random numbers by key: the same for whoever asks, uniform, and independent along every part of the key."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from simulate.quantiles import gamma_quantile, gamma_share, normal_quantile
from simulate.randomness import (
    DETERMINISTIC,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    LOGNORMAL,
    TRIANGULAR,
    UNIFORM,
    WEIBULL,
    draw,
    draws,
    quantile,
    seed_of_replication,
    uniform,
    uniforms,
)

NO_TABLE = np.empty(0)
SEED = 20_260_101
MANY = 40_000


def along(part: str, count: int = MANY) -> NDArray[np.float64]:
    """Numbers whose keys differ in one part only, by steps of one."""
    if part == "index":
        return uniforms(SEED, 7, 3, 0, count)
    if part == "component":
        return np.array([uniform(SEED, at, 3, 5) for at in range(count)])
    if part == "stream":
        return np.array([uniform(SEED, at // 256, at % 256, 5) for at in range(count)])
    if part == "seed":
        return np.array([uniform(at, 7, 3, 5) for at in range(count)])
    return np.array([uniform(seed_of_replication(SEED, at), 7, 3, 5) for at in range(count)])


@pytest.mark.parametrize("part", ["index", "component", "stream", "seed", "replication"])
class TestAlongEveryPartOfTheKey:
    def test_numbers_are_uniform(self, part: str) -> None:
        assert stats.kstest(along(part), "uniform").pvalue > 1e-3

    def test_neighbours_fill_the_square_evenly(self, part: str) -> None:
        found = along(part)
        cells, _, _ = np.histogram2d(found[:-1:2], found[1::2], bins=20, range=[[0, 1], [0, 1]])
        assert stats.chisquare(cells.ravel()).pvalue > 1e-3

    def test_neighbours_are_uncorrelated_at_several_distances(self, part: str) -> None:
        found = along(part)
        for distance in (1, 2, 3, 16, 256):
            assert abs(stats.pearsonr(found[:-distance], found[distance:]).statistic) < 4 / np.sqrt(MANY)

    def test_the_last_bits_are_even_too(self, part: str) -> None:
        words = (along(part) * 2.0**52).astype(np.uint64)
        counts = np.bincount((words & np.uint64(63)).astype(np.int64), minlength=64)
        assert stats.chisquare(counts).pvalue > 1e-3

    def test_runs_up_have_the_lengths_of_chance(self, part: str) -> None:
        found = along(part)
        turning = np.sum((found[1:-1] > found[:-2]) != (found[2:] > found[1:-1]))
        expected, variance = 2 * (MANY - 2) / 3, (16 * MANY - 29) / 90
        assert abs(turning - expected) < 4 * np.sqrt(variance)


def test_the_same_numbers_come_from_another_process() -> None:
    code = "from simulate.randomness import uniform; print(uniform(1, 2, 3, 4).hex(), uniform(2**64 - 1, 2**40, 255, 2**40).hex())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told == [uniform(1, 2, 3, 4).hex(), uniform(2**64 - 1, 2**40, 255, 2**40).hex()]


def test_the_numbers_are_those_that_were_published_with_earlier_runs() -> None:
    assert uniform(1, 2, 3, 4) == 0.6656808330642049
    assert seed_of_replication(1, 0) != seed_of_replication(1, 1)


def test_blocks_hold_what_single_calls_give() -> None:
    assert uniforms(SEED, 1, 2, 10, 5).tolist() == [uniform(SEED, 1, 2, at) for at in range(10, 15)]
    block = draws(WEIBULL, 3.0, 1.5, NO_TABLE, SEED, 1, 2, 10, 5)
    assert block.tolist() == [draw(WEIBULL, 3.0, 1.5, NO_TABLE, SEED, 1, 2, at) for at in range(10, 15)]


def test_a_number_is_never_0_or_1() -> None:
    found = uniforms(SEED, 0, 0, 0, 1_000_000)
    assert found.min() > 0.0
    assert found.max() < 1.0
    assert np.all(1.0 - (1.0 - found) == found)


FAMILIES = [
    pytest.param(EXPONENTIAL, 8.0, 0.0, stats.expon(scale=8.0), id="exponential"),
    pytest.param(WEIBULL, 8.0, 0.7, stats.weibull_min(0.7, scale=8.0), id="Weibull, falling rate"),
    pytest.param(WEIBULL, 8.0, 3.0, stats.weibull_min(3.0, scale=8.0), id="Weibull, rising rate"),
    pytest.param(LOGNORMAL, 1.0, 0.8, stats.lognorm(0.8, scale=np.e), id="lognormal"),
    pytest.param(GAMMA, 2.0, 0.3, stats.gamma(0.3, scale=2.0), id="gamma, small shape"),
    pytest.param(GAMMA, 2.0, 4.5, stats.gamma(4.5, scale=2.0), id="gamma"),
    pytest.param(GAMMA, 2.0, 300.0, stats.gamma(300.0, scale=2.0), id="gamma, large shape"),
    pytest.param(UNIFORM, 2.0, 5.0, stats.uniform(2.0, 3.0), id="uniform"),
]


@pytest.mark.parametrize(("family", "first", "second", "theory"), FAMILIES)
class TestDrawsByInversion:
    def test_quantiles_are_those_of_scipy(self, family: int, first: float, second: float, theory: Any) -> None:
        some = np.concatenate([np.linspace(0.001, 0.999, 301), [1e-8, 1e-4, 1 - 1e-4, 1 - 1e-8]])
        shares = np.round(some * 2.0**53) / 2.0**53  # as `uniform` gives them
        found = np.array([quantile(family, first, second, NO_TABLE, at) for at in shares])
        np.testing.assert_allclose(found, theory.ppf(shares), rtol=2e-9)

    def test_draws_follow_the_distribution(self, family: int, first: float, second: float, theory: Any) -> None:
        found = draws(family, first, second, NO_TABLE, SEED, 11, 0, 0, 5_000)
        assert stats.kstest(found, theory.cdf).pvalue > 1e-3


def test_a_deterministic_draw_is_its_value() -> None:
    assert draw(DETERMINISTIC, 4.25, 0.0, NO_TABLE, SEED, 1, 1, 1) == 4.25


def test_an_empirical_draw_is_one_of_the_values_each_as_often() -> None:
    table = np.array([99.0, 1.0, 2.0, 4.0, 99.0])
    found = draws(EMPIRICAL, 1.0, 3.0, table, SEED, 1, 0, 0, 9_000)
    values, counts = np.unique(found, return_counts=True)
    assert values.tolist() == [1.0, 2.0, 4.0]
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("mode", [2.0, 3.0, 8.0])
def test_a_triangular_draw_follows_its_law_wherever_the_likeliest_is(mode: float) -> None:
    table = np.array([99.0, 2.0, mode, 8.0])
    theory = stats.triang((mode - 2.0) / 6.0, loc=2.0, scale=6.0)
    shares = np.round(np.linspace(0.001, 0.999, 301) * 2.0**53) / 2.0**53
    found = np.array([quantile(TRIANGULAR, 1.0, 3.0, table, at) for at in shares])
    np.testing.assert_allclose(found, theory.ppf(shares), rtol=1e-12)
    assert stats.kstest(draws(TRIANGULAR, 1.0, 3.0, table, SEED, 11, 0, 0, 5_000), theory.cdf).pvalue > 1e-3


def test_special_functions_are_those_of_scipy_far_into_the_tails() -> None:
    shares = [1e-300, 1e-20, 1e-9, 0.02, 0.075, 0.5, 0.925, 0.98, 1 - 1e-9, 1 - 2.0**-53]
    np.testing.assert_allclose([normal_quantile(at) for at in shares], special.ndtri(shares), rtol=1e-13, atol=1e-15)
    for shape in (0.05, 0.5, 1.0, 2.5, 40.0, 5_000.0):
        for share in (1e-6, 0.01, 0.3, 0.5, 0.9, 0.999_999):
            value = gamma_quantile(shape, share)
            assert value == pytest.approx(special.gammaincinv(shape, share), rel=1e-8)
            assert gamma_share(shape, value) == pytest.approx(share, rel=1e-9)
