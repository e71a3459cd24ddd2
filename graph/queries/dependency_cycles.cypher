// title.en: Applications that depend on themselves
// title.fr: Applications qui dépendent d'elles-mêmes
// description: Dependencies between two applications that lie on a cycle: from the second, a chain of dependencies between
// description: applications, five at most, leads back to the first.
// description.fr: Dépendances entre deux applications qui sont sur un cycle : de la seconde, une chaîne de dépendances entre
// description.fr: applications, cinq au plus, ramène à la première.
// tags: topology
MATCH (application:BusinessApplication)-[:DEPENDS_ON]->(needed:BusinessApplication)-[:DEPENDS_ON*0..5]->(again:BusinessApplication)
WHERE again.id = application.id
WITH DISTINCT application, needed
RETURN application.code AS code, application.name AS name, application.criticality AS criticality,
  needed.code AS needs_code, needed.name AS needs
ORDER BY code, needs_code
