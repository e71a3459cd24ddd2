"""Arrivals keep the shape of the week, the level of a group and how much its days vary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from simulate.calibration.arrivals import Horizon, Week, fit_arrivals, shape_of_week
from simulate.errors import CalibrationError
from simulate.randomness import uniforms

BEGIN = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
WEEKS = 8
END = BEGIN + timedelta(weeks=WEEKS)
EVEN = Week((1.0,) * 168)


def office_hours(per_hour: int) -> list[datetime]:
    """So many in each hour from 8 to 18, Monday to Friday."""
    hours = (BEGIN + timedelta(hours=at) for at in range(WEEKS * 168))
    open_ = [at for at in hours if at.weekday() < 5 and 8 <= at.hour < 18]
    return [at + timedelta(minutes=60 * one / per_hour) for at in open_ for one in range(per_hour)]


def test_the_shape_of_the_week_is_found() -> None:
    week = shape_of_week(office_hours(4), BEGIN, END)
    assert len(week.factors) == 168
    assert np.mean(week.factors) == pytest.approx(1.0)
    assert week.factors[10] == pytest.approx(168 / 50, rel=0.15)  # Monday, 10 o'clock
    assert week.factors[5 * 24 + 10] < 0.2  # Saturday: seen in no week, and yet not impossible
    assert week.factors[5 * 24 + 10] > 0.0


def test_a_level_foretells_as_many_as_it_was_learned_from() -> None:
    begins = office_hours(4)
    learned = fit_arrivals(begins, shape_of_week(begins, BEGIN, END), BEGIN, END)
    assert learned.seen == len(begins)
    assert learned.expected(BEGIN, END) == pytest.approx(len(begins))
    assert learned.expected(END, END + timedelta(weeks=1)) == pytest.approx(len(begins) / WEEKS)
    assert learned.expected(BEGIN + timedelta(hours=10), BEGIN + timedelta(hours=10, minutes=30)) == pytest.approx(
        2.0, rel=0.15
    )


@pytest.mark.parametrize("burst", [1, 12])
def test_days_that_vary_more_than_chance_are_told_and_drawn_so(burst: int) -> None:
    days = WEEKS * 7
    shares = uniforms(5, 1, 0, 0, days * 24)
    begins = [
        BEGIN + timedelta(days=at // 24, hours=at % 24, minutes=one)
        for at, share in enumerate(shares)
        if share < 0.5
        for one in range(burst)
    ]
    learned = fit_arrivals(begins, EVEN, BEGIN, END)
    if burst == 1:
        assert learned.overdispersion < 0.02
    else:
        assert learned.overdispersion > 0.02
    horizon = Horizon(learned, BEGIN, END)
    drawn = np.asarray([horizon.counts(uniforms(9, at, 1, 0, len(horizon))) for at in range(200)])
    mean = len(begins) / days
    assert drawn.mean() == pytest.approx(mean, rel=0.05)
    assert drawn.var() == pytest.approx(mean + learned.overdispersion * mean**2, rel=0.15)


def test_what_begins_within_a_day_begins_when_the_week_says() -> None:
    begins = office_hours(4)
    learned = fit_arrivals(begins, shape_of_week(begins, BEGIN, END), BEGIN, END)
    begin = BEGIN + timedelta(hours=7, minutes=30)
    horizon = Horizon(learned, begin, BEGIN + timedelta(days=2))
    counts = np.asarray([40.0, 30.0])
    assert len(horizon) == 2
    starts = horizon.starts(counts, uniforms(1, 1, 2, 0, 70))
    assert len(starts) == 70
    hours = [(begin + timedelta(hours=float(at))).hour for at in starts]
    assert sum(8 <= hour < 18 for hour in hours) > 60
    assert (starts[:40] <= 16.5).all()
    assert ((starts[40:] >= 16.5) & (starts[40:] <= 40.5)).all()


def test_less_than_a_week_has_no_shape() -> None:
    with pytest.raises(CalibrationError, match=r"covers 6\.0 days, a week is needed"):
        shape_of_week([BEGIN], BEGIN, BEGIN + timedelta(days=6))
