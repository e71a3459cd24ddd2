// title.en: Contracts that end soon
// title.fr: Contrats qui finissent bientôt
// description: Contracts in force today that end within some months, with their suppliers, and the items that they cover: all, and
// description: vital or critical ones.
// description.fr: Contrats en cours aujourd'hui qui finissent d'ici quelques mois, avec leur fournisseur et le nombre d'éléments
// description.fr: couverts, dont vitaux ou critiques.
// tags: organisation, alert
// param months: integer = 6 -- calendar months from today
MATCH (agreement:Contract)-[:SUPPLIED_BY]->(supplier:Supplier)
WHERE agreement.ends_on >= date() AND agreement.ends_on <= date() + duration({months: $months})
OPTIONAL MATCH (agreement)<-[:COVERED_BY]-(item:ConfigurationItem)
RETURN agreement.ends_on AS ends_on, agreement.number AS number, agreement.name AS contract, supplier.name AS supplier_name,
  count(DISTINCT item) AS items,
  count(DISTINCT CASE WHEN item.criticality IN ['vital', 'critical'] THEN item.id END) AS serious
ORDER BY ends_on, number
