"""What queries of Prometheus gave: of each series its latest value, and where its samples are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from graph.schema.model import Schema
from ingest.assertion import Place, Rejection
from ingest.mapping.read import load_mapping
from ingest.sources.contract import Extract, Record
from ingest.sources.fetched import FetchedTables
from ingest.sources.mapped import MappedExtract


def open_fetched(tables: FetchedTables, schema: Schema) -> Extract:
    mapping = load_mapping("prometheus", schema)
    return MappedExtract(tables.contents, mapping, partial(_records, tables), complete=tables.manifest.complete)


def _records(tables: FetchedTables) -> Iterator[Record | Rejection]:
    for metric in tables.manifest.records:
        for place, series in tables.records(metric):
            yield _sample(metric, place, series)


def _sample(metric: str, place: Place, series: dict[str, Any]) -> Record | Rejection:
    labels, latest = series.get("metric"), _latest(series)
    if not isinstance(labels, dict) or latest is None:
        hint = "a series has `metric`, and `value` or `values`: pairs of a time and a number"
        return Rejection(place, "BROKEN_ROW", "the series has no value that can be read", hint, series)
    moment, value = latest
    if not math.isfinite(value):
        return Record("series without a number", place, {})
    told = [f"{name}={labels[name]}" for name in sorted(labels)]
    host = str(labels.get(series.get("host_label") or "instance") or "")
    fields = {
        "key": f"{metric}{{{','.join(told)}}}",
        "metric": metric,
        "labels": told,
        "hostname": _without_port(host),
        "value": value,
        "observed_at": moment,
        "unit": series.get("unit"),
        "url": series.get("url"),
    }
    return Record("series", place, fields)


def _latest(series: dict[str, Any]) -> tuple[datetime, float] | None:
    pair = series.get("value")
    if pair is None and isinstance(series.get("values"), list) and series["values"]:
        pair = series["values"][-1]
    try:
        moment, text = pair  # type: ignore[misc]
        return datetime.fromtimestamp(float(moment), UTC), float(text)
    except (TypeError, ValueError, OverflowError):
        return None


def _without_port(host: str) -> str:
    """host:9100 and [2001:db8::1]:9100 without their port."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal() and (":" not in name or name.endswith("]")):
        host = name
    return host.removeprefix("[").removesuffix("]")
