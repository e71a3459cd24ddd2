"""A small estate, written through the ledger, with what is in it as plain data for tests to reckon with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock

from core.clock import FrozenClock
from core.ids import relation_id, uuid_of
from core.settings import load_settings
from graph.history.ledger import Event, Ledger
from graph.model import Operation, Properties, Scalar
from graph.registry import open_backend
from graph.schema.model import Schema
from services.twin import Twin, backend_options

NOW = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Thing:
    """A node of the estate."""

    id: str
    kind: str
    properties: dict[str, Scalar]

    def __getitem__(self, attribute: str) -> Scalar | None:
        return self.properties.get(attribute)


@dataclass(slots=True)
class Link:
    """A relation of the estate."""

    id: str
    type: str
    start: Thing
    end: Thing
    properties: dict[str, Scalar]


@dataclass(slots=True)
class Estate:
    """What was written."""

    things: list[Thing] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def add(self, kind: str, name: str, **properties: Scalar | None) -> Thing:
        given = {key: value for key, value in properties.items() if value is not None}
        thing = Thing(uuid_of("tests", kind, name), kind, {"name": name, **given})
        self.things.append(thing)
        return thing

    def link(self, start: Thing, relation: str, end: Thing, **properties: Scalar) -> Link:
        link = Link(relation_id(relation, start.id, end.id), relation, start, end, dict(properties))
        self.links.append(link)
        return link

    def of(self, *kinds: str) -> list[Thing]:
        return [thing for thing in self.things if thing.kind in kinds]

    def out(self, thing: Thing, relation: str) -> list[Thing]:
        return [link.end for link in self.links if link.start is thing and link.type == relation]

    def into(self, thing: Thing, relation: str) -> list[Thing]:
        return [link.start for link in self.links if link.end is thing and link.type == relation]

    def events(self) -> list[Event]:
        nodes = [Event(Operation.CREATE, t.id, False, t.kind, None, t.properties) for t in self.things]
        edges = [
            Event(Operation.CREATE, e.id, True, e.type, None, e.properties, e.start.id, e.end.id) for e in self.links
        ]
        return [*nodes, *edges]


def small_estate() -> Estate:
    """24 servers of three kinds, what runs on them, and who owns it. Some values are missing, some are equal."""
    estate = Estate()
    teams = [estate.add("Team", name, code=name[:2].upper()) for name in ("Réseau", "Socle", "Données")]
    clusters = [estate.add("Cluster", f"cluster-{n}", quorum=2) for n in range(2)]
    racks = [estate.add("Rack", f"rack-{n}") for n in range(2)]
    applications = [
        estate.add("BusinessApplication", f"app-{n}", code=f"APP-{n:04}", criticality="vital" if n % 2 else "standard")
        for n in range(5)
    ]
    hypervisors = [estate.add("Hypervisor", f"hyp-{n}", cpu_cores=64, os_family="linux") for n in range(3)]
    for n in range(21):
        virtual = n % 3 != 0
        server = estate.add(
            "VirtualMachine" if virtual else "PhysicalServer",
            f"srv-{n % 7}-{n:02}",
            environment=("production", "test", None)[n % 3],
            cpu_cores=None if n % 5 == 0 else n % 4,
            internet_exposed=None if n % 4 == 0 else n % 2 == 0,
            commissioned_on=None if n % 6 == 0 else date(2020, 1, 1) + timedelta(days=n % 4),
            last_restart=None if n % 5 == 1 else NOW - timedelta(days=n % 5, microseconds=n),
            yearly_cost=3_000_000_000 + n,
            memory_gb=None if n % 7 == 0 else n / 4,
            aliases=(f"alias-{n}", "é") if n % 2 else None,
            bios_uuid=f"bios-{n}" if virtual else None,
        )
        if virtual:
            estate.link(server, "HOSTED_ON", hypervisors[n % 2])
        if n % 4 == 1:
            estate.link(server, "MEMBER_OF", clusters[n % 2], role="active" if n % 8 == 1 else "passive")
        if n % 2:
            estate.link(server, "LOCATED_IN", racks[n % 2], rack_position=float(n))
        estate.link(server, "OWNED_BY", teams[n % 3])
        for step in range(n % 3):
            estate.link(applications[(n + step) % 4], "RUNS_ON", server)
    for n, application in enumerate(applications[:4]):
        estate.link(application, "OWNED_BY", teams[n % 2])
        estate.link(application, "DEPENDS_ON", applications[(n + 1) % 4], criticality="vital")
    incident = estate.add("Incident", "unused", number="INC001", title="Slow", priority="P1", opened_at=NOW)
    estate.link(incident, "AFFECTS", applications[0])
    return estate


@contextmanager
def opened(
    url: str, schema: Schema, home: Path, estate: Estate | None = None, more: Mapping[str, object] | None = None
) -> Iterator[Twin]:
    """A twin on a backend of its own, emptied first, holding the estate. `more` are further settings."""
    clock = FrozenClock(NOW)
    settings = load_settings(home=home, backend=url, now="2025-01-01", **(more or {}))
    ledger = Ledger(settings.ledger_url, schema, clock)
    try:
        repository = open_backend(settings.backend_url, schema, backend_options(settings))
        try:
            repository.reset()
            twin = Twin(settings, clock, schema, ledger, repository, Lock())
            if estate is not None:
                write(ledger, estate.events())
                twin.catch_up()
            yield twin
        finally:
            repository.close()
    finally:
        ledger.close()


def write(ledger: Ledger, events: list[Event], fingerprint: str = "estate") -> int:
    """Append events as one run; the ledger's sequence after it."""
    run = ledger.begin_run("tests", "tester", "nowhere", fingerprint)
    _, last = ledger.append(run, events)
    ledger.finish_run(run, "complete", {})
    return last


def created(kind: str, name: str, **properties: Scalar) -> Event:
    """The event that creates a node."""
    state: Properties = {"name": name, **properties}
    return Event(Operation.CREATE, uuid_of("tests", kind, name), False, kind, None, state)
