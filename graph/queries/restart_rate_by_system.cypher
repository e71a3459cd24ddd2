// title.en: Servers not restarted for months, by family of system
// title.fr: Serveurs non redémarrés depuis des mois, par famille de système
// description: Servers in service by family of system and environment: all, those whose last restart is more than that many calendar
// description: months old, those whose last restart is unknown, and the share among the known ones.
// description.fr: Serveurs en service par famille de système et environnement : tous, ceux dont le dernier redémarrage date de plus
// description.fr: de tant de mois calendaires, ceux où il est inconnu, et la part parmi les connus.
// tags: operability, indicator
// param months: integer = 3 -- calendar months; exactly that many is not yet more
MATCH (host:Server)
WHERE host.status IN ['in_service', 'in_maintenance', 'in_decommissioning']
WITH host.os_family AS os_family, host.environment AS environment, count(host) AS servers,
  count(CASE WHEN date(host.last_restart) < date() - duration({months: $months}) THEN 1 END) AS not_restarted,
  count(CASE WHEN host.last_restart IS NULL THEN 1 END) AS unknown
RETURN os_family, environment, servers, not_restarted, unknown,
  CASE WHEN servers > unknown THEN round(1000.0 * not_restarted / (servers - unknown)) / 10.0 END AS percent
ORDER BY os_family, environment
