// title.en: Compliance with security policies
// title.fr: Conformité aux politiques de sécurité
// description: Checks of the last months by policy: all, passed, items checked, and the share of checks passed. A policy that was
// description: not checked is shown without a share.
// description.fr: Contrôles des derniers mois par politique : tous, réussis, éléments contrôlés, et part réussie. Une politique
// description.fr: non contrôlée apparaît sans part.
// tags: security, compliance, indicator
// param months: integer = 12 -- calendar months back from today
MATCH (rule:Policy)
OPTIONAL MATCH (rule)<-[:CHECKS]-(control:ComplianceCheck)
WHERE control.checked_on >= date() - duration({months: $months}) AND control.checked_on <= date()
OPTIONAL MATCH (control)-[:CONCERNS]->(item:ConfigurationItem)
WITH rule.name AS policy, count(DISTINCT control) AS checks,
  count(DISTINCT CASE WHEN control.passed = true THEN control.id END) AS passed, count(DISTINCT item) AS items
RETURN policy, checks, passed, items, CASE WHEN checks > 0 THEN round(1000.0 * passed / checks) / 10.0 END AS percent
ORDER BY policy
