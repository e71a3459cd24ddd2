// title.en: Coverage of the obsolescence inventory
// title.fr: Couverture de l'inventaire d'obsolescence
// description: Servers in service by kind and family of system: all, with a known version, with a known end of support of it, and
// description: the share of those with a known end of support.
// description.fr: Serveurs en service par type et famille de système : tous, de version connue, de fin de support connue, et la
// description.fr: part de ces derniers.
// tags: obsolescence, documentation, indicator
MATCH (host:Server)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
OPTIONAL MATCH (host)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WITH labels(host)[0] AS kind, host.os_family AS os_family, count(DISTINCT host) AS servers,
  count(DISTINCT CASE WHEN installed IS NOT NULL THEN host.id END) AS with_version,
  count(DISTINCT CASE WHEN installed.end_of_support IS NOT NULL THEN host.id END) AS with_support_date
RETURN kind, os_family, servers, with_version, with_support_date,
  round(1000.0 * with_support_date / servers) / 10.0 AS percent
ORDER BY kind, os_family
