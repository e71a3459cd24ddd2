// title.en: Availability of business services against their target
// title.fr: Disponibilité des services métier face à leur objectif
// description: Business services with the unplanned interruptions in the last months of the instances that they use directly: their
// description: number and minutes (two at once count twice), the availability to five decimals, the target, and whether it is met.
// description.fr: Services métier et interruptions non planifiées, depuis tant de mois, des instances qu'ils utilisent directement :
// description.fr: nombre et minutes (deux à la fois comptent deux fois), disponibilité à cinq décimales, objectif, et s'il est tenu.
// tags: operability, availability, indicator
// param months: integer = 12 -- calendar months back from now
MATCH (service:BusinessService)-[:USES]->(used:ConfigurationItem)
OPTIONAL MATCH (used)<-[:AFFECTS]-(outage:Outage {planned: false})
WHERE outage.started_at >= datetime() - duration({months: $months}) AND outage.ended_at <= datetime()
WITH DISTINCT service, outage
WITH service, count(outage) AS outages,
  coalesce(sum(outage.ended_at.epochMillis - outage.started_at.epochMillis), 0) / 60000 AS minutes,
  (datetime().epochMillis - (datetime() - duration({months: $months})).epochMillis) / 60000 AS period
RETURN service.name AS name, service.criticality AS criticality, outages, minutes,
  round(100000.0 * (period - minutes) / period) / 100000.0 AS availability, service.availability_target AS target,
  1.0 * (period - minutes) / period >= service.availability_target AS met
ORDER BY name
