"""A scenario may take its laws from a calibration that is kept: that version, that group, or everything together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.clock import clock_for
from core.errors import NotFoundError
from core.settings import Settings, load_settings
from services.simulation.calibrated import calibrated
from services.simulation.calibrations import Calibrations
from services.twin import open_ledger
from simulate.builder.scenario import parse_scenario
from simulate.calibration.report import described
from simulate.distributions import Distribution, empirical, exponential, gamma, lognormal_of, weibull
from simulate.errors import ScenarioError

LAWS: dict[str, Distribution] = {
    "exponential": exponential(5.0),
    "weibull": weibull(10.0, 1.5),
    "lognormal": lognormal_of(8.0, 6.0),
    "gamma": gamma(2.0, 3.0),
    "empirical": empirical([1.0, 2.0, 4.0]),
}


def learned(law: Distribution, per_week: float = 2.0) -> dict[str, Any]:
    return {"arrivals": {"per_week": per_week, "overdispersion": 1.0, "seen": 10}, "durations": described(law)}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home: Path = tmp_path_factory.mktemp("home")
    found = load_settings(home=home, now="2025-01-01")
    _, ledger = open_ledger(found)
    kept = Calibrations(ledger, clock_for("2025-01-01"))
    groups = {name: learned(law) for name, law in LAWS.items()}
    test = {"cut": "2024-01-01"}
    kept.keep(
        "tickets", "log", {"cases": 9, "pooled": learned(exponential(1.0)), "groups": {}, "back_test": test}, by="me"
    )
    kept.keep(
        "tickets",
        "log",
        {"cases": 9, "pooled": learned(exponential(3.0)), "groups": groups, "back_test": test},
        by="me",
    )
    ledger.close()
    return found


def scenario(law: str) -> str:
    return f"name: x\nkinds:\n  Server: {{failure: {{mean: 1 year}}, repair: {law}}}\nchanges: [{{remove: one}}]\n"


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_what_was_learned_of_a_group(settings: Settings, name: str) -> None:
    given = parse_scenario(scenario(f"{{calibration: tickets, group: {name}}}"))
    found = calibrated(settings, given).kinds["Server"].repair
    assert found is not None
    law, expected = found.distribution(), LAWS[name]
    assert (law.family, law.values) == (expected.family, expected.values)
    assert (law.first, law.second) == (pytest.approx(expected.first), pytest.approx(expected.second))  # type: ignore[comparison-overlap]


def test_without_a_group_everything_together_and_of_an_older_version(settings: Settings) -> None:
    for reference, mean in (("tickets", 3.0), ("tickets@1", 1.0)):
        found = calibrated(settings, parse_scenario(scenario(f"{{calibration: {reference}}}"))).kinds["Server"].repair
        assert found is not None
        assert found.distribution() == exponential(mean)


def test_the_time_between_beginnings_comes_from_their_rate_and_the_rest_stays(settings: Settings) -> None:
    given = parse_scenario(scenario("{calibration: tickets, learned: between}"))
    found = calibrated(settings, given)
    assert found.kinds["Server"].repair is not None
    assert found.kinds["Server"].repair.distribution() == exponential(84.0)
    assert (found.changes, found.kinds["Server"].failure) == (given.changes, given.kinds["Server"].failure)


def test_a_scenario_without_any_is_left_as_it_is(settings: Settings) -> None:
    given = parse_scenario(scenario("{mean: 2 h}"))
    assert calibrated(settings, given) is given


def test_what_was_not_kept_or_not_looked_up_is_refused(settings: Settings) -> None:
    with pytest.raises(NotFoundError, match="no calibration 'nothing'"):
        calibrated(settings, parse_scenario(scenario("{calibration: nothing}")))
    with pytest.raises(ScenarioError, match="no group weibul"):
        calibrated(settings, parse_scenario(scenario("{calibration: tickets, group: weibul}")))
    unread = parse_scenario(scenario("{calibration: tickets}")).kinds["Server"].repair
    assert unread is not None
    with pytest.raises(ScenarioError, match="was not looked up"):
        unread.distribution()
    with pytest.raises(ScenarioError, match="a calibration, or a family"):
        parse_scenario(scenario("{calibration: tickets, mean: 3 h}"))
