"""Who has whose perimeters: an index in the ledger over the relations that give perimeters or pass them on.

It is written in the transaction of the events and holds the present only, by both ends (a table for each, so that each can be
written in its own order), so that a change finds what it touches without reading the estate. `graph.history.perimeters`
draws the conclusions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Subquery, Table, and_, case, delete, insert, or_, select

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
    for table in (*OWNERSHIP.tables, *OWNED.tables):
        connection.execute(delete(table))
    _fill(connection, OWNERSHIP.settled, rules, event.c.sequence == HEADS.rows.c.sequence)
    turn(connection)
    connection.execute(delete(derived).where(derived.c.name == NAME))
    connection.execute(insert(derived).values(name=NAME, rules=rules.text))


def _fill(connection: Connection, table: Table, rules: Rules, *chosen: ColumnElement[bool]) -> None:
    """Add what the chosen events say to a table, in the order of its keys, without a row going through Python."""
    by_rule = {rule: sorted(name for name, of in rules.relations.items() if of is rule) for rule in PerimeterRule}
    is_node = ~event.c.edge
    from_start = event.c.kind.in_(by_rule[PerimeterRule.FROM_START])
    columns: dict[str, ColumnElement[Any]] = {
        "taker": case((is_node, event.c.element), (from_start, event.c.end), else_=event.c.start),
        "source": case((is_node, event.c.element), (from_start, event.c.start), else_=event.c.end),
        "edge": event.c.element,
        "given": or_(is_node, event.c.kind.in_(by_rule[PerimeterRule.GIVEN])),
    }
    says = or_(
        and_(event.c.edge, event.c.kind.in_(sorted(rules.relations))),
        and_(is_node, event.c.kind.in_(sorted(rules.kinds))),
    )
    names = [column.name for column in table.columns]
    keys = [columns[column.name] for column in table.primary_key]
    found = select(*(columns[name].label(name) for name in names)).where(*chosen, says).order_by(*keys)
    connection.execute(insert(table).from_select(names, found))


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


def record(connection: Connection, events: Sequence[Event], first: int, rules: Rules) -> None:
    """Carry events over that were just appended, from the sequence number `first` on."""
    deleted: list[tuple[str, str, str]] = []
    is_created = False
    for item in events:
        if not item.edge:
            if item.kind in rules.kinds or item.previous_kind in rules.kinds:
                is_created = True
                if item.operation is not Operation.CREATE:
                    deleted.append((item.element, item.element, item.element))
        elif item.kind in rules.relations:
            if item.operation is Operation.CREATE:
                is_created = True
            elif item.operation is Operation.DELETE:
                taker, source = taker_and_source(rules.relations[item.kind], item.start or "", item.end or "")
                deleted.append((taker, item.element, source))
    if deleted:
        _delete(connection, OWNERSHIP, "taker", [(taker, edge) for taker, edge, _ in deleted])
        _delete(connection, OWNED, "source", [(source, edge) for _, edge, source in deleted])
    if is_created:
        operation = event.c.operation
        chosen = (
            event.c.sequence.between(first, first + len(events) - 1),
            or_(operation == Operation.CREATE.value, and_(~event.c.edge, operation != Operation.DELETE.value)),
        )
        for index in (OWNERSHIP, OWNED):
            _fill(connection, index.newest, rules, *chosen)


def _delete(connection: Connection, index: Tiered, end: str, keys: list[tuple[str, str]]) -> None:
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    for table in index.tables:
        connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {end} = {mark} AND edge = {mark}", keys)


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
