"""A small graph that nobody prepared: ships, who commands them, the ports that they call at, and where these are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from agent.evaluation.open_graph import OpenGraph, OpenSchema, Relationship
from agent.evaluation.unseen import OpenAsker
from graph.backends.networkx.moments.values import of_python
from graph.backends.networkx.store import GraphStore
from graph.model import Edge, Node

SHIPS = (("Aurore", 3, 1788, "sloop"), ("Bora", 2, 1801, "brig"), ("Cormorant", 3, 1801, "sloop"), ("Storm's Dawn", 1, 1820, "brig"),
         ("Etoile", 2, 1820, "sloop"), ("Fidele", 3, 1830, "brig"))  # fmt: skip
OFFICERS = (("Ade", "Okoro", "female", 1770), ("Bo", "Lind", "male", 1775), ("Cy", "Lind", "male", 1780),
            ("Di", "Roux", "female", 1780), ("Em", "Ito", "female", 1785), ("Fa", "Sow", "male", 1790))  # fmt: skip
PORTS = (("Brest", "Brittany"), ("Lorient", "Brittany"), ("Dieppe", "Normandy"))
COMMANDS = (
    ("Ade", "Aurore", 1799),
    ("Bo", "Bora", 1801),
    ("Cy", "Cormorant", 1802),
    ("Di", "Aurore", 1810),
    ("Di", "Bora", 1812),
)
CALLS = (
    ("Aurore", "Brest", 4),
    ("Aurore", "Dieppe", 1),
    ("Bora", "Brest", 2),
    ("Cormorant", "Lorient", 7),
    ("Etoile", "Dieppe", 1),
)
SCHEMA = OpenSchema(
    labels={
        "Ship": {"name": "string", "masts": "integer", "launch_year": "integer", "ship_type": "string"},
        "Person": {"firstName": "string", "lastName": "string", "gender": "string", "birth_date": "date"},
        "Port": {"name": "string"},
        "Region": {"name": "string"},
    },
    relationships=(
        Relationship("Person", "COMMANDED", "Ship", 5),
        Relationship("Ship", "CALLED_AT", "Port", 5),
        Relationship("Port", "IS_IN", "Region", 3),
        Relationship("Ship", "RAMMED", "Ship", 2),
    ),
    relationship_properties={"COMMANDED": {"since": "integer"}, "CALLED_AT": {"callCount": "integer"}},
)


@pytest.fixture(scope="session")
def harbour() -> OpenGraph:
    store = GraphStore()

    def node(label: str, key: str, **properties: Any) -> None:
        store.add_node(Node(key, (label,), {"id": key, **properties}))

    def edge(type_: str, start: str, end: str, **properties: Any) -> None:
        store.add_edge(Edge(f"{type_} {start} {end}", type_, start, end, properties))

    for name, masts, year, sort in SHIPS:
        node("Ship", name, name=name, masts=masts, launch_year=year, ship_type=sort)
    for first, last, gender, born in OFFICERS:
        node("Person", first, firstName=first, lastName=last, gender=gender, birth_date=of_python(date(born, 6, 7)))
    for region in dict.fromkeys(region for _, region in PORTS):
        node("Region", region, name=region)
    for name, region in PORTS:
        node("Port", name, name=name)
        edge("IS_IN", name, region)
    for first, ship, since in COMMANDS:
        edge("COMMANDED", first, ship, since=since)
    for ship, port, count in CALLS:
        edge("CALLED_AT", ship, port, callCount=count)
    edge("RAMMED", "Aurore", "Bora")
    edge("RAMMED", "Cormorant", "Bora")
    return OpenGraph("harbour", store, SCHEMA)


@pytest.fixture(scope="session")
def asker(harbour: OpenGraph) -> OpenAsker:
    return OpenAsker(harbour)


@pytest.fixture
def answered(asker: OpenAsker) -> Callable[[str], list[tuple[Any, ...]]]:
    """The rows of an answer, in order of their texts."""

    def rows(question: str) -> list[tuple[Any, ...]]:
        given = asker.after(())(question)
        assert given["outcome"] == "answer", given
        return sorted(given["rows"], key=lambda row: [str(cell) for cell in row])

    return rows
