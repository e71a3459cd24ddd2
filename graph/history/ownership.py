"""Who has whose perimeters: an index in the ledger over the relations that give perimeters or pass them on.

It is written in the transaction of the events and holds the present only, by both ends (a table for each, so that each can be
written in its own order), so that a change finds what it touches without reading the estate. `graph.history.perimeters`
draws the conclusions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Subquery, delete, insert, literal, select

from graph.history.events import Event
from graph.history.tables import derived, event
from graph.history.tiers import HEADS, OWNED, OWNERSHIP, Tiered
from graph.model import Operation
from graph.schema.model import PerimeterRule, Schema

NAME = "ownership"
_LOOKUP = 5_000
_BY_TAKER = OWNERSHIP.rows
_BY_SOURCE = OWNED.rows


@dataclass(frozen=True, slots=True)
class Rules:
    """What of a schema the index depends on: the relations that give or pass on perimeters, the kinds of perimeters."""

    relations: Mapping[str, PerimeterRule]
    kinds: frozenset[str]

    @property
    def text(self) -> str:
        content = {"relations": dict(self.relations), "kinds": sorted(self.kinds)}
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def rules_of(schema: Schema) -> Rules:
    """The rules of a schema. A kind is one of perimeters where a relation that gives perimeters leads to it."""
    relations = schema.perimeter_rules
    given = [name for name, rule in relations.items() if rule is PerimeterRule.GIVEN]
    return Rules(relations, frozenset(end for name in given for _, end in schema.pairs[name]))


class Ownership(NamedTuple):
    """`taker` has the perimeters of `source`, or where `given`, is in the perimeter `source`. A perimeter is in itself.

    A tuple, since there are as many as half of an estate's elements.
    """

    taker: str
    source: str
    given: bool


def taker_and_source(rule: PerimeterRule, start: str, end: str) -> tuple[str, str]:
    """Which end of a relation takes perimeters from which."""
    return (end, start) if rule is PerimeterRule.FROM_START else (start, end)


def prepare(connection: Connection, rules: Rules) -> None:
    """Make the index anew where it was made by other rules, or not at all."""
    columns = ["taker", "edge", "source", "given"]
    present = event.c.sequence == HEADS.rows.c.sequence
    for table in (*OWNERSHIP.tables, *OWNED.tables):
        connection.execute(delete(table))
    parts = []
    for rule in PerimeterRule:
        types = sorted(name for name, of in rules.relations.items() if of is rule)
        if types:
            ends = (
                (event.c.start, event.c.end) if rule is not PerimeterRule.FROM_START else (event.c.end, event.c.start)
            )
            found = select(ends[0], event.c.element, ends[1], literal(rule is PerimeterRule.GIVEN))
            parts.append(found.where(present, event.c.edge, event.c.kind.in_(types)))
    own = select(event.c.element, event.c.element, event.c.element, literal(True))
    parts.append(own.where(present, ~event.c.edge, event.c.kind.in_(sorted(rules.kinds))))
    for part in parts:
        connection.execute(insert(OWNERSHIP.settled).from_select(columns, part))
    turn(connection)
    connection.execute(delete(derived).where(derived.c.name == NAME))
    connection.execute(insert(derived).values(name=NAME, rules=rules.text))


def turn(connection: Connection) -> None:
    """Fill the table by sources from the one by takers, where all of it lies in the last tier."""
    by_takers, by_sources = OWNERSHIP.settled, OWNED.settled
    columns = [column.name for column in by_sources.columns]
    found = select(*(by_takers.c[name] for name in columns)).order_by(by_takers.c.source, by_takers.c.edge)
    connection.execute(insert(by_sources).from_select(columns, found))


def is_prepared(connection: Connection, rules: Rules) -> bool:
    """Whether the index was made by these rules."""
    found = connection.execute(select(derived.c.rules).where(derived.c.name == NAME)).scalar_one_or_none()
    return bool(found == rules.text)


def record(connection: Connection, events: Sequence[Event], rules: Rules) -> None:
    """Carry events over that were just appended."""
    created: list[tuple[str, str, str, bool]] = []
    deleted: list[tuple[str, str, str]] = []
    for item in events:
        if not item.edge:
            if item.kind in rules.kinds or item.previous_kind in rules.kinds:
                deleted.append((item.element, item.element, item.element))
                if item.kind in rules.kinds and item.operation is not Operation.DELETE:
                    created.append((item.element, item.element, item.element, True))
            continue
        rule = rules.relations.get(item.kind)
        if rule is None or item.operation not in (Operation.CREATE, Operation.DELETE):
            continue
        taker, source = taker_and_source(rule, item.start or "", item.end or "")
        if item.operation is Operation.CREATE:
            created.append((taker, item.element, source, rule is PerimeterRule.GIVEN))
        else:
            deleted.append((taker, item.element, source))
    if deleted:
        _delete(connection, OWNERSHIP, "taker", [(taker, edge) for taker, edge, _ in deleted])
        _delete(connection, OWNED, "source", [(source, edge) for _, edge, source in deleted])
    if created:
        _insert(connection, OWNERSHIP, "taker, edge, source, given", created)
        _insert(connection, OWNED, "source, edge, taker, given", [(s, edge, t, given) for t, edge, s, given in created])


def _delete(connection: Connection, index: Tiered, end: str, keys: list[tuple[str, str]]) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    for table in index.tables:
        connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {end} = {mark} AND edge = {mark}", keys)


def _insert(connection: Connection, index: Tiered, columns: str, rows: list[tuple[str, str, str, bool]]) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * 4)
    connection.exec_driver_sql(f"INSERT INTO {index.newest.name} ({columns}) VALUES ({marks})", sorted(rows))


def of_takers(connection: Connection, takers: Sequence[str]) -> Iterator[Ownership]:
    """What these nodes take perimeters from."""
    for at in range(0, len(takers), _LOOKUP):
        yield from _read(connection, _BY_TAKER, _BY_TAKER.c.taker.in_(takers[at : at + _LOOKUP]))


def of_sources(connection: Connection, sources: Sequence[str]) -> Iterator[Ownership]:
    """What takes perimeters from these nodes."""
    for at in range(0, len(sources), _LOOKUP):
        yield from _read(connection, _BY_SOURCE, _BY_SOURCE.c.source.in_(sources[at : at + _LOOKUP]))


def relations_of_takers(connection: Connection, takers: Sequence[str]) -> Iterator[tuple[str, Ownership]]:
    """What these nodes take perimeters from, each with the relation that it is by; a perimeter is in itself by itself."""
    for at in range(0, len(takers), _LOOKUP):
        query = select(_BY_TAKER.c.edge, _BY_TAKER.c.taker, _BY_TAKER.c.source, _BY_TAKER.c.given)
        rows = connection.execute(query.where(_BY_TAKER.c.taker.in_(takers[at : at + _LOOKUP])))
        for edge, taker, source, given in rows:
            yield edge, Ownership(taker, source, bool(given))


def everything(connection: Connection) -> Iterator[Ownership]:
    """The whole index."""
    yield from _read(connection, _BY_TAKER, None)


def _read(connection: Connection, index: Subquery, condition: ColumnElement[bool] | None) -> Iterator[Ownership]:
    query = select(index.c.taker, index.c.source, index.c.given)
    rows = connection.execute(query if condition is None else query.where(condition))
    for taker, source, given in rows:
        yield Ownership(taker, source, bool(given))
