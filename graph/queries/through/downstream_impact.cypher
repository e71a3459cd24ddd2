// reach
MATCH (ci:ConfigurationItem {id: $ci})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(reached:ConfigurationItem)
OPTIONAL MATCH (reached)-[:REALISES]->(application:BusinessApplication)
WITH ci.id AS origin, collect(DISTINCT application.id) AS applications
UNWIND applications + [origin] AS root
MATCH (:ConfigurationItem {id: root})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(item:ConfigurationItem)
WITH DISTINCT origin, item
WHERE item.id <> origin
RETURN collect(item.id) AS reached
// tell
MATCH (item:ConfigurationItem)
WHERE item.id IN $reached
RETURN labels(item)[0] AS kind, item.name AS name, item.environment AS environment, item.criticality AS criticality
ORDER BY kind, name, item.id
