// title.en: Planned changes
// title.fr: Changements prévus
// description: Changes that are planned to start within some days and have not begun, one row per item touched: window, complexity,
// description: criticality of the item, and the team in charge. Cancelled, refused and closed ones are left out.
// description.fr: Changements prévus d'ici quelques jours et non commencés, une ligne par élément touché : créneau, complexité,
// description.fr: criticité de l'élément, équipe chargée. Les changements annulés, refusés ou clos sont ignorés.
// tags: changes, alert
// param days: integer = 30 -- days from now
MATCH (change:Change)-[:TOUCHES]->(item:ConfigurationItem)
WHERE change.started_at IS NULL AND NOT change.status IN ['cancelled', 'refused', 'closed']
  AND change.planned_start >= datetime() AND change.planned_start < datetime() + duration({days: $days})
OPTIONAL MATCH (change)-[:ASSIGNED_TO]->(owner:Team)
RETURN change.planned_start AS planned_start, change.planned_end AS planned_end, change.number AS number,
  change.title AS title, change.status AS status, change.complexity AS complexity, labels(item)[0] AS kind,
  item.name AS touches, item.criticality AS criticality, owner.name AS team
ORDER BY planned_start, number, touches, team
