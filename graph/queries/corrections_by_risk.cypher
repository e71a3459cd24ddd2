// title.en: Corrections ranked by risk
// title.fr: Corrections classées par risque
// description: Vulnerabilities with open findings, the riskiest first: known to be exploited, then by CVSS score, then by the number
// description: of servers of vital or critical criticality. One row per vulnerability: items, serious and exposed ones, first due.
// description.fr: Vulnérabilités ayant des constats ouverts, de la plus risquée à la moins risquée : exploitée, puis score CVSS,
// description.fr: puis nombre d'éléments vitaux ou critiques. Une ligne par vulnérabilité, avec la première échéance.
// tags: security, indicator
// param most: integer = 20 -- rows at most
MATCH (item:ConfigurationItem)<-[:FOUND_ON]-(finding:VulnerabilityFinding)-[:OF_VULNERABILITY]->(vulnerability:Vulnerability)
WHERE finding.closed_at IS NULL
WITH vulnerability.cve AS cve, vulnerability.known_exploited = true AS exploited, vulnerability.cvss AS cvss,
  vulnerability.severity AS severity, count(DISTINCT item) AS items,
  count(DISTINCT CASE WHEN item.criticality IN ['vital', 'critical'] THEN item.id END) AS serious,
  count(DISTINCT CASE WHEN item.internet_exposed = true THEN item.id END) AS exposed, min(finding.due_on) AS first_due
RETURN cve, exploited, cvss, severity, items, serious, exposed, first_due
ORDER BY exploited DESC, cvss DESC, serious DESC, cve
LIMIT $most
