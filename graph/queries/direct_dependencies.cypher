// title.en: Direct dependencies of a configuration item
// title.fr: Dépendances directes d'un élément
// description: What a configuration item depends on, one relation away, with the relation that says so and the owner.
// description.fr: Ce dont un élément dépend, à une relation près, avec la relation qui le dit et l'équipe responsable.
// tags: topology
// param ci: ConfigurationItem -- the item that depends
MATCH (:ConfigurationItem {id: $ci})-[link:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN]->(needed:ConfigurationItem)
OPTIONAL MATCH (needed)-[:OWNED_BY]->(owner:Team)
RETURN type(link) AS relation, labels(needed)[0] AS kind, needed.name AS name, needed.criticality AS criticality,
  owner.name AS team
ORDER BY relation, kind, name, team
