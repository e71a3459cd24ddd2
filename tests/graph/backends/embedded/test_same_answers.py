"""On random estates the embedded store and the in-memory executor, the semantic reference, give the same answers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.errors import UnsupportedConstructError
from graph.backends.embedded.repository import EmbeddedRepository, open_repository
from graph.backends.networkx.repository import NetworkXRepository
from graph.cypher.prepare import prepare
from graph.model import Edge, EdgeChange, GraphDelta, Node, NodeChange, Operation, Path
from graph.repository import GraphRepository
from graph.schema.model import Schema, ValueType
from tests.graph.backends.embedded.conftest import OPTIONS
from tests.graph.backends.embedded.samples import CONTEXT

KINDS = [
    "BusinessService",
    "BusinessApplication",
    "ServiceInstance",
    "ApplicationServer",
    "DatabaseInstance",
    "VirtualMachine",
    "PhysicalServer",
    "Hypervisor",
    "Cluster",
    "Rack",
    "DataCenter",
    "Site",
    "Team",
    "Incident",
    "Change",
    "SoftwareVersion",
    "SoftwareProduct",
    "Vulnerability",
    "VulnerabilityFinding",
    "StorageVolume",
]
PER_KIND = 9
DEPENDENCY = "USES|DEPENDS_ON|RUNS_ON|HOSTED_ON|STORED_ON|CONNECTED_THROUGH|LOCATED_IN"


def random_estate(schema: Schema, seed: int) -> GraphDelta:
    """Some nodes of some kinds, with holes in their properties; relations with cycles, loops and parallels among them."""
    draw = random.Random(seed)
    nodes = [_node(schema, kind, number, draw) for kind in KINDS for number in range(PER_KIND)]
    edges: list[EdgeChange] = []
    for relation, pairs in sorted(schema.pairs.items()):
        for start, end in sorted(pair for pair in pairs if set(pair) <= set(KINDS)):
            for _ in range(draw.choice((0, 3, 7))):
                ends = (f"{start}-{draw.randrange(PER_KIND)}", f"{end}-{draw.randrange(PER_KIND)}")
                identity = f"{relation}-{len(edges)}"
                values = {
                    name: _value(a.type, draw)
                    for name, a in schema.relations[relation].attributes.items()
                    if name != "id" and draw.random() < 0.7
                }
                edges.append(EdgeChange(Operation.CREATE, identity, relation, *ends, values, start, end))
    return GraphDelta(1, 1, nodes, edges)


def _node(schema: Schema, kind: str, number: int, draw: random.Random) -> NodeChange:
    values: dict[str, Any] = {
        name: _value(attribute.type, draw)
        for name, attribute in schema.kinds[kind].attributes.items()
        if name not in ("id", "name") and draw.random() < 0.7
    }
    return NodeChange(Operation.CREATE, f"{kind}-{number}", kind, {**values, "name": f"{kind.lower()} {number % 6}"})


def _value(of: ValueType, draw: random.Random) -> Any:
    match of:
        case ValueType.STRING:
            return draw.choice(("alpha", "Beta", "gamma", "production", "critical", "été"))
        case ValueType.INTEGER | ValueType.MONEY:
            return draw.randrange(-3, 9)
        case ValueType.FLOAT:
            return draw.choice((0.5, 1.25, -2.0, 7.0))
        case ValueType.BOOLEAN:
            return draw.random() < 0.5
        case ValueType.DATE:
            return date(2024, 1, 28) + timedelta(days=draw.randrange(400))
        case ValueType.INSTANT:
            return datetime(2024, 1, 31, 22, 15, 1, 250_000, UTC) + timedelta(hours=draw.randrange(9_000))
        case _:
            return tuple(draw.sample(("x", "y", "z"), draw.randrange(4)))


NATIVE = [
    "MATCH (n) RETURN labels(n)[0] AS kind, count(*) AS n",
    "MATCH (n:Server) RETURN n.name AS name, n.cpu_cores AS cores, n.last_restart AS restarted ORDER BY name, cores, restarted",
    "MATCH (n:Server) RETURN n",
    "MATCH (n:ConfigurationItem) WHERE n.environment = 'production' AND NOT n.criticality = 'critical' RETURN n.id",
    "MATCH (n:Server) WHERE n.cpu_cores > 2 OR n.memory_gb IS NULL RETURN n.id, n.memory_gb",
    "MATCH (n:Server) WHERE NOT (n.cpu_cores > 2 AND n.memory_gb < 5) RETURN n.id",
    "MATCH (n:Server) WHERE n.cpu_cores IN [1, 2, null] RETURN n.id",
    "MATCH (n:Server) WHERE NOT n.cpu_cores IN [1, n.memory_gb] RETURN n.id",
    "MATCH (n:Server) WHERE n.id IN $ids RETURN n.id",
    "MATCH (n) WHERE n.id IN $ids RETURN n.id, labels(n)",
    "MATCH (n) WHERE NOT n.id IN $none RETURN count(*) AS n",
    "MATCH (n) WHERE n.name STARTS WITH 's' OR n.name ENDS WITH '3' OR n.name CONTAINS 'data' RETURN n.id",
    "MATCH (n:Team) WHERE n.name =~ 'te.*[0-3]' RETURN toUpper(n.name) AS x, size(n.name) AS s, substring(n.name, 1, 2) AS p",
    "MATCH (n:Site) WHERE 'x' IN n.aliases RETURN n.id, n.aliases, size(n.aliases) AS c, n.aliases[0] AS f, n.aliases[5] AS o",
    "MATCH (n:Site) RETURN n.aliases[1..] AS a, n.aliases[..-1] AS b, tail(n.aliases) AS c, collect(n.name)[0..0] AS d",
    "MATCH (n:Site) RETURN split(n.name, ' ') AS a, split('a,,b', ',') AS b, reverse(n.name) AS c, toUpper('ß' + n.name) AS d",
    "MATCH (n:Site) RETURN n.id, n.description + n.id AS perhaps, n.id + 1 AS one",
    "MATCH (n:Site) RETURN n.id, any(x IN [n.name, null] WHERE x = 'x') AS a, all(x IN n.aliases WHERE x <> 'x') AS b",
    "MATCH (n:Site) RETURN n.id, CASE n.description WHEN null THEN 1 WHEN n.name THEN 2 ELSE 3 END AS c",
    "MATCH (n:Site) RETURN head(n.aliases) AS a, last(n.aliases) AS b, n.aliases[1] AS c, n.aliases[-2] AS d",
    "MATCH (v:SoftwareVersion) WHERE v.end_of_support < date('2024-09-01') RETURN v.id, v.end_of_support.year AS y",
    "MATCH (v:SoftwareVersion) WHERE v.end_of_support >= date() - duration({months: $months}) RETURN v.id",
    "MATCH (n:Server) WHERE n.last_restart < datetime() - duration('P3M') RETURN n.id",
    "MATCH (i:Incident) RETURN date.truncate('month', date(i.opened_at)) AS m, count(*) AS n ORDER BY m",
    "MATCH (i:Incident) RETURN i.priority AS p, count(*) AS n, sum(i.reassignment_count) AS s, avg(i.reassignment_count) AS a, "
    "min(i.opened_at) AS first, max(i.number) AS last, count(DISTINCT i.category) AS c ORDER BY p",
    "MATCH (n:Server) RETURN sum(n.cpu_cores) AS s, sum(n.memory_gb) AS m, count(n.disk_gb) AS d, collect(DISTINCT n.model) AS x",
    "MATCH (n:Site) RETURN count(n) + 1 AS c",
    "MATCH (a:BusinessApplication)<-[r:REALISES]-(i:ServiceInstance) RETURN a.id, i.id, type(r) AS t, elementId(r) AS r",
    "MATCH (a:BusinessApplication)<-[r:REALISES]-(i) RETURN r",
    "MATCH (a)-[r:RUNS_ON|HOSTED_ON]->(b:Server) RETURN a.id, b.id, type(r) AS t",
    "MATCH (a:Server)-[r]->(b) RETURN a.id, type(r) AS t, b.id",
    "MATCH (a:ServiceInstance)-[:DEPENDS_ON]->(b)-[:DEPENDS_ON]->(c) RETURN a.id, b.id, c.id",
    "MATCH (a:ServiceInstance)-[:DEPENDS_ON]->(b)<-[:DEPENDS_ON]-(c) RETURN a.id, b.id, c.id",
    "MATCH (a:BusinessApplication)-[:DEPENDS_ON]->(b)-[:DEPENDS_ON]->(c)-[:DEPENDS_ON]->(d) RETURN a.id, d.id",
    "MATCH (a:Server)-[:RUNS_VERSION]->(v:SoftwareVersion)-[:VULNERABLE_TO]->(u:Vulnerability) RETURN a.id, u.id",
    "MATCH (a)-[:MEMBER_OF]->(c:Cluster)<-[:MEMBER_OF]-(b) RETURN a.id, b.id",
    "MATCH (a:ServiceInstance), (b:Rack) WHERE a.name = b.name OR a.id < b.id RETURN count(*) AS n",
    "MATCH (a:Incident)-[:AFFECTS]->(c), (a)-[:ASSIGNED_TO]->(t) RETURN a.id, c.id, t.id",
    "MATCH (t:Team) OPTIONAL MATCH (t)<-[:OWNED_BY]-(a:Server) RETURN t.id, a.id",
    "MATCH (t:Team) OPTIONAL MATCH (t)<-[:OWNED_BY]-(a:BusinessApplication) WHERE a.rto_minutes > 2 RETURN t.id, collect(a.name) AS n",
    "MATCH (a:BusinessApplication) OPTIONAL MATCH (a)<-[:REALISES]-(i)-[:RUNS_ON]->(s:Server) RETURN a.id, count(DISTINCT s) AS n",
    "MATCH (a:Server) WHERE NOT (a)-[:OWNED_BY]->() AND EXISTS { (a)-[:LOCATED_IN]->(:DataCenter) } RETURN a.id",
    "MATCH (a:Server) RETURN a.id, COUNT { (a)-[:RUNS_VERSION]->() } AS n, COUNT { (a)<-[:AFFECTS]-(i:Incident) } AS i",
    "MATCH (a:BusinessApplication) WHERE EXISTS { MATCH (a)<-[:REALISES]-(i)-[:RUNS_ON]->(s) WHERE s.cpu_cores > 1 } RETURN a.id",
    "MATCH (t:Team)<-[:ASSIGNED_TO]-(i) WITH t, count(i) AS n WHERE n > 1 "
    "RETURN t.name AS name, n, n * 2 AS twice ORDER BY n DESC, name, t.id",
    "MATCH (s:Server) WITH s ORDER BY s.name, s.id SKIP 2 LIMIT 5 RETURN s.id AS id ORDER BY id",
    "MATCH (s:Server) RETURN DISTINCT s.environment AS e ORDER BY e DESC SKIP 1 LIMIT 2",
    "MATCH (s:Server) WITH s.environment AS e, collect(s.id) AS ids RETURN e, size(ids) AS n ORDER BY e",
    "MATCH (a:Rack) RETURN a.name AS x UNION MATCH (b:Site) RETURN b.name AS x",
    "MATCH (a:Rack) RETURN a.name AS x UNION ALL MATCH (b:Site) RETURN b.name AS x",
    "MATCH (n:Server) RETURN CASE WHEN n.cpu_cores > 3 THEN 'big' WHEN n.cpu_cores IS NULL THEN '?' ELSE 'small' END AS s, count(*) AS c",
    "MATCH (n:Team) RETURN n {.name, kind: labels(n)[0], x: 1} AS m",
    "MATCH (n:Site) RETURN coalesce(n.city, n.kind, '-') AS c, n.name + '!' AS e, 7 / 2 AS i, -7 % 3 AS m, 2 ^ 3 AS p",
    "UNWIND [3, 1, 2] AS x RETURN x, x + $months AS y ORDER BY x",
    "UNWIND $ids AS i MATCH (n:ConfigurationItem {id: i}) RETURN n.name AS name",
    "MATCH (n:Server), (N:Rack) RETURN count(*) AS c, count(DISTINCT n) AS a, count(DISTINCT N) AS b",
    "MATCH (s:Server) WHERE s:VirtualMachine OR s:Hypervisor RETURN s.id",
    "MATCH (n) WHERE n:Server OR n.name = 'team 1' RETURN n.id",
    # relations' own properties
    "MATCH (a)-[r:DEPENDS_ON]->(b) WHERE r.criticality = 'critical' RETURN a.id, b.id, r.criticality AS c",
    "MATCH (a)-[r:DEPENDS_ON {criticality: 'alpha'}]->(b)-[:RUNS_ON]->(s) RETURN a.id, s.id",
    "MATCH (a:BusinessApplication)-[r:DEPENDS_ON]->(b) WHERE r.criticality <> 'alpha' MATCH (b)<-[:REALISES]-(i) RETURN a.id, i.id",
    "MATCH (a)-[r]->(b)-[s:RUNS_ON]->(c) WHERE type(r) = 'DEPENDS_ON' RETURN a.id, c.id",
    "MATCH (a:Cluster)-[:MEMBER_OF]-(b) RETURN a.id, b.id",
    "MATCH (a:Team)--(b:Server)--(c:DataCenter) RETURN a.id, b.id, c.id",
    "MATCH (a:Team) OPTIONAL MATCH (a)-[:OWNED_BY]-(b) RETURN a.id, count(b) AS n",
    # closures
    f"MATCH (c:ConfigurationItem {{id: $ci}})<-[:{DEPENDENCY}*1..4]-(x) RETURN DISTINCT x.id AS id",
    f"MATCH (c:ConfigurationItem {{id: $ci}})<-[:{DEPENDENCY}*0..4]-(x:ServiceInstance) RETURN DISTINCT x.id AS id, x.name AS n",
    f"MATCH (c)<-[:{DEPENDENCY}*1..3]-(x:BusinessService) WHERE c.id = $ci RETURN count(DISTINCT x) AS n",
    "MATCH (a:BusinessApplication)-[:DEPENDS_ON*1..5]->(a) RETURN DISTINCT a.id",
    "MATCH (a:BusinessApplication)-[:DEPENDS_ON*1..5]->(b:BusinessApplication) RETURN DISTINCT a.id AS a, b.id AS b",
    "MATCH (a:Cluster)<-[:HOSTED_ON*1..2]-(v)-[:RUNS_VERSION]->(s) RETURN DISTINCT a.id AS a, s.name AS s",
    f"MATCH (t:Team)<-[:OWNED_BY]-(c:Server) MATCH (c)<-[:{DEPENDENCY}*0..3]-(x) RETURN DISTINCT t.id AS t, x.id AS x",
    f"MATCH (a:Rack) OPTIONAL MATCH (a)<-[:{DEPENDENCY}*1..3]-(x) WITH DISTINCT a, x RETURN a.id AS a, x.id AS x",
    # optional closures from what a clause has found: some reach nothing, some are not of the kinds that are followed from
    *(
        f"MATCH (t:Team)<-[:OWNED_BY]-(a) WITH DISTINCT a OPTIONAL MATCH (a{label})<-[:{DEPENDENCY}*1..4]-(x) "
        f"WITH DISTINCT a, x {then}"
        for label in ("", ":Server", ":Server|BusinessApplication")
        for then in (
            "RETURN a.id AS a, x.id AS x",
            "WITH a, collect(CASE WHEN x.id <> a.id AND x:Server AND x.name > 'b' THEN {i: x.id, n: x.name} END) AS c "
            "RETURN a.id AS a, size(c) AS n",
            "OPTIONAL MATCH (x:Server)-[:OWNED_BY]->(y:Team) RETURN a.id AS a, x.id AS x, y.id AS y",
        )
    ),
    # closures with an optional relation behind them: in one call where no row more or less can be told
    *(
        f"MATCH (c:ConfigurationItem {{id: $ci}})<-[:{DEPENDENCY}*{low}..6]-(x{label}) "
        f"OPTIONAL MATCH {behind} {projection}"
        for low in (0, 1)
        for label in ("", ":ConfigurationItem", ":ServiceInstance")
        for behind in (
            "(x)-[:REALISES]->(a:BusinessApplication)",
            "(x)-[:REALISES]->(a)",
            "(a:Team)<-[:OWNED_BY]-(x)",
            "(x)-[:OWNED_BY]-(a:Team)",
            "(x)-[:RUNS_ON*0..2]->(a:Server)",
        )
        for projection in (
            "WITH c.id AS c, collect(DISTINCT a.id) AS found RETURN c, found",
            "WITH collect(DISTINCT a.id) AS found RETURN found",
            "RETURN c.id AS c, count(DISTINCT a) AS n, min(a.name) AS first",
            "WITH c, a, count(DISTINCT x) AS n RETURN DISTINCT c.id AS c, a.id AS a",
            "RETURN DISTINCT a.id AS a",
            "WITH c.id AS c, collect(DISTINCT x.id) AS xs, collect(DISTINCT a.id) AS found RETURN c, xs, found",
        )
    ),
    f"MATCH (c {{id: 'nobody'}})<-[:{DEPENDENCY}*0..6]-(x) OPTIONAL MATCH (x)-[:REALISES]->(a) "
    "WITH c.id AS c, collect(DISTINCT a.id) AS found RETURN c, found",
    f"UNWIND $ids AS i MATCH (c {{id: i}})<-[:{DEPENDENCY}*0..6]-(x) OPTIONAL MATCH (x)-[:OWNED_BY]->(t:Team) "
    "WITH i, collect(DISTINCT t.id) AS found RETURN i, found",
    # many starts of one closure
    f"UNWIND $ids AS i MATCH (c:ConfigurationItem {{id: i}})<-[:{DEPENDENCY}*0..6]-(x) WITH DISTINCT x RETURN x.id",
    f"UNWIND $ids AS i MATCH (c {{id: i}})<-[:{DEPENDENCY}*0..6]-(x:Server) WITH DISTINCT i, x RETURN i, x.name AS n",
    f"MATCH (t:Team)<-[:OWNED_BY]-(c) MATCH (c)<-[:{DEPENDENCY}*1..6]-(x) WITH DISTINCT t, x RETURN t.name, x.id",
    f"MATCH (t:Team)<-[:OWNED_BY]-(c) MATCH (c)<-[:{DEPENDENCY}*1..6]-(x) WITH DISTINCT x RETURN count(*) AS n",
    f"MATCH (t:Team)<-[:OWNED_BY]-(c) MATCH (c)<-[:{DEPENDENCY}*1..6]-(x)-[:LOCATED_IN]->(y) WITH DISTINCT t, x "
    "RETURN t.name, count(*) AS n",
    # lists of some nodes of many: what ladybug's lambdas and filters take from another row
    *(
        f"MATCH (n:ConfigurationItem){relation} WHERE {chosen} RETURN n.id AS i, {made} AS c"
        for relation in ("", "-[:OWNED_BY]->(t)")
        for chosen in ("n.name = 'alpha'", "n.name >= 'alpha'", "n.id ENDS WITH '-3'", "n.id <> 'Rack-1'")
        for made in (
            "[x IN n.aliases WHERE x <> 'zz']",
            "[x IN n.aliases WHERE x STARTS WITH 'a' | x]",
            "[x IN n.aliases | x = 'alpha' OR x > 'b']",
            "[x IN n.aliases WHERE NOT x IN ['alpha', 'beta']][..1]",
            "any(x IN n.aliases WHERE x <> 'alpha')",
            "single(x IN n.aliases WHERE x CONTAINS 'a')",
            "replace(n.name, 'a', n.id)",
            "replace(n.description, n.name, 'x')",
        )
    ),
    # closures from ids of nodes that were found before, of which the labels may say all or less than is asked
    *(
        f"MATCH (t:Team)<-[:OWNED_BY]-(c{label}) {ids} {end}"
        for label in (":Server", ":ConfigurationItem", "")
        for ids in (
            "WITH collect(DISTINCT c.id) AS ids UNWIND ids AS i",
            "WITH t.id AS o, collect(c.id) AS ids UNWIND ids + [o] AS i",
            "WITH t.id AS o, collect(c.id) AS ids UNWIND o + ids AS i",
            "OPTIONAL MATCH (c)-[:HOSTED_ON]->(h:Hypervisor) WITH h.id AS i",
            "WITH c.id + 'x' AS i",
            "WITH [c.id, t.name] AS ids UNWIND ids AS i",
            "WITH elementId(c) AS i",
        )
        for end in (
            f"MATCH (:Server {{id: i}})<-[:{DEPENDENCY}*0..4]-(x) RETURN DISTINCT x.id AS x",
            f"MATCH (s:ConfigurationItem {{id: i}})<-[:{DEPENDENCY}*0..4]-(x) RETURN i, s.name AS n, x.name AS x",
            f"MATCH (s:ConfigurationItem {{id: i}})<-[:{DEPENDENCY}*1..4]-(x) WHERE s.name <> x.name RETURN i, x.id AS x",
        )
    ),
    # a closure from all of a list: in one call where a row is a group of what is read later, and where it is not
    *(
        f"MATCH (t:Team)<-[:OWNED_BY]-(c:Server) {ids} "
        f"MATCH (:ConfigurationItem {{id: i}})<-[:{DEPENDENCY}*{low}..4]-(x{label}) {end}"
        for ids in (
            "WITH t.id AS o, collect(DISTINCT c.id) AS ids UNWIND ids AS i",
            "WITH t.id AS o, collect(c.id) AS ids UNWIND ids + ids AS i",
            "WITH t.name AS o, t.id AS p, collect(c.id) AS ids UNWIND ids AS i",
            "WITH DISTINCT t.id AS o, [c.id, c.id] AS ids UNWIND ids AS i",
            "WITH DISTINCT t.name AS o, c.id AS s UNWIND [s] AS i",
            "WITH t.name AS o, [c.id] AS ids UNWIND ids AS i",
            "WITH t.id AS o, collect(c.id) AS ids UNWIND ids AS j UNWIND [j, j] AS i",
        )
        for low in (0, 1)
        for label in ("", ":ServiceInstance")
        for end in (
            "WITH DISTINCT o, x WHERE x.id <> o RETURN o, x.id AS x, x.name AS n",
            "WITH DISTINCT x RETURN x.id AS x, x.name AS n",
            "RETURN o, count(DISTINCT x.name) AS n",
            "WHERE x.id <> i WITH DISTINCT o, i, x RETURN o, i, x.name AS n",
        )
    ),
    "MATCH (a:ServiceInstance)-[:DEPENDS_ON*2..3]->(b) RETURN a.id, b.id",
    "MATCH (a:ServiceInstance {id: 'ServiceInstance-1'})-[:DEPENDS_ON|RUNS_ON*1..3]->(b) RETURN b.id",
    "MATCH (a:Server) WHERE EXISTS { (a)-[:HOSTED_ON*1..3]->(:PhysicalServer) } RETURN a.id",
    "MATCH p = (a:ServiceInstance)-[:DEPENDS_ON*1..2]->(b) RETURN length(p) AS n, [x IN nodes(p) | x.id] AS ids",
    "MATCH p = (a:ServiceInstance {id: 'ServiceInstance-2'})-[:DEPENDS_ON*1..2]->(b) RETURN p",
    f"MATCH p = shortestPath((a:ServiceInstance {{id: $si}})-[:{DEPENDENCY}*..6]->(b:DataCenter)) RETURN b.id, length(p) AS n",
    f"MATCH (a:ServiceInstance {{id: $si}}), (b:Server) MATCH p = allShortestPaths((a)-[:{DEPENDENCY}*..6]-(b)) "
    "RETURN b.id, length(p) AS n, count(*) AS c",
]

PARAMETERS = {
    "ids": ["VirtualMachine-1", "Rack-2", "VirtualMachine-1", "nobody"],
    "none": [],
    "months": 3,
    "ci": "DataCenter-1",
    "si": "ServiceInstance-3",
}


def comparable(value: Any) -> Any:
    match value:
        case Node():
            return (value.id, value.labels, sorted(value.properties.items(), key=repr))
        case Edge():
            return (
                value.id,
                value.type,
                value.start,
                value.end,
                sorted((k, v) for k, v in value.properties.items() if k != "id"),
            )
        case Path():
            return ([comparable(n) for n in value.nodes], [comparable(e) for e in value.edges])
        case list() | tuple():
            return [comparable(item) for item in value]
        case dict():
            return sorted((name, comparable(item)) for name, item in value.items())
        case _:
            return (type(value).__name__, value)


def answer(repository: GraphRepository, text: str) -> tuple[Any, list[Any]]:
    """The rows as a multiset, and in order. `collect` has no order: its lists are compared sorted."""
    rows = repository.run(prepare(text, repository.schema), PARAMETERS, CONTEXT).rows
    if "collect(" in text:
        rows = [tuple(sorted(cell, key=repr) if isinstance(cell, list) else cell for cell in row) for row in rows]
    found = [repr([comparable(cell) for cell in row]) for row in rows]
    return Counter(found), found


@pytest.fixture(scope="module", params=[1, 2, 3])
def both(
    request: pytest.FixtureRequest, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[EmbeddedRepository, NetworkXRepository]]:
    estate = random_estate(schema, request.param)
    embedded = open_repository(f"embedded:{tmp_path_factory.mktemp('same') / 'twin.lbug'}", schema, OPTIONS)
    reference = NetworkXRepository(schema)
    embedded.apply(estate)
    reference.apply(estate)
    yield embedded, reference
    embedded.close()


@pytest.mark.parametrize("text", NATIVE)
def test_the_embedded_store_answers_as_the_executor_does(
    both: tuple[EmbeddedRepository, NetworkXRepository], text: str
) -> None:
    embedded, reference = both
    expected, ordered = answer(reference, text)
    found, found_ordered = answer(embedded, text)
    assert found == expected
    if "ORDER BY" in text:
        assert found_ordered == ordered


REFUSED = [
    "MATCH (n:Team) WHERE n.name = 'alpha' RETURN [x IN n.aliases | coalesce(x, 'none')] AS c",
    "MATCH (n:Team) WHERE n.name = 'alpha' RETURN [x IN n.aliases | toUpper(x)] AS c",
    "MATCH (n:Team) WHERE n.name = 'alpha' RETURN [x IN n.aliases | x + '!'] AS c",
    "MATCH (n:Team) RETURN [x IN n.aliases WHERE x IS NOT NULL] AS c",
    "MATCH (a:BusinessApplication) OPTIONAL MATCH (a)-[r:DEPENDS_ON]->(b)-[:DEPENDS_ON]->(c) WHERE r.criticality = 'x' RETURN a, c",
    "MATCH p = (a:Team)--(b)--(c:Team) RETURN [n IN nodes(p) | n.id + a.id] AS x",
    "MATCH (n:Team) RETURN properties(n) AS p",
    "MATCH (n:Team) CALL (n) { MATCH (n)<-[:OWNED_BY]-(a) RETURN count(a) AS c } RETURN c",
    "MATCH (n:Team) RETURN [(n)<-[:OWNED_BY]-(a) | a.name] AS names",
    "MATCH (n:Team) RETURN reduce(s = '', x IN n.aliases | s + x) AS s",
    "MATCH (n:Server) RETURN toString(n.last_restart) AS s",
    "MATCH (a:BusinessApplication) RETURN COUNT { MATCH (b:BusinessApplication {documented: a.name IS NOT NULL}) } AS n",
    "MATCH (a:BusinessApplication) WHERE EXISTS { MATCH (b:Site {name: coalesce(a.name, 'x')}) } RETURN a.id",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_dialect_cannot_say_is_refused_by_name(
    both: tuple[EmbeddedRepository, NetworkXRepository], text: str
) -> None:
    with pytest.raises(UnsupportedConstructError) as refusal:
        answer(both[0], text)
    assert refusal.value.details["construct"]
