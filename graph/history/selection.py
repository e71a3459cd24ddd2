"""Which elements a ledger holds, chosen by what they are: by name, by kind, or because several sources speak of them.

Each reads the present state of every element once (half a second for 500,000): no index is kept for questions that are rare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson
from sqlalchemy import select

from core.errors import NotFoundError, UsageError
from graph.history import tables
from graph.history.events import State
from graph.history.reader import LedgerReader
from graph.history.tiers import HEADS

NAMES: Final = ("name", "code", "number", "hostname", "fqdn", "cve")
_SCAN: Final = 20_000
_PRESENT = HEADS.rows.join(tables.event, HEADS.rows.c.sequence == tables.event.c.sequence)


def nodes_of_kinds(ledger: LedgerReader, kinds: Iterable[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(element, kind, properties as JSON has them) of every present node of these kinds."""
    event = tables.event
    query = select(event.c.element, event.c.kind, event.c.after).select_from(_PRESENT)
    query = query.where(event.c.kind.in_(sorted(kinds)), ~event.c.edge)
    with ledger.reading() as connection:
        for element, kind, after in connection.execution_options(yield_per=_SCAN).execute(query):
            yield element, kind, orjson.loads(after)


def contested(ledger: LedgerReader) -> list[State]:
    """The present elements of which several sources speak."""
    event = tables.event
    query = select(event.c.element).select_from(_PRESENT).where(event.c.provenance.like("%u001f%"))
    with ledger.reading() as connection:
        found = list(connection.execute(query).scalars())
    states = ledger.states(found)
    return [states[element] for element in found if element in states]


def overridden(ledger: LedgerReader, source: str) -> list[State]:
    """The present elements of which `source` holds something, by the words of their provenance."""
    event = tables.event
    told = select(tables.batch.c.number).join(tables.run, tables.run.c.id == tables.batch.c.run)
    own = event.c.batch.in_(told.where(tables.run.c.source == source))
    query = select(event.c.element).select_from(_PRESENT).where(own | event.c.provenance.contains(source))
    with ledger.reading() as connection:
        found = list(connection.execute(query).scalars())
    return list(ledger.states(found).values())


def named(ledger: LedgerReader, name: str, kinds: Iterable[str]) -> State:
    """The one present node of these kinds with that id, name, number, code or alias.

    Raises NotFoundError, and UsageError where several have it.
    """
    known = frozenset(kinds)
    by_id = ledger.states([name]).get(name)
    if by_id is not None and not by_id.edge:
        return by_id
    event = tables.event
    query = select(event.c.element).select_from(_PRESENT).where(~event.c.edge)
    query = query.where(event.c.after.contains(orjson.dumps(name).decode(), autoescape=True))
    with ledger.reading() as connection:
        elements = list(connection.execute(query).scalars())
    states = [state for state in ledger.states(elements).values() if state.kind in known]
    for attributes in (*((a,) for a in NAMES), ("aliases",)):
        found = [s for s in states if any(_has(s.properties.get(a), name) for a in attributes)]
        if len(found) > 1:
            choices = ", ".join(f"{s.kind} {s.element}" for s in found[:10])
            raise UsageError(
                f"{name!r} names {len(found)} elements", where="twin", hint=f"give the id of one: {choices}"
            )
        if found:
            return found[0]
    raise NotFoundError(f"nothing is called {name!r}", where="twin", hint="give its id, name, number, code or an alias")


def _has(value: Any, name: str) -> bool:
    return name in value if isinstance(value, list | tuple) else value == name
