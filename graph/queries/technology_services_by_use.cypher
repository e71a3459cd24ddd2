// title.en: Technology services by the applications that need them
// title.fr: Services techniques par nombre d'applications qui en dépendent
// description: Technology services with the production applications that depend on them directly, all and vital or critical:
// description: the most shared first.
// description.fr: Services techniques avec le nombre d'applications en production qui en dépendent directement, toutes et
// description.fr: vitales ou critiques : les plus partagés d'abord.
// tags: topology, availability
MATCH (technology:TechnologyService)
OPTIONAL MATCH (technology)<-[:DEPENDS_ON]-(:ServiceInstance {environment: 'production'})-[:REALISES]->(application:BusinessApplication)
RETURN technology.name AS service, count(DISTINCT application) AS applications,
  count(DISTINCT CASE WHEN application.criticality IN ['vital', 'critical'] THEN application.id END) AS serious
ORDER BY applications DESC, service
