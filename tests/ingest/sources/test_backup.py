"""Backup reports: columns in anybody's words, clients that the twin knows by name, and never a new server from a typing error."""

from __future__ import annotations

import json

import pytest

from core.errors import IngestError
from tests.ingest.twin import TestTwin

SERVERS = {
    "PhysicalServer.csv": "key,name,fqdn\n1,srv1,srv1.bank.example\n2,srv2,\n3,twin-a,\n",
    "VirtualMachine.csv": "key,name,fqdn\n4,vm1,\n5,twin-a,\n",
    "DatabaseInstance.csv": "key,name\n6,srv2\n7,PAYDB\n",
}
ENGLISH = """Job ID,Client,Policy,Start Time,End Time,Status,Size (GB),Media
17,srv1,nightly,2025-01-02 01:00:00,2025-01-02 02:30:00,Successful,120.5,tape
18,SRV2.bank.example,nightly,2025-01-02 01:05:00,,Failed,,tape
19,paydb,logs,2025-01-02 03:00:00,2025-01-02 03:01:00,Completed with warnings,1,disk
20,vm12,nightly,2025-01-02 01:00:00,2025-01-02 02:00:00,Successful,4,tape
21,twin-a,nightly,2025-01-02 01:00:00,2025-01-02 02:00:00,Successful,4,tape
22,srv1,nightly,2025-01-02 05:00:00,,exploded,4,tape
"""
FRENCH = """Nom du serveur;Tâche;Heure de début;Heure de fin;État;Taille
srv1;sauvegarde quotidienne;02/01/2025 01:00;02/01/2025 02:30;Réussi;1,5 To
srv2;sauvegarde quotidienne;02/01/2025 01:00;02/01/2025 01:10;Échec;250 Mo
"""


