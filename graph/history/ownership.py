"""Who has whose perimeters: an index in the ledger over the relations that give perimeters or pass them on.

It is written in the transaction of the events and holds the present only, by both ends, so that a change finds what it
touches without reading the estate. `graph.history.perimeters` draws the conclusions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, delete, insert, literal, select

from graph.history.events import Event
from graph.history.tables import derived, event, head, ownership
from graph.model import Operation
from graph.schema.model import PerimeterRule, Schema

NAME = "ownership"
_LOOKUP = 5_000


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
    present = event.c.sequence == head.c.sequence
    connection.execute(delete(ownership))
    for rule in PerimeterRule:
        types = sorted(name for name, of in rules.relations.items() if of is rule)
        if types:
            ends = (
                (event.c.start, event.c.end) if rule is not PerimeterRule.FROM_START else (event.c.end, event.c.start)
            )
            found = select(ends[0], event.c.element, ends[1], literal(rule is PerimeterRule.GIVEN))
            found = found.where(present, event.c.edge, event.c.kind.in_(types))
            connection.execute(insert(ownership).from_select(columns, found))
    own = select(event.c.element, event.c.element, event.c.element, literal(True))
    own = own.where(present, ~event.c.edge, event.c.kind.in_(sorted(rules.kinds)))
    connection.execute(insert(ownership).from_select(columns, own))
    connection.execute(delete(derived).where(derived.c.name == NAME))
    connection.execute(insert(derived).values(name=NAME, rules=rules.text))


def is_prepared(connection: Connection, rules: Rules) -> bool:
    """Whether the index was made by these rules."""
    found = connection.execute(select(derived.c.rules).where(derived.c.name == NAME)).scalar_one_or_none()
    return bool(found == rules.text)


def record(connection: Connection, events: Sequence[Event], rules: Rules) -> None:
    """Carry events over that were just appended."""
    created: list[tuple[str, str, str, bool]] = []
    deleted: list[tuple[str, str]] = []
    for item in events:
        if not item.edge:
            if item.kind in rules.kinds or item.previous_kind in rules.kinds:
                deleted.append((item.element, item.element))
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
            deleted.append((taker, item.element))
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    if deleted:
        connection.exec_driver_sql(f"DELETE FROM ownership WHERE taker = {mark} AND edge = {mark}", deleted)
    if created:
        columns = "taker, edge, source, given"
        connection.exec_driver_sql(
            f"INSERT INTO ownership ({columns}) VALUES ({', '.join([mark] * 4)})", sorted(created)
        )


def of_takers(connection: Connection, takers: Sequence[str]) -> Iterator[Ownership]:
    """What these nodes take perimeters from."""
    for at in range(0, len(takers), _LOOKUP):
        yield from _read(connection, ownership.c.taker.in_(takers[at : at + _LOOKUP]))


def of_sources(connection: Connection, sources: Sequence[str]) -> Iterator[Ownership]:
    """What takes perimeters from these nodes."""
    for at in range(0, len(sources), _LOOKUP):
        yield from _read(connection, ownership.c.source.in_(sources[at : at + _LOOKUP]))


def relations_of_takers(connection: Connection, takers: Sequence[str]) -> Iterator[tuple[str, Ownership]]:
    """What these nodes take perimeters from, each with the relation that it is by; a perimeter is in itself by itself."""
    for at in range(0, len(takers), _LOOKUP):
        query = select(ownership.c.edge, ownership.c.taker, ownership.c.source, ownership.c.given)
        rows = connection.execute(query.where(ownership.c.taker.in_(takers[at : at + _LOOKUP])))
        for edge, taker, source, given in rows:
            yield edge, Ownership(taker, source, bool(given))


def everything(connection: Connection) -> Iterator[Ownership]:
    """The whole index."""
    yield from _read(connection, None)


def _read(connection: Connection, condition: ColumnElement[bool] | None) -> Iterator[Ownership]:
    query = select(ownership.c.taker, ownership.c.source, ownership.c.given)
    rows = connection.execute(query if condition is None else query.where(condition))
    for taker, source, given in rows:
        yield Ownership(taker, source, bool(given))
