"""How the store reads: engine, limits, drift from outside, and what ladybug alone would answer wrongly."""

from __future__ import annotations

import random
from dataclasses import replace
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import QueryRuntimeError, QueryTimeoutError
from graph.backends.embedded import store
from graph.backends.embedded.index import AdjacencyIndex, Closure
from graph.backends.embedded.repository import EmbeddedRepository
from graph.cypher.ast import Direction
from graph.cypher.prepare import prepare
from graph.model import NodeChange, Operation
from tests.graph.backends.embedded.samples import CONTEXT, apply, ask, create, link, unlink, update


def chain(repository: EmbeddedRepository) -> None:
    """Applications a0 -> a1 -> a2 -> a0, a cycle, and a3 that depends on a0."""
    nodes = [create(f"a{i}", "BusinessApplication", name=f"n{i}") for i in range(4)]
    ends = [("a0", "a1"), ("a1", "a2"), ("a2", "a0"), ("a3", "a0")]
    kind = "BusinessApplication"
    apply(repository, nodes=nodes, edges=[link(f"{a}{b}", "DEPENDS_ON", a, kind, b, kind) for a, b in ends])


CLOSURE = "MATCH (a:BusinessApplication {id: $a})<-[:DEPENDS_ON*1..8]-(x) RETURN DISTINCT x.id AS id"


def test_a_closure_runs_on_the_index_and_keeps_a_start_that_a_cycle_reaches(repository: EmbeddedRepository) -> None:
    chain(repository)
    answer = ask(repository, CLOSURE, a="a0")
    assert answer.engine == "index"
    assert sorted(answer.rows) == [("a0",), ("a1",), ("a2",), ("a3",)]
    assert ask(repository, "MATCH (a:BusinessApplication) RETURN count(*) AS n").engine == "native"


def test_the_index_follows_deltas(repository: EmbeddedRepository) -> None:
    chain(repository)
    assert len(ask(repository, CLOSURE, a="a1").rows) == 4
    kind = "BusinessApplication"
    edge = link("a2a0", "DEPENDS_ON", "a2", kind, "a0", kind)
    apply(repository, edges=[unlink(edge), link("new", "DEPENDS_ON", "a2", kind, "a3", kind)])
    assert sorted(ask(repository, CLOSURE, a="a0").rows) == [("a0",), ("a1",), ("a2",), ("a3",)]
    apply(repository, edges=[unlink(link("new", "DEPENDS_ON", "a2", kind, "a3", kind))])
    assert sorted(ask(repository, CLOSURE, a="a0").rows) == [("a3",)]
    repository.reset()
    assert ask(repository, CLOSURE, a="a1").rows == []


def brute_force(edges: list[tuple[int, int]], start: int, low: int, high: int) -> set[str]:
    """Ends of all trails, one relation at a time."""
    found = {str(start)} if low == 0 else set()
    pending: list[tuple[int, frozenset[int]]] = [(start, frozenset())]
    for _ in range(high):
        pending = [
            (end, used | {number})
            for node, used in pending
            for number, (begin, end) in enumerate(edges)
            if begin == node and number not in used
        ]
        found |= {str(end) for end, _ in pending}
    return found


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6),
    st.integers(0, 4),
    st.integers(0, 1),
    st.integers(1, 5),
)
def test_what_a_closure_reaches_is_the_ends_of_all_trails(
    edges: list[tuple[int, int]], start: int, low: int, high: int
) -> None:
    index = AdjacencyIndex(lambda *_: [(str(a), str(b)) for a, b in edges])
    number = index.number(Closure(("T",), Direction.OUT, low, high))
    index.prepare(number)
    found = index.reach([str(start)], number)
    assert len(found) == len(set(found))
    assert set(found) == brute_force(edges, start, low, high)


Ends = list[tuple[int, int]]
ENDS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6)


