// title.en: Mean technical and functional resolution times
// title.fr: Délais moyens de résolution technique et fonctionnelle
// description: Incidents opened in the last months, by priority: all, resolved, mean minutes from opening to technical and to
// description: functional resolution, to one decimal, and the share of resolved ones within their service level.
// description.fr: Incidents ouverts depuis tant de mois, par priorité : tous, résolus, délais moyens en minutes de l'ouverture à la
// description.fr: résolution technique et fonctionnelle, à une décimale, et part des résolus dans les délais.
// tags: incidents, indicator
// param months: integer = 12 -- calendar months back from now
MATCH (incident:Incident)
WHERE incident.opened_at >= datetime() - duration({months: $months})
WITH incident.priority AS priority, count(incident) AS incidents,
  count(incident.technical_resolved_at) AS technical,
  sum(incident.technical_resolved_at.epochMillis - incident.opened_at.epochMillis) AS technical_milliseconds,
  count(incident.resolved_at) AS resolved,
  sum(incident.resolved_at.epochMillis - incident.opened_at.epochMillis) AS milliseconds,
  count(CASE WHEN incident.resolved_at IS NOT NULL AND incident.made_sla = true THEN 1 END) AS in_time
RETURN priority, incidents, resolved,
  CASE WHEN technical > 0 THEN round(10.0 * technical_milliseconds / 60000 / technical) / 10.0 END AS technical_minutes,
  CASE WHEN resolved > 0 THEN round(10.0 * milliseconds / 60000 / resolved) / 10.0 END AS functional_minutes,
  CASE WHEN resolved > 0 THEN round(1000.0 * in_time / resolved) / 10.0 END AS in_time_percent
ORDER BY priority
