"""Pattern matching against an enumeration of all walks, on random small graphs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from core.ids import relation_id, uuid_of
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.prepare import prepare
from graph.model import EdgeChange, GraphDelta, NodeChange, Operation
from graph.repository import ReadContext
from graph.schema.model import Schema

CONTEXT = ReadContext(now=datetime(2025, 1, 1, tzinfo=UTC), row_cap=1_000_000)
NODES = 4
LINKS = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=6)


def repository(schema: Schema, links: list[tuple[int, int]]) -> NetworkXRepository:
    """Network devices `0..NODES-1`, connected by these links, parallel ones and loops included."""
    nodes = [
        NodeChange(Operation.CREATE, uuid_of(str(number)), "NetworkDevice", {"name": str(number)})
        for number in range(NODES)
    ]
    edges = []
    for place, (start, end) in enumerate(links):
        one, other = uuid_of(str(start)), uuid_of(str(end))
        identity = relation_id("CONNECTED_THROUGH", one, other, str(place))
        edges.append(EdgeChange(Operation.CREATE, identity, "CONNECTED_THROUGH", one, other, {}))
    opened = NetworkXRepository(schema)
    opened.apply(GraphDelta(1, 1, nodes, edges))
    return opened


def answers(opened: NetworkXRepository, text: str) -> Counter[tuple[object, ...]]:
    return Counter(tuple(row) for row in opened.run(prepare(text, opened.schema), {}, CONTEXT).rows)


def steps(links: list[tuple[int, int]], direction: str) -> list[tuple[int, int, int]]:
    """(link, from, to) of every way a link may be walked."""
    forward = [(place, start, end) for place, (start, end) in enumerate(links)]
    backward = [(place, end, start) for place, (start, end) in enumerate(links) if start != end or direction == "<"]
    return {">": forward, "<": backward, "-": forward + backward}[direction]


ARROWS = {">": ("-", "->"), "<": ("<-", "-"), "-": ("-", "-")}


@settings(max_examples=80, deadline=None)
@given(links=LINKS, first=st.sampled_from("><-"), second=st.sampled_from("><-"))
def test_two_steps_match_every_pair_of_different_links(
    links: list[tuple[int, int]], first: str, second: str, schema: Schema
) -> None:
    (a, b), (c, d) = ARROWS[first], ARROWS[second]
    text = (
        f"MATCH (x:NetworkDevice){a}[:CONNECTED_THROUGH]{b}(y){c}[:CONNECTED_THROUGH]{d}(z) "
        "RETURN x.name AS x, y.name AS y, z.name AS z"
    )
    expected = Counter(
        (str(start), str(middle), str(end))
        for (one, start, middle), (two, again, end) in product(steps(links, first), steps(links, second))
        if middle == again and one != two
    )
    assert answers(repository(schema, links), text) == expected


@settings(max_examples=80, deadline=None)
@given(links=LINKS, direction=st.sampled_from("><-"), low=st.integers(0, 2), length=st.integers(0, 2))
def test_a_variable_length_pattern_matches_every_trail(
    links: list[tuple[int, int]], direction: str, low: int, length: int, schema: Schema
) -> None:
    high = max(low + length, 1)
    a, b = ARROWS[direction]
    text = (
        f"MATCH (x:NetworkDevice){a}[r:CONNECTED_THROUGH*{low}..{high}]{b}(y) "
        "RETURN x.name AS x, y.name AS y, size(r) AS hops"
    )
    expected: Counter[tuple[object, ...]] = Counter()
    trails: list[tuple[int, int, tuple[int, ...]]] = [(node, node, ()) for node in range(NODES)]
    for hops in range(high + 1):
        if hops >= low:
            expected.update((str(start), str(end), hops) for start, end, _ in trails)
        trails = [
            (start, to, (*walked, link))
            for start, end, walked in trails
            for link, source, to in steps(links, direction)
            if source == end and link not in walked
        ]
    assert answers(repository(schema, links), text) == expected


@settings(max_examples=80, deadline=None)
@given(links=LINKS, direction=st.sampled_from("><"), high=st.integers(1, 5))
def test_the_ends_of_a_closure_are_the_ends_of_its_trails(
    links: list[tuple[int, int]], direction: str, high: int, schema: Schema
) -> None:
    a, b = ARROWS[direction]
    pattern = f"MATCH (x:NetworkDevice){a}[r:CONNECTED_THROUGH*1..{high}]{b}(y) "
    opened = repository(schema, links)
    trails = answers(opened, pattern + "RETURN x.name AS x, y.name AS y, size(r) AS hops")
    closure = answers(opened, pattern.replace("[r:", "[:") + "RETURN DISTINCT x.name AS x, y.name AS y")
    assert closure == Counter({(x, y): 1 for x, y, _ in trails})


@settings(max_examples=60, deadline=None)
@given(links=LINKS)
def test_all_shortest_paths_are_the_shortest_trails(links: list[tuple[int, int]], schema: Schema) -> None:
    opened = repository(schema, links)
    trails = answers(
        opened,
        "MATCH (x:NetworkDevice)-[r:CONNECTED_THROUGH*1..6]->(y:NetworkDevice) WHERE x.id <> y.id "
        "RETURN x.name AS x, y.name AS y, size(r) AS hops",
    )
    least: dict[tuple[object, object], int] = {}
    for x, y, hops in trails:
        least[x, y] = min(int(str(hops)), least.get((x, y), 99))
    expected = Counter({key: count for key, count in trails.items() if key[2] == least[key[0], key[1]]})
    asked = (
        "MATCH (x:NetworkDevice), (y:NetworkDevice) WHERE x.id <> y.id "
        "MATCH p = allShortestPaths((x)-[:CONNECTED_THROUGH*..6]->(y)) RETURN x.name AS x, y.name AS y, length(p) AS hops"
    )
    assert answers(opened, asked) == expected


def test_the_same_content_is_there_as_a_networkx_graph(schema: Schema) -> None:
    graph = repository(schema, [(0, 1), (0, 1), (2, 2)]).store.as_networkx()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (NODES, 3)
    assert graph.number_of_edges(uuid_of("0"), uuid_of("1")) == 2
    assert {data["node"].kind for _, data in graph.nodes(data=True)} == {"NetworkDevice"}


@settings(max_examples=60, deadline=None)
@given(links=LINKS, arrow=st.sampled_from("><"), low=st.integers(0, 1))
def test_conditions_of_a_quantified_part_hold_on_every_step(
    links: list[tuple[int, int]], arrow: str, low: int, schema: Schema
) -> None:
    left, right = ARROWS[arrow]
    text = (
        f"MATCH (a:NetworkDevice) ((x){left}[:CONNECTED_THROUGH]{right}(y) WHERE x.name < y.name){{{low},3}} (b) "
        "RETURN a.name, b.name"
    )
    expected: Counter[tuple[object, ...]] = Counter()
    for length in range(low, 4):
        for walk in product(steps(links, arrow), repeat=length):
            joined = all(one[2] == other[1] for one, other in pairwise(walk))
            if length and joined and len({step[0] for step in walk}) == length and all(s[1] < s[2] for s in walk):
                expected[str(walk[0][1]), str(walk[-1][2])] += 1
    if low == 0:
        expected.update((str(number), str(number)) for number in range(NODES))
    assert answers(repository(schema, links), text) == expected
