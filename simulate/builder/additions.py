"""Members that a scenario adds to clusters: copies of members that are there, with their dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graph.model import Edge, Node
from simulate.builder.changes import Addition
from simulate.builder.names import Names
from simulate.errors import ScenarioError

MEMBERSHIP = "MEMBER_OF"
PLACES = {"located_in": "LOCATED_IN", "hosted_on": "HOSTED_ON"}
"""Relations that another place may take the place of, by the word of an addition."""


@dataclass(frozen=True, slots=True)
class Extended:
    """A graph with what was added; `models` say by identity which item an added one is like."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    models: dict[str, str]


def extend(nodes: Sequence[Node], edges: Sequence[Edge], additions: Sequence[Addition]) -> Extended:
    """The graph with the members that are added. Raises ScenarioError."""
    all_nodes, all_edges = list(nodes), list(edges)
    models: dict[str, str] = {}
    for number, addition in enumerate(additions):
        where = f"changes.add {addition.to}"
        names = Names(all_nodes)
        by_id = {node.id: node for node in all_nodes}
        cluster = names.one(addition.to, where)
        members = sorted(edge.start for edge in all_edges if edge.type == MEMBERSHIP and edge.end == cluster)
        members = [member for member in members if member in by_id]
        if not members:
            raise ScenarioError(f"{addition.to} has no members", where=where, hint="the name of a cluster")
        like = members[0] if addition.like is None else names.one(addition.like, where)
        if like not in members:
            raise ScenarioError(f"{addition.like} is no member of {addition.to}", where=where)
        moved = {
            PLACES[word]: names.one(place, where)
            for word, place in (("located_in", addition.located_in), ("hosted_on", addition.hosted_on))
            if place is not None
        }
        outgoing = [edge for edge in all_edges if edge.start == like]
        for count in range(addition.count):
            id_ = f"{cluster}+{number}.{count}"
            name = _name(addition, by_id[like], count)
            properties = {**by_id[like].properties, "id": id_, "name": name}
            all_nodes.append(Node(id_, by_id[like].labels, properties))
            all_edges += _copied(id_, outgoing, moved)
            models[id_] = models.get(like, like)
    return Extended(tuple(all_nodes), tuple(all_edges), models)


def _copied(id_: str, outgoing: Iterable[Edge], moved: dict[str, str]) -> list[Edge]:
    kept = [(edge.type, edge.end, edge.properties) for edge in outgoing if edge.type not in moved]
    kept += [(type_, place, {}) for type_, place in moved.items()]
    return [Edge(f"{id_} {type_} {end}", type_, id_, end, properties) for type_, end, properties in kept]


def _name(addition: Addition, like: Node, count: int) -> str:
    base = addition.name or f"{like.properties.get('name', like.id)}+"
    return base if addition.count == 1 and addition.name else f"{base}{count + 1}"
