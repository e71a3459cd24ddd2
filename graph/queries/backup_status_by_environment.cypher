// title.en: State of backups by environment
// title.fr: État des sauvegardes par environnement
// description: Servers in service by environment and the state of their latest backup: full, partial, failed, none (a run that saved
// description: nothing), or missing where no run is recorded; and the share that is fully backed up. Hypervisors are left out.
// description.fr: Serveurs en service par environnement et état de leur dernière sauvegarde : complète, partielle, en échec, vide, ou
// description.fr: absente ; et la part complète. Les hyperviseurs sont ignorés.
// tags: operability, backup, indicator
MATCH (host:PhysicalServer|VirtualMachine|MainframePartition)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
OPTIONAL MATCH (run:BackupRun)-[:BACKS_UP]->(host)
WITH host, max(run.started_at) AS latest
OPTIONAL MATCH (last:BackupRun)-[:BACKS_UP]->(host)
WHERE last.started_at = latest
WITH host, min(last.status) AS status
WITH host.environment AS environment, count(host) AS servers,
  count(CASE WHEN status = 'full' THEN 1 END) AS full, count(CASE WHEN status = 'partial' THEN 1 END) AS partial,
  count(CASE WHEN status = 'failed' THEN 1 END) AS failed, count(CASE WHEN status = 'none' THEN 1 END) AS none_saved,
  count(CASE WHEN status IS NULL THEN 1 END) AS missing
RETURN environment, servers, full, partial, failed, none_saved, missing, round(1000.0 * full / servers) / 10.0 AS percent
ORDER BY environment
