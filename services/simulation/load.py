"""What the twin and a scenario tell of load: how busy components are, and the date at which growth fills them.

Queues are those of the scenario. From the twin: load tests of applications (expected against measured), storage volumes (used
of size) and capacity samples that are shares. Growth is fitted to what the ledger and the tests have seen over time; where
nothing was seen twice, it is that of the scenario, if it supposes one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from core.clock import clock_for
from core.settings import Settings
from graph.history.reader import LedgerReader
from graph.model import Node
from services.simulation.snapshot import Snapshot
from services.twin import open_ledger
from simulate.builder.scenario import Scenario
from simulate.load.growth import Growth, fitted, supposed
from simulate.load.report import LoadRow, measured_row, queue_row
from simulate.model.items import Model

ABOUT: Final = frozenset({"LoadTest", "TESTS", "CapacitySample"})
"""What a snapshot needs besides the estate."""

SHARES: Final = {"ratio": 1.0, "share": 1.0, "percent": 100.0, "%": 100.0}
"""Units of samples that are a share of what there is, with what is all of it."""

MONTHS: Final = 12
_MONTH: Final = timedelta(days=30)

Points = Mapping[str, Sequence[tuple[float, float]]]
"""By identity: years (negative, before today) and values."""


def load_rows(settings: Settings, estate: Snapshot, model: Model, scenario: Scenario) -> list[LoadRow]:
    """Every component of the model whose load is known, the fullest first."""
    now = clock_for(settings.now).now()
    today, section = now.date(), scenario.load
    nodes = {node.id: node for node in estate.nodes if node.id in model.position}
    rows = [queue_row(item, today) for item in model.loads]
    queues = {row.id for row in rows}
    for id_, tests in _load_tests(estate).items():
        done = [(day, test) for day, test in tests if _positive(test, "objective", "measured") and day <= today]
        if id_ not in nodes or id_ in queues or not done:
            continue
        last = max(done, key=lambda one: one[0])[1]
        seen = [
            ((day - today).days / 365.25, _number(test, "objective"))
            for day, test in tests
            if _positive(test, "objective")
        ]
        growth = _growth(fitted(seen), section.growth)
        about = (id_, _name(nodes[id_]), nodes[id_].kind, "load test")
        rows.append(
            measured_row(
                about,
                _number(last, "objective"),
                _number(last, "measured"),
                section.limit,
                growth,
                today,
                arrivals=True,
            )
        )
    rows += _measured(settings, estate, nodes, scenario, now)
    return sorted(rows, key=lambda row: (-row.utilisation, row.name, row.id))


def _measured(
    settings: Settings, estate: Snapshot, nodes: Mapping[str, Node], scenario: Scenario, now: datetime
) -> list[LoadRow]:
    """Storage volumes and samples."""
    volumes = [
        node for node in nodes.values() if node.kind == "StorageVolume" and _positive(node, "size_gb", "used_gb")
    ]
    hosts = {str(node.properties["hostname"]): node for node in nodes.values() if node.properties.get("hostname")}
    samples = [
        node
        for node in estate.nodes
        if node.kind == "CapacitySample"
        and node.properties.get("unit") in SHARES
        and _positive(node, "value")
        and node.properties.get("hostname") in hosts
    ]
    past = _past(settings, {**{one.id: "used_gb" for one in volumes}, **{one.id: "value" for one in samples}}, now)
    section, today = scenario.load, now.date()
    rows = []
    for volume in volumes:
        growth = _growth(fitted(past.get(volume.id, ())), section.growth)
        used, size = _number(volume, "used_gb"), _number(volume, "size_gb")
        rows.append(
            measured_row((volume.id, _name(volume), volume.kind, "storage"), used, size, section.limit, growth, today)
        )
    for sample in samples:
        host = hosts[str(sample.properties["hostname"])]
        growth = _growth(fitted(past.get(sample.id, ())), section.growth)
        value, whole = _number(sample, "value"), SHARES[str(sample.properties["unit"])]
        basis = f"sample {sample.properties.get('metric', '')}".strip()
        rows.append(measured_row((host.id, _name(host), host.kind, basis), value, whole, section.limit, growth, today))
    return rows


def _past(settings: Settings, attributes: Mapping[str, str], now: datetime) -> Points:
    """What the ledger knew of attributes (by identity) at the end of each of the last months, each value once."""
    if not attributes:
        return {}
    _, ledger = open_ledger(settings)
    try:
        return _points(ledger, attributes, now)
    finally:
        ledger.close()


def _points(ledger: LedgerReader, attributes: Mapping[str, str], now: datetime) -> Points:
    found: dict[str, dict[float, float]] = defaultdict(dict)
    seen: set[int] = set()
    for month in range(MONTHS + 1):
        at = now - month * _MONTH
        sequence = ledger.sequence() if month == 0 else ledger.sequence_at(at)
        batch = ledger.batch_of(sequence)
        if batch is None or sequence in seen:
            continue
        seen.add(sequence)
        for id_, state in ledger.states_at(list(attributes), sequence).items():
            value = state.properties.get(attributes[id_])
            observed = state.properties.get("observed_at")
            moment = observed if isinstance(observed, datetime) else at
            if isinstance(value, int | float) and value > 0:
                found[id_][(moment - now) / timedelta(days=365.25)] = float(value)
    return {id_: sorted(points.items()) for id_, points in found.items()}


def _load_tests(estate: Snapshot) -> dict[str, list[tuple[date, Node]]]:
    """By application: the days of its load tests, done or planned, and the tests."""
    tests = {node.id: node for node in estate.nodes if node.kind == "LoadTest"}
    found: dict[str, list[tuple[date, Node]]] = defaultdict(list)
    for edge in estate.edges:
        if edge.type == "TESTS" and edge.start in tests:
            day = tests[edge.start].properties.get("done_on") or tests[edge.start].properties.get("planned_on")
            if isinstance(day, date):
                found[edge.end].append((day, tests[edge.start]))
    return found


def _growth(seen: Growth | None, per_year: float | None) -> Growth | None:
    if seen is not None or per_year is None:
        return seen
    return supposed(per_year)


def _positive(node: Node, *names: str) -> bool:
    return all(_number(node, name) > 0.0 for name in names)


def _number(node: Node, name: str) -> float:
    """0 where there is none."""
    value = node.properties.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _name(node: Node) -> str:
    return str(node.properties.get("name", node.id))
