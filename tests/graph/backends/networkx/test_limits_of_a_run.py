"""A run ends when its time is up, wherever it is, and keeps no more than it may."""

from __future__ import annotations

from datetime import UTC, datetime
from time import thread_time

import pytest

from core.errors import QueryTimeoutError
from core.ids import relation_id, uuid_of
from graph.backends.networkx.errors import QueryMemoryError
from graph.backends.networkx.memory import MemoryBudget
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.prepare import prepare
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.repository import ReadContext
from graph.schema.model import Schema

NOW = datetime(2025, 1, 1, tzinfo=UTC)
DEVICES = 40
ENDLESS = {
    "rows of UNWIND": "UNWIND range(1, 10000000000) AS x RETURN count(x) AS n",
    "a list comprehension": "RETURN size([x IN range(1, 10000000000) WHERE x < 0]) AS n",
    "a quantifier": "RETURN none(x IN range(1, 1000000000) WHERE x < 0) AS n",
    "reduce": "RETURN reduce(total = 0, x IN range(1, 10000000000) | total + x % 2) AS n",
    "a product of nodes": "MATCH (a:NetworkDevice), (b:NetworkDevice), (c:NetworkDevice), (d:NetworkDevice), "
    "(e:NetworkDevice), (f:NetworkDevice) RETURN count(*) AS n",
    "trails": "MATCH (a:NetworkDevice)-[r:CONNECTED_THROUGH*1..30]-(b) RETURN count(*) AS n",
    "a pattern comprehension": "MATCH (a:NetworkDevice) "
    "RETURN size([(a)-[r:CONNECTED_THROUGH*1..30]-(b) WHERE b.name = '' | b.name]) AS n",
    "a condition that a subquery decides": "MATCH (a:NetworkDevice) "
    "WHERE COUNT { MATCH (a)-[r:CONNECTED_THROUGH*1..30]-(b) } < 0 RETURN count(*) AS n",
    "a subquery for every row": "MATCH (a:NetworkDevice) "
    "CALL { WITH a UNWIND range(1, 1000000000) AS x RETURN count(x) AS c } RETURN sum(c) AS n",
}
TOO_LARGE = {
    "a range": "RETURN size(range(1, 1000000000)) AS n",
    "a text that doubles": "RETURN size(reduce(text = 'x', i IN range(1, 60) | text + text)) AS n",
    "a list that doubles": "RETURN size(reduce(items = [1], i IN range(1, 60) | items + items)) AS n",
    "lists in a list": "RETURN size([x IN range(1, 100000) | range(1, 1000)]) AS n",
    "a list of itself in itself": "RETURN reduce(items = [], i IN range(1, 60) | [items, items]) AS n",
    "collected values": "UNWIND range(1, 10000000) AS x RETURN size(collect(x)) AS n",
    "distinct values": "UNWIND range(1, 10000000) AS x WITH DISTINCT x RETURN count(x) AS n",
    "groups": "UNWIND range(1, 10000000) AS x WITH x AS key, count(*) AS c RETURN count(c) AS n",
    "rows in order": "UNWIND range(1, 10000000) AS x WITH x ORDER BY x RETURN count(x) AS n",
    "replaced text": "WITH reduce(t = 'x', i IN range(1, 12) | t + t) AS text RETURN size(replace(text, 'x', text)) AS n",
    "rows of the answer": "UNWIND range(1, 1000) AS x RETURN range(1, 10000) AS n",
}


@pytest.fixture(scope="module")
def meshed(schema: Schema) -> NetworkXRepository:
    """Devices of which each is connected with the next five."""
    ids = [uuid_of(str(number)) for number in range(DEVICES)]
    nodes = [NodeChange(Operation.CREATE, one, "NetworkDevice", {"name": one}) for one in ids]
    edges = []
    for place, one in enumerate(ids):
        for other in (ids[(place + far) % DEVICES] for far in range(1, 6)):
            identity = relation_id("CONNECTED_THROUGH", one, other, "")
            edges.append(EdgeChange(Operation.CREATE, identity, "CONNECTED_THROUGH", one, other, {}))
    opened = NetworkXRepository(schema)
    opened.apply(GraphDelta(1, 1, nodes, edges))
    return opened


@pytest.mark.parametrize("what", ENDLESS)
def test_a_run_ends_when_its_time_is_up(meshed: NetworkXRepository, what: str) -> None:
    bound = prepare(ENDLESS[what], meshed.schema)
    started = thread_time()
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.2 s"):
        meshed.run(bound, {}, ReadContext(now=NOW, timeout_s=0.2))
    assert thread_time() - started < 5  # of this thread: others may be busy


@pytest.mark.parametrize("what", TOO_LARGE)
def test_a_query_that_would_keep_too_much_is_stopped(meshed: NetworkXRepository, what: str) -> None:
    context = ReadContext(now=NOW, memory_bytes=8 * 1024 * 1024)
    with pytest.raises(QueryMemoryError, match="more than 8 MB") as stopped:
        meshed.run(prepare(TOO_LARGE[what], meshed.schema), {}, context)
    assert stopped.value.code == "QUERY_MEMORY"
    assert "JUMEAU_QUERY_MEMORY_MB" in str(stopped.value.hint)


def test_what_an_operator_has_let_go_counts_no_longer(meshed: NetworkXRepository) -> None:
    """Each of the subqueries keeps half of the budget; one after the other."""
    text = (
        "UNWIND range(1, 10) AS x CALL { WITH x UNWIND range(1, 50000) AS y WITH collect(x + y) AS some "
        "RETURN size(some) AS c } RETURN sum(c) AS n"
    )
    context = ReadContext(now=NOW, memory_bytes=4 * 1024 * 1024)
    assert meshed.run(prepare(text, meshed.schema), {}, context).rows == [(500_000,)]


def test_a_long_list_that_no_one_keeps_takes_no_memory(meshed: NetworkXRepository) -> None:
    text = "UNWIND range(1, 200000) AS x WITH x WHERE x % 100000 = 0 RETURN x"
    context = ReadContext(now=NOW, memory_bytes=100_000)
    assert meshed.run(prepare(text, meshed.schema), {}, context).rows == [(100_000,), (200_000,)]


def test_a_run_after_a_stopped_one_has_its_own_budget_and_time(meshed: NetworkXRepository) -> None:
    bound = prepare("UNWIND range(1, $most) AS x RETURN size(collect(x)) AS n", meshed.schema)
    context = ReadContext(now=NOW, memory_bytes=1024 * 1024)
    for _ in range(3):
        with pytest.raises(QueryMemoryError):
            meshed.run(bound, {"most": 1_000_000}, context)
        assert meshed.run(bound, {"most": 10_000}, context).rows == [(10_000,)]


def test_the_weight_of_a_value_counts_what_it_holds() -> None:
    budget = MemoryBudget()
    assert budget.weight(["x" * 1000] * 10) > 10_000
    assert budget.weight({"key": ["x" * 1000]}) > 1_000
    assert budget.weight(1) < 100


def test_a_list_that_many_rows_hold_is_counted_once(meshed: NetworkXRepository) -> None:
    text = "UNWIND range(1, 3000) AS x WITH collect(x) AS every UNWIND every AS one RETURN one, size(every) AS n ORDER BY one DESC"
    context = ReadContext(now=NOW, memory_bytes=4 * 1024 * 1024)
    assert len(meshed.run(prepare(text, meshed.schema), {}, context).rows) == 3000
