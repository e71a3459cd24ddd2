// title.en: Windows and Linux servers not restarted for months
// title.fr: Serveurs Windows et Linux non redémarrés depuis des mois
// description: Windows and Linux servers in service whose last restart is more than that many calendar months old, oldest first.
// description: Exactly that many months is not yet more. Servers whose last restart is unknown are left out.
// description.fr: Serveurs Windows et Linux en service dont le dernier redémarrage date de plus de tant de mois calendaires,
// description.fr: du plus ancien au plus récent. Exactement ce nombre de mois ne suffit pas ; un redémarrage inconnu est ignoré.
// tags: operability
// param months: integer = 3 -- calendar months
MATCH (host:Server)
WHERE host.os_family IN ['windows', 'linux']
  AND host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
  AND date(host.last_restart) < date() - duration({months: $months})
RETURN host.name AS server, host.os_family AS os_family, host.environment AS environment,
  host.criticality AS criticality, host.last_restart AS last_restart
ORDER BY last_restart, server, host.id
