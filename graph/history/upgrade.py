"""Ledgers of an older format, brought up to date in place, in one transaction. Tables that are new are there already, empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Connection, text, update

from graph.history import ownership, tables

_CHAINS = """
UPDATE event SET previous = chain.before FROM (
    SELECT sequence, LAG(sequence) OVER (PARTITION BY element ORDER BY sequence) AS before FROM event
) AS chain
WHERE chain.sequence = event.sequence AND chain.before IS NOT NULL
"""

_TOMBSTONES = """
INSERT INTO tombstone (element, sequence)
SELECT element, MAX(sequence) FROM event WHERE element NOT IN (SELECT element FROM head) GROUP BY element
"""


def _chain_events(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE event ADD COLUMN previous BIGINT"))
    connection.execute(text(_CHAINS))
    connection.execute(text(_TOMBSTONES))


def _put_indexes_in_tiers(connection: Connection) -> None:
    """What there was is the last tier of each; who is owned was found by an index, and has a table of its own now."""
    connection.execute(text("DROP INDEX IF EXISTS ix_ownership_source"))
    ownership.turn(connection)


_FROM: Final[Mapping[int, Callable[[Connection], None]]] = {1: _chain_events, 2: _put_indexes_in_tiers}


def upgrade(connection: Connection, found: int) -> bool:
    """Bring format `found` to the present one, format by format; False where there is no way."""
    if not 1 <= found < tables.FORMAT:
        return False
    for number in range(found, tables.FORMAT):
        _FROM[number](connection)
    connection.execute(update(tables.writer).values(format=tables.FORMAT))
    return True
