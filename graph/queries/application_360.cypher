// title.en: An application in seven domains
// title.fr: Une application en sept domaines
// description: Seven figures of an application, one for each domain: open findings on its servers (security), its servers out of
// description: support (obsolescence), empty fields of its sheet (referential), its servers not restarted for three calendar months
// description: (operability), validated recovery plans (recovery), load tests passed in twelve months (load tests), and incidents
// description: of twelve months on it or its instances (incidents).
// description.fr: Sept chiffres d'une application, un par domaine : constats ouverts sur ses serveurs (sécurité), serveurs hors
// description.fr: support (obsolescence), champs vides de sa fiche (référentiel), serveurs non redémarrés depuis trois mois
// description.fr: calendaires (exploitabilité), plans de reprise validés (IPSI), tests de charge réussis en douze mois (ILSI),
// description.fr: incidents de douze mois sur elle ou ses instances (incidents).
// tags: indicator, security, obsolescence, documentation, operability, recovery, load-tests, incidents
// param application: BusinessApplication -- the application
MATCH (subject:BusinessApplication {id: $application})
OPTIONAL MATCH (subject)<-[:REALISES]-(:ServiceInstance)-[:RUNS_ON]->(host:Server)
WITH DISTINCT subject, host
OPTIONAL MATCH (host)<-[:FOUND_ON]-(finding:VulnerabilityFinding)
WITH subject, host, count(CASE WHEN finding.id IS NOT NULL AND finding.closed_at IS NULL THEN 1 END) AS open_findings
OPTIONAL MATCH (host)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WITH subject, host, open_findings, count(CASE WHEN installed.end_of_support < date() THEN 1 END) AS ended
WITH subject, sum(open_findings) AS security, count(CASE WHEN ended > 0 THEN 1 END) AS obsolescence,
  count(CASE WHEN date(host.last_restart) < date() - duration({months: 3}) THEN 1 END) AS operability
OPTIONAL MATCH (subject)<-[:CONCERNS]-(sheet:ReferentialSheet)
WITH subject, security, obsolescence, operability, sum(sheet.fields_total - sheet.fields_filled) AS referential
OPTIONAL MATCH (subject)<-[:COVERS]-(plan:RecoveryPlan)
WITH subject, security, obsolescence, operability, referential,
  count(CASE WHEN plan.validated = true THEN 1 END) AS recovery
OPTIONAL MATCH (subject)<-[:TESTS]-(test:LoadTest)
WITH subject, security, obsolescence, operability, referential, recovery,
  count(CASE WHEN test.result = 'passed' AND test.done_on >= date() - duration({months: 12}) THEN 1 END) AS load_tests
OPTIONAL MATCH (subject)<-[:REALISES*0..1]-(:ConfigurationItem)<-[:AFFECTS]-(incident:Incident)
RETURN subject.code AS code, security, obsolescence, referential, operability, recovery, load_tests,
  count(DISTINCT CASE WHEN incident.opened_at >= datetime() - duration({months: 12}) THEN incident.id END) AS incidents
