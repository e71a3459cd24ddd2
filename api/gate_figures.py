"""How full the server is, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.gate import Gate, OverloadedError, TooManyRequestsError
from api.rates import RateLimitedError
from api.strangers import TooManyRefusedError

CODES: Final = (OverloadedError.code, TooManyRequestsError.code, TooManyRefusedError.code, RateLimitedError.code)


class GateCollector(Collector):
    """Reads the figures of a gate at each scrape, and those of what stays: `listeners` and `websockets` count them."""

    def __init__(self, gate: Gate, listeners: Callable[[], int], websockets: Callable[[], int]) -> None:
        self._gate = gate
        self._listeners = listeners
        self._websockets = websockets

    def collect(self) -> Iterator[Metric]:
        """Requests under way, waiting, and refused so far by code; subscriptions and websockets."""
        gate = self._gate
        yield GaugeMetricFamily("jumeau_requests_running", "Requests that are worked on.", float(gate.running))
        yield GaugeMetricFamily("jumeau_requests_waiting", "Requests that wait for their turn.", float(gate.waiting))
        yield GaugeMetricFamily("jumeau_subscriptions_open", "Subscriptions to changes.", float(self._listeners()))
        yield GaugeMetricFamily("jumeau_websockets_open", "Websockets whose asker is known.", float(self._websockets()))
        shed = CounterMetricFamily(
            "jumeau_requests_shed", "Requests that the server could not take, by code.", labels=("code",)
        )
        for code in CODES:
            shed.add_metric((code,), float(gate.shed[code]))
        yield shed
