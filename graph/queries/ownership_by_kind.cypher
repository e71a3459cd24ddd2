// title.en: Items with an owner and a perimeter, by kind
// title.fr: Éléments affectés à une équipe et à un périmètre, par type
// description: Configuration items by kind: all, those that no team owns, those in no perimeter, and the owned share.
// description.fr: Éléments de configuration par type : tous, ceux sans équipe responsable, ceux hors de tout périmètre, et la part
// description.fr: qui a un responsable.
// tags: organisation, documentation, indicator
MATCH (item:ConfigurationItem)
OPTIONAL MATCH (item)-[:OWNED_BY]->(owner:Team)
OPTIONAL MATCH (item)-[:IN_PERIMETER]->(area:Perimeter)
WITH labels(item)[0] AS kind, count(DISTINCT item) AS items,
  count(DISTINCT CASE WHEN owner IS NULL THEN item.id END) AS without_owner,
  count(DISTINCT CASE WHEN area IS NULL THEN item.id END) AS without_perimeter
RETURN kind, items, without_owner, without_perimeter, round(1000.0 * (items - without_owner) / items) / 10.0 AS percent
ORDER BY kind
