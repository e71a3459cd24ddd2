"""What every section of the generator works with: the plan, the seed, today, the export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from ingest.estate_generator.draws import midnight, stream
from ingest.estate_generator.export import Export
from ingest.estate_generator.plan import EstatePlan

HISTORY_DAYS = 730
"""Incidents, changes and the like go back two years."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """An estate in the making."""

    plan: EstatePlan
    seed: int
    today: date
    export: Export

    @property
    def now(self) -> datetime:
        """The first instant of today: everything that has happened lies before it."""
        return midnight(self.today)

    @property
    def history_start(self) -> date:
        return self.days_ago(HISTORY_DAYS)

    def days_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def rng(self, section: str) -> Random:
        """The random numbers of a section."""
        return stream(self.seed, section)


@dataclass(frozen=True, slots=True)
class Ref:
    """An element that others may point at: kind and key in the export."""

    kind: str
    key: str
