// title.en: Mean time to correct vulnerabilities, by severity
// title.fr: Délai moyen de correction des vulnérabilités, par sévérité
// description: Findings closed as fixed, by severity: their number, the mean time from opening to closing in days to one decimal,
// description: and those closed after their due day. Findings closed because the risk was accepted are left out.
// description.fr: Constats clos comme corrigés, par sévérité : nombre, délai moyen de l'ouverture à la clôture en jours à une
// description.fr: décimale, et nombre de ceux clos après leur échéance. Les risques acceptés sont ignorés.
// tags: security, indicator
MATCH (finding:VulnerabilityFinding {status: 'fixed'})-[:OF_VULNERABILITY]->(vulnerability:Vulnerability)
WHERE finding.closed_at IS NOT NULL
WITH vulnerability.severity AS severity, count(finding) AS fixed,
  sum(finding.closed_at.epochMillis - finding.opened_at.epochMillis) AS milliseconds,
  count(CASE WHEN date(finding.closed_at) > finding.due_on THEN 1 END) AS late
RETURN severity, fixed, round(10.0 * milliseconds / 86400000 / fixed) / 10.0 AS mean_days, late
ORDER BY severity
