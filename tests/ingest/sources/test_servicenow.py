"""An incident is what its last event says."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.ingest.twin import TestTwin

HEADER = (
    "number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,made_sla,caller_id,opened_at,category,"
    "subcategory,cmdb_ci,impact,urgency,priority,assignment_group,assigned_to,problem_id,rfc,caused_by,resolved_at,closed_at\n"
)
FIRST = "INC1,New,true,0,0,0,true,Caller 1,29/2/2016 01:16,Category 55,Sub 1,?,2 - Medium,1 - High,3 - Moderate,Group 56,?,?,?,?,?,?\n"
LAST = (
    "INC1,Closed,false,1,1,3,false,Caller 1,29/2/2016 01:16,Category 55,Sub 1,cmdb_ci 3,2 - Medium,1 - High,1 - Critical,"
    "Group  70,Resolver 9,Problem ID  2,CHG9,CHG7,29/2/2016 11:29,5/3/2016 12:00\n"
)
OTHER = "INC2,Awaiting Vendor,true,0,0,1,true,?,1/3/2016 00:00,?,?,?,3 - Low,3 - Low,4 - Low,?,?,?,?,?,?,?\n"


def test_the_last_event_gives_the_state_whatever_the_order_of_the_log(twin: TestTwin) -> None:
    report = twin.load("servicenow", {"log.csv": HEADER + LAST + OTHER + FIRST})
    assert report.counters["rejected"] == 0
    assert twin.nodes() == {
        ("Incident", "INC1"): {
            "name": "INC1",
            "number": "INC1",
            "status": "closed",
            "priority": "P1",
            "impact": "medium",
            "urgency": "high",
            "opened_at": datetime(2016, 2, 29, 1, 16, tzinfo=UTC),
            "resolved_at": datetime(2016, 2, 29, 11, 29, tzinfo=UTC),
            "closed_at": datetime(2016, 3, 5, 12, 0, tzinfo=UTC),
            "made_sla": False,
            "reassignment_count": 1,
            "reopen_count": 1,
            "reopened": True,
            "update_count": 3,
            "source_category": "Category 55",
            "subcategory": "Sub 1",
            "caller": twin.pseudonym("Caller 1"),
            "assignee": twin.pseudonym("Resolver 9"),
        },
        ("Incident", "INC2"): {
            "name": "INC2",
            "number": "INC2",
            "status": "on_hold",
            "priority": "P4",
            "impact": "low",
            "urgency": "low",
            "opened_at": datetime(2016, 3, 1, tzinfo=UTC),
            "made_sla": True,
            "reassignment_count": 0,
            "reopen_count": 0,
            "reopened": False,
            "update_count": 1,
        },
        ("Team", "Group 70"): {"name": "Group 70"},
        ("Problem", "Problem ID 2"): {"name": "Problem ID 2", "number": "Problem ID 2"},
        ("Change", "CHG7"): {"name": "CHG7", "number": "CHG7"},
    }
    assert twin.edges() == {
        ("INC1", "ASSIGNED_TO", "Group 70"),
        ("INC1", "CAUSED_BY", "Problem ID 2"),
        ("INC1", "CAUSED_BY", "CHG7"),
    }
    assert report.unmapped == {"incident.cmdb_ci": 1, "incident.rfc": 1}


def test_a_closed_incident_that_is_reopened_loses_its_closing_time(twin: TestTwin) -> None:
    twin.load("servicenow", {"log.csv": HEADER + FIRST + LAST})
    reopened = LAST.replace("Closed", "Active").replace(",3,false", ",4,false").replace("5/3/2016 12:00", "?")
    twin.load("servicenow", {"log.csv": HEADER + FIRST + LAST + reopened})
    incident = twin.nodes()["Incident", "INC1"]
    assert incident["status"] == "in_progress"
    assert "closed_at" not in incident


def test_events_that_cannot_be_understood_are_quarantined(twin: TestTwin) -> None:
    rows = [
        FIRST.replace("INC1", "?"),
        FIRST.replace("INC1", "INC3").replace(",0,0,0,", ",0,0,many,"),
        FIRST.replace("INC1", "INC4").replace("New", "Lost"),
        FIRST.replace("INC1", "INC5").replace("29/2/2016", "30/2/2016"),
        FIRST.replace("INC1", "INC6").replace("true,Caller", "perhaps,Caller"),
        FIRST,
    ]
    report = twin.load("servicenow", {"log.csv": HEADER + "".join(rows)})
    assert {(row.position, row.code) for row in report.quarantined} == {
        ("log.csv:2", "MISSING_KEY"),
        ("log.csv:3", "WRONG_TYPE"),
        ("log.csv:4", "VALUE_NOT_MAPPED"),
        ("log.csv:5", "WRONG_TYPE"),
        ("log.csv:6", "WRONG_TYPE"),
    }
    assert [key for key in twin.nodes() if key[0] == "Incident"] == [("Incident", "INC1")]
    assert twin.edges() == {("INC1", "ASSIGNED_TO", "Group 56")}
