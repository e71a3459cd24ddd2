"""Series of Prometheus become samples with their latest value and a reference to the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.errors import IngestError
from core.settings import QuerySettings
from ingest.connectors.fetch import Fetched, fetch
from ingest.connectors.prometheus import Prometheus
from ingest.connectors.spool import Spool
from ingest.connectors.transport import Transport
from tests.conftest import NOW
from tests.ingest.connectors.doubles.prometheus import PrometheusDouble
from tests.ingest.connectors.doubles.server import TO_DOUBLES
from tests.ingest.twin import TestTwin

CPU = "100 * (1 - rate(idle[5m]))"


@pytest.fixture
def double() -> Iterator[PrometheusDouble]:
    double = PrometheusDouble()
    double.series[CPU] = [({"instance": "srv-1:9100", "job": "node"}, "42.5"), ({"instance": "srv-2:9100"}, "NaN")]
    with double.serving():
        yield double


def fetched(double: PrometheusDouble, folder: Path, **queries: QuerySettings) -> Fetched:
    with Transport(double.url, guard=TO_DOUBLES, clock=FrozenClock(NOW), sleep=lambda _seconds: None) as transport:
        return fetch(Prometheus(queries), transport, Spool(folder), FrozenClock(NOW))


def asked(query: str = CPU, over_s: int | None = None, step_s: int | None = None) -> QuerySettings:
    return QuerySettings(query=query, unit="percent", host_label="instance", over_s=over_s, step_s=step_s)


def test_the_latest_value_is_told_with_its_host_its_moment_and_where_its_series_is(
    double: PrometheusDouble, twin: TestTwin, tmp_path: Path
) -> None:
    report = twin.load_path("prometheus", fetched(double, tmp_path / "spool", cpu=asked()).folder)
    assert twin.nodes() == {
        ("CapacitySample", "cpu srv-1"): {
            "name": "cpu srv-1",
            "metric": "cpu",
            "hostname": "srv-1",
            "labels": ("instance=srv-1:9100", "job=node"),
            "value": 42.5,
            "unit": "percent",
            "observed_at": datetime(2025, 1, 1, 6, tzinfo=UTC),
            "url": f"{double.url}/graph?g0.expr=100%20%2A%20%281%20-%20rate%28idle%5B5m%5D%29%29",
        }
    }
    assert report.unmapped == {"series without a number": 1}


def test_a_range_is_asked_up_to_the_servers_present_and_its_last_value_is_told(
    double: PrometheusDouble, twin: TestTwin, tmp_path: Path
) -> None:
    found = fetched(double, tmp_path / "spool", cpu=asked(over_s=3_600, step_s=60))
    assert {name: double.requests[-1].query[name] for name in ("start", "end", "step")} == {
        "start": "1735707600",
        "end": "1735711200",
        "step": "60",
    }
    twin.load_path("prometheus", found.folder)
    assert twin.nodes()["CapacitySample", "cpu srv-1"]["value"] == 42.5


def test_a_later_value_updates_the_sample_of_the_same_series(
    double: PrometheusDouble, twin: TestTwin, tmp_path: Path
) -> None:
    twin.load_path("prometheus", fetched(double, tmp_path / "spool", cpu=asked()).folder)
    double.series[CPU][0] = (double.series[CPU][0][0], "99")
    report = twin.load_path("prometheus", fetched(double, tmp_path / "spool", cpu=asked()).folder)
    assert (report.counters["created"], report.counters["updated"]) == (0, 1)


def test_a_query_that_the_server_refuses_is_named(double: PrometheusDouble, tmp_path: Path) -> None:
    with pytest.raises(IngestError) as refused:
        fetched(double, tmp_path / "spool", broken=asked("sum("))
    assert refused.value.code == "SOURCE_REFUSED"
    assert "'broken'" in refused.value.seen
    assert "parse error" in refused.value.seen


def test_a_number_is_no_series(double: PrometheusDouble, tmp_path: Path) -> None:
    with pytest.raises(IngestError) as refused:
        fetched(double, tmp_path / "spool", clock=asked("time()"))
    assert refused.value.code == "BROKEN_ANSWER"
