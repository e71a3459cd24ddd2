"""The functions of open mode that make, truncate and span moments, by canonical name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from graph.backends.networkx.moments import build, spans, truncation
from graph.backends.networkx.moments.values import of_instant
from graph.backends.networkx.moments.zones import NANOS

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "date": build.to_date,
        "date.truncate": truncation.date,
        "datetime": build.to_datetime,
        "datetime.fromEpoch": lambda seconds, nanos: of_instant(seconds * NANOS + nanos, 0),
        "datetime.fromEpochMillis": lambda millis: of_instant(millis * 1_000_000, 0),
        "datetime.truncate": truncation.datetime,
        "duration.between": spans.between,
        "duration.inDays": spans.in_days,
        "duration.inMonths": spans.in_months,
        "duration.inSeconds": spans.in_seconds,
        "localdatetime": build.to_local_datetime,
        "localdatetime.truncate": truncation.local_datetime,
        "localtime": build.to_local_time,
        "localtime.truncate": truncation.local_time,
        "time": build.to_time,
        "time.truncate": truncation.time,
    }
)
