// title.en: Upstream dependencies of a configuration item
// title.fr: Dépendances amont d'un élément de configuration
// description: Everything that a configuration item depends on, directly or through others: what may stop it. The reverse of
// description: downstream impact: relations of dependency are followed forwards, 20 at most, and a business application
// description: depends on the service instances that realise it.
// description.fr: Tout ce dont un élément dépend, directement ou non : ce qui peut l'arrêter. L'inverse de l'impact aval :
// description.fr: les dépendances sont suivies (20 au plus), et une application dépend des instances qui la réalisent.
// tags: topology, impact
// param ci: ConfigurationItem -- whose dependencies are asked for
MATCH (ci:ConfigurationItem {id: $ci})-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(reached)
WITH DISTINCT ci, reached
OPTIONAL MATCH (reached:BusinessApplication)<-[:REALISES]-(instance:ServiceInstance)
WITH DISTINCT ci, reached, instance
OPTIONAL MATCH (instance)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]->(further)
WITH DISTINCT ci, reached, further
UNWIND [false, true] AS through
WITH DISTINCT ci,
  CASE WHEN through THEN further.id ELSE reached.id END AS id,
  CASE WHEN through THEN labels(further)[0] ELSE labels(reached)[0] END AS kind,
  CASE WHEN through THEN further.name ELSE reached.name END AS name,
  CASE WHEN through THEN further.environment ELSE reached.environment END AS environment,
  CASE WHEN through THEN further.criticality ELSE reached.criticality END AS criticality
WHERE id <> ci.id
RETURN kind, name, environment, criticality
ORDER BY kind, name, id
