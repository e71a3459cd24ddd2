// title.en: Downstream impact of a configuration item
// title.fr: Impact aval d'un élément de configuration
// description: Everything that depends on a configuration item, directly or through others: what may stop when it stops.
// description: Relations of dependency are followed backwards, 20 at most; a service instance that is reached reaches the
// description: business application that it realises, and what depends on that application.
// description.fr: Tout ce qui dépend d'un élément, directement ou non : ce qui peut s'arrêter quand il s'arrête.
// description.fr: Les dépendances sont remontées (20 au plus) ; une instance atteinte atteint l'application qu'elle réalise.
// tags: topology, impact
// param ci: ConfigurationItem -- whose failure is supposed
MATCH (ci:ConfigurationItem {id: $ci})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(reached)
WITH DISTINCT ci, reached
OPTIONAL MATCH (reached)-[:REALISES]->(application:BusinessApplication)
WITH DISTINCT ci, reached, application
OPTIONAL MATCH (application)<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(further)
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
