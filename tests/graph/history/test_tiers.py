"""An index in tiers answers as one table does, whatever comes, changes, goes and comes back, and wherever its rows lie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, insert, select, text

from core.clock import FrozenClock
from core.errors import LedgerError
from core.ids import uuid_of
from graph.history import tables
from graph.history.ledger import Event, Ledger
from graph.history.tiers import HEADS, OWNED, OWNERSHIP, SLICES
from graph.model import Operation
from graph.schema.model import Schema
from tests.conftest import NIGHTLY
from tests.graph.history.random_events import Estate
from tests.graph.history.tiered import answers, check_tiers

NEVER = 10**9
"""A step that no test comes to: everything stays in the newest tier, which is one table."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    yield request.getfixturevalue("postgresql_url")


def fill(ledger: Ledger, seed: int, sizes: list[int]) -> None:
    estate, run = Estate(seed), ledger.begin_run("csv", "tester", "export/", "f1")
    for size in sizes:
        ledger.append(run, estate.batch(size))


@settings(max_examples=200 if NIGHTLY else 8, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=25),
    step=st.integers(1, 20),
)
def test_any_history_reads_the_same_with_small_tiers_as_with_one_table(
    schema: Schema, seed: int, sizes: list[int], step: int
) -> None:
    clock = FrozenClock(datetime(2025, 1, 1, tzinfo=UTC))
    with TemporaryDirectory() as folder:
        tiered = Ledger(f"sqlite:///{folder}/tiered.db", schema, clock, tier_step=step)
        plain = Ledger(f"sqlite:///{folder}/plain.db", schema, clock, tier_step=NEVER)
        try:
            for ledger in (tiered, plain):
                fill(ledger, seed, sizes)
            told = [{**answers(ledger), "run": None} for ledger in (tiered, plain)]
            assert told[0] == told[1]
            check_tiers(tiered, step, max(sizes))
            newest, *others = check_tiers(plain, NEVER, max(sizes))
            assert others == [0] * len(SLICES)
            assert newest == len(told[1]["present"])
        finally:
            tiered.close()
            plain.close()


def test_rows_come_through_every_tier_to_the_last(url: str, schema: Schema, clock: FrozenClock) -> None:
    ledger = Ledger(url, schema, clock, tier_step=2)
    fill(ledger, 1, [4] * 60)
    rows = check_tiers(ledger, 2, 4)
    assert rows[-1] > 0
    assert sum(rows) == len(list(ledger.present()))
    ledger.close()
    plain = Ledger(url, schema, clock, tier_step=NEVER)  # the step of one process binds no other
    before = answers(plain)
    fill(plain, 1, [])
    assert answers(plain) == before
    plain.close()


def test_elements_in_every_tier_change_go_and_come_back(url: str, schema: Schema, clock: FrozenClock) -> None:
    ledger = Ledger(url, schema, clock, tier_step=8)
    run = ledger.begin_run("csv", "tester", "export/", "f1")
    elements = [uuid_of("element", str(number)) for number in range(405)]
    for at in range(0, len(elements), 5):
        ledger.append(run, [_node(Operation.CREATE, e, None, "one") for e in elements[at : at + 5]])
    with ledger.reading() as connection:
        one_of_each = [connection.execute(select(table.c.element).limit(1)).scalar_one() for table in HEADS.tables]
    last = ledger.sequence()
    created = ledger.last_events(one_of_each)
    ledger.append(run, [_node(Operation.UPDATE, e, "one", "two") for e in one_of_each])
    ledger.append(run, [_node(Operation.DELETE, e, "two", None) for e in one_of_each])
    assert ledger.states(one_of_each) == {}
    ledger.append(run, [_node(Operation.CREATE, e, None, "three") for e in one_of_each])
    events = list(ledger.events(last + 1, last + 3 * len(one_of_each)))
    for number, element in enumerate(one_of_each):
        chain = [event for event in events if event.event.element == element]
        assert [e.previous for e in chain] == [created[element], last + 1 + number, last + 1 + len(SLICES) + 1 + number]
    assert {s.properties["name"] for s in ledger.states(one_of_each).values()} == {"three"}
    check_tiers(ledger, 8, 5)
    ledger.close()


def test_what_is_there_in_any_tier_is_not_created_again(url: str, schema: Schema, clock: FrozenClock) -> None:
    ledger = Ledger(url, schema, clock, tier_step=8)
    run = ledger.begin_run("csv", "tester", "export/", "f1")
    for number in range(81):
        events = [_node(Operation.CREATE, uuid_of("element", str(number), str(i)), None, "one") for i in range(5)]
        ledger.append(run, events)
    last = ledger.sequence()
    for table in HEADS.tables:
        with ledger.reading() as connection:
            element = connection.execute(select(table.c.element).limit(1)).scalar_one()
        with pytest.raises(LedgerError):
            ledger.append(run, [_node(Operation.CREATE, element, None, "again")])
    assert ledger.sequence() == last
    ledger.close()


