// title.en: Progress of obsolescence treatment by perimeter
// title.fr: Avancement du traitement de l'obsolescence par périmètre
// description: Obsolescence cases by perimeter of the item: all, treated, accepted as a risk, with a plan and not yet treated,
// description: without anything planned, and the share that is treated among those not accepted.
// description.fr: Dossiers d'obsolescence par périmètre de l'élément : tous, traités, acceptés, en plan et pas encore traités,
// description.fr: sans rien de prévu, et la part traitée parmi ceux qui ne sont pas acceptés.
// tags: obsolescence, organisation, indicator
MATCH (opened:ObsolescenceCase)-[:CONCERNS]->(:ConfigurationItem)-[:IN_PERIMETER]->(area:Perimeter)
WITH area.name AS perimeter, count(DISTINCT opened) AS cases,
  count(DISTINCT CASE WHEN opened.status = 'fixed' THEN opened.id END) AS treated,
  count(DISTINCT CASE WHEN opened.status = 'accepted' THEN opened.id END) AS accepted,
  count(DISTINCT CASE WHEN opened.status IN ['planned', 'in_progress'] THEN opened.id END) AS under_way,
  count(DISTINCT CASE WHEN opened.status = 'open' THEN opened.id END) AS untouched
RETURN perimeter, cases, treated, accepted, under_way, untouched,
  CASE WHEN cases > accepted THEN round(1000.0 * treated / (cases - accepted)) / 10.0 END AS percent
ORDER BY perimeter
