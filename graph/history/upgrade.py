"""Ledgers of an older format, brought up to date in place, in one transaction."""

from __future__ import annotations

from sqlalchemy import Connection, text, update

from graph.history import tables

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


def upgrade(connection: Connection, found: int) -> bool:
    """Bring format `found` to the present one; False where there is no way."""
    if found != 1:
        return False
    connection.execute(text("ALTER TABLE event ADD COLUMN previous BIGINT"))
    connection.execute(text(_CHAINS))
    connection.execute(text(_TOMBSTONES))
    connection.execute(update(tables.writer).values(format=tables.FORMAT))
    return True
