// title.en: Open obsolescence cases at the start of each month
// title.fr: Dossiers d'obsolescence ouverts au début de chaque mois
// description: Evolution: for today and the same day of each of the last months, cases opened before that day and not closed
// description: before it, and those among them whose regulatory deadline was past.
// description.fr: Évolution : pour aujourd'hui et le même jour de chacun des derniers mois, dossiers ouverts avant ce jour et non
// description.fr: clos avant lui, et ceux dont l'échéance réglementaire était passée.
// tags: obsolescence, indicator
// param months: integer = 12 -- how many months to look back
UNWIND range(0, $months) AS back
WITH date() - duration({months: back}) AS day
OPTIONAL MATCH (opened:ObsolescenceCase)
WHERE date(opened.opened_at) < day AND (opened.closed_at IS NULL OR date(opened.closed_at) >= day)
RETURN day, count(opened) AS open, count(CASE WHEN opened.regulatory_deadline < day THEN 1 END) AS past_deadline
ORDER BY day
