// title.en: Incidents by cause and sub-cause
// title.fr: Incidents par cause et sous-cause
// description: Incidents opened in the last months by known cause and sub-cause: their number, major ones (P1), those late on their
// description: service level, and the problems of the same sub-cause.
// description.fr: Incidents ouverts depuis tant de mois par cause et sous-cause connues : nombre, majeurs (P1), hors délai, et
// description.fr: problèmes de même sous-cause.
// tags: incidents, knowledge
// param months: integer = 12 -- calendar months back from now
MATCH (incident:Incident)-[:HAS_CAUSE]->(detail:SubCause)-[:PART_OF]->(origin:Cause)
WHERE incident.opened_at >= datetime() - duration({months: $months})
WITH origin.name AS cause, detail, count(DISTINCT incident) AS incidents,
  count(DISTINCT CASE WHEN incident.priority = 'P1' THEN incident.id END) AS major,
  count(DISTINCT CASE WHEN incident.made_sla = false THEN incident.id END) AS late
OPTIONAL MATCH (problem:Problem)-[:HAS_CAUSE]->(detail)
RETURN cause, detail.name AS sub_cause, incidents, major, late, count(DISTINCT problem) AS problems
ORDER BY cause, sub_cause
