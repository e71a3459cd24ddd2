"""Which pictures there are of availability, causes, load and differences."""

from __future__ import annotations

from collections.abc import Sequence

from simulate.engines.summary import Availability
from simulate.insight.contributions import Contribution
from simulate.load.report import LoadRow
from simulate.plots.picture import Picture, Row
from simulate.what_if.difference import Difference


def availability(rows: Sequence[Availability], title: str) -> Picture:
    """Watched items, the worst first; marked where an outage was longer than its objective."""
    worst = sorted((row for row in rows if row.mean == row.mean), key=lambda row: (row.mean, row.name))
    shown = tuple(Row(row.name, row.mean, *_bounds(row.low, row.high), row.breaches > 0.0) for row in worst)
    return Picture(
        "availability", title, "availability, with its 95 % interval (red: outages beyond the objective)", shown
    )


def contributions(rows: Sequence[Contribution], title: str) -> Picture:
    """A tornado: components by hours of downtime that they cause; marked where one brought something down alone."""
    shown = tuple(Row(row.name, row.hours, row.low, row.high, row.is_single_point) for row in rows)
    axis = "hours down caused per replication, with 95 % interval (red: brought something down alone)"
    return Picture("contributions", title, axis, shown, bars=True)


def utilisation(rows: Sequence[LoadRow], title: str) -> Picture:
    """Components by how busy they are; marked where the limit is reached."""
    shown = tuple(Row(f"{row.name} ({row.basis})", row.utilisation, marked=row.saturated) for row in rows)
    limit = rows[0].limit if rows else None
    return Picture(
        "utilisation", title, "utilisation with everything up (red: the limit is reached)", shown, True, limit
    )


def waits(rows: Sequence[LoadRow], title: str) -> Picture:
    """Queues by the mean wait; those that are overloaded have none."""
    queues = sorted((row for row in rows if row.wait is not None), key=lambda row: -(row.wait or 0.0))
    return Picture("waits", title, "mean wait, seconds", tuple(Row(row.name, row.wait or 0.0) for row in queues), True)


def differences(rows: Sequence[Difference], file: str, title: str) -> Picture:
    """Differences with their intervals, the largest first; marked where zero lies outside."""
    largest = sorted((row for row in rows if row.differing), key=lambda row: (-abs(row.difference), row.name))
    shown = tuple(Row(row.name, row.difference, row.low, row.high, row.is_told_apart) for row in largest)
    measure = rows[0].measure.replace("_", " ") if rows else ""
    axis = f"{measure}, changed - base, with 95 % interval (red: told apart)"
    return Picture(file, title, axis, shown, line=0.0)


def _bounds(low: float, high: float) -> tuple[float | None, float | None]:
    return (low, high) if low == low else (None, None)
