"""Rows that were told before are passed over, and nothing can tell it from the outcome."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.clock import FrozenClock
from graph.history.ledger import Ledger
from graph.schema.load import load_schema
from graph.schema.model import Schema
from graph.schema.records import RecordValidator
from ingest.job import IngestJob
from ingest.precedence import load_precedence
from ingest.report import IngestReport
from ingest.retirement import NOTHING
from ingest.undo import Undo
from tests.conftest import NIGHTLY, NOW
from tests.ingest.twin import SECRET, TestTwin, write_files

ENDS = "from_kind,from,to_kind,to\n"


def load(twin: TestTwin, files: dict[str, str], *, reread: bool = False, whole: bool = False) -> IngestReport:
    twin.exports += 1
    path = write_files(twin.folder / f"export{twin.exports}", files)
    job = IngestJob(twin.schema, twin.ledger, actor="tester", batch_rows=2, clock=twin.clock, personal_secret=SECRET)
    return job.run("csv", path, reread=reread, whole=whole, brake=1.0)


def estate(racks: list[str], located: list[str]) -> dict[str, str]:
    return {
        "DataCenter.csv": "key,name\nD1,north\nD2,south\n",
        "Rack.csv": "key,name\n" + "".join(f"{rack}\n" for rack in racks),
        "relations/LOCATED_IN.csv": ENDS
        + "".join(f"Rack,{rack},DataCenter,{site}\n" for rack, site in map(str.split, located)),
    }


RACKS = ["R1,one", "R2,two", "R3,three", "R4,four", "R5,five"]
LOCATED = ["R1 D1", "R2 D1", "R3 D2"]


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds and types of what was validated, in order."""
    found: list[str] = []
    node, edge = RecordValidator.node, RecordValidator.edge

    def spy_node(self, kind, values, **how):  # type: ignore[no-untyped-def]
        found.append(kind)
        return node(self, kind, values, **how)

    def spy_edge(self, type_, start, end, values):  # type: ignore[no-untyped-def]
        found.append(type_)
        return edge(self, type_, start, end, values)

    monkeypatch.setattr(RecordValidator, "node", spy_node)
    monkeypatch.setattr(RecordValidator, "edge", spy_edge)
    return found


def test_rows_in_another_order_are_not_looked_at(twin: TestTwin, looked_at: list[str]) -> None:
    load(twin, estate(RACKS, LOCATED))
    before, counters = twin.checksum(), dict(load(twin, estate(RACKS, LOCATED), reread=True).counters)
    looked_at.clear()
    report = load(twin, estate(RACKS[::-1], LOCATED[::-1]))
    assert looked_at == []
    assert report.counters == counters
    assert (report.rows, report.counters["unchanged"]) == (10, 10)
    assert twin.checksum() == before


def test_only_changed_and_new_rows_are_looked_at(twin: TestTwin, looked_at: list[str]) -> None:
    load(twin, estate(RACKS, LOCATED))
    looked_at.clear()
    report = load(twin, estate(["R2,zwei", *RACKS[2:], "R1,one", "R6,six"], [*LOCATED, "R6 D2"]))
    assert looked_at == ["Rack", "Rack", "LOCATED_IN"]
    assert (report.counters["created"], report.counters["updated"]) == (2, 1)
    assert {name for kind, name in twin.nodes() if kind == "Rack"} == {"one", "zwei", "three", "four", "five", "six"}


def test_what_is_read_again_in_full_knows_no_row(twin: TestTwin, looked_at: list[str]) -> None:
    load(twin, estate(RACKS, LOCATED))
    looked_at.clear()
    load(twin, estate(RACKS, LOCATED), reread=True)
    assert len(looked_at) == 10


def test_a_row_is_looked_at_again_when_others_changed_what_it_told(twin: TestTwin, looked_at: list[str]) -> None:
    load(twin, estate(RACKS, LOCATED))
    changed = load(twin, estate(["R1,uno", *RACKS[1:]], LOCATED[:2])).run
    load(twin, estate(["R1,uno", *RACKS[1:]], LOCATED))
    Undo(twin.schema, twin.ledger, actor="tester").run(changed)
    assert ("Rack", "one") in twin.nodes()
    looked_at.clear()
    load(twin, estate(["R1,uno", *RACKS[1:]], LOCATED))
    assert looked_at == ["Rack"]
    assert ("Rack", "uno") in twin.nodes()


def test_the_same_cells_in_needless_quotes_are_the_same_row(twin: TestTwin, looked_at: list[str]) -> None:
    load(twin, {"Rack.csv": 'key,name\nR1,one\n"R2","two"\n'})
    looked_at.clear()
    report = load(twin, {"Rack.csv": 'key,name\n"R1",one\nR2,two\n'})
    assert looked_at == []
    assert report.counters["unchanged"] == 2


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_within_a_cell_is_no_row_whatever_it_looks_like(twin: TestTwin, end: str) -> None:
    load(twin, {"Team.csv": f"key,name,description{end}T1,Net,x{end}T2,Sys,y{end}"}, whole=True)
    text = f'key,name,description{end}T2,Sys,"a{end}T1,Net,x{end}b"{end}T3,a"b"c,z{end}'
    report = load(twin, {"Team.csv": text}, whole=True)
    assert report.counters["rejected"] == 0
    told = {s.properties["name"]: s.properties["description"] for s in twin.states("Team")}
    assert told == {"Sys": f"a{end}T1,Net,x{end}b", 'a"b"c': "z"}


