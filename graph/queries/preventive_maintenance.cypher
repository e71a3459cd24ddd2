// title.en: Preventive maintenance, done and late
// title.fr: Maintenance préventive, réalisée et en retard
// description: Maintenance actions by type: all, done, done later than the planned day, late (planned before now and not done), and
// description: to come.
// description.fr: Actions de maintenance par type : toutes, réalisées, réalisées après le jour prévu, en retard (prévues avant
// description.fr: maintenant et non réalisées), et à venir.
// tags: operability, indicator
MATCH (action:MaintenanceAction)-[:CONCERNS]->(:ConfigurationItem)
RETURN action.action_type AS action_type, count(DISTINCT action) AS actions,
  count(DISTINCT CASE WHEN action.done_at IS NOT NULL THEN action.id END) AS done,
  count(DISTINCT CASE WHEN date(action.done_at) > date(action.planned_at) THEN action.id END) AS done_later,
  count(DISTINCT CASE WHEN action.done_at IS NULL AND action.planned_at < datetime() THEN action.id END) AS late,
  count(DISTINCT CASE WHEN action.done_at IS NULL AND action.planned_at >= datetime() THEN action.id END) AS to_come
ORDER BY action_type
