"""Loading: the first load of an estate, the same again, its rows in another order, one row in a hundred changed; and on Neo4j.

Every load runs in a process of its own, from the files to the graph. `python -m bench.loading HOME EXPORT` is one of them.
"""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson
from neo4j import GraphDatabase

from bench.figures import Figure
from bench.first_light import neo4j_server
from bench.memory import peak_mb
from core.clock import in_utc
from core.settings import load_settings
from graph.history.ledger import State
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from services.twin import open_ledger

SERVERS = 28_000
NEO4J_SERVERS = 2_800
AS_OF = date(2025, 1, 1)
RATE = 20_000
SAME, CHANGED = 0.15, 0.20
MEMORY_MB = 2_048
FRESH_S = 5.0
BESIDE_RAW = 0.6
RAW_ROWS = 5_000


def measure(servers: int = SERVERS, neo4j_servers: int = NEO4J_SERVERS) -> list[Figure]:
    """Load into the embedded store, then into Neo4j beside its own driver."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        exports = {name: home / name for name in ("first", "reordered", "changed", "small")}
        generate_estate(exports["first"], servers=servers, seed=42, as_of=AS_OF)
        rewrite(exports["first"], exports["reordered"], share=0)
        rewrite(exports["first"], exports["changed"], share=0.01)
        twin = home / "twin"
        first = load(twin, exports["first"])
        size = f"{servers} servers, embedded"
        figures = [
            _figure(
                f"first load, rows per second, {size}", first["rows"] / first["seconds"], "rows/s", RATE, least=True
            ),
            _figure(f"first load, peak memory, {size}", first["rss_mb"], "MB", MEMORY_MB),
            _figure(f"age of a change when it can be read during a load, p95, {size}", first["age_s"], "s", FRESH_S),
        ]
        for name, export, most in (
            ("unchanged, same files", "first", SAME),
            ("unchanged, rows in another order", "reordered", SAME),
            ("one row in a hundred changed", "changed", CHANGED),
        ):
            again = load(twin, exports[export])
            figures.append(_beside(f"load again, {name}, {size}", again["seconds"], first["seconds"], most))
        generate_estate(exports["small"], servers=neo4j_servers, seed=42, as_of=AS_OF)
        figures += beside_raw_driver(home / "neo4j", exports["small"], neo4j_servers)
    return figures


def load(home: Path, export: Path, **environment: str) -> dict[str, float]:
    """One load in a fresh process: its seconds, its rows, its peak memory, the age of changes when they could be read."""
    command = [sys.executable, "-m", "bench.loading", str(home), str(export)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def _load_here(home: Path, export: Path) -> None:
    settings = load_settings(home=home)
    reached: list[tuple[int, float]] = []
    started = perf_counter()
    result = ingest(
        settings, "csv", export, projecting=lambda done, _all: reached.append((done, datetime.now(UTC).timestamp()))
    )
    seconds = perf_counter() - started
    told = {
        "seconds": seconds,
        "rows": result.report.rows,
        "created": result.report.counters["created"],
        "updated": result.report.counters["updated"],
        "rss_mb": peak_mb(),
        "age_s": _age(home, reached),
    }
    print(orjson.dumps(told).decode())


def _age(home: Path, reached: list[tuple[int, float]]) -> float:
    """How long after its commit an event could be read, the 95th of a hundred; 0 where nothing was told."""
    _, ledger = open_ledger(load_settings(home=home))
    try:
        ages: list[tuple[float, int]] = []
        for run in ledger.runs(1):
            for batch in ledger.batches_of(run.id):
                readable = next((at for done, at in reached if done >= batch.last), None)
                if readable is not None and batch.last >= batch.first:
                    ages.append((readable - in_utc(batch.recorded_at).timestamp(), batch.last - batch.first + 1))
    finally:
        ledger.close()
    passed, all_events = 0, sum(events for _, events in ages)
    for age, events in sorted(ages):
        passed += events
        if passed >= 0.95 * all_events:
            return age
    return 0.0


def rewrite(source: Path, target: Path, *, share: float) -> None:
    """The same export with its rows in another order, and that share of all its rows told anew: nodes that have a text."""
    draw = random.Random(7)
    tables: dict[Path, tuple[list[str], list[list[str]]]] = {}
    for path in sorted(source.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as text:
            header, *rows = csv.reader(text)
        draw.shuffle(rows)
        tables[path] = header, rows
    texts = [
        (row, header.index("description" if "description" in header else "name"))
        for path, (header, rows) in tables.items()
        if path.parent == source and not {"name", "description"}.isdisjoint(header)
        for row in rows
    ]
    wanted = round(share * sum(len(rows) for _, rows in tables.values()))
    for row, at in draw.sample(texts, wanted):
        row[at] += " (changed)"
    for path, (header, rows) in tables.items():
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        with copy.open("w", encoding="utf-8", newline="") as text:
            csv.writer(text, lineterminator="\n").writerows([header, *rows])


def beside_raw_driver(home: Path, export: Path, servers: int) -> list[Figure]:
    """Elements per second of a load into Neo4j, beside its driver that merges the same elements in the same run."""
    with neo4j_server() as server:
        if server is None:
            return []
        url, user, password = server
        started = {"JUMEAU_BACKEND": url, "JUMEAU_NEO4J_USER": user, "JUMEAU_NEO4J_PASSWORD": password}
        told = load(home, export, **started)
        _, ledger = open_ledger(load_settings(home=home))
        try:
            states = list(ledger.present())
        finally:
            ledger.close()
        raw = _raw_seconds(url, user, password, states)
    name = f"load, elements per second, {servers} servers, Neo4j beside UNWIND ... MERGE of its driver"
    pipeline, plain = len(states) / told["seconds"], len(states) / raw
    ratio = pipeline / plain
    target = f">= {BESIDE_RAW:g}x the driver"
    met = ratio >= BESIDE_RAW
    return [Figure("C", name, round(pipeline), "elements/s", target, round(plain), round(ratio, 2), met)]


def _raw_seconds(url: str, user: str, password: str, states: list[State]) -> float:
    nodes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    edges: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    kinds = {state.element: state.kind for state in states if not state.edge}
    for state in states:
        values = {name: list(v) if isinstance(v, tuple) else v for name, v in state.properties.items()}
        if state.edge:
            start, end = state.start or "", state.end or ""
            row = {"start": start, "end": end, "values": {**values, "id": state.element}}
            edges[state.kind, kinds[start], kinds[end]].append(row)
        else:
            nodes[state.kind].append({"id": state.element, "values": {**values, "id": state.element}})
    with GraphDatabase.driver(url, auth=(user, password)) as driver:
        for kind in nodes:
            driver.execute_query(f"CREATE CONSTRAINT IF NOT EXISTS FOR (n:Raw{kind}) REQUIRE n.id IS UNIQUE")
        started = perf_counter()
        for kind, rows in nodes.items():
            for part in _parts(rows):
                driver.execute_query(
                    f"UNWIND $rows AS row MERGE (n:Raw{kind} {{id: row.id}}) SET n = row.values", rows=part
                )
        for (type_, start, end), rows in edges.items():
            for part in _parts(rows):
                driver.execute_query(
                    f"UNWIND $rows AS row MATCH (a:Raw{start} {{id: row.start}}), (b:Raw{end} {{id: row.end}}) "
                    f"MERGE (a)-[r:{type_}]->(b) SET r = row.values",
                    rows=part,
                )
        return perf_counter() - started


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (rows[at : at + RAW_ROWS] for at in range(0, len(rows), RAW_ROWS))


def _figure(name: str, value: float, unit: str, bound: float, *, least: bool = False) -> Figure:
    met = value >= bound if least else value <= bound
    return Figure("C", name, round(value, 2), unit, f"{'>=' if least else '<='} {bound:g}", met=met)


def _beside(name: str, value: float, first: float, most: float) -> Figure:
    ratio = value / first
    target = f"<= {most:.0%} of the first load"
    return Figure("C", name, round(value, 2), "s", target, round(first, 2), round(ratio, 3), ratio <= most)


if __name__ == "__main__":
    _load_here(Path(sys.argv[1]), Path(sys.argv[2]))
