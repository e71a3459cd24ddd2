// title.en: Applications by entity served
// title.fr: Applications par entité servie
// description: Entities of the group with the applications that serve them: all, vital or critical, and those that hold personal data;
// description: and their yearly cost in minor units of the currency.
// description.fr: Entités du groupe avec les applications qui les servent : toutes, vitales ou critiques, et celles qui portent des
// description.fr: données personnelles ; et leur coût annuel en unités mineures de la devise.
// tags: organisation
MATCH (served:Entity)<-[:SERVES]-(application:BusinessApplication)
RETURN served.name AS entity, served.kind AS kind, application.currency AS currency, count(application) AS applications,
  count(CASE WHEN application.criticality IN ['vital', 'critical'] THEN 1 END) AS serious,
  count(CASE WHEN application.personal_data IN ['personal', 'sensitive'] THEN 1 END) AS personal,
  sum(application.yearly_cost) AS yearly_cost
ORDER BY entity, currency
