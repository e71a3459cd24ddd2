// title.en: Certificates that expire soon
// title.fr: Certificats qui expirent bientôt
// description: Certificates that expire within some days, today included, or have expired, with what they secure and, for an interface,
// description: whether it is exposed in production. Earliest first.
// description.fr: Certificats qui expirent d'ici quelques jours, aujourd'hui compris, ou ont expiré, avec ce qu'ils sécurisent et
// description.fr: son environnement. Le plus proche d'abord.
// tags: security, operability, alert
// param days: integer = 60 -- days from today
MATCH (secured:ConfigurationItem)-[:SECURED_BY]->(certificate:Certificate)
WHERE certificate.expires_on <= date() + duration({days: $days})
RETURN certificate.expires_on AS expires_on, certificate.name AS certificate_name, certificate.issuer AS issuer,
  labels(secured)[0] AS kind, secured.name AS secures, secured.environment AS environment
ORDER BY expires_on, certificate_name, secures