@pytest.mark.parametrize("middle", ['T2,"Sys"x,y', "T2,Sys", "T2,=Sys(1),y", "", 'T2,a"b,"c'])
def test_a_broken_row_between_known_ones_is_refused_at_its_line(twin: TestTwin, middle: str) -> None:
    header, first, last = "key,name,description", "T1,Net,x", "T3,Sto,z"
    known = {"Team.csv": "\n".join((header, first, last)) + "\n"}
    broken = {"Team.csv": "\n".join((header, first, middle, last)) + "\n"}
    load(twin, known)
    passed, read = (load(twin, broken, reread=reread) for reread in (False, True))
    assert [(q.position, q.code) for q in passed.quarantined] == [(q.position, q.code) for q in read.quarantined]
    assert (passed.rows, passed.counters) == (read.rows, read.counters)


def test_rows_of_a_load_that_was_taken_back_are_not_known(twin: TestTwin, looked_at: list[str]) -> None:
    run = load(twin, estate(RACKS, LOCATED)).run
    Undo(twin.schema, twin.ledger, actor="tester").run(run)
    assert twin.nodes() == {}
    looked_at.clear()
    load(twin, estate(RACKS[::-1], LOCATED))
    assert len(looked_at) == 10
    assert len(twin.nodes()) == 7


def test_rows_are_not_known_under_other_rules(twin: TestTwin, looked_at: list[str]) -> None:
    load(twin, estate(RACKS, LOCATED))
    path = write_files(twin.folder / "again", estate(RACKS[::-1], LOCATED))
    stricter = load_precedence(twin.schema).with_stale(frozenset({"csv"}))
    looked_at.clear()
    IngestJob(
        twin.schema, twin.ledger, actor="tester", clock=twin.clock, personal_secret=SECRET, precedence=stricter
    ).run("csv", path)
    assert len(looked_at) == 10


@pytest.mark.parametrize("first", [True, False])
def test_a_row_that_contradicts_a_known_one_is_refused_as_in_a_first_load(twin: TestTwin, first: bool) -> None:
    load(twin, estate(RACKS, LOCATED))
    racks = ["R4,quatre", *RACKS] if first else [*RACKS, "R4,quatre"]
    report = load(twin, estate(racks, LOCATED))
    assert report.counters["rejected"] == 1
    assert not report.resumed
    assert {code for _, _, code in twin.quarantined()} == {"DUPLICATE_KEY"}
    assert {name for kind, name in twin.nodes() if kind == "Rack"} == {
        "one", "two", "three", "quatre" if first else "four", "five",
    }  # fmt: skip


def test_a_whole_export_spares_what_it_tells_in_known_rows(twin: TestTwin) -> None:
    load(twin, estate(RACKS, LOCATED), whole=True)
    report = load(twin, estate(RACKS[:3], LOCATED[1:]), whole=True)
    assert report.retirement is not None
    assert report.retirement.retired == 3
    assert {name for kind, name in twin.nodes() if kind == "Rack"} == {"one", "two", "three"}
    assert twin.edges() == {("two", "LOCATED_IN", "north"), ("three", "LOCATED_IN", "south")}


def test_a_relation_that_goes_with_a_node_which_its_own_load_retires_is_not_known(twin: TestTwin) -> None:
    load(twin, estate(RACKS, LOCATED), whole=True)
    load(twin, estate(RACKS[1:], LOCATED), whole=True)
    report = load(twin, estate(RACKS[2:], LOCATED[:1]))
    assert report.counters["rejected"] == 1
    assert {code for _, _, code in twin.quarantined()} == {"DANGLING_REFERENCE"}


def test_known_rows_stay_known_when_the_next_load_is_no_whole_export(twin: TestTwin) -> None:
    changes = {"Rack.csv": "key,name\nR2,zwei\n"}
    load(twin, estate(RACKS, LOCATED))
    load(twin, changes)
    assert load(twin, estate(RACKS, LOCATED)).counters["updated"] == 1
    assert ("Rack", "two") in twin.nodes()


@cache
def it_estate() -> Schema:
    return load_schema("it_estate")


ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["", "a", "b"]), st.sampled_from(["", "x"])), max_size=6)
LINKS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.sampled_from(["Rack", "DataCenter"])), max_size=6)
STEPS = st.lists(st.tuples(ROWS, LINKS, st.sampled_from(["part", "whole", "undo"])), min_size=2, max_size=5)


@settings(max_examples=600 if NIGHTLY else 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[([], [], "whole"), ([], [], "whole")])
def test_loads_that_know_rows_and_loads_that_know_none_do_the_same(
    steps: list[tuple[list[tuple[int, str, str]], list[tuple[int, int, str]], str]], tmp_path: Path
) -> None:
    clock = FrozenClock(NOW)
    knowing, plain = (
        TestTwin(it_estate(), Ledger("sqlite://", it_estate(), clock), clock, tmp_path / name) for name in "ab"
    )
    for racks, links, how in steps:
        files = {
            "DataCenter.csv": "key,name\nD0,north\nD1,south\n",
            "Rack.csv": "key,name,description\n" + "".join(f"R{n},{name},{text}\n" for n, name, text in racks),
            "relations/LOCATED_IN.csv": ENDS + "".join(f"Rack,R{n},{kind},D{to}\n" for n, to, kind in links),
        }
        reports = [load(twin, files, reread=twin is plain, whole=how == "whole") for twin in (knowing, plain)]
        if reports[0].status == "unchanged":  # nothing was read, and there is nothing to retire
            assert reports[1].retirement is None or reports[1].retirement.status == NOTHING
        else:
            assert reports[0].counters == reports[1].counters
            assert reports[0].retirement == reports[1].retirement
        if how == "undo":
            for twin, report in zip((knowing, plain), reports, strict=True):
                Undo(twin.schema, twin.ledger, actor="tester").run(report.run)
        assert knowing.checksum() == plain.checksum()
        assert knowing.quarantined() == plain.quarantined()
    for twin in (knowing, plain):
        twin.ledger.close()
