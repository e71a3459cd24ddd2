"""A log whose law is known is calibrated: the law is found again, and the back-test foretells what comes, no more surely than it may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import pytest

from simulate.calibration.calibrate import Calibration, Terms, calibrate
from simulate.calibration.report import distribution_of, document
from simulate.calibration.sample import Case
from simulate.distributions import exponential, gamma
from simulate.errors import CalibrationError
from simulate.randomness import draw

BEGIN = datetime(2025, 1, 6, tzinfo=UTC)
DAYS = 70
WINDOW = (BEGIN, BEGIN + timedelta(days=DAYS))
NOTHING = np.empty(0)


def made(group: str, number: int, per_day: float, seed: int = 1) -> list[Case]:
    """Poisson arrivals all day and gamma durations of mean 30 hours."""
    between, lasts = exponential(24.0 / per_day), gamma(15.0, 2.0)
    found: list[Case] = []
    at, index = 0.0, 0
    while True:
        at += draw(between.family, between.first, 0.0, NOTHING, seed, number, 0, index)
        if at >= DAYS * 24.0:
            return found
        took = draw(lasts.family, lasts.first, lasts.second, NOTHING, seed, number, 1, index)
        begin = BEGIN + timedelta(hours=at)
        found.append(Case(group, begin, begin + timedelta(hours=took)))
        index += 1


@pytest.fixture(scope="module")
def groups() -> dict[str, list[Case]]:
    return {name: made(name, at, per_day=6.0) for at, name in enumerate(("alpha", "beta"))}


@pytest.fixture(scope="module")
def learned(groups: dict[str, list[Case]]) -> Calibration:
    return calibrate([case for some in groups.values() for case in some], WINDOW)


def test_each_group_has_its_rate_and_its_durations(learned: Calibration) -> None:
    assert list(learned.groups) == ["alpha", "beta"]
    for group in learned.groups.values():
        assert group.arrivals.per_hour * 24.0 == pytest.approx(6.0, rel=0.15)
        assert group.arrivals.overdispersion < 0.1
        assert group.lasts.chosen.name in {"gamma", "weibull"}
        assert group.lasts.chosen.mean == pytest.approx(30.0, rel=0.1)
        assert not group.is_pooled
    assert learned.pooled.arrivals.seen == learned.cases


def test_the_back_test_foretells_what_came_from_what_was_known(learned: Calibration) -> None:
    assert learned.cut == BEGIN + timedelta(days=49)
    for name, test in learned.back_tests.items():
        assert test.begun.low <= test.begun.mean <= test.begun.high, name
        assert test.distance is not None
        assert test.distance < 0.15
    assert learned.back_test_errors["begun_weighted_error"] < 0.2
    assert learned.back_test_errors["ended_weighted_error"] < 0.2
    whole = learned.back_tests[""]
    assert whole.ended.is_covered
    assert whole.begun.is_covered


def test_what_happens_after_the_moment_does_not_change_what_is_foretold(
    groups: dict[str, list[Case]], learned: Calibration
) -> None:
    cut = learned.cut
    known = [case for some in groups.values() for case in some if case.begin < cut]
    later = [
        Case(case.group, case.begin, case.end if case.end and case.end <= cut else None, ended=False) for case in known
    ]
    added = [Case("alpha", cut + timedelta(days=20, hours=at % 24), None, ended=False) for at in range(500)]
    other = calibrate([*later, *added], WINDOW)
    for name, test in learned.back_tests.items():
        assert other.back_tests[name].begun.mean == test.begun.mean
        assert other.back_tests[name].ended.mean == test.ended.mean
    assert other.back_tests["alpha"].begun.actual == 500


def test_the_same_seed_tells_the_same_and_another_nearly_so(
    groups: dict[str, list[Case]], learned: Calibration
) -> None:
    cases = [case for some in groups.values() for case in some]
    assert calibrate(list(reversed(cases)), WINDOW) == learned
    other = calibrate(cases, WINDOW, Terms(seed=2))
    assert other.back_tests["alpha"].begun.mean != learned.back_tests["alpha"].begun.mean
    assert other.back_tests["alpha"].begun.mean == pytest.approx(learned.back_tests["alpha"].begun.mean, rel=0.05)


def test_a_group_with_few_ends_borrows_the_durations_of_all(groups: dict[str, list[Case]]) -> None:
    few = [Case("rare", BEGIN + timedelta(days=at), BEGIN + timedelta(days=at, hours=900)) for at in range(3)]
    found = calibrate([*groups["alpha"], *few], WINDOW)
    assert found.groups["rare"].is_pooled
    assert found.groups["rare"].lasts == found.pooled.lasts
    assert found.groups["rare"].arrivals.seen == 3


def test_an_end_that_nobody_knows_counts_as_an_arrival_only(
    groups: dict[str, list[Case]], learned: Calibration
) -> None:
    cases = [case for some in groups.values() for case in some]
    unknown = [Case("alpha", case.begin, None, ended=True) for case in groups["alpha"][:40]]
    found = calibrate([*cases, *unknown], WINDOW)
    assert found.unknown_ends == 40
    assert found.groups["alpha"].lasts.chosen == learned.groups["alpha"].lasts.chosen
    assert found.groups["alpha"].arrivals.seen == learned.groups["alpha"].arrivals.seen + 40


def test_what_was_learned_can_be_kept_and_read_again(learned: Calibration) -> None:
    told = orjson.loads(orjson.dumps(document(learned)))
    for name, group in learned.groups.items():
        assert distribution_of(told["groups"][name]["durations"]) == group.lasts.chosen
    assert told["back_test"]["cut"] == learned.cut.isoformat()


@pytest.mark.parametrize(
    ("cases", "terms", "said"),
    [
        pytest.param([], {}, "no case begins", id="nothing"),
        pytest.param(
            [Case("a", BEGIN + timedelta(days=1), BEGIN)] * 10, {}, "before it begins", id="an end before its begin"
        ),
        pytest.param([], {"known_share": 0.99}, "a share of 0.99 is known", id="nothing left to foretell"),
        pytest.param([], {"resolution_hours": 0.0}, "times are told to 0.0 hours", id="no resolution"),
    ],
)
def test_what_teaches_nothing_is_refused(cases: list[Case], terms: dict[str, float], said: str) -> None:
    with pytest.raises(CalibrationError, match=said):
        calibrate(cases, WINDOW, Terms(**terms))  # type: ignore[arg-type]
