// title.en: Vulnerable servers by team
// title.fr: Serveurs vulnérables par équipe
// description: Servers in service by owning team: all, those with an open finding, those with an open one of a vulnerability known
// description: to be exploited, and the share that is vulnerable.
// description.fr: Serveurs en service par équipe responsable : tous, ceux qui ont un constat ouvert, ceux qui en ont un d'une
// description.fr: vulnérabilité exploitée, et la part vulnérable.
// tags: security, organisation, indicator
MATCH (owner:Team)<-[:OWNED_BY]-(host:Server)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
OPTIONAL MATCH (host)<-[:FOUND_ON]-(finding:VulnerabilityFinding)-[:OF_VULNERABILITY]->(vulnerability:Vulnerability)
WHERE finding.closed_at IS NULL
WITH owner.name AS team, count(DISTINCT host) AS servers,
  count(DISTINCT CASE WHEN finding IS NOT NULL THEN host.id END) AS vulnerable,
  count(DISTINCT CASE WHEN vulnerability.known_exploited = true THEN host.id END) AS exploited
RETURN team, servers, vulnerable, exploited, round(1000.0 * vulnerable / servers) / 10.0 AS percent
ORDER BY team
