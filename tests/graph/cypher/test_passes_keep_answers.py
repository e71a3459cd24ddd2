"""A pass changes no answer: queries written for it, and generated ones, run with and without it on the executor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.ast import LabelExpression, NodePattern
from graph.cypher.binder import bind
from graph.cypher.bound import BoundQuery
from graph.cypher.guard import DEFAULT_LIMITS
from graph.cypher.parser import parse
from graph.cypher.passes import PASSES
from graph.cypher.passes.context import PassContext
from graph.cypher.printer import print_tree
from graph.cypher.rewrite import descend
from graph.cypher.vocabulary import vocabulary_of
from graph.schema.model import Schema
from tests.contract.estate import CONTEXT as READ
from tests.contract.estate import ESTATE
from tests.differential.backends import ask
from tests.differential.choices import seeded
from tests.differential.compare import difference
from tests.differential.graphs import make_graph
from tests.differential.queries import make_sample
from tests.differential.schema import SCHEMA as GENERATED

WRITTEN: Mapping[str, tuple[str, ...]] = {
    "redundant": (
        "MATCH (a:Server) MATCH (a) RETURN a.name AS n",
        "MATCH (a:Server) WITH a MATCH (a:ConfigurationItem), (a)-->(b) RETURN a.name AS n, b.name AS m",
        "MATCH (a:Server), (a)-[:HOSTED_ON]->(b) RETURN a.name AS n, b.name AS m",
        "MATCH (a:Server) WHERE true RETURN count(*) AS n",
        "MATCH (a) WHERE true AND a:Team MATCH (a) RETURN a.name AS n",
        "MATCH (t:Team) OPTIONAL MATCH (a:Server)-[:OWNED_BY]->(t) MATCH (a) RETURN t.name AS n",
        "MATCH (t:Team) OPTIONAL MATCH (a:Server)-[:OWNED_BY]->(t) OPTIONAL MATCH (a) RETURN t.name AS n, a.name AS m",
        "MATCH (a:Server) CALL { WITH a MATCH (a) MATCH (a) RETURN 1 AS one } RETURN a.name AS n, one",
    ),
    "predicates": (
        "MATCH (a:BusinessApplication) MATCH (a)-[:DEPENDS_ON]->(b) WHERE a.name = 'app1' RETURN b.name AS n",
        "MATCH (a:Server) WITH a WHERE a.cpu_cores > 4 RETURN a.name AS n",
        "MATCH (a:Server) WITH a WHERE a.cpu_cores > 4 OR a.os_family IS NULL RETURN a.name AS n",
        "MATCH (a:Server) WITH a WHERE NOT a.cpu_cores > 4 RETURN a.name AS n",
        "MATCH (a)-[:OWNED_BY]->(t:Team) WITH t, count(*) AS c WHERE t.name = 'team1' AND c > 1 RETURN t.name AS n, c",
        "MATCH (a:Server) WITH a ORDER BY a.name LIMIT 3 WHERE a.cpu_cores > 4 RETURN a.name AS n",
        "MATCH (t:Team) OPTIONAL MATCH (a:Server)-[:OWNED_BY]->(t) WITH a, t WHERE a.cpu_cores IS NULL RETURN t.name AS n",
        "MATCH (a:Server) OPTIONAL MATCH (a)-[:HOSTED_ON]->(b) WITH a, b WHERE a.os_family IN ['linux', null] RETURN a.name, b.name",
        "MATCH (a:Server) UNWIND [1, 2] AS x WITH a, x WHERE a:VirtualMachine RETURN a.name AS n, x",
    ),
    "limits": (
        "MATCH (a:Server) WITH a.name AS name ORDER BY name RETURN toUpper(name) AS n LIMIT 3",
        "MATCH (a:Server) WITH DISTINCT a.os_family AS os ORDER BY os WITH os, 1 AS one RETURN os, one LIMIT 2",
        "MATCH (a:Server) WITH a.name AS name ORDER BY name WHERE name > 'h' RETURN name LIMIT 2",
        "MATCH (a:Server) WITH a.name AS name ORDER BY name SKIP 1 RETURN name LIMIT 2",
        "MATCH (a:Server) RETURN a.os_family AS os, count(*) + 1 AS n ORDER BY os LIMIT 1",
        "MATCH (a:Server) RETURN a.name AS n ORDER BY n UNION ALL MATCH (t:Team) RETURN t.name AS n",
    ),
}
GENERATED_SAMPLES = 250


def without(bound: BoundQuery, left_out: str, context: PassContext) -> tuple[BoundQuery, BoundQuery]:
    """The query after every pass, and after every pass but one."""
    every = some = bound
    for name, rewrite in PASSES:
        every = rewrite(every, context)
        some = some if name == left_out else rewrite(some, context)
    return every, some


@pytest.fixture(scope="module")
def estate(schema: Schema) -> NetworkXRepository:
    repository = NetworkXRepository(schema)
    repository.apply(ESTATE)
    return repository


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRITTEN.items() for text in texts])
def test_answers_are_equal_before_and_after(name: str, text: str, estate: NetworkXRepository, schema: Schema) -> None:
    context = PassContext(replace(DEFAULT_LIMITS, row_cap=READ.row_cap), vocabulary_of(schema))
    after, before = without(bind(parse(text), schema, text), name, context)
    rows = [sorted(map(repr, estate.run(bound, {}, READ).rows)) for bound in (after, before)]
    assert rows[0] == rows[1]


def labels_of_nodes(bound: BoundQuery) -> set[tuple[str, LabelExpression]]:
    """The labels that patterns give to named nodes: a dialect prints these, and does not know what the binder found."""
    nodes = (tree for tree in descend(bound.query) if isinstance(tree, NodePattern))
    return {(node.variable, node.labels) for node in nodes if node.variable is not None and node.labels is not None}


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (a:Server), (a)-[:HOSTED_ON]->(b) RETURN a.name AS n",
        "MATCH (b)<-[:HOSTED_ON]-(a), (a:VirtualMachine|PhysicalServer) RETURN a.name AS n",
        "MATCH (a:BusinessApplication), (a)-[:DEPENDS_ON]->(a) RETURN a.name AS n",
        "MATCH (a:VirtualMachine), (a:Server)-->(b) RETURN a.name AS n",
    ],
)
def test_a_node_that_is_matched_twice_keeps_its_labels(text: str, schema: Schema) -> None:
    context = PassContext(DEFAULT_LIMITS, vocabulary_of(schema))
    after, before = without(bind(parse(text), schema, text), "redundant", context)
    assert labels_of_nodes(after) == labels_of_nodes(before)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_pass_rewrites_some_of_what_was_written_for_it(name: str, schema: Schema) -> None:
    context = PassContext(DEFAULT_LIMITS, vocabulary_of(schema))
    changed = 0
    for text in WRITTEN[name]:
        after, before = without(bind(parse(text), schema, text), name, context)
        changed += after.query != before.query
    assert changed >= 2


def test_a_cap_of_rows_is_still_reported_as_a_cut(estate: NetworkXRepository, schema: Schema) -> None:
    text = (
        "MATCH (a:Server) WITH a.name AS name ORDER BY name RETURN name UNION ALL MATCH (t:Team) RETURN t.name AS name"
    )
    context = PassContext(replace(DEFAULT_LIMITS, row_cap=2), vocabulary_of(schema))
    bound, _ = without(bind(parse(text), schema, text), "", context)
    assert print_tree(bound.query).count("LIMIT 3") == 2
    answer = estate.run(bound, {}, replace(READ, row_cap=2))
    assert [row[0] for row in answer.rows] == ["h1", "p1"]
    assert answer.truncated


def test_generated_queries_have_equal_answers_before_and_after() -> None:
    context = PassContext(replace(DEFAULT_LIMITS, row_cap=20_000), vocabulary_of(GENERATED))
    repository = NetworkXRepository(GENERATED)
    changed = dict.fromkeys(WRITTEN, 0)
    for seed in range(GENERATED_SAMPLES):
        choices = seeded(seed)
        if seed % 10 == 0:
            graph = make_graph(choices)
            repository.reset()
            repository.apply(graph.delta())
        sample = make_sample(choices, graph)
        for name in WRITTEN:
            after, before = without(bind(parse(sample.text), GENERATED, sample.text), name, context)
            if after.query == before.query:
                continue
            changed[name] += 1
            one, other = ask(repository, before, sample), ask(repository, after, sample)
            if one.error is not None:
                continue  # rows that would fail later may be gone before
            assert one.rows is not None
            assert other.rows is not None, f"{sample.text}\n{other.text}"
            found = difference(one.rows, other.rows, ordered=sample.ordered)
            assert found is None, f"{name}: {sample.text}\n{found}"
            assert labels_of_nodes(before) <= labels_of_nodes(after), f"{name}: {sample.text}"
    assert min(changed.values()) > 0, changed
