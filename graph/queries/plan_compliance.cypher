// title.en: Compliance with the planning of treatments
// title.fr: Respect du planning des traitements
// description: Treatment plans that were due before today or are done, by treatment: all, done by the planned day, done later,
// description: not done, and the share done by the planned day. Cancelled plans are left out.
// description.fr: Plans de traitement échus avant aujourd'hui ou réalisés, par traitement : tous, réalisés au plus tard le jour
// description.fr: prévu, réalisés après, non réalisés, et la part réalisée à temps. Les plans annulés sont ignorés.
// tags: obsolescence, indicator
MATCH (plan:TreatmentPlan)
WHERE plan.status <> 'cancelled' AND (plan.planned_on < date() OR plan.done_on IS NOT NULL)
WITH plan.treatment AS treatment, count(plan) AS due,
  count(CASE WHEN plan.done_on <= plan.planned_on THEN 1 END) AS on_time,
  count(CASE WHEN plan.done_on > plan.planned_on THEN 1 END) AS late,
  count(CASE WHEN plan.done_on IS NULL THEN 1 END) AS not_done
RETURN treatment, due, on_time, late, not_done, round(1000.0 * on_time / due) / 10.0 AS percent
ORDER BY treatment
