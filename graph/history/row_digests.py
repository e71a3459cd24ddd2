"""Which rows each source told in its last complete load, as digests, and what each of them told: kept as one value per source.

A digest holds as long as nobody else has changed what its row told. What a row told is packed as 16 bytes per element.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Select, String, Table, Text, delete, insert, select

from graph.history import tables
from graph.history.ledger import Ledger
from graph.history.sightings import WIDTH, one_by_one, packed

_HEADER: Final = struct.Struct("<Q")

row_digest = Table(
    "row_digest",
    tables.metadata,
    Column("source", Text, primary_key=True),
    Column("run", String(36), nullable=False),  # the complete run that wrote it
    Column("rules", Text, nullable=False),  # what decided what a row means
    Column("sequence", BigInteger, nullable=False),  # events of other runs after this one are not reflected
    Column("rows", LargeBinary, nullable=False),
)


@dataclass(slots=True)
class DigestList:
    """Rows as they are written: their digests, how many elements each told, and those elements."""

    digests: bytearray = field(default_factory=bytearray)
    counts: array[int] = field(default_factory=lambda: array("I"))
    elements: bytearray = field(default_factory=bytearray)

    def add(self, digest: bytes, elements: bytes) -> None:
        """One row. `elements` are packed, one behind the other."""
        self.digests += digest
        self.counts.append(len(elements) // WIDTH)
        self.elements += elements

    def extend(self, digests: Sequence[bytes], elements: Sequence[bytes]) -> None:
        """Several rows at once, with the elements of each."""
        self.digests += b"".join(digests)
        self.counts.extend([len(told) // WIDTH for told in elements])
        self.elements += b"".join(elements)

    def without(self, gone: Set[bytes]) -> DigestList:
        """The rows that told none of these elements, packed."""
        kept, start = DigestList(), 0
        for number, count in enumerate(self.counts):
            end = start + count * WIDTH
            told = bytes(self.elements[start:end])
            if gone.isdisjoint(one_by_one(told)):
                kept.add(bytes(self.digests[number * WIDTH : (number + 1) * WIDTH]), told)
            start = end
        return kept

    def to_bytes(self) -> bytes:
        return b"".join((_HEADER.pack(len(self.counts)), self.digests, self.counts.tobytes(), self.elements))

    @staticmethod
    def read(content: bytes) -> dict[bytes, bytes]:
        """The elements of each row, by its digest."""
        (rows,) = _HEADER.unpack_from(content)
        at = _HEADER.size
        counts = array("I")
        start = at + rows * WIDTH + rows * counts.itemsize
        counts.frombytes(content[at + rows * WIDTH : start])
        digests = [content[place : place + WIDTH] for place in range(at, at + rows * WIDTH, WIDTH)]
        ends = [start, *(start + told * WIDTH for told in accumulate(counts))]
        return dict(zip(digests, [content[one:next_] for one, next_ in pairwise(ends)], strict=True))


@dataclass(frozen=True, slots=True)
class KnownRows:
    """What a source's last complete load told, and what was changed by others since."""

    rows: Mapping[bytes, bytes] = field(default_factory=dict)
    changed: frozenset[bytes] = frozenset()


class RowDigests:
    """Reads and writes the rows of a ledger's sources."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.prepare(row_digest)

    def of(self, source: str, rules: str) -> KnownRows:
        """What is known of a source's rows under these rules; nothing where its last load was under others or taken back."""
        with self._ledger.reading() as connection:
            found = connection.execute(_wanted(row_digest.c.rows, source, rules)).first()
            if found is None:
                return KnownRows()
            return KnownRows(DigestList.read(found.rows), _changed(connection, found.run, found.sequence))

    def changed(self, source: str, rules: str) -> frozenset[bytes]:
        """What other runs have changed since the rows were told, packed, whoever told it; nothing where no rows are known."""
        with self._ledger.reading() as connection:
            found = connection.execute(_wanted(row_digest.c.source, source, rules)).first()
            return frozenset() if found is None else _changed(connection, found.run, found.sequence)

    def writer(
        self, source: str, run: str, rules: str, sequence: int, rows: DigestList
    ) -> Callable[[Connection], None]:
        """What replaces a source's rows, in the transaction that completes its run, which began at `sequence`."""
        content = rows.to_bytes()

        def write(connection: Connection) -> None:
            connection.execute(delete(row_digest).where(row_digest.c.source == source))
            connection.execute(
                insert(row_digest).values(source=source, run=run, rules=rules, sequence=sequence, rows=content)
            )

        return write


def _wanted(column: Column[Any], source: str, rules: str) -> Select[Any]:
    """The row of a source, with one more column, where it holds."""
    return (
        select(row_digest.c.run, row_digest.c.sequence, column)
        .join(tables.run, tables.run.c.id == row_digest.c.run)
        .where(row_digest.c.source == source, row_digest.c.rules == rules, tables.run.c.status == "complete")
    )


def _changed(connection: Connection, run: str, sequence: int) -> frozenset[bytes]:
    """What other runs have changed since, packed."""
    batch, event = tables.batch.c, tables.event.c
    ranges: list[tuple[int, int]] = []
    for first, last in connection.execute(
        select(batch.first, batch.last)
        .where(batch.last > sequence, batch.last >= batch.first, batch.run != run)
        .order_by(batch.first)
    ):
        if ranges and ranges[-1][1] + 1 == first:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    changed: set[bytes] = set()
    for first, last in ranges:
        elements = connection.execute(select(event.element).where(event.sequence.between(first, last))).scalars()
        changed.update(map(packed, elements))
    return frozenset(changed)
