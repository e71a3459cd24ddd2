"""Plans as tables: which table it is, its columns say; what it plans for, the twin knows by name."""

from __future__ import annotations

from datetime import date

from tests.ingest.twin import TestTwin

ESTATE = {
    "BusinessApplication.csv": "key,name,code\n1,Payments,PAY\n2,Ledger,LDG\n",
    "PhysicalServer.csv": "key,name,decommissioned_on\n1,srv1,\n2,srv2,2025-06-30\n3,srv3,\n",
    "Team.csv": "key,name\nT1,Network\n",
}
PLANS = {
    "changes.csv": "RFC,Short description,Type,State,Planned start,Planned end,Servers,Assignment group\n"
    "CHG1,New switch,Normal,Approved,2025-02-01 20:00,2025-02-01 23:00,srv1; srv2,Network\n"
    "CHG2,Patch,Standard,Planned,2025-02-02 20:00,,srv1;srv9,Network\n",
    "fenetres.csv": "Serveur;Type de maintenance;Début de fenêtre;Commentaire\nsrv1;Redémarrage;15/02/2025 22:00;mensuel\n",
    "sorties.csv": "Serveur;Date de décommissionnement\nsrv1;31/12/2025\nsrv2;31/12/2025\n",
    "projets.csv": "Code projet;Nom du projet;Début;Fin;Applications;Statut\nP-7;Move;01/03/2025;30/06/2025;PAY|Ledger;En cours\n",
}


def test_four_kinds_of_plan_are_told_apart_by_their_columns(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    report = twin.load("planning", PLANS)
    assert [(row.position, row.code) for row in report.quarantined] == [("changes.csv:3", "UNKNOWN_ITEM")]
    nodes = twin.nodes()
    change = nodes["Change", "CHG1"]
    assert (change["title"], change["change_type"], change["status"]) == ("New switch", "normal", "approved")
    assert str(change["planned_start"]) == "2025-02-01 20:00:00+00:00"
    project = nodes["Change", "P-7"]
    assert (project["title"], project["status"]) == ("Move", "in_progress")
    assert str(project["planned_end"]) == "2025-06-30 00:00:00+00:00"
    (action,) = twin.states("MaintenanceAction")
    assert (action.properties["action_type"], action.properties["description"]) == ("restart", "mensuel")
    assert {edge for edge in twin.edges() if edge[1] in ("TOUCHES", "CONCERNS", "ASSIGNED_TO")} == {
        ("CHG1", "TOUCHES", "srv1"),
        ("CHG1", "TOUCHES", "srv2"),
        ("CHG1", "ASSIGNED_TO", "Network"),
        ("P-7", "TOUCHES", "Payments"),
        ("P-7", "TOUCHES", "Ledger"),
        (str(action.properties["name"]), "CONCERNS", "srv1"),
    }


def test_a_planned_decommissioning_gives_its_date_to_what_has_none_and_differs_where_a_system_has_another(
    twin: TestTwin,
) -> None:
    twin.load("csv", ESTATE)
    twin.load("planning", PLANS)
    nodes = twin.nodes()
    assert nodes["PhysicalServer", "srv1"]["decommissioned_on"] == date(2025, 12, 31)
    assert nodes["PhysicalServer", "srv2"]["decommissioned_on"] == date(2025, 6, 30)
    assert [s.properties["attribute"] for s in twin.states("Discrepancy")] == ["decommissioned_on"]


def test_a_change_of_which_one_item_is_unknown_is_refused_whole(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    twin.load("planning", {"changes.csv": PLANS["changes.csv"]})
    assert ("Change", "CHG2") not in twin.nodes()


def test_plans_loaded_again_change_nothing(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    twin.load("planning", PLANS)
    before = twin.checksum()
    counters = twin.load("planning", PLANS).counters
    assert (counters["created"], counters["updated"]) == (0, 0)
    assert twin.checksum() == before


def test_a_date_that_is_none_is_quarantined_with_the_layouts_that_are_read(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    report = twin.load("planning", {"s.csv": "server,retirement date\nsrv1,next spring\n"})
    assert [(row.code, "%d/%m/%Y" in row.hint) for row in report.quarantined] == [("WRONG_TYPE", True)]
