// title.en: Obsolescence rate of servers by perimeter
// title.fr: Taux d'obsolescence des serveurs par périmètre
// description: Servers in service by perimeter: all, those that run a version out of support, of which in production, and the
// description: rate. Servers whose version is unknown count among all.
// description.fr: Serveurs en service par périmètre : tous, ceux dont une version n'est plus supportée, dont en production, et
// description.fr: le taux. Un serveur de version inconnue compte dans le total.
// tags: obsolescence, organisation, indicator
MATCH (area:Perimeter)<-[:IN_PERIMETER]-(host:Server)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
OPTIONAL MATCH (host)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WITH area.name AS perimeter, count(DISTINCT host) AS servers,
  count(DISTINCT CASE WHEN installed.end_of_support < date() THEN host.id END) AS unsupported,
  count(DISTINCT CASE WHEN installed.end_of_support < date() AND host.environment = 'production' THEN host.id END) AS in_production
RETURN perimeter, servers, unsupported, in_production, round(1000.0 * unsupported / servers) / 10.0 AS percent
ORDER BY perimeter
