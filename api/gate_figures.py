"""How full the server is, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.gate import Gate, OverloadedError, TooManyRequestsError

CODES: Final = (OverloadedError.code, TooManyRequestsError.code)


class GateCollector(Collector):
    """Reads the figures of a gate at each scrape."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def collect(self) -> Iterator[Metric]:
        """Requests under way, waiting, and refused so far by code."""
        gate = self._gate
        yield GaugeMetricFamily("jumeau_requests_running", "Requests that are worked on.", float(gate.running))
        yield GaugeMetricFamily("jumeau_requests_waiting", "Requests that wait for their turn.", float(gate.waiting))
        shed = CounterMetricFamily(
            "jumeau_requests_shed", "Requests that the server could not take, by code.", labels=("code",)
        )
        for code in CODES:
            shed.add_metric((code,), float(gate.shed[code]))
        yield shed
