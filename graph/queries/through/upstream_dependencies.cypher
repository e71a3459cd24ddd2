// reach
MATCH (ci:ConfigurationItem {id: $ci})-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(reached)
WITH DISTINCT ci, reached
OPTIONAL MATCH (reached:BusinessApplication)<-[:REALISES]-(instance:ServiceInstance)
WITH DISTINCT ci, reached, instance
OPTIONAL MATCH (instance)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(further)
WITH DISTINCT ci, reached, further
UNWIND [false, true] AS through
WITH DISTINCT ci, CASE WHEN through THEN further.id ELSE reached.id END AS id
WHERE id <> ci.id
RETURN collect(id) AS reached
// tell
MATCH (item)
WHERE item.id IN $reached
RETURN labels(item)[0] AS kind, item.name AS name, item.environment AS environment, item.criticality AS criticality
ORDER BY kind, name, item.id
