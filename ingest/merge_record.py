"""What a merge of two elements moved besides events, and how it is moved back: identity keys, and what sources last told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson
from sqlalchemy import Column, Connection, String, Table, Text, delete, insert, select, update

from graph.history import tables
from graph.history.ledger import Ledger
from graph.history.sightings import WIDTH, packed, sighting
from ingest.identity import NATURAL, SEPARATOR

MERGE = "merge"
"""The source of runs that make one element of two."""

merge_record = Table(
    "merge_record",
    tables.metadata,
    Column("run", String(36), primary_key=True),
    Column("absorbed", String(36), nullable=False),
    Column("keys", Text, nullable=False),  # identity keys that passed over, as a JSON list
    Column("sightings", Text, nullable=False),  # source -> [[element that was told, the one it became, told before]]
)


def prepare(ledger: Ledger) -> None:
    """Make the tables that a merge writes, if they are not there."""
    ledger.prepare(merge_record)
    ledger.prepare(sighting)


def sources_of(ledger: Ledger, run: str) -> set[str]:
    """The sources whose keys passed over in the merge `run`: none may be loaded while it is undone."""
    prepare(ledger)
    with ledger.reading() as connection:
        keys = connection.execute(select(merge_record.c["keys"]).where(merge_record.c.run == run)).scalar()
    return {key.partition(SEPARATOR)[0] for key in orjson.loads(keys or "[]")} - {NATURAL}


def returner(ledger: Ledger, run: str, restored: Callable[[str], bool]) -> Callable[[Connection, int], None]:
    """What gives the keys of an absorbed element back to it, in the transaction that undoes the merge `run`.

    `restored` says whether an element comes back.
    """
    prepare(ledger)

    def write(connection: Connection, _last: int) -> None:
        row = connection.execute(select(merge_record).where(merge_record.c.run == run)).first()
        if row is None or not restored(row.absorbed):
            return
        for key in orjson.loads(row.keys):
            connection.execute(update(tables.identity).where(tables.identity.c.key == key).values(element=row.absorbed))
        for source, moves in orjson.loads(row.sightings).items():
            told = _told(connection, source)
            for was, now, before in moves:
                if packed(now) in told:
                    told.add(packed(was))
                    if not before:
                        told.discard(packed(now))
            _tell(connection, source, told)
        connection.execute(delete(merge_record).where(merge_record.c.run == run))

    return write


def mover(
    run: str, kept: str, absorbed: str, keys: list[str], moved: Mapping[str, str]
) -> Callable[[Connection, int], None]:
    """What passes identity keys and sightings over, and notes how to pass them back, in the transaction of the merge."""

    def write(connection: Connection, _last: int) -> None:
        for key in keys:
            connection.execute(update(tables.identity).where(tables.identity.c.key == key).values(element=kept))
        noted: dict[str, list[tuple[str, str, bool]]] = {}
        for source in list(connection.execute(select(sighting.c.source)).scalars()):
            told = _told(connection, source)
            moves = [(was, now, packed(now) in told) for was, now in moved.items() if packed(was) in told]
            if moves:
                noted[source] = moves
                told -= {packed(was) for was, _, _ in moves}
                told |= {packed(now) for _, now, _ in moves}
                _tell(connection, source, told)
        connection.execute(
            insert(merge_record).values(
                run=run,
                absorbed=absorbed,
                keys=orjson.dumps(keys).decode(),
                sightings=orjson.dumps(noted).decode(),
            )
        )

    return write


def _told(connection: Connection, source: str) -> set[bytes]:
    content = connection.execute(select(sighting.c.elements).where(sighting.c.source == source)).scalar() or b""
    return {content[at : at + WIDTH] for at in range(0, len(content), WIDTH)}


def _tell(connection: Connection, source: str, told: set[bytes]) -> None:
    content = b"".join(sorted(told))
    connection.execute(update(sighting).where(sighting.c.source == source).values(elements=content))
