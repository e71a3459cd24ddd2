// reach
MATCH (:Change {id: $change})-[:TOUCHES]->(touched:ConfigurationItem)
MATCH (touched)<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(reached:ConfigurationItem)
WITH DISTINCT reached
OPTIONAL MATCH (reached)-[:REALISES]->(application:BusinessApplication)
WITH DISTINCT reached, application
OPTIONAL MATCH (application)<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(further:ConfigurationItem)
WITH DISTINCT reached, further
UNWIND [false, true] AS through
WITH DISTINCT CASE WHEN through THEN further.id ELSE reached.id END AS id
WHERE id IS NOT NULL
RETURN collect(id) AS reached
// tell
MATCH (item:ConfigurationItem)-[:OWNED_BY]->(owner:Team)
WHERE item.id IN $reached
OPTIONAL MATCH (change:Change {id: $change})-[:TOUCHES]->(item)
RETURN owner.name AS team, owner.on_call AS on_call,
  count(DISTINCT CASE WHEN change.id IS NOT NULL THEN item.id END) AS touched, count(DISTINCT item.id) AS items
ORDER BY team, on_call
