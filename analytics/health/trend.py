"""Scorecards that were recorded: one a day, dimension and name, kept beside the ledger, for the trend."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import orjson
from sqlalchemy import BigInteger, Column, Date, Table, Text, delete, insert, select

from analytics.health.scorecard import Dimension, Score
from graph.history import tables
from graph.history.ledger import Ledger

health_score = Table(
    "health_score",
    tables.metadata,
    Column("measured_on", Date, primary_key=True),
    Column("dimension", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("score", Text, nullable=False),  # as JSON
)


class RecordedScores:
    """Writes and reads the recorded scorecards of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.prepare(health_score)

    def record(self, on: date, sequence: int, by: Dimension, scores: Iterable[Score]) -> None:
        """Keep a scorecard of the whole estate as that day's; one recorded that day before is replaced."""
        table = health_score
        rows = [
            {
                "measured_on": on,
                "dimension": by.value,
                "name": score.name,
                "sequence": sequence,
                "score": orjson.dumps(score.to_dict()).decode(),
            }
            for score in scores
        ]
        with self._ledger.writing() as connection:
            connection.execute(delete(table).where(table.c.measured_on == on, table.c.dimension == by.value))
            connection.execute(insert(table), rows)

    def before(self, by: Dimension, earliest: date, today: date) -> tuple[date, dict[str, float]] | None:
        """The oldest scorecard recorded from `earliest` until before `today`: its day, and overall scores by name."""
        table = health_score
        within = (table.c.dimension == by.value, table.c.measured_on >= earliest, table.c.measured_on < today)
        with self._ledger.reading() as connection:
            day = connection.execute(
                select(table.c.measured_on).where(*within).order_by(table.c.measured_on).limit(1)
            ).scalar_one_or_none()
            if day is None:
                return None
            rows = connection.execute(
                select(table.c.name, table.c.score).where(table.c.measured_on == day, table.c.dimension == by.value)
            ).all()
        overall = ((name, orjson.loads(content)["overall"]) for name, content in rows)
        return day, {name: score for name, score in overall if score is not None}
