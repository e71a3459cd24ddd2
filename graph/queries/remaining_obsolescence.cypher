// title.en: Obsolescence still to be treated, by priority
// title.fr: Obsolescence restant à traiter, par priorité
// description: Cases neither treated nor accepted on vital or critical items in production: the item, its version and end of
// description: support, the regulatory deadline, and the priority, treatment and planned day of its plan. Those with a plan
// description: first, most urgent first (P9 stands for no plan).
// description.fr: Dossiers ni traités ni acceptés sur des éléments vitaux ou critiques de production : élément, version, fin de
// description.fr: support, échéance réglementaire, et priorité, traitement et date prévue du plan. Les plus prioritaires
// description.fr: d'abord (P9 : sans plan).
// tags: obsolescence, alert
MATCH (installed:SoftwareVersion)<-[:OF_VERSION]-(opened:ObsolescenceCase)-[:CONCERNS]->(item:ConfigurationItem)
WHERE NOT opened.status IN ['fixed', 'accepted'] AND item.criticality IN ['vital', 'critical']
  AND item.environment = 'production'
OPTIONAL MATCH (opened)-[:TREATED_BY]->(plan:TreatmentPlan)
RETURN coalesce(plan.priority, 'P9') AS priority, item.name AS name, labels(item)[0] AS kind,
  item.criticality AS criticality, installed.name AS version, installed.end_of_support AS end_of_support,
  opened.regulatory_deadline AS deadline, plan.treatment AS treatment, plan.planned_on AS planned_on
ORDER BY priority, name, version, deadline, planned_on, treatment
