// title.en: Servers being decommissioned
// title.fr: Serveurs en cours de décommissionnement
// description: Servers in decommissioning with their owner, the service instances that still run on them, of which in
// description: production, and the day for which the latest plan to decommission them foresees it.
// description.fr: Serveurs en décommissionnement avec leur équipe, les instances de service qui y tournent encore, dont celles de
// description.fr: production, et la date prévue par le dernier plan de décommissionnement.
// tags: obsolescence, operability
MATCH (host:Server {status: 'in_decommissioning'})
OPTIONAL MATCH (host)-[:OWNED_BY]->(owner:Team)
WITH host, owner.name AS team
OPTIONAL MATCH (host)<-[:RUNS_ON]-(instance:ServiceInstance)
WITH host, team, count(DISTINCT instance) AS instances,
  count(DISTINCT CASE WHEN instance.environment = 'production' THEN instance.id END) AS in_production
OPTIONAL MATCH (host)<-[:CONCERNS]-(:ObsolescenceCase)-[:TREATED_BY]->(plan:TreatmentPlan {treatment: 'decommission'})
RETURN host.name AS server, host.environment AS environment, team, instances, in_production,
  max(plan.planned_on) AS planned_on
ORDER BY server, team
