// title.en: What two applications share
// title.fr: Ce que deux applications partagent
// description: Everything that production instances of two applications both depend on, directly or through others (20
// description: relations at most): what may stop both at once.
// description.fr: Tout ce dont dépendent à la fois les instances de production de deux applications, directement ou non
// description.fr: (20 relations au plus) : ce qui peut arrêter les deux à la fois.
// tags: topology, availability
// param first: BusinessApplication -- one application
// param second: BusinessApplication -- the other
MATCH (:BusinessApplication {id: $first})<-[:REALISES]-(:ServiceInstance {environment: 'production'})-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*1..20]->(shared)
WITH DISTINCT shared
MATCH (:BusinessApplication {id: $second})<-[:REALISES]-(:ServiceInstance {environment: 'production'})-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*1..20]->(other)
WHERE other.id = shared.id
WITH DISTINCT shared
RETURN labels(shared)[0] AS kind, shared.name AS name, shared.criticality AS criticality
ORDER BY kind, name
