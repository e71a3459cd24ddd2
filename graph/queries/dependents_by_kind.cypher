// title.en: How many items depend on a configuration item, by kind
// title.fr: Nombre d'éléments dépendant d'un élément, par type
// description: Items that depend on a configuration item, directly or through others (20 relations at most), counted by kind:
// description: all of them, those in production, and the vital or critical ones. The item itself is not counted.
// description.fr: Éléments qui dépendent d'un élément, directement ou non (20 relations au plus), comptés par type : tous, ceux
// description.fr: de production, et les vitaux ou critiques. L'élément lui-même n'est pas compté.
// tags: topology, impact
// param ci: ConfigurationItem -- whose dependents are counted
MATCH (ci:ConfigurationItem {id: $ci})<-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*0..20]-(item:ConfigurationItem)
WITH DISTINCT ci, item
WHERE item.id <> ci.id
RETURN labels(item)[0] AS kind, count(item) AS items,
  count(CASE WHEN item.environment = 'production' THEN 1 END) AS in_production,
  count(CASE WHEN item.criticality IN ['vital', 'critical'] THEN 1 END) AS serious
ORDER BY items DESC, kind
