"""Issue B's figure of the front end: from a text to what a backend runs, over the catalogue, the openCypher kit, and worst cases.

A sample is one text on one backend: parse, bind, passes and guard, then the backend's own compilation; its time is the
median of a few repeats in a warm process, in processor time, so that whoever shares the machine does not count. The kit's
texts have no schema: they are prepared in open mode and compiled to closures. The worst cases are texts of 10 KB that are
as deep, as long or as many as they can be.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any, Final

from bench.figures import Figure
from core.errors import JumeauError
from graph.backends.neo4j.compiler import Neo4jCompiler
from graph.backends.networkx.clauses import QueryCompiler
from graph.backends.networkx.frame import Deadline, Environment
from graph.backends.networkx.store import GraphStore
from graph.backends.tigergraph.compiler import GsqlCompiler
from graph.cypher.bound import BoundQuery, CypherType, TypeName
from graph.cypher.parameters import complete_parameters
from graph.cypher.prepare import prepare
from graph.queries.catalogue import load_catalogue
from graph.registry import open_backend
from graph.repository import Plans, ReadContext
from graph.schema.load import load_schema
from graph.schema.model import Schema
from tests.tck.source import KitUnavailableError, scenarios

REPEATS: Final = 5
LARGEST: Final = 10_240
MEDIAN_MS: Final = 1.0
P99_MS: Final = 5.0
WORST_MS: Final = 100.0
_NOW: Final = datetime(2025, 1, 1, tzinfo=UTC)
_SAMPLES: Final[Mapping[TypeName, Any]] = {
    TypeName.INTEGER: 1,
    TypeName.NUMBER: 1,
    TypeName.FLOAT: 1.0,
    TypeName.BOOLEAN: True,
    TypeName.DATE: "2025-01-01",
    TypeName.INSTANT: "2025-01-01T00:00:00Z",
    TypeName.LIST: ["x"],
    TypeName.MAP: {},
}

Compile = Callable[[BoundQuery, Mapping[str, Any]], object]


@contextmanager
def compilers(schema: Schema) -> Iterator[dict[str, Compile]]:
    """What each backend makes of a bound query, by name; nothing is run. The embedded store is a real one, empty."""
    store = GraphStore(schema)
    context = ReadContext(now=_NOW)

    def closures(bound: BoundQuery, values: Mapping[str, Any]) -> object:
        return QueryCompiler(Environment(store, schema, dict(values), Deadline(60.0))).query(bound.query)

    with TemporaryDirectory() as folder:
        embedded = open_backend(f"embedded:{folder}/store.lbug", schema)
        assert isinstance(embedded, Plans)
        try:
            yield {
                "in-memory executor": closures,
                "embedded": lambda bound, values: embedded.plan(bound, values, context),
                "Neo4j": lambda bound, values: Neo4jCompiler(bound, schema).compile(values),
                "GSQL": lambda bound, values: GsqlCompiler(bound, schema).compile(values),
            }
        finally:
            embedded.close()


def values_for(bound: BoundQuery) -> dict[str, Any]:
    """Values for every parameter, by type, and the clock's."""
    return complete_parameters(bound, {name: _sample(of) for name, of in bound.parameters.items()}, _NOW)


def _sample(of: CypherType) -> Any:
    if of.name is TypeName.LIST and of.item is not None:
        return [_sample(of.item)]
    return _SAMPLES.get(of.name, "x")


def catalogue_ms(schema: Schema, every: Mapping[str, Compile]) -> dict[str, list[float]]:
    """By backend, the time of every query of the catalogue that its dialect can express."""
    found: dict[str, list[float]] = {name: [] for name in every}
    for query in load_catalogue().values():
        values = values_for(prepare(query.text, schema))
        for name, compile_ in every.items():
            time = _median(lambda q=query, v=values, c=compile_: c(prepare(q.text, schema), v))  # type: ignore[misc]
            if time is not None:
                found[name].append(time)
    return found


def kit_ms() -> list[float]:
    """The time of every query of the openCypher kit that is accepted; nothing where the kit is not at hand."""
    try:
        texts = {step.block for scenario in scenarios() for step in scenario.steps if step.text == "executing query:"}
    except KitUnavailableError as error:
        print(f"without the openCypher kit: {error}", file=sys.stderr)
        return []
    environment = Environment(GraphStore(None), None, {}, Deadline(60.0))

    def road(text: str) -> None:
        bound = prepare(text, None)
        if not bound.parameters:
            QueryCompiler(environment).query(bound.query)

    times = [_median(lambda t=text: road(t)) for text in sorted(texts)]  # type: ignore[misc]
    return [time for time in times if time is not None]


