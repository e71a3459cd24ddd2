"""What is kept beside a simulation run and not in the graph, since it speaks of the whole estate: its scenario, what it teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Column, Connection, String, Table, Text, delete, insert, select

from graph.history import tables
from graph.history.ledger import Ledger

simulation_document: Final = Table(
    "simulation_document",
    tables.metadata,
    Column("run", String(36), primary_key=True),
    Column("part", String(16), primary_key=True),
    Column("document", Text, nullable=False),  # JSON
)

SCENARIO, INSIGHT = "scenario", "insight"
MOST_KEPT: Final = 1_000
"""Rows of each part of an insight that are kept."""


class Documents:
    """Those of one ledger. They come and go with their runs, in the same transactions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.prepare(simulation_document)

    def write(self, connection: Connection, run: str, parts: Mapping[str, Any]) -> None:
        """Keep parts of a run in a transaction of the ledger; what was there of these parts gives way."""
        of_run = simulation_document.c.run == run
        connection.execute(delete(simulation_document).where(of_run, simulation_document.c.part.in_(list(parts))))
        for part, document in parts.items():
            text = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY).decode()
            row = {"run": run, "part": part, "document": text}
            connection.execute(insert(simulation_document).values(row))

    def forget(self, connection: Connection, runs: Sequence[str]) -> None:
        """What is kept of these runs goes."""
        connection.execute(delete(simulation_document).where(simulation_document.c.run.in_(list(runs))))

    def get(self, run: str, part: str) -> dict[str, Any] | None:
        """A part of a run, by the identifier of its node; None where nothing is kept."""
        wanted = (simulation_document.c.run == run) & (simulation_document.c.part == part)
        with self._ledger.reading() as connection:
            found = connection.execute(select(simulation_document.c.document).where(wanted)).scalar_one_or_none()
        kept: dict[str, Any] | None = None if found is None else orjson.loads(found)
        return kept

    def keep(self, run: str, part: str, document: Mapping[str, Any]) -> None:
        """Keep one part of a run."""
        with self._ledger.writing() as connection:
            self.write(connection, run, {part: document})
