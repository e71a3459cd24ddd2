// title.en: Applications to be load tested
// title.fr: Applications à tester en charge
// description: Applications that need a load test and have not passed one in the last months: the tests ever done, the day of the
// description: latest passed one, and the next planned day.
// description.fr: Applications à tester en charge qui n'ont pas réussi de test depuis tant de mois : tests déjà réalisés, date du
// description.fr: dernier réussi, et prochaine date prévue.
// tags: load-tests, alert
// param months: integer = 12 -- calendar months back from today
MATCH (application:BusinessApplication {needs_load_test: true})
OPTIONAL MATCH (application)<-[:TESTS]-(test:LoadTest)
WITH application, count(test.done_on) AS done, max(CASE WHEN test.result = 'passed' THEN test.done_on END) AS latest_passed,
  min(CASE WHEN test.done_on IS NULL THEN test.planned_on END) AS next_planned
WHERE latest_passed IS NULL OR latest_passed < date() - duration({months: $months})
RETURN application.code AS code, application.name AS name, application.criticality AS criticality, done, latest_passed,
  next_planned
ORDER BY code
