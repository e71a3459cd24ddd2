// title.en: First-level resolution and satisfaction by team
// title.fr: Résolution au premier niveau et satisfaction par équipe
// description: Incidents resolved in the last months by team: all, at the first level, reopened, answers to the survey, the mean of
// description: these from 1 to 5 to one decimal (none below the least number of answers), and the first-level share.
// description.fr: Incidents résolus depuis tant de mois par équipe : tous, au premier niveau, rouverts, réponses à l'enquête, leur
// description.fr: moyenne de 1 à 5 à une décimale (rien sous le nombre minimal de réponses), et part du premier niveau.
// tags: incidents, satisfaction, indicator
// param months: integer = 12 -- calendar months back from now
// param least: integer = 5 -- answers below which no mean is given
MATCH (owner:Team)<-[:ASSIGNED_TO]-(incident:Incident)
WHERE incident.resolved_at >= datetime() - duration({months: $months})
WITH owner.name AS team, count(incident) AS resolved, count(CASE WHEN incident.first_level = true THEN 1 END) AS first_level,
  count(CASE WHEN incident.reopened = true THEN 1 END) AS reopened, count(incident.satisfaction) AS answers,
  sum(incident.satisfaction) AS points
RETURN team, resolved, first_level, round(1000.0 * first_level / resolved) / 10.0 AS first_level_percent, reopened, answers,
  CASE WHEN answers >= $least THEN round(10.0 * points / answers) / 10.0 END AS satisfaction
ORDER BY team
