"""What runs inside an instance: web and application servers, databases, queues, jobs, APIs, certificates, volumes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ingest.estate_generator.draws import Weighted, chance
from ingest.estate_generator.facts import SupportedVersion
from ingest.estate_generator.instances import ServiceInstance
from ingest.estate_generator.machines import CLUSTER_SIZE, Fleet, Host
from ingest.estate_generator.platforms import Platforms
from ingest.estate_generator.sites import CONFIGURATION_ITEM, Responsibility, Sites
from ingest.estate_generator.software import Software, version_key
from ingest.estate_generator.storage import Volumes
from ingest.estate_generator.workshop import Ref, Workshop

_MOST_SERVERS = 2
"""Application servers of one instance that discovery tells apart in production and recovery; elsewhere one."""

_ENGINES = {  # slug -> engine, port, team
    "oracle-database": ("Oracle Database", 1521, "ORA"), "postgresql": ("PostgreSQL", 5432, "DBA"),
    "mssqlserver": ("Microsoft SQL Server", 1433, "DBA"), "mysql": ("MySQL", 3306, "DBA"),
    "mongodb": ("MongoDB", 27017, "DBA"), "redis": ("Redis", 6379, "DBA"),
}  # fmt: skip
_QUEUE_PORTS = {"rabbitmq": 5672, "apache-kafka": 9092, "apache-activemq": 61616}
_SCHEDULES = Weighted(
    (("0 2 * * *", 40.0), ("30 4 * * 1-5", 25.0), ("0 * * * *", 15.0), ("0 22 1 * *", 12.0), ("15 6 * * 6", 8.0))
)
_ISSUERS = Weighted((("Aurance AC interne", 75.0), ("Autorité publique Lyra", 25.0)))


class Components:
    """Writes the components of instances one instance after another."""

    def __init__(
        self, shop: Workshop, software: Software, sites: Sites, platforms: Platforms, responsibility: Responsibility
    ) -> None:
        export = shop.export
        self._shop = shop
        self._rng = shop.rng("components")
        self._responsibility = responsibility
        self._platforms = platforms
        self._volumes = Volumes(shop, sites, responsibility)
        deployable = (*CONFIGURATION_ITEM, "port", "path")
        self._web, self._app = export.nodes("WebServer", *deployable), export.nodes("ApplicationServer", *deployable)
        self._databases = export.nodes("DatabaseInstance", *deployable, "engine")
        self._schemas = export.nodes("DatabaseSchema", *deployable, "personal_data")
        self._queues, self._apis = export.nodes("MessageQueue", *deployable), export.nodes("Api", *deployable)
        self._jobs = export.nodes("BatchJob", *deployable, "schedule")
        self._certificates = export.nodes("Certificate", "name", "status", "serial_number", "expires_on", "issuer")
        self._secured, self._runs_on = export.relations("SECURED_BY"), export.relations("RUNS_ON")
        self._runs = export.relations("RUNS_VERSION", "installed_on")
        self._depends, self._provided = export.relations("DEPENDS_ON", "criticality"), export.relations("PROVIDED_BY")
        self._hosted, self._member_of = export.relations("HOSTED_ON"), export.relations("MEMBER_OF", "role")
        self._replicates = export.relations("REPLICATES_TO", "replication_mode")
        self._web_version, self._app_version = (
            software.choice("apache-http-server", "nginx"),
            software.choice("tomcat", "red-hat-jboss-eap"),
        )
        self._jdk, self._log4j = software.choice("eclipse-temurin", "oracle-jdk"), software.choice("log4j")
        self._dotnet, self._queue_version = software.choice("dotnet"), software.choice(*_QUEUE_PORTS)
        self._windows_db = software.choice("mssqlserver")
        self._linux_db = software.choice("oracle-database", "postgresql", "mysql", "mongodb", "redis")
        self._apis_of: dict[int, str] = {}
        self._certified = 0
        self.databases: list[tuple[str, ServiceInstance]] = []
        self.others: list[Ref] = []

    def add(self, instance: ServiceInstance) -> None:
        """Write everything that runs inside one instance, and how it hangs together."""
        schemas = self._data(instance)
        servers = self._application_servers(instance, schemas)
        self._web_servers(instance, servers)
        self._around(instance, schemas)

    def store_hypervisors(self, fleet: Fleet) -> None:
        """A volume for the virtual machines of every eight hypervisors of a data centre."""
        hypervisors = [host for host in fleet.hosts if host.kind == "Hypervisor"]
        for center in dict.fromkeys(host.center for host in hypervisors):
            here = [host for host in hypervisors if host.center == center]
            for n in range(0, len(here), CLUSTER_SIZE):
                self._volumes.of_servers(here[n : n + CLUSTER_SIZE])

    def _common(
        self, instance: ServiceInstance, kind: str, key: str, team: str, host: Host | None
    ) -> tuple[object, ...]:
        """The first cells of a component; also writes its owner, and the server that it runs on."""
        self._responsibility.owned(kind, key, team)
        if host is not None:
            self._runs_on.add(kind, key, host.kind, host.key)
        first = host.commissioned_on if host is not None else self._shop.days_ago(900)
        commissioned = min(first + timedelta(days=int(self._rng.random() * 30)), self._shop.days_ago(1))
        return key, key, instance.environment, instance.criticality, "in_service", commissioned, None, None

    def _versions(self, kind: str, key: str, *versions: SupportedVersion) -> None:
        for version in versions:
            self._runs.add(kind, key, "SoftwareVersion", version_key(version), None)

    def _needs(self, kind: str, key: str, other_kind: str, other: str) -> None:
        self._depends.add(kind, key, other_kind, other, None)

    def _data(self, instance: ServiceInstance) -> list[str]:
        """Database instances on the data servers (else on the first server), their schemas and volumes; the schemas."""
        hosts = [h for h in instance.data if h.os_family != "zos"][:2] or instance.app[:1]
        if not hosts:
            return []
        rng, schemas = self._rng, []
        version = (self._windows_db if hosts[0].os_family == "windows" else self._linux_db).draw(rng)
        engine, port, team = _ENGINES[version.slug]
        keys: list[str] = []
        paired = instance.data_cluster is not None and len(hosts) == 2
        for n, host in enumerate(hosts if paired else hosts[:1]):
            key = f"{host.key}/{version.slug.split('-')[0][:5]}{n + 1:02d}"
            self._databases.add(
                *self._common(instance, "DatabaseInstance", key, team, host), port, f"/data/{key.split('/')[1]}", engine
            )
            self._versions("DatabaseInstance", key, version)
            if instance.environment not in ("test", "development"):
                self._volumes.of_database(key, instance, replicated=paired)
            if paired:
                self._member_of.add(
                    "DatabaseInstance", key, "Cluster", instance.data_cluster, "passive" if n else "active"
                )
            keys.append(key)
            self.databases.append((key, instance))
        if paired:
            self._replicates.add(
                "DatabaseInstance", keys[0], "DatabaseInstance", keys[1], rng.choice(("synchronous", "asynchronous"))
            )
        for n in range(0 if instance.environment == "development" else 1 + chance(rng, 0.15)):
            schema = f"{instance.key}/schema{n + 1}"
            cells = self._common(instance, "DatabaseSchema", schema, team, None)
            self._schemas.add(*cells, None, None, instance.application.personal_data)
            self._hosted.add("DatabaseSchema", schema, "DatabaseInstance", keys[0])
            schemas.append(schema)
        return schemas

    def _application_servers(self, instance: ServiceInstance, schemas: Sequence[str]) -> list[str]:
        """Application servers, in the cluster of the instance where it has one."""
        rng = self._rng
        written: list[str] = []
        live = instance.environment in ("production", "recovery")
        if instance.environment in ("test", "development") and chance(rng, 0.5):
            return []
        for host in instance.app[: _MOST_SERVERS if live else 1]:
            dotnet = host.os_family == "windows" and chance(rng, 0.6)
            version = (self._dotnet if dotnet else self._app_version).draw(rng)
            key = f"{host.key}/{'iis' if dotnet else version.slug.split('-')[0][:6]}"
            self._app.add(*self._common(instance, "ApplicationServer", key, "MDW", host), 8080, "/opt/app")
            extras = [] if dotnet else [self._jdk.draw(rng)] if chance(rng, 0.35) else []
            if not dotnet and chance(rng, 0.12):
                extras.append(self._log4j.draw(rng))
            self._versions("ApplicationServer", key, version, *extras)
            if instance.cluster is not None:
                self._member_of.add("ApplicationServer", key, "Cluster", instance.cluster, "active")
            self._needs("ServiceInstance", instance.key, "ApplicationServer", key)
            for schema in schemas[:1]:
                self._needs("ApplicationServer", key, "DatabaseSchema", schema)
            written.append(key)
        return written

    def _web_servers(self, instance: ServiceInstance, servers: Sequence[str]) -> None:
        """A web server in front, with its certificate; behind a load balancer nobody depends on a single one."""
        rng = self._rng
        for host in instance.web[: 2 if instance.redundant else 1]:
            version = self._web_version.draw(rng)
            key = f"{host.key}/{'httpd' if version.slug != 'nginx' else 'nginx'}"
            self._web.add(*self._common(instance, "WebServer", key, "MDW", host), 443, "/var/www")
            self._versions("WebServer", key, version)
            if not instance.redundant:
                self._needs("ServiceInstance", instance.key, "WebServer", key)
            for server in servers[:1]:
                self._needs("WebServer", key, "ApplicationServer", server)
            self._certificate("WebServer", key)

    def _around(self, instance: ServiceInstance, schemas: Sequence[str]) -> None:
        """Queues, batch jobs and APIs of some instances."""
        rng, a = self._rng, instance.application
        live = instance.environment == "production"
        host = instance.app[0] if instance.app else None
        if host is not None and chance(rng, 0.5 if live else 0.12):
            version = self._queue_version.draw(rng)
            key = f"{instance.key}/file-{a.domain.code.lower()}"
            self._queues.add(*self._common(instance, "MessageQueue", key, "MDW", host), _QUEUE_PORTS[version.slug], key)
            self._versions("MessageQueue", key, version)
            self._needs("ServiceInstance", instance.key, "MessageQueue", key)
            self.others.append(Ref("MessageQueue", key))
        for n in range(int(rng.expovariate(0.7 if live else 5.0))):
            key = f"{instance.key}/job{n + 1:02d}"
            self._jobs.add(
                *self._common(instance, "BatchJob", key, "ORD", host), None, f"/jobs/{n + 1:02d}", _SCHEDULES.draw(rng)
            )
            for schema in schemas[:1]:
                self._needs("BatchJob", key, "DatabaseSchema", schema)
            self.others.append(Ref("BatchJob", key))
        if chance(rng, 0.55 if live else 0.25):
            key = f"{instance.key}/api"
            on_cluster = chance(rng, 0.25)
            self._apis.add(
                *self._common(instance, "Api", key, a.team, None if on_cluster else host), 443, f"/api/{a.key.lower()}"
            )
            if on_cluster:
                self._runs_on.add("Api", key, "KubernetesCluster", rng.choice(self._platforms.kubernetes))
            self._provided.add("Api", key, "ServiceInstance", instance.key)
            self._certificate("Api", key)
            self.others.append(Ref("Api", key))
            if live:
                self._apis_of[a.rank] = key
        if live:
            for rank in a.depends_on[:1]:
                if rank in self._apis_of and rank < a.rank:
                    self._needs("ServiceInstance", instance.key, "Api", self._apis_of[rank])

    def _certificate(self, kind: str, key: str) -> None:
        """A certificate of one or two years; some have expired, some are about to."""
        rng = self._rng
        self._certified += 1
        certificate = f"CRT{self._certified:06d}"
        expires = self._shop.days_ago(-int(rng.triangular(-25, 700, 240)))
        self._certificates.add(
            certificate, f"Certificat {key}", "in_service", f"{rng.getrandbits(64):016X}", expires, _ISSUERS.draw(rng)
        )
        self._secured.add(kind, key, "Certificate", certificate)
        self._responsibility.owned("Certificate", certificate, "SEC")
