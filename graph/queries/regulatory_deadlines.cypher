// title.en: Regulatory deadlines of obsolescence, met and missed
// title.fr: Échéances réglementaires d'obsolescence tenues et manquées
// description: Cases with a regulatory deadline, by its year: all, met (closed on that day at the latest), missed (closed later, or
// description: open after it), still to come, and the share met of those decided.
// description.fr: Dossiers à échéance réglementaire, par année : tous, tenus (clos ce jour-là au plus tard), manqués (clos après,
// description.fr: ou ouverts passé ce jour), à venir, et la part tenue parmi les dossiers jugés.
// tags: obsolescence, compliance, indicator
MATCH (opened:ObsolescenceCase)
WHERE opened.regulatory_deadline IS NOT NULL
WITH opened.regulatory_deadline.year AS year, count(opened) AS cases,
  count(CASE WHEN date(opened.closed_at) <= opened.regulatory_deadline THEN 1 END) AS met,
  count(CASE WHEN date(opened.closed_at) > opened.regulatory_deadline
    OR (opened.closed_at IS NULL AND opened.regulatory_deadline < date()) THEN 1 END) AS missed
RETURN year, cases, met, missed, cases - met - missed AS to_come,
  CASE WHEN met + missed > 0 THEN round(1000.0 * met / (met + missed)) / 10.0 END AS percent
ORDER BY year
