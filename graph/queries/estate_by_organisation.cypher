// title.en: What each team of the organisation owns
// title.fr: Ce dont chaque équipe de l'organisation est responsable
// description: Teams under their department and pole, with the configuration items that they own: all, those in production, and the
// description: vital or critical ones.
// description.fr: Équipes sous leur service et leur pôle, avec les éléments dont elles sont responsables : tous, ceux de production,
// description.fr: et les vitaux ou critiques.
// tags: organisation
MATCH (team:Team)-[:PART_OF]->(department:Department)-[:PART_OF]->(pole:Pole)
OPTIONAL MATCH (team)<-[:OWNED_BY]-(item:ConfigurationItem)
RETURN pole.name AS pole_name, department.name AS department_name, team.name AS team_name, count(DISTINCT item) AS items,
  count(DISTINCT CASE WHEN item.environment = 'production' THEN item.id END) AS in_production,
  count(DISTINCT CASE WHEN item.criticality IN ['vital', 'critical'] THEN item.id END) AS serious
ORDER BY pole_name, department_name, team_name
