// title.en: What each data centre carries
// title.fr: Ce que porte chaque centre de données
// description: By data centre: physical servers, virtual machines on them, and applications with a production instance on a
// description: server there, of which the vital or critical ones.
// description.fr: Par centre de données : serveurs physiques, machines virtuelles qu'ils portent, et applications ayant une
// description.fr: instance de production sur un de ces serveurs, dont les vitales ou critiques.
// tags: topology, availability
MATCH (center:DataCenter)<-[:LOCATED_IN]-(:Rack)<-[:LOCATED_IN]-(machine:PhysicalServer)
MATCH (machine)<-[:HOSTED_ON*0..2]-(host:Server)
WITH DISTINCT center, machine, host
OPTIONAL MATCH (host)<-[:RUNS_ON]-(:ServiceInstance {environment: 'production'})-[:REALISES]->(application:BusinessApplication)
RETURN center.name AS data_center, count(DISTINCT machine) AS physical_servers,
  count(DISTINCT CASE WHEN host:VirtualMachine THEN host.id END) AS virtual_machines,
  count(DISTINCT application) AS applications,
  count(DISTINCT CASE WHEN application.criticality IN ['vital', 'critical'] THEN application.id END) AS serious
ORDER BY data_center
