// title.en: Known difficulties and the documents that help
// title.fr: Difficultés connues et documents utiles
// description: Problems with a known cause on an application or on one of its instances: incidents that they caused, whether solved,
// description: and the documents of the application, of which run books and recovery procedures.
// description.fr: Problèmes de cause connue sur une application ou une de ses instances : incidents causés, s'ils sont résolus, et
// description.fr: documents de l'application, dont dossiers d'exploitation et procédures de secours.
// tags: knowledge, incidents, documentation
MATCH (problem:Problem)-[:HAS_CAUSE]->(detail:SubCause)
MATCH (problem)-[:AFFECTS]->(item:ConfigurationItem)
OPTIONAL MATCH (item)-[:REALISES]->(realised:BusinessApplication)
WITH problem, detail, coalesce(realised.id, item.id) AS subject
MATCH (application:BusinessApplication)
WHERE application.id = subject
OPTIONAL MATCH (problem)<-[:CAUSED_BY]-(incident:Incident)
WITH problem, detail, application, count(DISTINCT incident) AS incidents
OPTIONAL MATCH (application)<-[:DOCUMENTS]-(paper:Document)
RETURN problem.number AS number, problem.title AS title, problem.status AS status, detail.name AS sub_cause,
  application.code AS code, incidents, count(DISTINCT paper) AS documents,
  count(DISTINCT CASE WHEN paper.document_type IN ['run_book', 'recovery_procedure'] THEN paper.id END) AS operating
ORDER BY number, code, sub_cause
