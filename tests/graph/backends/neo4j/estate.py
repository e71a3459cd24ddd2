"""A small schema and the deltas that these tests apply: every value type, inheritance, relations with attributes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from core.ids import relation_id, uuid_of
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation, Properties
from graph.schema.model import Attribute, Kind, Relation, Schema, Triple, ValueType, Wording


def _attributes(**types: ValueType) -> dict[str, Attribute]:
    return {
        name: Attribute(name, kind, Wording(name, name), indexed=name in {"name", "environment"})
        for name, kind in types.items()
    }


_COMMON = _attributes(name=ValueType.STRING, environment=ValueType.STRING, installed_on=ValueType.DATE)
_SERVER = _COMMON | _attributes(
    memory=ValueType.INTEGER,
    load=ValueType.FLOAT,
    virtual=ValueType.BOOLEAN,
    restarted_at=ValueType.INSTANT,
    yearly_cost=ValueType.MONEY,
    addresses=ValueType.STRING_LIST,
)


def _kind(name: str, *ancestors: str, abstract: bool = False, attributes: dict[str, Attribute] = _COMMON) -> Kind:
    return Kind(name, Wording(name, name), abstract, "configuration_items", ancestors, attributes)


SCHEMA = Schema(
    "small",
    1,
    {},
    {
        kind.name: kind
        for kind in (
            _kind("ConfigurationItem", abstract=True),
            _kind("ComputeResource", "ConfigurationItem", abstract=True),
            _kind("Server", "ComputeResource", "ConfigurationItem", attributes=_SERVER),
            _kind("VmInstance", "ComputeResource", "ConfigurationItem", attributes=_SERVER),
            _kind("BusinessApplication", "ConfigurationItem"),
        )
    },
    {
        "RUNS_ON": Relation(
            "RUNS_ON",
            Wording("runs on", "tourne sur"),
            Wording("runs", "fait tourner"),
            "dependency",
            (Triple("ConfigurationItem", "RUNS_ON", "ConfigurationItem"),),
            _attributes(since=ValueType.DATE, share=ValueType.FLOAT),
        ),
        "DEPENDS_ON": Relation(
            "DEPENDS_ON",
            Wording("depends on", "dépend de"),
            Wording("supports", "soutient"),
            "dependency",
            (Triple("ConfigurationItem", "DEPENDS_ON", "ConfigurationItem"),),
        ),
    },
)

SERVER_PROPERTIES: Properties = {
    "name": "srv-é-001 \u2028 'quoted' `ticked`",
    "environment": "",
    "installed_on": date(1999, 12, 31),
    "memory": 2**63 - 1,
    "load": 0.1,
    "virtual": False,
    "restarted_at": datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC),
    "yearly_cost": -1,
    "addresses": ("10.0.0.1", ""),
}


def node(
    name: str, kind: str, properties: Properties | None = None, operation: Operation = Operation.CREATE
) -> NodeChange:
    return NodeChange(operation, uuid_of(name), kind, {"name": name} if properties is None else properties)


def edge(
    start: str, kind: str, end: str, properties: Properties | None = None, operation: Operation = Operation.CREATE
) -> EdgeChange:
    one, other = uuid_of(start), uuid_of(end)
    return EdgeChange(operation, relation_id(kind, one, other), kind, one, other, properties or {})


def delta(first: int, *changes: NodeChange | EdgeChange, last: int | None = None) -> GraphDelta:
    """One event per change, from sequence `first` on."""
    return GraphDelta(
        first,
        first + len(changes) - 1 if last is None else last,
        [change for change in changes if isinstance(change, NodeChange)],
        [change for change in changes if isinstance(change, EdgeChange)],
    )


def big_delta(first: int, nodes: int, fan_out: int) -> GraphDelta:
    """`nodes` servers and VMs with seven properties each, and `fan_out` relations from each."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    names = [f"big-{first}-{i}" for i in range(nodes)]
    created = [
        node(
            name,
            "Server" if i % 2 else "VmInstance",
            {
                "name": name,
                "environment": ("production", "test")[i % 2],
                "memory": i,
                "load": i / 7,
                "virtual": bool(i % 2),
                "restarted_at": start + timedelta(seconds=i),
                "addresses": (f"10.0.{i % 256}.1",),
            },
        )
        for i, name in enumerate(names)
    ]
    related = [
        edge(
            names[i],
            "RUNS_ON" if hop % 2 else "DEPENDS_ON",
            names[(i * 7 + hop * hop * 13 + 1) % nodes],
            {"share": 0.5},
        )
        for i in range(nodes)
        for hop in range(1, fan_out + 1)
    ]
    return delta(first, *created, *related)
