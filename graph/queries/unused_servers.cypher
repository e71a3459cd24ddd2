// title.en: Servers in service on which nothing runs
// title.fr: Serveurs en service sur lesquels rien ne tourne
// description: Servers in service or in maintenance that carry no instance, component, cluster node or other machine, by the
// description: relations of the estate: to be explained or decommissioned.
// description.fr: Serveurs en service ou en maintenance qui ne portent ni instance, ni composant, ni autre machine d'après les
// description.fr: relations du référentiel : à expliquer ou à décommissionner.
// tags: topology, documentation
MATCH (host:Server)
WHERE host.status IN ['in_service', 'in_maintenance']
OPTIONAL MATCH (host)<-[:RUNS_ON|HOSTED_ON]-(carried:ConfigurationItem)
WITH host, count(carried) AS carried
WHERE carried = 0
OPTIONAL MATCH (host)-[:OWNED_BY]->(owner:Team)
RETURN host.name AS server, host.environment AS environment, host.role AS role, owner.name AS team,
  host.last_restart AS last_restart
ORDER BY server, team