@given(ENDS, ENDS, st.sets(st.integers(0, 4)), st.integers(0, 1), st.integers(1, 4))
def test_a_road_from_many_nodes_ends_where_roads_from_each_of_them_end(
    first: Ends, second: Ends, starts: set[int], low: int, high: int
) -> None:
    index = AdjacencyIndex(lambda types, *_: [(str(a), str(b)) for a, b in (first if types == ("T",) else second)])
    closure, hop = Closure(("T",), Direction.OUT, low, high), Closure(("U",), Direction.IN, 1, 1)
    number = index.number(closure, hop)
    index.prepare(number)
    middle = set().union(*(brute_force(first, start, low, high) for start in starts))
    expected = {str(a) for a, b in second if str(b) in middle}
    found = index.reach([str(start) for start in starts], number)
    assert len(found) == len(set(found))
    assert set(found) == expected


COMPOSED = """
MATCH (s:ConfigurationItem {id: $a})<-[:DEPENDS_ON*0..8]-(x:ConfigurationItem)
OPTIONAL MATCH (x)-[:REALISES]->(application:BusinessApplication)
WITH s.id AS start, collect(DISTINCT application.id) AS applications
RETURN start, size(applications) AS n
"""


def test_a_closure_and_the_relation_behind_it_are_one_call_that_follows_deltas(
    repository: EmbeddedRepository,
) -> None:
    instance, application, capability = "ServiceInstance", "BusinessApplication", "BusinessCapability"
    first = link("r1", "REALISES", "i1", instance, "a1", application)
    apply(
        repository,
        nodes=[
            *(create(f"i{n}", instance) for n in range(3)),
            *(create(f"a{n}", application) for n in range(3)),
            create("s", "BusinessService"),
            create("c", capability),
        ],
        edges=[
            link("d1", "DEPENDS_ON", "i1", instance, "i0", instance),
            link("d2", "DEPENDS_ON", "i2", instance, "i1", instance),
            first,
        ],
    )
    answer = ask(repository, COMPOSED, a="i0")
    assert (answer.engine, answer.rows) == ("index", [("i0", 1)])
    assert "application" not in (answer.statement or "").split("WITH")[0]
    apply(
        repository,
        edges=[
            link("r2", "REALISES", "i2", instance, "a2", application),
            link("r3", "REALISES", "s", "BusinessService", "c", capability),
        ],
    )
    assert ask(repository, COMPOSED, a="i0").rows == [("i0", 2)]
    assert ask(repository, COMPOSED, a="s").rows == [("s", 0)]
    apply(repository, edges=[unlink(first)])
    assert ask(repository, COMPOSED, a="i0").rows == [("i0", 1)]
    assert ask(repository, COMPOSED, a="nobody").rows == []


def test_a_filter_on_one_relation_before_another_loses_no_rows(repository: EmbeddedRepository) -> None:
    """ladybug by itself answers this wrongly: see docs/adr/0003-embedded-physical-layout.md."""
    draw = random.Random(1)
    kind = "BusinessApplication"
    nodes = [create(f"a{i}", kind, name="x" if i % 2 else "y") for i in range(600)]
    ends = [(draw.randrange(600), draw.randrange(600), draw.choice("pqr")) for _ in range(1800)]
    edges = [
        link(f"e{n}", "DEPENDS_ON", f"a{a}", kind, f"a{b}", kind, criticality=c) for n, (a, b, c) in enumerate(ends)
    ]
    apply(repository, nodes=nodes, edges=edges)
    expected = sum(
        1
        for n, (a, b, c) in enumerate(ends)
        for m, (d, _, _) in enumerate(ends)
        if b == d and n != m and c == "p" and a % 2
    )
    text = (
        "MATCH (a:BusinessApplication {name: 'x'})-[r:DEPENDS_ON]->(b)-[:DEPENDS_ON]->(c) "
        "WHERE r.criticality = 'p' RETURN count(*) AS n"
    )
    assert ask(repository, text).rows == [(expected,)]


def test_names_that_differ_in_case_only_are_different(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("t", "Team", name="t"), create("s", "Site", name="s")])
    assert ask(repository, "MATCH (n:Team), (N:Site) RETURN n.name AS a, N.name AS A").rows == [("t", "s")]


def test_words_of_the_language_are_names_too(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("q", "QuarantinedRow", hint="h", row="r")])
    answer = ask(repository, "MATCH (`order`:QuarantinedRow) RETURN `order`.hint AS `table`, `order`.row AS `where`")
    assert answer.rows == [("h", "r")]


