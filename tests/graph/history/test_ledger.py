"""The ledger keeps every change in order, whole batches or nothing, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.clock import FrozenClock
from core.errors import ConfigurationError, LedgerError, StoreReadOnlyError
from core.ids import relation_id, uuid_of
from graph.history.lease import LoadInProgressError
from graph.history.ledger import Event, Ledger, Run
from graph.model import Operation, Properties
from graph.schema.model import Schema

ROOT = Path(__file__).resolve().parents[3]
A, B, C = (uuid_of("test", name) for name in "abc")
AB = relation_id("DEPENDS_ON", A, B)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    yield request.getfixturevalue("postgresql_url")


@pytest.fixture
def ledger(url: str, schema: Schema, clock: FrozenClock) -> Iterator[Ledger]:
    opened = Ledger(url, schema, clock)
    yield opened
    opened.close()


def create(element: str, **properties: object) -> Event:
    return Event(Operation.CREATE, element, False, "PhysicalServer", None, properties)  # type: ignore[arg-type]


def update(element: str, before: Properties, after: Properties) -> Event:
    return Event(Operation.UPDATE, element, False, "PhysicalServer", before, after)


def opened(ledger: Ledger, source: str = "csv", fingerprint: str = "f1") -> Run:
    return ledger.begin_run(source, "tester", "export/", fingerprint)


def test_sequence_numbers_have_no_gap_and_batches_follow_each_other(ledger: Ledger) -> None:
    run = opened(ledger)
    assert ledger.append(run, [create(A), create(B)]) == (1, 2)
    assert ledger.append(run, [create(C)]) == (3, 3)
    assert ledger.sequence() == 3
    assert [(first, last) for _, first, last in ledger.batches(0)] == [(1, 2), (3, 3)]
    assert [r.sequence for r in ledger.events(1, 3)] == [1, 2, 3]


def test_every_type_of_value_comes_back_as_it_was_written(ledger: Ledger) -> None:
    values: Properties = {
        "name": "é\u2028 \U0001f512",
        "cpu_cores": 2**62,
        "memory_gb": 1.5,
        "internet_exposed": False,
        "commissioned_on": date(2020, 2, 29),
        "last_restart": datetime(2024, 12, 31, 23, 59, 59, 123456, tzinfo=UTC),
        "aliases": ("one", "two"),
    }
    ledger.append(opened(ledger), [create(A, **values)])
    state = ledger.states([A])[A]
    assert state.properties == values
    assert {name: type(value) for name, value in state.properties.items()} == {
        name: type(value) for name, value in values.items()
    }


def test_a_failing_batch_leaves_nothing_behind(ledger: Ledger) -> None:
    run = opened(ledger)
    ledger.append(run, [create(A)])
    with pytest.raises(LedgerError):
        ledger.append(run, [create(B), create(A)])  # A exists: the index of present elements refuses it
    assert ledger.sequence() == 1
    assert ledger.states([A, B]).keys() == {A}
    assert ledger.append(run, [create(B)]) == (2, 2)


def test_present_states_follow_updates_reclassifications_and_deletes(ledger: Ledger) -> None:
    run = opened(ledger)
    edge = Event(Operation.CREATE, AB, True, "DEPENDS_ON", None, {}, A, B)
    ledger.append(run, [create(A, name="a"), create(B, name="b"), create(C, name="c"), edge])
    reclassified = Event(
        Operation.RECLASSIFY, B, False, "Hypervisor", {"name": "b"}, {"name": "b"}, previous_kind="PhysicalServer"
    )
    gone = Event(Operation.DELETE, C, False, "PhysicalServer", {"name": "c"}, None)
    ledger.append(run, [update(A, {"name": "a"}, {"name": "a2"}), reclassified, gone])
    present = {state.element: state for state in ledger.present()}
    assert present.keys() == {A, B, AB}
    assert present[A].properties == {"name": "a2"}
    assert ledger.kinds([A, B, C]) == {A: "PhysicalServer", B: "Hypervisor"}
    assert [state.element for state in ledger.edges_of([B])] == [AB]
    assert (present[AB].start, present[AB].end) == (A, B)


def test_old_and_new_values_are_kept_with_each_event(ledger: Ledger) -> None:
    run = opened(ledger)
    ledger.append(run, [create(A, name="old")])
    ledger.append(run, [update(A, {"name": "old"}, {"name": "new"})])
    (recorded,) = ledger.events(2, 2)
    assert (recorded.event.before, recorded.event.after) == ({"name": "old"}, {"name": "new"})


def test_an_interrupted_run_is_taken_up_where_its_last_batch_stopped(ledger: Ledger) -> None:
    first = opened(ledger)
    ledger.append(first, [create(A)], cursor={"file": 2, "row": 5000})
    again = opened(ledger)
    assert again.id == first.id
    assert dict(again.cursor) == {"file": 2, "row": 5000}


def test_another_input_starts_afresh_and_marks_the_interrupted_run_as_superseded(ledger: Ledger) -> None:
    first = opened(ledger, fingerprint="monday")
    second = opened(ledger, fingerprint="tuesday")
    assert second.id != first.id
    assert {run.id: run.status for run in ledger.runs()} == {first.id: "superseded", second.id: "incomplete"}


def test_a_finished_run_is_not_resumed(ledger: Ledger) -> None:
    first = opened(ledger)
    ledger.finish_run(first, "complete", {"created": 1})
    assert opened(ledger).id != first.id


def test_identities_are_found_by_key(ledger: Ledger) -> None:
    ledger.append(opened(ledger), [create(A)], identities={"csv|1": (A, "PhysicalServer")})
    assert ledger.identities(["csv|1", "csv|2"]) == {"csv|1": (A, "PhysicalServer")}


def test_two_writers_take_turns_and_leave_no_gap(url: str, schema: Schema, clock: FrozenClock) -> None:
    ledgers = [Ledger(url, schema, clock) for _ in range(2)]
    failures: list[BaseException] = []

    def write(number: int) -> None:
        try:
            run = opened(ledgers[number], source=f"source{number}")
            for i in range(20):
                ledgers[number].append(run, [create(uuid_of(str(number), str(i), str(j))) for j in range(5)])
        except BaseException as error:  # pragma: no cover - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [r.sequence for r in ledgers[0].events(1, 1000)] == list(range(1, 201))
    for one in ledgers:
        one.close()


def test_the_events_of_an_element_are_a_chain_that_outlives_its_deletion(ledger: Ledger) -> None:
    run = opened(ledger)
    ledger.append(run, [create(A, name="one"), create(B)])
    ledger.append(run, [update(A, {"name": "one"}, {"name": "two"})])
    ledger.append(run, [Event(Operation.DELETE, A, False, "PhysicalServer", {"name": "two"}, None)])
    ledger.append(run, [create(A, name="three"), create(C)])
    assert ledger.last_events([A, B, C]) == {A: 5, B: 2, C: 6}
    assert {e.sequence: e.previous for e in ledger.events(1, 6)} == {1: None, 2: None, 3: 1, 4: 3, 5: 4, 6: None}
    assert ledger.recorded([3, 5])[5].event.after == {"name": "three"}


def test_a_ledger_of_the_first_format_is_brought_up_to_date(tmp_path: Path, schema: Schema, clock: FrozenClock) -> None:
    path = tmp_path / "ledger.db"
    ledger = Ledger(f"sqlite:///{path}", schema, clock)
    run = opened(ledger)
    ledger.append(run, [create(A, name="one"), create(B)])
    ledger.append(run, [update(A, {"name": "one"}, {"name": "two"})])
    ledger.append(run, [Event(Operation.DELETE, B, False, "PhysicalServer", {}, None)])
    chained = list(ledger.events(1, 4))
    ledger.close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE event DROP COLUMN previous")
        connection.execute("DROP TABLE tombstone")
        connection.execute("UPDATE writer SET format = 1")
    connection.close()
    ledger = Ledger(f"sqlite:///{path}", schema, clock)
    assert list(ledger.events(1, 4)) == chained
    assert ledger.last_events([A, B]) == {A: 3, B: 4}
    ledger.append(run, [create(B)])
    assert next(ledger.events(5, 5)).previous == 4
    ledger.close()


def test_a_ledger_of_another_format_is_refused(tmp_path: Path, schema: Schema, clock: FrozenClock) -> None:
    path = tmp_path / "ledger.db"
    Ledger(f"sqlite:///{path}", schema, clock).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE writer SET format = 99")
    connection.close()
    with pytest.raises(LedgerError, match="format 99"):
        Ledger(f"sqlite:///{path}", schema, clock)


def test_a_ledger_on_another_database_is_refused(schema: Schema, clock: FrozenClock) -> None:
    with pytest.raises(ConfigurationError, match="mysql"):
        Ledger("mysql://somewhere/db", schema, clock)


def test_a_directory_that_cannot_be_made_gives_a_read_only_error(
    tmp_path: Path, schema: Schema, clock: FrozenClock
) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StoreReadOnlyError):
        Ledger(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}", schema, clock)


def test_a_source_is_loaded_once_at_a_time(ledger: Ledger, url: str, schema: Schema, clock: FrozenClock) -> None:
    other = Ledger(url, schema, clock)
    with ledger.loading("csv"):
        with pytest.raises(LoadInProgressError, match="csv"), other.loading("csv"):
            pass
        with other.loading("netbox"):
            pass
    with other.loading("csv"):
        pass
    other.close()


def test_a_ledger_in_memory_knows_its_own_loads(schema: Schema, clock: FrozenClock) -> None:
    ledger = Ledger("sqlite://", schema, clock)
    with ledger.loading("csv"), pytest.raises(LoadInProgressError), ledger.loading("csv"):
        pass
    with ledger.loading("csv"):
        pass
    ledger.close()


def test_a_load_that_was_killed_leaves_its_source_free(tmp_path: Path, schema: Schema, clock: FrozenClock) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    program = (
        "import sys, time\n"
        "from core.clock import SystemClock\nfrom graph.history.ledger import Ledger\n"
        "from graph.schema.load import load_schema\n"
        "ledger = Ledger(sys.argv[1], load_schema('it_estate'), SystemClock())\n"
        "with ledger.loading('csv'):\n    print('held', flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        ledger = Ledger(url, schema, clock)
        with pytest.raises(LoadInProgressError, match=f"process {process.pid}"), ledger.loading("csv"):
            pass
        process.kill()
        process.wait()
    with ledger.loading("csv"):
        ledger.close()
