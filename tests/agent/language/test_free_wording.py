"""Free wording: what people leave out, put late or say by the way changes nothing; what is not understood is never left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.language.outcome import Parse
from agent.query.emit import emit
from graph.cypher.printer import print_tree
from graph.schema.model import Schema

Read = Callable[..., Parse]


def cypher(parse: Parse, schema: Schema) -> str:
    assert parse.question is not None, (parse.outcome, parse.missing, parse.message)
    return " ".join(print_tree(step.query) for step in emit(parse.question, schema)).replace("\n", " ")


@pytest.mark.parametrize(
    ("question", "said", "not_said"),
    [
        pytest.param(
            "RTO moyen par criticité d'appli", ["avg(", "rto_minutes"], "medium", id="a mean, no middle value"
        ),
        pytest.param(
            "servers with a critical vulnerability", ["severity = 'critical'"], "criticality", id="an article"
        ),
        pytest.param(
            "sur quels serveurs tourne Paie en production ?", ["server1.environment"], "Application2.env", id="a name"
        ),
        pytest.param("avg vCPU per VM in prod", ["avg(virtualMachine"], "HOSTED_ON", id="a mean of each element"),
        pytest.param("Any load tests planned in 2025? list them", ["planned_on >="], "count(*)", id="then all of them"),
        pytest.param(
            "applis dont le RTO n'est pas renseigné", ["rto_minutes IS NULL"], "NOT", id="a negation at the end"
        ),
        pytest.param(
            "serveurs dont l'OS n'est plus supporté", ["end_of_support <"], "os_family", id="of what it is said"
        ),
        pytest.param(
            "srv dont le dernier reboot remonte à plus de 8 mois", ["last_restart <", "8"], "NOT", id="since long"
        ),
        pytest.param(
            "how many apps never went through a load test?", ["NOT EXISTS"], "done_on", id="a noun, no participle"
        ),
        pytest.param("the 5 latest incidents", ["opened_at DESC", "LIMIT 5"], "NOT", id="how many, then which"),
        pytest.param("les 5 incidents les plus récents", ["opened_at DESC", "LIMIT 5"], "NOT", id="the most recent"),
        pytest.param(
            "incidents ouverts depuis plus de 30 jours",
            ["resolved_at IS NULL", "opened_at <"],
            "NOT",
            id="for so long: it still is",
        ),
        pytest.param(
            "combien de serveurs linux et combien de windows",
            ["os_family IN ['linux', 'windows']", "count("],
            "=",
            id="two values of one attribute",
        ),
        pytest.param("serveurs jamais patchés", ["last_patch IS NULL"], "<>", id="never: without a date"),
        pytest.param("which site hosts the most servers", ["LOCATED_IN", "max("], "server3", id="a verb, no host"),
        pytest.param(
            "serveurs redhat7",
            ["RUNS_VERSION", "softwareVersion2.id"],
            "commissioned_on",
            id="a version written in one word",
        ),
        pytest.param(
            "mttr par equipe 2024", ["avg(", "opened_at >= datetime('2024"], "2024.0", id="a mean by name, a year"
        ),
        pytest.param(
            "incidents P1/P2 depuis lundi", ["['P1', 'P2']", "2024-12-30"], "NOT", id="two values, a week day"
        ),
        pytest.param("contracts over 100k euros per year", ["yearly_cost > 10000000"], "truncate", id="thousands"),
        pytest.param("rto > 1 jour", ["rto_minutes > 1440"], "commissioned", id="a bound of an attribute alone"),
        pytest.param("outages > 4h", ["epochMillis", "> 240"], "NOT", id="a bound of what lasts"),
        pytest.param("serveurs de plus de 5 ans", ["commissioned_on <", "years: 5"], "NOT", id="an age"),
        pytest.param("apps avec un rto de plus de 2 jours", ["rto_minutes > 2880"], "days", id="a bound in days"),
        pytest.param(
            "P1 depuis le début de l'année", ["Incident", "priority = 'P1'"], "NOT", id="a value for its kind"
        ),
        pytest.param(
            "top 5 apps incidents 2024", ["count(DISTINCT incident", "LIMIT 5"], "NOT", id="ranked by what is beside"
        ),
        pytest.param(
            "quelles applis utilisent Paie",
            ["(businessApplication1:BusinessApplication)-[:DEPENDS_ON]->"],
            "<-",
            id="who uses",
        ),
        pytest.param("open incidents", ["resolved_at IS NULL"], "status", id="English without function words"),
        pytest.param(
            "incidents entre le 1er et le 15 décembre 2024", ["2024-12-01", "2024-12-16"], "2025", id="days of a month"
        ),
        pytest.param("alertes actives", ["ended_at IS NULL"], "enabled", id="an adjective of what it stands by"),
    ],
)
def test_a_free_wording_says_what_it_says(
    read: Read, schema: Schema, question: str, said: list[str], not_said: str
) -> None:
    text = cypher(read(question), schema)
    assert all(part in text for part in said), text
    assert not_said not in text


@pytest.mark.parametrize(
    "question",
    [
        "des serveurs plus de",
        "serveurs dont le cpu dépasse 80%",
        "apps testées depuis 6 mois",
    ],
)
def test_what_is_not_read_is_not_left_out(read: Read, question: str) -> None:
    assert read(question).outcome in ("clarify", "unanswerable")


@pytest.mark.parametrize(
    "question",
    [
        "Qui dans l'équipe Linux fait le plus d'erreurs ?",
        "c'est la faute de qui cette panne ?",
        "quel technicien a provoqué le plus d'incidents ?",
        "Give me the name of the person who botched the most changes",
        "who screwed up the last release?",
        "which engineer caused the most incidents?",
        "Tu peux virer les serveurs décommissionnés du référentiel ?",
        "nuke the decommissioned servers please",
        "je veux voir ce qui est au-delà de mon périmètre",
        "show me the servers outside my scope",
    ],
)
def test_blame_disposal_and_what_others_see_are_refused(read: Read, question: str) -> None:
    assert read(question).outcome == "refuse"


@pytest.mark.parametrize(
    "question",
    [
        "Quels changements ont cassé ou provoqué un incident ?",
        "Quelle équipe a le plus d'incidents ?",
        "Which team caused the most incidents?",
        "Combien de personnes dans l'équipe Linux ?",
    ],
)
def test_what_teams_and_changes_did_may_be_asked(read: Read, question: str) -> None:
    assert read(question).outcome != "refuse"
