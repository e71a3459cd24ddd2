// title.en: Load tests by campaign
// title.fr: Tests de charge par campagne
// description: Load tests by campaign: planned, done, passed, those that reached their objective, those that follow a documented
// description: procedure, and the applications concerned.
// description.fr: Tests de charge par campagne : prévus, réalisés, réussis, ayant atteint leur objectif, suivant une procédure
// description.fr: documentée, et nombre d'applications concernées.
// tags: load-tests, indicator
MATCH (test:LoadTest)-[:TESTS]->(application:BusinessApplication)
OPTIONAL MATCH (test)-[:FOLLOWS]->(procedure:TestProcedure)
RETURN test.campaign AS campaign, count(DISTINCT test) AS tests,
  count(DISTINCT CASE WHEN test.done_on IS NOT NULL THEN test.id END) AS done,
  count(DISTINCT CASE WHEN test.result = 'passed' THEN test.id END) AS passed,
  count(DISTINCT CASE WHEN test.measured >= test.objective THEN test.id END) AS reached,
  count(DISTINCT CASE WHEN procedure.documented = true THEN test.id END) AS documented,
  count(DISTINCT application) AS applications
ORDER BY campaign
