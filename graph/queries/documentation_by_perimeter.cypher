// title.en: Documentation and architecture compliance by perimeter
// title.fr: Documentation et conformité d'architecture par périmètre
// description: Applications by perimeter: all, documented, compliant with the architecture standard, with a document reviewed in the
// description: last months, and the documented share.
// description.fr: Applications par périmètre : toutes, documentées, conformes au standard d'architecture, ayant un document revu
// description.fr: depuis tant de mois, et la part documentée.
// tags: documentation, indicator
// param months: integer = 24 -- calendar months back from today
MATCH (area:Perimeter)<-[:IN_PERIMETER]-(application:BusinessApplication)
OPTIONAL MATCH (application)<-[:DOCUMENTS]-(paper:Document)
WHERE paper.reviewed_on >= date() - duration({months: $months})
WITH area.name AS perimeter, count(DISTINCT application) AS applications,
  count(DISTINCT CASE WHEN application.documented = true THEN application.id END) AS documented,
  count(DISTINCT CASE WHEN application.architecture_compliant = true THEN application.id END) AS compliant,
  count(DISTINCT CASE WHEN paper IS NOT NULL THEN application.id END) AS reviewed
RETURN perimeter, applications, documented, compliant, reviewed, round(1000.0 * documented / applications) / 10.0 AS percent
ORDER BY perimeter
