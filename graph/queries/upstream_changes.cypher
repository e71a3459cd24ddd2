// title.en: What changed upstream of a configuration item
// title.fr: Ce qui a changé en amont d'un élément de configuration
// description: Changes that were being made within the last hours on a configuration item or on anything that it depends on,
// description: directly or through others (20 relations at most, and the instances of an application that is reached):
// description: started by now, and not ended before those hours. One row per change and item touched.
// description.fr: Changements réalisés depuis tant d'heures sur un élément ou sur ce dont il dépend, directement ou non
// description.fr: (20 relations au plus, et les instances d'une application atteinte) : commencés, et non terminés avant
// description.fr: ces heures. Une ligne par changement et élément touché.
// tags: topology, changes
// param ci: ConfigurationItem -- whose surroundings are asked about
// param hours: integer = 24 -- hours back from now
MATCH (ci:ConfigurationItem {id: $ci})-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(reached)
WITH DISTINCT ci, reached
OPTIONAL MATCH (reached:BusinessApplication)<-[:REALISES]-(instance:ServiceInstance)
WITH DISTINCT ci, reached, instance
OPTIONAL MATCH (instance)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(further)
WITH DISTINCT reached, further
UNWIND [false, true] AS through
WITH DISTINCT CASE WHEN through THEN further.id ELSE reached.id END AS id
MATCH (change:Change)-[:TOUCHES]->(item:ConfigurationItem {id: id})
WHERE change.started_at <= datetime()
  AND (change.ended_at IS NULL OR change.ended_at >= datetime() - duration({hours: $hours}))
RETURN change.number AS number, change.title AS title, change.change_type AS change_type, change.outcome AS outcome,
  change.started_at AS started_at, change.ended_at AS ended_at, labels(item)[0] AS kind, item.name AS touched
ORDER BY started_at, number, kind, touched
