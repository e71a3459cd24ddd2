// reach
MATCH (:Incident {id: $incident})-[:AFFECTS]->(:ConfigurationItem)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH*0..4]->(item:ConfigurationItem)
RETURN collect(DISTINCT item.id) AS reached
// tell
MATCH (seen:Incident {id: $incident})
MATCH (item:ConfigurationItem)<-[:TOUCHES]-(change:Change)
WHERE item.id IN $reached AND change.started_at <= seen.opened_at
  AND (change.ended_at IS NULL OR change.ended_at >= seen.opened_at - duration({hours: $hours}))
OPTIONAL MATCH (item)-[:OWNED_BY]->(owner:Team)
RETURN change.number AS number, change.title AS title, change.started_at AS started_at, change.ended_at AS ended_at,
  change.outcome AS outcome, labels(item)[0] AS kind, item.name AS touched, owner.name AS team
ORDER BY started_at, number, kind, touched, team