def test_what_another_has_created_meanwhile_is_not_created_again(url: str, schema: Schema, clock: FrozenClock) -> None:
    ledger, other = (Ledger(url, schema, clock, tier_step=2) for _ in range(2))
    run, theirs = (
        ledger.begin_run("csv", "tester", "export/", "f1"),
        other.begin_run("netbox", "tester", "export/", "f2"),
    )
    known_to = ledger.sequence()
    element = uuid_of("element", "theirs")
    for number in range(4):  # so that it has left the newest tier, which refuses by itself
        added = [element] if number == 0 else [uuid_of("element", str(number), end) for end in "ab"]
        other.append(theirs, [_node(Operation.CREATE, each, None, "theirs") for each in added])
    last = ledger.sequence()
    with pytest.raises(LedgerError):
        ledger.append(run, [_node(Operation.CREATE, element, None, "ours")], known_to=known_to)
    assert ledger.sequence() == last
    fresh = uuid_of("element", "ours")
    assert ledger.append(run, [_node(Operation.CREATE, fresh, None, "ours")], known_to=last) == (last + 1, last + 1)
    assert ledger.states([element, fresh]).keys() == {element, fresh}
    ledger.close()
    other.close()


def test_a_ledger_of_the_second_format_is_brought_up_to_date(url: str, schema: Schema, clock: FrozenClock) -> None:
    ledger = Ledger(url, schema, clock, tier_step=8)
    fill(ledger, 3, [9] * 30)
    before = answers(ledger)
    assert before["takers"], "nobody owns anything"
    ledger.close()
    engine = create_engine(url)
    with engine.begin() as connection:
        _as_in_the_second_format(connection)
    engine.dispose()
    ledger = Ledger(url, schema, clock, tier_step=8)
    assert answers(ledger) == before
    assert check_tiers(ledger, 8, 9)[:-1] == [0] * len(SLICES)
    with ledger.reading() as connection:
        assert connection.execute(select(tables.writer.c.format)).scalar_one() == tables.FORMAT
        assert "ix_ownership_source" not in _indexes(connection)
    ledger.close()


def _as_in_the_second_format(connection: Connection) -> None:
    """One table each, the owned found by an index."""
    for index in (HEADS, OWNERSHIP):
        for table in index.tables[:-1]:
            columns = [column.name for column in table.columns]
            connection.execute(insert(index.settled).from_select(columns, select(table)))
            connection.execute(delete(table))
            table.drop(connection)
    for table in OWNED.tables:
        table.drop(connection)
    connection.execute(text("CREATE INDEX ix_ownership_source ON ownership (source)"))
    connection.execute(text("UPDATE writer SET format = 2"))


def _indexes(connection: Connection) -> set[str]:
    catalogue = "pg_indexes" if connection.dialect.name == "postgresql" else "sqlite_master"
    name = "indexname" if connection.dialect.name == "postgresql" else "name"
    return set(connection.execute(text(f"SELECT {name} FROM {catalogue}")).scalars())


def _node(operation: Operation, element: str, before: str | None, after: str | None) -> Event:
    states = [None if name is None else {"name": name} for name in (before, after)]
    return Event(operation, element, False, "PhysicalServer", states[0], states[1])


def test_look_ups_and_joins_use_the_keys_of_every_tier(tmp_path: Path, schema: Schema, clock: FrozenClock) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", schema, clock)
    event, heads = tables.event, HEADS.rows
    query = select(event.c.after).join_from(heads, event, heads.c.sequence == event.c.sequence)
    with ledger.reading() as connection:
        look_up = query.where(heads.c.element.in_(["a", "b"])).compile(
            connection.engine, compile_kwargs={"literal_binds": True}
        )
        owned = OWNED.rows
        of_sources = (
            select(owned.c.taker)
            .where(owned.c.source.in_(["a"]))
            .compile(connection.engine, compile_kwargs={"literal_binds": True})
        )
        plans = [
            [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
            for asked in (look_up, of_sources)
        ]
    for plan, index in zip(plans, (HEADS, OWNED), strict=True):
        for table in index.tables:
            assert any(step.startswith(f"SEARCH {table.name} USING PRIMARY KEY") for step in plan), plan
        assert not any(step.startswith(("SCAN", "MATERIALIZE")) for step in plan), plan
    ledger.close()
