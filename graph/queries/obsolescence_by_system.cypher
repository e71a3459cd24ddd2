// title.en: Obsolescence rate of servers by operating system
// title.fr: Taux d'obsolescence des serveurs par système d'exploitation
// description: Servers in service by the product that they run as system: all, those whose version is out of support (its end of
// description: support is before today), those whose support ends within some months, those of unknown support, and the rate.
// description.fr: Serveurs en service par système installé : tous, ceux dont la version n'est plus supportée (fin de support
// description.fr: passée), ceux dont le support finit bientôt, ceux dont il est inconnu, et le taux d'obsolescence.
// tags: obsolescence, indicator
// param months: integer = 12 -- calendar months from today that count as soon
MATCH (host:Server)-[:RUNS_VERSION]->(installed:SoftwareVersion)-[:VERSION_OF]->(system:SoftwareProduct)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
WITH system.name AS product, count(DISTINCT host) AS servers,
  count(DISTINCT CASE WHEN installed.end_of_support < date() THEN host.id END) AS unsupported,
  count(DISTINCT CASE WHEN installed.end_of_support >= date()
    AND installed.end_of_support <= date() + duration({months: $months}) THEN host.id END) AS soon,
  count(DISTINCT CASE WHEN installed.end_of_support IS NULL THEN host.id END) AS unknown
RETURN product, servers, unsupported, soon, unknown, round(1000.0 * unsupported / servers) / 10.0 AS percent
ORDER BY product
