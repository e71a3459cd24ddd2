// title.en: Mean time to treat obsolescence, by type
// title.fr: Délai moyen de traitement de l'obsolescence, par type
// description: Cases closed as treated, by type of obsolescence and treatment: their number, and the mean and longest time from
// description: opening to closing, in days to one decimal. Cases closed as accepted are left out.
// description.fr: Dossiers clos comme traités, par type d'obsolescence et traitement : nombre, délai moyen et plus long délai de
// description.fr: l'ouverture à la clôture, en jours à une décimale. Les dossiers acceptés sont ignorés.
// tags: obsolescence, indicator
MATCH (opened:ObsolescenceCase {status: 'fixed'})-[:TREATED_BY]->(plan:TreatmentPlan)
WHERE opened.closed_at IS NOT NULL
WITH opened.case_type AS case_type, plan.treatment AS treatment,
  opened.closed_at.epochMillis - opened.opened_at.epochMillis AS milliseconds
WITH case_type, treatment, count(milliseconds) AS cases, sum(milliseconds) AS total, max(milliseconds) AS longest
RETURN case_type, treatment, cases, round(10.0 * total / 86400000 / cases) / 10.0 AS mean_days,
  round(10.0 * longest / 86400000) / 10.0 AS longest_days
ORDER BY case_type, treatment
