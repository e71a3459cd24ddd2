// title.en: Results of recovery tests by year
// title.fr: Résultats des tests de reprise par année
// description: Recovery tests done, by year: all, passed, partial, failed, the success rate, the number with a measured failover and
// description: its mean in minutes to one decimal. Tests still to be done are left out.
// description.fr: Tests de reprise réalisés, par année : tous, réussis, partiels, échoués, taux de réussite, nombre de bascules
// description.fr: mesurées et leur durée moyenne en minutes à une décimale. Les tests à faire sont ignorés.
// tags: recovery, indicator
MATCH (test:RecoveryTest)
WHERE test.done_on IS NOT NULL
WITH test.done_on.year AS year, count(test) AS tests, count(CASE WHEN test.result = 'passed' THEN 1 END) AS passed,
  count(CASE WHEN test.result = 'partial' THEN 1 END) AS partial,
  count(CASE WHEN test.result = 'failed' THEN 1 END) AS failed, count(test.failover_minutes) AS measured,
  sum(toInteger(round(10.0 * test.failover_minutes))) AS tenths
RETURN year, tests, passed, partial, failed, round(1000.0 * passed / tests) / 10.0 AS percent, measured,
  CASE WHEN measured > 0 THEN round(1.0 * tenths / measured) / 10.0 END AS mean_failover_minutes
ORDER BY year
