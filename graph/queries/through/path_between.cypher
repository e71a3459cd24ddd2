// reach
MATCH (a:ConfigurationItem {id: $from}), (b:ConfigurationItem {id: $to})
WHERE a.id <> b.id
MATCH path = allShortestPaths((a)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*..12]-(b))
UNWIND range(0, length(path)) AS distance
WITH DISTINCT distance, nodes(path)[distance] AS item
RETURN item.id AS reached, distance AS place
ORDER BY place, reached
// tell
MATCH (item:ConfigurationItem)
WHERE item.id IN $reached
RETURN item.id AS id, labels(item)[0] AS kind, item.name AS name
ORDER BY kind, name, id
