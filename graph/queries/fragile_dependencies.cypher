// title.en: Serious applications that depend on less critical ones
// title.fr: Applications sensibles dépendant d'applications moins critiques
// description: Vital or critical applications that depend directly on one that is important or standard, with whether that one
// description: has a validated recovery plan.
// description.fr: Applications vitales ou critiques qui dépendent directement d'une application importante ou standard, et si cette
// description.fr: dernière a un plan de reprise validé.
// tags: topology, recovery
MATCH (application:BusinessApplication)-[:DEPENDS_ON]->(needed:BusinessApplication)
WHERE application.criticality IN ['vital', 'critical'] AND needed.criticality IN ['important', 'standard']
OPTIONAL MATCH (plan:RecoveryPlan)-[:COVERS]->(needed)
WITH application, needed, count(CASE WHEN plan.validated = true THEN 1 END) AS validated
RETURN application.code AS code, application.name AS name, application.criticality AS criticality,
  needed.code AS needs_code, needed.name AS needs, needed.criticality AS needs_criticality, validated > 0 AS recoverable
ORDER BY code, needs_code
