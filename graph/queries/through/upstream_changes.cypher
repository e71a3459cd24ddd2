// reach
MATCH (ci:ConfigurationItem {id: $ci})-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(reached)
WITH DISTINCT ci, reached
OPTIONAL MATCH (reached:BusinessApplication)<-[:REALISES]-(instance:ServiceInstance)
WITH DISTINCT ci, reached, instance
OPTIONAL MATCH (instance)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(further)
WITH DISTINCT ci, reached, further
UNWIND [false, true] AS through
WITH DISTINCT ci, CASE WHEN through THEN further.id ELSE reached.id END AS id
WHERE id IS NOT NULL
RETURN collect(id) AS reached
// tell
MATCH (change:Change)-[:TOUCHES]->(item:ConfigurationItem)
WHERE item.id IN $reached AND change.started_at <= datetime()
  AND (change.ended_at IS NULL OR change.ended_at >= datetime() - duration({hours: $hours}))
RETURN change.number AS number, change.title AS title, change.change_type AS change_type, change.outcome AS outcome,
  change.started_at AS started_at, change.ended_at AS ended_at, labels(item)[0] AS kind, item.name AS touched
ORDER BY started_at, number, kind, touched
