"""Lines as a door is asked for them: by name, seen within the asker's perimeters, by the form of the reference line, or as a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import UsageError
from graph.model import Edge, Node
from graph.schema.model import Schema
from services.simulation.line_watching import LastReading
from simulate.errors import TooManyEventsError
from simulate.line.bottleneck import find_bottleneck
from simulate.line.check import LineError, expected_events
from simulate.line.curves import curves_of
from simulate.line.file import line_of_file
from simulate.line.in_graph import LINE, RELATIONS, STAGE, line_from_graph
from simulate.line.model import Line
from simulate.line.result import HOUR, LineResult
from simulate.line.simulate import simulate_line
from simulate.yaml_files import YamlFile

MOST_EVENTS: Final = 5_000_000
"""Of a simulation that somebody waits for."""
SHOWN: Final = "request"

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""A Cypher text and its parameters, to the answer that the asker may see."""

NAMES: Final = f"MATCH (l:{LINE}) RETURN l.name AS name ORDER BY name"
NODES: Final = f"MATCH (l:{LINE} {{name: $name}}) OPTIONAL MATCH (s:{STAGE})-[:PART_OF]->(l) RETURN l AS line, collect(s) AS stages"
EDGES: Final = (
    f"MATCH (s:{STAGE})-[r:{'|'.join(RELATIONS)}]->(other) WHERE s.id IN $stages "
    "RETURN type(r) AS type, s.id AS start, other.id AS end"
)
READINGS: Final = (
    f"MATCH (x:Sensor)-[:MEASURES]->(s:{STAGE})-[:PART_OF]->(l:{LINE} {{name: $name}}) "
    "RETURN s.name AS stage, x.name AS sensor, x.last_minutes AS minutes, x.last_read_at AS at, x.readings AS readings "
    "ORDER BY stage, sensor"
)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One of the three says which line: `name` of the twin, parameters of the `reference` line, or a whole `line` as its file has it."""

    name: str | None = None
    reference: Mapping[str, Any] | None = None
    line: Mapping[str, Any] | None = None


def has_lines(schema: Schema) -> bool:
    """Whether the twin's schema pack has production lines."""
    return LINE in schema.kinds and STAGE in schema.kinds


def names(schema: Schema, ask: Ask) -> list[str]:
    """Of the lines that the asker sees."""
    return [str(row[0]) for row in ask(NAMES, {})["rows"]] if has_lines(schema) else []


def line_of(asked: AskedLine, schema: Schema, ask: Ask) -> Line:
    """The line. Raises UsageError, LineError and its kin, with the codes that a file of it is refused with."""
    given = [what for what in (asked.name, asked.reference, asked.line) if what is not None]
    if len(given) != 1:
        raise UsageError(
            f"{len(given)} of `name`, `reference` and `line` are given",
            where=SHOWN,
            hint="say which line by one of them",
        )
    if asked.name is not None:
        return _kept(asked.name, schema, ask)
    content = {"name": "reference line", "reference": asked.reference} if asked.line is None else asked.line
    return line_of_file(YamlFile(content, None, SHOWN)).settled()


def _kept(name: str, schema: Schema, ask: Ask) -> Line:
    rows = ask(NODES, {"name": name})["rows"] if has_lines(schema) else []
    nodes = [_node(cell) for row in rows for cell in (row[0], *row[1])]
    stages = [node.id for node in nodes if node.kind == STAGE]
    found = ask(EDGES, {"stages": stages})["rows"] if stages else []
    edges = [Edge(f"{start} {kind} {end}", kind, start, end, {}) for kind, start, end in found]
    try:
        return line_from_graph(nodes, edges, name)[0]
    except LineError as error:
        if re.search("no production line", error.seen):  # others that there are may not be for this asker
            raise LineError(error.seen, where=name, hint="GET /api/lines tells those that you see") from error
        raise


def _node(cell: Mapping[str, Any]) -> Node:
    return Node(cell["id"], tuple(cell["labels"]), {**cell["properties"], "id": cell["id"]})


def last_readings(name: str | None, schema: Schema, ask: Ask) -> list[LastReading]:
    """What the sensors of a kept line told last, as far as the asker sees them."""
    if name is None or not has_lines(schema):
        return []
    return [
        LastReading(stage, sensor, minutes, None if at is None else str(at), int(count or 0))
        for stage, sensor, minutes, at, count in ask(READINGS, {"name": name})["rows"]
    ]


def played(line: Line, seed: int, replications: int) -> dict[str, Any]:
    """What a line does: figures with their intervals, the bottleneck, and the curves of its charts. Raises TooManyEventsError."""
    events = expected_events(line) * replications
    if events > MOST_EVENTS:
        raise TooManyEventsError(
            f"about {events:,.0f} events; {MOST_EVENTS:,} are played while somebody waits",
            where=line.name,
            hint="fewer replications, a shorter duration, or jumeau simulate line",
        )
    result = simulate_line(line, seed, replications)
    return {
        **result.to_dict(),
        "bottleneck": find_bottleneck(result).to_dict(),
        "charts": charts_of(result),
        "simulated": True,
    }


def charts_of(result: LineResult) -> dict[str, Any]:
    """Curves over the counted time: a mean and the half-width of its interval at each part."""
    curves = curves_of(result)
    return {
        "hours": result.line.duration / HOUR,
        "throughput": curves.throughput.to_dict(),
        "work_in_process": curves.work_in_process.to_dict(),
        "queues": {name: curve.to_dict() for name, curve in curves.queues.items()},
    }
