"""Surveys of application owners: answers about applications that the twin has, believed after every system, kept where they differ."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.schema.model import Schema
from ingest.mapping.apply import nodes_of
from ingest.mapping.read import load_mapping
from tests.ingest.twin import TestTwin

ESTATE = {
    "BusinessApplication.csv": "key,name,code,criticality,rto_minutes\n1,Payments,PAY,vital,\n2,Ledger,LDG,,240\n",
    "Team.csv": "key,name\nT1,Payments team\n",
}
ANSWERS = """Application;Criticité;RTO;RPO (min);Données personnelles;Équipe responsable;Satisfaction;Commentaire;Date
PAY;Critique;4 h;15;oui;Payments team;7,5;Lent le lundi;05/01/2025
ledger;Standard;1 j;;non;;;;05/01/2025
Treasury;Vitale;2 h;;;;;;05/01/2025
"""


def answered(twin: TestTwin) -> dict[str, dict[str, object]]:
    return {name: values for (kind, name), values in twin.nodes().items() if kind == "BusinessApplication"}


def test_answers_complete_what_systems_do_not_tell_and_never_replace_what_they_do(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    twin.load("survey", {"answers.csv": ANSWERS})
    payments, ledger = answered(twin)["Payments"], answered(twin)["Ledger"]
    assert (payments["criticality"], payments["rto_minutes"], payments["rpo_minutes"]) == ("vital", 240, 15)
    assert (ledger["criticality"], ledger["rto_minutes"]) == ("standard", 240)
    assert payments["personal_data"] == "personal"
    assert ("Payments", "OWNED_BY", "Payments team") in twin.edges()


def test_an_answer_that_differs_from_a_system_is_a_discrepancy(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    twin.load("survey", {"answers.csv": ANSWERS})
    found = {(s.properties["attribute"], str(s.properties["chosen"])) for s in twin.states("Discrepancy")}
    assert {attribute for attribute, _ in found} == {"criticality", "rto_minutes"}


def test_the_order_of_the_loads_does_not_matter_once_the_application_is_known(twin: TestTwin) -> None:
    twin.load("csv", {**ESTATE, "BusinessApplication.csv": "key,name,code\n1,Payments,PAY\n2,Ledger,LDG\n"})
    twin.load("survey", {"answers.csv": ANSWERS})
    assert answered(twin)["Payments"]["criticality"] == "critical"
    twin.load("csv", ESTATE)
    assert answered(twin)["Payments"]["criticality"] == "vital"


def test_an_unknown_application_is_quarantined_and_none_is_made(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    report = twin.load("survey", {"answers.csv": ANSWERS})
    assert [(row.position, row.code) for row in report.quarantined] == [("answers.csv:4", "UNKNOWN_ITEM")]
    assert set(answered(twin)) == {"Payments", "Ledger"}


def test_a_score_is_feedback_about_the_application_with_its_day(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    twin.load("survey", {"answers.csv": ANSWERS})
    (feedback,) = twin.states("Feedback")
    assert (feedback.properties["score"], feedback.properties["comment"]) == (7.5, "Lent le lundi")
    assert str(feedback.properties["opened_at"]).startswith("2025-01-05")
    (concerns,) = twin.states("CONCERNS")
    (payments,) = (s for s in twin.states("BusinessApplication") if s.properties["name"] == "Payments")
    assert concerns.end == payments.element


def test_an_unknown_team_refuses_the_whole_answer(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    report = twin.load("survey", {"a.csv": "application,criticality,owner\nPAY,standard,Paymnts team\n"})
    assert [(row.code, row.hint.startswith("did you mean")) for row in report.quarantined] == [("UNKNOWN_ITEM", True)]
    assert not twin.states("Discrepancy")


def test_a_survey_loaded_as_complete_retires_nothing_that_systems_tell(twin: TestTwin) -> None:
    twin.load("csv", ESTATE)
    twin.load("survey", {"a.csv": "application,criticality\nPAY,standard\nLDG,standard\n"})
    report = twin.load("survey", {"a.csv": "application,criticality\nPAY,standard\n"}, whole=True)
    assert report.retirement is not None
    assert set(answered(twin)) == {"Payments", "Ledger"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(number=st.integers(0, 10_000), unit=st.sampled_from(["min", "h", "j", "jours", "Hours", "d"]), gap=st.booleans())
def test_a_duration_means_the_same_in_every_unit(schema: Schema, number: int, unit: str, gap: bool) -> None:
    rule = load_mapping("survey", schema).records["answer"]
    fields = {"application": "PAY", "rto": f"{number}{' ' * gap}{unit}"}
    minutes = {"m": 1, "h": 60, "j": 1440, "d": 1440}[unit[0].lower()]
    (node, *_) = nodes_of(rule, ("answers.csv", 2), fields, shared=False)  # type: ignore[arg-type]
    assert node.values["rto_minutes"] == number * minutes  # type: ignore[union-attr]
