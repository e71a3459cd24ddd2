"""A graph that nobody prepared for us: nodes and relations in JSON lines and what its labels hold, in memory, in open mode.

A folder holds `nodes.jsonl.gz` (`_id`, `_labels`, `props`), `rels.jsonl.gz` (`_id`, `_type`, `_start`, `_end`, `props`),
`schema.json` (properties of label combinations and of relation types) and `questions.jsonl.gz`. Queries run on our executor
without schema, so that any label may be asked for.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

from agent.evaluation.questions import Question, question_of
from core.errors import UsageError
from graph.backends.networkx.clauses import QueryCompiler
from graph.backends.networkx.frame import Deadline, Environment
from graph.backends.networkx.moments.values import Moment, of_python
from graph.backends.networkx.store import GraphStore
from graph.cypher.ast import Query
from graph.cypher.bound import BoundQuery
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare, prepare_ast
from graph.model import Edge, Node

NOW: Final = datetime(2025, 1, 1, tzinfo=UTC)
TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Relationship:
    """Relations of a type between nodes of two label combinations (`Dead:Person`), and how many there are."""

    start: str
    type: str
    end: str
    count: int


@dataclass(frozen=True, slots=True)
class OpenSchema:
    """What a graph says of itself: a type name per property of each label combination and of each relation type."""

    labels: Mapping[str, Mapping[str, str]]
    relationships: tuple[Relationship, ...]
    relationship_properties: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class OpenGraph:
    """A graph in memory that can be asked in Cypher."""

    name: str
    store: GraphStore
    schema: OpenSchema

    def prepare(self, text: str) -> BoundQuery:
        """Parse, bind and guard a text. Raises QueryError."""
        return prepare(text, None)

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query text. Raises QueryError."""
        return self._run(self.prepare(text), {})

    def run(self, tree: Query, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of a query tree. Raises QueryError."""
        return self._run(prepare_ast(tree, None), parameters)

    def _run(self, bound: BoundQuery, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        values = complete_parameters(bound, parameters, NOW)
        environment = Environment(self.store, None, values, Deadline(TIMEOUT_S), {}, Random(1))
        return [tuple(map(_told, row)) for row in QueryCompiler(environment).query(bound.query)]


def _told(cell: Any) -> Any:
    """A cell as JSON has it: moments as texts."""
    if isinstance(cell, Moment):
        return str(cell)
    return [_told(part) for part in cell] if isinstance(cell, list) else cell


def read_open_graph(folder: Path) -> OpenGraph:
    """The graph of a folder. Raises UsageError where it is not one."""
    schema = _schema(folder / "schema.json")
    store, times = GraphStore(), _times(schema)
    for entry in _lines(folder / "nodes.jsonl.gz"):
        properties = {"id": entry["_id"], **_properties(entry["props"], times)}
        store.add_node(Node(entry["_id"], tuple(entry["_labels"]), properties))
    for entry in _lines(folder / "rels.jsonl.gz"):
        properties = _properties(entry.get("props", {}), times)
        store.add_edge(Edge(entry["_id"], entry["_type"], entry["_start"], entry["_end"], properties))
    return OpenGraph(folder.name, store, schema)


def read_open_questions(folder: Path) -> list[Question]:
    """The questions that come with the graph of a folder, with their right rows.

    Those on even lines are held out: what reads questions is tuned on odd lines alone, and their failures alone are told.
    """
    path = folder / "questions.jsonl.gz"
    return [
        replace(question_of(entry, f"{path}:{number}"), held_out=number % 2 == 0)
        for number, entry in enumerate(_lines(path), start=1)
    ]


def _schema(path: Path) -> OpenSchema:
    if not path.is_file():
        raise UsageError("there is no schema.json", where=str(path.parent), hint="name the folder of a graph")
    told = orjson.loads(path.read_bytes())
    return OpenSchema(
        labels={name: entry["properties"] for name, entry in told["node_labels"].items() if name},
        relationships=tuple(
            Relationship(entry["start"], entry["type"], entry["end"], entry["count"]) for entry in told["relationships"]
        ),
        relationship_properties=told.get("relationship_properties", {}),
    )


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        raise UsageError(f"there is no {path.name}", where=str(path.parent), hint="name the folder of a graph")
    with gzip.open(path, "rb") as file:
        for line in file:
            yield orjson.loads(line)


def _times(schema: OpenSchema) -> Mapping[str, str]:
    """The properties that are days or instants wherever they are: JSON holds them as texts."""
    said: dict[str, set[str]] = {}
    for properties in (*schema.labels.values(), *schema.relationship_properties.values()):
        for name, type_ in properties.items():
            said.setdefault(name, set()).add(type_)
    return {name: next(iter(types)) for name, types in said.items() if types in ({"date"}, {"datetime"})}


def _properties(given: Mapping[str, Any], times: Mapping[str, str]) -> dict[str, Any]:
    """Properties as the graph holds them: lists as tuples, days and instants as such, nothing that is null."""
    return {name: _value(value, times.get(name)) for name, value in given.items() if value is not None}


def _value(value: Any, time: str | None) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if time is None or not isinstance(value, str):
        return value
    try:
        return of_python(date.fromisoformat(value) if time == "date" else datetime.fromisoformat(value))
    except ValueError:
        return value  # a text that is no moment stays one
