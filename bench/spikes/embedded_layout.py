"""Which physical layout for the embedded store? Loads one estate into several layouts and prints a table of times.

`python -m bench.spikes.embedded_layout [--nodes 100000] [--names FILE] [--layouts one,typed,category,kind,json]`

- `one`: one wide node table with a `_kind` column, one relationship table per type
- `typed`: the same node table, one relationship table for all types with a `_type` column
- `group`: the same node table, one relationship table per group of types (dependency, structure ...) with a `_type` column
- `category`: a node table per category of kinds, a relationship table per type over pairs of categories
- `both`: a node table per category of kinds, a relationship table per group of types over pairs of categories
- `kind`: a node table per concrete kind, a relationship table per type over pairs of kinds
- `json`: one node table with only the columns that queries filter on, the rest as JSON text

Each layout runs in a process of its own, so that memory and failures are its own. Times are milliseconds: the median of
several calls for reads, one call for writes. The decision and its figures are in docs/adr/0003-embedded-physical-layout.md.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import ladybug
import networkx as nx
import pyarrow as pa

from graph.schema.load import load_schema
from graph.schema.model import Schema, ValueType

LAYOUTS = ("one", "typed", "group", "category", "both", "kind", "json")
HOT = ("name", "environment", "criticality", "status", "priority", "opened_at", "end_of_support", "hostname", "cve")
BIG = {
    "VirtualMachine": 22.0,
    "PhysicalServer": 5.0,
    "Hypervisor": 1.0,
    "VulnerabilityFinding": 15.0,
    "Incident": 12.0,
    "BackupRun": 8.0,
    "IpAddress": 6.0,
    "NetworkInterface": 6.0,
    "ApplicationServer": 3.0,
    "DatabaseInstance": 2.5,
    "Change": 4.0,
    "ServiceInstance": 2.0,
    "BusinessApplication": 1.0,
    "SoftwareVersion": 0.3,
    "Vulnerability": 1.5,
}
"""Relative sizes of kinds, in thousands of nodes of a 100,000-node estate; other kinds have 0.1."""
ARROW = {
    ValueType.STRING: pa.string(),
    ValueType.INTEGER: pa.int64(),
    ValueType.MONEY: pa.int64(),
    ValueType.FLOAT: pa.float64(),
    ValueType.BOOLEAN: pa.bool_(),
    ValueType.DATE: pa.date32(),
    ValueType.INSTANT: pa.timestamp("us"),
    ValueType.STRING_LIST: pa.list_(pa.string()),
}
COLUMN = {
    ValueType.STRING: "STRING",
    ValueType.INTEGER: "INT64",
    ValueType.MONEY: "INT64",
    ValueType.FLOAT: "DOUBLE",
    ValueType.BOOLEAN: "BOOL",
    ValueType.DATE: "DATE",
    ValueType.INSTANT: "TIMESTAMP",
    ValueType.STRING_LIST: "STRING[]",
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Estate:
    """Rows of nodes by kind and of relationships by (type, start kind, end kind)."""

    schema: Schema
    nodes: Mapping[str, list[Row]]
    edges: Mapping[tuple[str, str, str], list[tuple[str, str]]]

    @property
    def dependency(self) -> tuple[str, ...]:
        return self.schema.groups["dependency"]


def make_estate(schema: Schema, size: int, seed: int = 42) -> Estate:
    """An estate of `size` nodes and about three relationships per node, the same for the same seed."""
    draw = random.Random(seed)
    weights = {kind: BIG.get(kind, 0.1) for kind in schema.concrete}
    scale = size / sum(weights.values())
    nodes = {k: [_row(schema, k, i, draw) for i in range(max(3, round(w * scale)))] for k, w in weights.items()}
    edges: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for relation, pairs in sorted(schema.pairs.items()):
        by_start: dict[str, list[str]] = defaultdict(list)
        for start, end in sorted(pairs):
            by_start[start].append(end)
        for start, ends in by_start.items():
            for index, row in enumerate(nodes[start]):
                if draw.random() > 0.5:
                    continue
                end = ends[index % len(ends)] if draw.random() < 0.7 else draw.choice(ends)
                others = nodes[end]
                target = index if start == end and index else draw.randrange(len(others))
                target = draw.randrange(target) if start == end and index else target
                if not (start == end and index == 0):
                    edges[(relation, start, end)].append((row["id"], others[target]["id"]))
    return Estate(schema, nodes, edges)


def _row(schema: Schema, kind: str, index: int, draw: random.Random) -> Row:
    row: Row = {"id": f"{kind}-{index:07d}-0000-8000-a0000000"}
    for name, attribute in schema.kinds[kind].attributes.items():
        if name == "name":
            row[name] = f"{kind.lower()}-{index}"
        elif name != "id" and draw.random() < 0.8:
            row[name] = _value(attribute.type, name, draw)
    return row


def _value(kind: ValueType, name: str, draw: random.Random) -> Any:
    if kind is ValueType.STRING:
        return f"{name} {draw.randrange(30)}"
    if kind in (ValueType.INTEGER, ValueType.MONEY):
        return draw.randrange(100_000)
    if kind is ValueType.FLOAT:
        return draw.random()
    if kind is ValueType.BOOLEAN:
        return draw.random() < 0.5
    if kind is ValueType.DATE:
        return date(2020, 1, 1) + timedelta(days=draw.randrange(3_000))
    if kind is ValueType.INSTANT:
        return datetime(2020, 1, 1) + timedelta(seconds=draw.randrange(200_000_000))  # noqa: DTZ001
    return [f"alias {draw.randrange(100)}"]


class Layout:
    """A layout: where nodes of a kind and relationships of a type live, and the columns they have."""

    def __init__(self, name: str, estate: Estate) -> None:
        self.name, self.schema = name, estate.schema
        used: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for relation, pairs in self.schema.pairs.items():
            used[self.relation_table(relation)] |= {(self.table(a), self.table(b)) for a, b in pairs}
        self.pairs = used
        self.tables: dict[str, dict[str, ValueType]] = {}
        for kind in self.schema.concrete_kinds():
            columns = self.tables.setdefault(self.table(kind.name), {})
            for attribute in kind.attributes.values():
                if attribute.name != "id" and (self.name != "json" or attribute.name in HOT):
                    columns[attribute.name] = attribute.type

    def table(self, kind: str) -> str:
        if self.name == "kind":
            return kind
        return f"Nodes_{self.schema.kinds[kind].category}" if self.name in ("category", "both") else "Element"

    def relation_table(self, relation: str) -> str:
        if self.name in ("group", "both"):
            return f"Related_{self.schema.relations[relation].group}"
        return "RELATED" if self.name == "typed" else relation

    def statements(self) -> list[str]:
        made = []
        for table, columns in self.tables.items():
            listed = "".join(f", `{column}` {COLUMN[type_]}" for column, type_ in columns.items())
            rest = ", `_rest` STRING" if self.name == "json" else ""
            made.append(f"CREATE NODE TABLE `{table}`(id STRING PRIMARY KEY, `_kind` STRING{listed}{rest})")
        for relation, pairs in self.pairs.items():
            ends = ", ".join(f"FROM `{a}` TO `{b}`" for a, b in sorted(pairs))
            made.append(f"CREATE REL TABLE `{relation}`({ends}, id STRING, `_type` STRING)")
        return made

    def node_tables(self, rows: Mapping[str, list[Row]]) -> dict[str, pa.Table]:
        grouped: dict[str, list[Row]] = defaultdict(list)
        for kind, items in rows.items():
            grouped[self.table(kind)] += [{**row, "_kind": kind} for row in items]
        return {table: self._arrow(table, items) for table, items in grouped.items()}

    def _arrow(self, table: str, rows: list[Row]) -> pa.Table:
        columns = self.tables[table]
        arrays = {"id": pa.array([r["id"] for r in rows]), "_kind": pa.array([r["_kind"] for r in rows])}
        for column, type_ in columns.items():
            arrays[column] = pa.array([r.get(column) for r in rows], ARROW[type_])
        if self.name == "json":
            rest = [json.dumps({k: v for k, v in r.items() if k not in columns}, default=str) for r in rows]
            arrays["_rest"] = pa.array(rest)
        return pa.table(arrays)

    def edge_tables(
        self, edges: Mapping[tuple[str, str, str], list[tuple[str, str]]]
    ) -> dict[tuple[str, str, str], pa.Table]:
        grouped: dict[tuple[str, str, str], list[tuple[str, str, str]]] = defaultdict(list)
        for (relation, start, end), pairs in edges.items():
            key = (self.relation_table(relation), self.table(start), self.table(end))
            grouped[key] += [(a, b, relation) for a, b in pairs]
        return {
            key: pa.table(
                {
                    "from": [r[0] for r in rows],
                    "to": [r[1] for r in rows],
                    "id": [f"{key[0]}{i}" for i in range(len(rows))],
                    "_type": [r[2] for r in rows],
                }
            )
            for key, rows in grouped.items()
        }

    def closure(self, start: str, types: tuple[str, ...], hops: int) -> str:
        """The reverse closure over `types` from the node whose id is $id."""
        anchor = f"(a:`{self.table(start)}` {{id: $id}})"
        if self.name == "typed":
            wanted = ", ".join(f"'{t}'" for t in types)
            return (
                f"MATCH {anchor}<-[r:RELATED* SHORTEST 1..{hops} (e, n | WHERE e._type IN [{wanted}])]-(b) RETURN b.id"
            )
        listed = "|".join(f"`{t}`" for t in dict.fromkeys(map(self.relation_table, types)))
        return f"MATCH {anchor}<-[r:{listed}* SHORTEST 1..{hops}]-(b) RETURN b.id"


def timed(call: Callable[[], object]) -> float:
    started = perf_counter()
    call()
    return (perf_counter() - started) * 1000


def measure(layout_name: str, estate: Estate) -> dict[str, float]:
    """All figures of one layout, on a fresh store."""
    layout = Layout(layout_name, estate)
    folder = Path(tempfile.mkdtemp(prefix="layout"))
    pool = (4096 if layout_name == "kind" else 512) << 20  # one table per kind cannot load with 512 MB
    database = ladybug.Database(folder / "store", buffer_pool_size=pool)
    try:
        figures = _writes(layout, estate, ladybug.Connection(database))
        figures.update(_reads(layout, estate, ladybug.Connection(database)))
        figures["file MB"] = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
        figures["peak RSS MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return figures
    finally:
        database.close()
        shutil.rmtree(folder)


def _writes(layout: Layout, estate: Estate, run: ladybug.Connection) -> dict[str, float]:
    figures = {"tables": float(len(layout.tables)), "pairs": float(sum(len(p) for p in layout.pairs.values()))}
    figures["ddl"] = timed(lambda: [run.execute(s) for s in layout.statements()])
    nodes, edges = layout.node_tables(estate.nodes), layout.edge_tables(estate.edges)

    def load() -> None:
        run.execute("BEGIN TRANSACTION")
        for table, rows in nodes.items():
            run.execute(f"COPY `{table}` FROM $rows", {"rows": rows})
        for (relation, start, end), rows in edges.items():
            ends = f" (FROM='{start}', TO='{end}')" if len(layout.pairs[relation]) > 1 else ""
            run.execute(f"COPY `{relation}` FROM $rows{ends}", {"rows": rows})
        run.execute("COMMIT")

    figures["load"] = timed(load)
    figures["update 1,000 nodes"] = timed(lambda: _update(layout, estate, run))
    figures["add 1,000 rels"] = timed(lambda: _add(layout, estate, run))
    figures["delete 500 nodes"] = timed(lambda: _delete(layout, estate, run))
    return figures


def _transaction(run: ladybug.Connection, steps: list[tuple[str, pa.Table]]) -> None:
    run.execute("BEGIN TRANSACTION")
    for statement, rows in steps:
        run.execute(statement, {"rows": rows})
    run.execute("COMMIT")


def _update(layout: Layout, estate: Estate, run: ladybug.Connection) -> None:
    """Set four columns of 50 nodes of each of the 20 largest kinds."""
    largest = sorted(estate.nodes, key=lambda k: -len(estate.nodes[k]))[:20]
    wide = {kind: [{**row, "name": "changed"} for row in estate.nodes[kind][:50]] for kind in largest}
    steps = []
    for table, rows in layout.node_tables(wide).items():
        if layout.name == "json":
            columns = ["name", "_rest"]
        else:
            columns = [c for c in rows.column_names if c not in ("id", "_kind")]
        slim = pa.table({"_key": rows["id"], **{f"_{c}": rows[c] for c in columns}})
        sets = ", ".join(f"n.`{c}` = `_{c}`" for c in columns)
        steps.append((f"LOAD FROM $rows MATCH (n:`{table}` {{id: _key}}) SET {sets}", slim))
    _transaction(run, steps)


def _add(layout: Layout, estate: Estate, run: ladybug.Connection) -> None:
    """Create 100 relationships of each of the ten largest types."""
    sizes: dict[str, int] = defaultdict(int)
    for (relation, _, _), pairs in estate.edges.items():
        sizes[relation] += len(pairs)
    chosen = set(sorted(sizes, key=lambda r: -sizes[r])[:10])
    few: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    left = dict.fromkeys(chosen, 100)
    for (relation, start, end), pairs in estate.edges.items():
        if relation in chosen and left[relation]:
            take = pairs[: min(20, left[relation])]
            left[relation] -= len(take)
            few[(relation, start, end)] = [(a, b) for a, b in take]
    steps = []
    for (relation, start, end), rows in layout.edge_tables(few).items():
        renamed = rows.rename_columns(["_f", "_t", "_i", "_y"])
        text = f"MATCH (a:`{start}` {{id: _f}}) MATCH (b:`{end}` {{id: _t}}) CREATE (a)-[:`{relation}` {{id: _i, `_type`: _y}}]->(b)"
        steps.append((f"LOAD FROM $rows {text}", renamed))
    _transaction(run, steps)


def _delete(layout: Layout, estate: Estate, run: ladybug.Connection) -> None:
    largest = sorted(estate.nodes, key=lambda k: -len(estate.nodes[k]))[:10]
    doomed = {kind: estate.nodes[kind][-50:] for kind in largest}
    steps = []
    for table, rows in layout.node_tables(doomed).items():
        steps.append(
            (f"LOAD FROM $rows MATCH (n:`{table}` {{id: _key}}) DETACH DELETE n", pa.table({"_key": rows["id"]}))
        )
    _transaction(run, steps)


def _reads(layout: Layout, estate: Estate, run: ladybug.Connection) -> dict[str, float]:
    draw = random.Random(7)
    graph: nx.DiGraph[str] = nx.DiGraph()
    starts: dict[str, str] = {}
    for (relation, _, end), pairs in estate.edges.items():
        if relation in estate.dependency:
            graph.add_edges_from(pairs)
            starts.update((b, end) for _, b in pairs)
    chosen = draw.sample([n for n in sorted(starts) if len(_search(graph, n, 8)) > 50], 60)
    reached: list[int] = []

    def all_of(statement: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        return list(cast(ladybug.QueryResult, run.execute(statement, dict(parameters or {}))).get_all())

    def median(calls: list[Callable[[], object]]) -> float:
        return statistics.median(min(timed(call) for _ in range(3)) for call in calls)

    server, incident = layout.table("VirtualMachine"), layout.table("Incident")
    figures: dict[str, float] = {}
    ids = [row["id"] for row in estate.nodes["VirtualMachine"][100:140]]
    by_id = f"MATCH (n:`{server}` {{id: $id}}) WHERE n._kind IN ['VirtualMachine'] RETURN n.name"
    figures["lookup by id"] = median([lambda i=i: all_of(by_id, {"id": i}) for i in ids])  # type: ignore[misc]
    whole = f"MATCH (n:`{server}` {{id: $id}}) RETURN n"
    figures["whole node by id"] = median([lambda i=i: all_of(whole, {"id": i}) for i in ids])  # type: ignore[misc]
    by_name = f"MATCH (n:`{server}`) WHERE n._kind IN ['VirtualMachine'] AND n.name = $name RETURN n.id"
    named = [{"name": f"virtualmachine-{i}"} for i in range(10)]
    figures["lookup by name"] = median([partial(all_of, by_name, parameters) for parameters in named])
    anywhere = "MATCH (n) WHERE n.name = $name RETURN n.id"
    figures["name, any kind"] = median([partial(all_of, anywhere, parameters) for parameters in named])

    def closure(node: str) -> None:
        reached.append(len(all_of(layout.closure(starts[node], estate.dependency, 8), {"id": node})))

    figures["impact 1..8"] = median([lambda n=n: closure(n) for n in chosen])  # type: ignore[misc]
    figures["impact ends, median"] = statistics.median(reached)
    figures["NetworkX BFS 1..8"] = median([lambda n=n: _search(graph, n, 8) for n in chosen])  # type: ignore[misc]
    group = f"MATCH (n:`{server}`) WHERE n._kind = 'VirtualMachine' RETURN n.environment, count(*)"
    figures["group by"] = median([lambda: all_of(group)] * 5)
    affects, owned = layout.relation_table("AFFECTS"), layout.relation_table("OWNED_BY")
    has_types = layout.name in ("typed", "group", "both")
    typed = " AND r._type = 'AFFECTS'" if has_types else ""
    collected = (
        f"MATCH (i:`{incident}`) WHERE i._kind = 'Incident' AND i.name < 'incident-2' "
        f"OPTIONAL MATCH (i)-[r:`{affects}`]->(c) WHERE c._kind <> 'Rack'{typed} RETURN i.id, collect(c.name)"
    )
    figures["optional + collect"] = median([lambda: all_of(collected)] * 3)
    both = f"{typed} AND s._type = 'OWNED_BY'" if has_types else ""
    joined = (
        f"MATCH (i:`{incident}`)-[r:`{affects}`]->(c:`{server}`)-[s:`{owned}`]->(t) WHERE i._kind = 'Incident' "
        f"AND c._kind IN ['VirtualMachine'] AND t._kind = 'Team'{both} RETURN t.name, count(*)"
    )
    figures["two joins, group"] = median([lambda: all_of(joined)] * 3)
    return figures


def _search(graph: nx.DiGraph[str], start: str, hops: int) -> set[str]:
    seen, frontier = {start}, [start]
    for _ in range(hops):
        frontier = [p for node in frontier for p in graph.pred[node] if p not in seen and not seen.add(p)]  # type: ignore[func-returns-value]
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--layouts", default=",".join(LAYOUTS))
    parser.add_argument("--only", help="measure one layout here and print JSON")
    given = parser.parse_args()
    if given.only:
        estate = make_estate(load_schema("it_estate"), given.nodes)
        print(json.dumps(measure(given.only, estate)))
        return
    results: dict[str, dict[str, float]] = {}
    for layout in given.layouts.split(","):
        command = [sys.executable, "-m", "bench.spikes.embedded_layout", "--only", layout, "--nodes", str(given.nodes)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{layout}: failed ({done.returncode}): {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        else:
            results[layout] = json.loads(done.stdout.splitlines()[-1])
    names = list(dict.fromkeys(name for figures in results.values() for name in figures))
    print(f"{'':22}" + "".join(f"{layout:>12}" for layout in results))
    for name in names:
        print(f"{name:22}" + "".join(f"{figures.get(name, float('nan')):12.2f}" for figures in results.values()))


if __name__ == "__main__":
    main()
