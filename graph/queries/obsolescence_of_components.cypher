// title.en: Obsolescence rate of middleware and databases
// title.fr: Taux d'obsolescence des middlewares et bases de données
// description: Application servers, web servers, databases and queues by the product that they run: all, those whose version is
// description: out of support, those whose support ends within some months, and the rate. One that runs two products counts in
// description: both.
// description.fr: Serveurs d'applications et web, bases et files par produit installé : tous, ceux dont la version n'est plus
// description.fr: supportée, ceux dont le support finit bientôt, et le taux. Un composant de deux produits compte deux fois.
// tags: obsolescence, indicator
// param months: integer = 12 -- calendar months from today that count as soon
MATCH (component:Deployable)-[:RUNS_VERSION]->(installed:SoftwareVersion)-[:VERSION_OF]->(product:SoftwareProduct)
WHERE component.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
WITH product.category AS category, product.name AS name, count(DISTINCT component) AS components,
  count(DISTINCT CASE WHEN installed.end_of_support < date() THEN component.id END) AS unsupported,
  count(DISTINCT CASE WHEN installed.end_of_support >= date()
    AND installed.end_of_support <= date() + duration({months: $months}) THEN component.id END) AS soon
RETURN category, name, components, unsupported, soon, round(1000.0 * unsupported / components) / 10.0 AS percent
ORDER BY category, name
