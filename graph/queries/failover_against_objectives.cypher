// title.en: Failover times against recovery objectives
// title.fr: Durées de bascule face aux objectifs de reprise
// description: Measured recovery tests with the time and the loss of data that were seen, beside the objectives of the applications
// description: of the plan, and whether both were kept. Exactly the objective is kept; without an objective, none can be missed.
// description.fr: Tests de reprise mesurés : durée de bascule et perte de données, face aux objectifs des applications du plan, et
// description.fr: s'ils sont tenus. Juste l'objectif est tenu ; sans objectif, rien n'est manqué.
// tags: recovery, indicator
MATCH (application:BusinessApplication)<-[:COVERS]-(plan:RecoveryPlan)<-[:TESTS]-(test:RecoveryTest)
WHERE test.failover_minutes IS NOT NULL
RETURN test.done_on AS done_on, test.name AS test_name, application.code AS code, test.result AS result,
  test.failover_minutes AS failover_minutes, application.rto_minutes AS rto_minutes,
  test.data_loss_minutes AS data_loss_minutes, application.rpo_minutes AS rpo_minutes,
  NOT (coalesce(test.failover_minutes > application.rto_minutes, false)
    OR coalesce(test.data_loss_minutes > application.rpo_minutes, false)) AS kept
ORDER BY done_on, test_name, code
