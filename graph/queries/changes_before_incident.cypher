// title.en: Changes that may explain an incident
// title.fr: Changements pouvant expliquer un incident
// description: Changes being made within some hours before an incident was opened, on the items that it affects or on what these
// description: depend on, four relations at most, with the owner of what was touched: tickets, changes and estate joined.
// description.fr: Changements réalisés dans les heures précédant l'ouverture d'un incident, sur les éléments affectés ou ce dont ils
// description.fr: dépendent (quatre relations au plus), avec l'équipe responsable : tickets, changements et référentiel croisés.
// tags: incidents, changes, impact
// param incident: Incident -- the incident to explain
// param hours: integer = 72 -- hours before its opening
MATCH (seen:Incident {id: $incident})-[:AFFECTS]->(:ConfigurationItem)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH*0..4]->(item:ConfigurationItem)
WITH DISTINCT seen, item
MATCH (item)<-[:TOUCHES]-(change:Change)
WHERE change.started_at <= seen.opened_at
  AND (change.ended_at IS NULL OR change.ended_at >= seen.opened_at - duration({hours: $hours}))
OPTIONAL MATCH (item)-[:OWNED_BY]->(owner:Team)
RETURN change.number AS number, change.title AS title, change.started_at AS started_at, change.ended_at AS ended_at,
  change.outcome AS outcome, labels(item)[0] AS kind, item.name AS touched, owner.name AS team
ORDER BY started_at, number, kind, touched, team
