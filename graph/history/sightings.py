"""What each source told in its complete loads: last seen is kept per source, as one value, not as an event per element.

Identifiers are packed as 16 bytes each. A sighting whose run was taken back counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, String, Table, Text, delete, insert, select, update

from graph.history import tables
from graph.history.ledger import Ledger

WIDTH: Final = 16

sighting = Table(
    "sighting",
    tables.metadata,
    Column("source", Text, primary_key=True),
    Column("run", String(36), nullable=False),  # the complete run that wrote it
    Column("elements", LargeBinary, nullable=False),
)


def packed(element: str) -> bytes:
    """A UUID as 16 bytes."""
    return bytes.fromhex(element.replace("-", ""))


def unpacked(key: bytes) -> str:
    """The UUID of 16 bytes."""
    text = key.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Sightings:
    """Reads and writes the sightings of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._read_last: dict[str, set[bytes]] = {}
        ledger.prepare(sighting)

    def of(self, source: str) -> set[bytes]:
        """What a source told last, packed; empty where nothing is known. Not to be changed."""
        found = set(next(self._read(sighting.c.source == source), iter(())))
        if found:
            self._read_last[source] = found
        return found

    def by_source(self) -> dict[str, set[bytes]]:
        """What each source told last, packed."""
        query = (
            select(sighting.c.source, sighting.c.elements)
            .join(tables.run, tables.run.c.id == sighting.c.run)
            .where(tables.run.c.status == "complete")
        )
        with self._ledger.reading() as connection:
            rows = connection.execute(query).all()
        return {source: set(one_by_one(content)) for source, content in rows}

    def by_others(self, source: str, wanted: set[bytes]) -> set[bytes]:
        """Which of these elements any other source told last."""
        return {key for keys in self._read(sighting.c.source != source) for key in keys if key in wanted}

    def writer(self, source: str, run: str, elements: Iterable[bytes]) -> Callable[[Connection], None]:
        """What replaces a source's sighting, in the transaction that completes its run.

        One that is what was read last is not written again.
        """
        wanted = set(elements)
        if self._read_last.get(source) == wanted:
            renewed = update(sighting).where(sighting.c.source == source).values(run=run)

            def renew(connection: Connection) -> None:
                connection.execute(renewed)

            return renew
        content = b"".join(wanted)

        def write(connection: Connection) -> None:
            connection.execute(delete(sighting).where(sighting.c.source == source))
            connection.execute(insert(sighting).values(source=source, run=run, elements=content))

        return write

    def _read(self, condition: object) -> Iterator[Iterator[bytes]]:
        query = (
            select(sighting.c.elements)
            .join(tables.run, tables.run.c.id == sighting.c.run)
            .where(condition, tables.run.c.status == "complete")  # type: ignore[arg-type]
        )
        with self._ledger.reading() as connection:
            contents = list(connection.execute(query).scalars())
        for content in contents:
            yield one_by_one(content)


def one_by_one(content: bytes) -> Iterator[bytes]:
    """Packed identifiers that stand one behind the other."""
    return (content[at : at + WIDTH] for at in range(0, len(content), WIDTH))
