// reach
MATCH (ci:ConfigurationItem {id: $ci})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(reached:ConfigurationItem)
OPTIONAL MATCH (reached)-[:REALISES]->(application:BusinessApplication)
WITH ci.id AS origin, collect(DISTINCT application.id) AS applications
UNWIND applications + [origin] AS root
MATCH (:ConfigurationItem {id: root})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(item:ConfigurationItem)
RETURN collect(DISTINCT item.id) AS reached
// tell
MATCH (service:BusinessService)
WHERE service.id IN $reached
OPTIONAL MATCH (service)-[:OWNED_BY]->(owner:Team)
RETURN service.name AS name, service.criticality AS criticality, service.availability_target AS availability_target,
  owner.name AS team
ORDER BY name, team
