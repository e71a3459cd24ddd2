"""A whole log calibrated: for each group and for all together, arrivals and durations, and how well they would have foretold the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from simulate.calibration.arrivals import Arrivals, Week, fit_arrivals, shape_of_week
from simulate.calibration.back_test import BackTest, back_test, errors
from simulate.calibration.fit import FEWEST, Fit, fit
from simulate.calibration.sample import Case, durations
from simulate.errors import CalibrationError

KNOWN_SHARE: Final = 0.7
"""The part of the log that the back-test fits; it foretells the rest."""
MINUTE: Final = 1.0 / 60.0
POOLED: Final = ""
"""The name of everything together: of groups it is the one that none is called."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a log is calibrated. `resolution_hours` is what the log's times are told to; `known_share` is the back-test's."""

    seed: int = 1
    resolution_hours: float = MINUTE
    known_share: float = KNOWN_SHARE
    is_tested: bool = True
    """Whether the fits are tested: what the back-test fits need not be, it is tested by what came."""

    def __post_init__(self) -> None:
        if not 0.2 <= self.known_share <= 0.95:
            raise CalibrationError(
                f"a share of {self.known_share} is known to the back-test", hint="between 0.2 and 0.95"
            )
        if not self.resolution_hours > 0.0:
            raise CalibrationError(
                f"times are told to {self.resolution_hours} hours", hint="a positive number of hours"
            )


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one group. `is_pooled`: too few of its own ended, so that it has the durations of all together."""

    arrivals: Arrivals
    lasts: Fit
    is_pooled: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a log taught. Cases began from `begin` to `end`; their ends are known until `known_until`; `cut` is the back-test's moment.

    `unknown_ends`: cases that are known to have ended, but not when; they count as arrivals, not as durations.
    """

    begin: datetime
    end: datetime
    known_until: datetime
    cut: datetime
    cases: int
    unknown_ends: int
    pooled: Learned
    groups: Mapping[str, Learned]
    back_tests: Mapping[str, BackTest]
    back_test_errors: Mapping[str, float]


def calibrate(
    cases: Sequence[Case],
    window: tuple[datetime, datetime],
    terms: Terms = Terms(),
    known_until: datetime | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Calibration:
    """Learn from the cases that begin in the window; ends after `known_until` (the window's end) are not looked at.

    Raises CalibrationError.
    """
    begin, end = window
    known_until = known_until or end
    inside = [case for case in cases if begin <= case.begin < end]
    if not inside:
        raise CalibrationError(f"no case begins between {begin.isoformat()} and {end.isoformat()}")
    cut = _cut(begin, end, terms.known_share)
    by_group: dict[str, list[Case]] = {}
    for case in sorted(inside, key=lambda one: one.begin):
        by_group.setdefault(case.group, []).append(case)
    groups = {POOLED: [case for some in by_group.values() for case in some], **dict(sorted(by_group.items()))}
    week = shape_of_week([case.begin for case in inside], begin, end)
    past = shape_of_week([case.begin for case in inside], begin, cut)
    untested = replace(terms, is_tested=False)
    learned: dict[str, Learned] = {}
    tests: dict[str, BackTest] = {}
    known_before: Learned | None = None
    for at, (name, some) in enumerate(groups.items()):
        learned[name] = _learned(some, week, (begin, end), known_until, terms, learned.get(POOLED))
        known = [case for case in some if case.end is not None or not case.ended]
        before = _learned(known, past, (begin, cut), cut, untested, known_before)
        known_before = known_before or before
        after = durations([case for case in known if case.begin >= cut], known_until, terms.resolution_hours)
        key = (terms.seed, at)
        tests[name] = back_test(before.arrivals, before.lasts.chosen, known, (cut, end), after, key)
        progress(at + 1, len(groups))
    unknown = sum(case.end is None and case.ended for case in inside)
    pooled = learned.pop(POOLED)
    own = {name: test for name, test in tests.items() if name != POOLED}
    return Calibration(begin, end, known_until, cut, len(inside), unknown, pooled, learned, tests, errors(own))


def _learned(
    cases: Sequence[Case],
    week: Week,
    window: tuple[datetime, datetime],
    known_until: datetime,
    terms: Terms,
    pooled: Learned | None,
) -> Learned:
    begun = [case for case in cases if window[0] <= case.begin < window[1]]
    sample = durations(begun, known_until, terms.resolution_hours)
    arrivals = fit_arrivals([case.begin for case in cases], week, *window)
    if pooled is not None and len(sample.ended) < FEWEST:
        return Learned(arrivals, pooled.lasts, is_pooled=True)
    return Learned(arrivals, fit(sample, terms.seed if terms.is_tested else None), is_pooled=False)


def _cut(begin: datetime, end: datetime, share: float) -> datetime:
    """The first midnight after a share of the window; days are what counts vary by."""
    at = begin + (end - begin) * share
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight > begin else midnight + timedelta(days=1)
