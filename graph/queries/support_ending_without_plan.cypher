// title.en: Serious servers whose support ends soon, without a plan
// title.fr: Serveurs sensibles dont le support finit bientôt, sans plan
// description: Preventive alert: vital or critical servers in service whose version's support ends within some months, today
// description: included, and for which no treatment plan exists that is not cancelled. Earliest first.
// description.fr: Alerte préventive : serveurs vitaux ou critiques en service dont le support finit d'ici quelques mois, dès
// description.fr: aujourd'hui, et sans plan de traitement non annulé. Le plus proche d'abord.
// tags: obsolescence, alert
// param months: integer = 6 -- calendar months from today
MATCH (host:Server)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WHERE host.status IN ['in_service', 'in_maintenance'] AND host.criticality IN ['vital', 'critical']
  AND installed.end_of_support >= date() AND installed.end_of_support <= date() + duration({months: $months})
OPTIONAL MATCH (host)<-[:CONCERNS]-(:ObsolescenceCase)-[:TREATED_BY]->(plan:TreatmentPlan)
WITH host, installed, count(CASE WHEN plan.status <> 'cancelled' THEN 1 END) AS plans
WHERE plans = 0
RETURN installed.end_of_support AS end_of_support, installed.name AS version, host.name AS server,
  host.environment AS environment, host.criticality AS criticality
ORDER BY end_of_support, version, server
