// title.en: Test procedures, documented and followed
// title.fr: Procédures de test, documentées et suivies
// description: Test procedures: whether each is documented, the tests that follow it, those done, and the day of the last one done.
// description.fr: Procédures de test : si chacune est documentée, les tests qui la suivent, ceux réalisés, et la date du dernier.
// tags: load-tests, documentation, indicator
MATCH (procedure:TestProcedure)
OPTIONAL MATCH (procedure)<-[:FOLLOWS]-(test:LoadTest)
RETURN procedure.name AS name, procedure.documented AS documented, count(DISTINCT test) AS tests,
  count(DISTINCT CASE WHEN test.done_on IS NOT NULL THEN test.id END) AS done, max(test.done_on) AS last_done
ORDER BY name
