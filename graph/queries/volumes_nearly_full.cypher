// title.en: Storage volumes that are nearly full
// title.fr: Volumes de stockage presque pleins
// description: Volumes in service that are used for more than that share, with the databases on them, fullest first. Exactly that
// description: share is not more.
// description.fr: Volumes en service utilisés à plus de cette part, avec le nombre de bases qu'ils portent, du plus plein au moins
// description.fr: plein. Exactement cette part n'est pas plus.
// tags: capacity, alert
// param percent: float = 85.0 -- used share of the size, in percent
MATCH (volume:StorageVolume)
WHERE volume.status = 'in_service' AND 100.0 * volume.used_gb > $percent * volume.size_gb
OPTIONAL MATCH (volume)<-[:STORED_ON]-(stored:DatabaseInstance)
RETURN volume.name AS name, volume.environment AS environment, volume.criticality AS criticality,
  volume.size_gb AS size_gb, volume.used_gb AS used_gb, count(DISTINCT stored) AS databases
ORDER BY used_gb / size_gb DESC, name
