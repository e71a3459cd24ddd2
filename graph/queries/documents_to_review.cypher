// title.en: Documents to be reviewed
// title.fr: Documents à revoir
// description: Documents of vital or critical applications that were last reviewed more than that many calendar months ago, oldest
// description: first.
// description.fr: Documents d'applications vitales ou critiques revus pour la dernière fois il y a plus de tant de mois calendaires,
// description.fr: du plus ancien au plus récent.
// tags: documentation, alert
// param months: integer = 24 -- calendar months; exactly that many is not yet more
MATCH (paper:Document)-[:DOCUMENTS]->(application:BusinessApplication)
WHERE application.criticality IN ['vital', 'critical'] AND paper.reviewed_on < date() - duration({months: $months})
RETURN paper.reviewed_on AS reviewed_on, paper.title AS title, paper.document_type AS document_type,
  application.code AS code, application.criticality AS criticality
ORDER BY reviewed_on, title, code
