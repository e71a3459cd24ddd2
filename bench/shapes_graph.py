"""The graph and the six shapes of query that benches time: 30,000 nodes, 150,000 relations, drawn with a fixed seed.

Each shape has its text and the NetworkX code that a person would write for it; both give the same rows.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx

from graph.model import EdgeChange, GraphDelta, NodeChange, Operation

Rows = list[tuple[Any, ...]]

NODES: Mapping[str, int] = {
    "Team": 300,
    "BusinessApplication": 1_700,
    "ServiceInstance": 10_000,
    "ApplicationServer": 6_000,
    "VirtualMachine": 12_000,
}
RELATIONS: tuple[tuple[str, str, str, int], ...] = (  # type, start, end, how many
    ("OWNED_BY", "BusinessApplication", "Team", 1_700),
    ("OWNED_BY", "ServiceInstance", "Team", 10_000),
    ("OWNED_BY", "ApplicationServer", "Team", 6_000),
    ("OWNED_BY", "VirtualMachine", "Team", 12_000),
    ("REALISES", "ServiceInstance", "BusinessApplication", 10_000),
    ("RUNS_ON", "ApplicationServer", "VirtualMachine", 6_000),
    ("RUNS_ON", "ServiceInstance", "VirtualMachine", 20_000),
    ("DEPENDS_ON", "ServiceInstance", "ApplicationServer", 20_000),
    ("DEPENDS_ON", "BusinessApplication", "BusinessApplication", 10_000),
    ("DEPENDS_ON", "ServiceInstance", "ServiceInstance", 54_300),
)
IMPACT = frozenset({"DEPENDS_ON", "RUNS_ON"})
ENVIRONMENTS = ("production", "acceptance", "test", "development")
ASKED = 40
"""Parameters that are drawn for each shape."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape: its text, the values it is asked with, the hand-written code, and whether rows have an order."""

    name: str
    text: str
    parameters: tuple[Mapping[str, Any], ...]
    plain: Callable[[Any, Mapping[str, Any]], Rows]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class ShapesGraph:
    """The same content as a delta for a backend and as a NetworkX graph with attributes."""

    delta: GraphDelta
    plain: Any  # nx.MultiDiGraph: node attributes are properties and `kind`, edge key is the relation's id, attribute `type`


def build(scale: float = 1.0, seed: int = 42) -> ShapesGraph:
    """The graph; `scale` makes it smaller for tests."""
    draw = random.Random(seed)
    counts = {kind: max(3, int(count * scale)) for kind, count in NODES.items()}
    plain: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    nodes = []
    for kind, count in counts.items():
        for number in range(count):
            identity, properties = f"{kind}-{number:05}", _properties(kind, number, draw)
            nodes.append(NodeChange(Operation.CREATE, identity, kind, properties))
            plain.add_node(identity, kind=kind, **properties)
    edges: list[EdgeChange] = []
    for type_, start, end, count in RELATIONS:
        for number in range(max(3, int(count * scale))):
            one = number % counts[start] if type_ != "DEPENDS_ON" else draw.randrange(counts[start])
            ends = (f"{start}-{one:05}", f"{end}-{draw.randrange(counts[end]):05}")
            identity = f"{type_}-{len(edges):06}"
            edges.append(EdgeChange(Operation.CREATE, identity, type_, *ends, {}, start, end))
            plain.add_edge(*ends, key=identity, type=type_)
    return ShapesGraph(GraphDelta(1, len(nodes) + len(edges), nodes, edges), plain)


def _properties(kind: str, number: int, draw: random.Random) -> dict[str, Any]:
    properties: dict[str, Any] = {"name": f"{kind.lower()} {number:05}"}
    if kind != "Team":
        properties["environment"] = draw.choice(ENVIRONMENTS)
    if kind == "VirtualMachine":
        properties["memory_gb"] = draw.choice((4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0))
        properties["cpu_cores"] = draw.randrange(1, 65)
    return properties


def shapes(graph: ShapesGraph, seed: int = 7) -> tuple[Shape, ...]:
    """The six shapes with drawn parameters; the first of them twice, by id and by name."""
    draw = random.Random(seed)
    by_kind: dict[str, list[str]] = {}
    for node, kind in graph.plain.nodes(data="kind"):
        by_kind.setdefault(kind, []).append(node)

    def ids(kind: str) -> tuple[dict[str, Any], ...]:
        return tuple({"id": draw.choice(by_kind[kind])} for _ in range(ASKED))

    pairs = tuple(
        {"a": draw.choice(by_kind["BusinessApplication"]), "b": draw.choice(by_kind["VirtualMachine"])}
        for _ in range(ASKED)
    )
    names = tuple({"name": graph.plain.nodes[draw.choice(by_kind["VirtualMachine"])]["name"]} for _ in range(ASKED))
    once: tuple[dict[str, Any], ...] = ({},)
    return (
        Shape("lookup by id", LOOKUP, ids("VirtualMachine"), _lookup),
        Shape("lookup by name", BY_NAME, names, _by_name),
        Shape("impact 1..4", IMPACT_TEXT, ids("VirtualMachine"), _impact),
        Shape("group-by", GROUP_BY, once, _group_by),
        Shape("optional and collect", OPTIONAL, ids("Team"), _optional),
        Shape("shortest path", SHORTEST, pairs, _shortest),
        Shape("top-k", TOP_K, tuple({"least": n} for n in (1, 8, 16, 24, 32, 40)), _top_k, ordered=True),
    )


