// title.en: Single points of failure of a business service
// title.fr: Points de défaillance uniques d'un service métier
// description: Servers, databases, application and web servers and storage whose failure alone would stop a business service.
// description: An item is redundant where a cluster has another member, or where it fails over or replicates to another item.
// description: A single point is not redundant, and something depends on it directly that the service depends on (20
// description: relations at most) and that is not redundant itself. `dependents` counts those. Network paths and places
// description: are left out: their redundancy is not a cluster.
// description.fr: Serveurs, bases, serveurs d'applications et web, stockages dont la seule panne arrêterait un service métier.
// description.fr: Un élément est redondant s'il est en grappe avec un autre, s'il bascule ou se réplique vers un autre ; un point
// description.fr: unique ne l'est pas, et un élément non redondant dont dépend le service en dépend directement.
// tags: topology, availability
// param service: BusinessService -- the service that must not stop
MATCH (service:BusinessService {id: $service})-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON*0..20]->(dependent:ConfigurationItem)
WITH DISTINCT dependent
OPTIONAL MATCH (dependent)-[:MEMBER_OF]->(:Cluster)<-[:MEMBER_OF]-(peer:ConfigurationItem)
WITH dependent, count(DISTINCT peer) AS peers
OPTIONAL MATCH (dependent)-[:FAILS_OVER_TO|REPLICATES_TO]->(standby:ConfigurationItem)
WITH dependent, peers, count(DISTINCT standby) AS standbys
WHERE peers = 0 AND standbys = 0
MATCH (dependent)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON]->(point:Server|DatabaseInstance|ApplicationServer|WebServer|StorageVolume|StorageDevice)
WITH point, count(DISTINCT dependent) AS dependents
OPTIONAL MATCH (point)-[:MEMBER_OF]->(:Cluster)<-[:MEMBER_OF]-(peer:ConfigurationItem)
WITH point, dependents, count(DISTINCT peer) AS peers
OPTIONAL MATCH (point)-[:FAILS_OVER_TO|REPLICATES_TO]->(standby:ConfigurationItem)
WITH point, dependents, peers, count(DISTINCT standby) AS standbys
WHERE peers = 0 AND standbys = 0
RETURN labels(point)[0] AS kind, point.name AS name, point.criticality AS criticality, dependents
ORDER BY kind, name, point.id
