"""The three backends, loaded with the same graph, asked the same query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.errors import JumeauError, QueryRuntimeError, UnsupportedConstructError
from graph.cypher.bound import BoundQuery
from graph.cypher.prepare import prepare
from graph.repository import GraphRepository, ReadContext
from graph.schema.model import Schema
from tests.differential.compare import Canonical, canonical_rows, difference
from tests.differential.graphs import Graph
from tests.differential.queries import Sample
from tests.differential.schema import SCHEMA

NOW = datetime(2025, 1, 31, 10, 20, 30, 456789, tzinfo=UTC)
CONTEXT = ReadContext(now=NOW, timeout_s=5.0, row_cap=20_000)
REFERENCE = "networkx"
TOO_LONG = "QueryTimeoutError"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rows of an answer, or the class of the error, or the reason why the dialect has no words for the query."""

    rows: list[Canonical] | None = None
    error: str | None = None
    unsupported: str | None = None
    statement: str | None = None
    truncated: bool = False
    engine: str = ""

    @property
    def text(self) -> str:
        if self.rows is not None:
            return f"{len(self.rows)} rows"
        return f"error {self.error}" if self.error else f"unsupported: {self.unsupported}"


def bound_of(sample: Sample, schema: Schema = SCHEMA) -> BoundQuery:
    """The sample on the one road of every query. Raises CypherError where the front end refuses it."""
    return prepare(sample.text, schema)


def ask(repository: GraphRepository, bound: BoundQuery, sample: Sample, context: ReadContext = CONTEXT) -> Outcome:
    """What a backend answers."""
    try:
        answer = repository.run(bound, sample.parameters, context)
    except UnsupportedConstructError as error:
        return Outcome(unsupported=str(error.details.get("construct", error.seen)) + ": " + error.seen)
    except QueryRuntimeError as error:
        return Outcome(error="QueryRuntimeError", statement=f"{error.seen} {error.details.get('statement', '')}")
    except JumeauError as error:
        return Outcome(error=type(error).__name__, statement=f"{error.seen} {error.details.get('statement', '')}")
    rows = canonical_rows(answer.rows, sample.unstable)
    return Outcome(rows, statement=answer.statement, truncated=answer.truncated, engine=answer.engine)


def disagreement(reference: Outcome, other: Outcome, sample: Sample) -> str | None:
    """Why two outcomes cannot both be right; None where they may. A dialect without words is no answer."""
    if other.unsupported is not None or reference.truncated or other.truncated:
        return None
    if TOO_LONG in (reference.error, other.error):
        return None
    if reference.error or other.error:
        return None if reference.error == other.error else f"{reference.text} against {other.text}: {other.statement}"
    assert reference.rows is not None
    assert other.rows is not None
    return difference(reference.rows, other.rows, ordered=sample.ordered)


@dataclass(slots=True)
class Backends:
    """Open repositories by name, the reference among them."""

    repositories: Mapping[str, GraphRepository]
    loaded: Graph | None = field(default=None)

    def load(self, graph: Graph) -> None:
        if graph is self.loaded:
            return
        self.loaded = None
        for repository in self.repositories.values():
            repository.reset()
            repository.apply(graph.delta())
        self.loaded = graph

    def ask(self, bound: BoundQuery, sample: Sample) -> dict[str, Outcome]:
        return {name: ask(repository, bound, sample) for name, repository in self.repositories.items()}

    def close(self) -> None:
        for repository in self.repositories.values():
            repository.close()


def report(graph: Graph, sample: Sample, outcomes: Mapping[str, Outcome], reasons: Mapping[str, str]) -> str:
    """A failing case as text: the graph, the query, who says what."""
    lines = ["", graph.text(), "", sample.text]
    if sample.parameters:
        lines.append(f"parameters: {dict(sample.parameters)!r}")
    for name, reason in reasons.items():
        lines += ["", f"{name} differs from {REFERENCE}: {reason}", f"  it ran: {outcomes[name].statement}"]
    return "\n".join(lines)


def parameters_text(parameters: Mapping[str, Any]) -> str:
    return repr(dict(parameters))
