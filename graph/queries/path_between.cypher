// title.en: Path between two configuration items
// title.fr: Chemin entre deux éléments de configuration
// description: Every configuration item that lies on a shortest path between two others, with its distance from the first.
// description: Relations of dependency are walked in both directions, 12 at most; where several paths are equally short,
// description: the items of all of them are given.
// description.fr: Tous les éléments situés sur un plus court chemin entre deux autres, avec leur distance au premier.
// description.fr: Les dépendances sont parcourues dans les deux sens (12 au plus) ; à longueur égale, tous les chemins comptent.
// tags: topology
// param from: ConfigurationItem -- where the path starts
// param to: ConfigurationItem -- where it ends
MATCH (a:ConfigurationItem {id: $from}), (b:ConfigurationItem {id: $to})
WHERE a.id <> b.id
MATCH path = allShortestPaths((a)-[:USES|DEPENDS_ON|PROVIDED_BY|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN*..12]-(b))
UNWIND range(0, length(path)) AS distance
WITH DISTINCT distance, nodes(path)[distance] AS item
RETURN distance, labels(item)[0] AS kind, item.name AS name
ORDER BY distance, kind, name, item.id
