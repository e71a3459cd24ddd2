// title.en: Installations out of support without a case
// title.fr: Installations hors support sans dossier
// description: Versions out of support that servers and components in service run, with the number of installations and of those
// description: for which no obsolescence case about this item and this version was ever opened.
// description.fr: Versions hors support installées sur des serveurs et composants en service, avec le nombre d'installations et
// description.fr: celui pour lesquelles aucun dossier d'obsolescence n'a été ouvert sur cet élément et cette version.
// tags: obsolescence, documentation
MATCH (item:Server|Deployable)-[:RUNS_VERSION]->(installed:SoftwareVersion)
WHERE item.status IN ['in_service', 'in_maintenance', 'in_decommissioning'] AND installed.end_of_support < date()
OPTIONAL MATCH (item)<-[:CONCERNS]-(opened:ObsolescenceCase)-[:OF_VERSION]->(about:SoftwareVersion)
WHERE about.id = installed.id
WITH installed, item, count(opened) AS cases
WITH installed, count(item) AS installations, count(CASE WHEN cases = 0 THEN 1 END) AS without_case
WHERE without_case > 0
RETURN installed.name AS version, installed.end_of_support AS end_of_support, installations, without_case
ORDER BY without_case DESC, version
