// title.en: Alerts that nobody has taken
// title.fr: Alertes que personne n'a prises
// description: Alerts that were raised and not acknowledged: rule, severity, how many whole hours they have waited, the item, and the
// description: team that owns it. Longest waiting first.
// description.fr: Alertes levées et non prises en compte : règle, sévérité, heures entières d'attente, élément et équipe responsable.
// description.fr: La plus ancienne d'abord.
// tags: operability, alert
MATCH (alert:Alert)-[:RAISED_ON]->(item:ConfigurationItem)
WHERE alert.acknowledged_at IS NULL AND alert.raised_at <= datetime()
OPTIONAL MATCH (item)-[:OWNED_BY]->(owner:Team)
RETURN alert.raised_at AS raised_at, alert.name AS alert_name, alert.rule AS rule, alert.severity AS severity,
  (datetime().epochMillis - alert.raised_at.epochMillis) / 3600000 AS hours, labels(item)[0] AS kind, item.name AS name,
  owner.name AS team
ORDER BY raised_at, alert_name, name, team
