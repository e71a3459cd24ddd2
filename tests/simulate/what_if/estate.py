"""A small estate: a service on an application on a cluster of two servers in two data centres, one of which fails over."""

from __future__ import annotations

from typing import Any

from graph.model import Edge, Node
from graph.schema.model import Schema
from simulate.builder.build import build
from simulate.builder.scenario import parse_scenario
from simulate.model.items import Item, Model

SCENARIO = """\
name: A year
seed: 5
kinds:
  PhysicalServer: {failure: {mean: 30 days}, repair: {mean: 1 day}, crew: few}
  DataCenter: {failure: {mean: 1 year}, repair: {mean: 12 h}}
  BusinessApplication:
    changes:
      - first: 10 days
        every: 10 days
        failure_probability: 0.5
        recovery: {mean: 4 h}
crews: {few: {size: 1}}
"""


def node(schema: Schema, id_: str, kind: str, **properties: Any) -> Node:
    return Node(id_, schema.kinds[kind].labels, {"id": id_, "name": id_.replace("-", " "), **properties})


def edge(start: str, type_: str, end: str, **properties: Any) -> Edge:
    return Edge(f"{start} {type_} {end}", type_, start, end, properties)


def estate(schema: Schema) -> tuple[list[Node], list[Edge]]:
    nodes = [
        node(schema, "bank", "BusinessService"),
        node(schema, "app", "BusinessApplication"),
        node(schema, "pair", "Cluster", quorum=1),
        node(schema, "web-1", "PhysicalServer"),
        node(schema, "web-2", "PhysicalServer"),
        node(schema, "north", "DataCenter"),
        node(schema, "south", "DataCenter"),
        node(schema, "alone", "PhysicalServer"),
        node(schema, "scrapped", "PhysicalServer", status="decommissioned"),
    ]
    edges = [
        edge("bank", "USES", "app"),
        edge("app", "RUNS_ON", "web-1"),
        edge("app", "RUNS_ON", "web-2"),
        edge("web-1", "MEMBER_OF", "pair"),
        edge("web-2", "MEMBER_OF", "pair"),
        edge("web-1", "LOCATED_IN", "north"),
        edge("web-2", "LOCATED_IN", "south"),
        edge("south", "FAILS_OVER_TO", "north", failover_minutes=30.0),
    ]
    return nodes, edges


def model(schema: Schema, *changes: str, extra: str = "") -> Model:
    """The model of the scenario with these changes, each one line of YAML."""
    listed = "".join(f"  - {change}\n" for change in changes)
    text = SCENARIO + extra + (f"changes:\n{listed}" if changes else "")
    return build(*estate(schema), schema, parse_scenario(text))


def item(of: Model, id_: str) -> Item:
    return of.items[of.position[id_]]
