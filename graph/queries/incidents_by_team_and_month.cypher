// title.en: Incidents by team and month
// title.fr: Incidents par équipe et par mois
// description: Incidents opened in the last months, by team and calendar month: all of them, the major ones (P1), and those that
// description: missed their service level. The first month may be incomplete.
// description.fr: Incidents ouverts depuis tant de mois, par équipe et mois calendaire : tous, les majeurs (P1), et ceux hors
// description.fr: délai. Le premier mois peut être incomplet.
// tags: incidents
// param months: integer = 12 -- calendar months back from now
MATCH (incident:Incident)-[:ASSIGNED_TO]->(assignee:Team)
WHERE incident.opened_at >= datetime() - duration({months: $months})
RETURN assignee.name AS team, incident.opened_at.year AS year, incident.opened_at.month AS month,
  count(DISTINCT incident) AS incidents,
  count(DISTINCT CASE WHEN incident.priority = 'P1' THEN incident.id END) AS major,
  count(DISTINCT CASE WHEN incident.made_sla = false THEN incident.id END) AS late
ORDER BY team, year, month