def test_backups_are_loaded_with_what_they_back_up(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    report = twin.load("backup", {"report.csv": ENGLISH})
    runs = {name: values for (kind, name), values in twin.nodes().items() if kind == "BackupRun"}
    assert {(name.split()[0], values["status"]) for name, values in runs.items()} == {
        ("17", "full"),
        ("18", "failed"),
        ("19", "partial"),
    }
    first = runs["17 srv1 2025-01-02 01:00:00"]
    assert (first["size_gb"], first["description"]) == (120.5, "nightly")
    assert (str(first["started_at"]), str(first["ended_at"])) == (
        "2025-01-02 01:00:00+00:00",
        "2025-01-02 02:30:00+00:00",
    )
    assert {(start.split()[0], end) for start, type_, end in twin.edges() if type_ == "BACKS_UP"} == {
        ("17", "srv1"),
        ("18", "srv2"),
        ("19", "PAYDB"),
    }
    assert report.unmapped == {"column `Media` of backup": 1}


def test_a_host_comes_before_a_database_of_the_same_name(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    twin.load("backup", {"report.csv": ENGLISH})
    ends = {s.end for s in twin.states("BACKS_UP")}
    assert {s.kind for s in twin.states() if s.element in ends} == {"PhysicalServer", "DatabaseInstance"}
    assert not any(s.properties["name"] == "srv2" for s in twin.states("DatabaseInstance") if s.element in ends)


def test_rows_of_unknown_and_ambiguous_clients_are_quarantined_whole_with_a_hint(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    report = twin.load("backup", {"report.csv": ENGLISH})
    assert {(row.position, row.code) for row in report.quarantined} == {
        ("report.csv:5", "UNKNOWN_ITEM"),
        ("report.csv:6", "AMBIGUOUS_ITEM"),
        ("report.csv:7", "VALUE_NOT_MAPPED"),
    }
    hints = {row.position: row.hint for row in report.quarantined}
    assert hints["report.csv:5"].startswith("did you mean `vm1`")
    assert len(twin.states("BackupRun")) == 3


def test_a_client_that_is_loaded_later_lets_its_backups_in_without_a_new_report(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    twin.load("backup", {"report.csv": ENGLISH})
    later = {**SERVERS, "VirtualMachine.csv": SERVERS["VirtualMachine.csv"] + "8,vm12,\n"}
    twin.load("csv", later)
    report = twin.replay("backup")
    assert report.counters["created"] == 2
    assert ("20 vm12 2025-01-02 01:00:00", "BACKS_UP", "vm12") in twin.edges()
    assert {code for _, _, code in twin.quarantined()} == {"AMBIGUOUS_ITEM", "VALUE_NOT_MAPPED"}


def test_a_french_report_with_semicolons_decimal_commas_and_units_is_read(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    assert twin.load("backup", {"rapport.csv": FRENCH}).counters["rejected"] == 0
    sizes = {str(s.properties["status"]): s.properties["size_gb"] for s in twin.states("BackupRun")}
    assert sizes == {"full": 1536, "failed": 0.244140625}


def test_json_lines_tell_the_same_as_a_table(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    line = {"client": "srv1", "job": 17, "start": "2025-01-02T01:00:00Z", "status": 0, "bytes": 2**31}
    assert twin.load("backup", {"report.jsonl": json.dumps(line) + "\n"}).counters["rejected"] == 0
    (run,) = twin.states("BackupRun")
    assert (run.properties["status"], run.properties["size_gb"]) == ("full", 2)


def test_a_size_without_a_unit_is_not_guessed(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    report = twin.load("backup", {"r.csv": "client,start,status,size\nsrv1,2025-01-02 01:00,ok,1200\n"})
    assert [(row.code, "units" in row.hint) for row in report.quarantined] == [("WRONG_TYPE", True)]


def test_loading_a_report_again_changes_nothing(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    twin.load("backup", {"report.csv": ENGLISH})
    before = twin.checksum()
    counters = twin.load("backup", {"report.csv": ENGLISH}).counters
    assert (counters["created"], counters["updated"]) == (0, 0)
    assert twin.checksum() == before


def test_an_alias_is_a_name_as_well(twin: TestTwin) -> None:
    twin.load("csv", {"PhysicalServer.csv": "key,name,aliases\n1,srv-new,srv-old|pay01\n"})
    report = twin.load("backup", {"r.csv": "client,start,status\nPAY01,2025-01-02 01:00,ok\n"})
    assert report.counters["rejected"] == 0


def test_a_table_without_the_columns_of_a_report_is_refused_and_told_what_to_give(twin: TestTwin) -> None:
    with pytest.raises(IngestError) as error:
        twin.load("backup", {"r.csv": "client,colour\nsrv1,blue\n"})
    assert error.value.code == "NO_KNOWN_FILES"
    assert error.value.hint is not None
    assert "`started_at`" in error.value.hint


def test_a_strange_table_beside_a_report_is_quarantined_and_the_report_loaded(twin: TestTwin) -> None:
    twin.load("csv", SERVERS)
    report = twin.load(
        "backup", {"report.csv": FRENCH.replace(";", ",").replace("1,5 To", "2 To"), "z.csv": "a,b\n1,2\n"}
    )
    assert [(row.position, row.code) for row in report.quarantined] == [("z.csv:1", "MISSING_COLUMN")]
    assert len(twin.states("BackupRun")) == 2


def test_the_same_row_means_another_machine_once_the_name_has_passed_to_it(twin: TestTwin) -> None:
    report: dict[str, str | bytes] = {
        "r.csv": "client,start,status\nsrv1,2025-01-02 01:00,ok\nsrv2,2025-01-02 01:00,ok\n"
    }
    twin.load("csv", {"PhysicalServer.csv": "key,name\n1,srv1\n2,srv2\n"})
    twin.load("backup", report, reread=False)
    swapped = twin.load("csv", {"PhysicalServer.csv": "key,name\n1,srv2\n2,srv1\n"})
    assert swapped.counters["updated"] == 2
    twin.load("backup", {"r.csv": str(report["r.csv"]) + "srv1,2025-01-03 01:00,ok\n"}, reread=False)
    names = {s.element: str(s.properties["name"]) for s in twin.states("PhysicalServer") + twin.states("BackupRun")}
    ends = {(names[s.start or ""], names[s.end or ""]) for s in twin.states("BACKS_UP")}
    assert ("srv1 2025-01-02 01:00", "srv1") in ends
    assert ("srv2 2025-01-02 01:00", "srv2") in ends