def test_more_rows_than_the_cap_are_cut_and_told(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create(f"t{i}", "Team", name=f"{i}") for i in range(60)])
    for cap, count, cut in ((40, 40, True), (5, 5, True), (60, 60, False)):
        bound = prepare("MATCH (t:Team) RETURN t.id AS id ORDER BY id", repository.schema)
        answer = repository.run(bound, {}, replace(CONTEXT, row_cap=cap))
        assert (len(answer.rows), answer.truncated) == (count, cut)


def test_a_query_that_runs_too_long_is_stopped_and_the_next_one_runs(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create(f"t{i}", "Team", name=f"{i}") for i in range(3_000)])
    bound = prepare(
        "MATCH (a:Team), (b:Team), (c:Team) WHERE a.name + b.name = c.name RETURN count(*) AS n", repository.schema
    )
    with pytest.raises(QueryTimeoutError):
        repository.run(bound, {}, replace(CONTEXT, timeout_s=0.1))
    assert ask(repository, "MATCH (t:Team) RETURN count(*) AS n").rows == [(3_000,)]
    assert sum(1 for _ in repository.nodes()) == 3_000


@pytest.mark.parametrize("text", ["RETURN 1 / (size('') * 1) AS x", "RETURN 9223372036854775807 + size('a') AS x"])
def test_an_error_of_arithmetic_is_the_askers(repository: EmbeddedRepository, text: str) -> None:
    with pytest.raises(QueryRuntimeError):
        ask(repository, text)


def test_many_threads_may_ask_while_one_writes(repository: EmbeddedRepository) -> None:
    chain(repository)
    found: list[int] = []

    def reader() -> None:
        for _ in range(20):
            found.append(len(ask(repository, CLOSURE, a="a0").rows))
            found.append(len(ask(repository, "MATCH (a:BusinessApplication) RETURN a").rows))

    threads = [Thread(target=reader) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        apply(repository, nodes=[update("a0", "BusinessApplication", name=f"changed {number}")])
    for thread in threads:
        thread.join()
    assert found == [4] * 160


def test_a_readers_connection_is_replaced_before_it_holds_too_much(
    repository: EmbeddedRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "TEXTS", 3)
    for number in range(10):
        assert ask(repository, f"RETURN {number} AS x").rows == [(number,)]
    assert all(len(reader.texts) < 3 for reader in repository._store._idle)


def test_what_was_changed_from_outside_shows(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("t", "Team", name="ours")])
    with repository._store.reading() as reader:
        reader.rows("MATCH (n:Node_organisation {id: 't'}) SET n.name = 'theirs', n.starts_on = date('2020-01-01')")
    assert {"name", "starts_on"} <= next(iter(repository.nodes())).properties.keys()


def test_a_loop_is_met_once_where_a_relation_has_no_direction(repository: EmbeddedRepository) -> None:
    from core.errors import UnsupportedConstructError

    kind = "BusinessApplication"
    apply(
        repository, nodes=[create("a", kind), create("b", kind)], edges=[link("e", "DEPENDS_ON", "a", kind, "b", kind)]
    )
    text = "MATCH (a:BusinessApplication)-[:DEPENDS_ON]-(b) RETURN a.id AS a, b.id AS b"
    assert sorted(ask(repository, text).rows) == [("a", "b"), ("b", "a")]
    apply(repository, edges=[link("loop", "DEPENDS_ON", "a", kind, "a", kind)])
    with pytest.raises(UnsupportedConstructError):
        ask(repository, text)


def test_a_reclassified_node_is_found_under_its_new_kind(repository: EmbeddedRepository) -> None:
    apply(repository, nodes=[create("v", "VirtualMachine", name="v")])
    apply(repository, nodes=[NodeChange(Operation.RECLASSIFY, "v", "Hypervisor", {"name": "v"}, "VirtualMachine")])
    assert ask(repository, "MATCH (n:VirtualMachine) RETURN n").rows == []
    assert ask(repository, "MATCH (n:Server) RETURN labels(n) AS l").rows == [
        (["Hypervisor", "Server", "ConfigurationItem", "Element"],)
    ]
