"""Two elements that turn out to be one: everything told of the second passes to the first, undoably, and later loads land on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from core.errors import UsageError
from graph.history.events import State
from graph.history.lease import LoadInProgressError
from graph.history.ledger import Ledger
from graph.schema.model import Schema
from ingest.deduplication import Deduplication, MergeRefusedError, MergeReport
from ingest.duplicates import find_duplicates
from ingest.undo import Undo, UndoConflictError
from tests.conftest import NIGHTLY
from tests.ingest.twin import TestTwin

SPREADSHEET = {
    "PhysicalServer.csv": "key,name,model,memory_gb,criticality\n1,srv-old,R740,64,vital\n2,other,,,\n",
    "Team.csv": "key,name\nT1,Network\n",
    "DataCenter.csv": "key,name\nD1,north\nD2,south\n",
    "BusinessApplication.csv": "key,name\n1,Payments\n",
    "relations/OWNED_BY.csv": "from_kind,from,to_kind,to\nPhysicalServer,1,Team,T1\n",
    "relations/RUNS_ON.csv": "from_kind,from,to_kind,to\nBusinessApplication,1,PhysicalServer,1\n",
}


def payload(**values: Any) -> dict[str, str | bytes]:
    """What a discovery tells of one server and of what runs on it."""
    items = [
        {"className": "cmdb_ci_linux_server", "values": {"sys_id": "s1", "virtual": "false", **values}},
        {"className": "cmdb_ci_app_server_tomcat", "values": {"sys_id": "t1", "name": "tomcat"}},
    ]
    relations = [{"parent": 1, "child": 0, "type": "Runs on::Runs"}]
    return {"payload.json": json.dumps({"items": items, "relations": relations})}


DISCOVERY = payload(name="srv-new", ram="131072", serial_number="S1")


def server(twin: TestTwin, name: str) -> State:
    (found,) = (
        s for s in twin.states() if s.kind in ("PhysicalServer", "VirtualMachine") and s.properties["name"] == name
    )
    return found


def merge(twin: TestTwin, kept: str, absorbed: str, **how: Any) -> MergeReport:
    duplicates = Deduplication(twin.schema, twin.ledger, actor="tester")
    return duplicates.merge(server(twin, kept), server(twin, absorbed), how.pop("reason", "same serial number"), **how)


def apart(twin: TestTwin) -> None:
    twin.load("csv", SPREADSHEET)
    twin.load("servicenow_cmdb", DISCOVERY)
    assert len(twin.states("PhysicalServer")) == 3


def test_the_kept_element_has_the_values_relations_and_names_of_both(twin: TestTwin) -> None:
    apart(twin)
    report = merge(twin, "srv-old", "srv-new")
    values = twin.nodes()["PhysicalServer", "srv-new"]
    assert (values["model"], values["criticality"], values["serial_number"]) == ("R740", "vital", "S1")
    assert values["memory_gb"] == 128, "the discovery is believed before the spreadsheet"
    assert values["aliases"] == ("srv-old",)
    assert twin.edges() == {
        ("srv-new", "OWNED_BY", "Network"),
        ("Payments", "RUNS_ON", "srv-new"),
        ("tomcat", "RUNS_ON", "srv-new"),
    }
    assert (report.keys, report.left_out) == (1, ())
    assert set(twin.nodes()) >= {("PhysicalServer", "other")}
    assert len(twin.states("PhysicalServer")) == 2


def test_which_of_the_two_is_kept_decides_the_identity_and_nothing_else(twin: TestTwin, tmp_path: Path) -> None:
    apart(twin)
    kept = server(twin, "srv-new").element
    merge(twin, "srv-new", "srv-old")
    assert server(twin, "srv-new").element == kept
    values, edges = twin.nodes()["PhysicalServer", "srv-new"], twin.edges()
    ledger = Ledger(f"sqlite:///{tmp_path / 'second.db'}", twin.schema, twin.clock)
    other = TestTwin(twin.schema, ledger, twin.clock, tmp_path / "second")
    apart(other)
    merge(other, "srv-old", "srv-new")
    assert (other.nodes()["PhysicalServer", "srv-new"], other.edges()) == (values, edges)
    ledger.close()


def test_what_the_sources_say_differently_is_a_discrepancy_of_the_merged_element(twin: TestTwin) -> None:
    apart(twin)
    merge(twin, "srv-old", "srv-new")
    said = {str(s.properties["attribute"]): s.properties["rejected_values"] for s in twin.states("Discrepancy")}
    assert said == {"name": ("csv: srv-old",), "memory_gb": ("csv: 64.0",)}


def test_later_loads_of_both_sources_land_on_the_kept_element(twin: TestTwin) -> None:
    apart(twin)
    merge(twin, "srv-old", "srv-new")
    twin.load("servicenow_cmdb", payload(name="srv-new", ram="262144", serial_number="S1"))
    twin.load("csv", {**SPREADSHEET, "PhysicalServer.csv": SPREADSHEET["PhysicalServer.csv"].replace("R740", "R750")})
    values = twin.nodes()["PhysicalServer", "srv-new"]
    assert (values["memory_gb"], values["model"]) == (256, "R750")
    assert len(twin.states("PhysicalServer")) == 2


def test_a_complete_load_after_a_merge_misses_nothing(twin: TestTwin) -> None:
    twin.load("servicenow_cmdb", DISCOVERY)
    twin.load("csv", payload_as_csv := {"PhysicalServer.csv": "key,name\n9,srv-alone\n"}, whole=True)
    merge(twin, "srv-new", "srv-alone")
    report = twin.load("csv", payload_as_csv, whole=True)
    assert report.retirement is not None
    assert (report.retirement.status, report.retirement.missing) == ("nothing", 0)


def test_a_merge_that_is_undone_leaves_what_was_there_and_gives_the_keys_back(twin: TestTwin) -> None:
    apart(twin)
    before = (twin.nodes(), twin.edges(), twin.checksum())
    run = merge(twin, "srv-old", "srv-new").run
    Undo(twin.schema, twin.ledger, actor="tester").run(run)
    assert (twin.nodes(), twin.edges(), twin.checksum()) == before
    for source, files in (("csv", SPREADSHEET), ("servicenow_cmdb", DISCOVERY)):
        counters = twin.load(source, files).counters
        assert (counters["created"], counters["updated"], counters["rejected"]) == (0, 0, 0)
    assert twin.checksum() == before[2]


def test_a_merge_on_which_a_load_has_built_is_not_undone_without_saying_so(twin: TestTwin) -> None:
    apart(twin)
    run = merge(twin, "srv-old", "srv-new").run
    twin.load("servicenow_cmdb", payload(name="srv-newer", ram="131072", serial_number="S1"))
    with pytest.raises(UndoConflictError):
        Undo(twin.schema, twin.ledger, actor="tester").run(run)


def test_neither_a_merge_nor_its_undo_runs_beside_a_load_of_a_source_that_knows_the_two(twin: TestTwin) -> None:
    apart(twin)
    with twin.ledger.loading("servicenow_cmdb"), pytest.raises(LoadInProgressError):
        merge(twin, "srv-old", "srv-new")
    run = merge(twin, "srv-old", "srv-new").run
    with twin.ledger.loading("servicenow_cmdb"), pytest.raises(LoadInProgressError):
        Undo(twin.schema, twin.ledger, actor="tester").run(run)
    assert len(twin.states("PhysicalServer")) == 2


def test_a_dry_merge_shows_what_would_change_and_writes_nothing(twin: TestTwin) -> None:
    apart(twin)
    sequence = twin.ledger.sequence()
    report = merge(twin, "srv-old", "srv-new", dry_run=True)
    assert (report.run, twin.ledger.sequence()) == ("", sequence)
    counts = {(kind, operation.value): n for (kind, operation), n in report.difference.counts.items()}
    assert counts == {
        ("PhysicalServer", "update"): 1,
        ("PhysicalServer", "delete"): 1,
        ("RUNS_ON", "delete"): 1,
        ("RUNS_ON", "create"): 1,
    }


@pytest.mark.parametrize("kept", ["srv-old", "srv-vm"])
def test_kinds_of_one_generic_merge_into_the_kind_that_is_believed_most(twin: TestTwin, kept: str) -> None:
    twin.load("csv", SPREADSHEET)
    machine = {"className": "cmdb_ci_vm_instance", "values": {"sys_id": "v1", "name": "srv-vm"}}
    farm = {"className": "cmdb_ci_cluster", "values": {"sys_id": "c1", "name": "farm"}}
    relation = {"parent": 0, "child": 1, "type": "Hosted on::Hosts"}
    twin.load("servicenow_cmdb", {"p.json": json.dumps({"items": [machine, farm], "relations": [relation]})})
    report = merge(twin, kept, "srv-vm" if kept == "srv-old" else "srv-old")
    assert server(twin, "srv-vm").kind == "VirtualMachine"
    assert twin.edges() >= {("srv-vm", "HOSTED_ON", "farm"), ("Payments", "RUNS_ON", "srv-vm")}
    assert report.left_out == ()


def test_elements_of_kinds_that_have_nothing_in_common_are_not_merged(twin: TestTwin) -> None:
    twin.load("csv", SPREADSHEET)
    (team,) = twin.states("Team")
    with pytest.raises(MergeRefusedError, match="PhysicalServer and a Team"):
        Deduplication(twin.schema, twin.ledger, actor="tester").merge(server(twin, "other"), team, "why not")


def test_two_elements_that_one_source_knows_apart_are_mended_in_that_source(twin: TestTwin) -> None:
    twin.load("csv", SPREADSHEET)
    with pytest.raises(MergeRefusedError) as error:
        merge(twin, "srv-old", "other")
    assert error.value.hint is not None
    assert "--complete" in error.value.hint


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_merge_has_a_reason(twin: TestTwin, reason: str) -> None:
    apart(twin)
    with pytest.raises(UsageError):
        merge(twin, "srv-old", "srv-new", reason=reason)


def test_a_row_that_waited_because_two_elements_had_its_serial_number_is_taken_after_the_merge(twin: TestTwin) -> None:
    twin.load("csv", {"PhysicalServer.csv": "key,name,serial_number\n1,one,S1\n"})
    twin.load("servicenow_cmdb", payload(name="uno"))
    twin.load("servicenow_cmdb", payload(name="uno", serial_number="S1"))
    dump = [
        {"model": "dcim.site", "pk": 1, "fields": {"name": "Anywhere"}},
        {"model": "dcim.devicerole", "pk": 1, "fields": {"name": "server", "slug": "server"}},
        {"model": "dcim.device", "pk": 5, "fields": {"name": "eins", "serial": "S1", "role": 1, "site": 1}},
    ]
    report = twin.load("netbox", {"dump.json": json.dumps(dump)})
    assert [row.code for row in report.quarantined] == ["AMBIGUOUS_MATCH"]
    merge(twin, "one", "uno")
    assert twin.replay("netbox").counters["rejected"] == 0
    (only,) = twin.states("PhysicalServer")
    assert (only.properties["name"], only.properties["aliases"]) == ("eins", ("one",))


texts = st.sampled_from(["", "a", "b", "c"])
rows = st.fixed_dictionaries(
    {
        "model": texts,
        "criticality": st.sampled_from(["", "vital", "standard"]),
        "memory_gb": st.sampled_from(["", "1", "2"]),
    }
)
teams = st.frozensets(st.sampled_from(["T1", "T2"]))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200 if NIGHTLY else 8, deadline=None
)
@given(csv=rows, discovered=rows, owners=teams, kept=st.booleans())
def test_loading_both_sources_again_after_a_merge_changes_nothing_and_undoing_it_restores_everything(
    tmp_path_factory: pytest.TempPathFactory,
    schema: Schema,
    clock: FrozenClock,
    csv: dict[str, str],
    discovered: dict[str, str],
    owners: frozenset[str],
    kept: bool,
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", schema, clock)
    twin = TestTwin(schema, ledger, clock, folder)
    spreadsheet: dict[str, str | bytes] = {
        "PhysicalServer.csv": f"key,name,{','.join(csv)}\n1,first,{','.join(csv.values())}\n",
        "Team.csv": "key,name\nT1,Network\nT2,Systems\n",
        "relations/OWNED_BY.csv": "from_kind,from,to_kind,to\n"
        + "".join(f"PhysicalServer,1,Team,{team}\n" for team in sorted(owners)),
    }
    fields = {
        "model_id": discovered["model"],
        "ram": discovered["memory_gb"] and str(1024 * int(discovered["memory_gb"])),
    }
    discovery = payload(name="second", **{name: value for name, value in fields.items() if value})
    twin.load("csv", spreadsheet)
    twin.load("servicenow_cmdb", discovery)
    before = (twin.nodes(), twin.edges(), twin.checksum())
    names = ("first", "second") if kept else ("second", "first")
    run = merge(twin, *names).run
    merged = (twin.nodes(), twin.edges(), twin.checksum())
    (only,) = twin.states("PhysicalServer")
    assert (only.properties["name"], only.properties["aliases"]) == ("second", ("first",))
    for name, value in csv.items():
        assert value == "" or only.properties.get(name) is not None
    for source, files in (("csv", spreadsheet), ("servicenow_cmdb", discovery)):
        counters = twin.load(source, files).counters
        assert (counters["created"], counters["updated"], counters["rejected"]) == (0, 0, 0)
    assert (twin.nodes(), twin.edges(), twin.checksum()) == merged
    Undo(schema, ledger, actor="tester").run(run)
    assert (twin.nodes(), twin.edges(), twin.checksum()) == before
    ledger.close()


def test_a_relation_that_is_one_too_many_stays_with_the_kept_element_and_the_other_is_named(twin: TestTwin) -> None:
    interfaces = {
        "NetworkInterface.csv": "key,name\ne,eth0\n",
        "relations/HAS_INTERFACE.csv": "from_kind,from,to_kind,to\nPhysicalServer,2,NetworkInterface,e\n",
    }
    twin.load("csv", {**SPREADSHEET, **interfaces})
    dump = [
        {"model": "dcim.site", "pk": 1, "fields": {"name": "Anywhere"}},
        {"model": "dcim.devicerole", "pk": 1, "fields": {"name": "server", "slug": "server"}},
        {"model": "dcim.device", "pk": 5, "fields": {"name": "box", "role": 1, "site": 1}},
        {"model": "dcim.interface", "pk": 7, "fields": {"name": "ens1", "device": 5}},
    ]
    twin.load("netbox", {"dump.json": json.dumps(dump)})
    one, other = sorted(twin.states("NetworkInterface"), key=lambda state: str(state.properties["name"]))
    report = Deduplication(twin.schema, twin.ledger, actor="tester").merge(other, one, "same card")
    assert [(left.type, left.reason) for left in report.left_out] == [
        ("HAS_INTERFACE", "a node has at most 1 incoming HAS_INTERFACE")
    ]
    assert {e for e in twin.edges() if e[1] == "HAS_INTERFACE"} == {("other", "HAS_INTERFACE", "ens1")}


def pairs(twin: TestTwin, kind: str | None = None) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(d.one.name, d.other.name, d.by) for d in find_duplicates(twin.schema, twin.ledger, kind)]


def test_elements_that_rules_would_take_for_one_are_listed_until_they_are_one(twin: TestTwin) -> None:
    apart(twin)
    assert pairs(twin) == []
    with_number = SPREADSHEET["PhysicalServer.csv"].replace("criticality\n", "criticality,serial_number\n")
    with_number = with_number.replace("vital\n", "vital,s1\n").replace("2,other,,,\n", "2,other,,,,\n")
    twin.load("csv", {**SPREADSHEET, "PhysicalServer.csv": with_number})
    ((one, other, by),) = pairs(twin)
    assert ({one, other}, by) == ({"srv-old", "srv-new"}, ("serial_number",))
    assert pairs(twin, "Server") == [(one, other, by)]
    assert pairs(twin, "Team") == []
    merge(twin, "srv-old", "srv-new")
    assert pairs(twin) == []


def test_equal_names_are_no_pair_where_serial_numbers_differ_or_one_source_knows_both(twin: TestTwin) -> None:
    twin.load("csv", {"PhysicalServer.csv": "key,name,serial_number\n1,twin,A\n2,same,\n3,same,\n"})
    twin.load("servicenow_cmdb", payload(name="elsewhere", serial_number="B"))
    twin.load("servicenow_cmdb", payload(name="twin", serial_number="B"))
    assert pairs(twin) == []
