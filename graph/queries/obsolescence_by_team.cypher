// title.en: Obsolescence rate of servers by team
// title.fr: Taux d'obsolescence des serveurs par équipe
// description: Servers in service by owning team: all, those that run a version out of support, those whose support ends within
// description: some months, and the rate. Servers whose version is unknown count among all.
// description.fr: Serveurs en service par équipe responsable : tous, ceux dont une version n'est plus supportée, ceux dont le
// description.fr: support finit bientôt, et le taux. Un serveur de version inconnue compte dans le total.
// tags: obsolescence, organisation, indicator
// param months: integer = 12 -- calendar months from today that count as soon
MATCH (owner:Team)<-[:OWNED_BY]-(host:Server)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
OPTIONAL MATCH (host)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WITH owner.name AS team, count(DISTINCT host) AS servers,
  count(DISTINCT CASE WHEN installed.end_of_support < date() THEN host.id END) AS unsupported,
  count(DISTINCT CASE WHEN installed.end_of_support >= date()
    AND installed.end_of_support <= date() + duration({months: $months}) THEN host.id END) AS soon
RETURN team, servers, unsupported, soon, round(1000.0 * unsupported / servers) / 10.0 AS percent
ORDER BY team
