"""How two kept runs differ, by what the graph has of them: item by item, of items that the asker sees in both.

The graph keeps a mean and an interval of each item and not its replications. So the two are taken for independent: where they had the
same chance, the interval is wider than need be, never narrower than it says. `services.simulation.compare` pairs replications.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isclose, sqrt
from typing import Any, Final

from core.errors import UsageError
from services.simulation.reading import MOST_SHOWN, Ask, found, rows_of

OF_RUN: Final = (
    "MATCH (r:SimulationRun {id: $run})<-[:IN_RUN]-(s:SimulatedSummary) OPTIONAL MATCH (s)-[:STATE_OF]->(c) "
    "RETURN s.name AS name, labels(c)[0] AS kind, c.id AS id, s.availability AS availability, s.low AS low, s.high AS high"
)
NOTE: Final = "the runs are taken for independent: where both had the same seed, a comparison that plays both has narrower intervals"


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """Availability of one item, changed minus base, with its 95 % interval (Welch)."""

    id: str | None
    name: str
    kind: str | None
    base: float
    changed: float
    difference: float
    low: float
    high: float

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0.0 or self.high < 0.0


def difference(ask: Ask, base: str, changed: str, *, shown: int) -> dict[str, Any]:
    """What two runs say of items that both have and the asker sees, the largest differences first.

    Raises NotFoundError, UsageError.
    """
    if not 1 <= shown <= MOST_SHOWN:
        raise UsageError(f"{shown} rows", where="first", hint=f"1 to {MOST_SHOWN:,}")
    runs = [found(ask, name) for name in (base, changed)]
    if not isclose(float(runs[0]["duration"]), float(runs[1]["duration"])):
        raise UsageError(
            "the runs tell of periods of different length", where="duration", hint="play both for as long as each other"
        )
    sides = [{row["id"] or row["name"]: row for row in rows_of(ask(OF_RUN, {"run": run["id"]}))} for run in runs]
    counts = [int(run["replications"]) for run in runs]
    both = [_of(sides[0][key], sides[1][key], counts) for key in sides[0].keys() & sides[1].keys()]
    both.sort(key=lambda one: (-abs(one.difference), one.name, one.id or ""))
    return {
        "base": runs[0],
        "changed": runs[1],
        "items": len(both),
        "told_apart": sum(one.told_apart for one in both),
        "only_base": len(sides[0].keys() - sides[1].keys()),
        "only_changed": len(sides[1].keys() - sides[0].keys()),
        "differences": [{**asdict(one), "told_apart": one.told_apart} for one in both[:shown]],
        "notes": [NOTE],
        "simulated": True,
    }


def _of(base: Mapping[str, Any], changed: Mapping[str, Any], replications: list[int]) -> ItemDifference:
    from simulate.extra import needs_the_extra

    with needs_the_extra():
        from simulate.statistics.student import t_factor
    apart = float(changed["availability"]) - float(base["availability"])
    squares = [
        (_half(row) / t_factor(count - 1)) ** 2 for row, count in zip((base, changed), replications, strict=True)
    ]
    half = 0.0
    if sum(squares) > 0.0:
        freedom = sum(squares) ** 2 / sum(
            square**2 / (count - 1) for square, count in zip(squares, replications, strict=True)
        )
        half = t_factor(max(1, int(freedom))) * sqrt(sum(squares))
    return ItemDifference(
        changed["id"],
        changed["name"],
        changed["kind"],
        float(base["availability"]),
        float(changed["availability"]),
        apart,
        apart - half,
        apart + half,
    )


def _half(row: Mapping[str, Any]) -> float:
    """Half of an interval that was cut at 0 and 1: the side that was not."""
    mean = float(row["availability"])
    return max(mean - float(row["low"]), float(row["high"]) - mean)
