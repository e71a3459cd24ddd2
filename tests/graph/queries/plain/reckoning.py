"""What the plain answers count with: groups, rates, days; the standard library and the readers of the demo alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from demo.plain_answers import DEPENDENCY, HOPS, SERVERS, Export, Item, Row, distances, months_before

Answer = tuple[list[str], list[Row]]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

IN_SERVICE = ("in_service", "in_maintenance", "in_decommissioning")


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def percent(part: int, whole: int) -> float | None:
    """Part of the whole in percent, to one decimal, halves upwards; None of nothing."""
    return (2000 * part + whole) // (2 * whole) / 10 if whole else None


def mean(total: int, count: int, scale: int = 1) -> float | None:
    """The mean of whole numbers in units of `scale`, to one decimal, halves upwards; None of nothing."""
    return (20 * total + count * scale) // (2 * count * scale) / 10 if count else None


def text(export: Export, item: Item, attribute: str) -> str:
    """A cell that must not be empty."""
    cell = export.get(item, attribute)
    assert cell is not None, (item, attribute)
    return cell


def instant(cell: str) -> datetime:
    return datetime.fromisoformat(cell)


def midnight(day: date) -> datetime:
    """The instant that counts as now: the first of the day that counts as today."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def before(export: Export, months: int) -> str:
    """The day so many months before today; so many after it where negative."""
    return months_before(export.today, months).isoformat()


def minutes(start: str, end: str) -> int:
    """Whole minutes between two instants, which all lie on one."""
    seconds = int((instant(end) - instant(start)).total_seconds())
    assert seconds % 60 == 0
    return seconds // 60


def days(start: str, end: str) -> int:
    """Days between two dates."""
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


def day_after(export: Export, count: int) -> str:
    return (export.today + timedelta(days=count)).isoformat()


def single(edges: dict[Item, list[Item]], item: Item) -> Item | None:
    """The one neighbour of an element, or None."""
    found = edges.get(item, [])
    assert len(found) <= 1, item
    return found[0] if found else None


def name_of(export: Export, item: Item | None) -> str | None:
    return export.get(item, "name") if item else None


def names(export: Export, edges: dict[Item, list[Item]], item: Item) -> list[str | None]:
    """The names of the neighbours of an element: one row for each; where there are none, one row without."""
    return [export.get(other, "name") for other in edges.get(item, ())] or [None]


def servers(export: Export, *statuses: str) -> Iterator[Item]:
    """Servers of these statuses, or all."""
    for server in export.of_kind(*SERVERS):
        if not statuses or export.get(server, "status") in statuses:
            yield server


def upstream(export: Export, start: Item) -> set[Item]:
    """An element, all that it depends on, the instances of applications among those, and all that these depend on."""
    needs = export.forwards(*DEPENDENCY)
    reached = set(distances(needs, [start], HOPS))
    instances = [begin for begin, end in export.pairs("REALISES") if end in reached and end[0] == "BusinessApplication"]
    return reached | set(distances(needs, instances, HOPS))


def ordered(rows: Iterable[Row], *keys: int | Callable[[Row], Any]) -> list[Row]:
    """Rows by some of their cells, or by what functions of a row give; nulls last."""

    def order(row: Row) -> list[Any]:
        cells = [key(row) if callable(key) else row[key] for key in keys]
        return [(cell is None, cell) for cell in cells]

    return sorted(rows, key=order)
