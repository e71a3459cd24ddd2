"""What row-level security costs: every catalogue query with and without a perimeter, on the same estate.

The asker with every perimeter pays for the checks and is answered nearly the whole; the one with a single perimeter is
answered less. Parameters name elements that the asker sees. Issue B wants it measured; issue F sets 10 % on the median of the
catalogue, which is told in both ways that it can be meant: the median of the times beside the median of the times, and the
median of what each query pays. Both are of the asker with every perimeter, on the embedded store, who is answered as much.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.catalogue import AS_OF, milliseconds, parameters
from bench.figures import Figure
from core.principal import LOCAL_OPERATOR, Principal
from core.settings import load_settings
from graph.history.projection import Projector
from graph.registry import open_backend
from ingest.estate_generator import generate_estate
from services.catalogue import CatalogueService
from services.ingestion import ingest
from services.query import QueryService
from services.twin import Twin, open_twin

SERVERS = 2_000
ESTATE = 28_000
"""Servers of the estate that issue F's figure is of."""
TAX = 1.1
TURNS = 2


def measure(servers: int = SERVERS, estate: int = ESTATE) -> list[Figure]:
    """Load an estate into the embedded store and into memory; ask every query as three askers. Then a whole estate, of the tax."""
    with _loaded(servers) as twin:
        found = _figures(twin, servers)
    with _loaded(estate) as twin:
        return found + tax_figures(_asked(twin, _every(twin), f"every perimeter, embedded, {estate:,} servers"))


@contextmanager
def _loaded(servers: int) -> Iterator[Twin]:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
        generate_estate(home / "export", servers=servers, seed=42, as_of=AS_OF)
        ingest(settings, "csv", home / "export")
        with open_twin(settings) as twin:
            yield twin


def _perimeters(twin: Twin) -> list[str]:
    rows = QueryService(twin).cypher("MATCH (p:Perimeter) RETURN p.name AS name ORDER BY name").answer.rows
    return [name for (name,) in rows]


def _every(twin: Twin) -> Principal:
    return LOCAL_OPERATOR.narrowed(_perimeters(twin))


def _figures(twin: Twin, servers: int) -> list[Figure]:
    memory = open_backend("networkx", twin.schema)
    Projector(twin.ledger, memory).catch_up()
    in_memory = Twin(twin.settings, twin.clock, twin.schema, twin.ledger, memory, twin.write_lock)
    every, one = _every(twin), LOCAL_OPERATOR.narrowed(_perimeters(twin)[:1])
    return [
        figure
        for asked, where in ((twin, "embedded"), (in_memory, "in-memory executor"))
        for asker, which in ((every, "every perimeter"), (one, "one perimeter"))
        for figure in _asked(asked, asker, f"{which}, {where}, {servers:,} servers")
    ]


def _asked(twin: Twin, asker: Principal, of: str) -> list[Figure]:
    service = CatalogueService(twin)
    with_perimeter: list[float] = []
    without: list[float] = []
    for query in service.queries():
        try:
            given = parameters(twin, query, asker)
        except IndexError:
            continue  # nothing that this asker could ask about
        one, other = in_turn(
            lambda: service.run(query.name, given, asker),  # noqa: B023
            lambda: service.run(query.name, given),  # noqa: B023
        )
        with_perimeter.append(one)
        without.append(other)
    ratios = [one / other for one, other in zip(with_perimeter, without, strict=True)]
    value, baseline = statistics.median(with_perimeter), statistics.median(without)
    name = f"catalogue under a perimeter: {of}"
    return [
        Figure("B", f"{name}, median of {len(ratios)} ratios", round(statistics.median(ratios), 3), "x"),
        Figure("B", f"{name}, worst ratio", round(max(ratios), 3), "x"),
        Figure(
            "B", f"{name}, median query", round(value, 3), "ms", None, round(baseline, 3), round(value / baseline, 3)
        ),
    ]


def in_turn(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """The best of a few repeats of both, in milliseconds, in turn: what disturbs one disturbs the other."""
    pairs = [(milliseconds(one), milliseconds(other)) for _ in range(TURNS)]
    return min(value for value, _ in pairs), min(value for _, value in pairs)


def tax_figures(found: list[Figure]) -> list[Figure]:
    """Issue F's figure, both ways, of those for every perimeter on the embedded store."""
    of_all = [figure for figure in found if "every perimeter, embedded" in figure.name]
    (each,) = (figure for figure in of_all if "ratios" in figure.name)
    (median,) = (figure for figure in of_all if "median query" in figure.name)
    assert median.ratio is not None
    name, target = f"perimeter tax, {median.name.split(': ')[1].removesuffix(', median query')}", f"<= {TAX:g}x"
    return [
        Figure(
            "F", f"{name}: median time of the catalogue beside that without", median.value, "ms", target, median.baseline,
            median.ratio, median.ratio <= TAX,
        ),
        Figure(
            "F", f"{name}: median of what each query of the catalogue pays", each.value, "x", target,
            met=each.value <= TAX,
        ),
    ]  # fmt: skip
