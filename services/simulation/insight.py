"""What a run teaches of the twin: availability, causes of downtime, single points of failure, recovery, load. The twin is only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

from core.clock import clock_for
from core.settings import Settings
from graph.model import Node
from services.moments import PRESENT, Asked
from services.simulation import load
from services.simulation.calibrated import calibrated
from services.simulation.documents import MOST_KEPT
from services.simulation.order import AS_IT_SAYS, Order, moment_of
from services.simulation.run import Played, SimulationReport, report_of
from services.simulation.snapshot import Snapshot, snapshot
from simulate.builder.scenario import Scenario
from simulate.engines.arrays import compile_model
from simulate.engines.history import history
from simulate.engines.summary import LoadUse
from simulate.insight.contributions import Contribution, Contributions, single_points
from simulate.insight.recovery import Losses, Plan, RecoveryRow, recovery_rows
from simulate.load.report import QUEUE, LoadRow
from simulate.model.check import check_reading

ABOUT: Final = frozenset({"RecoveryPlan", "RecoveryTest", "COVERS", "TESTS", *load.ABOUT})
"""What a snapshot needs besides the estate."""

DETAILED: Final = 50
"""Replications that are read event by event, where nobody says otherwise."""

PARTS: Final = ("contributions", "single_points", "recovery", "load")


@dataclass(frozen=True, slots=True)
class Insight:
    """`contributions`, `single_points` and losses of data are of the first `detailed` replications, the rest of all."""

    report: SimulationReport
    detailed: int
    contributions: tuple[Contribution, ...]
    single_points: tuple[Contribution, ...]
    recovery: tuple[RecoveryRow, ...]
    load: tuple[LoadRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {**asdict(self), "report": self.report.to_dict()}

    def kept(self) -> dict[str, Any]:
        """What is kept of it beside its run: the first rows of each part, and how many there are of each."""
        whole = asdict(self)
        parts = {name: whole[name] for name in PARTS}
        return {
            "detailed": self.detailed,
            "replications": self.report.replications,
            "notes": list(self.report.notes),
            **{name: rows[:MOST_KEPT] for name, rows in parts.items()},
            "counts": {name: len(rows) for name, rows in parts.items()},
            "simulated": True,
        }


def insight(
    settings: Settings,
    scenario: Scenario,
    asked: Asked = PRESENT,
    order: Order = AS_IT_SAYS,
    *,
    detailed: int = DETAILED,
) -> Insight:
    """Play a scenario and read what it teaches. Raises what `simulate` raises."""
    return play_and_learn(settings, scenario, asked, order, detailed=detailed)[1]


def play_and_learn(
    settings: Settings,
    scenario: Scenario,
    asked: Asked = PRESENT,
    order: Order = AS_IT_SAYS,
    *,
    detailed: int = DETAILED,
) -> tuple[Played, Insight]:
    """The same, with what was played."""
    scenario = calibrated(settings, scenario)
    estate = snapshot(settings, moment_of(scenario, asked), ABOUT)
    model = order.model(estate, scenario)
    check_reading(model, min(detailed, order.wanted(scenario)))
    result = order.run(model, scenario)
    contributions, losses = Contributions(model), Losses(model)
    arrays = compile_model(model)
    looked_at = result.replication[:detailed].tolist()
    for number, replication in enumerate(looked_at):
        if order.is_over() and number >= 2:
            break
        played = history(model, arrays, result.seed, replication)
        contributions.add(played)
        losses.add(played, result.seed, replication)
        order.progress("read event by event", number + 1, len(looked_at))
    ranking = contributions.ranking()
    report = report_of(scenario, result, order.wanted(scenario), estate.sequence)
    found = Insight(
        report,
        contributions.replications,
        tuple(ranking),
        tuple(single_points(ranking)),
        tuple(recovery_rows(result, losses, plans_of(estate, clock_for(settings.now).now().date()))),
        tuple(_simulated(load.load_rows(settings, estate, model, scenario), result.load_use())),
    )
    return Played(scenario, report, result), found


def _simulated(rows: Iterable[LoadRow], used: Sequence[LoadUse]) -> Iterator[LoadRow]:
    """The rows, queues with what the run says of them."""
    told = {one.id: one for one in used}
    for row in rows:
        one = told.get(row.id) if row.basis == QUEUE else None
        yield (
            row
            if one is None
            else replace(row, simulated=one.utilisation, simulated_low=one.low, simulated_high=one.high)
        )


def plans_of(estate: Snapshot, today: date) -> dict[str, Plan]:
    """Recovery plans by what they cover, each with its last test that was done; of several plans a validated one."""
    nodes = {node.id: node for node in estate.nodes}
    tests: dict[str, list[Node]] = {}
    for edge in estate.edges:
        if edge.type == "TESTS" and edge.start in nodes and nodes[edge.start].kind == "RecoveryTest":
            done = nodes[edge.start].properties.get("done_on")
            if isinstance(done, date) and done <= today:
                tests.setdefault(edge.end, []).append(nodes[edge.start])
    found: dict[str, Plan] = {}
    for edge in sorted(estate.edges, key=lambda one: one.id):
        if edge.type != "COVERS" or edge.start not in nodes:
            continue
        plan = _plan(nodes[edge.start], tests.get(edge.start, []))
        if edge.end not in found or (plan.validated and not found[edge.end].validated):
            found[edge.end] = plan
    return found


def _plan(node: Node, tests: list[Node]) -> Plan:
    properties = node.properties
    name, validated = str(properties.get("name", node.id)), bool(properties.get("validated"))
    if not tests:
        return Plan(name, validated)
    last = max(tests, key=lambda test: (str(test.properties.get("done_on")), test.id)).properties
    result = last.get("result")
    return Plan(
        name,
        validated,
        date.fromisoformat(str(last["done_on"])[:10]),
        None if result is None else str(result),
        _hours(last.get("failover_minutes")),
        _hours(last.get("data_loss_minutes")),
    )


def _hours(minutes: object) -> float | None:
    return minutes / 60.0 if isinstance(minutes, int | float) else None
