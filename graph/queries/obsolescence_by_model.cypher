// title.en: Obsolescence rate of machines by hardware model
// title.fr: Taux d'obsolescence des machines par modèle de matériel
// description: Physical servers, hypervisors and mainframe partitions in service by manufacturer and model: all, those that run a
// description: version out of support, those whose version is unknown, and the rate among those whose version is known.
// description.fr: Serveurs physiques, hyperviseurs et partitions en service par constructeur et modèle : tous, ceux dont une
// description.fr: version n'est plus supportée, ceux de version inconnue, et le taux parmi ceux dont elle est connue.
// tags: obsolescence, indicator
MATCH (host:Server)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning'] AND host.model IS NOT NULL
OPTIONAL MATCH (host)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WITH host.manufacturer AS manufacturer, host.model AS model, count(DISTINCT host) AS machines,
  count(DISTINCT CASE WHEN installed.end_of_support < date() THEN host.id END) AS unsupported,
  count(DISTINCT CASE WHEN installed IS NULL THEN host.id END) AS unknown
RETURN manufacturer, model, machines, unsupported, unknown,
  CASE WHEN machines > unknown THEN round(1000.0 * unsupported / (machines - unknown)) / 10.0 END AS percent
ORDER BY manufacturer, model
