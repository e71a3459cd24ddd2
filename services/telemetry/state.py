"""The state of the twin as metrics, read from its ledger and its backend when somebody scrapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from core.clock import in_utc
from core.errors import JumeauError
from graph.history import tables
from ingest.held import HeldRows, held_row
from services.freshness import SourceFreshness
from services.runs import RUNNING
from services.twin import Twin


class TwinCollector(Collector):
    """Reads the figures of one twin. A ledger or a backend that is away is a figure too: the scrape answers."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin
        self._freshness = SourceFreshness(twin.ledger)

    def describe(self) -> list[Metric]:
        """Nothing is read when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family, those without a figure among them."""
        sequence = _figure(self._twin.ledger.sequence)
        applied = _figure(self._twin.repository.watermark)
        yield _gauge("jumeau_ledger_up", "Whether the ledger answers.", float(sequence is not None))
        yield _gauge("jumeau_backend_up", "Whether the graph backend answers.", float(applied is not None))
        yield _gauge("jumeau_ledger_sequence", "The last event of the ledger.", sequence)
        yield _gauge("jumeau_backend_sequence", "The last event that the graph backend has.", applied)
        behind = None if sequence is None or applied is None else max(sequence - applied, 0)
        yield _gauge("jumeau_backend_lag_events", "Events that the graph backend has not yet.", behind)
        lag = None if applied is None else _figure(lambda: self._lag_s(applied))
        yield _gauge("jumeau_backend_lag_seconds", "Age of the oldest event that the backend has not yet.", lag)
        yield from self._of_sources(sequence)

    def _lag_s(self, applied: int) -> float:
        ledger = self._twin.ledger
        if applied >= ledger.sequence():
            return 0.0
        batch = ledger.batch_of(applied + 1)
        return 0.0 if batch is None else max((self._twin.clock.now() - in_utc(batch.recorded_at)).total_seconds(), 0.0)

    def _of_sources(self, sequence: int | None) -> Iterator[Metric]:
        fresh = GaugeMetricFamily(
            "jumeau_source_data_timestamp_seconds", "The moment that the data of a source is of.", labels=("source",)
        )
        loads = GaugeMetricFamily(
            "jumeau_loads_incomplete",
            "Loads that began and did not end: under way, or to be resumed.",
            labels=("source",),
        )
        rows = CounterMetricFamily(
            "jumeau_load_rows", "Rows of finished loads, by what became of them.", labels=("source", "result")
        )
        held = GaugeMetricFamily("jumeau_quarantine_rows", "Rows in quarantine.", labels=("source", "code"))
        try:
            if sequence is not None:
                for source, instant in self._freshness.at(sequence).items():
                    fresh.add_metric((source,), instant.timestamp())
                self._read(loads, rows, held)
        except JumeauError:
            pass  # `jumeau_ledger_up` of the next scrape tells it
        yield from (fresh, loads, rows, held)

    def _read(self, loads: GaugeMetricFamily, rows: CounterMetricFamily, held: GaugeMetricFamily) -> None:
        HeldRows(self._twin.ledger)  # sees to it that there is a quarantine
        run = tables.run.c
        with self._twin.ledger.reading() as connection:
            runs = list(connection.execute(select(run.source, run.status, run.counters)))
            found = select(held_row.c.source, held_row.c.code, func.count()).group_by(
                held_row.c.source, held_row.c.code
            )
            for source, code, count in connection.execute(found):
                held.add_metric((source, code), count)
        for source in sorted({source for source, _, _ in runs}):
            own = [(status, counters) for of, status, counters in runs if of == source]
            loads.add_metric((source,), sum(status == RUNNING for status, _ in own))
            totals: dict[str, int] = {}
            for _, counters in own:
                for result, count in orjson.loads(counters or "{}").items():
                    if isinstance(count, int):
                        totals[result] = totals.get(result, 0) + count
            for result, total in sorted(totals.items()):
                rows.add_metric((source, result), total)


def _gauge(name: str, text: str, value: float | None) -> Metric:
    """A figure, or a family without one where it cannot be told."""
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric((), value)
    return family


def _figure(read: Callable[[], Any]) -> Any:
    """What is read, None where the ledger or the backend is away."""
    try:
        return read()
    except JumeauError:
        return None
