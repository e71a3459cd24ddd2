// title.en: Items with recurring incidents
// title.fr: Éléments à incidents récurrents
// description: Items that were the main item of several incidents of the same category opened in the last months: their number, the
// description: first and the last, those still open, and whether a problem was opened about the item.
// description.fr: Éléments principaux de plusieurs incidents de même catégorie ouverts depuis tant de mois : nombre, premier et
// description.fr: dernier, encore ouverts, et si un problème a été ouvert sur l'élément.
// tags: incidents, indicator
// param months: integer = 12 -- calendar months back from now
// param least: integer = 3 -- incidents of one category that count as recurring
MATCH (incident:Incident)-[:AFFECTS {role: 'main'}]->(item:ConfigurationItem)
WHERE incident.opened_at >= datetime() - duration({months: $months})
WITH item, incident.category AS category, count(incident) AS incidents, min(incident.opened_at) AS first_at,
  max(incident.opened_at) AS last_at, count(CASE WHEN incident.resolved_at IS NULL THEN 1 END) AS still_open
WHERE incidents >= $least
OPTIONAL MATCH (item)<-[:AFFECTS]-(problem:Problem)
RETURN labels(item)[0] AS kind, item.name AS name, category, incidents, first_at, last_at, still_open,
  count(DISTINCT problem) AS problems
ORDER BY incidents DESC, name, category, kind
