"""The small estate of the contract: a bank's corner with cycles, loops, parallel relations and missing values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from core.ids import relation_id, uuid_of
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation, Scalar
from graph.repository import Answer, GraphRepository, ReadContext

NOW = datetime(2025, 1, 1, 8, 30, tzinfo=UTC)
CONTEXT = ReadContext(now=NOW, timeout_s=30.0, row_cap=10_000)

_KINDS: dict[str, str] = {}


def identity(name: str) -> str:
    """The id of the element of that name."""
    return uuid_of("contract", name)


def node(kind: str, key: str, **properties: Scalar) -> NodeChange:
    """A node to create; its name is its key unless given."""
    _KINDS[identity(key)] = kind
    return NodeChange(Operation.CREATE, identity(key), kind, {"name": key, **properties})


def edge(relation: str, start: str, end: str, parallel: str = "", **properties: Scalar) -> EdgeChange:
    """A relation to create between two named nodes."""
    return EdgeChange(
        Operation.CREATE,
        relation_id(relation, identity(start), identity(end), parallel),
        relation,
        identity(start),
        identity(end),
        properties,
    )


def delta(first: int, *changes: NodeChange | EdgeChange, last: int | None = None) -> GraphDelta:
    """A delta of these changes, one event each unless `last` says otherwise; relations get the kinds of their ends."""
    nodes = [change for change in changes if isinstance(change, NodeChange)]
    edges = [
        e._replace(start_kind=_KINDS.get(e.start, ""), end_kind=_KINDS.get(e.end, ""))
        for e in changes
        if isinstance(e, EdgeChange)
    ]
    return GraphDelta(first, first + len(changes) - 1 if last is None else last, nodes, edges)


ESTATE = delta(
    1,
    node("PhysicalServer", "p1", cpu_cores=32, memory_gb=256.0, os_family="linux", environment="production"),
    node("PhysicalServer", "p2", cpu_cores=16, os_family="windows", environment="test"),
    node("VirtualMachine", "v1", cpu_cores=4, os_family="linux", last_restart=datetime(2024, 6, 1, tzinfo=UTC)),
    node("VirtualMachine", "v2", cpu_cores=8, os_family="linux", last_restart=datetime(2024, 12, 31, 23, tzinfo=UTC)),
    node("VirtualMachine", "v3", name="É-zéro", os_family="windows", environment="production"),
    node("Hypervisor", "h1", cpu_cores=64),
    node("DatabaseInstance", "db1", engine="oracle", aliases=("base-1", "ora")),
    node("BusinessApplication", "app1", code="A1", criticality="vital", commissioned_on=date(2020, 2, 29)),
    node("BusinessApplication", "app2", code="A2", criticality="standard", commissioned_on=date(2024, 1, 31)),
    node("BusinessApplication", "app3", code="A3"),
    node("Team", "team1"),
    node("Team", "team2"),
    node("NetworkDevice", "n1"),
    node("NetworkDevice", "n2"),
    node("NetworkDevice", "n3"),
    node("Incident", "i1", number="INC1", priority="P1", opened_at=datetime(2024, 11, 5, 10, tzinfo=UTC)),
    node("Incident", "i2", number="INC2", priority="P3", opened_at=datetime(2024, 12, 24, 9, tzinfo=UTC)),
    edge("HOSTED_ON", "v1", "h1"),
    edge("HOSTED_ON", "v2", "h1"),
    edge("HOSTED_ON", "h1", "p1"),
    edge("RUNS_ON", "db1", "v1"),
    edge("RUNS_ON", "app1", "v2"),
    edge("RUNS_ON", "app2", "p2"),
    edge("DEPENDS_ON", "app1", "db1"),
    edge("DEPENDS_ON", "app2", "app1"),
    edge("DEPENDS_ON", "app1", "app2"),  # a cycle
    edge("DEPENDS_ON", "app3", "app3"),  # a loop
    edge("OWNED_BY", "app1", "team1"),
    edge("OWNED_BY", "app2", "team1"),
    edge("OWNED_BY", "db1", "team2"),
    edge("CONNECTED_THROUGH", "n1", "n2"),
    edge("CONNECTED_THROUGH", "n1", "n2", parallel="second"),
    edge("CONNECTED_THROUGH", "n2", "n3"),
    edge("AFFECTS", "i1", "v1"),
    edge("AFFECTS", "i2", "v1"),
    edge("AFFECTS", "i2", "app1"),
)


def ask(repository: GraphRepository, text: str, context: ReadContext = CONTEXT, **parameters: Any) -> Answer:
    """Run a text on the whole road of a query."""
    bound = prepare(text, repository.schema)
    return repository.run(bound, complete_parameters(bound, parameters, context.now), context)


def rows(repository: GraphRepository, text: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a query, as tuples, in the order they came."""
    return [tuple(row) for row in ask(repository, text, **parameters).rows]
