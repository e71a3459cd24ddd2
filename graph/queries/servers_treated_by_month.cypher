// title.en: Servers treated for obsolescence by month
// title.fr: Serveurs traités pour obsolescence par mois
// description: Servers with a case that was closed as treated, by calendar month of the closing, in the last months: all, and by
// description: treatment. The first month may be incomplete; a server with two cases in a month counts once.
// description.fr: Serveurs dont un dossier a été clos comme traité, par mois de clôture, depuis tant de mois : tous, et par
// description.fr: traitement. Le premier mois peut être incomplet ; un serveur à deux dossiers compte une fois.
// tags: obsolescence, indicator
// param months: integer = 24 -- calendar months back from now
MATCH (host:Server)<-[:CONCERNS]-(opened:ObsolescenceCase {status: 'fixed'})
WHERE opened.closed_at >= datetime() - duration({months: $months})
OPTIONAL MATCH (opened)-[:TREATED_BY]->(plan:TreatmentPlan)
RETURN opened.closed_at.year AS year, opened.closed_at.month AS month, count(DISTINCT host) AS servers,
  count(DISTINCT CASE WHEN plan.treatment = 'update' THEN host.id END) AS updated,
  count(DISTINCT CASE WHEN plan.treatment = 'replace' THEN host.id END) AS replaced,
  count(DISTINCT CASE WHEN plan.treatment = 'decommission' THEN host.id END) AS decommissioned
ORDER BY year, month
