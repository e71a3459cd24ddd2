// title.en: Clusters with several members on the same host
// title.fr: Grappes dont plusieurs membres sont sur le même hôte
// description: Clusters of virtual machines more than one of whose members run on the same hypervisor, so that its failure
// description: takes several at once: the worst hypervisor's share of members is what `together` and `members` say.
// description.fr: Grappes de machines virtuelles dont plusieurs membres sont sur le même hyperviseur, dont la panne en arrête
// description.fr: plusieurs à la fois : `together` est leur nombre sur cet hôte, `members` celui de la grappe.
// tags: topology, availability
MATCH (grouped:Cluster)<-[:MEMBER_OF]-(member:VirtualMachine)-[:HOSTED_ON]->(host:Hypervisor)
WITH grouped, host, count(DISTINCT member) AS together
WHERE together > 1
MATCH (grouped)<-[:MEMBER_OF]-(any:ConfigurationItem)
WITH grouped, host, together, count(DISTINCT any) AS members
RETURN grouped.name AS cluster, grouped.criticality AS criticality, host.name AS hypervisor, together, members
ORDER BY together DESC, cluster, hypervisor
LIMIT 200
