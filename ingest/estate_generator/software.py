"""Software products, their versions with real dates, and the vulnerabilities of those versions.

Which versions a vulnerability touches is drawn, not known: the public tables name products. A version is drawn among
those that had been released when the CVE number was reserved (see facts/SOURCES.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import UsageError
from ingest.estate_generator.draws import Weighted, chance, truth
from ingest.estate_generator.facts import KnownVulnerability, SupportedVersion, load_versions, load_vulnerabilities
from ingest.estate_generator.workshop import Workshop

# What is installed how often, by slug: weights of its cycles in the order of the table of facts.
_INSTALLED = {
    "rhel": (1.5, 15, 36, 16), "windows-server": (1, 2, 8, 24, 39, 26), "ubuntu": (2, 5, 7, 0.5), "debian": (1.5, 3, 2),
    "sles": (3, 1, 3), "oracle-linux": (2, 3), "centos": (3,), "ibm-aix": (2, 6, 3), "vmware-esxi": (3, 12, 64, 21),
    "oracle-database": (2, 4, 30, 3), "postgresql": (3, 5, 9, 10, 8, 2), "mssqlserver": (2, 4, 8, 9, 14, 4),
    "mysql": (5, 9), "mongodb": (3, 4, 4), "redis": (4, 3), "tomcat": (14, 40, 9), "apache-http-server": (2, 60),
    "nginx": (8, 18, 9), "red-hat-jboss-eap": (3, 22), "rabbitmq": (6, 9), "apache-kafka": (3, 8, 5),
    "apache-activemq": (5, 7), "eclipse-temurin": (14, 30, 34, 8), "oracle-jdk": (10, 6), "dotnet": (10, 8),
    "log4j": (20, 3), "kubernetes": (0.2, 0.3, 0.4, 0.6, 1, 4, 6, 3), "fortios": (2, 5, 6, 3),
}  # fmt: skip
_LINUX = ("rhel", "ubuntu", "debian", "sles", "oracle-linux", "centos")
_SETTLED = timedelta(days=60)
"""Nothing is installed before this long after its release."""


@dataclass(frozen=True, slots=True)
class Software:
    """Versions that are installed, and the vulnerabilities of each by its name."""

    versions: tuple[SupportedVersion, ...]
    vulnerabilities: dict[str, tuple[KnownVulnerability, ...]]
    today: date

    def choice(self, *slugs: str) -> Weighted[SupportedVersion]:
        """A draw among the versions of these products that were out today. Raises UsageError where there is none."""
        pairs = [
            (version, weight)
            for slug in slugs
            for version, weight in zip((v for v in self.versions if v.slug == slug), _INSTALLED[slug], strict=True)
            if version.released_on + 2 * _SETTLED <= self.today
        ]
        if not pairs:
            raise UsageError(
                f"on {self.today} no version of {', '.join(slugs)} was out",
                where="--as-of",
                hint="take a day from July 2022 on",
            )
        return Weighted(pairs)

    def linux(self) -> Weighted[SupportedVersion]:
        return self.choice(*_LINUX)


def build_software(shop: Workshop) -> Software:
    """Write products, versions and vulnerabilities."""
    export = shop.export
    versions = load_versions()
    products = export.nodes("SoftwareProduct", "name", "vendor", "category")
    rows = export.nodes(
        "SoftwareVersion", "name", "version", "cycle", "released_on", "end_of_active_support", "end_of_support", "end_of_life"
    )  # fmt: skip
    version_of, supplied_by = export.relations("VERSION_OF"), export.relations("SUPPLIED_BY")
    seen = set()
    for v in versions:
        if v.product not in seen:
            seen.add(v.product)
            products.add(v.slug, v.product, v.vendor, v.category)
            supplied_by.add("SoftwareProduct", v.slug, "Supplier", v.vendor)
        rows.add(
            version_key(v),
            v.name,
            v.version,
            v.cycle,
            v.released_on,
            v.end_of_active_support,
            v.end_of_support,
            v.end_of_life,
        )
        version_of.add("SoftwareVersion", version_key(v), "SoftwareProduct", v.slug)
    return Software(versions, _vulnerabilities(shop, versions), shop.today)


def vendors_of(versions: Iterable[SupportedVersion]) -> tuple[str, ...]:
    """The vendors, each once, in order."""
    return tuple(dict.fromkeys(version.vendor for version in versions))


def installed_on(shop: Workshop, rng_days: float, version: SupportedVersion) -> date:
    """A day on which that version was installed, `rng_days` of the way from its release to today or its end."""
    first = version.released_on + _SETTLED
    last = min(shop.days_ago(10), version.end_of_support or shop.today)
    return first + timedelta(days=int(rng_days * max(0, (last - first).days)))


def version_key(version: SupportedVersion) -> str:
    """The key of a version in the export."""
    return f"{version.slug}-{version.cycle}"


def _vulnerabilities(
    shop: Workshop, versions: tuple[SupportedVersion, ...]
) -> dict[str, tuple[KnownVulnerability, ...]]:
    """Write those known today; the vulnerabilities of each version, by its name."""
    rng = shop.rng("vulnerabilities")
    rows = shop.export.nodes(
        "Vulnerability", "name", "cve", "title", "cvss", "severity", "epss", "known_exploited", "exploited_on", "ransomware",
        "published_on", "due_on", "vendor",
    )  # fmt: skip
    vulnerable_to, affects = shop.export.relations("VULNERABLE_TO"), shop.export.relations("AFFECTS_PRODUCT")
    slugs = {version.product: version.slug for version in versions}
    found: dict[str, list[KnownVulnerability]] = {version.name: [] for version in versions}
    for v in load_vulnerabilities():
        if v.known_on >= shop.today:
            continue
        rows.add(
            v.cve, v.cve, v.cve, v.title, v.cvss, v.severity, v.epss, truth(v.known_exploited), v.exploited_on,
            truth(v.ransomware) if v.known_exploited else None, v.published_on, v.due_on, v.vendor,
        )  # fmt: skip
        for product in v.products:
            affects.add("Vulnerability", v.cve, "SoftwareProduct", slugs[product])
        candidates = [
            version for version in versions if version.product in v.products and version.released_on.year <= v.year
        ]
        for version in candidates:
            if chance(rng, 0.6):
                found[version.name].append(v)
                vulnerable_to.add("SoftwareVersion", version_key(version), "Vulnerability", v.cve)
    return {name: tuple(listed) for name, listed in found.items()}
