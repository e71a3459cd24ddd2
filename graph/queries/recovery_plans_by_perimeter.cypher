// title.en: Applications validated in a recovery plan, by perimeter
// title.fr: Applications validées au plan de reprise, par périmètre
// description: Applications that need a recovery plan, by perimeter: all, covered by a plan, by a validated one, with a test done in
// description: the last months, and the share that is validated.
// description.fr: Applications qui demandent un plan de reprise, par périmètre : toutes, couvertes par un plan, par un plan validé,
// description.fr: éprouvées depuis tant de mois, et la part validée.
// tags: recovery, indicator
// param months: integer = 12 -- calendar months back from today that a test counts
MATCH (area:Perimeter)<-[:IN_PERIMETER]-(application:BusinessApplication {needs_recovery_plan: true})
OPTIONAL MATCH (application)<-[:COVERS]-(plan:RecoveryPlan)
OPTIONAL MATCH (plan)<-[:TESTS]-(test:RecoveryTest)
WHERE test.done_on >= date() - duration({months: $months}) AND test.done_on <= date()
WITH area.name AS perimeter, count(DISTINCT application) AS applications,
  count(DISTINCT CASE WHEN plan IS NOT NULL THEN application.id END) AS covered,
  count(DISTINCT CASE WHEN plan.validated = true THEN application.id END) AS validated,
  count(DISTINCT CASE WHEN test IS NOT NULL THEN application.id END) AS tested
RETURN perimeter, applications, covered, validated, tested, round(1000.0 * validated / applications) / 10.0 AS percent
ORDER BY perimeter
