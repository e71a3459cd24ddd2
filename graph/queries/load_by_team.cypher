// title.en: Load of requests by team
// title.fr: Charge de demandes par équipe
// description: What was assigned to each team in the last months: incidents, changes and problems opened, those of them still open,
// description: the persons of the team, and requests per person to one decimal: how uneven the load is.
// description.fr: Ce qui a été affecté à chaque équipe depuis tant de mois : incidents, changements et problèmes ouverts, ceux
// description.fr: encore ouverts, personnes de l'équipe, et demandes par personne à une décimale.
// tags: organisation, incidents, changes, indicator
// param months: integer = 3 -- calendar months back from now
MATCH (owner:Team)
OPTIONAL MATCH (owner)<-[:ASSIGNED_TO]-(request:Incident|Change|Problem)
WHERE request.opened_at >= datetime() - duration({months: $months})
WITH owner, count(DISTINCT CASE WHEN request:Incident THEN request.id END) AS incidents,
  count(DISTINCT CASE WHEN request:Change THEN request.id END) AS changes,
  count(DISTINCT CASE WHEN request:Problem THEN request.id END) AS problems,
  count(DISTINCT CASE WHEN NOT request.status IN ['closed', 'resolved', 'cancelled', 'refused'] THEN request.id END) AS open
OPTIONAL MATCH (member:Person)-[:MEMBER_OF_TEAM]->(owner)
WITH owner.name AS team, incidents, changes, problems, open, count(DISTINCT member) AS persons
RETURN team, incidents, changes, problems, open, persons,
  CASE WHEN persons > 0 THEN round(10.0 * (incidents + changes + problems) / persons) / 10.0 END AS per_person
ORDER BY team
