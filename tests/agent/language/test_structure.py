"""How the parts of a question hang together: all of them, only these, both, either, so many of them, and what nobody can place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.language.outcome import Parse
from agent.query.check import check
from agent.query.emit import emit
from graph.cypher.printer import print_tree
from graph.queries.catalogue import load_catalogue
from graph.schema.model import Schema

Read = Callable[..., Parse]


def cypher(parse: Parse, schema: Schema) -> str:
    assert parse.question is not None, (parse.outcome, parse.missing, parse.message)
    check(parse.question, schema, load_catalogue())
    return " ".join(print_tree(step.query) for step in emit(parse.question, schema)).replace("\n", " ")


@pytest.mark.parametrize(
    "question",
    [
        "Applications dont tous les serveurs sont sous Linux",
        "Applications dont les serveurs sont tous sous Linux",
        "Quelles applications tournent uniquement sur des serveurs Linux ?",
        "Quelles applications ne tournent que sur des serveurs Linux ?",
        "Which applications run only on Linux servers?",
        "Applications whose servers are all Linux",
    ],
)
def test_what_is_said_of_all_is_not_said_of_one(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert text.count("EXISTS") == 2
    assert "NOT server2.os_family = 'linux'" in text


def test_which_ones_are_meant_stands_before_the_verb_and_what_is_said_of_them_behind(
    read: Read, schema: Schema
) -> None:
    text = cypher(read("Applications dont les serveurs de production sont tous sous Windows"), schema)
    assert text.count("environment = 'production'") == 2
    assert "NOT server2.environment" not in text
    assert "NOT server2.os_family = 'windows'" in text


def test_a_kind_alone_is_one_among_its_family(read: Read, schema: Schema) -> None:
    text = cypher(read("Quelles applications tournent uniquement sur des machines virtuelles ?"), schema)
    assert "NOT labels(virtualMachine2)[0] IN ['VirtualMachine']" in text


def test_every_one_of_those_that_are_served(read: Read, schema: Schema) -> None:
    text = cypher(read("Quelles applications servent toutes les caisses régionales ?"), schema)
    assert text.count("NOT EXISTS") == 2
    assert "kind = 'regional_bank'" in text


def test_both_of_two_values_are_two_elements(read: Read, schema: Schema) -> None:
    text = cypher(read("Applications qui tournent à la fois sur Windows et sur Linux"), schema)
    assert text.count("EXISTS") == 2
    assert "IN [" not in text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Which servers are Windows or in preproduction?", "os_family = 'windows' OR server1.environment"),
        ("Incidents P1 or opened in December 2024", "priority = 'P1' OR incident1.opened_at"),
        ("Quels serveurs sont soit hors support soit jamais patchés ?", "OR server1.last_patch IS NULL"),
        ("serveurs Windows ou Linux", "IN ['windows', 'linux']"),
    ],
)
def test_either_of_two_conditions_is_enough(read: Read, schema: Schema, question: str, said: str) -> None:
    assert said in cypher(read(question), schema)


@pytest.mark.parametrize(
    ("question", "said", "not_said"),
    [
        ("How many servers host more than two applications?", "> 2 RETURN count(server1)", "HOSTED_ON"),
        ("Est-ce que Paie tourne sur plus de 10 serveurs ?", "> 10 RETURN count(*) > 0", "WITH"),
        ("Which servers host vital applications?", "[:RUNS_ON]", "HOSTED_ON"),
        ("incidents causés par un changement", "[:CAUSED_BY]", "HAS_CAUSE"),
        ("Incidents par cause", "[:HAS_CAUSE]", "CAUSED_BY"),
        ("Quels changements n'ont pas causé d'incident ?", "NOT EXISTS { MATCH (change1)<-[:CAUSED_BY]-", "HAS_CAUSE"),
        ("Plans de reprise testés en 2024", "recoveryTest2.done_on >= date('2024-01-01')", "NOT EXISTS"),
        ("Coût annuel des applications par équipe", "sum(businessApplication1.yearly_cost)", "count("),
    ],
)
def test_what_a_verb_and_a_number_are_of(read: Read, schema: Schema, question: str, said: str, not_said: str) -> None:
    text = cypher(read(question), schema)
    assert said in text, text
    assert not_said not in text


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        ("Produits sans version supportée", "unanswerable"),
        ("How many tickets were escalated to the vendor?", "unanswerable"),
        ("Quel est le coût des incidents en 2024 ?", "unanswerable"),
        ("Servers in the same data centre as lil1papp0012", "unanswerable"),
        ("Load tests whose measured load is twice the objective", "clarify"),
        ("Quelles applications sont concernées ?", "clarify"),
        ("Le serveur est-il sauvegardé ?", "clarify"),
        ("RTO des applications vitales par équipe", "clarify"),
        ("Que vaut Paie en 2024 ?", "clarify"),
        ("Serveurs sans sauvegarde ou hors support", "clarify"),
        ("Quand Red Hat Enterprise Linux 7 a-t-il été installé sur lil1papp0012 ?", "clarify"),
    ],
)
def test_what_nothing_stands_for_is_no_answer(read: Read, question: str, outcome: str) -> None:
    assert read(question).outcome == outcome


@pytest.mark.parametrize(
    ("question", "part", "whole"),
    [
        ("Quelle part des applications vitales a un plan de reprise ?", "RecoveryPlan", "criticality = 'vital'"),
        ("What percentage of vital applications have no recovery plan?", "NOT EXISTS", "criticality = 'vital'"),
        ("Quelle part des incidents est causée par un changement ?", "CAUSED_BY", ""),
        (
            "Proportion d'applications exposées à internet parmi les vitales",
            "internet_exposed",
            "criticality = 'vital'",
        ),
        ("Taux de respect du SLA des incidents P1", "made_sla = true", "priority = 'P1'"),
        (
            "What share of incidents assigned to Équipe Linux were resolved at first level?",
            "first_level",
            "ASSIGNED_TO",
        ),
        ("Quelle part des serveurs qui hébergent Paie est hors support ?", "end_of_support", "REALISES"),
        ("Share of vital applications whose recovery plan was tested in 2024", "done_on >=", "criticality = 'vital'"),
        ("Part des serveurs de production sous Linux", "os_family = 'linux'", "environment = 'production'"),
    ],
)
def test_a_rate_is_of_what_the_verb_says_among_what_stands_before_it(
    read: Read, schema: Schema, question: str, part: str, whole: str
) -> None:
    before, _, behind = cypher(read(question), schema).partition("CASE WHEN")
    inside = behind.partition("THEN")[0]
    assert part in inside
    assert part not in before
    assert whole in before


@pytest.mark.parametrize(
    "question",
    [
        "Top 3 applications by cost per team",
        "Les 3 applications les plus chères de chaque équipe",
        "For each team, the 3 most expensive applications",
    ],
)
def test_the_best_of_each_group_are_not_the_best_of_all(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert "[0..3]" in text
    assert "RETURN team, best.businessApplication" in text
    assert "LIMIT" not in text


@pytest.mark.parametrize(
    ("question", "said", "not_said"),
    [
        (
            "Quelles applications dépendent de Paie et tournent à Lyon ?",
            "(businessApplication1)<-[:REALISES]",
            "(businessApplication2)<-[",
        ),
        (
            "Serveurs de Paie hébergés dans le Centre de données Lyon 1",
            "(server1)-[:HOSTED_ON*0..2]->",
            "serviceInstanceBy2",
        ),
        ("Applications owned by teams that own more than 20 applications", "(team2:Team)<-[:OWNED_BY]-", "DEPENDS_ON"),
        (
            "Quelles applications tournent sur des machines virtuelles hébergées sur plus de 3 hyperviseurs ?",
            "[:HOSTED_ON]->",
            "By2",
        ),
        ("incidents assigned to Équipe Linux and Équipe Oracle", "team2.id IN", "team3"),
        (
            "Applications which depend on Paie and Banque en ligne",
            "(businessApplication1)-[:DEPENDS_ON]->(businessApplication3",
            " IN ",
        ),
        (
            "Applications dont aucun serveur n'est sauvegardé",
            "WHERE EXISTS { MATCH (server2)<-[:BACKS_UP]",
            "NOT server",
        ),
        ("Applications with a production instance but no test instance", "environment = 'test'", "TESTS"),
        (
            "Serveurs de production sauf les machines virtuelles",
            "NOT labels(server1)[0] IN ['VirtualMachine']",
            "HOSTED_ON",
        ),
        (
            "Toutes les applications sauf celles de l'Équipe Linux",
            "NOT EXISTS { MATCH (businessApplication1)-[:OWNED_BY]",
            "<>",
        ),
        ("Applications et leur équipe responsable", "team2.name AS team", "count("),
        (
            "Servers of Paie with their operating system and their data centre",
            "dataCenter3.name AS dataCenter, server1.os_family",
            "AFFECTS",
        ),
        ("Quels incidents ont été causés par un changement, et lequel ?", "change2.number AS change", "count("),
        ("Teams owning between 5 and 10 applications", ">= 5 AND businessApplication_count <= 10", "NOT"),
        ("Applications with more than 5 P1 incidents", "incident_count > 5", "NOT"),
        ("Serveurs dont la dernière sauvegarde a échoué", "Beyond.started_at > backupRun2.started_at", "ORDER BY"),
        (
            "Servers of the most expensive application",
            "Beyond.yearly_cost > businessApplication2.yearly_cost",
            "server1.yearly_cost",
        ),
        ("Applications on AIX", "(server2:Server)", "PhysicalServer"),
    ],
)
def test_what_is_said_is_said_of_the_right_one(
    read: Read, schema: Schema, question: str, said: str, not_said: str
) -> None:
    text = cypher(read(question), schema)
    assert said in text, text
    assert not_said not in text


def test_two_subjects_are_asked_back(read: Read) -> None:
    assert read("Serveurs et applications de l'Équipe Linux").outcome == "clarify"


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Compare les deux équipes", "De quelle grandeur s'agit-il ?"),
        ("compare Paris and Lyon", "Which figure is meant?"),
        ("incidents de la période", "De quelle période s'agit-il ?"),
    ],
)
def test_what_is_compared_and_which_period_is_asked_back(read: Read, question: str, asked: str) -> None:
    parse = read(question)
    assert (parse.outcome, parse.message) == ("clarify", asked)


@pytest.mark.parametrize(
    ("question", "stretch"),
    [
        ("Évolution du nombre d'incidents par mois", "month"),
        ("tendance mensuelle des incidents", "month"),
        ("incidents mois par mois", "month"),
        ("monthly number of incidents", "month"),
        ("trend of incidents by quarter", "quarter"),
        ("weekly number of incidents since october", "week"),
    ],
)
def test_an_evolution_is_a_number_in_each_stretch_of_time(
    read: Read, schema: Schema, question: str, stretch: str
) -> None:
    text = cypher(read(question), schema)
    assert f"date.truncate('{stretch}', date(incident1.opened_at)) AS {stretch}" in text
    assert text.endswith(f"ORDER BY {stretch}")


@pytest.mark.parametrize("question", ["Évolution du nombre de serveurs par mois", "trend of applications by quarter"])
def test_what_only_is_has_no_evolution_that_could_be_told(read: Read, question: str) -> None:
    assert read(question).outcome == "clarify"


@pytest.mark.parametrize("question", ["teams with fewer than 3 incidents", "équipes avec au plus 2 incidents"])
def test_none_is_few_enough(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert text.startswith("MATCH (team1:Team) WHERE COUNT {")


def test_the_most_common_value_is_that_of_most_elements(read: Read, schema: Schema) -> None:
    text = cypher(read("OS le plus répandu en production"), schema)
    assert "server1.os_family AS os_family, count(server1) AS `count`, extreme WHERE `count` = extreme" in text


def test_the_first_few_of_what_happens_are_the_earliest(read: Read, schema: Schema) -> None:
    text = cypher(read("les 10 premiers incidents de 2024"), schema)
    assert text.endswith("ORDER BY opened_at, incident LIMIT 10")


@pytest.mark.parametrize(
    "question", ["95e percentile du temps de résolution des incidents", "p95 resolution time of incidents"]
)
def test_a_percentile_is_one_of_a_measure(read: Read, schema: Schema, question: str) -> None:
    assert "0.95) AS percentile_resolution_time" in cypher(read(question), schema)


@pytest.mark.parametrize("question", ["Who developed Paie?", "qui a développé Paie ?"])
def test_who_developed_something_is_no_environment(read: Read, question: str) -> None:
    assert read(question).outcome == "unanswerable"


@pytest.mark.parametrize(
    "question",
    [
        "Y a-t-il plus de serveurs Linux que de serveurs Windows ?",
        "Do we have more Linux than Windows servers?",
        "combien de serveurs sont sous Linux et combien de serveurs sont sous Windows ?",
    ],
)
def test_two_numbers_are_two_figures_of_one_row(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert text.count("CALL {") == 2
    assert text.endswith("RETURN count_1, count_2")


@pytest.mark.parametrize(
    "question", ["Which teams have more incidents than changes?", "équipes avec plus d'incidents que de changements"]
)
def test_elements_that_have_more_of_one_than_of_another(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert text.startswith(
        "MATCH (team1:Team) WHERE COUNT { MATCH (team1)<-[:ASSIGNED_TO]-(incident2:Incident) } > COUNT {"
    )


def test_two_numbers_of_each_group(read: Read, schema: Schema) -> None:
    text = cypher(read("Nombre de serveurs et d'applications par équipe"), schema)
    assert text.startswith("MATCH (each:Team) RETURN each.name AS team, COUNT {")
    text = cypher(read("nombre d'incidents P1 et nombre d'incidents P2 par équipe"), schema)
    assert "CASE WHEN incident1.priority = 'P1'" in text
    assert "CASE WHEN incident1.priority = 'P2'" in text


def test_three_numbers_and_two_over_time_are_not_read_as_two(read: Read) -> None:
    assert read("nombre d'incidents et de changements par mois").outcome == "clarify"
    assert read("nombre d'incidents, de problèmes et de changements par équipe").outcome == "clarify"


def test_a_short_name_before_its_kind_is_no_value(read: Read, schema: Schema) -> None:
    text = cypher(read("how many incidents does the Linux team have?"), schema)
    assert "team2.id = $team2" in text
    assert "os_family" not in text


@pytest.mark.parametrize(
    ("question", "said", "not_said"),
    [
        ("open findings by severity of vulnerability", "vulnerability2.severity", "vulnerability3"),
        ("Show the firewalls", "role = 'firewall'", "EXISTS"),
        ("Combien de serveurs n'ont aucune sauvegarde enregistrée ?", "NOT EXISTS", "Incident"),
        (
            "Donne-moi les changements avec leur date de début prévue",
            "change1.planned_start AS planned_start",
            "Outage",
        ),
        ("Which changes ended later than planned?", "change1.ended_at > change1.planned_end", "today"),
        (
            "Which open obsolescence cases have a regulatory deadline?",
            "regulatory_deadline IS NOT NULL",
            "AS regulatory",
        ),
        ("total free space on storage volumes", "sum(storageVolume1.size_gb - storageVolume1.used_gb)", "count("),
        ("longest + shortest failover time across recovery tests", "max(recoveryTest1.failover_minutes)", "LIMIT"),
        ("recovery tests with more than 10 minutes of data loss", "data_loss_minutes > 10", "failover"),
        ("Which regional bank is served by the most applications?", "extreme", "DESC"),
        ("what are the five most expensive contracts per year?", "DESC, contract, name LIMIT 5", "truncate"),
    ],
)
def test_what_is_said_of_one_is_taken_for_nothing_else(
    read: Read, schema: Schema, question: str, said: str, not_said: str
) -> None:
    text = cypher(read(question), schema)
    assert said in text, text
    assert not_said not in text, text


def test_one_of_several_that_were_said_is_one(read: Read, schema: Schema) -> None:
    text = cypher(read("and which one costs the most?", "List the important applications"), schema)
    assert "extreme" in text


@pytest.mark.parametrize(
    ("question", "figure", "condition"),
    [
        (
            "serveurs dont le coût est supérieur à la moyenne",
            "avg(server1.yearly_cost)",
            "server1.yearly_cost > overall_1",
        ),
        ("servers with less RAM than the average", "avg(server1.memory_gb)", "server1.memory_gb < overall_1"),
        ("combien de serveurs ont plus de mémoire que la moyenne", "avg(server1.memory_gb)", "RETURN count(server1)"),
        ("which teams have more incidents than average?", "held_1) / held_2", "} > overall_1"),
        ("applications plus chères que Paie", "max(businessApplication1.yearly_cost)", "yearly_cost > overall_1"),
        ("which applications have more incidents than Paie?", "count(DISTINCT incident2)", "} > overall_1"),
    ],
)
def test_beyond_a_figure_that_is_reckoned(
    read: Read, schema: Schema, question: str, figure: str, condition: str
) -> None:
    text = cypher(read(question), schema)
    assert text.startswith("CALL {")
    assert figure in text.partition("}")[0] + text.partition("}")[2], text
    assert condition in text, text


def test_what_is_of_another_kind_is_not_compared(read: Read) -> None:
    assert read("which servers have more incidents than Paie?").outcome == "clarify"


@pytest.mark.parametrize("question", ["who supports Paie", "who supports the Paie application"])
def test_who_supports_something_is_no_question_of_what_depends_on_it(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert "SUPPORTED_BY" in text
    assert "DEPENDS_ON" not in text


def test_without_an_attribute_is_not_without_what_stands_behind_it(read: Read, schema: Schema) -> None:
    text = cypher(read("changes without risk analysis on vital applications"), schema)
    assert "change1.risk_analysis IS NULL" in text
    assert "NOT EXISTS" not in text


@pytest.mark.parametrize(
    "question", ["share of vulnerabilities fixed on time", "taux de disponibilité des applications vitales"]
)
def test_what_is_said_of_any_of_several_events_is_not_said_of_what_they_happen_to(read: Read, question: str) -> None:
    assert read(question).outcome == "unanswerable"


@pytest.mark.parametrize(
    ("question", "said", "not_said"),
    [
        ("montant total des contrats expirant en 2025", "contract1.ends_on >=", "Certificate"),
        ("who is on call for Équipe Linux", "team1.on_call", "SUPPORTED_BY"),
        ("known errors by team", "problem1.status = 'known_error'", "EXISTS"),
        ("problèmes sans cause identifiée", "NOT EXISTS", "identified"),
        ("politiques avec le plus de non-conformités", "complianceCheck2.passed = false", "NOT EXISTS"),
        ("open vulnerabilities on servers of Paie", "finding4.closed_at IS NULL", "EXISTS"),
        ("Paie tourne-t-elle sur des serveurs obsolètes ?", "count(*) > 0", "server2.name"),
    ],
)
def test_what_a_word_means_where_it_stands(read: Read, schema: Schema, question: str, said: str, not_said: str) -> None:
    text = cypher(read(question), schema)
    assert said in text, text
    assert not_said not in text, text


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        ("nombre de vulnérabilités corrigées par mois en 2024", "clarify"),
        ("list technical services with no SLA", "unanswerable"),
    ],
)
def test_what_is_of_another_element_is_not_said_of_this_one(read: Read, question: str, outcome: str) -> None:
    assert read(question).outcome == outcome


@pytest.mark.parametrize("question", ["proportion de RHEL 7 dans le parc linux", "share of RHEL 7 among Linux servers"])
def test_the_share_of_what_is_named_is_of_what_stands_behind_it(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert "MATCH (server2:Server) WHERE server2.os_family = 'linux' WITH" in text
    assert "CASE WHEN EXISTS { MATCH (server2)-[:RUNS_VERSION]->" in text


@pytest.mark.parametrize(
    "question", ["How many VMs have nothing running on them?", "Combien de VM ne font rien tourner ?"]
)
def test_what_runs_nothing_has_nothing_that_runs_on_it(read: Read, schema: Schema, question: str) -> None:
    assert "WHERE NOT EXISTS { MATCH (virtualMachine1)<-[:RUNS_ON]-" in cypher(read(question), schema)


@pytest.mark.parametrize(
    "question", ["how many of them are in production?", "and how many of those are in production?"]
)
def test_how_many_of_them_is_a_number_of_what_was_listed(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question, "list windows servers"), schema)
    assert "environment = 'production'" in text
    assert text.endswith("RETURN count(server1) AS `count`")


@pytest.mark.parametrize(
    "question",
    [
        "Quels serveurs de mes applications critiques ne sont pas sauvegardés ?",
        "Which servers of critical applications are not backed up?",
    ],
)
def test_a_verb_is_said_of_its_subject(read: Read, schema: Schema, question: str) -> None:
    assert "NOT EXISTS { MATCH (server1)<-[:BACKS_UP]-" in cypher(read(question), schema)


def test_what_a_pronoun_leads_to_is_said_of_what_stands_before_it(read: Read, schema: Schema) -> None:
    text = cypher(read("quelles applications ont des serveurs qui ne sont pas sauvegardés"), schema)
    assert "NOT EXISTS { MATCH (server2)<-[:BACKS_UP]-" in text


def test_how_long_vulnerabilities_take_is_of_their_findings(read: Read, schema: Schema) -> None:
    text = cypher(read("délai moyen de correction des vulnérabilités critiques par équipe"), schema)
    assert text.count("VulnerabilityFinding") == 1


def test_os_versions_are_versions_of_operating_systems(read: Read, schema: Schema) -> None:
    assert "category = 'operating_system'" in cypher(read("OS versions out of support"), schema)
    assert "category" not in cypher(read("OS versions of production servers"), schema)


@pytest.mark.parametrize("question", ["which teams have no open incidents", "teams without open incidents"])
def test_without_is_said_of_the_kind_behind_its_adjective(read: Read, schema: Schema, question: str) -> None:
    text = cypher(read(question), schema)
    assert (
        "NOT EXISTS { MATCH (team1)<-[:ASSIGNED_TO]-(incident2:Incident) WHERE incident2.resolved_at IS NULL }" in text
    )


@pytest.mark.parametrize("question", ["servers running PostgreSQL", "combien d'applications utilisent PostgreSQL"])
def test_a_database_product_is_run_by_databases_and_no_operating_system(
    read: Read, schema: Schema, question: str
) -> None:
    assert "(databaseInstance3:DatabaseInstance)-[:RUNS_VERSION]->" in cypher(read(question), schema)