def worst_ms(schema: Schema, every: Mapping[str, Compile]) -> dict[str, float]:
    """By worst case, the longest time on any backend; a refusal takes time as well."""
    found = {}
    for name, text in worst_cases():
        assert len(text.encode()) <= LARGEST, name
        times = []
        for compile_ in every.values():

            def road(text: str = text, compile_: Compile = compile_) -> None:
                try:
                    bound = prepare(text, schema)
                    compile_(bound, values_for(bound))
                except JumeauError:
                    pass

            road()
            times.append(_median(road, 3) or 0.0)
        found[name] = max(times)
    return found


def worst_cases() -> Iterator[tuple[str, str]]:
    """Texts of at most 10 KB that ask most of the front end."""
    yield "nested parentheses", _fill("RETURN ", "(", "1", ")")
    yield "nested lists", _fill("RETURN ", "[", "", "]")
    yield "nested maps", _fill("RETURN ", "{a:", "1", "}")
    yield "nested CASE", _fill("RETURN ", "CASE WHEN true THEN ", "1", " END")
    yield "nested EXISTS", _fill("MATCH (n) WHERE ", "EXISTS { MATCH (n)--(m) WHERE ", "true", " }", " RETURN n")
    yield "nested CALL", _fill("", "CALL { ", "RETURN 1 AS x", " } RETURN 1 AS x", "")
    yield "nested comprehensions", _fill("RETURN ", "[x IN ", "[1]", " | x]")
    yield "NOT NOT", _fill("RETURN ", "NOT ", "true", "")
    yield "minus minus", _fill("RETURN ", "- ", "1", "")
    yield "open brackets", "RETURN " + "[" * 10_000
    yield "open comment", "RETURN 1 /*" + "*" * 10_000
    yield "open string", "RETURN '" + "\\'" * 5_000
    yield "long sum", _repeat("RETURN 1", " + 1", "")
    yield "long conjunction", _repeat("MATCH (n:Server) WHERE n.cpu_cores > 1", " AND n.cpu_cores > 1", " RETURN n")
    yield "long disjunction", _repeat("MATCH (n) WHERE n.name = 'a'", " OR n.name = 'a'", " RETURN n")
    yield "long comparison", _repeat("RETURN 1", " < 2", "")
    yield "long property chain", _repeat("WITH {a: 1} AS m RETURN m", ".a", " AS x")
    yield "long list", _repeat("RETURN [1", ", 1", "] AS x")
    yield "long IN", _repeat("MATCH (n) WHERE n.name IN ['a'", ", 'a'", "] RETURN n")
    yield "long map", "RETURN {" + ", ".join(f"k{number}: {number}" for number in range(700)) + "} AS m"
    yield "many columns", "RETURN " + ", ".join(f"{number} AS c{number}" for number in range(700))
    yield "many patterns", "MATCH " + ", ".join(f"(n{number})" for number in range(900)) + " RETURN n0"
    yield "many joined patterns", "MATCH " + ", ".join(f"(a)--(n{number})" for number in range(600)) + " RETURN a"
    yield "a long path", _repeat("MATCH (a)", "--()", " RETURN a")
    yield "a long typed path", _repeat("MATCH (a:Server)", "-[:OWNED_BY]-(:Team)-[:OWNED_BY]-(:Server)", " RETURN a")
    yield "many closures", _repeat("MATCH (a)", "-[*1..30]-()", " RETURN DISTINCT a")
    yield "many MATCH", _repeat("MATCH (a)", " MATCH (a)--()", " RETURN a")
    yield "many WITH", _repeat("MATCH (a)", " WITH a", " RETURN a")
    yield "many growing WITH", "WITH 1 AS c0 " + " ".join(f"WITH *, 1 AS c{n}" for n in range(1, 480)) + " RETURN c0"
    yield "many UNION", _repeat("RETURN 1 AS x", " UNION RETURN 1 AS x", "")
    yield "many UNWIND", _repeat("RETURN 1 AS z"[:0], "UNWIND [1] AS x WITH 1 AS y ", "RETURN y")
    yield "many subqueries", _repeat("MATCH (n) WHERE true", " AND EXISTS { (n)-->() }", " RETURN n")
    yield "many comprehensions", _repeat("MATCH (n) RETURN [(n)--(m) | m.name] AS a", ", [(n)--(m) | m.name]", "")
    yield "many parameters", "RETURN " + ", ".join(f"$p{number}" for number in range(1_100))
    yield "many labels", _repeat("MATCH (n:Server", "|Server", ") RETURN n")
    yield "many negated labels", _repeat("MATCH (n:!Team", "&!Team", ") RETURN n")
    yield "nested label expressions", _fill("MATCH (n:", "!(", "Server", ")", ") RETURN n")
    yield "many relation types", _repeat("MATCH ()-[r:OWNED_BY", "|OWNED_BY", "]->() RETURN r")
    yield "a huge label", f"MATCH (n:`{'x' * 10_000}`) RETURN n"
    yield "a huge name", f"RETURN 1 AS `{'é' * 5_000}`"
    yield "a huge unknown property", f"MATCH (n:Server) RETURN n.{'x' * 10_000}"
    yield "a huge unknown function", f"RETURN {'f' * 10_000}(1)"
    yield "a huge number", "RETURN " + "9" * 10_000
    yield "a huge string", "RETURN '" + "x" * 10_000 + "' AS s"
    yield "a huge regular expression", "MATCH (n) WHERE n.name =~ '" + "(a+)+" * 1_900 + "' RETURN n"
    yield "escapes", "RETURN '" + "\\u0041" * 1_600 + "' AS s"
    yield "comments", "/* */ " * 1_600 + "RETURN 1"
    yield "blanks", " " * 10_000 + "RETURN 1"
    yield "blanks without end", " " * 10_200 + "x"
    yield "aggregates", _repeat("MATCH (n) RETURN 1 + count(n) AS a", ", 1 + count(n)", "")
    yield "ORDER BY", _repeat("MATCH (n) RETURN n ORDER BY n.name", ", n.name", "")
    yield "CASE", _repeat("RETURN CASE", " WHEN true THEN 1", " END")
    yield "map projection", _repeat("MATCH (n:Server) RETURN n {.name", ", .name", "}")


