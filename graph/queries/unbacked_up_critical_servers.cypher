// title.en: Servers of critical applications without a good backup
// title.fr: Serveurs d'applications critiques sans sauvegarde complète
// description: Servers on which instances of vital or critical applications run, whose latest backup is not full: partial,
// description: failed or none, or missing where no backup was ever recorded. `applications` counts those that are concerned.
// description.fr: Serveurs d'applications vitales ou critiques dont la dernière sauvegarde n'est pas complète : partielle, en
// description.fr: échec, vide, ou absente (missing). `applications` compte les applications concernées.
// tags: operability, backup
// param environment: string = production -- of the service instances
MATCH (application:BusinessApplication)<-[:REALISES]-(instance:ServiceInstance)-[:RUNS_ON]->(host:Server)
WHERE application.criticality IN ['vital', 'critical'] AND instance.environment = $environment
WITH host, count(DISTINCT application) AS applications
OPTIONAL MATCH (run:BackupRun)-[:BACKS_UP]->(host)
WITH host, applications, max(run.started_at) AS latest
OPTIONAL MATCH (last:BackupRun)-[:BACKS_UP]->(host)
WHERE last.started_at = latest
WITH host, applications, latest, min(last.status) AS status
WHERE status IS NULL OR status <> 'full'
RETURN labels(host)[0] AS kind, host.name AS server, host.criticality AS criticality, applications,
  coalesce(status, 'missing') AS latest_backup, latest AS backed_up_at
ORDER BY kind, server, host.id
