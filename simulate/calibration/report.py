"""A calibration as a document that can be kept, compared and read by programs; and distributions from one that was kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from simulate.calibration.arrivals import Arrivals
from simulate.calibration.back_test import BackTest
from simulate.calibration.calibrate import POOLED, Calibration, Learned
from simulate.distributions import NAMES, Distribution


def document(calibration: Calibration) -> dict[str, Any]:
    """Times in hours, instants as ISO 8601. Groups by name; `pooled` is everything together."""
    return {
        "begin": calibration.begin.isoformat(),
        "end": calibration.end.isoformat(),
        "known_until": calibration.known_until.isoformat(),
        "cases": calibration.cases,
        "unknown_ends": calibration.unknown_ends,
        "week": [round(factor, 6) for factor in calibration.pooled.arrivals.week.factors],
        "pooled": _learned(calibration.pooled, calibration.back_tests[POOLED]),
        "groups": {
            name: _learned(learned, calibration.back_tests[name]) for name, learned in calibration.groups.items()
        },
        "back_test": {
            "cut": calibration.cut.isoformat(),
            **{name: round(value, 4) for name, value in calibration.back_test_errors.items()},
        },
    }


def described(distribution: Distribution) -> dict[str, Any]:
    """A distribution as its family and parameters; `distribution_of` reads it back."""
    told: dict[str, Any] = {"family": distribution.name, "mean": distribution.mean}
    if distribution.values:
        return {**told, "values": list(distribution.values)}
    return {**told, "first": distribution.first, "second": distribution.second}


def distribution_of(told: Mapping[str, Any]) -> Distribution:
    """The distribution that was described."""
    values = tuple(float(value) for value in told.get("values", ()))
    first, second = (0.0, float(len(values))) if values else (float(told["first"]), float(told["second"]))
    return Distribution(NAMES.index(told["family"]), first, second, values)


def _learned(learned: Learned, test: BackTest) -> dict[str, Any]:
    lasts = learned.lasts
    return {
        "arrivals": _arrivals(learned.arrivals),
        "durations": {
            **described(lasts.chosen),
            "reason": lasts.reason,
            "is_pooled": learned.is_pooled,
            "seen": lasts.seen,
            "censored": lasts.censored,
            "p_value": lasts.p_value,
            "candidates": [
                {**described(one.distribution), "aic": one.aic, "distance": one.distance} for one in lasts.candidates
            ],
        },
        "back_test": {
            **{
                name: {**asdict(told), "error": told.error, "is_covered": told.is_covered}
                for name, told in (("begun", test.begun), ("ended", test.ended), ("open", test.open))
            },
            "median_predicted": test.median_predicted,
            "median_actual": test.median_actual,
            "distance": test.distance,
        },
    }


def _arrivals(arrivals: Arrivals) -> dict[str, Any]:
    return {
        "per_week": arrivals.per_hour * len(arrivals.week.factors),
        "overdispersion": arrivals.overdispersion,
        "seen": arrivals.seen,
    }
