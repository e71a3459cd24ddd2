"""The generator as Hypothesis strategies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from hypothesis import strategies as st

from core.errors import JumeauError
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.parser import parse
from graph.cypher.prepare import prepare
from graph.repository import ReadContext
from graph.schema.model import Schema
from tests.differential.choices import Choices, drawn, seeded
from tests.differential.graphs import Graph, make_graph
from tests.differential.queries import WANTED, Sample, make_sample
from tests.differential.schema import SCHEMA

BRIEF = ReadContext(now=datetime(2025, 1, 31, tzinfo=UTC), timeout_s=5.0, row_cap=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """A graph and queries over it: loading costs more than asking."""

    graph: Graph
    samples: tuple[Sample, ...]

    def __repr__(self) -> str:
        return f"<{len(self.graph.nodes)} nodes, {len(self.samples)} queries>"  # a failure prints what it is about


def answering(graph: Graph, schema: Schema, known: dict[str, bool] | None = None) -> Callable[[Sample], bool]:
    """Whether a query has rows on a graph, as the reference says; what fails or takes long has none.

    `known` keeps what was said before: a busy machine would say something else of what takes long, and Hypothesis wants the
    same choices to make the same queries.
    """
    repository = NetworkXRepository(schema)
    repository.apply(graph.delta())
    outcomes = {} if known is None else known
    this = f"{graph}"

    def has_rows(sample: Sample) -> bool:
        key = blake2b(f"{this}\0{sample.text}\0{sample.parameters}".encode(), digest_size=16).hexdigest()
        if key not in outcomes:
            try:
                outcomes[key] = bool(repository.run(prepare(sample.text, schema), sample.parameters, BRIEF).rows)
            except JumeauError:
                outcomes[key] = False
        return outcomes[key]

    return has_rows


@st.composite
def graphs(draw: Callable[[st.SearchStrategy[Any]], Any], schema: Schema = SCHEMA) -> Graph:
    """Graphs of a schema."""
    return make_graph(drawn(draw), schema)


@st.composite
def samples(draw: Callable[[st.SearchStrategy[Any]], Any], graph: Graph, schema: Schema = SCHEMA) -> Sample:
    """Queries over a graph."""
    return make_sample(drawn(draw), graph, draw(st.sampled_from(WANTED)), schema)


@st.composite
def batches(
    draw: Callable[[st.SearchStrategy[Any]], Any],
    known: dict[str, bool],
    most: int = 20,
    schema: Schema = SCHEMA,
) -> Batch:
    """A graph with up to that many queries, each asked to contain another construct. `known` as in `answering`."""
    graph = draw(graphs(schema))
    first = draw(st.integers(0, len(WANTED) - 1))
    count = draw(st.sampled_from((1, *[most] * 9)))  # one by itself is what a failure shrinks to
    wanted = [WANTED[(first + at) % len(WANTED)] for at in range(count)]
    has_rows = answering(graph, schema, known)
    return Batch(graph, tuple(make_sample(drawn(draw), graph, name, schema, has_rows) for name in wanted))


def shaped(choices: Choices, graph: Graph) -> tuple[Sample, ...]:
    """Shapes that people ask all the time and chance seldom makes.

    A closure from an id; a node under another name; a list made of a list of some nodes of many; a query for each node; a
    condition inside that may hold of a value from outside that is unknown.
    """
    node, kind = choices.pick(graph.nodes), choices.pick(graph.nodes).kind
    left, right = choices.pick((("-", "->"), ("<-", "-"), ("-", "-")))
    relation, far = choices.pick(("", ":LINKED_TO")), choices.number(1, 3)
    chosen = choices.pick(("n.name >= 'a'", f"n.id = '{node.id}'", "n.name = 'ab'", "n.name IS NOT NULL"))
    label = choices.pick((":ConfigurationItem", f":{kind}", ""))
    made = choices.pick(
        (
            "[x IN n.aliases WHERE x <> 'b']",
            "[x IN n.aliases WHERE x >= 'a'][..2]",
            "any(x IN n.aliases WHERE x <> 'a')",
            "[x IN n.aliases | coalesce(x, 'q')]",
            "[x IN n.aliases WHERE x STARTS WITH 'a' | toUpper(x)]",
        )
    )
    asked = choices.pick(
        (
            "MATCH (n)--(m) RETURN count(m) AS k",
            "MATCH (n)-->(m) RETURN m.name AS k",
            "RETURN n.name AS k UNION RETURN 'a' AS k",
        )
    )
    speaks = choices.pick(
        (
            "n.port IS NULL",
            "coalesce(n.port, 0) < 2",
            "(n.port = 1 OR a.name >= 'a')",
            "n.environment IS NULL AND a.name >= 'a'",
            "NOT (n.port = 1 AND a.name = 'b')",
            "n.criticality = a.criticality",
            "n.port IS NOT NULL",
            "a.name IN [n.criticality, a.name]",
        )
    )
    inside = f"MATCH (n){left}[{relation}]{right}(a) WHERE {speaks}"
    outside = choices.pick(
        (
            f"RETURN n.id AS c0, COUNT {{ {inside} }} AS c1",
            f"WHERE EXISTS {{ {inside} }} RETURN n.id AS c0",
            f"WHERE NOT EXISTS {{ {inside} }} RETURN n.id AS c0",
            f"OPTIONAL {inside} RETURN n.id AS c0, a.id AS c1",
        )
    )
    texts = (
        f"MATCH (n:{node.kind} {{id: '{node.id}'}}){left}[{relation}*1..{far}]{right}(m) RETURN DISTINCT m.name AS c0",
        f"MATCH (n:{kind}) WITH n AS w MATCH (w){left}[{relation}]{right}(m) RETURN m.name AS c0",
        f"MATCH (n{label}) WHERE {chosen} RETURN n.id AS c0, {made} AS c1",
        f"MATCH (n{label}) WHERE {chosen} CALL (n) {{ {asked} }} RETURN n.id AS c0, k AS c1",
        f"MATCH (n) {outside}",
    )
    return tuple(Sample(parse(text), {}, False, frozenset()) for text in texts)


def seeded_batch(number: int, count: int = 20, schema: Schema = SCHEMA) -> Batch:
    """The batch of a number: the same generator, without shrinking."""
    graph = make_graph(seeded(f"graph {number}"), schema)
    wanted = [WANTED[(number * count + at) % len(WANTED)] for at in range(count)]
    has_rows = answering(graph, schema)
    made = (
        make_sample(seeded(f"query {number} {at}"), graph, name, schema, has_rows) for at, name in enumerate(wanted)
    )
    return Batch(graph, (*made, *shaped(seeded(f"shape {number}"), graph)))
