"""The read result scenarios on a real Neo4j, through the same reader and the same comparison: how right the runner is.

Fixtures run as they are written. Scenarios that declare procedures are left out: a server has not those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import neo4j
from neo4j import graph as driver
from neo4j import time
from neo4j.exceptions import Neo4jError

from graph.backends.networkx.durations import Duration
from graph.backends.networkx.moments.calendar import day_number
from graph.backends.networkx.moments.values import Date, DateTime, LocalDateTime, LocalTime, Time
from graph.backends.networkx.moments.zones import NANOS
from graph.model import Edge, Node, Path
from tests.tck.features import Scenario
from tests.tck.scenario import Category, category_of, difference, read_scenario

EMPTY: Final = "MATCH (n) DETACH DELETE n"


@dataclass(frozen=True, slots=True)
class Reference:
    """What the server made of a scenario."""

    scenario: Scenario
    passed: bool
    seen: str = ""


def applies(scenario: Scenario) -> bool:
    """Whether a scenario can be asked of a server."""
    declares = any(step.text.startswith("there exists a procedure") for step in scenario.steps)
    return category_of(scenario) is Category.RESULT and not declares


def run_on_server(scenario: Scenario, session: neo4j.Session) -> Reference:
    """What the server answers, compared with what the kit demands."""
    setting = read_scenario(scenario)
    assert setting.demand is not None
    try:
        session.run(EMPTY).consume()
        for fixture in setting.fixtures:
            session.run(fixture.strip().rstrip(";"), setting.parameters).consume()
        result = session.run(setting.query, setting.parameters)
        columns = tuple(result.keys())
        rows = [tuple(_value(cell) for cell in record) for record in result]
    except Neo4jError as error:
        return Reference(scenario, False, f"{error.code}: {error.message}")
    found = difference(setting.demand, columns, rows, {})
    return Reference(scenario, not found, found and f"{found}: {rows}")


def _value(value: Any) -> Any:
    """A value of the driver as ours."""
    match value:
        case list():
            return [_value(item) for item in value]
        case dict():
            return {key: _value(item) for key, item in value.items()}
        case driver.Path():
            nodes, edges = tuple(map(_node, value.nodes)), tuple(map(_edge, value.relationships))
            return Path(nodes, edges)
        case driver.Node():
            return _node(value)
        case driver.Relationship():
            return _edge(value)
        case _:
            return _temporal(value)


def _node(node: driver.Node) -> Node:
    return Node(node.element_id, tuple(node.labels), _properties(node))


def _edge(edge: driver.Relationship) -> Edge:
    start, end = edge.nodes
    assert start is not None
    assert end is not None
    return Edge(edge.element_id, edge.type, start.element_id, end.element_id, _properties(edge))


def _properties(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in found.items()}


def _temporal(value: Any) -> Any:
    match value:
        case time.Date():
            return Date(day_number(value.year, value.month, value.day))
        case time.Duration():
            return Duration(value.months, value.days, value.seconds * NANOS + value.nanoseconds)
        case time.Time():
            offset = value.utcoffset()
            nanos = value.ticks
            return LocalTime(nanos) if offset is None else Time(nanos, int(offset.total_seconds()))
        case time.DateTime():
            days, nanos = day_number(value.year, value.month, value.day), value.time().ticks
            offset = value.utcoffset()
            if offset is None:
                return LocalDateTime(days, nanos)
            return DateTime(days, nanos, int(offset.total_seconds()), _zone(value))
        case _:
            return value


def _zone(value: time.DateTime) -> str | None:
    """The name of a zone, where it has one: offsets have none, and `UTC` is how the driver gives the offset `Z`."""
    name = getattr(value.tzinfo, "zone", None) or getattr(value.tzinfo, "key", None)
    return None if name == "UTC" else name
