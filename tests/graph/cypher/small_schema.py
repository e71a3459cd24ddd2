"""A schema of a dozen kinds, made by hand, so that tests of the front end read without the packs."""

from __future__ import annotations

from collections.abc import Sequence

from graph.schema.model import Attribute, EnumType, Kind, Relation, Schema, Triple, ValueType, Wording

_TYPES = {
    "name": ValueType.STRING,
    "aliases": ValueType.STRING_LIST,
    "criticality": ValueType.STRING,
    "environment": ValueType.STRING,
    "yearly_cost": ValueType.MONEY,
    "commissioned_on": ValueType.DATE,
    "internet_exposed": ValueType.BOOLEAN,
    "cpu_cores": ValueType.INTEGER,
    "last_restart": ValueType.INSTANT,
    "rto_minutes": ValueType.INTEGER,
    "port": ValueType.INTEGER,
    "end_of_support": ValueType.DATE,
    "cve": ValueType.STRING,
    "cvss": ValueType.FLOAT,
    "on_call": ValueType.STRING,
    "number": ValueType.STRING,
    "priority": ValueType.STRING,
    "opened_at": ValueType.INSTANT,
    "since": ValueType.DATE,
    "weight": ValueType.FLOAT,
}
_WORDINGS = {
    "name": Wording("name", "nom"),
    "criticality": Wording("criticality", "criticité", ("importance",)),
    "cpu_cores": Wording("CPU cores", "cœurs", ("cpus", "processors"), ("processeurs",)),
    "last_restart": Wording("last restart", "dernier redémarrage", ("last reboot",)),
}


def _attributes(*names: str) -> dict[str, Attribute]:
    return {
        name: Attribute(
            name,
            _TYPES[name],
            _WORDINGS.get(name, Wording(name, name)),
            enum="criticality" if name == "criticality" else None,
            indexed=name in ("name", "cve"),
        )
        for name in names
    }


_ELEMENT = ("name", "aliases")
_ITEM = (*_ELEMENT, "criticality", "environment", "yearly_cost", "commissioned_on", "internet_exposed")
_SERVER = (*_ITEM, "cpu_cores", "last_restart")
_DEPLOYABLE = (*_ITEM, "port")


def _kind(
    name: str, ancestors: Sequence[str], attributes: Sequence[str], fr: str, synonyms: Sequence[str] = ()
) -> Kind:
    abstract = name in ("Element", "ConfigurationItem", "Server", "Deployable")
    wording = Wording(name, fr, tuple(synonyms))
    return Kind(
        name, wording, abstract, "generics" if abstract else "kinds", tuple(ancestors), _attributes(*attributes)
    )


_KINDS = [
    _kind("Element", (), _ELEMENT, "Élément"),
    _kind("ConfigurationItem", ("Element",), _ITEM, "Élément de configuration", ("CI",)),
    _kind("Server", ("ConfigurationItem", "Element"), _SERVER, "Serveur", ("machine", "host")),
    _kind("Deployable", ("ConfigurationItem", "Element"), _DEPLOYABLE, "Composant"),
    _kind("BusinessService", ("ConfigurationItem", "Element"), _ITEM, "Service métier"),
    _kind("BusinessApplication", ("ConfigurationItem", "Element"), (*_ITEM, "rto_minutes"), "Application", ("app",)),
    _kind("ServiceInstance", ("ConfigurationItem", "Element"), _ITEM, "Instance de service"),
    _kind("WebServer", ("Deployable", "ConfigurationItem", "Element"), _DEPLOYABLE, "Serveur web"),
    _kind(
        "DatabaseInstance",
        ("Deployable", "ConfigurationItem", "Element"),
        _DEPLOYABLE,
        "Base de données",
        ("database",),
    ),
    _kind("PhysicalServer", ("Server", "ConfigurationItem", "Element"), _SERVER, "Serveur physique"),
    _kind("VirtualMachine", ("Server", "ConfigurationItem", "Element"), _SERVER, "Machine virtuelle", ("VM",)),
    _kind("Hypervisor", ("Server", "ConfigurationItem", "Element"), _SERVER, "Hyperviseur"),
    _kind("SoftwareVersion", ("Element",), (*_ELEMENT, "end_of_support"), "Version"),
    _kind("Vulnerability", ("Element",), (*_ELEMENT, "cve", "cvss"), "Vulnérabilité", ("CVE",)),
    _kind("Team", ("Element",), (*_ELEMENT, "on_call"), "Équipe"),
    _kind("Incident", ("Element",), (*_ELEMENT, "number", "priority", "opened_at"), "Incident"),
]


def _relation(name: str, group: str, *triples: tuple[str, str], attributes: Sequence[str] = ()) -> Relation:
    wording = Wording(name.replace("_", " ").lower(), name.lower())
    return Relation(
        name,
        wording,
        wording,
        group,
        tuple(Triple(start, name, end) for start, end in triples),
        _attributes(*attributes),
    )


_RELATIONS = [
    _relation(
        "DEPENDS_ON",
        "dependency",
        ("BusinessApplication", "BusinessApplication"),
        ("BusinessApplication", "Deployable"),
        ("ServiceInstance", "ServiceInstance"),
        ("ServiceInstance", "Deployable"),
        attributes=("since", "weight"),
    ),
    _relation("USES", "dependency", ("BusinessService", "BusinessApplication")),
    _relation("RUNS_ON", "dependency", ("Deployable", "Server"), ("ServiceInstance", "Server")),
    _relation("HOSTED_ON", "dependency", ("VirtualMachine", "Hypervisor"), ("Hypervisor", "PhysicalServer")),
    _relation("REALISES", "structure", ("ServiceInstance", "BusinessApplication")),
    _relation("OWNED_BY", "responsibility", ("ConfigurationItem", "Team"), attributes=("since",)),
    _relation("RUNS_VERSION", "software", ("Server", "SoftwareVersion"), ("Deployable", "SoftwareVersion")),
    _relation("VULNERABLE_TO", "software", ("SoftwareVersion", "Vulnerability")),
    _relation("AFFECTS", "operations", ("Incident", "ConfigurationItem")),
]

SCHEMA = Schema(
    "small",
    1,
    {"criticality": EnumType("criticality", ("vital", "critical", "important", "standard"))},
    {kind.name: kind for kind in _KINDS},
    {relation.name: relation for relation in _RELATIONS},
)
