"""The scorecard: facts of items summed up per kind, source or team, in the metrics of CMDB Health.

A metric is how many items were checked and how many failed. Completeness is the mean of `required` and `recommended`,
correctness that of `orphan`, `stale` and `duplicate`, compliance the share of audits that passed; the overall score is the
mean of these three as far as they were measured. Scores are percentages.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Any, Final

from analytics.health.facts import ItemFacts

METRICS: Final = ("required", "recommended", "orphan", "stale", "duplicate", "compliance")
COMPLETENESS: Final = METRICS[:2]
CORRECTNESS: Final = METRICS[2:5]
NOBODY: Final = "(none)"
ALL: Final = "(all)"


class Dimension(StrEnum):
    """What a scorecard is broken down by."""

    KIND = "kind"
    SOURCE = "source"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Metric:
    """How many were checked and how many of them failed; of compliance these are audits, else items."""

    checked: int
    failed: int

    @property
    def score(self) -> float | None:
        """Share that did not fail, in percent; None where nothing was checked."""
        return None if not self.checked else 100.0 * (self.checked - self.failed) / self.checked


@dataclass(frozen=True, slots=True)
class Score:
    """One line of a scorecard. `missing` counts the items that lack a required or recommended name."""

    name: str
    items: int
    metrics: Mapping[str, Metric]
    missing: Mapping[str, int]

    @property
    def completeness(self) -> float | None:
        return self._mean(COMPLETENESS)

    @property
    def correctness(self) -> float | None:
        return self._mean(CORRECTNESS)

    @property
    def compliance(self) -> float | None:
        return self.metrics["compliance"].score

    @property
    def overall(self) -> float | None:
        """The mean of what was measured of completeness, correctness and compliance."""
        return _mean((self.completeness, self.correctness, self.compliance))

    def _mean(self, names: Iterable[str]) -> float | None:
        return _mean(self.metrics[name].score for name in names)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; scores rounded to two places."""
        return {
            "name": self.name,
            "items": self.items,
            "overall": _rounded(self.overall),
            "completeness": _rounded(self.completeness),
            "correctness": _rounded(self.correctness),
            "compliance": _rounded(self.compliance),
            "metrics": {
                name: {"checked": m.checked, "failed": m.failed, "score": _rounded(m.score)}
                for name, m in self.metrics.items()
            },
            "missing": dict(self.missing),
        }


def scorecard(facts: Iterable[ItemFacts], by: Dimension) -> list[Score]:
    """A line per kind, source or team, the line of all first, then in order of name.

    An item of two sources or teams counts in both; in the line of all, once.
    """
    groups: dict[str, list[ItemFacts]] = defaultdict(list)
    everything: list[ItemFacts] = []
    for item in facts:
        everything.append(item)
        for name in _names(item, by):
            groups[name].append(item)
    return [_score(ALL, everything), *(_score(name, groups[name]) for name in sorted(groups))]


def _names(item: ItemFacts, by: Dimension) -> tuple[str, ...]:
    if by is Dimension.KIND:
        return (item.kind,)
    return (item.sources if by is Dimension.SOURCE else item.teams) or (NOBODY,)


def _score(name: str, items: list[ItemFacts]) -> Score:
    missing: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    checks = passed = 0
    for item in items:
        missing.update(item.missing_required)
        missing.update(item.missing_recommended)
        failed["required"] += bool(item.missing_required)
        failed["recommended"] += bool(item.missing_recommended)
        failed["orphan"] += item.orphan
        failed["stale"] += item.stale
        failed["duplicate"] += item.duplicate
        checks += len(item.checks)
        passed += sum(item.checks)
    metrics = {metric: Metric(len(items), failed[metric]) for metric in (*COMPLETENESS, *CORRECTNESS)}
    metrics["compliance"] = Metric(checks, checks - passed)
    ordered = sorted(missing.items(), key=lambda entry: (-entry[1], entry[0]))
    return Score(name, len(items), metrics, dict(ordered))


def _mean(scores: Iterable[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return fmean(known) if known else None


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 2)
