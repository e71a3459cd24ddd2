// title.en: Incomplete sheets of serious applications
// title.fr: Fiches incomplètes des applications sensibles
// description: Sheets of the referential filled to less than that share, of vital, critical or important applications: fields filled,
// description: share, last update, and the team in charge. Exactly that share is enough.
// description.fr: Fiches du référentiel remplies à moins de cette part, d'applications vitales, critiques ou importantes : champs
// description.fr: remplis, part, dernière mise à jour, équipe. Exactement cette part suffit.
// tags: documentation, alert
// param percent: float = 75.0 -- share of the fields that is enough, in percent
MATCH (sheet:ReferentialSheet)-[:CONCERNS]->(application:BusinessApplication)
WHERE application.criticality IN ['vital', 'critical', 'important'] AND 100.0 * sheet.fields_filled < $percent * sheet.fields_total
OPTIONAL MATCH (application)-[:OWNED_BY]->(owner:Team)
RETURN application.code AS code, application.name AS name, sheet.fields_filled AS filled, sheet.fields_total AS fields,
  round(1000.0 * sheet.fields_filled / sheet.fields_total) / 10.0 AS percent, sheet.updated_at AS updated_at,
  owner.name AS team
ORDER BY code, filled, updated_at, team
