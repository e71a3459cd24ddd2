"""Looking back and branches: how long a past state takes to be asked, first and again, and a branch with a thousand changes.

Cold is a process that has asked nothing yet: the graph of the moment is made, then the query runs. Moments are asked at
several distances: a few thousand events before the present; and with no kept store near, at a checkpoint, a fifth of all
events away from it, and half of them away. The same queries of the catalogue are then asked of the moment, of the branch and of
the present in turn.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bench.catalogue import milliseconds, parameters
from bench.figures import Figure
from core.errors import BackendMemoryError
from core.principal import LOCAL_OPERATOR
from core.settings import Settings, load_settings
from graph.history.checkpoints import Checkpoints
from graph.history.ledger import Event
from graph.model import Operation
from ingest.estate_generator import generate_estate
from services.branches import BranchService
from services.catalogue import CatalogueService
from services.edits import NodeEdit
from services.ingestion import ingest
from services.moments import Asked, MomentService
from services.query import QueryService
from services.twin import Twin, open_twin

SERVERS = 28_000
AS_OF = date(2025, 1, 1)
CHANGES = 1_000
BATCHES = 5
EVERY = 4  # of the catalogue's queries, in order of name, every fourth is asked
AWAY = {0.0: "", 0.2: " a fifth of all events away", 0.5: " half of all events away"}
COLD_S = 5.0
WARM = 1.2
ON_A_BRANCH = 1.5
FIRST = (
    "MATCH (s:Server)-[:IN_PERIMETER]->(p:Perimeter) RETURN p.name AS perimeter, count(*) AS servers ORDER BY perimeter"
)


def measure(servers: int = SERVERS, small: int | None = None) -> list[Figure]:
    """Load an estate into the embedded store, change it, look back. `small` is for tests: see MomentService."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        settings = load_settings(home=home, backend="embedded", now=AS_OF.isoformat())
        generate_estate(home / "export", servers=servers, seed=42, as_of=AS_OF)
        ingest(settings, "csv", home / "export")
        return _figures(settings, servers, small)


def _figures(settings: Settings, servers: int, small: int | None) -> list[Figure]:
    with open_twin(settings) as twin:
        loaded = twin.ledger.sequence()
        started = perf_counter()
        checkpoint = Checkpoints(twin.ledger, twin.schema, settings.home, twin.clock).make()
        made_s = perf_counter() - started
        _change(twin)
        middle = loaded + (twin.ledger.sequence() - loaded) // 2
        near = _cold(twin, small, middle)
        shutil.rmtree(settings.home / "moments", ignore_errors=True)
        far = {}
        for share, name in AWAY.items():
            far[name] = _cold(twin, small, loaded - round(share * loaded), live=False)
            shutil.rmtree(settings.home / "moments", ignore_errors=True)
        warm = _ratios(twin, small, Asked(f"#{middle}"))
        branch = _ratios(twin, small, _branch(twin))
    of = f"{checkpoint.elements:,} elements, {servers:,} servers"
    return [
        _cold_figure("as-of, cold, near the present", near, of),
        *(
            _cold_figure(f"as-of, cold, from a checkpoint{name}, no store near", value, of)
            for name, value in far.items()
        ),
        Figure("C", f"checkpoint made, {of}", round(made_s, 2), "s"),
        *_ratio_figures("as-of, warm", warm, WARM, of),
        *_ratio_figures(f"branch with {CHANGES:,} changes", branch, ON_A_BRANCH, of),
    ]


def _change(twin: Twin) -> None:
    """Some batches of changed attributes."""
    servers = [s for s in twin.ledger.present() if s.kind == "PhysicalServer" or s.kind == "VirtualMachine"]
    run = twin.ledger.begin_run("bench", "bench", "", "changes")
    for batch in range(BATCHES):
        some = servers[batch * CHANGES : (batch + 1) * CHANGES]
        changed = [
            Event(Operation.UPDATE, s.element, False, s.kind, s.properties, {**s.properties, "model": f"model {batch}"})
            for s in some
        ]
        twin.ledger.append(run, changed)
    twin.ledger.finish_run(run, "complete", {})
    twin.catch_up()


def _branch(twin: Twin) -> Asked:
    """A branch with many changes: each of some servers gets another status."""
    service = BranchService(twin.ledger, twin.schema, twin.clock, "bench")
    service.create("bench")
    found = QueryService(twin).cypher("MATCH (s:PhysicalServer) RETURN s.id AS id, s.model AS model ORDER BY id")
    edits = [NodeEdit("PhysicalServer", {"model": f"{model} x"}, str(node)) for node, model in found.answer.rows]
    service.change("bench", nodes=edits[:CHANGES])
    return Asked(branch="bench")


def _service(twin: Twin, small: int | None) -> MomentService:
    queries = QueryService(twin)
    return MomentService(twin, queries, CatalogueService(twin, queries), small=small)


def _cold(twin: Twin, small: int | None, sequence: int, *, live: bool = True) -> float:
    """Seconds until the first answer about a moment; without `live`, nothing is near it."""
    asked = twin if live else Twin(twin.settings, twin.clock, twin.schema, twin.ledger, _NoStore(twin), twin.write_lock)
    service = _service(asked, small)
    try:
        started = perf_counter()
        with service.reading(Asked(f"#{sequence}"), LOCAL_OPERATOR) as (queries, _):
            queries.cypher(FIRST)
        return perf_counter() - started
    finally:
        service.close()


class _NoStore:
    """The present on a backend whose files are not here, as on a server: there is nothing to copy."""

    def __init__(self, twin: Twin) -> None:
        self._repository = twin.repository

    def __getattr__(self, name: str) -> Any:
        return getattr(self._repository, name)


def _ratios(twin: Twin, small: int | None, asked: Asked) -> list[tuple[float, float]]:
    """Milliseconds of each query of the catalogue: (of the moment, of the present), asked in turn."""
    present = CatalogueService(twin)
    service = _service(twin, small)
    found: list[tuple[float, float]] = []
    try:
        with service.reading(asked, LOCAL_OPERATOR) as (_, catalogue):
            for query in present.queries()[::EVERY]:
                try:
                    given: Mapping[str, Any] = parameters(twin, query)
                    now = milliseconds(lambda: present.run(query.name, given))  # noqa: B023
                except (BackendMemoryError, IndexError):
                    continue  # too much for this store at present too, or nothing to ask about
                then = milliseconds(lambda: catalogue.run(query.name, given))  # noqa: B023
                found.append((then, now))
    finally:
        service.close()
    return found


def _cold_figure(name: str, value: float, of: str) -> Figure:
    return Figure("C", f"{name}, {of}", round(value, 2), "s", f"<= {COLD_S:g} s", met=value <= COLD_S)


def _ratio_figures(name: str, pairs: Sequence[tuple[float, float]], target: float, of: str) -> list[Figure]:
    ratios = [then / now for then, now in pairs]
    ratio = statistics.median(ratios)
    value, baseline = (statistics.median(times) for times in zip(*pairs, strict=True))
    label = f"{name}, {len(pairs)} catalogue queries, {of}"
    return [
        Figure(
            "C", f"{label}, median query", round(value, 3), "ms", f"<= {target:g}x the present",
            round(baseline, 3), round(ratio, 3), ratio <= target,
        ),
        Figure("C", f"{label}, worst ratio", round(max(ratios), 3), "x"),
    ]  # fmt: skip
