// title.en: Applications whose backups are older than their recovery point
// title.fr: Applications dont les sauvegardes dépassent la perte admissible
// description: Applications with a recovery point objective of which a production server has no full backup as recent as that: servers,
// description: those whose latest full backup is too old, those never fully backed up. Exactly as old as the objective is allowed.
// description.fr: Applications à perte maximale admissible dont un serveur de production n'a pas de sauvegarde complète assez
// description.fr: récente : serveurs, ceux dont elle est trop vieille, ceux qui n'en ont jamais eu.
// tags: operability, backup, recovery
// param least: integer = 1440 -- smallest objective that backups have to keep, minutes; replication answers for the others
MATCH (application:BusinessApplication)<-[:REALISES]-(:ServiceInstance {environment: 'production'})-[:RUNS_ON]->(host:Server)
WHERE application.rpo_minutes >= $least
WITH DISTINCT application, host
OPTIONAL MATCH (run:BackupRun {status: 'full'})-[:BACKS_UP]->(host)
WITH application, host, max(run.started_at) AS latest
WITH application, count(host) AS servers,
  count(CASE WHEN latest < datetime() - duration({minutes: application.rpo_minutes}) THEN 1 END) AS too_old,
  count(CASE WHEN latest IS NULL THEN 1 END) AS never
WHERE too_old + never > 0
RETURN application.code AS code, application.name AS name, application.criticality AS criticality,
  application.rpo_minutes AS rpo_minutes, servers, too_old, never
ORDER BY code
