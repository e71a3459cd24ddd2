"""Loads onto a branch: rows meet what the branch has, what is told no more is retired there, and main sees nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from graph.history.branch_view import BranchView
from graph.history.branches import Branches
from graph.history.events import State
from ingest.job import IngestJob
from ingest.onto_branch import BranchLoad
from ingest.report import IngestReport
from tests.ingest.test_identification import netbox, servicenow
from tests.ingest.twin import SECRET, TestTwin, write_files

SERVERS = {
    "PhysicalServer.csv": "key,name,serial_number\n" + "".join(f"{n},srv{n},S{n}\n" for n in range(1, 5)),
    "Team.csv": "key,name\nT,Network\n",
    "relations/OWNED_BY.csv": "from_kind,from,to_kind,to\nPhysicalServer,4,Team,T\n",
}
WITHOUT_4 = {
    "PhysicalServer.csv": "key,name,serial_number\n" + "".join(f"{n},srv{n},S{n}\n" for n in range(1, 4)),
    "Team.csv": "key,name\nT,Network\n",
}


class Plan:
    """A branch of a twin, made at its present."""

    def __init__(self, twin: TestTwin) -> None:
        self.twin = twin
        self.branches = Branches(twin.ledger, twin.schema, twin.clock)
        self.branches.create("plan", actor="tester")

    def view(self) -> BranchView:
        return BranchView(self.twin.ledger, self.branches, self.branches.get("plan"))

    def load(
        self, source: str, files: Mapping[str, str | bytes], *, dry_run: bool = False, brake: float | None = None
    ) -> IngestReport:
        twin = self.twin
        twin.exports += 1
        path = write_files(twin.folder / f"export{twin.exports}", files)
        target = BranchLoad(self.view(), self.branches, twin.schema)
        job = IngestJob(twin.schema, twin.ledger, actor="tester", clock=twin.clock, personal_secret=SECRET)
        report = job.rehearse(source, path, whole=brake is not None, brake=brake or 0.0, onto=target)
        if not dry_run:
            target.commit(source, "tester")
        return replace(report, status="complete")

    def names(self, kind: str) -> set[str]:
        return {str(values["name"]) for _, _, values in self.view().nodes([kind])}

    def states(self) -> list[State]:
        view = self.view()
        nodes = [element for element, _, _ in view.nodes(self.twin.schema.concrete)]
        return view.edges_of(nodes)


@pytest.fixture
def plan(twin: TestTwin) -> Plan:
    twin.load("csv", SERVERS, whole=True)
    return Plan(twin)


def test_what_a_complete_load_onto_a_branch_tells_no_more_is_retired_there_and_stays_on_main(plan: Plan) -> None:
    before = plan.twin.checksum()
    report = plan.load("csv", WITHOUT_4, brake=0.5)
    assert report.retirement is not None
    assert (report.retirement.status, report.retirement.retired) == ("done", 2)
    assert plan.names("PhysicalServer") == {"srv1", "srv2", "srv3"}
    assert not [s for s in plan.states() if s.kind == "OWNED_BY"]
    assert plan.twin.checksum() == before


def test_the_brake_holds_on_a_branch_too(plan: Plan) -> None:
    report = plan.load("csv", WITHOUT_4, brake=0.05)
    assert report.retirement is not None
    assert report.retirement.status == "stopped"
    assert plan.names("PhysicalServer") == {"srv1", "srv2", "srv3", "srv4"}


def test_what_was_first_told_on_the_branch_is_retired_on_the_branch(plan: Plan) -> None:
    more = SERVERS["PhysicalServer.csv"] + "5,srv5,S5\n"
    plan.load("csv", {**SERVERS, "PhysicalServer.csv": more})
    assert "srv5" in plan.names("PhysicalServer")
    plan.load("csv", SERVERS, brake=0.5)
    assert plan.names("PhysicalServer") == {"srv1", "srv2", "srv3", "srv4"}


def test_what_another_source_told_on_the_branch_is_kept(plan: Plan) -> None:
    plan.load("servicenow_cmdb", servicenow({"name": "srv4", "serial_number": "S4", "asset_tag": "A-4"}))
    report = plan.load("csv", WITHOUT_4, brake=0.5)
    assert report.retirement is not None
    assert report.retirement.kept == 1
    assert "srv4" in plan.names("PhysicalServer")


def test_what_main_got_after_the_branch_began_is_not_missing_on_it(plan: Plan) -> None:
    more = SERVERS["PhysicalServer.csv"] + "5,srv5,S5\n6,srv6,S6\n"
    plan.twin.load("csv", {**SERVERS, "PhysicalServer.csv": more}, whole=True)
    report = plan.load("csv", SERVERS, brake=0.0)
    assert report.retirement is not None
    assert report.retirement.status == "nothing"


def test_a_relation_to_what_is_retired_goes_with_it(plan: Plan) -> None:
    relation = "from_kind,from,to_kind,to\nPhysicalServer,1,Team,T\n"
    plan.load(
        "csv",
        {"PhysicalServer.csv": SERVERS["PhysicalServer.csv"], "relations/OWNED_BY.csv": relation},
        brake=0.5,
    )
    view = plan.view()
    present = {element for element, _, _ in view.nodes(plan.twin.schema.concrete)}
    assert all(s.start in present and s.end in present for s in plan.states())
    assert plan.names("Team") == set()


@pytest.mark.parametrize("complete", [False, True], ids=["partial", "complete"])
def test_a_dry_run_against_a_branch_shows_what_the_load_does_and_writes_nothing(plan: Plan, complete: bool) -> None:
    brake = 0.5 if complete else None
    plan.load("csv", {"Team.csv": "key,name,description\nT,Network,switches\n"})
    version = plan.branches.get("plan").version
    changed = {**WITHOUT_4, "PhysicalServer.csv": WITHOUT_4["PhysicalServer.csv"].replace("srv1", "srv-one")}
    tried = plan.load("csv", changed, dry_run=True, brake=brake)
    assert plan.branches.get("plan").version == version
    done = plan.load("csv", changed, brake=brake)
    assert tried.difference == done.difference
    assert tried.difference is not None
    assert (("PhysicalServer", "delete") in {(k, o.value) for k, o in tried.difference.counts}) is complete


def test_rows_of_another_source_meet_what_only_the_branch_has(plan: Plan) -> None:
    plan.load("netbox", netbox({"name": "new", "serial": "N1"}))
    report = plan.load("servicenow_cmdb", servicenow({"name": "neu", "serial_number": "N1"}))
    assert report.counters["rejected"] == 0
    assert plan.names("PhysicalServer") == {"srv1", "srv2", "srv3", "srv4", "new"}


def test_rows_do_not_meet_what_the_branch_has_deleted_or_main_got_later(plan: Plan) -> None:
    plan.load("csv", WITHOUT_4, brake=0.5)
    plan.twin.load("csv", {**SERVERS, "PhysicalServer.csv": SERVERS["PhysicalServer.csv"] + "9,later,L9\n"})
    main = {s.element for s in plan.twin.states("PhysicalServer")}
    plan.load("servicenow_cmdb", servicenow({"name": "four", "serial_number": "S4"}))
    plan.load("netbox", netbox({"name": "nine", "serial": "L9"}))
    made = {e for e, _, v in plan.view().nodes(["PhysicalServer"]) if v["name"] in ("four", "nine")}
    assert len(made) == 2
    assert made.isdisjoint(main)


def test_names_in_a_report_are_those_of_the_branch(plan: Plan) -> None:
    plan.load("csv", {"PhysicalServer.csv": "key,name,serial_number\n9,only-here,S9\n"})
    report = plan.load("backup", {"r.csv": "client,start,status\nonly-here,2025-01-02 01:00,ok\n"})
    assert report.counters == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    main = plan.twin.load("backup", {"r.csv": "client,start,status\nonly-here,2025-01-02 01:00,ok\n"})
    assert [row.code for row in main.quarantined] == ["UNKNOWN_ITEM"]
