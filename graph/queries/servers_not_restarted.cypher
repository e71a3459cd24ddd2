// title.en: Windows and Linux servers not restarted for months
// title.fr: Serveurs Windows et Linux non redémarrés depuis des mois
// description: Windows and Linux servers in service whose last restart is more than that many calendar months old, oldest first.
// description: Exactly that many months is not yet more. Servers whose last restart is unknown are left out.
// description.fr: Serveurs Windows et Linux en service dont le dernier redémarrage date de plus de tant de mois calendaires,
// description.fr: du plus ancien au plus récent. Exactement ce nombre de mois ne suffit pas ; un redémarrage inconnu est ignoré.
// tags: operability
// param months: integer = 3 -- calendar months
MATCH (server:Server)
WHERE server.os_family IN ['windows', 'linux']
  AND server.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
  AND date(server.last_restart) < date() - duration({months: $months})
RETURN server.name AS server, server.os_family AS os_family, server.environment AS environment,
  server.criticality AS criticality, server.last_restart AS last_restart
ORDER BY last_restart, server, server.id
