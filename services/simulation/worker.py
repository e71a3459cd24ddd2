"""The process that plays one simulation: `python -m services.simulation.worker`, started by `services.jobs.work`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from core.clock import clock_for
from core.errors import NotFoundError
from core.settings import Settings
from graph.history.ledger import Ledger
from services.jobs.process import Stopping, Telling, work
from services.moments import Asked
from services.simulation.bounds import Bounds
from services.simulation.documents import INSIGHT, SCENARIO
from services.simulation.job import SimulationOrder
from services.simulation.kept import KeptRuns
from services.twin import open_ledger
from simulate.extra import needs_the_extra

if TYPE_CHECKING:
    from services.simulation.insight import Insight
    from services.simulation.run import Played
    from simulate.builder.scenario import Scenario

FEWEST: Final = 2
"""Replications that say something: there is no interval with fewer."""


@dataclass(frozen=True, slots=True)
class Until:
    """When playing ends before all replications are done: `wish` is somebody's, `time_s` the most that it may take."""

    wish: Stopping
    time_s: float
    began: float

    def is_over(self) -> bool:
        return self.stopped() is not None

    def stopped(self) -> str | None:
        """What ended it, if something did by now."""
        if self.wish.is_wanted:
            return "cancelled"
        return "time" if monotonic() - self.began > self.time_s else None


def run(settings: Settings, task: Mapping[str, Any], telling: Telling, stopping: Stopping) -> dict[str, Any]:
    """Play what is ordered, write the whole of it to a file, keep it where that is wanted; what was played, in brief.

    Raises what `services.simulation.run.play` and `keep` raise.
    """
    order, path = SimulationOrder.from_dict(task["order"]), Path(task["path"])
    until = Until(stopping, settings.simulation_time_s, monotonic())
    telling("build", 0, 0)
    with needs_the_extra():
        if order.others:
            whole, brief = _compared(settings, order, telling, until)
        elif order.of is not None:
            whole, brief = _taught(settings, order, telling, until)
        else:
            whole, brief = _played(settings, order, telling, until)
    beside = path.with_suffix(".new")
    beside.write_bytes(orjson.dumps(whole, option=orjson.OPT_SERIALIZE_NUMPY))
    beside.replace(path)
    return brief


def _played(
    settings: Settings, order: SimulationOrder, telling: Telling, until: Until
) -> tuple[dict[str, Any], dict[str, Any]]:
    from services.simulation.keep import keep
    from simulate.builder.scenario import as_scenario

    scenario = as_scenario(order.scenario or {})
    played, found = _play(settings, scenario, Asked(order.as_of, order.branch), order, telling, until)
    kept = None
    if order.keep and played.report.replications >= FEWEST:
        telling("keep", 0, 0)
        with closing(open_ledger(settings)[1]) as ledger:
            kept = keep(
                _kept_runs(settings, ledger),
                played,
                incidents=order.incidents,
                branch=order.branch or scenario.branch,
                insight=None if found is None else found.kept(),
            )
    whole = {
        **played.report.to_dict(),
        "insight": None if found is None else found.kept(),
        "kept": None if kept is None else kept.to_dict(),
    }
    said = _brief(played, until, kept=whole["kept"])
    return whole, {
        "report": said,
        "run": None if kept is None else kept.run,
        "sequence": None if kept is None else kept.sequence,
    }


def _taught(
    settings: Settings, order: SimulationOrder, telling: Telling, until: Until
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Play a kept run again, and keep what it teaches beside it. The graph stays as it is."""
    from simulate.builder.scenario import as_scenario

    with closing(open_ledger(settings)[1]) as ledger:
        runs = _kept_runs(settings, ledger)
        state = runs.found(order.of or "")
        words = runs.documents.get(state.element, SCENARIO)
        if words is None:
            raise NotFoundError("the scenario of this run is not kept", where=state.element)
        branch = state.properties.get("branch")
        asked = Asked(None, str(branch)) if branch else Asked(f"#{state.properties['sequence']}")
        again = SimulationOrder(
            replications=int(str(state.properties["replications"])),
            seed=int(str(state.properties["seed"])),
            insight=True,
            detailed=order.detailed,
        )
        played, found = _play(settings, as_scenario(words), asked, again, telling, until)
        if found is not None and played.report.replications >= FEWEST:
            runs.documents.keep(state.element, INSIGHT, found.kept())
    whole = {"run": state.element, **({} if found is None else found.kept())}
    return whole, {"report": _brief(played, until, kept=None), "run": state.element, "sequence": None}


def _compared(
    settings: Settings, order: SimulationOrder, telling: Telling, until: Until
) -> tuple[dict[str, Any], dict[str, Any]]:
    from services.simulation.compare import compare
    from services.simulation.order import Order
    from simulate.builder.scenario import as_scenario

    base, *others = [as_scenario(words) for words in (order.scenario or {}, *order.others)]
    if order.branch is not None:
        others = [other if other.branch else other.model_copy(update={"branch": order.branch}) for other in others]
    share_s = until.time_s / (1 + len(others))

    def pressed() -> int:
        """A wish, the end of the share of one scenario and that of all of them each end the scenario that plays."""
        lasted_s = monotonic() - until.began
        return until.wish.is_wanted + (lasted_s > share_s) + (lasted_s > until.time_s)

    how = Order(
        order.replications,
        order.seed,
        settings.simulation_processes,
        lambda name, done, wanted: telling(f"replications of {name}", done, wanted),
        pressed,
        Bounds.of(settings),
    )
    found = compare(settings, base, others, Asked(order.as_of), how)
    first = found[0]
    done = min(comparison.replications for comparison in found)
    said = {
        "scenario": first.base,
        "replications": done,
        "wanted": first.wanted,
        "stopped": _why(until) if done < first.wanted else None,
        "hours": first.hours,
        "sequence": first.base_sequence,
        "notes": list(dict.fromkeys(note for comparison in found for note in comparison.notes)),
        "kept": None,
    }
    whole = {"comparisons": [comparison.to_dict() for comparison in found], "simulated": True}
    return whole, {"report": said, "run": None, "sequence": None}


def _play(
    settings: Settings, scenario: Scenario, asked: Asked, order: SimulationOrder, telling: Telling, until: Until
) -> tuple[Played, Insight | None]:
    """Play one scenario, with what it teaches where that is wanted."""
    from services.simulation.insight import play_and_learn
    from services.simulation.order import Order
    from services.simulation.run import play

    how = Order(
        order.replications,
        order.seed,
        settings.simulation_processes,
        telling,
        lambda: int(until.is_over()),
        Bounds.of(settings),
    )
    if order.insight:
        return play_and_learn(settings, scenario, asked, how, detailed=order.detailed)
    return play(settings, scenario, asked, how), None


def _kept_runs(settings: Settings, ledger: Ledger) -> KeptRuns:
    return KeptRuns(ledger, clock_for(settings.now), settings.actor, most=settings.simulation_runs_kept)


def _brief(played: Played, until: Until, *, kept: Mapping[str, Any] | None) -> dict[str, Any]:
    report = played.report
    return {
        "scenario": report.scenario,
        "replications": report.replications,
        "wanted": report.wanted,
        "stopped": _why(until) if report.replications < report.wanted else None,
        "hours": report.hours,
        "sequence": report.sequence,
        "notes": list(report.notes),
        "kept": None if kept is None else dict(kept),
    }


def _why(until: Until) -> str:
    return until.stopped() or "time"


if __name__ == "__main__":
    sys.exit(work(run))
