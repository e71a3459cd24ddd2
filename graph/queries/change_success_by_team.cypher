// title.en: Change success by team
// title.fr: Réussite des changements par équipe
// description: Changes that ended in the last months by team: all, successful, with an incident, an interruption or a rollback,
// description: emergencies, incidents that they caused, and the success rate.
// description.fr: Changements terminés depuis tant de mois par équipe : tous, réussis, avec incident, interruption ou retour
// description.fr: arrière, urgents, incidents causés, et taux de réussite.
// tags: changes, indicator
// param months: integer = 12 -- calendar months back from now
MATCH (owner:Team)<-[:ASSIGNED_TO]-(change:Change)
WHERE change.ended_at >= datetime() - duration({months: $months}) AND change.ended_at <= datetime()
OPTIONAL MATCH (change)<-[:CAUSED_BY]-(incident:Incident)
WITH owner.name AS team, count(DISTINCT change) AS changes,
  count(DISTINCT CASE WHEN change.outcome = 'success' THEN change.id END) AS successful,
  count(DISTINCT CASE WHEN change.outcome IN ['incident', 'interruption', 'rolled_back'] THEN change.id END) AS difficult,
  count(DISTINCT CASE WHEN change.change_type = 'emergency' THEN change.id END) AS emergencies,
  count(DISTINCT incident) AS incidents
RETURN team, changes, successful, difficult, emergencies, incidents, round(1000.0 * successful / changes) / 10.0 AS percent
ORDER BY team
