"""The elements that a simulation is about, at one moment of the twin."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.settings import Settings
from graph.model import Edge, Node
from graph.schema.model import Schema
from services.catalogue import CatalogueService
from services.moments import PRESENT, Asked, MomentService
from services.query import QueryService
from services.rendezvous import running_server
from services.twin import open_ledger, open_twin

GROUPS = ("dependency", "redundancy", "structure")
"""Groups of relations that a model may be built from."""

PLANNED = ("Change", "TOUCHES")
"""Changes that the twin plans, and what they touch."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Configuration items and their relations, and the event of the ledger that they reflect."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    schema: Schema
    sequence: int


def snapshot(settings: Settings, asked: Asked = PRESENT, also: Collection[str] = ()) -> Snapshot:
    """The elements of a moment, and those of other kinds and relations. Raises UsageError, NotFoundError, BackendError.

    The present comes from the ledger, so that a server which has the backend open is no hindrance.
    """
    if asked != PRESENT:
        with _at(settings, asked, also) as found:
            return found
    schema, ledger = open_ledger(settings)
    try:
        sequence = ledger.sequence()
        names = names_of(schema, also)
        nodes: list[Node] = []
        edges: list[Edge] = []
        for state in ledger.present(names):
            if state.edge:
                edges.append(Edge(state.element, state.kind, state.start or "", state.end or "", state.properties))
            else:
                properties = {**state.properties, "id": state.element}
                nodes.append(Node(state.element, schema.kinds[state.kind].labels, properties))
        return Snapshot(tuple(nodes), tuple(edges), schema, sequence)
    finally:
        ledger.close()


@contextmanager
def _at(settings: Settings, asked: Asked, also: Collection[str]) -> Iterator[Snapshot]:
    if settings.backend_url.startswith("embedded:") and running_server(settings.home) is not None:
        settings = settings.model_copy(update={"backend": "networkx"})  # the server has the store open
    with open_twin(settings) as twin:
        queries = QueryService(twin)
        moments = MomentService(twin, queries, CatalogueService(twin, queries))
        try:
            yield snapshot_of(moments, asked, also)
        finally:
            moments.close()


def snapshot_of(moments: MomentService, asked: Asked, also: Collection[str] = ()) -> Snapshot:
    """The same of a twin that is open already. Raises UsageError, NotFoundError, BackendError."""
    schema = moments.twin.schema
    with moments.graph(asked) as graph:
        names = names_of(schema, also)
        nodes = tuple(node for node in graph.nodes() if node.kind in names)
        edges = tuple(edge for edge in graph.edges() if edge.type in names)
        return Snapshot(nodes, edges, schema, graph.watermark())


def names_of(schema: Schema, also: Collection[str] = ()) -> frozenset[str]:
    """Kinds and relations that a model may be built from, and others."""
    relations = [name for group in GROUPS for name in schema.groups.get(group, ())]
    return frozenset([*schema.descendants["ConfigurationItem"], *relations, *PLANNED, *also])
