"""The twin's own CSV format goes in row by row, and says which rows it cannot take."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.ids import uuid_of
from tests.ingest.twin import TestTwin

ESTATE = {
    "Team.csv": "key,name,on_call\nT1,Network,+33 1\nT2,Databases,\n",
    "PhysicalServer.csv": (
        "key,name,cpu_cores,memory_gb,internet_exposed,commissioned_on,last_restart,aliases,yearly_cost,currency\n"
        "S1,srv1,8,64.5,true,2020-02-29,2024-12-01T08:00:00Z,one|two,120000,EUR\n"
        "S2,srv2,,,,,,,,\n"
    ),
    "relations/OWNED_BY.csv": "from_kind,from,to_kind,to\nPhysicalServer,S1,Team,T1\n",
}


def test_nodes_and_relations_come_out_as_they_went_in(twin: TestTwin) -> None:
    report = twin.load("csv", ESTATE)
    assert report.counters == {"created": 5, "updated": 0, "unchanged": 0, "rejected": 0}
    assert report.status == "complete"
    assert twin.nodes() == {
        ("Team", "Network"): {"name": "Network", "on_call": "+33 1"},
        ("Team", "Databases"): {"name": "Databases"},
        ("PhysicalServer", "srv1"): {
            "name": "srv1",
            "cpu_cores": 8,
            "memory_gb": 64.5,
            "internet_exposed": True,
            "commissioned_on": date(2020, 2, 29),
            "last_restart": datetime(2024, 12, 1, 8, tzinfo=UTC),
            "aliases": ("one", "two"),
            "yearly_cost": 120000,
            "currency": "EUR",
        },
        ("PhysicalServer", "srv2"): {"name": "srv2"},
    }
    assert twin.edges() == {("srv1", "OWNED_BY", "Network")}


def test_identities_are_derived_from_natural_keys_first_and_source_keys_else(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    elements = {twin.label(s): s.element for s in twin.states() if not s.edge}
    assert elements["Network"] == uuid_of("natural", "Team", "Network")
    assert elements["srv1"] == uuid_of("csv", "PhysicalServer", "S1")


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({f"{name}.gz": text for name, text in ESTATE.items()}, id="compressed"),
        pytest.param({name: b"\xef\xbb\xbf" + text.encode() for name, text in ESTATE.items()}, id="byte order mark"),
        pytest.param({name: text.replace("\n", "\r\n") for name, text in ESTATE.items()}, id="CRLF"),
        pytest.param({name: text.replace("\n", "\n\n") for name, text in ESTATE.items()}, id="blank lines"),
        pytest.param({name: text.rstrip("\n") for name, text in ESTATE.items()}, id="no last line end"),
        pytest.param({f"deeper/{name}": text for name, text in ESTATE.items()}, id="in a folder below"),
    ],
)
def test_the_same_content_in_another_wrapping_is_the_same_estate(twin: TestTwin, files: dict[str, str | bytes]) -> None:
    twin.load("csv", ESTATE)
    before = twin.checksum()
    report = twin.load("csv", files)
    assert report.counters == {"created": 0, "updated": 0, "unchanged": 5, "rejected": 0}
    assert twin.checksum() == before


def test_quoted_commas_quotes_and_line_ends_belong_to_the_value(twin: TestTwin) -> None:
    twin.load("csv", {"Team.csv": 'key,name,description\nT1,"a, ""b""","two\nlines"\nT2,c,\n'})
    assert twin.nodes()["Team", 'a, "b"']["description"] == "two\nlines"
    assert ("Team", "c") in twin.nodes()


def test_a_single_file_is_an_export_too(twin: TestTwin) -> None:
    path = twin.folder
    twin.load("csv", ESTATE)
    report = twin.load_path("csv", path / "export1" / "relations" / "OWNED_BY.csv")
    assert report.counters["unchanged"] == 1


