"""What a ledger answers from its indexes, and how they lie in their tiers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import func, select

from graph.history.ledger import Ledger
from graph.history.tiers import HEADS, OWNED, OWNERSHIP, SLICES
from tests.graph.history.random_events import GIVEN, PERIMETERS, RELATED, SERVERS

INDEXES = (HEADS, OWNERSHIP, OWNED)


def answers(ledger: Ledger) -> dict[str, Any]:
    """Everything that is read by way of the indexes, of an estate of random events."""
    nodes = [*SERVERS, *PERIMETERS]
    present = list(ledger.present())
    elements = [*nodes, *(state.element for state in present)]
    last = ledger.sequence()
    return {
        "present": present,
        "of a kind": list(ledger.present(["PhysicalServer", "RUNS_ON"])),
        "states": ledger.states(elements),
        "kinds": ledger.kinds(elements),
        "last events": ledger.last_events(sorted({event.event.element for event in ledger.events(1, last)})),
        "before": ledger.states_at(elements, last // 2),
        "relations": sorted(state.element for state in ledger.edges_of(nodes[:4])),
        "ends": {type_: sorted(ledger.ends(type_)) for type_ in {type_ for type_, _, _ in (*RELATED, *GIVEN)}},
        "ownerships": sorted(ledger.ownerships()),
        "sources": sorted(ledger.sources_of(nodes)),
        "by relation": sorted(ledger.owning_relations(nodes)),
        "takers": sorted(ledger.takers_of(nodes)),
        "events": [(e.sequence, e.previous, e.event.element) for e in ledger.events(1, last)],
    }


def check_tiers(ledger: Ledger, step: int, batch: int) -> list[int]:
    """No key is in two tiers, none of them is overfull, both tables of owners hold the same; rows of each tier of `head`."""
    with ledger.reading() as connection:
        for index in INDEXES:
            keys = [tuple(row) for row in connection.execute(select(*(index.rows.c[c.name] for c in _key(index))))]
            assert [key for key, count in Counter(keys).items() if count > 1] == []
            for table, slices in zip(index.tables, SLICES, strict=False):
                rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
                assert rows <= slices * step + 2 * batch
        columns = ("taker", "edge", "source", "given")
        both = [connection.execute(select(*(i.rows.c[c] for c in columns))).all() for i in (OWNERSHIP, OWNED)]
        assert sorted(map(tuple, both[0])) == sorted(map(tuple, both[1]))
        return [connection.execute(select(func.count()).select_from(t)).scalar_one() for t in HEADS.tables]


def _key(index: Any) -> list[Any]:
    return list(index.settled.primary_key)
