"""The estate that questions are asked about: a twin's home, a CSV export, or one that is generated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from agent.evaluation.run import Rows
from core.errors import UsageError
from core.settings import load_settings
from graph.cypher.guard import QueryLimits
from graph.cypher.prepare import prepare
from graph.repository import ReadContext
from ingest.estate_generator import generate_estate
from services.ingestion import ingest
from services.twin import Twin, open_twin

NOW: Final = datetime(2025, 1, 1, tzinfo=UTC)
SERVERS: Final = 2_000
SEED: Final = 42
_ROWS: Final = 1_000_000
_SECONDS: Final = 120.0


@contextmanager
def open_estate(where: Path | None = None, now: datetime = NOW) -> Iterator[Twin]:
    """A twin to ask, as it is at `now`. Without `where`, the estate of the question sets is generated into memory.

    A home is opened as it is, and only read; an export is loaded into a twin in memory that is gone afterwards. Raises
    UsageError where `where` is neither.
    """
    if where is not None and (where / "ledger.db").is_file():
        with open_twin(load_settings(home=where, now=now.isoformat()), catch_up=False) as twin:
            yield twin
        return
    with TemporaryDirectory(prefix="estate-") as folder:
        home = Path(folder)
        settings = load_settings(home=home, backend="networkx", now=now.isoformat())
        ingest(settings, "csv", _export(where, home, now))
        with open_twin(settings) as twin:
            yield twin


def _export(where: Path | None, home: Path, now: datetime) -> Path:
    if where is None:
        generate_estate(home / "export", servers=SERVERS, seed=SEED, as_of=now.date())
        return home / "export"
    if not (where / "relations").is_dir():
        raise UsageError(
            "neither a twin nor an export",
            where=str(where),
            hint="name a home with a ledger.db, or a folder of CSV files",
        )
    return where


class GoldQueries:
    """Runs gold queries on a twin with bounds of their own, so that no right answer is cut. Answers are kept."""

    def __init__(self, twin: Twin, now: datetime = NOW) -> None:
        self._twin = twin
        self._context = ReadContext(now=now, timeout_s=_SECONDS, row_cap=_ROWS)
        self._limits = replace(QueryLimits(), row_cap=_ROWS)
        self._known: dict[str, Rows] = {}

    def __call__(self, cypher: str) -> Rows:
        """The rows of a gold query. Raises QueryError."""
        if cypher not in self._known:
            bound = prepare(cypher, self._twin.schema, self._limits)
            self._known[cypher] = self._twin.repository.run(bound, {}, self._context).rows
        return self._known[cypher]
