// title.en: Planned failover tests
// title.fr: Tests de bascule planifiés
// description: Recovery tests that are not done: the plan, its applications, the planned day and how many days late they are (negative
// description: when they are to come).
// description.fr: Tests de reprise non réalisés : le plan, ses applications, la date prévue et le retard en jours (négatif quand ils
// description.fr: sont à venir).
// tags: recovery
MATCH (application:BusinessApplication)<-[:COVERS]-(plan:RecoveryPlan)<-[:TESTS]-(test:RecoveryTest)
WHERE test.done_on IS NULL
RETURN test.planned_on AS planned_on, test.name AS test_name, plan.name AS plan_name, plan.validated AS validated,
  application.code AS code, application.criticality AS criticality,
  (datetime(date()).epochMillis - datetime(test.planned_on).epochMillis) / 86400000 AS days_late
ORDER BY planned_on, test_name, code
