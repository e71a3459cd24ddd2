// title.en: Installations out of support in the months to come
// title.fr: Installations hors support dans les mois à venir
// description: For today and the same day of each month to come: installations on servers and components in service whose
// description: support will have ended before that day if nothing is treated, and those of vital or critical items.
// description.fr: Pour aujourd'hui et le même jour de chaque mois à venir : installations en service dont le support aura pris
// description.fr: fin avant ce jour si rien n'est traité, et celles d'éléments vitaux ou critiques.
// tags: obsolescence, indicator
// param months: integer = 12 -- how many months to look ahead
MATCH (item:Server|Deployable)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WHERE item.status IN ['in_service', 'in_maintenance', 'in_decommissioning'] AND installed.end_of_support IS NOT NULL
WITH installed, count(item) AS installations,
  count(CASE WHEN item.criticality IN ['vital', 'critical'] THEN 1 END) AS serious
UNWIND range(0, $months) AS ahead
WITH date() + duration({months: ahead}) AS day, installed, installations, serious
WHERE installed.end_of_support < day
RETURN day, sum(installations) AS unsupported, sum(serious) AS serious
ORDER BY day
