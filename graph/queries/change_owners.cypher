// title.en: Owners of everything that a change touches
// title.fr: Responsables de tout ce que touche un changement
// description: Teams that own what a change touches, directly or by downstream impact (20 relations at most, and the business
// description: applications of the instances that are reached), with the number of items of each: touched, and in all.
// description.fr: Équipes responsables de ce que touche un changement, directement ou par impact aval (20 relations au plus, et
// description.fr: les applications des instances atteintes), avec leur nombre d'éléments touchés et au total.
// tags: changes, impact
// param change: Change -- the change
MATCH (:Change {id: $change})-[:TOUCHES]->(touched:ConfigurationItem)
MATCH (touched)<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(reached:ConfigurationItem)
WITH DISTINCT touched, reached
OPTIONAL MATCH (reached)-[:REALISES]->(application:BusinessApplication)
WITH DISTINCT touched, reached, application
OPTIONAL MATCH (application)<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(further:ConfigurationItem)
WITH DISTINCT touched, reached, further
UNWIND [false, true] AS through
WITH DISTINCT
  CASE WHEN through THEN further.id ELSE reached.id END AS id,
  CASE WHEN through OR reached.id <> touched.id THEN false ELSE true END AS direct
WHERE id IS NOT NULL
MATCH (item:ConfigurationItem {id: id})-[:OWNED_BY]->(owner:Team)
RETURN owner.name AS team, owner.on_call AS on_call,
  count(DISTINCT CASE WHEN direct THEN id END) AS touched, count(DISTINCT id) AS items
ORDER BY team, on_call
