// title.en: Serious applications on a single site
// title.fr: Applications sensibles concentrées sur un seul site
// description: Vital or critical applications all of whose servers, production and recovery, stand on one site, with the number
// description: of its data centres that they use and of those servers. Instances that run in containers only have no server.
// description.fr: Applications vitales ou critiques dont tous les serveurs, production et secours, sont sur un seul site, avec
// description.fr: le nombre de centres de données et de serveurs. Une instance seulement en conteneurs n'a pas de serveur.
// tags: topology, availability, recovery
MATCH (application:BusinessApplication)<-[:REALISES]-(instance:ServiceInstance)-[:RUNS_ON]->(host:Server)
WHERE application.criticality IN ['vital', 'critical'] AND instance.environment IN ['production', 'recovery']
MATCH (host)-[:HOSTED_ON*0..2]->(:PhysicalServer)-[:LOCATED_IN]->(:Rack)-[:LOCATED_IN]->(center:DataCenter)-[:LOCATED_IN]->(place:Site)
WITH application, count(DISTINCT place) AS sites, min(place.name) AS site, count(DISTINCT center) AS data_centers,
  count(DISTINCT host) AS servers
WHERE sites = 1
RETURN application.code AS code, application.name AS name, application.criticality AS criticality, site, data_centers,
  servers
ORDER BY code
