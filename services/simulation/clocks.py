"""The clocks of kept runs, beside the ledger: when each was started, and how fast it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, DateTime, Float, String, Table, delete, insert, select, update

from core.clock import Clock, in_utc
from core.errors import NotFoundError
from graph.history import tables
from graph.history.ledger import Ledger
from services.simulation.live import LiveClock

simulation_clock: Final = Table(
    "simulation_clock",
    tables.metadata,
    Column("run", String(36), primary_key=True),
    Column("speed", Float, nullable=False),  # simulated seconds by second
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("stopped_at", DateTime(timezone=True)),
)

PERIOD: Final = (
    "MATCH (r:SimulationRun) WHERE r.id STARTS WITH $run "
    "RETURN r.id AS id, r.begins_at AS begins, r.duration AS minutes ORDER BY id LIMIT 2"
)
Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class Clocks:
    """The clocks of one ledger. `clock` is the machine's time, not the twin's: a frozen one stands still."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        ledger.prepare(simulation_clock)

    def start(self, run: str, speed: float) -> datetime:
        """Start the clock of a run, from its beginning; one that went already is set back. When it was started."""
        now = self._clock.now()
        with self._ledger.writing() as connection:
            connection.execute(delete(simulation_clock).where(simulation_clock.c.run == run))
            connection.execute(insert(simulation_clock).values(run=run, speed=speed, started_at=now))
        return now

    def stop(self, run: str) -> None:
        """Stop the clock of a run where it stands; harmless where none goes."""
        going = (simulation_clock.c.run == run) & simulation_clock.c.stopped_at.is_(None)
        with self._ledger.writing() as connection:
            connection.execute(update(simulation_clock).where(going).values(stopped_at=self._clock.now()))

    def of(self, ask: Ask, name: str) -> LiveClock:
        """The clock of a run that the asker sees, by its identifier or an unambiguous beginning of it. Raises NotFoundError."""
        found = ask(PERIOD, {"run": name})["rows"] if name else []
        row = None
        if len(found) == 1:
            query = select(simulation_clock).where(simulation_clock.c.run == found[0][0])
            with self._ledger.reading() as connection:
                row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFoundError(
                f"no clock of a simulation run {name!r} goes",
                where="simulation clocks",
                hint='start one: jumeau simulate live --run RUN --speed "1s=10min"',
            )
        begins = in_utc(datetime.fromisoformat(str(found[0][1])))
        return LiveClock(
            found[0][0],
            begins,
            begins + timedelta(minutes=float(found[0][2])),
            row.speed,
            in_utc(row.started_at),
            None if row.stopped_at is None else in_utc(row.stopped_at),
        )
