// reach
MATCH (ci:ConfigurationItem {id: $ci})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(item:ConfigurationItem)
WITH DISTINCT ci, item
WHERE item.id <> ci.id
RETURN collect(item.id) AS reached
// tell
MATCH (item:ConfigurationItem)
WHERE item.id IN $reached
RETURN labels(item)[0] AS kind, count(item) AS items,
  count(CASE WHEN item.environment = 'production' THEN 1 END) AS in_production,
  count(CASE WHEN item.criticality IN ['vital', 'critical'] THEN 1 END) AS serious
ORDER BY items DESC, kind
