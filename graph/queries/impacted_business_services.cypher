// title.en: Business services that stop with a configuration item
// title.fr: Services métier arrêtés avec un élément de configuration
// description: Business services that depend on a configuration item, directly or through others (20 relations at most, and
// description: the applications of the instances that are reached), with their criticality, availability target and owner.
// description.fr: Services métier qui dépendent d'un élément, directement ou non (20 relations au plus, et les applications des
// description.fr: instances atteintes), avec leur criticité, leur objectif de disponibilité et l'équipe responsable.
// tags: topology, impact, availability
// param ci: ConfigurationItem -- whose failure is supposed
MATCH (ci:ConfigurationItem {id: $ci})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(reached:ConfigurationItem)
OPTIONAL MATCH (reached)-[:REALISES]->(application:BusinessApplication)
WITH ci.id AS origin, collect(DISTINCT application.id) AS applications
UNWIND applications + [origin] AS root
MATCH (:ConfigurationItem {id: root})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(service:BusinessService)
WITH DISTINCT service
OPTIONAL MATCH (service)-[:OWNED_BY]->(owner:Team)
RETURN service.name AS name, service.criticality AS criticality, service.availability_target AS availability_target,
  owner.name AS team
ORDER BY name, team