def _repeat(before: str, piece: str, after: str) -> str:
    return before + piece * ((LARGEST - len(before) - len(after)) // len(piece)) + after


def _fill(before: str, opening: str, inner: str, closing: str, after: str = "") -> str:
    number = (LARGEST - len(before) - len(inner) - len(after)) // (len(opening) + len(closing))
    return before + opening * number + inner + closing * number + after


def _median(call: Callable[[], object], repeats: int = REPEATS) -> float | None:
    """The median time of a call in milliseconds; None where the call is refused."""
    times = []
    for _ in range(repeats):
        started = thread_time()
        try:
            call()
        except JumeauError:
            return None
        times.append((thread_time() - started) * 1000)
    return statistics.median(times)


def measure() -> list[Figure]:
    """The figures of the front end."""
    schema = load_schema("it_estate")
    with compilers(schema) as every:
        catalogue_ms(schema, every)  # warm: vocabulary, sets of kinds and walks are made once per process
        by_backend = catalogue_ms(schema, every)
        worst = worst_ms(schema, every)
    kit = kit_ms()
    slowest = max(worst, key=lambda name: worst[name])
    together = [time for times in by_backend.values() for time in times] + kit
    figures = _figures(f"front end, {len(together)} samples of catalogue and openCypher kit", together)
    for name, times in by_backend.items():
        figures += _figures(f"front end, catalogue, {name} ({len(times)} queries)", times)
    if kit:
        figures += _figures(f"front end, openCypher kit ({len(kit)} texts)", kit)
    figures.append(
        Figure(
            "B",
            f"front end, slowest of {len(worst)} worst cases of 10 KB",
            round(worst[slowest], 2),
            "ms",
            f"<= {WORST_MS:g}",
            met=worst[slowest] <= WORST_MS,
        )
    )
    return figures


def _figures(name: str, times: list[float]) -> list[Figure]:
    median = statistics.median(times)
    p99 = statistics.quantiles(times, n=100, method="inclusive")[98]
    return [
        Figure("B", f"{name}, p50", round(median, 3), "ms", f"<= {MEDIAN_MS:g}", met=median <= MEDIAN_MS),
        Figure("B", f"{name}, p99", round(p99, 3), "ms", f"<= {P99_MS:g}", met=p99 <= P99_MS),
    ]


if __name__ == "__main__":
    for figure in measure():
        print(figure.name, figure.value, figure.unit, figure.met)
