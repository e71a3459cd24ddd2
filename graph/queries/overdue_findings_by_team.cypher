// title.en: Overdue vulnerabilities by team
// title.fr: Vulnérabilités en retard de correction par équipe
// description: Open findings whose due day is before today, by team that owns the item and severity: findings, items, and the
// description: earliest due day. A finding due today is not overdue.
// description.fr: Constats ouverts dont l'échéance est passée, par équipe responsable de l'élément et sévérité : constats,
// description.fr: éléments, et plus ancienne échéance. Un constat à corriger aujourd'hui n'est pas en retard.
// tags: security, organisation, alert
MATCH (owner:Team)<-[:OWNED_BY]-(item:ConfigurationItem)<-[:FOUND_ON]-(finding:VulnerabilityFinding)
WHERE finding.closed_at IS NULL AND finding.due_on < date()
MATCH (finding)-[:OF_VULNERABILITY]->(vulnerability:Vulnerability)
RETURN owner.name AS team, vulnerability.severity AS severity, count(DISTINCT finding) AS findings,
  count(DISTINCT item) AS items, min(finding.due_on) AS earliest
ORDER BY team, severity
