"""Rows of several sources that mean one element meet in it; what cannot be told waits for a person and is never guessed."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from core.errors import UsageError
from graph.history.ledger import Ledger
from graph.history.selection import contested, named
from graph.schema.load import load_schema
from ingest.discrepancies import Discrepancies
from ingest.held import HeldRows
from ingest.job import IngestJob
from ingest.review import Review
from tests.conftest import NIGHTLY, NOW
from tests.ingest.twin import SECRET, TestTwin, write_files

_SCHEMA = load_schema("it_estate")


def netbox(*devices: dict[str, Any]) -> dict[str, str | bytes]:
    """A dump with servers; each has at least a name."""
    objects: list[dict[str, Any]] = [
        {"model": "dcim.site", "pk": 1, "fields": {"name": "Paris"}},
        {"model": "dcim.devicerole", "pk": 1, "fields": {"name": "r", "slug": "server"}},
    ]
    for number, fields in enumerate(devices, 1):
        objects.append({"model": "dcim.device", "pk": number, "fields": {"role": 1, "status": "active", **fields}})
    return {"x.json": json.dumps(objects)}


def servicenow(*items: dict[str, Any], relations: tuple[tuple[int, str, int], ...] = ()) -> dict[str, str | bytes]:
    """An IRE payload; the class is a Linux server unless it says otherwise."""
    told = []
    for number, values in enumerate(items, 1):
        held = dict(values)
        name = held.pop("class", "cmdb_ci_linux_server")
        told.append(
            {
                "className": name,
                "values": {"sys_id": f"s{number}", "operational_status": "1", **held},
                "sys_object_source_info": {"source_name": "discovery", "source_native_key": f"n{number}"},
            }
        )
    links = [{"parent": one, "child": other, "type": type_} for one, type_, other in relations]
    return {"payload.json": json.dumps({"items": told, "relations": links})}


def _servers(twin: TestTwin) -> list[tuple[str, str]]:
    """(name, serial number) of every server, in order."""
    kinds = _SCHEMA.descendants["Server"]
    return sorted(
        (str(s.properties["name"]), _text(s.properties.get("serial_number"))) for s in twin.states() if s.kind in kinds
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


ONE = {"name": "srv1", "serial": "CZ1"}
SAME = {"name": "srv1.bank.example", "serial_number": "cz1"}


@pytest.mark.parametrize("order", list(permutations(["netbox", "servicenow_cmdb"])), ids="-".join)
def test_equal_serial_numbers_are_one_server_whoever_comes_first(twin: TestTwin, order: tuple[str, ...]) -> None:
    files = {"netbox": netbox(ONE), "servicenow_cmdb": servicenow(SAME)}
    for source in order:
        assert twin.load(source, files[source]).counters["rejected"] == 0
    assert _servers(twin) == [("srv1", "CZ1")]
    before = twin.checksum()
    for source in order:
        assert twin.load(source, files[source]).counters["updated"] == 0
    assert twin.checksum() == before
    assert len(_keys(twin)) == 2


def _keys(twin: TestTwin) -> list[str]:
    (server,) = [s for s in twin.states() if s.kind in _SCHEMA.descendants["Server"]]
    wanted = ["netbox\x1fdcim.device\x1f1", "servicenow_cmdb\x1fci\x1fs1", "servicenow_cmdb\x1fci\x1fn1"]
    return [key for key, (element, _) in twin.ledger.identities(wanted).items() if element == server.element]


def test_a_name_is_enough_where_nothing_more_telling_speaks_against_it(twin: TestTwin) -> None:
    twin.load("netbox", netbox({"name": "srv1"}))
    twin.load("servicenow_cmdb", servicenow({"name": "SRV1", "serial_number": "CZ1"}))
    assert _servers(twin) == [("srv1", "CZ1")]


def test_an_address_alone_is_never_enough(twin: TestTwin) -> None:
    address = [
        {"model": "ipam.ipaddress", "pk": 9, "fields": {"address": "10.0.0.1/24", "status": "active"}},
    ]
    files = json.loads(str(netbox({"name": "srv1", "primary_ip4": 9})["x.json"])) + address
    twin.load("netbox", {"x.json": json.dumps(files)})
    twin.load("servicenow_cmdb", servicenow({"name": "other", "ip_address": "10.0.0.1"}))
    assert [name for name, _ in _servers(twin)] == ["other", "srv1"]


def test_what_stands_for_no_serial_number_identifies_nothing(twin: TestTwin) -> None:
    twin.load("netbox", netbox({"name": "srv1", "serial": "N/A"}))
    twin.load("servicenow_cmdb", servicenow({"name": "srv2", "serial_number": "n/a"}))
    assert [name for name, _ in _servers(twin)] == ["srv1", "srv2"]


def test_a_source_never_merges_what_it_tells_apart(twin: TestTwin) -> None:
    twin.load("servicenow_cmdb", servicenow({"name": "other"}))
    twin.load("netbox", netbox({"name": "srv1"}, {"name": "srv1"}))
    assert [name for name, _ in _servers(twin)] == ["other", "srv1", "srv1"]
    twin.load("netbox", netbox({"name": "srv1"}, {"name": "srv1"}, {"name": "srv1"}))
    assert len(_servers(twin)) == 4


AMBIGUOUS = [
    pytest.param((ONE, ONE), (SAME,), id="two elements have the serial number"),
    pytest.param(({"name": "srv1"}, {"name": "srv1"}), ({"name": "srv1"},), id="two elements have the name"),
    pytest.param((ONE,), (SAME, {**SAME, "name": "x"}), id="two rows have the serial number"),
    pytest.param((ONE,), ({"name": "srv1", "serial_number": "OTHER"},), id="same name, another serial number"),
]


@pytest.mark.parametrize(("devices", "items"), AMBIGUOUS)
def test_what_cannot_be_told_waits_for_a_person(
    twin: TestTwin, devices: tuple[dict[str, Any], ...], items: tuple[dict[str, Any], ...]
) -> None:
    twin.load("netbox", netbox(*devices))
    before = _servers(twin)
    report = twin.load("servicenow_cmdb", servicenow(*items))
    assert report.counters["rejected"] == len(items)
    assert {row.code for row in report.quarantined} == {"AMBIGUOUS_MATCH"}
    assert _servers(twin) == before
    waiting = Review(twin.schema, twin.ledger, actor="ana").waiting()
    assert len(waiting) == len(items)
    assert all(row.candidates for row in waiting)


def test_a_persons_decision_makes_a_row_one_of_the_elements_or_a_new_one(twin: TestTwin) -> None:
    twin.load("netbox", netbox({"name": "srv1", "serial": "A"}))
    twin.load(
        "servicenow_cmdb", servicenow({"name": "srv1", "serial_number": "B"}, {"name": "srv1", "serial_number": "C"})
    )
    review = Review(twin.schema, twin.ledger, actor="ana")
    first, second = review.waiting()
    (choice,) = review.choices(first)
    assert choice.properties["serial_number"] == "A"
    with pytest.raises(UsageError):
        review.decide(first, "nobody", "x")
    with pytest.raises(UsageError):
        review.decide(first, choice.element, "")
    assert review.decide(first, choice.element, "the board was changed") == choice.element
    other = review.decide(second, None, "a clone")
    job = IngestJob(twin.schema, twin.ledger, actor="ana", clock=twin.clock, personal_secret=SECRET)
    taken = job.replay("servicenow_cmdb", [first, second])
    assert (taken.counters["created"], taken.counters["rejected"]) == (1, 0)
    assert review.waiting() == HeldRows(twin.ledger).of() == []
    assert _servers(twin) == [("srv1", "A"), ("srv1", "C")]
    assert other in {s.element for s in twin.states("PhysicalServer")}
    (disagreement,) = [s for s in twin.states("Discrepancy") if s.properties["attribute"] == "serial_number"]
    assert disagreement.properties["rejected_values"] == ("servicenow_cmdb: B",)
    again = twin.load(
        "servicenow_cmdb", servicenow({"name": "srv1", "serial_number": "B"}, {"name": "srv1", "serial_number": "C"})
    )
    assert (again.counters["rejected"], again.counters["created"], again.counters["updated"]) == (0, 0, 0)


def test_a_virtual_machine_is_known_by_the_uuid_of_its_bios(twin: TestTwin) -> None:
    machine = "key,name,bios_uuid\nV1,vm one,4203AB\nV2,vm two,4203AC\n"
    twin.load("csv", {"VirtualMachine.csv": machine})
    item = {"class": "cmdb_ci_vmware_instance", "name": "renamed", "bios_uuid": "4203ab"}
    twin.load("servicenow_cmdb", servicenow(item))
    assert len(_servers(twin)) == 2


def test_what_runs_on_one_host_is_known_by_its_port_or_path(twin: TestTwin) -> None:
    twin.load(
        "csv",
        {
            "PhysicalServer.csv": "key,name\nP1,host1\nP2,host2\n",
            "DatabaseInstance.csv": "key,name,port\nD1,base one,1521\nD2,base two,1521\n",
            "relations/RUNS_ON.csv": "from_kind,from,to_kind,to\n"
            "DatabaseInstance,D1,PhysicalServer,P1\nDatabaseInstance,D2,PhysicalServer,P2\n",
        },
    )
    report = twin.load(
        "servicenow_cmdb",
        servicenow(
            {"name": "host2"},
            {"class": "cmdb_ci_db_ora_instance", "name": "ORA@host2", "tcp_port": "1521"},
            {"class": "cmdb_ci_db_ora_instance", "name": "elsewhere", "tcp_port": "1521"},
            relations=((1, "Runs on::Runs", 0),),
        ),
    )
    assert report.counters["rejected"] == 0
    names = {s.properties["name"] for s in twin.states("DatabaseInstance")}
    assert names == {"base one", "ORA@host2", "elsewhere"}
    assert ("ORA@host2", "RUNS_ON", "host2") in twin.edges()


NAMES = st.sampled_from(["a", "b", "c"])
SERIALS = st.sampled_from(["", "S1", "S2", "S3"])
MACHINES = st.lists(st.tuples(NAMES, SERIALS), min_size=1, max_size=3)


@settings(max_examples=200 if NIGHTLY else 6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ours=MACHINES, theirs=MACHINES, batch_rows=st.integers(1, 4))
@example(ours=[("a", "S1"), ("b", "S3")], theirs=[("b", ""), ("b", "S1")], batch_rows=1)
def test_where_nothing_waits_for_a_person_the_order_of_sources_does_not_matter(
    ours: list[tuple[str, str]], theirs: list[tuple[str, str]], batch_rows: int
) -> None:
    files = {
        "netbox": netbox(*({"name": name, "serial": serial} for name, serial in ours)),
        "servicenow_cmdb": servicenow(*({"name": name, "serial_number": serial} for name, serial in theirs)),
    }
    results = []
    for order in permutations(files):
        with TemporaryDirectory() as folder:
            ledger = Ledger(f"sqlite:///{folder}/ledger.db", _SCHEMA, FrozenClock(NOW))
            try:
                twin = TestTwin(_SCHEMA, ledger, FrozenClock(NOW), Path(folder))
                rejected = [twin.load(s, files[s], batch_rows=batch_rows).counters["rejected"] for s in order]
                results.append((_servers(twin), sum(rejected)))
                again = [twin.load(s, files[s]).counters for s in order]
                assert [(c["created"], c["updated"]) for c in again] == [(0, 0), (0, 0)]
            finally:
                ledger.close()
    assert (results[0][1] == 0) == (results[1][1] == 0)
    if results[0][1] == 0:
        assert results[0] == results[1]


class _Stopped(Exception):
    """Stands for a crash between two batches."""


class _StoppingLedger(Ledger):
    """Stops before the append of that number."""

    appends_left = 0

    def append(self, *args: Any, **kwargs: Any) -> tuple[int, int]:
        if self.appends_left == 0:
            raise _Stopped
        self.appends_left -= 1
        return super().append(*args, **kwargs)


def test_a_load_that_stops_while_rows_are_settled_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    ours = netbox(*({"name": f"srv{n}", "serial": f"S{n % 6}", "site": 1} for n in range(8)))
    theirs = servicenow(*({"name": f"other{n}", "serial_number": f"s{n}"} for n in range(8)))
    results = set()
    for stop in (*range(12), 10**9):
        ledger = _StoppingLedger(f"sqlite:///{tmp_path / f'{stop}.db'}", _SCHEMA, FrozenClock(NOW))
        try:
            twin = TestTwin(_SCHEMA, ledger, FrozenClock(NOW), tmp_path / str(stop))
            ledger.appends_left = 10**9
            twin.load("netbox", ours)
            path = write_files(tmp_path / str(stop) / "theirs", theirs)
            ledger.appends_left = stop
            try:
                twin.load_path("servicenow_cmdb", path, batch_rows=2)
            except _Stopped:
                ledger.appends_left = 10**9
                assert twin.load_path("servicenow_cmdb", path, batch_rows=2).resumed == (stop > 0)
            (run,) = [r for r in ledger.runs() if r.source == "servicenow_cmdb"]
            waiting = frozenset(row.place.position for row in HeldRows(ledger).of("servicenow_cmdb"))
            results.add((twin.checksum(), waiting, tuple(sorted(run.counters.items()))))
        finally:
            ledger.close()
    ((_, waiting, counters),) = results
    assert waiting == {1, 2}
    assert dict(counters)["rejected"] == 2


def test_on_postgresql_rows_meet_and_wait_as_they_do_elsewhere(postgresql_url: str, tmp_path: Path) -> None:
    ledger = Ledger(postgresql_url, _SCHEMA, FrozenClock(NOW))
    try:
        twin = TestTwin(_SCHEMA, ledger, FrozenClock(NOW), tmp_path)
        twin.load("netbox", netbox(ONE, {"name": "srv2", "serial": "A"}))
        report = twin.load("servicenow_cmdb", servicenow(SAME, {"name": "srv2", "serial_number": "B"}))
        assert report.counters["rejected"] == 1
        review = Review(_SCHEMA, ledger, actor="ana")
        (row,) = review.waiting()
        review.decide(row, row.candidates[0], "one board")
        IngestJob(_SCHEMA, ledger, actor="ana", clock=twin.clock, personal_secret=SECRET).replay(
            "servicenow_cmdb", [row]
        )
        assert review.waiting() == []
        assert _servers(twin) == [("srv1", "CZ1"), ("srv2", "A")]
        found = {(str(s.properties["name"]), d) for s in contested(ledger) for d in Discrepancies(_SCHEMA).of(s)}
        assert {name for name in found if name[1] == "serial_number"} == {
            ("srv1", "serial_number"),
            ("srv2", "serial_number"),
        }
        assert named(ledger, "srv2", _SCHEMA.concrete).properties["serial_number"] == "A"
    finally:
        ledger.close()