LOOKUP = "MATCH (v:VirtualMachine {id: $id}) RETURN v.name AS name, v.memory_gb AS memory, v.environment AS environment"


def _lookup(graph: Any, given: Mapping[str, Any]) -> Rows:
    node = graph.nodes.get(given["id"])
    if node is None or node["kind"] != "VirtualMachine":
        return []
    return [(node["name"], node["memory_gb"], node["environment"])]


BY_NAME = (
    "MATCH (v:VirtualMachine {name: $name}) RETURN v.id AS id, v.memory_gb AS memory, v.environment AS environment"
)


def _by_name(graph: Any, given: Mapping[str, Any]) -> Rows:
    return [
        (node, content["memory_gb"], content["environment"])
        for node, content in graph.nodes(data=True)
        if content["name"] == given["name"] and content["kind"] == "VirtualMachine"
    ]


IMPACT_TEXT = """
MATCH (v:VirtualMachine {id: $id})<-[:DEPENDS_ON|RUNS_ON*1..4]-(item:ConfigurationItem)
RETURN DISTINCT item.id AS id
"""


def _impact(graph: Any, given: Mapping[str, Any]) -> Rows:
    seen: set[str] = set()
    frontier = [given["id"]]
    for _ in range(4):
        following = []
        for node in frontier:
            for before, edges in graph.pred[node].items():
                if before not in seen and any(edge["type"] in IMPACT for edge in edges.values()):
                    seen.add(before)
                    following.append(before)
        frontier = following
    return [(node,) for node in seen]


GROUP_BY = """
MATCH (i:ServiceInstance)-[:DEPENDS_ON]->(d:ApplicationServer)
RETURN i.environment AS environment, d.environment AS target, count(*) AS n
"""


def _group_by(graph: Any, _: Mapping[str, Any]) -> Rows:
    nodes, groups = graph.nodes, Counter[tuple[str, str]]()
    for node, content in nodes(data=True):
        if content["kind"] == "ServiceInstance":
            for after, edges in graph.succ[node].items():
                other = nodes[after]
                if other["kind"] == "ApplicationServer":
                    number = sum(edge["type"] == "DEPENDS_ON" for edge in edges.values())
                    if number:
                        groups[content["environment"], other["environment"]] += number
    return [(*key, count) for key, count in groups.items()]


OPTIONAL = """
MATCH (t:Team {id: $id})<-[:OWNED_BY]-(v:VirtualMachine)
OPTIONAL MATCH (v)<-[:RUNS_ON]-(a:ApplicationServer)
RETURN v.id AS id, v.name AS name, collect(a.name) AS servers
"""


def _optional(graph: Any, given: Mapping[str, Any]) -> Rows:
    nodes, rows = graph.nodes, []
    for machine, edges in graph.pred[given["id"]].items():
        content = nodes[machine]
        if content["kind"] != "VirtualMachine":
            continue
        servers = [
            nodes[before]["name"]
            for before, links in graph.pred[machine].items()
            if nodes[before]["kind"] == "ApplicationServer"
            for link in links.values()
            if link["type"] == "RUNS_ON"
        ]
        rows += [(machine, content["name"], servers)] if any(e["type"] == "OWNED_BY" for e in edges.values()) else []
    return rows


SHORTEST = """
MATCH (a:BusinessApplication {id: $a}), (b:VirtualMachine {id: $b})
MATCH p = shortestPath((a)-[:DEPENDS_ON|RUNS_ON|REALISES*..12]-(b))
RETURN length(p) AS hops
"""
ROADS = frozenset({"DEPENDS_ON", "RUNS_ON", "REALISES"})


def _shortest(graph: Any, given: Mapping[str, Any]) -> Rows:
    """A breadth-first search from both ends, the smaller frontier first."""
    if given["a"] == given["b"]:
        return []
    sides = ({given["a"]: 0}, {given["b"]: 0})
    frontiers = [deque(side) for side in sides]
    hops = 0
    while all(frontiers) and hops < 12:
        turn = 0 if len(frontiers[0]) <= len(frontiers[1]) else 1
        here, there, following = sides[turn], sides[1 - turn], deque[str]()
        hops += 1
        for node in frontiers[turn]:
            for neighbours in (graph.succ[node], graph.pred[node]):
                for other, edges in neighbours.items():
                    if other not in here and any(edge["type"] in ROADS for edge in edges.values()):
                        if other in there:
                            return [(hops,)]
                        here[other] = hops
                        following.append(other)
        frontiers[turn] = following
    return []


TOP_K = """
MATCH (v:VirtualMachine)
WHERE v.cpu_cores >= $least AND v.environment = 'production'
RETURN v.name AS name, v.memory_gb AS memory, v.cpu_cores AS cores
ORDER BY memory DESC, cores DESC, name LIMIT 10
"""


def _top_k(graph: Any, given: Mapping[str, Any]) -> Rows:
    least = given["least"]
    found = (
        (content["name"], content["memory_gb"], content["cpu_cores"])
        for _, content in graph.nodes(data=True)
        if content["kind"] == "VirtualMachine"
        and content["cpu_cores"] >= least
        and content["environment"] == "production"
    )
    return heapq.nsmallest(10, found, key=lambda row: (-row[1], -row[2], row[0]))