def test_a_relation_may_refer_to_what_an_earlier_load_brought(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    report = twin.load("csv", {"relations/OWNED_BY.csv": "from_kind,from,to_kind,to\nPhysicalServer,S2,Team,T2\n"})
    assert report.counters["created"] == 1
    assert ("srv2", "OWNED_BY", "Databases") in twin.edges()


BAD_ROWS = [
    pytest.param("Rack.csv", "key,name,height_units\nR1,r,tall\n", 2, "WRONG_TYPE", "height_units", id="wrong type"),
    pytest.param("Rack.csv", "key,name,status\nR1,r,gone\n", 2, "NOT_IN_ENUM", "status", id="not in enum"),
    pytest.param("Rack.csv", "key,name\nR1,\n", 2, "MISSING_REQUIRED", "name", id="required value missing"),
    pytest.param("Rack.csv", "key,status\nR1,planned\n", 2, "MISSING_REQUIRED", "name", id="required column missing"),
    pytest.param("Rack.csv", "key,name\n,r\n", 2, "MISSING_KEY", "key", id="no key"),
    pytest.param("Rack.csv", f"key,name\n{'k' * 501},r\n", 2, "BAD_KEY", "501", id="key too long"),
    pytest.param("Rack.csv", "key,name\nR1,r,x\n", 2, "WRONG_COLUMN_COUNT", "3 cells", id="too many cells"),
    pytest.param("Rack.csv", "key,name\nR1\n", 2, "WRONG_COLUMN_COUNT", "1 cells", id="too few cells"),
    pytest.param("Rack.csv", 'key,name\nR1,"a"b\nR2,"c"\n', 2, "BROKEN_ROW", "CSV", id="text after a closing quote"),
    pytest.param("Rack.csv", "key,name\nR1,a\0b\n", 2, "FORBIDDEN_CHARACTER", "name", id="NUL"),
    pytest.param("Rack.csv", "key,name\nR1,a\nR1,b\n", 3, "DUPLICATE_KEY", "R1", id="duplicate key"),
    pytest.param("Rack.csv", "key,nam\nR1,a\n", 1, "UNKNOWN_COLUMN", "`nam`", id="unknown column"),
    pytest.param("Rack.csv", "key,name,name\nR1,a,b\n", 1, "DUPLICATE_COLUMN", "name", id="duplicate column"),
    pytest.param("Rack.csv", "id,name\nR1,a\n", 1, "MISSING_COLUMN", "key", id="no key column"),
    pytest.param("Rack.csv", "key;name\nR1;a\n", 1, "MISSING_COLUMN", "key", id="semicolons"),
    pytest.param("Rak.csv", "key,name\nR1,a\n", 1, "UNKNOWN_KIND", "Rak", id="unknown kind"),
    pytest.param("Server.csv", "key,name\nR1,a\n", 1, "ABSTRACT_KIND", "Server", id="abstract kind"),
    pytest.param("ImportRun.csv", "key,name\nR1,a\n", 1, "BOOKKEEPING", "ImportRun", id="bookkeeping kind"),
    pytest.param(
        "relations/OWN.csv", "from_kind,from,to_kind,to\n", 1, "UNKNOWN_RELATION", "OWN", id="unknown relation"
    ),
    pytest.param(
        "relations/OWNED_BY.csv", "from,to_kind,to\nx,Team,y\n", 1, "MISSING_COLUMN", "from_kind", id="no end column"
    ),
    pytest.param(
        "relations/OWNED_BY.csv",
        "from_kind,from,to_kind,to\nTeam,OK,Team,OK\n",
        2,
        "TRIPLE_NOT_ALLOWED",
        "(Team)-[OWNED_BY]->(Team)",
        id="triple not allowed",
    ),
    pytest.param(
        "relations/OWNED_BY.csv",
        "from_kind,from,to_kind,to\nRack,nowhere,Team,OK\n",
        2,
        "DANGLING_REFERENCE",
        "Rack 'nowhere'",
        id="dangling reference",
    ),
]


@pytest.mark.parametrize(("name", "text", "position", "code", "mentions"), BAD_ROWS)
def test_a_bad_row_is_quarantined_with_its_reason_and_the_rest_goes_on(
    twin: TestTwin, name: str, text: str, position: int, code: str, mentions: str
) -> None:
    report = twin.load("csv", {name: text, "Team.csv": "key,name\nOK,The good one\n"})
    assert report.status == "complete"
    assert report.counters["rejected"] == 1
    assert ("Team", "The good one") in twin.nodes()
    assert twin.quarantined() == {(name, position, code)}
    row = report.quarantined[0]
    assert (row.position, row.code) == (f"{name}:{position}", code)
    assert mentions in row.reason
    assert row.hint


def test_nothing_of_a_file_with_an_unknown_column_is_loaded_and_the_right_name_is_proposed(twin: TestTwin) -> None:
    report = twin.load("csv", {"Rack.csv": "key,name,hieght_units\nR1,a,42\nR2,b,42\n"})
    assert twin.nodes() == {}
    assert "`height_units`" in report.quarantined[0].hint


def test_the_quarantined_row_keeps_what_the_source_said(twin: TestTwin) -> None:
    twin.load("csv", {"Rack.csv": "key,name,height_units\nR1,r,tall\n"})
    (row,) = twin.states("QuarantinedRow")
    assert row.properties["row"] == '{"key": "R1", "name": "r", "height_units": "tall"}'
    (run,) = twin.states("ImportRun")
    assert (run.properties["status"], run.properties["rejected"]) == ("complete", 1)
    assert {(s.start, s.end) for s in twin.states("REJECTED_BY")} == {(row.element, run.element)}


def test_a_row_that_is_rejected_again_is_the_same_quarantined_row(twin: TestTwin) -> None:
    bad = {"Rack.csv": "key,name,height_units\nR1,r,tall\n"}
    for _ in range(3):
        assert twin.load("csv", bad).counters["rejected"] == 1
    assert len(twin.states("QuarantinedRow")) == 1
    assert len(twin.states("REJECTED_BY")) == 3


def test_an_identical_row_twice_is_no_conflict(twin: TestTwin) -> None:
    report = twin.load("csv", {"Rack.csv": "key,name\nR1,a\nR1,a\n"})
    assert report.counters == {"created": 1, "updated": 0, "unchanged": 1, "rejected": 0}


def test_of_two_rows_with_one_key_the_first_counts(twin: TestTwin) -> None:
    twin.load("csv", {"Rack.csv": "key,name\nR1,first\nR1,second\n"}, batch_rows=1)
    assert set(twin.nodes()) == {("Rack", "first")}


def test_two_keys_with_one_natural_key_mean_one_element(twin: TestTwin) -> None:
    twin.load(
        "csv",
        {
            "Team.csv": "key,name\nT1,Network\nT2,Network\n",
            "Rack.csv": "key,name\nR1,a\n",
            "relations/OWNED_BY.csv": "from_kind,from,to_kind,to\nRack,R1,Team,T2\n",
        },
    )
    assert twin.edges() == {("a", "OWNED_BY", "Network")}


def test_keys_of_two_different_elements_on_one_row_are_never_merged(twin: TestTwin) -> None:
    twin.load("csv", {"Team.csv": "key,name\nT1,Network\nT2,Databases\n"})
    report = twin.load("csv", {"Team.csv": "key,name\nT1,Databases\n"})
    assert report.quarantined[0].code == "AMBIGUOUS_IDENTITY"
    assert set(twin.nodes()) == {("Team", "Network"), ("Team", "Databases")}


def test_a_renamed_element_keeps_its_identity(twin: TestTwin) -> None:
    twin.load("csv", {"Team.csv": "key,name\nT1,Network\n"})
    (before,) = twin.states("Team")
    assert twin.load("csv", {"Team.csv": "key,name\nT1,Networks\n"}).counters["updated"] == 1
    (after,) = twin.states("Team")
    assert (before.element, after.properties["name"]) == (after.element, "Networks")


def test_a_cell_that_was_emptied_clears_the_value(twin: TestTwin) -> None:
    twin.load("csv", {"Team.csv": "key,name,on_call\nT1,Network,yes\n"})
    twin.load("csv", {"Team.csv": "key,name,on_call\nT1,Network,\n"})
    assert twin.nodes()["Team", "Network"] == {"name": "Network"}


def test_a_column_that_is_not_given_is_left_alone(twin: TestTwin) -> None:
    twin.load("csv", {"Team.csv": "key,name,on_call\nT1,Network,yes\n"})
    twin.load("csv", {"Team.csv": "key,name\nT1,Network\n"})
    assert twin.nodes()["Team", "Network"] == {"name": "Network", "on_call": "yes"}
