// title.en: Downstream impact of a configuration item
// title.fr: Impact aval d'un élément de configuration
// description: Everything that depends on a configuration item, directly or through others: what may stop when it stops.
// description: Relations of dependency are followed backwards, 20 at most; a service instance that is reached reaches the
// description: business application that it realises, and what depends on that application.
// description.fr: Tout ce qui dépend d'un élément, directement ou non : ce qui peut s'arrêter quand il s'arrête.
// description.fr: Les dépendances sont remontées (20 au plus) ; une instance atteinte atteint l'application qu'elle réalise.
// tags: topology, impact
// param ci: ConfigurationItem -- whose failure is supposed
MATCH (ci:ConfigurationItem {id: $ci})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(reached:ConfigurationItem)
OPTIONAL MATCH (reached)-[:REALISES]->(application:BusinessApplication)
WITH ci.id AS origin, collect(DISTINCT application.id) AS applications
UNWIND applications + [origin] AS root
MATCH (:ConfigurationItem {id: root})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(item:ConfigurationItem)
WITH DISTINCT origin, item
WHERE item.id <> origin
RETURN labels(item)[0] AS kind, item.name AS name, item.environment AS environment, item.criticality AS criticality
ORDER BY kind, name, item.id
