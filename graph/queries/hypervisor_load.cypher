// title.en: Hypervisors by promised cores and memory
// title.fr: Hyperviseurs par cœurs et mémoire promis
// description: Hypervisors in service whose virtual machines in service are promised more than so many cores for each of theirs, or
// description: more memory than they have: machines, cores and memory promised and owned.
// description.fr: Hyperviseurs en service dont les machines virtuelles en service ont plus de tant de cœurs promis par cœur réel, ou
// description.fr: plus de mémoire que l'hôte : machines, cœurs et mémoire, promis et réels.
// tags: capacity
// param ratio: float = 4.0 -- virtual cores for one core, strictly more
MATCH (host:Hypervisor)<-[:HOSTED_ON]-(guest:VirtualMachine)
WHERE host.status = 'in_service' AND guest.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
WITH host, count(guest) AS machines, sum(guest.cpu_cores) AS promised_cores, sum(guest.memory_gb) AS promised_memory_gb
WHERE promised_cores > $ratio * host.cpu_cores OR promised_memory_gb > host.memory_gb
RETURN host.name AS hypervisor, machines, promised_cores, host.cpu_cores AS cores, promised_memory_gb,
  host.memory_gb AS memory_gb
ORDER BY hypervisor
