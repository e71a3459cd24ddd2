// title.en: Servers by end of support of what they run
// title.fr: Serveurs par date de fin de support
// description: Versions that servers run and whose support has ended or ends within some months, soonest first, with the number
// description: of servers. End of support is the vendor's; end of life also counts extensions that are paid for.
// description.fr: Versions installées sur des serveurs dont le support est terminé ou se termine bientôt, avec le nombre de
// description.fr: serveurs. La fin de support est celle de l'éditeur ; la fin de vie tient compte des prolongations payantes.
// tags: obsolescence
// param months: integer = 12 -- calendar months from today
MATCH (server:Server)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WHERE installed.end_of_support <= date() + duration({months: $months}) AND server.status <> 'decommissioned'
RETURN installed.end_of_support AS end_of_support, installed.name AS version, installed.end_of_life AS end_of_life,
  count(DISTINCT server) AS servers,
  count(DISTINCT CASE WHEN server.environment = 'production' THEN server.id END) AS in_production
ORDER BY end_of_support, version
