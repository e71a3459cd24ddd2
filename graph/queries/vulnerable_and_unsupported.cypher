// title.en: Vulnerable servers that are out of support
// title.fr: Serveurs vulnérables et hors support
// description: Servers in production with an open high or critical finding, whose version is out of support: no correction will come
// description: without treatment. With the applications that run there: three sources joined.
// description.fr: Serveurs de production ayant un constat ouvert élevé ou critique et une version hors support : aucun correctif
// description.fr: ne viendra sans traitement. Avec le nombre d'applications concernées : trois sources croisées.
// tags: security, obsolescence
MATCH (host:Server)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WHERE host.environment = 'production' AND installed.end_of_support < date()
MATCH (host)<-[:FOUND_ON]-(finding:VulnerabilityFinding)-[:OF_VULNERABILITY]->(vulnerability:Vulnerability)
WHERE finding.closed_at IS NULL AND vulnerability.severity IN ['high', 'critical']
WITH host, installed, count(DISTINCT vulnerability) AS vulnerabilities, max(vulnerability.cvss) AS worst
OPTIONAL MATCH (host)<-[:RUNS_ON]-(:ServiceInstance)-[:REALISES]->(application:BusinessApplication)
RETURN host.name AS server, installed.name AS version, installed.end_of_support AS end_of_support, vulnerabilities,
  worst, count(DISTINCT application) AS applications
ORDER BY server, version
