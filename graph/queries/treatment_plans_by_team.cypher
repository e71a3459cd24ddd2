// title.en: Obsolescence treatment plans by team
// title.fr: Plans de traitement de l'obsolescence par équipe
// description: Treatment plans by the team in charge: all, proposed or planned, in progress, done, and late: planned before today
// description: and neither done nor cancelled.
// description.fr: Plans de traitement par équipe chargée : tous, proposés ou planifiés, en cours, réalisés, et en retard :
// description.fr: prévus avant aujourd'hui, ni réalisés ni annulés.
// tags: obsolescence, organisation, indicator
MATCH (owner:Team)<-[:ASSIGNED_TO]-(plan:TreatmentPlan)
RETURN owner.name AS team, count(plan) AS plans,
  count(CASE WHEN plan.status IN ['proposed', 'planned'] THEN 1 END) AS planned,
  count(CASE WHEN plan.status = 'in_progress' THEN 1 END) AS in_progress,
  count(CASE WHEN plan.status = 'done' THEN 1 END) AS done,
  count(CASE WHEN plan.planned_on < date() AND NOT plan.status IN ['done', 'cancelled'] THEN 1 END) AS late
ORDER BY team
