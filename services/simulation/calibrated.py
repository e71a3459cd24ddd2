"""Laws that a scenario takes from calibrations that are kept: put in their place before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.clock import clock_for
from core.settings import Settings
from graph.schema.fields import did_you_mean
from services.simulation.calibrations import Calibrations, Kept
from services.twin import open_ledger
from simulate.builder.scenario import Scenario
from simulate.calibration.report import distribution_of
from simulate.errors import ScenarioError
from simulate.load.queue import squared_variation

WEEK = 168.0


def calibrated(settings: Settings, scenario: Scenario) -> Scenario:
    """The scenario with every law that names a calibration replaced by what was learned. Raises ScenarioError, NotFoundError."""
    given = scenario.model_dump(exclude_unset=True)
    found = looked_up(settings, given)
    return scenario if found is given else Scenario.model_validate(found)


def looked_up(settings: Settings, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for the words of a scenario; what is given where it names none. Raises what `calibrated` raises."""
    wanted = set(_named(content))
    if not wanted:
        return content
    _, ledger = open_ledger(settings)
    try:
        kept = Calibrations(ledger, clock_for(settings.now))
        versions = {name: kept.get(name) for name in wanted}
    finally:
        ledger.close()
    replaced: Mapping[str, Any] = _replaced(content, versions)
    return replaced


def _named(given: Any) -> list[str]:
    """Every calibration that is named somewhere in a scenario."""
    if isinstance(given, Mapping):
        own = [str(given["calibration"])] if given.get("calibration") else []
        return own + [name for value in given.values() for name in _named(value)]
    if isinstance(given, list | tuple):
        return [name for value in given for name in _named(value)]
    return []


def _replaced(given: Any, versions: dict[str, Kept]) -> Any:
    if isinstance(given, Mapping):
        if given.get("calibration"):
            return _law(given, versions[str(given["calibration"])])
        return {name: _replaced(value, versions) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return [_replaced(value, versions) for value in given]
    return given


def _law(given: Mapping[str, Any], kept: Kept) -> dict[str, Any]:
    """The words of a law that are what was learned of a group."""
    group, groups = given.get("group"), kept.document["groups"]
    if group is not None and group not in groups:
        raise ScenarioError(
            f"the calibration {kept.name}@{kept.version} has no group {group}",
            where=f"calibration {kept.name}",
            hint=did_you_mean(str(group), list(groups)) or "without `group`, everything together",
        )
    learned = kept.document["pooled"] if group is None else groups[group]
    if given.get("learned", "durations") == "between":
        per_week = float(learned["arrivals"]["per_week"])
        if per_week <= 0.0:
            raise ScenarioError(
                f"no case of {group or 'any group'} was seen to begin", where=f"calibration {kept.name}"
            )
        return {"family": "exponential", "mean": WEEK / per_week}
    law = distribution_of(learned["durations"])
    words: dict[str, Any] = {"family": law.name}
    if law.name == "empirical":
        return {**words, "values": list(law.values)}
    words["mean"] = law.mean
    if law.name == "weibull":
        words["shape"] = law.second
    elif law.name in ("lognormal", "gamma"):
        words["deviation"] = law.mean * squared_variation(law) ** 0.5
    return words
