"""What is drawn from a family is found again, censored or not; what is of no family is kept as it was seen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulate.calibration.fit import FARTHEST, fit
from simulate.calibration.likelihood import ESTIMATES, log_likelihood
from simulate.calibration.sample import Durations, Floats
from simulate.calibration.survival import lasting
from simulate.distributions import Distribution, exponential, gamma, lognormal, weibull
from simulate.errors import CalibrationError
from simulate.randomness import draws

DRAWN = 4_000
TRUE = {
    "exponential": exponential(30.0),
    "weibull": weibull(40.0, 0.7),
    "lognormal": lognormal(2.0, 1.2),
    "gamma": gamma(10.0, 2.5),
}


def drawn(distribution: Distribution, count: int = DRAWN, component: int = 1) -> Floats:
    table = np.empty(0)
    return draws(distribution.family, distribution.first, distribution.second, table, 11, component, 0, 0, count)


def censored(values: Floats, mean: float) -> Durations:
    """Each was looked at until a moment of its own: what lasted longer still runs."""
    limits = drawn(exponential(mean), len(values), component=2)
    seen = values <= limits
    return Durations(tuple(values[seen].tolist()), tuple(limits[~seen].tolist()))


@pytest.mark.parametrize("family", TRUE)
@pytest.mark.parametrize("is_censored", [False, True], ids=["all ended", "a part still runs"])
def test_a_family_finds_its_own_parameters_again(family: str, is_censored: bool) -> None:
    true = TRUE[family]
    values = drawn(true)
    sample = censored(values, 2.0 * true.mean) if is_censored else Durations(tuple(values.tolist()))
    found = ESTIMATES[family](*sample.arrays())
    assert found.mean == pytest.approx(true.mean, rel=0.12)
    if true.second:
        assert found.second == pytest.approx(true.second, rel=0.06)


@pytest.mark.parametrize("family", TRUE)
@pytest.mark.parametrize("of", TRUE)
def test_no_parameters_nearby_are_more_likely_than_the_estimate(family: str, of: str) -> None:
    ended, running = censored(drawn(TRUE[of], 400), 3.0 * TRUE[of].mean).arrays()
    found = ESTIMATES[family](ended, running)
    top = log_likelihood(found, ended, running)
    for first, second in ((1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99), (1.01, 1.01), (0.99, 0.99)):
        other = Distribution(found.family, found.first * first, found.second * second)
        assert log_likelihood(other, ended, running) <= top + 1e-6


@pytest.mark.parametrize("family", TRUE)
def test_the_family_that_a_sample_is_of_is_chosen_and_is_not_rejected(family: str) -> None:
    sample = Durations(tuple(drawn(TRUE[family], 2_000).tolist()))
    found = fit(sample, seed=3)
    by_name = {one.distribution.name: one for one in found.candidates}
    assert (
        by_name[family].aic - found.candidates[0].aic < 4.0
    )  # others may hold it as a special case, at a higher price
    assert found.p_value is not None
    assert found.p_value > 0.01
    assert found.reason.startswith(f"{found.chosen.name}: lowest AIC of 4 families")


def test_leaving_out_what_still_runs_would_make_durations_too_short() -> None:
    sample = censored(drawn(TRUE["exponential"]), 30.0)
    assert fit(sample, seed=1).chosen.mean == pytest.approx(30.0, rel=0.1)
    assert fit(Durations(sample.ended), seed=1).chosen.mean < 20.0


def test_what_is_of_no_family_is_drawn_from_what_was_seen() -> None:
    two_peaks = np.concatenate([drawn(gamma(0.01, 100.0), 500), drawn(gamma(1.0, 100.0), 500, component=5)])
    found = fit(Durations(tuple(two_peaks.tolist())), seed=1)
    assert found.chosen.name == "empirical"
    assert found.p_value is None
    assert "is 0." in found.reason
    assert found.candidates[0].distance > FARTHEST
    assert found.chosen.mean == pytest.approx(float(two_peaks.mean()), rel=0.01)


def test_the_product_limit_estimate_is_the_one_of_a_worked_example() -> None:
    # 6-mercaptopurine: remissions in weeks, Freireich and others 1963, as in every textbook; still in remission: running.
    ended = np.asarray([6, 6, 6, 7, 10, 13, 16, 22, 23], dtype=float)
    running = np.asarray([6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], dtype=float)
    curve = lasting(ended, running)
    told = dict(zip(curve.times.tolist(), (1.0 - curve.ended).round(3).tolist(), strict=True))
    assert told == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.69, 16: 0.627, 22: 0.538, 23: 0.448}
    assert curve.quantile(0.5) == 23.0
    assert curve.quantile(0.9) is None


def test_a_handful_of_durations_teaches_nothing() -> None:
    with pytest.raises(CalibrationError, match="7 durations were seen to end, 8 are needed"):
        fit(Durations((1.0,) * 7, (2.0,) * 100), seed=1)


def test_durations_that_are_all_the_same_have_a_fit_with_a_finite_mean() -> None:
    found = fit(Durations((5.0,) * 50), seed=1)
    assert found.chosen.mean == pytest.approx(5.0, rel=0.02)
    assert math.isfinite(found.chosen.mean)
